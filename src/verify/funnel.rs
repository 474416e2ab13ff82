//! The funnel: how many codes were started, delivered and approved, by channel and country,
//! and what they cost.
//!
//! Started and approved are counted by us as they happen. Delivered and cost are Twilio's to
//! say, in its list of attempts; they are left out, not guessed, where it has not said.

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::plan::Delivery;
use crate::sorted::SortedMap;
use crate::twilio::api::verify::AttemptResource;

/// What we counted for one channel in one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The channel.
    pub channel: Channel,
    /// ISO 3166-1; empty where there is none (e-mail).
    pub country: String,
    /// Codes that Twilio took to send.
    pub started: u32,
    /// Of these, codes of verifications that were approved.
    pub approved: u32,
}

/// One line of the funnel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The channel.
    pub channel: Channel,
    /// ISO 3166-1; `null` where there is none.
    pub country: Option<String>,
    /// Codes that Twilio took to send.
    pub started: u32,
    /// Sends that Twilio reports as delivered; `null` while it reports none of them.
    pub delivered: Option<u32>,
    /// Sends that Twilio reports as not delivered.
    pub undelivered: Option<u32>,
    /// Starts whose verification was approved.
    pub approved: u32,
    /// `approved / started`; `null` when nothing was started.
    pub conversion: Option<f64>,
    /// What Twilio has priced so far.
    pub cost: Option<Cost>,
}

/// An indication of cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// Sum of the prices known.
    pub amount: f64,
    /// In this currency, lower case.
    pub currency: String,
    /// Sends that have a price by now.
    pub priced: u32,
    /// The sum over the approvals, where there were any.
    pub per_approval: Option<f64>,
}

#[derive(Default)]
struct Told {
    delivered: u32,
    undelivered: u32,
    priced: u32,
    amount: f64,
    currency: String,
}

/// Puts our counts and Twilio's attempts together, by channel, then country.
pub fn lines(counts: &[Count], attempts: &[AttemptResource]) -> Vec<Line> {
    let mut told: SortedMap<(Channel, &str), Told> = SortedMap::new();
    for attempt in attempts {
        let Ok(channel) = Channel::parse(&attempt.channel) else {
            continue;
        };
        let country = attempt.country.as_deref().unwrap_or_default();
        let told = told.or_default((channel, country));
        match Delivery::of(attempt.delivery.as_deref()) {
            Delivery::Reached => told.delivered += 1,
            Delivery::Failed => told.undelivered += 1,
            Delivery::Unknown => {}
        }
        if let Some(price) = attempt.price {
            told.priced += 1;
            told.amount += price;
            told.currency = attempt.currency.clone().unwrap_or_default();
        }
    }
    let mut keys: Vec<(Channel, &str)> = counts
        .iter()
        .map(|count| (count.channel, count.country.as_str()))
        .collect();
    keys.extend(told.keys());
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .map(|key| {
            let ours = counts
                .iter()
                .filter(|c| (c.channel, c.country.as_str()) == key);
            let (started, approved) = ours.fold((0, 0), |(started, approved), count| {
                (started + count.started, approved + count.approved)
            });
            line(key, started, approved, told.get(&key))
        })
        .collect()
}

fn line(
    (channel, country): (Channel, &str),
    started: u32,
    approved: u32,
    told: Option<&Told>,
) -> Line {
    let reported = told.filter(|told| told.delivered + told.undelivered > 0);
    let share = |part: f64, whole: u32| (whole > 0).then(|| part / f64::from(whole));
    Line {
        channel,
        country: Some(country)
            .filter(|country| !country.is_empty())
            .map(str::to_owned),
        started,
        delivered: reported.map(|told| told.delivered),
        undelivered: reported.map(|told| told.undelivered),
        approved,
        conversion: share(f64::from(approved), started),
        cost: told.filter(|told| told.priced > 0).map(|told| Cost {
            amount: told.amount,
            currency: told.currency.clone(),
            priced: told.priced,
            per_approval: share(told.amount, approved),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(channel: &str, delivery: Option<&str>, price: Option<f64>) -> AttemptResource {
        AttemptResource {
            sid: "VL1".to_owned(),
            verification_sid: "VE1".to_owned(),
            created: None,
            channel: channel.to_owned(),
            converted: false,
            delivery: delivery.map(str::to_owned),
            error_code: None,
            country: Some("US".to_owned()),
            price,
            currency: Some("usd".to_owned()),
        }
    }

    fn count(channel: Channel, country: &str, started: u32, approved: u32) -> Count {
        Count {
            channel,
            country: country.to_owned(),
            started,
            approved,
        }
    }

    #[test]
    fn what_twilio_has_not_said_is_null_and_not_zero() {
        let lines = lines(
            &[count(Channel::Sms, "US", 4, 3)],
            &[attempt("sms", None, None)],
        );
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].delivered, &lines[0].cost), (None, &None));
        assert_eq!(lines[0].conversion, Some(0.75));
    }

    #[test]
    fn counts_and_attempts_meet_by_channel_and_country() {
        let counts = [
            count(Channel::Email, "", 1, 0),
            count(Channel::Sms, "US", 2, 1),
            count(Channel::Sms, "US", 2, 1),
        ];
        let attempts = [
            attempt("sms", Some("delivered"), Some(0.01)),
            attempt("sms", Some("undelivered"), Some(0.03)),
            attempt("call", Some("completed"), None),
            attempt("carrier pigeon", Some("delivered"), None),
        ];
        let lines = lines(&counts, &attempts);
        let names: Vec<_> = lines
            .iter()
            .map(|l| (l.channel.as_str(), l.country.as_deref()))
            .collect();
        assert_eq!(
            names,
            [("sms", Some("US")), ("call", Some("US")), ("email", None)]
        );
        assert_eq!((lines[0].started, lines[0].approved), (4, 2));
        assert_eq!(
            (lines[0].delivered, lines[0].undelivered),
            (Some(1), Some(1))
        );
        let cost = lines[0].cost.as_ref().unwrap();
        assert_eq!((cost.priced, cost.per_approval), (2, Some(0.02)));
        assert_eq!((lines[1].started, lines[1].conversion), (0, None));
    }
}
