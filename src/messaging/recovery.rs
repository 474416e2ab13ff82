//! What to do when a message failed: by the class of the error, from the values that are
//! known now.
//!
//! Most failures arrive minutes later in a status callback, so a plan names a moment for a
//! durable alarm; nothing here waits. What must never happen: a second copy of a message that
//! may have been taken, and a retry to someone who said stop.
//!
//! | class | plan |
//! |---|---|
//! | transient | again after 5, 15 and 45 minutes with jitter, then the next of the chain |
//! | rate | again at the code's own time |
//! | permanent | the next of the chain; the address is suppressed on the channel when it repeats |
//! | compliance | stop |
//! | configuration | page; the next of the chain, unless the whole account is affected |
//!
//! Source: Twilio docs, "Error and Warning Dictionary"; Twilio's guidance on 429 (100 ms
//! doubling to 30 s, five tries).

mod schedule;

use serde::{Deserialize, Serialize};

pub use schedule::backoff;

use super::quiet::{self, Hours, Timing};
use crate::twilio::errors::{self, Class};

/// How a send failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failure {
    /// Twilio's code, from the answer or the callback.
    pub code: Option<u32>,
    /// HTTP status of the answer; `None` for a failure told by a callback.
    pub http_status: Option<u16>,
    /// `Retry-After` of the answer, milliseconds.
    pub retry_after: Option<i64>,
    /// No whole answer came (time-out, broken connection, crash): the POST may or may not
    /// have been taken.
    pub no_answer: bool,
    /// A look at Twilio's list has shown that an ambiguous POST was not taken after all, so
    /// that it may be made again.
    pub not_taken: bool,
}

/// What ends the attempts whatever the error says. All times in milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Stops {
    /// An attempt has reached the person after all.
    pub arrived: bool,
    /// The person is opted out on this path.
    pub opted_out: bool,
    /// A newer message with the same `supersede_key` was accepted.
    pub superseded: bool,
    /// When it no longer matters.
    pub give_up_at: Option<i64>,
    /// When the WhatsApp window closes, for a free-form text.
    pub window_closes_at: Option<i64>,
}

impl Stops {
    /// What forbids an attempt at a moment. Asked again when the alarm rings.
    pub fn at(&self, at: i64) -> Option<Reason> {
        if self.arrived {
            Some(Reason::Arrived)
        } else if self.opted_out {
            Some(Reason::OptedOut)
        } else if self.superseded {
            Some(Reason::Superseded)
        } else if self.give_up_at.is_some_and(|end| at >= end) {
            Some(Reason::Expired)
        } else if self.window_closes_at.is_some_and(|end| at >= end) {
            Some(Reason::WindowClosed)
        } else {
            None
        }
    }
}

/// Everything a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// How it failed.
    pub failure: Failure,
    /// Attempts made on this leg of the chain, the failed one included: 1 and up.
    pub attempt: u32,
    /// Earlier permanent failures of this address on this channel, by other messages too.
    pub failed_before: u32,
    /// Whether the message carries a one-time code, which is worthless when late.
    pub one_time_code: bool,
    /// What ends the attempts.
    pub stops: Stops,
    /// Address and hours to keep, for marketing only.
    pub quiet: Option<(&'a str, Hours)>,
    /// Now, milliseconds since the epoch.
    pub now: i64,
    /// 64 random bits.
    pub random: u64,
}

/// The next step of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Step {
    /// Send the same again at this moment, after asking [`Stops::at`] once more.
    Retry {
        /// Milliseconds since the epoch.
        at: i64,
    },
    /// Look for the message in Twilio's list (To, From, time, body) before anything else; if
    /// it cannot be told, the outcome is unknown and the message is not sent again.
    Reconcile,
    /// Send the approved template instead; without one, go on along the chain.
    Template,
    /// Go on to the next sender or channel of the chain; without one, stop.
    Fallback,
    /// Nothing more.
    Stop,
}

/// Why a step was chosen; kept in the message's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A passing fault.
    Transient,
    /// A rate or a cap was exceeded.
    Rate,
    /// It cannot succeed on this leg.
    Permanent,
    /// Something has to be set right by a person.
    Configuration,
    /// The law, a filter or the recipient forbids it.
    Compliance,
    /// The tries of this class are used up.
    Exhausted,
    /// A copy may have arrived, so that another could be a double.
    MayHaveArrived,
    /// It has arrived after all.
    Arrived,
    /// The person is opted out.
    OptedOut,
    /// A newer message replaces it.
    Superseded,
    /// It no longer matters (`give_up_after`).
    Expired,
    /// The WhatsApp window is, or will be, closed.
    WindowClosed,
}

/// A plan for a failed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What comes next.
    #[serde(flatten)]
    pub step: Step,
    /// Why.
    pub reason: Reason,
    /// Do not use this channel for this address any more.
    pub suppress: bool,
    /// Tell a person.
    pub page: bool,
}

/// Makes the plan for a failed message. What an error teaches about consent is
/// [`super::consent::learn`]'s matter and comes first: an opt-out that was just learned
/// belongs into [`Case::stops`].
pub fn plan(case: &Case<'_>) -> Plan {
    let verdict = errors::describe(case.failure.code, case.failure.http_status);
    let mut plan = match case.stops.at(case.now) {
        Some(Reason::WindowClosed) => of(Step::Template, Reason::WindowClosed),
        Some(reason) => of(Step::Stop, reason),
        None if case.failure.not_taken => {
            at_time(case, schedule::transient(case), Reason::Transient)
        }
        None => by_class(case, verdict.class),
    };
    // What a failure teaches outlives the message, so it holds even where the message stops.
    plan.suppress = verdict.known && speaks_of_address(case.failure.code) && case.failed_before > 0;
    plan.page = verdict.class == Class::Configuration || must_be_seen(case.failure.code);
    plan
}

fn by_class(case: &Case<'_>, class: Class) -> Plan {
    if case.failure.is_ambiguous() {
        return of(Step::Reconcile, Reason::MayHaveArrived);
    }
    let code = case.failure.code;
    match class {
        Class::Transient if code == Some(30410) => of(Step::Stop, Reason::MayHaveArrived),
        Class::Transient => at_time(case, schedule::transient(case), Reason::Transient),
        Class::Rate if code == Some(14107) => of(Step::Stop, Reason::Rate),
        Class::Rate => at_time(case, schedule::rate(case), Reason::Rate),
        Class::Permanent if code == Some(63016) => of(Step::Template, Reason::WindowClosed),
        Class::Permanent if code == Some(30009) => of(Step::Stop, Reason::Permanent),
        Class::Permanent => of(Step::Fallback, Reason::Permanent),
        Class::Compliance => match code {
            // Quiet hours: the one refusal that the morning lifts.
            Some(30610) => at_time(case, schedule::morning(case), Reason::Compliance),
            // Withheld by Meta only: another channel is not concerned.
            Some(63049) => of(Step::Fallback, Reason::Compliance),
            _ => of(Step::Stop, Reason::Compliance),
        },
        Class::Configuration => match code {
            Some(10001 | 20003 | 20005 | 30002) => of(Step::Stop, Reason::Configuration),
            _ => of(Step::Fallback, Reason::Configuration),
        },
    }
}

/// A retry at a moment, moved out of quiet hours, unless something ends the attempts first.
fn at_time(case: &Case<'_>, at: Option<i64>, reason: Reason) -> Plan {
    let Some(at) = at else {
        return of(Step::Fallback, Reason::Exhausted);
    };
    let at = match case.quiet {
        Some((address, hours)) => match quiet::next_allowed(at, address, hours) {
            Timing::At(later) => later,
            Timing::Now | Timing::Unknown => at,
        },
        None => at,
    };
    match case.stops.at(at) {
        Some(Reason::WindowClosed) => of(Step::Template, Reason::WindowClosed),
        Some(reason) => of(Step::Fallback, reason),
        None => of(Step::Retry { at }, reason),
    }
}

impl Failure {
    /// Whether the POST may have been taken although it looks failed. A refusal with a code
    /// of Twilio's other than its own faults was certainly not.
    fn is_ambiguous(&self) -> bool {
        let fault = matches!(self.http_status, Some(408 | 500..=599));
        let plain_refusal = self.code.is_some_and(|code| !matches!(code, 20500 | 20503));
        self.no_answer || (fault && !plain_refusal)
    }
}

const fn of(step: Step, reason: Reason) -> Plan {
    Plan {
        step,
        reason,
        suppress: false,
        page: false,
    }
}

/// Codes that say something about the address itself, not about this one message.
fn speaks_of_address(code: Option<u32>) -> bool {
    matches!(
        code,
        Some(21211 | 21214 | 21217 | 21614 | 30005 | 30006 | 60205 | 63003 | 63024 | 63036)
    )
}

/// Codes of other classes that a person has to see: filtering, spam flags, loops.
fn must_be_seen(code: Option<u32>) -> bool {
    matches!(code, Some(14107 | 30007 | 63013 | 63026))
}

#[cfg(test)]
mod tests;
