//! How fast a sender may send, as a value: a token bucket in segments, a cap per day with its
//! warm-up, and a brake that Twilio's own complaints pull.
//!
//! Everything that leaves by one sender asks one [`Pace`]. Two ways to ask:
//! - [`Pace::reserve`], for a single transactional message: it always gets the next free
//!   moment, and everything else moves back.
//! - [`Pace::take`], for a campaign: it gets this moment or is told when to ask again. It
//!   never holds a moment ahead, so a single message waits for one campaign message at most.
//!
//! Only the caps of a day refuse.

mod brake;
mod bucket;
mod daily;
mod window;

use serde::{Deserialize, Serialize};

pub use brake::{Brake, Strike};
pub use bucket::{Bucket, Rate};
pub use daily::{Daily, Day, WarmUp};

use crate::ports::Millis;
use window::Window;

/// What a sender is allowed, from its configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Segments per second; none for a sender without a limit of ours (a Messaging Service
    /// whose pool Twilio paces).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Segments of a day.
    #[serde(default)]
    pub daily: Daily,
}

/// Where a sender stands. Kept; written back after each change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    bucket: Bucket,
    used: daily::Used,
    brake: Brake,
    #[serde(skip)]
    window: Window,
}

/// An answer to someone who wants to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Send at this moment, which is now or lies ahead. It is taken.
    At(Millis),
    /// Nothing is taken. Ask again at this moment.
    Ask(Millis),
}

impl Pace {
    /// The next moment for a message that goes before all campaigns.
    pub fn reserve(&mut self, limits: &Limits, segments: u32, day: Day, now: Millis) -> Turn {
        if !self.used.fits(&limits.daily, segments, day) {
            return Turn::Ask(day.ends_at);
        }
        let at = match self.rate(limits, now) {
            Some(rate) => {
                let at = self.free_at(rate, now);
                self.occupy(rate, segments, at);
                at
            }
            None => now,
        };
        self.used.add(segments, day);
        Turn::At(at)
    }

    /// This moment for a message of a campaign, if it is free.
    pub fn take(&mut self, limits: &Limits, segments: u32, day: Day, now: Millis) -> Turn {
        if let Some(until) = self.brake.held_until(now) {
            return Turn::Ask(until);
        }
        if !self.used.fits(&limits.daily, segments, day) {
            return Turn::Ask(day.ends_at);
        }
        if let Some(rate) = self.rate(limits, now) {
            let free = self.free_at(rate, now);
            if free > now {
                return Turn::Ask(free);
            }
            self.occupy(rate, segments, now);
        }
        self.used.add(segments, day);
        Turn::At(now)
    }

    /// The first free moment from `now` on.
    fn free_at(&mut self, rate: Rate, now: Millis) -> Millis {
        let free = self.bucket.free_at().max(now);
        self.window.opens_at(rate, free)
    }

    fn occupy(&mut self, rate: Rate, segments: u32, at: Millis) {
        let watched = self.window.knows(at);
        self.bucket.take(rate, segments, at, watched);
        self.window.note(at, segments.max(1));
    }

    /// Twilio says that it is too much: slower, after a rest. `None` when the complaint is
    /// about something sent before the last rest began, or is no complaint about pace.
    pub fn strike(
        &mut self,
        code: u32,
        sent_at: Millis,
        day: Day,
        now: Millis,
        random: u64,
    ) -> Option<Strike> {
        self.brake.strike(code, sent_at, day, now, random)
    }

    /// The rate in force: the sender's, lowered by the brake.
    pub fn rate(&self, limits: &Limits, now: Millis) -> Option<Rate> {
        limits.rate.map(|rate| rate.times(self.brake.share(now)))
    }

    /// Until when campaigns rest, if they do.
    pub fn rests_until(&self, now: Millis) -> Option<Millis> {
        self.brake.held_until(now)
    }

    /// Segments sent on this day.
    pub fn used(&self, day: Day) -> u64 {
        self.used.on(day)
    }
}

#[cfg(test)]
mod tests;
