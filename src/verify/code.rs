//! The one-time code on its way from a person to Twilio.
//!
//! It is read from a request and written into one form field of one request to Twilio. It
//! has no `Debug` that shows it, no `Display`, no `Serialize`, and nothing here can give it to
//! storage, a log line or an answer. Between a Worker and an object it travels by
//! [`in_transit`], which the one command that carries it names expressly.

use std::fmt;

use serde::{Deserialize, Deserializer, Serializer, de};

/// Characters of a code (Twilio OpenAPI, `verify_v2`, `CreateVerificationCheck`: 4 to 10).
const CHARS: std::ops::RangeInclusive<usize> = 4..=10;

/// A code that a person typed. Right or wrong, it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Box<str>);

/// Why a text cannot be a code. The text is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has 4 to 10 letters or digits")]
pub struct CodeError;

impl Code {
    /// Reads what a person typed: spaces and hyphens between the digits are theirs, not the
    /// code's.
    ///
    /// # Errors
    /// [`CodeError`] when it cannot be a code. No try is spent at Twilio on it.
    pub fn parse(text: &str) -> Result<Code, CodeError> {
        let bare: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2011}'))
            .collect();
        let well_formed =
            CHARS.contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if well_formed {
            Ok(Code(bare.into_boxed_str()))
        } else {
            Err(CodeError)
        }
    }

    /// The code, for the one form field of the one request that may hold it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// `Code(•••)`.
impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Code(•••)")
    }
}

/// How a code crosses from the Worker to its object, in memory, over a binding.
pub mod in_transit {
    use super::{Code, Deserialize, Deserializer, Serializer, de};

    /// Writes it into the command.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(code.expose())
    }

    /// Reads it from the command.
    ///
    /// # Errors
    /// When it is no code.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        Code::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_what_the_person_meant() {
        for typed in ["123456", " 123 456 ", "123-456"] {
            assert_eq!(Code::parse(typed).unwrap().expose(), "123456");
        }
        for wrong in [
            "",
            "123",
            "12345678901",
            "12345\u{0}",
            "12é456",
            "1234&To=x",
        ] {
            assert_eq!(Code::parse(wrong), Err(CodeError), "{wrong:?}");
        }
    }

    #[test]
    fn a_code_cannot_be_printed() {
        let code = Code::parse("123456").unwrap();
        assert_eq!(format!("{code:?}"), "Code(•••)");
        assert!(!format!("{:?}", Code::parse("12")).contains("12"));
    }
}
