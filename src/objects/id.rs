//! Names: which Durable Object keeps a person, and the ids that lead back to it.
//!
//! An id carries the name of its object, so that a callback or a look-up needs no index:
//! `msg_` + 20 characters that name the contact + 16 characters of its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ports::{Entropy, Millis};

const CONTACT_CHARS: usize = 20;
const OWN_CHARS: usize = 16;
const CAMPAIGN_PREFIX: &str = "cmp_";
/// Crockford's base32 in lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of a person's contact object: 100 bits of SHA-256 over the person's address.
///
/// At 100 million contacts the chance that any two share an object is below 10⁻¹⁴. The name
/// is not secret (who knows the number can compute it) and holds no digit of the number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactName(String);

impl ContactName {
    /// The contact of a person, given as [`Address::person`](crate::twilio::address) says.
    pub fn of(person: &str) -> ContactName {
        ContactName(base32(&digest("contact", &[person]), CONTACT_CHARS))
    }

    /// A name that was made by [`ContactName::of`] and stored.
    pub fn of_hash(name: &str) -> ContactName {
        ContactName(name.to_owned())
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `msg_…`: a message.
    Message,
    /// `call_…`: a call.
    Call,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Kind::Message => "msg_",
            Kind::Call => "call_",
        }
    }
}

/// The id of something that a contact keeps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// A fresh id.
    pub fn fresh(kind: Kind, contact: &ContactName, entropy: &impl Entropy) -> Id {
        let mut bytes = [0; 10];
        entropy.fill(&mut bytes);
        Id::build(kind, contact, &base32(&bytes, OWN_CHARS))
    }

    /// The id that follows from a caller's idempotency key: always the same one.
    pub fn derived(kind: Kind, contact: &ContactName, caller: &str, key: &str) -> Id {
        Id::build(
            kind,
            contact,
            &base32(&digest(kind.prefix(), &[caller, key]), OWN_CHARS),
        )
    }

    fn build(kind: Kind, contact: &ContactName, own: &str) -> Id {
        Id(format!("{}{}{own}", kind.prefix(), contact.0))
    }

    /// Reads an id; `None` when it is not one of this kind.
    pub fn parse(kind: Kind, text: &str) -> Option<Id> {
        let rest = text.strip_prefix(kind.prefix())?;
        let well_formed = rest.len() == CONTACT_CHARS + OWN_CHARS
            && rest.bytes().all(|byte| ALPHABET.contains(&byte));
        well_formed.then(|| Id(text.to_owned()))
    }

    /// The contact that keeps it.
    pub fn contact(&self) -> ContactName {
        let start = self.0.find('_').map_or(0, |at| at + 1);
        ContactName(
            self.0
                .get(start..start + CONTACT_CHARS)
                .unwrap_or_default()
                .to_owned(),
        )
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SID of a flow's execution, in Studio's form: `FN` and 32 hexadecimal digits. The first
/// 25 are the name of the contact that keeps it, the last seven its own, so that it is found
/// without an index. The contact sees to it that no two of its own are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionSid(String);

/// Hexadecimal digits for the 100 bits of a contact's name.
const CONTACT_DIGITS: usize = 25;
const OWN_DIGITS: usize = 7;

impl ExecutionSid {
    /// The SID that follows from what started the execution, the `attempt`th of them.
    pub fn derived(contact: &ContactName, key: &str, attempt: u32) -> ExecutionSid {
        let hash = digest("execution", &[key, &attempt.to_string()]);
        let mut text = ExecutionSid::prefix(contact);
        text.push_str(&hex(&hash, OWN_DIGITS));
        ExecutionSid(text)
    }

    /// What the SIDs of all of a contact's executions begin with.
    pub fn prefix(contact: &ContactName) -> String {
        let mut text = String::with_capacity(2 + CONTACT_DIGITS + OWN_DIGITS);
        text.push_str("FN");
        let (mut buffer, mut bits) = (0_u32, 0_u32);
        for byte in contact.0.bytes() {
            let value = ALPHABET.iter().position(|known| *known == byte);
            buffer = (buffer << 5 | value.unwrap_or(0) as u32) & 0xfff;
            bits += 5;
            while bits >= 4 {
                bits -= 4;
                text.extend(char::from_digit(buffer >> bits & 15, 16));
            }
        }
        text
    }

    /// Reads a SID.
    pub fn parse(text: &str) -> Option<ExecutionSid> {
        let digits = text.strip_prefix("FN")?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let well_formed =
            digits.len() == CONTACT_DIGITS + OWN_DIGITS && digits.bytes().all(is_digit);
        well_formed.then(|| ExecutionSid(text.to_owned()))
    }

    /// The contact that keeps it.
    pub fn contact(&self) -> ContactName {
        let mut name = String::with_capacity(CONTACT_CHARS);
        let (mut buffer, mut bits) = (0_u32, 0_u32);
        for digit in self.0.chars().skip(2).take(CONTACT_DIGITS) {
            buffer = (buffer << 4 | digit.to_digit(16).unwrap_or(0)) & 0xfff;
            bits += 4;
            while bits >= 5 {
                bits -= 5;
                let digit = (buffer >> bits & 31) as usize;
                name.extend(ALPHABET.get(digit).map(|char| char::from(*char)));
            }
        }
        ContactName(name)
    }

    /// The SID itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExecutionSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SID of two letters and 32 hexadecimal digits that follows from `parts`: what Studio's
/// resources have that are found by something else here (`FW…` a flow, `FT…` a step).
pub fn derived_sid(prefix: &str, parts: &[&str]) -> String {
    let mut sid = prefix.to_owned();
    sid.push_str(&hex(&digest(prefix, parts), 32));
    sid
}

fn hex(bytes: &[u8], digits: usize) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles
        .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
        .take(digits)
        .collect()
}

/// The id of an event: `evt_`, the day it happened on, and 16 characters of its own. The day
/// leads to the part of the ledger that keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

const DAY_CHARS: usize = 8;

impl EventId {
    /// A fresh id for what happens now.
    pub fn fresh(now: Millis, entropy: &impl Entropy) -> EventId {
        let mut bytes = [0; 10];
        entropy.fill(&mut bytes);
        EventId(format!("evt_{}{}", day(now), base32(&bytes, OWN_CHARS)))
    }

    /// The id that follows from what the event is about: always the same one.
    pub fn derived(now: Millis, parts: &[&str]) -> EventId {
        let own = base32(&digest("event", parts), OWN_CHARS);
        EventId(format!("evt_{}{own}", day(now)))
    }

    /// Reads an id.
    pub fn parse(text: &str) -> Option<EventId> {
        let rest = text.strip_prefix("evt_")?;
        let (day, own) = rest.split_at_checked(DAY_CHARS)?;
        let well_formed = day.bytes().all(|byte| byte.is_ascii_digit())
            && own.len() == OWN_CHARS
            && own.bytes().all(|byte| ALPHABET.contains(&byte));
        well_formed.then(|| EventId(text.to_owned()))
    }

    /// The day, as in `20261124`.
    pub fn day(&self) -> &str {
        self.0.get(4..4 + DAY_CHARS).unwrap_or_default()
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The day of a moment in UTC, as in `20261124`.
pub fn day(at: Millis) -> String {
    let text = crate::time::rfc3339(at);
    text.chars().take(10).filter(char::is_ascii_digit).collect()
}

/// SHA-256 over a domain and its parts, each with its length, so that no two lists of parts
/// hash alike.
pub(super) fn digest(domain: &str, parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix("hookswitch/1/");
    for part in std::iter::once(&domain).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// A fresh campaign's id, or the one that follows from a caller's idempotency key.
pub fn campaign_id(entropy: &impl Entropy, keyed: Option<(&str, &str)>) -> String {
    let own = match keyed {
        Some((caller, key)) => base32(&digest("campaign", &[caller, key]), OWN_CHARS),
        None => {
            let mut bytes = [0; 10];
            entropy.fill(&mut bytes);
            base32(&bytes, OWN_CHARS)
        }
    };
    format!("{CAMPAIGN_PREFIX}{own}")
}

/// Whether a text is a campaign's id.
pub fn is_campaign_id(text: &str) -> bool {
    text.strip_prefix(CAMPAIGN_PREFIX).is_some_and(|own| {
        own.len() == OWN_CHARS && own.bytes().all(|byte| ALPHABET.contains(&byte))
    })
}

/// A short name for a text, 80 bits of its hash.
pub fn short_hash(text: &str) -> String {
    base32(&digest("short", &[text]), OWN_CHARS)
}

/// The first `chars` characters of `bytes` in base32.
pub(super) fn base32(bytes: &[u8], chars: usize) -> String {
    let mut text = String::with_capacity(chars);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let digit = (buffer >> bits & 31) as usize;
            text.extend(ALPHABET.get(digit).map(|char| char::from(*char)));
        }
        if text.len() >= chars {
            break;
        }
    }
    text.truncate(chars);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_are_pinned_because_they_outlive_a_deployment() {
        let contact = ContactName::of("+14155550100");
        assert_eq!(contact.as_str().len(), 20);
        let id = Id::derived(Kind::Message, &contact, "dev", "order-1");
        assert_eq!(id.as_str(), PINNED);
        assert_eq!(id.contact(), contact);
        assert_eq!(Id::parse(Kind::Message, id.as_str()), Some(id));
    }

    const PINNED: &str = "msg_yv7kwqkb34q79qq1sq0ahe3r187zacefdz0r";

    #[test]
    fn an_executions_sid_has_studios_form_and_leads_to_its_contact() {
        let contact = ContactName::of("+14155550100");
        let sid = ExecutionSid::derived(&contact, "SM1", 0);
        assert_eq!(sid.as_str(), "FNf6cf3e5e6b192e74dee1cdc0a3139ece");
        assert_eq!(sid.contact(), contact);
        assert_eq!(ExecutionSid::parse(sid.as_str()), Some(sid.clone()));
        assert_ne!(ExecutionSid::derived(&contact, "SM1", 1), sid);
        for text in [
            "",
            "FN",
            "FW00000000000000000000000000000000",
            "FN0000000000000000000000000000000g",
        ] {
            assert_eq!(ExecutionSid::parse(text), None, "{text}");
        }
        assert_eq!(derived_sid("FW", &["a"]).len(), 34);
    }

    #[test]
    fn an_id_of_another_kind_or_shape_is_none() {
        let contact = ContactName::of("+14155550100");
        let id = Id::derived(Kind::Call, &contact, "dev", "k");
        assert_eq!(Id::parse(Kind::Message, id.as_str()), None);
        for text in [
            "",
            "msg_",
            "msg_short",
            "MSG_00000000000000000000000000000000000a",
        ] {
            assert_eq!(Id::parse(Kind::Message, text), None);
        }
        let odd = format!("msg_{}", "ü".repeat(18));
        assert_eq!(Id::parse(Kind::Message, &odd), None);
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(digest("d", &["ab", "c"]), digest("d", &["a", "bc"]));
        assert_ne!(digest("d", &["a"]), digest("da", &[]));
    }
}
