//! Phone numbers in E.164 (ITU-T): `+`, a country code, a national number, 15 digits at most.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The most characters of a number, its plus sign included.
const MAX_CHARS: usize = 16;
/// Digits of a number. ITU-T E.164 has no lower bound; one digit is a country code alone.
const DIGITS: std::ops::RangeInclusive<usize> = 2..=15;

/// Why a text is not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// No plus sign in front.
    #[error(
        "a phone number is written in E.164: a plus sign, the country code and the number, \
         such as +14155552671"
    )]
    NoPlus,
    /// Something that is not a digit after the plus sign.
    #[error("a phone number has digits only after its plus sign, and no spaces or punctuation")]
    NotDigits,
    /// The country code starts with 0.
    #[error("a phone number starts with its country code, and none starts with 0")]
    LeadingZero,
    /// Too few digits or too many.
    #[error("a phone number has 2 to 15 digits, not {found}")]
    Length {
        /// Digits found.
        found: usize,
    },
}

/// A phone number. 17 bytes, no allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164 {
    /// ASCII, plus sign first, zero bytes after the last digit.
    text: [u8; MAX_CHARS],
    chars: u8,
}

impl E164 {
    /// Reads a number.
    ///
    /// # Errors
    /// [`PhoneError`], which says what to write.
    pub fn parse(text: &str) -> Result<E164, PhoneError> {
        let digits = text.strip_prefix('+').ok_or(PhoneError::NoPlus)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PhoneError::NotDigits);
        }
        if digits.starts_with('0') {
            return Err(PhoneError::LeadingZero);
        }
        let found = digits.len();
        if !DIGITS.contains(&found) {
            return Err(PhoneError::Length { found });
        }
        let mut number = E164 {
            text: [0; MAX_CHARS],
            chars: 0,
        };
        for (place, byte) in number.text.iter_mut().zip(text.bytes()) {
            *place = byte;
            number.chars += 1;
        }
        Ok(number)
    }

    /// As Twilio writes it, plus sign first.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.chars)).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// The digits after the plus sign.
    pub fn digits(&self) -> &str {
        self.as_str().trim_start_matches('+')
    }

    /// The country code, 1 to 3 digits (ITU-T E.164, assigned codes).
    pub fn country_code(&self) -> &str {
        let digits = self.digits();
        digits
            .get(..country_code_digits(digits))
            .unwrap_or_default()
    }

    /// The number for logs: the country code and at most the last four digits, with at least
    /// three hidden between.
    pub fn masked(&self) -> String {
        let country = self.country_code();
        let national = self.digits().get(country.len()..).unwrap_or_default();
        let shown = match national.len() {
            8.. => 4,
            5..=7 => 2,
            _ => 0,
        };
        let tail = national.get(national.len() - shown..).unwrap_or_default();
        format!("+{country}•••{tail}")
    }
}

/// Country codes are prefix-free: one digit for zones 1 and 7, two for those listed, else three.
fn country_code_digits(digits: &str) -> usize {
    let two = matches!(
        digits.get(..2),
        Some(
            "20" | "27"
                | "30"
                | "31"
                | "32"
                | "33"
                | "34"
                | "36"
                | "39"
                | "40"
                | "41"
                | "43"
                | "44"
                | "45"
                | "46"
                | "47"
                | "48"
                | "49"
                | "51"
                | "52"
                | "53"
                | "54"
                | "55"
                | "56"
                | "57"
                | "58"
                | "60"
                | "61"
                | "62"
                | "63"
                | "64"
                | "65"
                | "66"
                | "81"
                | "82"
                | "84"
                | "86"
                | "90"
                | "91"
                | "92"
                | "93"
                | "94"
                | "95"
                | "98"
        )
    );
    if digits.starts_with(['1', '7']) {
        1
    } else if two {
        2
    } else {
        digits.len().min(3)
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Masked: a number is personal data.
impl fmt::Debug for E164 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

impl FromStr for E164 {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        E164::parse(text)
    }
}

impl Serialize for E164 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for E164 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        E164::parse(&text).map_err(de::Error::custom)
    }
}
