//! Gaps between Twilio's own lists and what we know: what a webhook that never came has left.
//!
//! Twilio sends an inbound message's webhook once, and a status callback once. What it did not
//! reach us with stands in its lists, which are asked on a schedule. A sweep covers a window of
//! time; the next one begins a little before the last one's end. Each [`Track`] has a lag of
//! its own: nothing is judged before its webhook has had time to come.

use serde::{Deserialize, Serialize};

use crate::messaging::status::MessageStatus;
use crate::ports::Millis;
use crate::time::{HOUR, MINUTE};

/// How much of the last window is looked at again: clocks differ, and lists lag.
const OVERLAP: Millis = 5 * MINUTE;
/// The longest window of one sweep. A longer gap takes several.
const LONGEST: Millis = 6 * HOUR;
/// The first sweep of a deployment looks so far back.
const FIRST: Millis = HOUR;
/// A message that we posted and Twilio does not call final is reported after so long.
const STUCK: Millis = HOUR;

/// One walk through one of Twilio's lists, each at its own distance from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// Messages from people, as soon as their webhook should have come.
    Inbound,
    /// Our messages an hour later, when most have their last status.
    Outbound,
    /// Our messages when they have left Twilio's queue of ten hours (errors 21611, 30001).
    Queue,
    /// Calls, as soon as their webhook should have come.
    Calls,
    /// Calls when they are over: one lasts at most four hours unless told otherwise (Twilio
    /// docs, Calls resource, `TimeLimit`).
    CallsEnded,
}

impl Track {
    /// Every track, in the order in which they are walked.
    pub const ALL: [Track; 5] = [
        Track::Inbound,
        Track::Calls,
        Track::Outbound,
        Track::Queue,
        Track::CallsEnded,
    ];

    /// How far it stays behind now. `patience` is how long a webhook has to come.
    pub fn lag(self, patience: Millis) -> Millis {
        match self {
            Track::Inbound | Track::Calls => patience,
            Track::Outbound => patience.max(HOUR),
            Track::Queue => patience.max(11 * HOUR),
            Track::CallsEnded => patience.max(5 * HOUR),
        }
    }

    /// Whether it walks the list of calls, and not that of messages.
    pub fn is_of_calls(self) -> bool {
        matches!(self, Track::Calls | Track::CallsEnded)
    }

    /// Whether an entry of the list is this track's business, by Twilio's `direction`. A reply
    /// that a webhook's answer made, and a call's second leg, have no journal of their own.
    pub fn wants(self, direction: &str) -> bool {
        match self {
            Track::Inbound => direction == "inbound",
            Track::Outbound | Track::Queue => direction == "outbound-api",
            Track::Calls | Track::CallsEnded => matches!(direction, "inbound" | "outbound-api"),
        }
    }
}

/// One window of Twilio's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Entries from this moment on...
    pub from: Millis,
    /// ...and before this one.
    pub until: Millis,
}

impl Window {
    /// The next window after one that was swept whole (`None`: none ever was), `lag` behind
    /// now. `None` when there is nothing new to judge.
    pub fn after(swept_until: Option<Millis>, now: Millis, lag: Millis) -> Option<Window> {
        let newest = now.saturating_sub(lag);
        let from = match swept_until {
            Some(until) => until.saturating_sub(OVERLAP),
            None => newest.saturating_sub(FIRST),
        };
        let until = newest.min(from.saturating_add(LONGEST));
        (until > swept_until.unwrap_or(Millis::MIN)).then_some(Window { from, until })
    }
}

/// What our ledger knows of a message in Twilio's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    No,
    /// Its status, as we have heard it; none for an inbound message.
    Yes(Option<MessageStatus>),
}

/// What to do about a message in Twilio's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// We have it.
    Nothing,
    /// The person wrote, and we were not told: act as if the webhook came now.
    Replay,
    /// Its status moved on, and we were not told.
    Settle,
    /// Something else sent it, past this gateway.
    Foreign,
    /// Twilio has had it for long and says nothing final: report it.
    Stuck,
    /// The person called, and we were not told: nobody answered as we would have.
    Missed,
}

/// How much of each was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// Messages of people whose webhook never came.
    pub replayed: u64,
    /// Messages and calls whose last status never came.
    pub settled: u64,
    /// Messages that Twilio holds without a last status.
    pub stuck: u64,
    /// Messages and calls that something else than this gateway made.
    pub foreign: u64,
    /// Calls whose webhook never came.
    pub missed: u64,
}

impl Found {
    /// Counts one more.
    pub fn count(&mut self, finding: Finding) {
        match finding {
            Finding::Nothing => {}
            Finding::Replay => self.replayed += 1,
            Finding::Settle => self.settled += 1,
            Finding::Foreign => self.foreign += 1,
            Finding::Stuck => self.stuck += 1,
            Finding::Missed => self.missed += 1,
        }
    }

    /// The sum of two.
    pub fn and(self, other: Found) -> Found {
        Found {
            replayed: self.replayed + other.replayed,
            settled: self.settled + other.settled,
            stuck: self.stuck + other.stuck,
            foreign: self.foreign + other.foreign,
            missed: self.missed + other.missed,
        }
    }

    /// Whether anything was lost on its way to us. What others send is no loss.
    pub fn is_loss(self) -> bool {
        self.replayed + self.settled + self.stuck + self.missed > 0
    }
}

/// Compares a message in Twilio's list with the ledger. `age` is how long ago Twilio made it.
pub fn compare(listed: MessageStatus, known: Known, age: Millis) -> Finding {
    let heard = match known {
        Known::No if listed == MessageStatus::Received => return Finding::Replay,
        // Received before, or still being put together at Twilio.
        _ if listed.is_inbound() => return Finding::Nothing,
        Known::No => return Finding::Foreign,
        Known::Yes(heard) => heard,
    };
    if heard.is_none_or(|heard| heard.advance(listed).is_some()) {
        return Finding::Settle;
    }
    let over = listed.is_terminal() || heard.is_some_and(MessageStatus::is_terminal);
    let planned = listed == MessageStatus::Scheduled;
    if over || planned || age < STUCK {
        Finding::Nothing
    } else {
        Finding::Stuck
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageStatus::{Delivered, Queued, Received, Receiving, Sent, Undelivered};

    const NOW: Millis = 1_795_512_600_000;
    const PATIENCE: Millis = 2 * MINUTE;

    #[test]
    fn windows_follow_each_other_with_an_overlap_and_leave_the_newest_alone() {
        let first = Window::after(None, NOW, PATIENCE).unwrap();
        assert_eq!(first.until, NOW - PATIENCE);
        let next = Window::after(Some(first.until), NOW + 5 * MINUTE, PATIENCE).unwrap();
        assert!(next.from < first.until && next.until == NOW + 5 * MINUTE - PATIENCE);
        assert_eq!(Window::after(Some(first.until), NOW, PATIENCE), None);
    }

    #[test]
    fn each_track_walks_what_is_its_business_at_its_own_distance() {
        for track in Track::ALL {
            assert!(track.lag(PATIENCE) >= PATIENCE, "{track:?}");
            assert!(!track.wants("outbound-reply") && !track.wants("outbound-dial"));
        }
        assert!(Track::Inbound.wants("inbound") && !Track::Inbound.wants("outbound-api"));
        assert!(Track::Queue.wants("outbound-api") && !Track::Queue.wants("inbound"));
        // What left Twilio's queue of ten hours has its last status by then.
        assert!(Track::Queue.lag(PATIENCE) > 10 * HOUR);
    }

    #[test]
    fn a_long_outage_is_swept_piece_by_piece_without_a_hole() {
        let (mut swept, mut pieces) = (NOW, 0);
        let later = NOW + 48 * HOUR;
        while let Some(window) = Window::after(Some(swept), later, PATIENCE) {
            assert!(window.from <= swept && window.until - window.from <= LONGEST);
            (swept, pieces) = (window.until, pieces + 1);
        }
        assert_eq!(swept, later - PATIENCE);
        assert!(pieces < 10);
    }

    #[test]
    fn what_never_reached_us_is_replayed_and_what_moved_on_is_settled() {
        assert_eq!(compare(Received, Known::No, 0), Finding::Replay);
        assert_eq!(compare(Receiving, Known::No, 0), Finding::Nothing);
        assert_eq!(compare(Received, Known::Yes(None), 0), Finding::Nothing);
        assert_eq!(
            compare(Delivered, Known::Yes(Some(Sent)), 0),
            Finding::Settle
        );
        assert_eq!(compare(Undelivered, Known::Yes(None), 0), Finding::Settle);
        assert_eq!(
            compare(Sent, Known::Yes(Some(Delivered)), 2 * HOUR),
            Finding::Nothing
        );
        assert_eq!(compare(Delivered, Known::No, 0), Finding::Foreign);
    }

    #[test]
    fn a_message_that_twilio_holds_for_long_is_reported() {
        assert_eq!(
            compare(Queued, Known::Yes(Some(Queued)), MINUTE),
            Finding::Nothing
        );
        assert_eq!(
            compare(Queued, Known::Yes(Some(Queued)), 2 * HOUR),
            Finding::Stuck
        );
    }
}
