//! What the guard can be asked, and what it answers.

use serde::{Deserialize, Serialize};

use crate::objects::{Command, Object};
use crate::ports::Millis;
use crate::verify::channel::Channel;
use crate::verify::funnel::Count;
use crate::verify::guard::Knock;
use crate::verify::verification::Converted;
use crate::verify::watch::Evidence;

/// May a start be made? If so, it counts from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admit {
    /// Who knocks.
    pub knock: Knock,
}

impl Command for Admit {
    const OBJECT: Object = Object::Guard;
    const VERB: &'static str = "admit";
    type Reply = Admitted;
}

/// The guard's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admitted {
    /// It may; this names it.
    Yes {
        /// Opaque; see [`Permit`].
        permit: String,
    },
    /// A limit is reached.
    Limited {
        /// Which.
        by: LimitKind,
        /// When it opens.
        opens_at: Millis,
    },
    /// The prefix or the network is blocked as fraudulent.
    Blocked {
        /// Which.
        by: KeyKind,
        /// Until when.
        until: Millis,
    },
}

/// The guard's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Per client address.
    Ip,
    /// Per number prefix.
    Prefix,
    /// Of the whole account.
    Account,
}

impl LimitKind {
    /// The name in a problem.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitKind::Ip => "ip",
            LimitKind::Prefix => "prefix",
            LimitKind::Account => "account",
        }
    }
}

/// What is watched for its conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// A number prefix.
    Prefix,
    /// A client network.
    Network,
}

/// What a permit holds, so that the guard need not remember it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// Its own.
    pub(super) id: String,
    /// When it was given.
    pub(super) at: Millis,
    /// To whom.
    pub(super) knock: Knock,
}

/// What became of a start that was admitted. Acts once however often it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The start.
    pub permit: String,
    /// What became of it.
    pub fate: Fate,
}

/// What can become of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Twilio took the code.
    Sent(Channel),
    /// It failed for a reason of ours, or the person's own limit stopped it: it never was.
    GivenBack,
}

impl Command for Report {
    const OBJECT: Object = Object::Guard;
    const VERB: &'static str = "report";
    type Reply = ();
}

/// The codes of these starts came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convert {
    /// The starts of one verification.
    pub starts: Vec<Converted>,
}

impl Command for Convert {
    const OBJECT: Object = Object::Guard;
    const VERB: &'static str = "convert";
    type Reply = ();
}

/// The figures since a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Rounded down to the hour.
    pub since: Millis,
}

impl Command for Figures {
    const OBJECT: Object = Object::Guard;
    const VERB: &'static str = "figures";
    type Reply = FiguresReply;
}

/// The figures and the blocks in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FiguresReply {
    /// By channel and country.
    pub counts: Vec<Count>,
    /// Newest first.
    pub blocks: Vec<Block>,
}

/// A prefix or network that is blocked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Which kind.
    pub kind: KeyKind,
    /// The prefix or network itself.
    pub key: String,
    /// Since when.
    pub at: Millis,
    /// Until when.
    pub until: Millis,
    /// What the watch saw.
    pub evidence: Evidence,
    /// The guard only looks on: it would have blocked.
    pub dry_run: bool,
}
