//! Gaps between Twilio's own lists and our ledger: what a webhook that never came has left.
//!
//! Twilio sends an inbound message's webhook once, and a status callback once. What it did not
//! reach us with stands in its list of messages, which is asked on a schedule. A sweep covers
//! a window of time; the next one begins a little before the last one's end, and a message is
//! only judged when its webhook has had time to come.

use serde::{Deserialize, Serialize};

use crate::messaging::status::MessageStatus;
use crate::ports::Millis;
use crate::time::{HOUR, MINUTE};

/// A webhook has so long to come before its message is called missing.
pub const PATIENCE: Millis = 2 * MINUTE;
/// How much of the last window is looked at again: clocks differ, and lists lag.
const OVERLAP: Millis = 5 * MINUTE;
/// The longest window of one sweep. A longer gap takes several.
const LONGEST: Millis = 6 * HOUR;
/// The first sweep of a deployment looks so far back.
const FIRST: Millis = HOUR;
/// A message that we posted and Twilio does not call final is asked about after so long.
const STUCK: Millis = HOUR;

/// One window of Twilio's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Messages from this moment on...
    pub from: Millis,
    /// ...and before this one.
    pub until: Millis,
}

impl Window {
    /// The next window after one that was swept whole (`None`: none ever was). `None` when
    /// there is nothing new to judge.
    pub fn after(swept_until: Option<Millis>, now: Millis) -> Option<Window> {
        let newest = now.saturating_sub(PATIENCE);
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

    #[test]
    fn windows_follow_each_other_with_an_overlap_and_leave_the_newest_alone() {
        let first = Window::after(None, NOW).unwrap();
        assert_eq!(first.until, NOW - PATIENCE);
        let next = Window::after(Some(first.until), NOW + 5 * MINUTE).unwrap();
        assert!(next.from < first.until && next.until == NOW + 5 * MINUTE - PATIENCE);
        assert_eq!(Window::after(Some(first.until), NOW), None);
    }

    #[test]
    fn a_long_outage_is_swept_piece_by_piece_without_a_hole() {
        let (mut swept, mut pieces) = (NOW, 0);
        let later = NOW + 48 * HOUR;
        while let Some(window) = Window::after(Some(swept), later) {
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
