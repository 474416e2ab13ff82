//! Channels and kinds of senders, as far as the rules of messaging tell them apart.

use serde::{Deserialize, Serialize};

/// The way a message takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Text.
    Sms,
    /// Text with media (United States, Canada, Australia).
    Mms,
    /// WhatsApp.
    Whatsapp,
    /// RCS.
    Rcs,
    /// Facebook Messenger.
    Messenger,
    /// A call that speaks the text.
    Voice,
    /// E-mail.
    Email,
}

impl Channel {
    const NAMES: [(&'static str, Self); 7] = [
        ("sms", Self::Sms),
        ("mms", Self::Mms),
        ("whatsapp", Self::Whatsapp),
        ("rcs", Self::Rcs),
        ("messenger", Self::Messenger),
        ("voice", Self::Voice),
        ("email", Self::Email),
    ];

    /// Reads the name used in the API and in storage.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, channel)| *channel)
    }

    /// The name used in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Mms => "mms",
            Self::Whatsapp => "whatsapp",
            Self::Rcs => "rcs",
            Self::Messenger => "messenger",
            Self::Voice => "voice",
            Self::Email => "email",
        }
    }

    /// Whether two channels are one to a person who says stop: SMS, MMS and RCS are (Twilio
    /// unified them in March 2026).
    pub const fn is_one_with(self, other: Self) -> bool {
        self.family() as u8 == other.family() as u8
    }

    const fn family(self) -> Self {
        match self {
            Self::Sms | Self::Mms | Self::Rcs => Self::Sms,
            other => other,
        }
    }
}

/// What kind of address a message is sent from, which decides who handles its keywords and
/// how fast it may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderKind {
    /// An ordinary number (10DLC in the United States).
    LongCode,
    /// A North American toll-free number: its network handles STOP and START.
    TollFree,
    /// 3 to 8 digits.
    ShortCode,
    /// A name: one-way, cannot be answered.
    Alphanumeric,
    /// `whatsapp:…`
    Whatsapp,
    /// `rcs:…`
    Rcs,
    /// `messenger:…`
    Messenger,
}

impl SenderKind {
    /// Tells the kind from the address as Twilio writes it.
    pub fn of(address: &str) -> Self {
        if address.starts_with("whatsapp:") {
            return Self::Whatsapp;
        }
        if address.starts_with("rcs:") {
            return Self::Rcs;
        }
        if address.starts_with("messenger:") {
            return Self::Messenger;
        }
        if let Some(digits) = address.strip_prefix('+') {
            return if is_toll_free(digits) {
                Self::TollFree
            } else {
                Self::LongCode
            };
        }
        let digits = address.bytes().all(|b| b.is_ascii_digit());
        match address.len() {
            3..=8 if digits => Self::ShortCode,
            9..=15 if digits => Self::LongCode,
            _ => Self::Alphanumeric,
        }
    }

    /// The channel of a text message from this kind of sender.
    pub const fn channel(self) -> Channel {
        match self {
            Self::Whatsapp => Channel::Whatsapp,
            Self::Rcs => Channel::Rcs,
            Self::Messenger => Channel::Messenger,
            Self::LongCode | Self::TollFree | Self::ShortCode | Self::Alphanumeric => Channel::Sms,
        }
    }
}

/// North American toll-free: 1 and one of 800, 833, 844, 855, 866, 877, 888.
fn is_toll_free(digits: &str) -> bool {
    digits.len() == 11
        && digits.strip_prefix('1').is_some_and(|national| {
            ["800", "833", "844", "855", "866", "877", "888"]
                .iter()
                .any(|code| national.starts_with(code))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_read_from_the_address() {
        for (address, kind) in [
            ("+15005550006", SenderKind::LongCode),
            ("+18005550006", SenderKind::TollFree),
            ("+18335550006", SenderKind::TollFree),
            ("+18225550006", SenderKind::LongCode),
            ("+448005550006", SenderKind::LongCode),
            ("12345", SenderKind::ShortCode),
            ("ACME", SenderKind::Alphanumeric),
            ("Acme 24", SenderKind::Alphanumeric),
            ("whatsapp:+15005550006", SenderKind::Whatsapp),
            ("rcs:acme", SenderKind::Rcs),
            ("messenger:1234", SenderKind::Messenger),
        ] {
            assert_eq!(SenderKind::of(address), kind, "{address}");
        }
    }

    #[test]
    fn to_a_person_who_says_stop_texting_is_one_channel() {
        assert!(Channel::Sms.is_one_with(Channel::Rcs));
        assert!(Channel::Mms.is_one_with(Channel::Sms));
        assert!(!Channel::Sms.is_one_with(Channel::Whatsapp));
        assert!(!Channel::Email.is_one_with(Channel::Voice));
    }

    #[test]
    fn names_in_storage_stay_what_they_are() {
        for (name, channel) in Channel::NAMES {
            assert_eq!(
                serde_json::to_string(&channel).unwrap(),
                format!("\"{name}\"")
            );
            assert_eq!(channel.as_str(), name);
            assert_eq!(Channel::parse(name), Some(channel));
        }
        assert_eq!(
            serde_json::to_string(&SenderKind::TollFree).unwrap(),
            "\"toll_free\""
        );
        assert_eq!(Channel::parse("fax"), None);
    }
}
