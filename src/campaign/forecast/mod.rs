//! What a campaign will do, before it does it.
//!
//! A [`Tally`] is taken while the list is uploaded, in bounded memory; a [`Forecast`] is made
//! from it and from what the sender is allowed. It is a promise about the pace, not about
//! other campaigns of the same sender.

mod tally;
mod timeline;

use serde::Serialize;

pub use tally::{Count, Forcing, Group, Size, Tally};
pub use timeline::{Plan, Timeline, day_of};

use super::pace::Rate;
use super::price::Prices;
use crate::messaging::segments;
use crate::ports::Millis;
use crate::time::rfc3339;

/// Twilio keeps a message in its queue for at most ten hours, which is also the longest and
/// the usual validity period (Twilio docs, errors 21611, 30001 and 30036), in seconds.
pub const TWILIO_QUEUE: f64 = 36_000.0;

/// Everything a forecast is made from.
pub struct Basis<'a> {
    /// The list.
    pub tally: &'a Tally,
    /// Recipients who have opted out, when they were last counted.
    pub opted_out: u64,
    /// What the sender sends at Twilio, without our pace.
    pub sender_rate: Option<Rate>,
    /// How it will be sent.
    pub plan: Plan<'a>,
    /// When it must be over.
    pub deadline: Option<Millis>,
    /// What a segment costs.
    pub prices: Option<&'a Prices>,
}

/// What a campaign will do. The shape of the API's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// People on the list.
    pub recipients: u64,
    /// Of them, people who have opted out and are skipped.
    pub opted_out: u64,
    /// Segments over all messages, opted-out people included.
    pub segments: u64,
    /// Messages and segments in GSM-7.
    pub gsm7: Count,
    /// Messages and segments in UCS-2.
    pub ucs2: Count,
    /// Segments of the longest message.
    pub longest: u32,
    /// What forces UCS-2, the most frequent first.
    pub ucs2_because: Vec<Because>,
    /// Segments per second; absent when nothing limits it.
    pub segments_per_second: Option<f64>,
    /// When the first message goes.
    pub starts_at: String,
    /// When the last one does; absent when it would take over a year.
    pub finishes_at: Option<String>,
    /// What could be broken, and whether it is.
    pub checks: Vec<Check>,
    /// By country, the most messages first.
    pub countries: Vec<Country>,
    /// An indication, when prices are configured for all of it.
    pub price: Option<Price>,
}

/// A character that forces UCS-2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because {
    /// The character.
    pub character: char,
    /// Messages that have it.
    pub messages: u64,
    /// The first line whose message has it.
    pub first_line: u64,
    /// What could stand in its place.
    pub replacement: Option<&'static str>,
}

/// One thing that could be broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `deadline`, `twilio_queue`, `validity_period`, `daily_cap`, `quiet_hours`.
    pub check: &'static str,
    /// Whether it is.
    pub breaks: bool,
    /// In a sentence.
    pub detail: String,
}

/// One country's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Country {
    /// ISO 3166 alpha-2; absent where the address does not tell.
    pub country: Option<String>,
    /// Messages.
    pub messages: u64,
    /// Segments.
    pub segments: u64,
}

/// An amount.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Price {
    /// ISO 4217.
    pub currency: String,
    /// In the currency's unit.
    pub amount: f64,
}

impl Forecast {
    /// Makes a forecast for a start at the plan's moment.
    pub fn of(basis: &Basis<'_>) -> Forecast {
        let tally = basis.tally;
        let share = share_to_send(tally.messages(), basis.opted_out);
        let timeline = Timeline::of(&basis.plan, &tally.groups, share);
        Forecast {
            recipients: tally.messages(),
            opted_out: basis.opted_out,
            segments: tally.gsm7.segments + tally.ucs2.segments,
            gsm7: tally.gsm7,
            ucs2: tally.ucs2,
            longest: tally.longest,
            ucs2_because: because(tally),
            segments_per_second: basis.plan.rate.map(Rate::segments_per_second),
            starts_at: rfc3339(timeline.starts_at),
            finishes_at: timeline.finishes_at.map(rfc3339),
            checks: checks(basis, &timeline, share),
            countries: countries(tally),
            price: price(basis, share),
        }
    }
}

fn share_to_send(messages: u64, opted_out: u64) -> f64 {
    if messages == 0 {
        return 1.0;
    }
    messages.saturating_sub(opted_out) as f64 / messages as f64
}

fn because(tally: &Tally) -> Vec<Because> {
    let mut list: Vec<Because> = tally
        .forcing
        .iter()
        .map(|forcing| Because {
            character: forcing.character,
            messages: forcing.messages,
            first_line: forcing.first_line,
            replacement: segments::suggestion(forcing.character),
        })
        .collect();
    list.sort_by_key(|because| (std::cmp::Reverse(because.messages), because.first_line));
    list
}

fn checks(basis: &Basis<'_>, timeline: &Timeline, share: f64) -> Vec<Check> {
    let segments = (basis.tally.gsm7.segments + basis.tally.ucs2.segments) as f64 * share;
    let mut checks = Vec::new();
    if let Some(deadline) = basis.deadline {
        let breaks = timeline.finishes_at.is_none_or(|end| end > deadline);
        let detail = format!("The deadline is {}.", rfc3339(deadline));
        checks.push(Check {
            check: "deadline",
            breaks,
            detail,
        });
    }
    if let Some(sender) = basis.sender_rate {
        let own = sender.segments_per_second();
        let ours = basis
            .plan
            .rate
            .map_or(f64::INFINITY, Rate::segments_per_second);
        // Twilio's queue grows by what comes faster than the sender sends.
        let waits = if ours > own {
            segments / own - segments / ours
        } else {
            0.0
        };
        for check in ["twilio_queue", "validity_period"] {
            let detail = format!(
                "The last message waits {waits:.0} s in Twilio's queue, which holds 10 hours; \
                 handed over at once it would wait {:.0} s.",
                segments / own
            );
            checks.push(Check {
                check,
                breaks: waits > TWILIO_QUEUE,
                detail,
            });
        }
    }
    let days = timeline.capped_days;
    checks.push(Check {
        check: "daily_cap",
        breaks: days > 0,
        detail: match days {
            0 => "No day's cap is reached.".to_owned(),
            days => format!("The cap is reached on {days} days; the rest waits for the next."),
        },
    });
    checks.push(Check {
        check: "quiet_hours",
        breaks: timeline.deferred > 0,
        detail: match timeline.deferred {
            0 => "Nobody is written to at night.".to_owned(),
            n => format!("{n} messages wait for the recipient's morning."),
        },
    });
    checks
}

fn countries(tally: &Tally) -> Vec<Country> {
    let mut list: Vec<Country> = Vec::new();
    for group in &tally.groups {
        match list.iter_mut().find(|known| known.country == group.country) {
            Some(known) => {
                known.messages += group.messages;
                known.segments += group.segments;
            }
            None => list.push(Country {
                country: group.country.clone(),
                messages: group.messages,
                segments: group.segments,
            }),
        }
    }
    list.sort_by(|a, b| b.messages.cmp(&a.messages).then(a.country.cmp(&b.country)));
    list
}

fn price(basis: &Basis<'_>, share: f64) -> Option<Price> {
    let prices = basis.prices?;
    let mut millionths = 0.0;
    for country in countries(basis.tally) {
        millionths += prices.of(country.country.as_deref())? as f64 * country.segments as f64;
    }
    let amount = (millionths * share / 10_000.0).round() / 100.0;
    Some(Price {
        currency: prices.currency.clone(),
        amount,
    })
}

#[cfg(test)]
mod tests;
