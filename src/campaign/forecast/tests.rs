use super::*;
use crate::campaign::pace::Daily;
use crate::messaging::quiet::Hours;
use crate::time::{DAY, HOUR, MINUTE, SECOND, parse_rfc3339};

const NEW_YORK: &str = "+12125550100";
const LOS_ANGELES: &str = "+12135550100";

fn at(text: &str) -> Millis {
    parse_rfc3339(text).unwrap()
}

fn tally(people: &[(&str, &str, u64)]) -> Tally {
    let mut tally = Tally::default();
    let mut line = 0;
    for (address, text, times) in people {
        for _ in 0..*times {
            line += 1;
            let group = tally.group(address);
            tally.add(line, group, Size::of(Some(text)), Some(text));
        }
    }
    tally
}

fn forecast(tally: &Tally, change: impl FnOnce(&mut Basis<'_>)) -> Forecast {
    let daily = Daily::default();
    let mut basis = Basis {
        tally,
        opted_out: 0,
        sender_rate: Rate::per_second(10.0),
        plan: Plan {
            now: at("2026-11-24T17:00:00Z"),
            rate: Rate::per_second(10.0),
            daily: &daily,
            used_today: 0,
            hours: None,
        },
        deadline: None,
        prices: None,
    };
    change(&mut basis);
    Forecast::of(&basis)
}

fn breaks(forecast: &Forecast, check: &str) -> bool {
    forecast
        .checks
        .iter()
        .find(|found| found.check == check)
        .unwrap()
        .breaks
}

fn seconds(forecast: &Forecast) -> f64 {
    let end = parse_rfc3339(forecast.finishes_at.as_ref().unwrap()).unwrap();
    (end - at("2026-11-24T17:00:00Z")) as f64 / 1_000.0
}

#[test]
fn segments_are_counted_by_encoding_and_what_forces_ucs2_is_named() {
    let long = "x".repeat(161);
    let tally = tally(&[
        (NEW_YORK, "Hi", 2),
        (NEW_YORK, &long, 1),
        (NEW_YORK, "Café ’s 😀’", 3),
    ]);
    let forecast = forecast(&tally, |_| {});
    assert_eq!(
        (forecast.recipients, forecast.segments, forecast.longest),
        (6, 7, 2)
    );
    assert_eq!(
        forecast.gsm7,
        Count {
            messages: 3,
            segments: 4
        }
    );
    assert_eq!(
        forecast.ucs2,
        Count {
            messages: 3,
            segments: 3
        }
    );
    let because: Vec<_> = forecast
        .ucs2_because
        .iter()
        .map(|b| (b.character, b.messages, b.first_line, b.replacement))
        .collect();
    assert_eq!(because, [('’', 3, 4, Some("'")), ('😀', 3, 4, None)]);
}

#[test]
fn the_end_follows_from_the_pace_within_its_headroom() {
    let tally = tally(&[(NEW_YORK, "Hi", 1_000)]);
    let forecast = forecast(&tally, |_| {});
    assert!(
        (100.0..=102.0).contains(&seconds(&forecast)),
        "{}",
        seconds(&forecast)
    );
    let skipped = forecast_with_opt_outs(&tally);
    assert!(
        (50.0..=51.0).contains(&seconds(&skipped)),
        "{}",
        seconds(&skipped)
    );
}

fn forecast_with_opt_outs(tally: &Tally) -> Forecast {
    let forecast = forecast(tally, |basis| basis.opted_out = 500);
    assert_eq!((forecast.recipients, forecast.opted_out), (1_000, 500));
    forecast
}

#[test]
fn a_pace_above_the_senders_fills_twilios_queue() {
    let tally = tally(&[(NEW_YORK, "Hi", 2_000)]);
    let at_pace = forecast(&tally, |_| {});
    assert!(!breaks(&at_pace, "twilio_queue") && !breaks(&at_pace, "validity_period"));
    let unpaced = forecast(&tally, |basis| {
        basis.plan.rate = None;
        basis.sender_rate = Rate::per_second(0.05);
    });
    assert!(breaks(&unpaced, "twilio_queue") && breaks(&unpaced, "validity_period"));
    assert_eq!(seconds(&unpaced), 0.0);
}

#[test]
fn a_days_cap_sends_the_rest_on_the_next_days() {
    let tally = tally(&[(NEW_YORK, "Hi", 5_000)]);
    let daily = Daily {
        cap: Some(2_000),
        warm_up: None,
    };
    let forecast = forecast(&tally, |basis| {
        basis.plan.daily = Box::leak(Box::new(daily));
        basis.plan.used_today = 500;
    });
    // 1,500 today, 2,000 tomorrow, 1,500 on the day after, which begins at 08:00 UTC.
    assert!(breaks(&forecast, "daily_cap"));
    let end = parse_rfc3339(forecast.finishes_at.as_ref().unwrap()).unwrap();
    let third_day = at("2026-11-26T08:00:00Z");
    assert!(
        end > third_day + 150 * SECOND && end < third_day + 155 * SECOND,
        "{forecast:?}"
    );
}

#[test]
fn the_night_of_each_zone_is_kept() {
    let tally = tally(&[(NEW_YORK, "Hi", 600), (LOS_ANGELES, "Hi", 600)]);
    // 08:30 in New York, 05:30 in Los Angeles, whose day begins at 16:00 UTC.
    let start = at("2026-11-24T13:30:00Z");
    let forecast = forecast(&tally, |basis| {
        basis.plan.now = start;
        basis.plan.hours = Some(Hours::default());
    });
    assert_eq!(forecast.starts_at, "2026-11-24T13:30:00.000Z");
    assert!(breaks(&forecast, "quiet_hours"));
    let detail = &forecast.checks.last().unwrap().detail;
    assert_eq!(detail, "600 messages wait for the recipient's morning.");
    let end = parse_rfc3339(forecast.finishes_at.as_ref().unwrap()).unwrap();
    let morning = at("2026-11-24T16:00:00Z");
    assert!(
        end > morning + MINUTE && end < morning + 62 * SECOND,
        "{forecast:?}"
    );
}

#[test]
fn a_campaign_that_does_not_end_in_the_evening_goes_on_in_the_morning() {
    let tally = tally(&[(NEW_YORK, "Hi", 2_000)]);
    // 20:59 in New York: one minute of the day is left, so 600 go today.
    let forecast = forecast(&tally, |basis| {
        basis.plan.now = at("2026-11-25T01:59:00Z");
        basis.plan.hours = Some(Hours::default());
    });
    assert!(
        !breaks(&forecast, "quiet_hours"),
        "nobody waits at the start"
    );
    let end = parse_rfc3339(forecast.finishes_at.as_ref().unwrap()).unwrap();
    let morning = at("2026-11-25T13:00:00Z");
    assert!(
        end > morning + 138 * SECOND && end < morning + 144 * SECOND,
        "{forecast:?}"
    );
}

#[test]
fn a_deadline_and_an_endless_campaign_are_told() {
    let tally = tally(&[(NEW_YORK, "Hi", 1_000)]);
    let late = forecast(&tally, |basis| {
        basis.deadline = Some(basis.plan.now + MINUTE);
    });
    assert!(breaks(&late, "deadline"));
    let in_time = forecast(&tally, |basis| basis.deadline = Some(basis.plan.now + HOUR));
    assert!(!breaks(&in_time, "deadline"));
    let endless = forecast(&tally, |basis| {
        basis.plan.daily = Box::leak(Box::new(Daily {
            cap: Some(1),
            warm_up: None,
        }));
        basis.deadline = Some(basis.plan.now + 300 * DAY);
    });
    assert_eq!(endless.finishes_at, None);
    assert!(breaks(&endless, "deadline"));
}

#[test]
fn a_price_is_given_only_where_all_of_it_has_one() {
    let tally = tally(&[(NEW_YORK, "Hi", 100), ("+447700900100", "Hi", 50)]);
    let prices = Prices::parse("USD US:0.01 GB:0.04").unwrap();
    let priced = forecast(&tally, |basis| {
        basis.prices = Some(Box::leak(Box::new(prices)));
    });
    assert_eq!(
        priced.price,
        Some(Price {
            currency: "USD".to_owned(),
            amount: 3.0
        })
    );
    let some = Prices::parse("USD US:0.01").unwrap();
    let unpriced = forecast(&tally, |basis| {
        basis.prices = Some(Box::leak(Box::new(some)));
    });
    assert_eq!(unpriced.price, None);
    let names: Vec<_> = unpriced
        .countries
        .iter()
        .map(|c| (c.country.as_deref(), c.messages))
        .collect();
    assert_eq!(names, [(Some("US"), 100), (Some("GB"), 50)]);
}

#[test]
fn nobody_to_write_to_is_over_at_once() {
    let forecast = forecast(&Tally::default(), |_| {});
    assert_eq!(forecast.finishes_at, Some(forecast.starts_at.clone()));
}
