//! What the guard goes by: the country, the number's prefix, the client and its network.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::channel::Destination;
use super::country::Country;
use super::policy::Policy;
use crate::twilio::address::E164;

/// Digits that a prefix leaves off: a block of ten thousand numbers is the smallest that
/// carriers are given, and pumpers buy blocks.
const BLOCK_DIGITS: usize = 4;

/// Who knocks: the keys that limits and the watch count by. None holds a whole number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knock {
    /// The number's prefix, plus sign first; `None` for e-mail.
    pub prefix: Option<String>,
    /// The number's country.
    pub country: Option<Country>,
    /// The client: an IPv4 address or an IPv6 /64.
    pub client: Option<String>,
    /// The client's network: `AS64500`.
    pub network: Option<String>,
}

impl Knock {
    /// The keys of one start. `ip` is the client's, in its usual text form; `asn` its network.
    pub fn new(to: &Destination, ip: Option<&str>, asn: Option<u32>) -> Knock {
        let number = to.address().phone();
        Knock {
            prefix: number.as_ref().map(prefix),
            country: number.as_ref().and_then(Country::of),
            client: ip.and_then(client),
            network: asn.map(|asn| format!("AS{asn}")),
        }
    }
}

/// The block that a number lies in: all of it but its last four digits, and at least the
/// country code and one digit more.
pub fn prefix(number: &E164) -> String {
    let digits = number.digits();
    let least = (number.country_code().len() + 1).min(digits.len());
    let length = digits.len().saturating_sub(BLOCK_DIGITS).max(least);
    format!("+{}", digits.get(..length).unwrap_or(digits))
}

/// The key of a client. Who has one IPv6 address has the 2^64 of its /64.
pub fn client(ip: &str) -> Option<String> {
    match ip.trim().parse().ok()? {
        IpAddr::V4(ip) => Some(ip.to_string()),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => Some(ip.to_string()),
            None => {
                let [a, b, c, d, ..] = ip.segments();
                Some(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"))
            }
        },
    }
}

/// Why a number's country keeps it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CountryRefused {
    /// It is not on the deployment's list.
    #[error("codes are not sent to this country")]
    NotListed,
    /// Premium rate or satellite.
    #[error("codes are not sent to numbers of this kind")]
    Nowhere,
}

/// Whether the number's country is one that gets codes. Decided from the request alone.
///
/// # Errors
/// [`CountryRefused`] when it is not. E-mail has no country.
pub fn admit_country(to: &Destination, policy: &Policy) -> Result<(), CountryRefused> {
    let Some(number) = to.address().phone() else {
        return Ok(());
    };
    let country = Country::of(&number).ok_or(CountryRefused::Nowhere)?;
    match &policy.countries {
        Some(listed) if !listed.contains(&country) => Err(CountryRefused::NotListed),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::address::Address;

    fn to(text: &str) -> Destination {
        Destination::new(Address::parse(text).unwrap()).unwrap()
    }

    #[test]
    fn a_prefix_is_the_block_and_never_the_number() {
        for (number, block) in [
            ("+14155552671", "+1415555"),
            ("+447700900123", "+44770090"),
            ("+6421555", "+642"),
            ("+4951", "+495"),
        ] {
            assert_eq!(prefix(&E164::parse(number).unwrap()), block);
        }
    }

    #[test]
    fn one_client_is_one_address_or_one_64() {
        assert_eq!(client("203.0.113.9").as_deref(), Some("203.0.113.9"));
        assert_eq!(client("::ffff:203.0.113.9").as_deref(), Some("203.0.113.9"));
        assert_eq!(client("2001:db8:1:2::9"), client("2001:db8:1:2:ffff::1"));
        assert_ne!(client("2001:db8:1:2::9"), client("2001:db8:1:3::9"));
        assert_eq!(client("example.com"), None);
    }

    #[test]
    fn the_list_of_countries_is_kept_and_premium_ranges_never_pass() {
        let all = Policy::default();
        let us = Policy {
            countries: Some(vec![Country::parse("US").unwrap()]),
            ..all.clone()
        };
        assert_eq!(admit_country(&to("+14155552671"), &us), Ok(()));
        assert_eq!(
            admit_country(&to("+18765552671"), &us),
            Err(CountryRefused::NotListed)
        );
        assert_eq!(admit_country(&to("+18765552671"), &all), Ok(()));
        assert_eq!(
            admit_country(&to("+979112345678"), &all),
            Err(CountryRefused::Nowhere)
        );
        assert_eq!(admit_country(&to("ada@example.com"), &us), Ok(()));
    }

    #[test]
    fn a_knock_holds_no_whole_number() {
        let knock = Knock::new(&to("+14155552671"), Some("203.0.113.9"), Some(64500));
        let text = serde_json::to_string(&knock).unwrap();
        assert!(!text.contains("2671"), "{text}");
        assert_eq!(knock.network.as_deref(), Some("AS64500"));
        assert_eq!(Knock::new(&to("a@b.example"), None, None), Knock::default());
    }
}
