//! SIDs: Twilio's names for its own resources, typed by what they name.
//!
//! Twilio docs, "SID": 34 characters, two letters for the kind and 32 hexadecimal digits. A
//! SID ends up in REST paths and SQL rows, so a text that is not one must never become one,
//! and one kind must never pass for another. It is kept as it came: case is part of it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Characters of a SID.
const SID_CHARS: usize = 34;
/// Characters of its prefix.
const PREFIX_CHARS: usize = 2;

/// Why a text is not a SID of the kind wanted. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SidError {
    /// Not 34 characters.
    #[error("{kind} has {SID_CHARS} characters, not {found}")]
    Length {
        /// Twilio's name for the kind wanted.
        kind: &'static str,
        /// Bytes found.
        found: usize,
    },
    /// Starts with other letters than the kind has.
    #[error("{kind} starts with {prefixes}")]
    Prefix {
        /// Twilio's name for the kind wanted.
        kind: &'static str,
        /// The prefixes of the kind, in words.
        prefixes: &'static str,
    },
    /// Something else than hexadecimal digits after the prefix.
    #[error("{kind} has 32 hexadecimal digits after its prefix")]
    NotHexadecimal {
        /// Twilio's name for the kind wanted.
        kind: &'static str,
    },
}

/// What a SID names.
pub trait Kind {
    /// Twilio's name, such as `MessageSid`.
    const NAME: &'static str;
    /// The prefixes, two letters each.
    const PREFIXES: &'static [&'static str];
    /// The prefixes in words, for an error.
    const PREFIXES_IN_WORDS: &'static str;
}

/// A SID of the kind `K`. 34 bytes, no allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid<K> {
    /// ASCII: checked on the way in.
    text: [u8; SID_CHARS],
    kind: PhantomData<K>,
}

impl<K: Kind> Sid<K> {
    /// Reads a SID.
    ///
    /// # Errors
    /// [`SidError`] naming the kind wanted and what is wrong.
    pub fn parse(text: &str) -> Result<Self, SidError> {
        let text = check(text, K::NAME, K::PREFIXES, K::PREFIXES_IN_WORDS)?;
        Ok(Sid {
            text,
            kind: PhantomData,
        })
    }
}

impl<K> Sid<K> {
    /// As Twilio wrote it.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

/// One body for every kind: the generic part stays a call.
fn check(
    text: &str,
    kind: &'static str,
    prefixes: &[&str],
    in_words: &'static str,
) -> Result<[u8; SID_CHARS], SidError> {
    let found = text.len();
    let Ok(bytes) = <[u8; SID_CHARS]>::try_from(text.as_bytes()) else {
        return Err(SidError::Length { kind, found });
    };
    let (prefix, digits) = bytes.split_at(PREFIX_CHARS);
    if !prefixes.iter().any(|known| known.as_bytes() == prefix) {
        return Err(SidError::Prefix {
            kind,
            prefixes: in_words,
        });
    }
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(SidError::NotHexadecimal { kind });
    }
    Ok(bytes)
}

impl<K> fmt::Display for Sid<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl<K> fmt::Debug for Sid<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl<K> AsRef<str> for Sid<K> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<K: Kind> FromStr for Sid<K> {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        Sid::parse(text)
    }
}

impl<K> Serialize for Sid<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, K: Kind> Deserialize<'de> for Sid<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Sid::parse(&text).map_err(de::Error::custom)
    }
}

/// Declares a kind (a type without values) and the name people use for its SID.
macro_rules! kinds {
    ($($(#[$doc:meta])* $alias:ident, $kind:ident: $first:literal $(| $more:literal)*;)*) => {
        $(
            $(#[$doc])*
            pub type $alias = Sid<$kind>;

            #[doc = concat!("The kind of [`", stringify!($alias), "`].")]
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $kind {}

            impl Kind for $kind {
                const NAME: &'static str = stringify!($alias);
                const PREFIXES: &'static [&'static str] = &[$first $(, $more)*];
                const PREFIXES_IN_WORDS: &'static str = concat!($first $(, " or ", $more)*);
            }
        )*
    };
}

kinds! {
    /// An account or sub-account.
    AccountSid, Account: "AC";
    /// An API key. Not a secret, but half of one.
    ApiKeySid, ApiKey: "SK";
    /// A message: `SM` for text, `MM` with media.
    MessageSid, Message: "SM" | "MM";
    /// A media file of a message.
    MediaSid, Media: "ME";
    /// A Messaging Service.
    MessagingServiceSid, MessagingService: "MG";
    /// A content template.
    ContentSid, Content: "HX";
    /// A call.
    CallSid, Call: "CA";
    /// A conference.
    ConferenceSid, Conference: "CF";
    /// A call queue.
    QueueSid, Queue: "QU";
    /// A recording.
    RecordingSid, Recording: "RE";
    /// A transcription of a recording.
    TranscriptionSid, Transcription: "TR";
    /// A phone number of the account.
    PhoneNumberSid, PhoneNumber: "PN";
    /// A Verify service.
    VerifyServiceSid, VerifyService: "VA";
    /// A verification of a Verify service.
    VerificationSid, Verification: "VE";
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "CA0123456789abcdef0123456789ABCDEF";

    #[test]
    fn a_sid_is_kept_as_it_came() {
        let sid = CallSid::parse(CALL).unwrap();
        assert_eq!(sid.to_string(), CALL);
        assert_eq!(format!("{sid:?}"), CALL);
        assert_eq!(size_of::<CallSid>(), 34);
    }

    #[test]
    fn one_kind_does_not_pass_for_another() {
        let error = MessageSid::parse(CALL).unwrap_err();
        assert_eq!(error.to_string(), "MessageSid starts with SM or MM");
        for prefix in ["SM", "MM"] {
            assert!(MessageSid::parse(&CALL.replacen("CA", prefix, 1)).is_ok());
        }
        assert!(CallSid::parse(&CALL.replacen("CA", "ca", 1)).is_err());
    }

    #[test]
    fn length_and_digits_are_checked() {
        let short = CallSid::parse("CA123").unwrap_err();
        assert_eq!(short.to_string(), "CallSid has 34 characters, not 5");
        assert!(CallSid::parse("").is_err());
        for bad in ["g", "/", "%", " "] {
            let text = CALL.replace('f', bad);
            let kind = "CallSid";
            assert_eq!(
                CallSid::parse(&text),
                Err(SidError::NotHexadecimal { kind })
            );
        }
        // 34 bytes, fewer characters.
        assert!(CallSid::parse("CA0123456789abcdef0123456789ABCDé").is_err());
    }

    #[test]
    fn it_is_a_string_in_json_and_checked_on_the_way_in() {
        let sid: CallSid = serde_json::from_str(&format!("\"{CALL}\"")).unwrap();
        assert_eq!(serde_json::to_string(&sid).unwrap(), format!("\"{CALL}\""));
        assert!(serde_json::from_str::<AccountSid>(&format!("\"{CALL}\"")).is_err());
    }
}
