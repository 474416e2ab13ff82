//! What a segment costs, as configured. An indication: Twilio's bill also has carrier fees.

use serde::{Deserialize, Serialize};

/// Prices of a segment by country, in millionths of the currency's unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// ISO 4217.
    pub currency: String,
    /// By ISO 3166 alpha-2 code; `*` for all others.
    pub by_country: Vec<(String, u64)>,
}

impl Prices {
    /// Reads `USD US:0.0083 GB:0.0524 *:0.08`; `None` when it is not that.
    pub fn parse(text: &str) -> Option<Prices> {
        let mut words = text.split_whitespace();
        let currency = words.next().filter(|word| word.len() == 3)?.to_owned();
        let by_country = words
            .map(|word| {
                let (country, price) = word.split_once(':')?;
                let price: f64 = price
                    .parse()
                    .ok()
                    .filter(|price| (0.0..1_000.0).contains(price))?;
                Some((country.to_owned(), (price * 1_000_000.0).round() as u64))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Prices {
            currency,
            by_country,
        })
    }

    /// Millionths for a segment to a country (`None`: not known); `None` without a price.
    pub fn of(&self, country: Option<&str>) -> Option<u64> {
        let find = |name: &str| self.by_country.iter().find(|(known, _)| known == name);
        country
            .and_then(find)
            .or_else(|| find("*"))
            .map(|(_, price)| *price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_its_own_price_or_that_of_all_others() {
        let prices = Prices::parse("USD US:0.0083 *:0.08").unwrap();
        assert_eq!(prices.of(Some("US")), Some(8_300));
        assert_eq!(prices.of(Some("GB")), Some(80_000));
        assert_eq!(prices.of(None), Some(80_000));
        assert_eq!(Prices::parse("EUR DE:0.07").unwrap().of(None), None);
        for wrong in ["", "dollars US:1", "USD US=1", "USD US:-1", "USD US:x"] {
            assert_eq!(Prices::parse(wrong), None, "{wrong}");
        }
    }
}
