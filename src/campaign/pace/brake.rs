//! What a sender does when Twilio says that it is too fast: it rests, and goes on slower.
//!
//! A complaint often comes in hundreds, minutes later, from messages that were sent before the
//! first one was heard. Those sent before the last rest began are one complaint. Each further
//! one rests longer and halves the pace, down to a sixteenth; every quiet minute gives an
//! eighth of the full pace back.

use serde::{Deserialize, Serialize};

use super::Day;
use crate::ports::Millis;
use crate::time::{HOUR, MINUTE, SECOND};

/// The whole pace, in thousandths.
const WHOLE: u32 = 1_000;
/// The least that a brake leaves.
const LEAST: u32 = WHOLE / 16;
/// Given back after each quiet minute.
const REGAINED: u32 = WHOLE / 8;
/// A complaint after so long a quiet is the first again.
const FORGOTTEN: Millis = 24 * HOUR;

/// How hard the brake is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brake {
    /// Complaints in a row.
    level: u32,
    /// The pace when the rest is over, in thousandths of the whole.
    share: u32,
    /// When the last complaint was heard.
    since: Millis,
    /// The end of the rest.
    until: Millis,
}

impl Default for Brake {
    fn default() -> Brake {
        Brake {
            level: 0,
            share: WHOLE,
            since: 0,
            until: 0,
        }
    }
}

/// A rest that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strike {
    /// Twilio's code.
    pub code: u32,
    /// The end of the rest.
    pub until: Millis,
    /// The pace after it, in thousandths of the whole.
    pub share: u32,
}

impl Brake {
    pub(super) fn strike(
        &mut self,
        code: u32,
        sent_at: Millis,
        day: Day,
        now: Millis,
        random: u64,
    ) -> Option<Strike> {
        let heard_before = self.level > 0 && sent_at <= self.until;
        if heard_before && self.since.saturating_add(FORGOTTEN) > now {
            return None;
        }
        let level = if self.since.saturating_add(FORGOTTEN) > now {
            self.level + 1
        } else {
            1
        };
        let rest = rest(code, level, day, now)?;
        // Up to a fifth longer, so that senders that were stopped together do not go on
        // together.
        let jitter = i64::try_from(random % 200).unwrap_or(0);
        let until = now
            .saturating_add(rest)
            .saturating_add(rest / 1_000 * jitter);
        // A cap of the day says nothing about the pace within it.
        let share = if is_of_day(code) {
            self.share(now)
        } else {
            (self.share(now) / 2).max(LEAST)
        };
        *self = Brake {
            level,
            share,
            since: now,
            until,
        };
        Some(Strike { code, until, share })
    }

    pub(super) fn held_until(&self, now: Millis) -> Option<Millis> {
        (now < self.until).then_some(self.until)
    }

    /// The pace in force, in thousandths of the whole.
    pub(super) fn share(&self, now: Millis) -> u32 {
        let minutes = now.saturating_sub(self.until).max(0) / MINUTE;
        let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
        self.share
            .saturating_add(REGAINED.saturating_mul(minutes))
            .min(WHOLE)
    }
}

fn is_of_day(code: u32) -> bool {
    matches!(code, 30_023 | 30_027)
}

/// How long to rest. `None` for a code that says nothing about the sender's pace.
///
/// Source: Twilio docs, "Error and Warning Dictionary"; a queue of ten hours (30001, 21611)
/// drains slowly, WhatsApp's limits (63018) roll over a day, carriers' daily caps end at
/// midnight Pacific.
fn rest(code: u32, level: u32, day: Day, now: Millis) -> Option<Millis> {
    let steps: &[Millis] = match code {
        20_429 => &[
            SECOND,
            2 * SECOND,
            4 * SECOND,
            8 * SECOND,
            16 * SECOND,
            30 * SECOND,
        ],
        63_017 => &[10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE],
        30_022 => &[MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE],
        30_001 | 21_611 => &[15 * MINUTE, 45 * MINUTE, 2 * HOUR, 4 * HOUR],
        63_018 => &[5 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR],
        63_038 => &[2 * HOUR, 6 * HOUR, 12 * HOUR],
        30_023 | 30_027 => return Some(day.ends_at.saturating_sub(now).saturating_add(MINUTE)),
        _ => return None,
    };
    let at = usize::try_from(level.max(1) - 1).unwrap_or(usize::MAX);
    steps.get(at).or(steps.last()).copied()
}
