//! Where a campaign stands, and where each of its recipients does.

use serde::{Deserialize, Serialize};

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being put together; recipients may be uploaded.
    Draft,
    /// Sending, or waiting for its pace, a morning or a new day.
    Running,
    /// Stopped for a while, by a caller or by an error that a person has to see to.
    Paused,
    /// Nobody is left to write to.
    Completed,
    /// Stopped for good.
    Canceled,
}

/// What is asked of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Begin.
    Start,
    /// Stop for a while.
    Pause,
    /// Go on.
    Resume,
    /// Stop for good.
    Cancel,
    /// Write again to some of those whom it failed to reach.
    Retry,
    /// Nobody is left.
    Complete,
}

impl Status {
    /// The status after an order; the same one for an order that is already carried out, so
    /// that a caller may repeat it. `None` when it makes no sense.
    pub fn after(self, order: Order) -> Option<Status> {
        use Status::{Canceled, Completed, Draft, Paused, Running};
        match (self, order) {
            (Draft | Running, Order::Start)
            | (Paused | Running, Order::Resume)
            | (Completed | Running, Order::Retry) => Some(Running),
            (Running | Paused, Order::Pause) | (Paused, Order::Retry) => Some(Paused),
            (Draft | Running | Paused | Canceled, Order::Cancel) => Some(Canceled),
            (Completed | Running, Order::Complete) => Some(Completed),
            _ => None,
        }
    }

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Running => "running",
            Status::Paused => "paused",
            Status::Completed => "completed",
            Status::Canceled => "canceled",
        }
    }
}

/// Where one recipient stands. A state that is final is only left by a retry, which begins
/// again with the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// Not written to yet.
    Waiting,
    /// Whether Twilio has the message is being found out.
    Pending,
    /// Nobody can say whether Twilio had it. Never sent again.
    Unknown,
    /// Twilio has it.
    Sent,
    /// It arrived.
    Delivered,
    /// It did not, and will not.
    Failed,
    /// The person has opted out; nothing was sent.
    OptedOut,
    /// The campaign's deadline or its end came first.
    Expired,
}

impl Reached {
    /// All of them, in the order of their numbers.
    pub const ALL: [Reached; 8] = [
        Reached::Waiting,
        Reached::Pending,
        Reached::Unknown,
        Reached::Sent,
        Reached::Delivered,
        Reached::Failed,
        Reached::OptedOut,
        Reached::Expired,
    ];

    /// The number it is stored by.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Reads a number that was stored.
    pub fn of(number: i64) -> Option<Reached> {
        Reached::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Whether it is never left, but for a retry.
    pub fn is_final(self) -> bool {
        self >= Reached::Delivered
    }

    /// Whether a report of `next` counts.
    pub fn gives_way_to(self, next: Reached) -> bool {
        !self.is_final() && next != self && next != Reached::Waiting
    }

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Reached::Waiting => "waiting",
            Reached::Pending => "pending",
            Reached::Unknown => "unknown",
            Reached::Sent => "sent",
            Reached::Delivered => "delivered",
            Reached::Failed => "failed",
            Reached::OptedOut => "opted_out",
            Reached::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_is_carried_out_may_be_repeated() {
        let all = [
            Status::Draft,
            Status::Running,
            Status::Paused,
            Status::Completed,
            Status::Canceled,
        ];
        let orders = [
            Order::Start,
            Order::Pause,
            Order::Resume,
            Order::Cancel,
            Order::Retry,
            Order::Complete,
        ];
        for status in all {
            for order in orders {
                if let Some(after) = status.after(order) {
                    assert_eq!(after.after(order), Some(after), "{status:?} {order:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_over_stays_over() {
        for order in [
            Order::Start,
            Order::Pause,
            Order::Resume,
            Order::Retry,
            Order::Complete,
        ] {
            assert_eq!(Status::Canceled.after(order), None);
        }
        assert_eq!(Status::Completed.after(Order::Start), None);
        assert_eq!(Status::Completed.after(Order::Cancel), None);
        assert_eq!(Status::Completed.after(Order::Retry), Some(Status::Running));
        assert_eq!(Status::Draft.after(Order::Pause), None);
        assert_eq!(Status::Paused.after(Order::Start), None);
    }

    #[test]
    fn a_late_report_never_moves_a_recipient_back() {
        use Reached::{Delivered, Failed, Pending, Sent, Unknown, Waiting};
        assert!(Waiting.gives_way_to(Sent) && Pending.gives_way_to(Unknown));
        // A callback that came before the sender's own report.
        assert!(!Delivered.gives_way_to(Sent) && !Delivered.gives_way_to(Failed));
        // What was unknown may turn up.
        assert!(Unknown.gives_way_to(Sent) && Unknown.gives_way_to(Delivered));
        // A message that failed and is tried again by its contact.
        assert!(Sent.gives_way_to(Pending) && !Sent.gives_way_to(Waiting));
        for (number, reached) in Reached::ALL.into_iter().enumerate() {
            assert_eq!(Reached::of(number as i64), Some(reached));
            assert_eq!(reached.number(), number as i64);
        }
        assert_eq!(Reached::of(8), None);
    }
}
