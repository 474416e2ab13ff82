//! What a sender can be asked, and what it answers.

use serde::{Deserialize, Serialize};

use crate::campaign::pace::{Limits, Rate, Turn};
use crate::objects::{Command, Object};
use crate::ports::Millis;

/// Sets what the sender is allowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PutLimits {
    /// From now on.
    pub limits: Limits,
}

impl Command for PutLimits {
    const OBJECT: Object = Object::Sender;
    const VERB: &'static str = "put-limits";
    type Reply = SenderView;
}

/// Asks where the sender stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchSender {
    /// Which sender this is.
    pub sender: String,
}

impl Command for FetchSender {
    const OBJECT: Object = Object::Sender;
    const VERB: &'static str = "fetch";
    type Reply = SenderView;
}

/// Where a sender stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SenderView {
    /// What it is allowed.
    pub limits: Limits,
    /// Whether that was set, or follows from the kind of sender.
    pub configured: bool,
    /// The pace in force: lower than allowed after Twilio complained.
    pub rate: Option<Rate>,
    /// Segments of today (US Pacific).
    pub used_today: u64,
    /// Until when campaigns rest because Twilio complained.
    pub rests_until: Option<Millis>,
    /// Campaigns that are sending.
    pub campaigns: Vec<String>,
}

/// A campaign has something to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enlist {
    /// Which sender this is.
    pub sender: String,
    /// `cmp_…`.
    pub campaign: String,
    /// Its own pace, when slower than the sender's.
    pub rate: Option<Rate>,
}

impl Command for Enlist {
    const OBJECT: Object = Object::Sender;
    const VERB: &'static str = "enlist";
    type Reply = ();
}

/// A campaign must not send any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismiss {
    /// `cmp_…`.
    pub campaign: String,
}

impl Command for Dismiss {
    const OBJECT: Object = Object::Sender;
    const VERB: &'static str = "dismiss";
    type Reply = ();
}

/// A single message wants the next free moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    /// Which sender this is.
    pub sender: String,
    /// Its segments.
    pub segments: u32,
}

impl Command for Reserve {
    const OBJECT: Object = Object::Sender;
    const VERB: &'static str = "reserve";
    type Reply = Turn;
}

/// Twilio failed a message of this sender; when it is about the pace, the sender slows down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strike {
    /// Twilio's code.
    pub code: u32,
    /// When the message was sent.
    pub sent_at: Millis,
}

impl Command for Strike {
    const OBJECT: Object = Object::Sender;
    const VERB: &'static str = "strike";
    type Reply = ();
}
