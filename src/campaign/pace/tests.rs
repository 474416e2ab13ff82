use super::*;
use crate::time::{DAY, HOUR, MINUTE, SECOND};

const START: Millis = 1_795_512_600_000;

fn day(now: Millis) -> Day {
    let number = now.div_euclid(DAY);
    Day {
        number,
        ends_at: (number + 1) * DAY,
    }
}

fn limits(rate: f64) -> Limits {
    Limits {
        rate: Rate::per_second(rate),
        daily: Daily::default(),
    }
}

/// A campaign that sends for so long through timers that fire late; returns each message's
/// moment and segments.
fn run(
    rate: f64,
    length: Millis,
    mut segments: impl FnMut() -> u32,
    mut late: impl FnMut(Millis) -> Millis,
) -> Vec<(Millis, u32)> {
    let (limits, mut pace, mut now) = (limits(rate), Pace::default(), START);
    let mut sent = Vec::new();
    let mut next = segments();
    while now < START + length {
        match pace.take(&limits, next, day(now), now) {
            Turn::At(at) => {
                sent.push((at, next));
                next = segments();
            }
            Turn::Ask(at) => {
                assert!(at > now, "asking again at once would spin");
                now = at + late(at);
            }
        }
    }
    sent
}

/// The most segments beyond the limit in any window of one second, and the message that
/// brought them.
fn check_second(sent: &[(Millis, u32)], rate: f64) {
    let mut first = 0;
    for (last, (at, own)) in sent.iter().enumerate() {
        while sent[first].0 <= at - SECOND {
            first += 1;
        }
        let window: u32 = sent[first..=last].iter().map(|(_, k)| k).sum();
        assert!(
            f64::from(window - own) <= rate,
            "{window} segments in a second at {rate}/s"
        );
    }
}

/// Every window of ten seconds has the limit's segments within two per cent, give or take the
/// message at each edge.
fn check_ten_seconds(sent: &[(Millis, u32)], rate: f64, length: Millis) {
    for start in (START..START + length - 10 * SECOND).step_by(100) {
        let inside = sent
            .iter()
            .filter(|(at, _)| (start..start + 10 * SECOND).contains(at));
        let segments: u32 = inside.clone().map(|(_, k)| k).sum();
        let edge = f64::from(inside.map(|(_, k)| *k).max().unwrap_or(1));
        let error = f64::from(segments) - rate * 10.0;
        assert!(
            error <= edge && error >= -0.02 * rate * 10.0 - edge,
            "{segments} segments in ten seconds at {rate}/s"
        );
    }
}

#[test]
fn the_pace_is_the_limit_at_10_80_and_200_segments_a_second() {
    for rate in [1.0, 10.0, 80.0, 200.0] {
        let sent = run(rate, MINUTE, || 1, |_| 1);
        check_second(&sent, rate);
        check_ten_seconds(&sent, rate, MINUTE);
        let (first, last) = (sent[0].0, sent.last().unwrap().0);
        let measured = (sent.len() - 1) as f64 * 1_000.0 / (last - first) as f64;
        let error = measured / rate - 1.0;
        assert!((-0.02..=0.0).contains(&error), "{measured} at {rate}/s");
    }
}

#[test]
fn a_thread_that_stalls_now_and_then_costs_no_pace() {
    for (rate, seed) in [(10.0, 1), (80.0, 2), (200.0, 3), (80.0, 4), (200.0, 5)] {
        // One stall of 20 ms in each half of a second, at some moment of it: what falls due in
        // it goes at its end.
        let late = |due: Millis| {
            let half = due.div_euclid(500);
            let mixed = (half * seed).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
            let begin = half * 500 + mixed.rem_euclid(400);
            match (begin..begin + 20).contains(&due) {
                true => begin + 20 - due,
                false => 1,
            }
        };
        let sent = run(rate, MINUTE, || 1, late);
        check_second(&sent, rate);
        check_ten_seconds(&sent, rate, MINUTE);
    }
}

#[test]
fn a_rate_is_a_number_of_segments_per_second() {
    let rate: Rate = serde_json::from_str("0.5").unwrap();
    assert_eq!(rate, Rate::per_second(0.5).unwrap());
    assert_eq!(serde_json::to_string(&rate).unwrap(), "0.5");
    for wrong in ["0", "-1", "100001", "\"10\"", "null"] {
        assert!(serde_json::from_str::<Rate>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_long_pause_saves_nothing_up() {
    let limits = limits(10.0);
    let mut pace = Pace::default();
    assert_eq!(pace.take(&limits, 1, day(START), START), Turn::At(START));
    let now = START + HOUR;
    let taken = (0..50).filter(|_| matches!(pace.take(&limits, 1, day(now), now), Turn::At(_)));
    assert_eq!(taken.count(), 1);
}

#[test]
fn a_single_message_goes_before_the_campaign_and_is_paced_as_well() {
    let limits = limits(10.0);
    let mut pace = Pace::default();
    assert_eq!(pace.take(&limits, 1, day(START), START), Turn::At(START));
    let Turn::Ask(campaign) = pace.take(&limits, 1, day(START), START) else {
        panic!()
    };
    // Ten singles come at once: each has its own moment, the first the one that the campaign
    // would have had.
    let singles: Vec<Millis> = (0..10)
        .map(|_| match pace.reserve(&limits, 1, day(START), START) {
            Turn::At(at) => at,
            Turn::Ask(_) => panic!(),
        })
        .collect();
    assert_eq!(singles[0], campaign);
    assert!(
        singles.windows(2).all(|pair| pair[1] - pair[0] >= 100),
        "{singles:?}"
    );
    let Turn::Ask(later) = pace.take(&limits, 1, day(campaign), campaign) else {
        panic!()
    };
    assert!(later > singles[9], "the campaign waits for all of them");
}

#[test]
fn a_days_cap_holds_for_all_and_ends_with_the_day() {
    let mut limits = limits(1_000.0);
    limits.daily.cap = Some(3);
    let mut pace = Pace::default();
    let today = day(START);
    assert!(matches!(pace.take(&limits, 2, today, START), Turn::At(_)));
    assert_eq!(
        pace.take(&limits, 2, today, START + SECOND),
        Turn::Ask(today.ends_at)
    );
    assert!(matches!(
        pace.reserve(&limits, 1, today, START + SECOND),
        Turn::At(_)
    ));
    assert_eq!(
        pace.reserve(&limits, 1, today, START + SECOND),
        Turn::Ask(today.ends_at)
    );
    assert_eq!(pace.used(today), 3);
    let tomorrow = day(today.ends_at);
    assert!(matches!(
        pace.take(&limits, 2, tomorrow, today.ends_at),
        Turn::At(_)
    ));
}

#[test]
fn a_new_sender_is_warmed_up_day_by_day() {
    let daily: Daily = serde_json::from_str(
        r#"{"cap": 400, "warm_up": {"first_day": 100, "caps": [50, 200, 800]}}"#,
    )
    .unwrap();
    let caps: Vec<_> = (99..104).map(|day| daily.cap_on(day)).collect();
    assert_eq!(caps, [Some(50), Some(50), Some(200), Some(400), Some(400)]);
    assert_eq!(Daily::default().cap_on(7), None);
}

#[test]
fn a_complaint_rests_and_halves_and_its_echoes_are_not_heard() {
    let limits = limits(80.0);
    let mut pace = Pace::default();
    let first = pace
        .strike(30_022, START - 5 * SECOND, day(START), START, 7)
        .unwrap();
    assert!(first.until >= START + MINUTE && first.until <= START + MINUTE * 6 / 5);
    for echo in 0..500 {
        let sent_at = START - echo * 10;
        assert_eq!(
            pace.strike(30_022, sent_at, day(START), START + echo, 7),
            None
        );
    }
    assert_eq!(
        pace.take(&limits, 1, day(START), START + SECOND),
        Turn::Ask(first.until)
    );
    assert_eq!(pace.rate(&limits, first.until), Rate::per_second(40.0));
    let again = first.until + 10 * SECOND;
    let second = pace
        .strike(30_022, again - SECOND, day(again), again, 7)
        .unwrap();
    assert!(
        second.until >= again + 2 * MINUTE,
        "the second rest is longer"
    );
    assert_eq!(pace.rate(&limits, second.until), Rate::per_second(20.0));
    assert_eq!(
        pace.rate(&limits, second.until + 6 * MINUTE),
        Rate::per_second(80.0)
    );
}

#[test]
fn when_a_rest_ends_those_who_waited_go_one_by_one() {
    let limits = limits(80.0);
    let mut pace = Pace::default();
    let until = pace
        .strike(20_429, START, day(START), START, 9)
        .unwrap()
        .until;
    let mut asked_again: Vec<Millis> = Vec::new();
    for _ in 0..100 {
        match pace.take(&limits, 1, day(until), until) {
            Turn::At(at) => assert!(asked_again.is_empty(), "a second one at {at}"),
            Turn::Ask(at) => asked_again.push(at),
        }
    }
    assert_eq!(asked_again.len(), 99);
    // Half of 80 a second: 25 ms each.
    assert!(
        asked_again.iter().all(|at| *at - until >= 15),
        "{asked_again:?}"
    );
}

#[test]
fn a_single_message_does_not_wait_for_the_rest_of_the_campaigns() {
    let limits = limits(80.0);
    let mut pace = Pace::default();
    pace.strike(63_018, START, day(START), START, 9).unwrap();
    assert_eq!(pace.reserve(&limits, 1, day(START), START), Turn::At(START));
}

#[test]
fn each_code_has_its_own_rest() {
    let rest = |code| {
        let strike = Pace::default().strike(code, START, day(START), START, 0);
        strike.map(|strike| strike.until - START)
    };
    assert_eq!(rest(20_429), Some(SECOND));
    assert_eq!(rest(30_001), Some(15 * MINUTE));
    assert_eq!(rest(21_611), Some(15 * MINUTE));
    assert_eq!(rest(63_018), Some(5 * MINUTE));
    assert_eq!(rest(30_023), Some(day(START).ends_at + MINUTE - START));
    for other in [21_610, 30_003, 30_007, 30_429, 63_016] {
        assert_eq!(rest(other), None, "{other}");
    }
}

#[test]
fn a_daily_cap_of_the_carrier_does_not_slow_the_next_day() {
    let mut pace = Pace::default();
    let strike = pace.strike(30_023, START, day(START), START, 0).unwrap();
    assert_eq!(strike.share, 1_000);
}

#[test]
fn it_is_kept_and_read_back() {
    let mut pace = Pace::default();
    pace.take(&limits(10.0), 1, day(START), START);
    pace.strike(30_022, START, day(START), START, 3);
    let stored = serde_json::to_string(&pace).unwrap();
    let read: Pace = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    assert_ne!(read, Pace::default());
    assert_eq!(serde_json::from_str::<Pace>("{}").unwrap(), Pace::default());
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_second_has_more_than_the_limit_and_one_message(
            rate in prop_oneof![Just(10.0), Just(80.0), Just(200.0), 0.5..400.0_f64],
            seed in any::<u64>(),
            most in 1_u32..8,
            lateness in 0_i64..40,
        ) {
            let mut state = seed | 1;
            let mut random = move |below: u64| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state % below
            };
            let mut other = random;
            let sent = run(
                rate,
                20 * SECOND,
                || 1 + random(most.into()) as u32,
                |_| other(lateness as u64 + 1) as i64,
            );
            check_second(&sent, rate);
        }

        #[test]
        fn timers_that_fire_a_few_milliseconds_late_cost_no_pace(
            rate in prop_oneof![Just(10.0), Just(80.0), Just(200.0)],
            most in 1_u32..5,
            lateness in 0_i64..5,
            seed in 1_u64..,
        ) {
            let mut state = seed;
            let mut random = move |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % below
            };
            let mut other = random;
            let sent = run(
                rate,
                30 * SECOND,
                || 1 + random(most.into()) as u32,
                |_| other(lateness as u64 + 1) as i64,
            );
            check_ten_seconds(&sent, rate, 30 * SECOND);
        }

        #[test]
        fn singles_and_campaigns_together_keep_the_limit(
            arrivals in proptest::collection::vec((0_i64..3_000, 1_u32..4), 0..60),
            rate in prop_oneof![Just(10.0), Just(80.0)],
        ) {
            let (limits, mut pace) = (limits(rate), Pace::default());
            let mut arrivals = arrivals;
            arrivals.sort_unstable();
            let mut sent = Vec::new();
            let mut waiting = arrivals.into_iter().peekable();
            for now in START..START + 6 * SECOND {
                while let Some((_, k)) = waiting.next_if(|(at, _)| START + at <= now) {
                    if let Turn::At(at) = pace.reserve(&limits, k, day(now), now) {
                        sent.push((at, k));
                    }
                }
                if let Turn::At(at) = pace.take(&limits, 2, day(now), now) {
                    sent.push((at, 2));
                }
            }
            sent.sort_unstable();
            check_second(&sent, rate);
        }
    }
}
