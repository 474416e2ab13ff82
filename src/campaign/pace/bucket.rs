//! A token bucket in segments, kept as the moment at which the sender is free again (the
//! generic cell rate algorithm of ITU-T I.371).
//!
//! **What it guarantees.** In any window of one second there are never more segments than the
//! limit and one message. Let a message of `k` segments occupy the sender for `k/r`, where `r`
//! is the limit less [`HEADROOM`]; a message may come up to [`SLACK`] before the sender is
//! free. Between the first and the last of `n` messages there then lie at least the times of
//! all but the last, less the slack, so in a window of one second those before the last have
//! at most `r · (1 + slack)` segments, and `0.99 · (1 + 1/99) = 1`.
//!
//! The slack is there for timers that fire late: a message that is late by less is made up
//! for by the next, and the pace over ten seconds stays within the headroom.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ports::Millis;

/// Share of the limit that is left unused, in hundredths.
const HEADROOM: i64 = 1;
/// Microseconds that a message may come early: 1/99 s.
const SLACK: i64 = 1_000_000 / 99;
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
        let early = self.0.saturating_sub(SLACK);
        early.div_euclid(MICROS) + Millis::from(early.rem_euclid(MICROS) > 0)
    }

    /// Takes the first free moment from `now` on.
    pub fn reserve(&mut self, rate: Rate, segments: u32, now: Millis) -> Millis {
        let at = self.free_at().max(now);
        let begin = self.0.max(at.saturating_mul(MICROS));
        self.0 = begin.saturating_add(rate.micros(segments.max(1).into()));
        at
    }
}
