//! Reading an address: which form a text is meant as, and what is wrong with it in words.

use super::{Address, E164, Identifier, PhoneError};

/// The most bytes of an address: Twilio's limit for a message's `To` and `From` is far below.
const MAX_BYTES: usize = 256;
/// Twilio docs, "Alphanumeric Sender ID": at most 11 characters.
const MAX_ALPHANUMERIC_CHARS: usize = 11;
/// Digits of a short code.
const SHORT_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=8;
/// Characters of a WhatsApp business-scoped user id after its country.
const MAX_BSUID_CHARS: usize = 128;

/// Why a text is not an address. In words for the person who wrote it; the text itself, which
/// may be personal, is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing there.
    #[error("the address is empty")]
    Empty,
    /// Longer than any address.
    #[error("the address is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Meant as a phone number, and not one.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// Neither a number nor a valid sender name.
    #[error(
        "an alphanumeric sender has at most {MAX_ALPHANUMERIC_CHARS} characters: letters, \
         digits, spaces and & - + _, at least one of them a letter"
    )]
    Alphanumeric,
    /// `something:...` with a channel nobody knows.
    #[error(
        "the part before the colon is no channel: use whatsapp, rcs, messenger, client, sip or \
         sips, or a phone number alone"
    )]
    UnknownChannel,
    /// `whatsapp:` followed by neither a number nor a user id.
    #[error(
        "whatsapp: is followed by a phone number with + or by a user id: two capital letters, \
         a dot and at most {MAX_BSUID_CHARS} letters and digits"
    )]
    WhatsAppUser,
    /// A channel's identifier that is empty or holds white space or control characters.
    #[error("the part after the colon is empty or holds white space or control characters")]
    Identifier,
    /// A SIP address without user or host.
    #[error("a SIP address is sip:user@host")]
    Sip,
    /// An e-mail address without name or domain.
    #[error("an e-mail address is name@domain")]
    Email,
}

pub(super) fn parse(text: &str) -> Result<Address, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(AddressError::TooLong);
    }
    if let Some((channel, rest)) = text.split_once(':') {
        return parse_on_channel(text, channel, rest);
    }
    if text.starts_with('+') {
        return Ok(Address::Phone(E164::parse(text)?));
    }
    if text.contains('@') {
        return parse_email(text);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return if SHORT_CODE_DIGITS.contains(&text.len()) {
            Ok(Address::ShortCode(Identifier(text.into())))
        } else {
            Err(PhoneError::NoPlus.into())
        };
    }
    if text.chars().any(char::is_alphabetic) {
        return parse_alphanumeric(text);
    }
    // Digits with punctuation, such as (415) 555-2671.
    Err(PhoneError::NoPlus.into())
}

fn parse_on_channel(text: &str, channel: &str, rest: &str) -> Result<Address, AddressError> {
    match channel {
        "whatsapp" => parse_whatsapp(rest),
        "rcs" if rest.starts_with('+') => {
            E164::parse(rest)?;
            Ok(Address::Rcs(Identifier(rest.into())))
        }
        "rcs" => identifier(rest).map(Address::Rcs),
        "messenger" => identifier(rest).map(Address::Messenger),
        "client" => identifier(rest).map(Address::Client),
        "sip" | "sips" => {
            identifier(rest)?;
            match rest.split_once('@') {
                Some((user, host)) if !user.is_empty() && !host.is_empty() => {
                    Ok(Address::Sip(Identifier(text.into())))
                }
                _ => Err(AddressError::Sip),
            }
        }
        _ => Err(AddressError::UnknownChannel),
    }
}

fn parse_whatsapp(rest: &str) -> Result<Address, AddressError> {
    if rest.starts_with('+') {
        return Ok(Address::WhatsApp(E164::parse(rest)?));
    }
    if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PhoneError::NoPlus.into());
    }
    // CC.alnum, or CC.ENT.alnum for the id of a parent business.
    let (country, id) = rest.split_once('.').ok_or(AddressError::WhatsAppUser)?;
    let id = id.strip_prefix("ENT.").unwrap_or(id);
    let valid = country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=MAX_BSUID_CHARS).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if valid {
        Ok(Address::WhatsAppUser(Identifier(rest.into())))
    } else {
        Err(AddressError::WhatsAppUser)
    }
}

fn parse_email(text: &str) -> Result<Address, AddressError> {
    let spaced = text.chars().any(|c| c.is_whitespace() || c.is_control());
    match text.rsplit_once('@') {
        Some((name, domain)) if !spaced && !name.is_empty() && domain.contains('.') => {
            Ok(Address::Email(Identifier(text.into())))
        }
        _ => Err(AddressError::Email),
    }
}

fn parse_alphanumeric(text: &str) -> Result<Address, AddressError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" &-+_".contains(&byte);
    if text.len() <= MAX_ALPHANUMERIC_CHARS && text.bytes().all(allowed) {
        Ok(Address::Alphanumeric(Identifier(text.into())))
    } else {
        Err(AddressError::Alphanumeric)
    }
}

fn identifier(text: &str) -> Result<Identifier, AddressError> {
    if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err(AddressError::Identifier)
    } else {
        Ok(Identifier(text.into()))
    }
}
