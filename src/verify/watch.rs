//! The conversion watch: whose codes never come back.
//!
//! A pumper starts verifications to numbers he is paid for and never enters a code. So each
//! prefix (and each client network) is compared with all the others *over the same moments*:
//! of starts as old as these, how many have the others approved by now? A burst in which
//! nobody has approved yet says nothing about anybody, and neither does a Twilio outage; a
//! prefix without approvals while its peers have theirs stands out after some twenty starts.
//!
//! The test: with `expected` approvals by the peers' rates and `approved` found, the
//! probability of so few or fewer is at most `e^-score` with
//! `score = expected - approved + approved * ln(approved / expected)` (Chernoff's bound for
//! a sum of independent trials). A key is blocked when that is below `e^-12` (six in a
//! million) *and* its conversion is below a fifth of its peers': a prefix that converts
//! somewhat worse, however surely, is no fraud.

use serde::{Deserialize, Serialize};

use crate::ports::Millis;
use crate::time::{HOUR, MINUTE, SECOND};

/// Starts are tallied twice: by five seconds, kept for as long as [`fine_since`] needs, ...
pub const FINE: Millis = 5 * SECOND;
/// ... and by five minutes, kept for the longest window.
pub const COARSE: Millis = 5 * MINUTE;
/// How far back the watch looks. The short window sees an honest prefix turn; the long one a
/// pumper who takes his time.
pub const WINDOWS: [Millis; 2] = [30 * MINUTE, 12 * HOUR];
/// Starts younger than this say nothing yet.
const SETTLED: Millis = 15 * SECOND;
/// Ages, from [`SETTLED`] on, within which starts are compared with their peers.
const BANDS: [Millis; 3] = [30 * SECOND, MINUTE, 3 * MINUTE];
/// Starts of peers needed in the oldest band before their rate is believed whatever it is.
const PEERS_NEEDED: u32 = 30;
/// With fewer starts than this no key can have collapsed: even if every start of its peers
/// were approved, fewer would be expected than [`SCORE_NEEDED`] asks for.
pub const LEAST_STARTS: u32 = 12;
/// The rate that is assumed of old starts when there are too few peers.
const ASSUMED_RATE: f64 = 0.3;
/// See the module's comment.
const SCORE_NEEDED: f64 = 12.0;
/// A collapse: below this share of what the peers' rates let expect.
const COLLAPSED: f64 = 0.2;

/// Starts of one stretch of time and how many of them are approved by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The first moment after the stretch.
    pub ends_at: Millis,
    /// Starts.
    pub starts: u32,
    /// Those of them that were approved.
    pub approved: u32,
}

/// The stretch of length `size` that a moment lies in, by its end.
pub fn stretch(at: Millis, size: Millis) -> Millis {
    at.div_euclid(size).saturating_add(1).saturating_mul(size)
}

/// From here on the fine tallies are read, before it the coarse ones: a coarse stretch is
/// read only when all of it belongs to the oldest band.
pub fn fine_since(now: Millis) -> Millis {
    let [.., oldest] = BANDS;
    now.saturating_sub(oldest)
        .div_euclid(COARSE)
        .saturating_mul(COARSE)
}

/// What the tallies say about one key.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Settled starts of the key.
    pub starts: u32,
    /// Approvals among them.
    pub approved: u32,
    /// Approvals that the peers' rates let expect.
    pub expected: f64,
    /// Minus the logarithm of the bound on the probability.
    pub score: f64,
}

impl Evidence {
    /// Whether the key's conversion has collapsed.
    pub fn has_collapsed(&self) -> bool {
        self.score >= SCORE_NEEDED && f64::from(self.approved) < COLLAPSED * self.expected
    }
}

/// Weighs a key's tallies against everybody's (its own included, as they are kept), in each
/// window, and returns the stronger evidence.
pub fn weigh(own: &[Tally], all: &[Tally], now: Millis) -> Evidence {
    let [short, long] = WINDOWS.map(|window| weigh_window(own, all, now, window));
    if short.has_collapsed() { short } else { long }
}

fn weigh_window(own: &[Tally], all: &[Tally], now: Millis, window: Millis) -> Evidence {
    let own = by_age(own, now, window);
    let all = by_age(all, now, window);
    let (mut starts, mut approved, mut expected) = (0, 0, 0.0);
    let last = own.len() - 1;
    for (band, (own, all)) in own.iter().zip(&all).enumerate() {
        let peers = all.starts.saturating_sub(own.starts);
        let theirs = all.approved.saturating_sub(own.approved);
        // Two starts more than there were, both unapproved: few peers prove little.
        let mut rate = f64::from(theirs) / f64::from(peers.saturating_add(2));
        if band == last && peers < PEERS_NEEDED {
            rate = rate.max(ASSUMED_RATE);
        }
        starts += own.starts;
        approved += own.approved;
        expected += rate * f64::from(own.starts);
    }
    let found = f64::from(approved);
    let score = if found >= expected {
        0.0
    } else if approved == 0 {
        expected
    } else {
        expected - found + found * (found / expected).ln()
    };
    Evidence {
        starts,
        approved,
        expected,
        score,
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    starts: u32,
    approved: u32,
}

/// Sums tallies by the age of their youngest start.
fn by_age(tallies: &[Tally], now: Millis, window: Millis) -> [Sum; BANDS.len() + 1] {
    let mut sums = [Sum::default(); BANDS.len() + 1];
    let since = now.saturating_sub(window);
    for tally in tallies.iter().filter(|tally| tally.ends_at > since) {
        let age = now.saturating_sub(tally.ends_at);
        if age < SETTLED {
            continue;
        }
        let band = BANDS.iter().take_while(|bound| age >= **bound).count();
        if let Some(sum) = sums.get_mut(band) {
            sum.starts = sum.starts.saturating_add(tally.starts);
            sum.approved = sum.approved.saturating_add(tally.approved);
        }
    }
    sums
}

#[cfg(test)]
mod tests;
