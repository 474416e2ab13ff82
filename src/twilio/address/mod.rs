//! Who is on the other side: every form of `From` and `To` that Twilio writes.
//!
//! An [`Address`] is made by [`Address::parse`] only, so whatever holds one holds a form that
//! Twilio knows. Nothing is tidied up on the way: `(415) 555-2671` is an error that says what
//! to write, for a guessed country code reaches a stranger. A WhatsApp user may have no phone
//! number at all (WhatsApp usernames, 2026), so a phone number must never be required there.
//!
//! An address is personal data: a log line shows [`Address::masked`], never `Display`.

mod parse;
mod phone;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use parse::AddressError;
pub use phone::{E164, PhoneError};

/// The channel an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// The public telephone network: calls, SMS, MMS.
    Phone,
    /// WhatsApp.
    WhatsApp,
    /// RCS.
    Rcs,
    /// Facebook Messenger.
    Messenger,
    /// A Twilio Voice SDK client.
    Client,
    /// SIP.
    Sip,
    /// E-mail (Verify).
    Email,
}

impl Channel {
    /// A short name for logs and metrics, lower-case.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Phone => "phone",
            Channel::WhatsApp => "whatsapp",
            Channel::Rcs => "rcs",
            Channel::Messenger => "messenger",
            Channel::Client => "client",
            Channel::Sip => "sip",
            Channel::Email => "email",
        }
    }
}

/// Text that was checked for the place it stands in. Only [`Address::parse`] makes one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Box<str>);

impl Identifier {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address as Twilio writes it in `From` and `To`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A phone number: `+14155552671`.
    Phone(E164),
    /// A short code, 3 to 8 digits: `72345`.
    ShortCode(Identifier),
    /// A sender's name: `ACME`.
    Alphanumeric(Identifier),
    /// A WhatsApp number: `whatsapp:+14155552671`.
    WhatsApp(E164),
    /// A WhatsApp user whose number is hidden, by business-scoped id: `whatsapp:US.13491208...`.
    /// The identifier is without the channel.
    WhatsAppUser(Identifier),
    /// An RCS number or agent: `rcs:+14155552671`, `rcs:acme_agent`.
    Rcs(Identifier),
    /// A Messenger page or user: `messenger:1234`.
    Messenger(Identifier),
    /// A Voice SDK client: `client:alice`.
    Client(Identifier),
    /// A SIP address, its scheme kept: `sip:alice@example.com`.
    Sip(Identifier),
    /// An e-mail address.
    Email(Identifier),
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`], which says what is wrong.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        parse::parse(text)
    }

    /// The channel it belongs to.
    pub fn channel(&self) -> Channel {
        match self {
            Address::Phone(_) | Address::ShortCode(_) | Address::Alphanumeric(_) => Channel::Phone,
            Address::WhatsApp(_) | Address::WhatsAppUser(_) => Channel::WhatsApp,
            Address::Rcs(_) => Channel::Rcs,
            Address::Messenger(_) => Channel::Messenger,
            Address::Client(_) => Channel::Client,
            Address::Sip(_) => Channel::Sip,
            Address::Email(_) => Channel::Email,
        }
    }

    /// The phone number, whatever the channel.
    pub fn phone(&self) -> Option<E164> {
        match self {
            Address::Phone(number) | Address::WhatsApp(number) => Some(*number),
            Address::Rcs(identifier) => E164::parse(identifier.as_str()).ok(),
            _ => None,
        }
    }

    /// One key per person: `+1...`, `whatsapp:+1...` and `rcs:+1...` are the same one.
    pub fn person(&self) -> PersonKey {
        let key = match (self.phone(), self) {
            (Some(number), _) => number.as_str().into(),
            // The domain is case-insensitive, and so is the name wherever mail is read.
            (None, Address::Email(email)) => email.as_str().to_lowercase().into(),
            (None, other) => other.to_string().into(),
        };
        PersonKey(key)
    }

    /// For logs: enough to recognise, too little to reach. `+1•••2671`, `whatsapp:US.•••`.
    /// Short codes and sender names are a business's own and shown whole.
    pub fn masked(&self) -> String {
        if let Some(number) = self.phone() {
            return format!("{}{}", self.scheme(), number.masked());
        }
        match self {
            Address::WhatsAppUser(id) => {
                let country = id.as_str().split('.').next().unwrap_or_default();
                format!("whatsapp:{country}.•••")
            }
            Address::Email(email) => {
                let domain = email.as_str().rsplit('@').next().unwrap_or_default();
                format!("•••@{domain}")
            }
            Address::Messenger(_) | Address::Client(_) | Address::Rcs(_) => {
                format!("{}•••", self.scheme())
            }
            Address::Sip(_) => "sip:•••".to_owned(),
            Address::ShortCode(text) | Address::Alphanumeric(text) => text.as_str().to_owned(),
            Address::Phone(number) | Address::WhatsApp(number) => number.masked(),
        }
    }

    /// The prefix in Twilio's form, its colon included. A SIP address holds its own.
    fn scheme(&self) -> &'static str {
        match self {
            Address::WhatsApp(_) | Address::WhatsAppUser(_) => "whatsapp:",
            Address::Rcs(_) => "rcs:",
            Address::Messenger(_) => "messenger:",
            Address::Client(_) => "client:",
            Address::Phone(_)
            | Address::ShortCode(_)
            | Address::Alphanumeric(_)
            | Address::Sip(_)
            | Address::Email(_) => "",
        }
    }

    fn text(&self) -> &str {
        match self {
            Address::Phone(number) | Address::WhatsApp(number) => number.as_str(),
            Address::ShortCode(text)
            | Address::Alphanumeric(text)
            | Address::WhatsAppUser(text)
            | Address::Rcs(text)
            | Address::Messenger(text)
            | Address::Client(text)
            | Address::Sip(text)
            | Address::Email(text) => text.as_str(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.scheme())?;
        formatter.write_str(self.text())
    }
}

/// Masked, so that a debug line of something that holds an address leaks no number.
impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

/// Redacted: it may be a person's name.
impl fmt::Debug for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("•••")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Address::parse(text)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Address::parse(&text).map_err(de::Error::custom)
    }
}

/// One person over all channels, as text: consent is theirs, not a number's on one channel.
/// The phone number where there is one, else the address in Twilio's form. It names Durable
/// Objects, so its form must not change once deployed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonKey(Box<str>);

impl PersonKey {
    /// The key as text. Personal data.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Redacted.
impl fmt::Debug for PersonKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonKey(•••)")
    }
}

#[cfg(test)]
mod tests;
