//! The country a number belongs to: ITU-T E.164 country codes, and within the North American
//! plan its area codes, since a code to Jamaica is not a code to the United States.
//!
//! Where one code serves several countries with no prefix to tell them apart (+44 for the
//! Channel Islands' mobiles, +61 for Australia's islands) the largest is named. Ranges that
//! are no country's (satellite networks, international premium rate, +1 900) have none:
//! nobody signs up with one, and fraud lives there.

mod table;

use serde::{Deserialize, Serialize};

use crate::twilio::address::E164;

/// A country, ISO 3166-1 alpha-2 in capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// Not two letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a country is two letters, such as US")]
pub struct CountryError;

impl Country {
    /// Reads two letters of any case.
    ///
    /// # Errors
    /// [`CountryError`] for anything else.
    pub fn parse(text: &str) -> Result<Country, CountryError> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Country([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(CountryError),
        }
    }

    /// The country of a number, by its longest known prefix; `None` for a range of nobody's.
    pub fn of(number: &E164) -> Option<Country> {
        let digits = number.digits();
        // The longest prefix in the table has six digits.
        (1..=digits.len().min(6))
            .rev()
            .find_map(|length| {
                let prefix = digits.get(..length)?;
                let at = table::PREFIXES
                    .binary_search_by_key(&prefix, |(known, _)| known)
                    .ok()?;
                Some(table::PREFIXES.get(at)?.1)
            })
            .and_then(|iso| Country::parse(iso).ok())
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Country {
    type Error = CountryError;

    fn try_from(text: String) -> Result<Country, CountryError> {
        Country::parse(&text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> String {
        country.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: &str) -> Option<String> {
        Country::of(&E164::parse(number).unwrap()).map(String::from)
    }

    #[test]
    fn the_longest_prefix_decides() {
        for (number, country) in [
            ("+14155552671", "US"),
            ("+14165552671", "CA"),
            ("+18765552671", "JM"),
            ("+17875552671", "PR"),
            ("+77015552671", "KZ"),
            ("+79015552671", "RU"),
            ("+447700900123", "GB"),
            ("+4915112345678", "DE"),
            ("+262639123456", "YT"),
            ("+262692123456", "RE"),
            ("+35840123456", "FI"),
            ("+3581812345", "AX"),
            ("+59995123456", "CW"),
            ("+919876543210", "IN"),
        ] {
            assert_eq!(of(number).as_deref(), Some(country), "{number}");
        }
    }

    #[test]
    fn premium_and_satellite_ranges_are_no_countrys() {
        for number in [
            "+19005552671",
            "+979112345678",
            "+881612345678",
            "+882131234567",
        ] {
            assert_eq!(of(number), None, "{number}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_says_nothing_twice() {
        for pair in table::PREFIXES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{:?}", pair);
        }
        assert!(table::PREFIXES.iter().all(|(prefix, _)| prefix.len() <= 6));
    }

    #[test]
    fn a_country_is_two_letters() {
        assert_eq!(Country::parse("us").unwrap().as_str(), "US");
        for wrong in ["", "U", "USA", "--", "1a", "é"] {
            assert_eq!(Country::parse(wrong), Err(CountryError), "{wrong}");
        }
    }
}
