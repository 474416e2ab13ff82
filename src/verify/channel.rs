//! The channels of Verify and which of them can reach an address.
//!
//! The name of the voice channel is `call` (Twilio OpenAPI, `verify_v2`,
//! `CreateVerification`). WhatsApp codes go to a number: a business-scoped user id has none.

use serde::{Deserialize, Serialize};

use crate::twilio::address::Address;

/// A channel that carries a code, by Twilio's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A text message.
    Sms,
    /// A phone call that speaks the code.
    Call,
    /// An e-mail.
    Email,
    /// A WhatsApp message.
    WhatsApp,
}

/// Why a text is no channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be sms, call, email or whatsapp")]
pub struct ChannelError;

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 4] = [
        Channel::Sms,
        Channel::Call,
        Channel::Email,
        Channel::WhatsApp,
    ];

    /// Twilio's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Sms => "sms",
            Channel::Call => "call",
            Channel::Email => "email",
            Channel::WhatsApp => "whatsapp",
        }
    }

    /// Reads Twilio's name; upper case is how attempts write it.
    ///
    /// # Errors
    /// [`ChannelError`], which lists the names.
    pub fn parse(text: &str) -> Result<Channel, ChannelError> {
        let same = |channel: &&Channel| channel.as_str().eq_ignore_ascii_case(text);
        Channel::ALL.iter().find(same).copied().ok_or(ChannelError)
    }

    /// How a sentence to a person names it: "by text message".
    pub const fn in_words(self) -> &'static str {
        match self {
            Channel::Sms => "by text message",
            Channel::Call => "by phone call",
            Channel::Email => "by e-mail",
            Channel::WhatsApp => "by WhatsApp",
        }
    }
}

/// Where a code may go: an address that Verify takes, and no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Destination(Address);

/// Why an address cannot get a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// A WhatsApp user without a number.
    #[error(
        "a code cannot go to a WhatsApp user id: Verify needs the phone number, such as \
         +14155552671"
    )]
    UserId,
    /// A short code, a sender's name, a SIP address, ...
    #[error("must be a phone number in E.164 form, such as +14155552671, or an e-mail address")]
    Kind,
}

impl Destination {
    /// Takes an address that a code can go to.
    ///
    /// # Errors
    /// [`DestinationError`] when Verify does not take it.
    pub fn new(address: Address) -> Result<Destination, DestinationError> {
        match address {
            Address::Phone(_) | Address::WhatsApp(_) | Address::Email(_) => {
                Ok(Destination(address))
            }
            Address::WhatsAppUser(_) => Err(DestinationError::UserId),
            _ => Err(DestinationError::Kind),
        }
    }

    /// The address as it came.
    pub fn address(&self) -> &Address {
        &self.0
    }

    /// Twilio's `To`: the bare number or e-mail address, on every channel.
    pub fn to(&self) -> String {
        match self.0.phone() {
            Some(number) => number.to_string(),
            None => self.0.to_string(),
        }
    }

    /// Whether a channel can reach it.
    pub fn takes(&self, channel: Channel) -> bool {
        match &self.0 {
            Address::Email(_) => channel == Channel::Email,
            _ => channel != Channel::Email,
        }
    }

    /// How a sentence names it to the person: "the number ending in 2671".
    pub fn in_words(&self) -> String {
        match self.0.phone() {
            Some(number) => {
                let masked = number.masked();
                let tail: String = masked.chars().rev().take_while(|c| *c != '•').collect();
                let tail: String = tail.chars().rev().collect();
                if tail.is_empty() {
                    "your number".to_owned()
                } else {
                    format!("the number ending in {tail}")
                }
            }
            None => "your e-mail address".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(text: &str) -> Result<Destination, DestinationError> {
        Destination::new(Address::parse(text).unwrap())
    }

    #[test]
    fn a_code_goes_to_a_number_or_an_e_mail_address_only() {
        let number = destination("+14155552671").unwrap();
        let whatsapp = destination("whatsapp:+14155552671").unwrap();
        let email = destination("ada@example.com").unwrap();
        assert_eq!(
            [number.to(), whatsapp.to()],
            ["+14155552671", "+14155552671"]
        );
        for channel in Channel::ALL {
            assert_eq!(number.takes(channel), channel != Channel::Email);
            assert_eq!(whatsapp.takes(channel), channel != Channel::Email);
            assert_eq!(email.takes(channel), channel == Channel::Email);
        }
        assert_eq!(
            destination("whatsapp:US.13491208655"),
            Err(DestinationError::UserId)
        );
        for other in [
            "72345",
            "ACME",
            "sip:a@b.example",
            "client:a",
            "messenger:1",
        ] {
            assert_eq!(destination(other), Err(DestinationError::Kind), "{other}");
        }
    }

    #[test]
    fn channels_have_twilios_names() {
        assert_eq!(Channel::parse("SMS"), Ok(Channel::Sms));
        assert_eq!(Channel::parse("voice"), Err(ChannelError));
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.as_str()), Ok(channel));
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
        }
    }

    #[test]
    fn a_sentence_shows_no_more_of_a_number_than_a_log_does() {
        assert_eq!(
            destination("+14155552671").unwrap().in_words(),
            "the number ending in 2671"
        );
        assert_eq!(destination("+2901").unwrap().in_words(), "your number");
    }
}
