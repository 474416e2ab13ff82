//! Twilio's error codes as data: what each one means, what class of failure it is and the
//! one useful thing to do about it.
//!
//! The classes drive everything that reacts to a failure (retry, suppression, paging), so a
//! code must never be guessed: a code that is not in the table is answered by
//! [`describe`] from its HTTP status alone and is marked as unknown.
//!
//! Source: Twilio docs, "Error and Warning Dictionary" (www.twilio.com/docs/api/errors).

mod table;

use serde::{Deserialize, Serialize};

/// What kind of failure an error is, which decides who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// This message or call to this recipient cannot succeed; another channel may.
    Permanent,
    /// A passing fault: the same request may succeed later.
    Transient,
    /// The account, a sender, a template or our own code has to be put right by a person.
    Configuration,
    /// The law, the recipient or a filter forbids it: never retry, often suppress.
    Compliance,
    /// Too much in too short a time: wait for this code's own time, then go slower.
    Rate,
}

impl Class {
    /// The name used in problems, events and storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::Configuration => "configuration",
            Self::Compliance => "compliance",
            Self::Rate => "rate",
        }
    }
}

/// Where an error shows itself. It matters because a failure that arrives in a status
/// callback is never the answer of the POST that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// In Twilio's answer to a REST request.
    Sync,
    /// In a status callback (or as `error_code` of a later GET), after acceptance.
    Async,
    /// In the account's debugger: Twilio could not use what our webhook answered.
    Webhook,
    /// While a call runs, caused by its TwiML or by its capacity.
    Voice,
    /// About a message that was received, never about one that was sent.
    Inbound,
    /// In the review or registration of a sender, campaign or brand.
    Registration,
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Twilio's code, or the first code of a run that shares one meaning.
    pub code: u32,
    /// The last code of the run; equal to `code` for a single code.
    pub last: u32,
    /// What kind of failure it is.
    pub class: Class,
    /// Where it shows itself.
    pub phase: Phase,
    /// What happened, without a full stop.
    pub meaning: &'static str,
    /// One useful sentence: what to do now.
    pub action: &'static str,
}

/// A verdict on an error answer: from the catalogue when the code is known, else from the
/// HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What kind of failure it is.
    pub class: Class,
    /// What happened.
    pub meaning: &'static str,
    /// What to do now.
    pub action: &'static str,
    /// Whether the code is in the catalogue. Nothing that outlives the message (suppression,
    /// opt-out) may follow from a verdict that is not.
    pub known: bool,
}

/// Finds a code in the catalogue: a code of its own first, then the run it lies in.
pub fn lookup(code: u32) -> Option<&'static Entry> {
    let single = table::CODES
        .binary_search_by_key(&code, |entry| entry.code)
        .ok()
        .and_then(|at| table::CODES.get(at));
    single.or_else(|| {
        let after = table::RUNS.partition_point(|run| run.code <= code);
        let run = table::RUNS.get(after.checked_sub(1)?)?;
        (code <= run.last).then_some(run)
    })
}

/// The whole catalogue, single codes first, each part in ascending order.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    table::CODES.iter().chain(table::RUNS)
}

/// Judges an error by its code, falling back to the HTTP status (`None` for an error that
/// came in a status callback).
pub fn describe(code: Option<u32>, http_status: Option<u16>) -> Verdict {
    match code.and_then(lookup) {
        Some(entry) => Verdict {
            class: entry.class,
            meaning: entry.meaning,
            action: entry.action,
            known: true,
        },
        None => by_status(http_status),
    }
}

/// The class of an error; see [`describe`].
pub fn class_of(code: Option<u32>, http_status: Option<u16>) -> Class {
    describe(code, http_status).class
}

fn by_status(http_status: Option<u16>) -> Verdict {
    let (class, meaning, action) = match http_status {
        Some(429) => (
            Class::Rate,
            "Twilio refused the request because there were too many",
            "Wait for Retry-After or back off with jitter; a 429 was never processed.",
        ),
        Some(401 | 403) => (
            Class::Configuration,
            "Twilio refused the credentials or the permission",
            "Check the key, its region and what the account may do; do not retry.",
        ),
        Some(408 | 500..=599) => (
            Class::Transient,
            "Twilio or the way to it failed",
            "Find out first whether a POST was taken, then try again.",
        ),
        Some(451) => (
            Class::Compliance,
            "Twilio refused the request for a legal reason",
            "Do not send it again.",
        ),
        Some(_) => (
            Class::Permanent,
            "Twilio refused the request",
            "Read Twilio's message; do not retry it unchanged.",
        ),
        None => (
            Class::Permanent,
            "The message failed for a reason that is not in the catalogue",
            "Look the code up in Twilio's error dictionary; it is not retried.",
        ),
    };
    Verdict {
        class,
        meaning,
        action,
        known: false,
    }
}

#[cfg(test)]
mod tests;
