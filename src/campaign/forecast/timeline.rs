//! When a campaign sends: its pace, the caps of its days and the recipients' nights, played
//! through from one change to the next.

use super::tally::Group;
use crate::campaign::pace::{Daily, Day, Rate};
use crate::messaging::quiet::{self, Hours, Timing};
use crate::messaging::zones::Zone;
use crate::ports::Millis;
use crate::time::{DAY, MINUTE};

/// A campaign that is not over by then is said to have no end.
const HORIZON: Millis = 400 * DAY;
/// How finely the end of a day is looked for.
const STEP: Millis = 15 * MINUTE;
/// Less than this many segments is nothing: the sums are floating.
const NOTHING: f64 = 1e-6;

/// How a campaign will be sent.
pub struct Plan<'a> {
    /// When it starts.
    pub now: Millis,
    /// The pace in force; `None` for none.
    pub rate: Option<Rate>,
    /// The sender's caps.
    pub daily: &'a Daily,
    /// Segments that the sender has sent today.
    pub used_today: u64,
    /// Hours to keep, for marketing.
    pub hours: Option<Hours>,
}

/// When a campaign sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeline {
    /// Its first message.
    pub starts_at: Millis,
    /// Its last one.
    pub finishes_at: Option<Millis>,
    /// Days on which the cap is reached.
    pub capped_days: u32,
    /// Messages for whom it is night at the start.
    pub deferred: u64,
}

/// The day that caps are counted by.
pub fn day_of(at: Millis) -> Day {
    Day {
        number: Zone::PACIFIC.local(at).day,
        ends_at: Zone::PACIFIC.next_midnight(at),
    }
}

impl Timeline {
    /// Plays a campaign through. `share` is the share of the segments that is sent.
    pub fn of(plan: &Plan<'_>, groups: &[Group], share: f64) -> Timeline {
        let mut left: Vec<f64> = groups
            .iter()
            .map(|group| group.segments as f64 * share)
            .collect();
        let mut line = Timeline {
            starts_at: plan.now,
            finishes_at: None,
            capped_days: 0,
            deferred: deferred(plan, groups),
        };
        let mut begun = false;
        let mut used = plan.used_today as f64;
        let mut day = day_of(plan.now);
        let mut now = plan.now;
        while now - plan.now < HORIZON {
            if left.iter().all(|left| *left < NOTHING) {
                line.finishes_at = Some(now);
                break;
            }
            if now >= day.ends_at {
                (day, used) = (day_of(now), 0.0);
            }
            let room = plan
                .daily
                .cap_on(day.number)
                .map(|cap| (cap as f64 - used).max(0.0));
            if room.is_some_and(|room| room < 1.0 - NOTHING) {
                line.capped_days += 1;
                now = day.ends_at;
                continue;
            }
            let view = View::at(plan, groups, &left, now);
            if view.open.is_empty() {
                now = view.changes_at.unwrap_or(day.ends_at);
                continue;
            }
            if !begun {
                (begun, line.starts_at) = (true, now);
            }
            let until = view
                .changes_at
                .map_or(day.ends_at, |at| at.min(day.ends_at));
            let sent = drain(&mut left, &view.open, plan.rate, room, until - now);
            used += sent;
            let took = plan.rate.map_or(0, |rate| rate.micros(1)) as f64 * sent / 1_000.0;
            // A pass over an open group that sends nothing would not end.
            now = until.min(now + (took.ceil() as Millis).max(Millis::from(sent < NOTHING)));
        }
        line
    }
}

/// Sends for so long, those whose day ends first before the others; returns the segments.
fn drain(
    left: &mut [f64],
    open: &[(usize, Millis)],
    rate: Option<Rate>,
    room: Option<f64>,
    length: Millis,
) -> f64 {
    let mut most = match rate {
        Some(rate) => length as f64 * 1_000.0 / rate.micros(1) as f64,
        None => f64::INFINITY,
    };
    most = room.map_or(most, |room| room.min(most));
    let mut sent = 0.0;
    for (group, _) in open {
        if let Some(left) = left.get_mut(*group) {
            let now = left.min(most - sent);
            *left -= now;
            sent += now;
        }
    }
    sent
}

/// Who can be written to at a moment.
struct View {
    /// Groups with something left, and when their day ends.
    open: Vec<(usize, Millis)>,
    /// When that changes.
    changes_at: Option<Millis>,
}

impl View {
    fn at(plan: &Plan<'_>, groups: &[Group], left: &[f64], now: Millis) -> View {
        let mut view = View {
            open: Vec::new(),
            changes_at: None,
        };
        for (at, (group, left)) in groups.iter().zip(left).enumerate() {
            if *left < NOTHING {
                continue;
            }
            let change = match plan.hours {
                None => Millis::MAX,
                Some(hours) => match quiet::next_allowed(now, &group.sample, hours) {
                    Timing::At(opens) => opens,
                    Timing::Now => {
                        let ends = day_ends(now, &group.sample, hours);
                        view.open.push((at, ends));
                        ends
                    }
                    Timing::Unknown => {
                        view.open.push((at, Millis::MAX));
                        Millis::MAX
                    }
                },
            };
            if plan.hours.is_none() {
                view.open.push((at, change));
            }
            let sooner = view.changes_at.is_none_or(|known| change < known);
            if change < Millis::MAX && sooner {
                view.changes_at = Some(change);
            }
        }
        view.open.sort_by_key(|(_, ends)| *ends);
        view
    }
}

/// The first moment at which it is night again, within a day.
fn day_ends(now: Millis, address: &str, hours: Hours) -> Millis {
    let is_day = |at| quiet::next_allowed(at, address, hours) == Timing::Now;
    let mut last = now;
    while last < now + DAY && is_day(last + STEP) {
        last += STEP;
    }
    let mut night = last + STEP;
    while night - last > 1 {
        let middle = last + (night - last) / 2;
        if is_day(middle) {
            last = middle;
        } else {
            night = middle;
        }
    }
    night
}

fn deferred(plan: &Plan<'_>, groups: &[Group]) -> u64 {
    let Some(hours) = plan.hours else { return 0 };
    groups
        .iter()
        .filter(|group| {
            matches!(
                quiet::next_allowed(plan.now, &group.sample, hours),
                Timing::At(_)
            )
        })
        .map(|group| group.messages)
        .sum()
}
