//! A token bucket in segments, kept as the moment at which the sender is free again (the
//! generic cell rate algorithm of ITU-T I.371), together with a [`Window`] over the last
//! second.
//!
//! **What the bucket does.** A message of `k` segments occupies the sender for `k/r`, where `r`
//! is the limit less [`HEADROOM`]. Timers fire late; a message that was late by less than the
//! bucket's patience does not move the schedule of those behind it, so that nothing of the pace
//! is lost.
//!
//! **What it guarantees.** In any window of one second there are never more segments than the
//! limit and one message. While the window does not know the last second (a fresh start, or an
//! object that was moved), by the bucket alone: with a patience of [`SLACK`] there lie between
//! the first and the last of `n` messages at least the times of all but the last, less the
//! slack, so those before the last have at most `r · (1 + slack)` segments in a second, and
//! `0.99 · (1 + 1/99) = 1`. From then on by the window, and the patience is [`LATE`].

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ports::Millis;

/// Share of the limit that is left unused, in hundredths.
const HEADROOM: i64 = 1;
/// Microseconds of lateness that are made up for by the bucket alone: 1/99 s.
const SLACK: i64 = 1_000_000 / 99;
/// Microseconds of lateness that are made up for under a window that knows the last second.
/// Who was away for longer was idle, and gets no credit for it.
const LATE: i64 = 250_000;
/// Microseconds of a millisecond.
const MICROS: i64 = 1_000;

/// Segments per second, in thousandths: 0.001 to 100,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    /// A rate; `None` when it is not within 0.001 and 100,000 segments per second.
    pub fn per_second(segments: f64) -> Option<Rate> {
        let thousandths = (segments * 1_000.0).round();
        let within = (1.0..=100_000_000.0).contains(&thousandths);
        within.then_some(Rate(thousandths as u32))
    }

    /// Segments per second.
    pub fn segments_per_second(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// A share of it, in thousandths of the whole; never less than the smallest rate.
    pub fn times(self, share: u32) -> Rate {
        let scaled = u64::from(self.0) * u64::from(share) / 1_000;
        Rate(u32::try_from(scaled).unwrap_or(u32::MAX).max(1))
    }

    /// Microseconds that so many segments occupy a sender, headroom included.
    pub fn micros(self, segments: u64) -> i64 {
        let segments = i128::from(segments) * 1_000 * 1_000_000 * 100;
        let rate = i128::from(self.0) * i128::from(100 - HEADROOM);
        // Rounded up: never above the limit.
        let micros = (segments + rate - 1) / rate;
        i64::try_from(micros).unwrap_or(i64::MAX)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.segments_per_second())
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
        let segments = f64::deserialize(deserializer)?;
        Rate::per_second(segments)
            .ok_or_else(|| D::Error::custom("a rate is 0.001 to 100000 segments per second"))
    }
}

/// When the sender is free, in microseconds since the epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bucket(i64);

impl Bucket {
    /// The first moment at which a message may go.
    pub fn free_at(self) -> Millis {
        self.0.div_euclid(MICROS) + Millis::from(self.0.rem_euclid(MICROS) > 0)
    }

    /// A message goes at a moment, which is not before [`Bucket::free_at`]. `watched`: a window
    /// knows the second before it.
    pub fn take(&mut self, rate: Rate, segments: u32, at: Millis, watched: bool) {
        let at = at.saturating_mul(MICROS);
        let is_late = watched && at.saturating_sub(self.0) <= LATE;
        let begin = match is_late {
            true => self.0,
            false => self.0.max(at.saturating_sub(SLACK)),
        };
        self.0 = begin.saturating_add(rate.micros(segments.max(1).into()));
    }
}
