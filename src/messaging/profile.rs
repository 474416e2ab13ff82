//! A configured sender: what `sender` names in a request. The document is what
//! `PUT /v1/senders/{name}` takes; who reads it decides nothing that it leaves out.

use serde::{Deserialize, Serialize};

use super::figures::Threshold;
use super::lint::Policy;
use super::quiet::Hours;
use super::window::Category;
use crate::sorted::SortedMap;

/// An approved template, by a name of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedTemplate {
    /// `HX…`.
    pub content_sid: String,
    /// The category it was approved in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Its text, when variables are to be checked against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The first days of a new sender, each with a cap of its own (carriers and WhatsApp look at
/// how fast a sender that nobody knows grows).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// The first of them, as in `2026-11-24`; days are counted in US Pacific time.
    pub first_day: String,
    /// Segments of that day and those that follow.
    pub caps: Vec<u64>,
}

/// A sender.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Our address: a number, a short code, a name, `whatsapp:…`, `rcs:…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `MG…`: a Messaging Service that chooses the address, or owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_service_sid: Option<String>,
    /// Segments a second; the channel's usual rate when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments_per_second: Option<u32>,
    /// Segments a day, counted in US Pacific time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_cap: Option<u64>,
    /// The caps of a new sender's first days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
    /// The name that people know the sender by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Hosts of the sender's own links.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// When marketing may arrive, by the recipient's clock; 08:00 to 21:00 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<Hours>,
    /// Which findings of the lint refuse a send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lint: Option<Policy>,
    /// Replace typography that forces UCS-2.
    pub smart_encoding: bool,
    /// Approved templates by name.
    #[serde(skip_serializing_if = "SortedMap::is_empty")]
    pub templates: SortedMap<String, NamedTemplate>,
    /// When the figures raise an alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<Threshold>,
}

impl Profile {
    /// Whether the sender was given a pace of its own, which single messages keep as well.
    pub fn is_paced(&self) -> bool {
        self.segments_per_second.is_some() || self.daily_cap.is_some() || self.warm_up.is_some()
    }

    /// What its messages leave by, and what they are paced by: the Messaging Service, which
    /// chooses among its addresses, else the address.
    pub fn way(&self) -> Option<&str> {
        self.messaging_service_sid
            .as_deref()
            .or(self.address.as_deref())
    }
}

/// Whether a sender may have this name: 1 to 64 of `a-z`, `0-9`, `-`, `_`.
pub fn valid_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_written_as_people_write_it() {
        let text = r#"{"address":"+15005550006","brand":"Acme","quiet_hours":{"from":"09:00","to":"20:00"},"smart_encoding":true,"templates":{"hello":{"content_sid":"HX1","category":"utility"}}}"#;
        let profile: Profile = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&profile).unwrap(), text);
        assert!(serde_json::from_str::<Profile>(r#"{"adress":"+1"}"#).is_err());
    }
}
