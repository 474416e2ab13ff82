//! Where a message or a call stands, and which report about it counts.
//!
//! Status callbacks arrive late, twice and out of order. A status only ever moves forward by
//! rank, and one that is terminal is never left (except that a delivered message may still be
//! read). The initial status of a message is never called back.
//!
//! Source: Twilio docs, "Outbound message status in status callbacks"; Twilio's OpenAPI,
//! `message_enum_status` and `call_enum_status`.

use serde::{Deserialize, Serialize};

/// Twilio's message statuses, all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Accepted by a Messaging Service, without a sender as yet.
    Accepted,
    /// Waits for its `SendAt`.
    Scheduled,
    /// Waits in a sender's queue.
    Queued,
    /// On its way to the carrier.
    Sending,
    /// The carrier has it; the last word where a carrier gives no receipts.
    Sent,
    /// Some recipients of a group message have it.
    PartiallyDelivered,
    /// The handset or the channel has it.
    Delivered,
    /// The carrier or the channel could not deliver it.
    Undelivered,
    /// Twilio could not send it.
    Failed,
    /// Cancelled before it was sent.
    Canceled,
    /// The person opened it (WhatsApp and RCS).
    Read,
    /// An inbound message that is still coming in.
    Receiving,
    /// An inbound message.
    Received,
}

impl MessageStatus {
    const NAMES: [(&'static str, Self); 13] = [
        ("accepted", Self::Accepted),
        ("scheduled", Self::Scheduled),
        ("queued", Self::Queued),
        ("sending", Self::Sending),
        ("sent", Self::Sent),
        ("partially_delivered", Self::PartiallyDelivered),
        ("delivered", Self::Delivered),
        ("undelivered", Self::Undelivered),
        ("failed", Self::Failed),
        ("canceled", Self::Canceled),
        ("read", Self::Read),
        ("receiving", Self::Receiving),
        ("received", Self::Received),
    ];

    /// Reads Twilio's name; `None` for a status that is not known.
    pub fn parse(name: &str) -> Option<Self> {
        find(&Self::NAMES, name)
    }

    /// Twilio's name.
    pub fn as_str(self) -> &'static str {
        name(&Self::NAMES, self)
    }

    /// How far the message has come; see [`Self::advance`].
    pub const fn rank(self) -> u8 {
        match self {
            Self::Scheduled | Self::Receiving => 0,
            Self::Accepted => 1,
            Self::Queued => 2,
            Self::Sending => 3,
            Self::Sent => 4,
            Self::PartiallyDelivered => 5,
            Self::Delivered
            | Self::Undelivered
            | Self::Failed
            | Self::Canceled
            | Self::Received => 6,
            Self::Read => 7,
        }
    }

    /// Whether nothing more is expected (a delivered message may still be read).
    pub const fn is_terminal(self) -> bool {
        self.rank() >= Self::Delivered.rank()
    }

    /// Whether the message has reached the person. A late report of this must stop a retry
    /// even when the message's status was terminal and does not change.
    pub const fn has_arrived(self) -> bool {
        matches!(self, Self::Delivered | Self::Read)
    }

    /// Whether the message has failed for good.
    pub const fn has_failed(self) -> bool {
        matches!(self, Self::Undelivered | Self::Failed)
    }

    /// Whether this is the status of a message that was received.
    pub const fn is_inbound(self) -> bool {
        matches!(self, Self::Receiving | Self::Received)
    }

    /// The new status after a report, or `None` when the report is late or repeated (or is
    /// about a message of the other direction) and changes nothing.
    pub const fn advance(self, incoming: Self) -> Option<Self> {
        let allowed = if self.is_terminal() {
            matches!((self, incoming), (Self::Delivered, Self::Read))
        } else {
            self.is_inbound() == incoming.is_inbound() && incoming.rank() > self.rank()
        };
        if allowed { Some(incoming) } else { None }
    }
}

/// Twilio's call statuses, all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    /// Waits to be placed. Webhooks of the `initiated` event say "initiated" for it.
    Queued,
    /// The other phone rings.
    Ringing,
    /// Answered; webhooks of the `answered` event carry this.
    InProgress,
    /// Answered and ended.
    Completed,
    /// The line was busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// Hung up before it was answered.
    Canceled,
    /// Could not be placed.
    Failed,
}

impl CallStatus {
    const NAMES: [(&'static str, Self); 8] = [
        ("queued", Self::Queued),
        ("ringing", Self::Ringing),
        ("in-progress", Self::InProgress),
        ("completed", Self::Completed),
        ("busy", Self::Busy),
        ("no-answer", Self::NoAnswer),
        ("canceled", Self::Canceled),
        ("failed", Self::Failed),
    ];

    /// Reads Twilio's name; "initiated", which webhooks use for a queued call, is
    /// [`Self::Queued`]. `None` for a status that is not known.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "initiated" {
            return Some(Self::Queued);
        }
        find(&Self::NAMES, name)
    }

    /// Twilio's name.
    pub fn as_str(self) -> &'static str {
        name(&Self::NAMES, self)
    }

    /// How far the call has come; see [`Self::advance`].
    pub const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Ringing => 1,
            Self::InProgress => 2,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Canceled | Self::Failed => 3,
        }
    }

    /// Whether the call is over.
    pub const fn is_terminal(self) -> bool {
        self.rank() >= Self::Completed.rank()
    }

    /// The new status after a report, or `None` when the report is late or repeated.
    pub const fn advance(self, incoming: Self) -> Option<Self> {
        if incoming.rank() > self.rank() {
            Some(incoming)
        } else {
            None
        }
    }
}

fn find<T: Copy>(names: &[(&'static str, T)], wanted: &str) -> Option<T> {
    names
        .iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| *value)
}

fn name<T: Copy + PartialEq>(names: &[(&'static str, T)], wanted: T) -> &'static str {
    names
        .iter()
        .find(|(_, value)| *value == wanted)
        .map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::MessageStatus::*;
    use super::*;

    fn all() -> Vec<MessageStatus> {
        MessageStatus::NAMES.map(|(_, status)| status).to_vec()
    }

    fn after(reports: &[MessageStatus]) -> MessageStatus {
        let mut status = reports[0];
        for report in reports {
            status = status.advance(*report).unwrap_or(status);
        }
        status
    }

    #[test]
    fn names_are_twilios_in_storage_and_in_parsing() {
        for (name, status) in MessageStatus::NAMES {
            assert_eq!(
                serde_json::to_string(&status).unwrap(),
                format!("\"{name}\"")
            );
            assert_eq!(MessageStatus::parse(name), Some(status));
            assert_eq!(status.as_str(), name);
        }
        for (name, status) in CallStatus::NAMES {
            assert_eq!(
                serde_json::to_string(&status).unwrap(),
                format!("\"{name}\"")
            );
            assert_eq!(CallStatus::parse(name), Some(status));
            assert_eq!(status.as_str(), name);
        }
        assert_eq!(MessageStatus::parse("lost"), None);
        assert_eq!(MessageStatus::parse("Delivered"), None);
        assert_eq!(CallStatus::parse("initiated"), Some(CallStatus::Queued));
        assert_eq!(CallStatus::parse("answered"), None);
    }

    #[test]
    fn reports_in_the_wrong_order_end_where_the_right_order_ends() {
        assert_eq!(after(&[Queued, Delivered, Sent, Sending]), Delivered);
        assert_eq!(
            after(&[Accepted, Sent, Queued, Sending, Read, Delivered]),
            Read
        );
        assert_eq!(after(&[Scheduled, Accepted, Scheduled]), Accepted);
        assert_eq!(
            after(&[Queued, Undelivered, Sent, Undelivered]),
            Undelivered
        );
    }

    #[test]
    fn a_terminal_status_is_left_only_by_reading_what_was_delivered() {
        assert_eq!(Delivered.advance(Read), Some(Read));
        for from in [Delivered, Undelivered, Failed, Canceled, Read, Received] {
            for to in all() {
                if (from, to) != (Delivered, Read) {
                    assert_eq!(from.advance(to), None, "{from:?} {to:?}");
                }
            }
        }
    }

    #[test]
    fn a_late_delivery_is_seen_even_where_the_status_stays() {
        assert_eq!(Undelivered.advance(Delivered), None);
        assert!(Delivered.has_arrived() && Read.has_arrived());
        assert!(!Sent.has_arrived() && !PartiallyDelivered.has_arrived());
    }

    #[test]
    fn a_message_that_was_sent_is_never_received() {
        assert_eq!(Sent.advance(Received), None);
        assert_eq!(Receiving.advance(Received), Some(Received));
        assert_eq!(Receiving.advance(Delivered), None);
    }

    #[test]
    fn call_reports_only_move_a_call_forward() {
        use CallStatus::{Busy, Canceled, Completed, InProgress, NoAnswer, Queued, Ringing};
        assert_eq!(Queued.advance(InProgress), Some(InProgress));
        assert_eq!(InProgress.advance(Ringing), None);
        assert_eq!(Ringing.advance(Ringing), None);
        assert_eq!(Ringing.advance(NoAnswer), Some(NoAnswer));
        assert_eq!(Completed.advance(Busy), None);
        assert_eq!(Canceled.advance(Completed), None);
    }

    proptest! {
        #[test]
        fn no_sequence_of_reports_lowers_the_rank(reports in proptest::collection::vec(select(all()), 1..12)) {
            let mut status = reports[0];
            for report in &reports {
                let next = status.advance(*report).unwrap_or(status);
                prop_assert!(next.rank() >= status.rank());
                // A repeat of what was just taken changes nothing.
                prop_assert_eq!(next.advance(*report), None);
                status = next;
            }
        }
    }
}
