//! What a contact can be asked about verifications, and what it answers.

use serde::{Deserialize, Serialize};

use super::super::Failure;
use crate::objects::{Command, Object};
use crate::ports::Millis;
use crate::verify::channel::{Channel, Destination};
use crate::verify::code::{self, Code};
use crate::verify::locale::Locale;
use crate::verify::outcome::Refusal;
use crate::verify::plan::{Plan, Why};
use crate::verify::verification::{Checked, Limited};

/// Send the person a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartVerification {
    /// Where to.
    pub to: Destination,
    /// On which channels.
    pub plan: Plan,
    /// In which language.
    pub locale: Option<Locale>,
    /// `RateLimits` of Twilio's service: a JSON object.
    pub rate_limits: Option<String>,
    /// The client's IP address.
    pub device_ip: Option<String>,
    /// The guard's name for this start.
    pub permit: Option<String>,
}

impl Command for StartVerification {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "start-verification";
    type Reply = StartReply;
}

/// What became of a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartReply {
    /// Twilio took the code.
    Sent(CodeSent),
    /// The person's limit is reached. Nothing was counted.
    Limited(Limited),
    /// Twilio refused.
    Refused(CodeRefused),
    /// Lookup says that the line is one that gets no codes. Nothing was counted.
    LineRefused {
        /// Its type, by Lookup's name.
        line_type: String,
    },
    /// Twilio was too busy, or did not take it. Nothing was counted.
    Busy {
        /// What `Retry-After` asked for, in seconds.
        retry_after: Option<u32>,
    },
    /// The POST ended without an answer and Twilio could not be asked. It counts.
    NobodyKnows,
    /// The deployment has no Verify service or no credentials.
    NotConfigured,
}

impl StartReply {
    /// What the guard is told: the channel when Twilio took the code, `None` when the start is
    /// to be given back, nothing when it stays counted as it is.
    pub fn fate(&self) -> Option<Option<Channel>> {
        match self {
            StartReply::Sent(sent) => Some(Some(sent.channel)),
            // A bad number and a line that gets no codes are the person's doing.
            StartReply::NobodyKnows | StartReply::LineRefused { .. } => None,
            StartReply::Refused(refused) if refused.counted => None,
            // A line that gets no codes is the person's doing, as a bad number is.
            StartReply::NobodyKnows | StartReply::LineRefused { .. } => None,
            StartReply::Limited(_)
            | StartReply::Refused(_)
            | StartReply::Busy { .. }
            | StartReply::NotConfigured => Some(None),
        }
    }
}

/// A code that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSent {
    /// `VE…`.
    pub sid: String,
    /// On this channel.
    pub channel: Channel,
    /// For this reason.
    pub why: Why,
    /// It is the code that was sent before.
    pub same_code: bool,
    /// Starts that may still be made.
    pub attempts_left: u32,
    /// When the code ceases to live.
    pub expires_at: Millis,
}

/// A code that Twilio did not send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRefused {
    /// Twilio's words, as far as they are kept.
    pub failure: Failure,
    /// What they mean.
    pub kind: RefusedKind,
    /// Whether the start counts.
    pub counted: bool,
    /// Starts that may still be made.
    pub attempts_left: u32,
    /// When the code that lives ceases to, if one does.
    pub expires_at: Option<Millis>,
}

/// [`Refusal`] as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedKind {
    /// A landline, and no call is allowed.
    Landline,
    /// Every channel of the plan is switched off.
    ChannelOff,
    /// Twilio's own limit.
    TooManySends,
    /// A fraud guard or a country's permission.
    Blocked,
    /// No address that can get a code.
    BadAddress,
    /// Our account, service or request.
    Ours,
    /// Anything else.
    Other,
}

impl From<Refusal> for RefusedKind {
    fn from(refusal: Refusal) -> RefusedKind {
        match refusal {
            Refusal::Landline => RefusedKind::Landline,
            Refusal::ChannelOff => RefusedKind::ChannelOff,
            Refusal::TooManySends => RefusedKind::TooManySends,
            Refusal::Blocked => RefusedKind::Blocked,
            Refusal::BadAddress => RefusedKind::BadAddress,
            Refusal::Locale | Refusal::Ours => RefusedKind::Ours,
            Refusal::Other => RefusedKind::Other,
        }
    }
}

impl From<RefusedKind> for Refusal {
    fn from(kind: RefusedKind) -> Refusal {
        match kind {
            RefusedKind::Landline => Refusal::Landline,
            RefusedKind::ChannelOff => Refusal::ChannelOff,
            RefusedKind::TooManySends => Refusal::TooManySends,
            RefusedKind::Blocked => Refusal::Blocked,
            RefusedKind::BadAddress => Refusal::BadAddress,
            RefusedKind::Ours => Refusal::Ours,
            RefusedKind::Other => Refusal::Other,
        }
    }
}

/// Have Twilio judge the code that the person typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckCode {
    /// Whose.
    pub to: Destination,
    /// What they typed.
    #[serde(with = "code::in_transit")]
    pub code: Code,
}

impl Command for CheckCode {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "check-code";
    type Reply = CheckReply;
}

/// What became of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckReply {
    /// Twilio judged it.
    Checked(Checked),
    /// Twilio judged nothing: the code may be right.
    NotJudged(Option<Failure>),
    /// Twilio was too busy.
    Busy {
        /// What `Retry-After` asked for, in seconds.
        retry_after: Option<u32>,
    },
    /// The deployment has no Verify service or no credentials.
    NotConfigured,
}
