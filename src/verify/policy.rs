//! What a deployment decides about its verifications. Read from settings, used everywhere.

use super::channel::Channel;
use super::country::Country;
use super::window::Limit;
use crate::ports::Millis;
use crate::time::{HOUR, MINUTE, SECOND};

/// How the fraud guard acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It blocks.
    On,
    /// It decides and logs what it would have blocked, and blocks nothing.
    DryRun,
    /// It does not look.
    Off,
}

/// What a key of Twilio's service rate limits is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateKey {
    /// The client's IP address.
    Ip,
    /// The number's prefix.
    Prefix,
    /// The number's country.
    Country,
    /// The client's network (`AS…`).
    Network,
    /// The address itself.
    To,
}

impl RateKey {
    /// Reads a source's name: `ip`, `prefix`, `country`, `network`, `to`.
    pub fn parse(text: &str) -> Option<RateKey> {
        Some(match text {
            "ip" => RateKey::Ip,
            "prefix" => RateKey::Prefix,
            "country" => RateKey::Country,
            "network" => RateKey::Network,
            "to" => RateKey::To,
            _ => return None,
        })
    }
}

/// A deployment's decisions. A limit that is `None` is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Starts per address. Twilio itself sends five times within ten minutes; a person who
    /// needs a fourth text will not get through by a fifth.
    pub per_address: Option<Limit>,
    /// When [`per_address`](Policy::per_address) is used up by texts alone, one call more.
    pub last_call: bool,
    /// Starts per client IP (an IPv6 /64 is one client).
    pub per_ip: Option<Limit>,
    /// Starts per number prefix: a flood brake. It is far above what the watch needs to see
    /// a fraud, so that it never stops an honest prefix first.
    pub per_prefix: Option<Limit>,
    /// Starts of the whole account.
    pub per_account: Option<Limit>,
    /// The channels in use, in the order in which they are tried.
    pub channels: Vec<Channel>,
    /// No check for so long after a send, and the person asks again: the next channel.
    pub patience: Millis,
    /// How long a code lives from its verification's creation (10 minutes unless Twilio
    /// support set the service otherwise).
    pub lifetime: Millis,
    /// Countries that may be verified, ISO 3166-1; `None` for all.
    pub countries: Option<Vec<Country>>,
    /// How the guard acts.
    pub guard: Mode,
    /// How long a prefix or network stays blocked.
    pub block_for: Millis,
    /// Keys of Twilio's service rate limits: unique name and source.
    pub rate_limits: Vec<(String, RateKey)>,
    /// Ask Twilio Lookup for the line type before the first send to a number.
    pub lookup: bool,
    /// Line types (Lookup's names) that get no code.
    pub refused_line_types: Vec<String>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            per_address: Some(Limit::per_seconds(3, 600)),
            last_call: true,
            per_ip: Some(Limit::per_seconds(20, 600)),
            per_prefix: Some(Limit::per_seconds(500, 600)),
            per_account: Some(Limit::per_seconds(600, 60)),
            channels: vec![Channel::Sms, Channel::Call, Channel::Email],
            patience: 30 * SECOND,
            lifetime: 10 * MINUTE,
            countries: None,
            guard: Mode::On,
            block_for: HOUR,
            rate_limits: Vec::new(),
            lookup: false,
            refused_line_types: ["premium", "sharedCost", "pager", "voicemail", "uan"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}
