//! When to try again. Every wait has jitter, so that messages that failed together do not
//! come back together.

use super::Case;
use crate::messaging::quiet::{self, Hours, Timing};
use crate::messaging::zones::Zone;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// 5, 15 and 45 minutes, each up to a fifth longer; `None` after the third retry.
pub(super) fn transient(case: &Case<'_>) -> Option<i64> {
    stepped(case, &[5 * MINUTE, 15 * MINUTE, 45 * MINUTE])
}

/// The time that a rate code asks for; `None` when it has had its tries.
pub(super) fn rate(case: &Case<'_>) -> Option<i64> {
    let code = case.failure.code;
    match code {
        Some(20429) => after_backoff(case),
        None if case.failure.http_status == Some(429) => after_backoff(case),
        // Daily caps at the carrier end at midnight Pacific, for everybody: spread over a
        // quarter of an hour.
        Some(30023 | 30027) if case.attempt <= 3 => {
            let midnight = Zone::PACIFIC.next_midnight(case.now);
            Some(midnight + MINUTE + below(case.random, 15 * MINUTE))
        }
        Some(30023 | 30027) => None,
        // A one-time code is of no use when it comes late.
        Some(30450 | 30036) if case.one_time_code => None,
        // Pumping protection lifts within half an hour.
        Some(30450) => stepped(case, &[30 * MINUTE]),
        // It waited out its validity: once more, if anything.
        Some(30036) => stepped(case, &[5 * MINUTE]),
        Some(63017) => stepped(case, &[10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE]),
        Some(30022) => stepped(
            case,
            &[MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE],
        ),
        // A queue of ten hours is full: it drains slowly.
        Some(30001 | 21611) => stepped(case, &[15 * MINUTE, 45 * MINUTE, 2 * HOUR, 4 * HOUR]),
        // Limits that roll over 24 hours.
        Some(63018) => stepped(case, &[5 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR]),
        Some(63038) => stepped(case, &[2 * HOUR, 6 * HOUR, 12 * HOUR]),
        _ => stepped(case, &[MINUTE, 5 * MINUTE, 15 * MINUTE]),
    }
}

/// The recipient's next morning, by the hours in force.
pub(super) fn morning(case: &Case<'_>) -> Option<i64> {
    let (address, hours) = case.quiet.unwrap_or(("", Hours::default()));
    let at = match quiet::next_allowed(case.now + MINUTE, address, hours) {
        Timing::At(at) => at,
        // Twilio sees a night that we do not: come back later.
        Timing::Now | Timing::Unknown => case.now + 3 * HOUR,
    };
    (case.attempt <= 3).then(|| at + below(case.random, 5 * MINUTE))
}

/// How long to wait after a 429, in milliseconds, or `None` after the fifth try.
///
/// Full jitter: anything from nothing to 100 ms doubled with each try, 30 s at most. A
/// `Retry-After` is waited out in full, and the jitter comes on top.
pub fn backoff(attempt: u32, retry_after: Option<i64>, random: u64) -> Option<i64> {
    const BASE: i64 = 100;
    const LONGEST: i64 = 30 * SECOND;
    if attempt > 5 {
        return None;
    }
    let doubled = BASE.saturating_mul(1 << attempt.clamp(1, 16));
    let jitter = below(random, doubled.min(LONGEST) + 1);
    // A wait of hours is no throttle: the alarm may as well come within the day.
    let told = retry_after.unwrap_or(0).clamp(0, 24 * HOUR);
    Some(told + jitter)
}

fn after_backoff(case: &Case<'_>) -> Option<i64> {
    let wait = backoff(case.attempt, case.failure.retry_after, case.random)?;
    Some(case.now + wait)
}

/// The step for this attempt, up to a fifth longer; `None` when there are no more.
fn stepped(case: &Case<'_>, steps: &[i64]) -> Option<i64> {
    let at = case.attempt.max(1) as usize - 1;
    let step = steps.get(at).copied()?;
    Some(case.now + step + below(case.random, step / 5 + 1))
}

/// A number from 0 up to `end`, which is not included.
const fn below(random: u64, end: i64) -> i64 {
    if end <= 0 {
        return 0;
    }
    ((random as u128 * end as u128) >> 64) as i64
}
