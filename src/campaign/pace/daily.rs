//! Caps of a day: the carrier's for the sender, and the smaller ones of a sender that is
//! being warmed up.

use serde::{Deserialize, Serialize};

use crate::ports::Millis;

/// A day by the clock that resets the caps (US Pacific for 10DLC, which is T-Mobile's rule).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01 on that clock.
    pub number: i64,
    /// When it ends, milliseconds since the epoch.
    pub ends_at: Millis,
}

/// How many segments a day may have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Daily {
    /// Every day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<u64>,
    /// The first days of a new sender: its first day's number and the caps of that day and
    /// those that follow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
}

/// The first days of a new sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// Days since 1970-01-01.
    pub first_day: i64,
    /// Caps of the first day and those that follow.
    pub caps: Vec<u64>,
}

impl Daily {
    /// The cap on a day; `None` for none.
    pub fn cap_on(&self, day: i64) -> Option<u64> {
        let ramp = self.warm_up.as_ref().and_then(|warm_up| {
            // Before its first day a sender is as cold as on it.
            let age = day.saturating_sub(warm_up.first_day).max(0);
            warm_up.caps.get(usize::try_from(age).ok()?).copied()
        });
        match (self.cap, ramp) {
            (Some(cap), Some(ramp)) => Some(cap.min(ramp)),
            (cap, ramp) => cap.or(ramp),
        }
    }
}

/// What was sent on the day that was sent on last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Used {
    day: i64,
    segments: u64,
}

impl Used {
    pub(super) fn on(self, day: Day) -> u64 {
        if self.day == day.number {
            self.segments
        } else {
            0
        }
    }

    pub(super) fn fits(self, daily: &Daily, segments: u32, day: Day) -> bool {
        let after = self.on(day).saturating_add(segments.into());
        daily.cap_on(day.number).is_none_or(|cap| after <= cap)
    }

    pub(super) fn add(&mut self, segments: u32, day: Day) {
        let segments = self.on(day).saturating_add(segments.into());
        *self = Used {
            day: day.number,
            segments,
        };
    }
}
