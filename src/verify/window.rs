//! Sliding windows: at most so many starts in any stretch of so much time.
//!
//! **Invariant.** For every moment `t`, at most `max` starts lie in `(t - window, t]`; and a
//! start is refused only when one more would break that. A start that is given back was never
//! there. No buckets and no averages: the moments themselves are kept, so a limit of 3 lets
//! exactly 3 through, and says to the millisecond when the next one may be made.

use serde::{Deserialize, Serialize};

use crate::ports::Millis;
use crate::time::SECOND;

/// At most [`max`](Limit::max) starts in any stretch of [`window`](Limit::window).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Starts, at least 1.
    pub max: u32,
    /// Milliseconds, at least 1000.
    pub window: Millis,
}

/// Why a text is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be STARTS/SECONDS, such as 3/600, both from 1 to 1000000")]
pub struct LimitError;

/// The largest of either part: far above use, far below overflow.
const LARGEST: u32 = 1_000_000;

impl Limit {
    /// `max` starts per `seconds`.
    pub const fn per_seconds(max: u32, seconds: u32) -> Limit {
        Limit {
            max,
            window: seconds as Millis * SECOND,
        }
    }

    /// Reads `3/600`: three starts in 600 seconds.
    ///
    /// # Errors
    /// [`LimitError`], which says what to write.
    pub fn parse(text: &str) -> Result<Limit, LimitError> {
        let (max, seconds) = text.split_once('/').ok_or(LimitError)?;
        let part = |text: &str| {
            let number = text.trim().parse::<u32>().ok();
            number
                .filter(|number| (1..=LARGEST).contains(number))
                .ok_or(LimitError)
        };
        Ok(Limit::per_seconds(part(max)?, part(seconds)?))
    }

    /// The latest moment that has left the window at `now`: a start made then, or earlier,
    /// counts no more.
    pub fn left_behind(self, now: Millis) -> Millis {
        now.saturating_sub(self.window)
    }

    /// How a window stands that holds `count` starts. `nth` gives the moment of the nth oldest
    /// of them, from 0; it is asked only when the window is full.
    ///
    /// # Errors
    /// What `nth` fails with.
    pub fn judge<E>(
        self,
        count: u32,
        nth: impl FnOnce(u32) -> Result<Option<Millis>, E>,
    ) -> Result<Standing, E> {
        if count < self.max {
            return Ok(Standing::Open {
                left: self.max - count,
            });
        }
        // A limit that was lowered may find more starts than it allows: all of the surplus
        // and one more must leave first.
        let opens_at = nth(count - self.max)?
            .unwrap_or(0)
            .saturating_add(self.window);
        Ok(Standing::Full { opens_at })
    }

    /// How a window stands, given every start that may be in it, in any order.
    pub fn standing(self, starts: impl IntoIterator<Item = Millis>, now: Millis) -> Standing {
        let past = self.left_behind(now);
        let mut inside: Vec<Millis> = starts.into_iter().filter(|at| *at > past).collect();
        inside.sort_unstable();
        let count = u32::try_from(inside.len()).unwrap_or(u32::MAX);
        let nth = |n: u32| Ok(inside.get(n as usize).copied());
        match self.judge::<std::convert::Infallible>(count, nth) {
            Ok(standing) => standing,
            Err(never) => match never {},
        }
    }
}

/// How a window stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// So many starts may be made now, at least one.
    Open {
        /// How many.
        left: u32,
    },
    /// None may be made before this moment.
    Full {
        /// When the next one may be made, if none is made or given back meanwhile.
        opens_at: Millis,
    },
}

impl Standing {
    /// Starts that may be made now.
    pub fn left(self) -> u32 {
        match self {
            Standing::Open { left } => left,
            Standing::Full { .. } => 0,
        }
    }
}

/// Whole seconds from `now` until `at`, rounded up and never 0: a caller who waits as long as
/// `Retry-After` says is never a moment too early.
pub fn seconds_until(at: Millis, now: Millis) -> u64 {
    let wait = u64::try_from(at.saturating_sub(now)).unwrap_or(0);
    wait.div_ceil(SECOND as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_from_its_setting() {
        assert_eq!(
            Limit::parse("3/600"),
            Ok(Limit {
                max: 3,
                window: 600_000
            })
        );
        for wrong in [
            "",
            "3",
            "0/600",
            "3/0",
            "3/x",
            "-1/5",
            "3/600/1",
            "2000000/1",
        ] {
            assert_eq!(Limit::parse(wrong), Err(LimitError), "{wrong}");
        }
    }

    #[test]
    fn a_start_leaves_the_window_exactly_when_it_is_as_old_as_the_window() {
        let limit = Limit::per_seconds(1, 10);
        assert_eq!(
            limit.standing([5], 10_004),
            Standing::Full { opens_at: 10_005 }
        );
        assert_eq!(limit.standing([5], 10_005), Standing::Open { left: 1 });
    }

    #[test]
    fn a_lowered_limit_waits_for_the_surplus_to_leave() {
        let limit = Limit::per_seconds(2, 10);
        let standing = limit.standing([4_000, 1_000, 3_000, 2_000], 5_000);
        assert_eq!(standing, Standing::Full { opens_at: 13_000 });
        assert_eq!(
            limit.standing([4_000, 3_000, 2_000, 1_000], 13_000).left(),
            1
        );
    }

    #[test]
    fn the_wait_is_rounded_up_and_never_zero() {
        assert_eq!([seconds_until(1_001, 0), seconds_until(1_000, 0)], [2, 1]);
        assert_eq!([seconds_until(5, 5), seconds_until(0, 5)], [1, 1]);
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::*;

    /// The moment of a refusal, its promise, and the starts there were.
    type Refused = (Millis, Millis, Vec<Millis>);

    /// Plays attempts at ever later moments; some of those let through are given back later.
    /// Returns what was let through and kept, with each refusal's moment and promise.
    fn play(limit: Limit, steps: &[(Millis, bool)]) -> (Vec<Millis>, Vec<Refused>) {
        let mut now = 0;
        let mut starts: Vec<Millis> = Vec::new();
        let mut refusals = Vec::new();
        for (pause, give_back) in steps {
            now += pause;
            match limit.standing(starts.iter().copied(), now) {
                Standing::Open { left } => {
                    assert!(left >= 1);
                    if !give_back {
                        starts.push(now);
                    }
                }
                Standing::Full { opens_at } => refusals.push((now, opens_at, starts.clone())),
            }
        }
        (starts, refusals)
    }

    fn limits() -> impl Strategy<Value = Limit> {
        (1_u32..6, 1_u32..20).prop_map(|(max, seconds)| Limit::per_seconds(max, seconds))
    }

    fn steps() -> impl Strategy<Value = Vec<(Millis, bool)>> {
        prop::collection::vec((0_i64..8_000, prop::bool::weighted(0.2)), 1..200)
    }

    proptest! {
        #[test]
        fn no_stretch_of_the_window_ever_holds_more_than_the_limit(
            limit in limits(), steps in steps(),
        ) {
            let (kept, _) = play(limit, &steps);
            for last in &kept {
                let inside = kept.iter().filter(|at| **at > last - limit.window && *at <= last);
                prop_assert!(inside.count() <= limit.max as usize);
            }
        }

        #[test]
        fn a_refusal_is_always_right_and_its_promise_exact(limit in limits(), steps in steps()) {
            let (_, refusals) = play(limit, &steps);
            for (now, opens_at, starts) in refusals {
                let inside = starts.iter().filter(|at| **at > now - limit.window).count();
                prop_assert!(inside >= limit.max as usize, "refused with room left");
                prop_assert!(opens_at > now && opens_at <= now + limit.window);
                let at = |moment| limit.standing(starts.iter().copied(), moment).left();
                prop_assert_eq!(at(opens_at - 1), 0);
                prop_assert!(at(opens_at) >= 1);
            }
        }

        #[test]
        fn order_does_not_matter(
            limit in limits(), starts in prop::collection::vec(0_i64..60_000, 0..20),
        ) {
            let mut turned = starts.clone();
            turned.reverse();
            prop_assert_eq!(limit.standing(starts, 60_000), limit.standing(turned, 60_000));
        }
    }
}
