use proptest::prelude::*;

use super::*;
use crate::messaging::zones::days_from_civil;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn at(month: u8, day: u8, hour: i64, minute: i64) -> i64 {
    ((days_from_civil(2026, month, day) * 24 + hour) * 60 + minute) * MINUTE
}

/// A callback with an error code, at noon, first attempt, no jitter.
fn callback(code: u32) -> Case<'static> {
    Case {
        failure: Failure {
            code: Some(code),
            ..Failure::default()
        },
        attempt: 1,
        failed_before: 0,
        one_time_code: false,
        stops: Stops::default(),
        quiet: None,
        now: at(7, 1, 12, 0),
        random: 0,
    }
}

fn wait(case: &Case<'_>) -> Option<i64> {
    match plan(case).step {
        Step::Retry { at } => Some(at - case.now),
        _ => None,
    }
}

#[test]
fn an_unreachable_handset_is_tried_again_after_5_15_and_45_minutes_and_then_no_more() {
    for code in [30003, 30008] {
        let mut case = callback(code);
        for (attempt, minutes) in [(1, 5), (2, 15), (3, 45)] {
            case.attempt = attempt;
            case.random = 0;
            assert_eq!(wait(&case), Some(minutes * MINUTE));
            case.random = u64::MAX;
            let longest = wait(&case).unwrap();
            assert!(longest > minutes * MINUTE && longest <= minutes * MINUTE * 6 / 5);
        }
        case.attempt = 4;
        let last = plan(&case);
        assert_eq!(
            (last.step, last.reason),
            (Step::Fallback, Reason::Exhausted)
        );
    }
}

#[test]
fn daily_caps_wait_for_midnight_in_the_pacific_zone_in_summer_and_winter() {
    for code in [30023, 30027] {
        let mut case = callback(code);
        case.now = at(7, 1, 12, 0);
        assert_eq!(plan(&case).step, Step::Retry { at: at(7, 2, 7, 1) });
        case.now = at(12, 1, 7, 30);
        assert_eq!(
            plan(&case).step,
            Step::Retry {
                at: at(12, 1, 8, 1)
            }
        );
        // The night in which the clocks go forward, and back.
        case.now = at(3, 8, 9, 0);
        assert_eq!(plan(&case).step, Step::Retry { at: at(3, 9, 7, 1) });
        case.now = at(11, 1, 9, 0);
        assert_eq!(
            plan(&case).step,
            Step::Retry {
                at: at(11, 2, 8, 1)
            }
        );
        case.attempt = 4;
        assert_eq!(plan(&case).step, Step::Fallback);
    }
}

#[test]
fn every_rate_code_has_its_own_time() {
    for (code, shortest) in [
        (30022, MINUTE),
        (30001, 15 * MINUTE),
        (21611, 15 * MINUTE),
        (63018, 5 * MINUTE),
        (63017, 10_000),
        (63038, 2 * HOUR),
        (30450, 30 * MINUTE),
        (30036, 5 * MINUTE),
    ] {
        let case = callback(code);
        assert_eq!(wait(&case), Some(shortest), "{code}");
        assert_eq!(plan(&case).reason, Reason::Rate);
    }
}

#[test]
fn a_one_time_code_is_not_sent_late() {
    for code in [30450, 30036] {
        let mut case = callback(code);
        case.one_time_code = true;
        assert_eq!(plan(&case).step, Step::Fallback, "{code}");
    }
}

#[test]
fn a_429_backs_off_with_full_jitter_and_honours_retry_after() {
    assert_eq!(backoff(1, None, 0), Some(0));
    assert_eq!(backoff(1, None, u64::MAX), Some(200));
    assert_eq!(backoff(3, None, u64::MAX), Some(800));
    assert_eq!(backoff(5, Some(7_000), 0), Some(7_000));
    assert_eq!(backoff(5, Some(7_000), u64::MAX), Some(10_200));
    assert_eq!(backoff(6, None, 0), None);
    assert_eq!(backoff(1, Some(-5), 0), Some(0));
    let mut case = callback(20429);
    case.failure.http_status = Some(429);
    case.failure.retry_after = Some(2_000);
    assert_eq!(wait(&case), Some(2_000));
    // An edge in front of Twilio may answer 429 without a body.
    case.failure.code = None;
    assert_eq!(wait(&case), Some(2_000));
}

#[test]
fn a_post_that_may_have_been_taken_is_never_sent_again_blindly() {
    for (code, http_status, no_answer) in [
        (None, None, true),
        (None, Some(502), false),
        (Some(20500), Some(500), false),
        (Some(20503), Some(503), false),
        (Some(20429), Some(429), true),
    ] {
        let mut case = callback(0);
        case.failure = Failure {
            code,
            http_status,
            retry_after: None,
            no_answer,
            not_taken: false,
        };
        assert_eq!(
            plan(&case).step,
            Step::Reconcile,
            "{code:?} {http_status:?}"
        );
    }
    // Once the list has shown that it was not taken, it is sent again.
    let mut case = callback(0);
    case.failure = Failure {
        no_answer: true,
        not_taken: true,
        ..Failure::default()
    };
    assert_eq!(wait(&case), Some(5 * MINUTE));
    // A refusal in plain words was not taken.
    let mut case = callback(21730);
    case.failure.http_status = Some(503);
    assert!(matches!(plan(&case).step, Step::Retry { .. }));
    // The provider timed out after Twilio handed it over.
    assert_eq!(plan(&callback(30410)).step, Step::Stop);
    assert_eq!(plan(&callback(30410)).reason, Reason::MayHaveArrived);
}

#[test]
fn a_permanent_failure_goes_on_and_suppresses_only_when_it_repeats() {
    let mut case = callback(30005);
    let first = plan(&case);
    assert_eq!((first.step, first.suppress), (Step::Fallback, false));
    case.failed_before = 1;
    assert!(plan(&case).suppress);
    // Too long a text says nothing about the address, an unknown code nothing at all.
    for code in [21617, 11751, 99_999] {
        case.failure.code = Some(code);
        let plan = plan(&case);
        assert_eq!(
            (plan.step, plan.suppress),
            (Step::Fallback, false),
            "{code}"
        );
    }
}

#[test]
fn a_repeat_suppresses_even_where_the_message_itself_stops() {
    let mut case = callback(30005);
    case.failed_before = 1;
    case.stops.superseded = true;
    let plan = plan(&case);
    assert_eq!((plan.step, plan.suppress), (Step::Stop, true));
}

#[test]
fn compliance_never_retries() {
    for code in [21610, 30004, 30007, 30640, 63013, 63014, 63026, 63033] {
        let plan = plan(&callback(code));
        assert_eq!(
            (plan.step, plan.reason),
            (Step::Stop, Reason::Compliance),
            "{code}"
        );
    }
    assert!(plan(&callback(30007)).page);
    assert_eq!(plan(&callback(63049)).step, Step::Fallback);
}

#[test]
fn twilios_quiet_hours_are_waited_out_by_the_recipients_clock() {
    let mut case = callback(30610);
    case.quiet = Some(("+12125550100", Hours::default()));
    // 23:00 in New York.
    case.now = at(7, 2, 3, 0);
    assert_eq!(
        plan(&case).step,
        Step::Retry {
            at: at(7, 2, 12, 0)
        }
    );
}

#[test]
fn configuration_pages_and_goes_on_unless_the_account_is_down() {
    for code in [21703, 63040, 63007, 30034, 21408] {
        let plan = plan(&callback(code));
        assert_eq!((plan.step, plan.page), (Step::Fallback, true), "{code}");
    }
    for code in [20003, 10001, 20005, 30002] {
        let plan = plan(&callback(code));
        assert_eq!((plan.step, plan.page), (Step::Stop, true), "{code}");
    }
}

#[test]
fn a_closed_window_asks_for_the_template() {
    assert_eq!(plan(&callback(63016)).step, Step::Template);
    let mut case = callback(63009);
    case.stops.window_closes_at = Some(case.now + 3 * MINUTE);
    let plan = plan(&case);
    assert_eq!(
        (plan.step, plan.reason),
        (Step::Template, Reason::WindowClosed)
    );
}

#[test]
fn an_inbound_code_never_sends_anything() {
    assert_eq!(plan(&callback(30009)).step, Step::Stop);
}

#[test]
fn every_stop_condition_stops_a_retry() {
    let now = callback(30003).now;
    for (stops, reason) in [
        (
            Stops {
                arrived: true,
                ..Stops::default()
            },
            Reason::Arrived,
        ),
        (
            Stops {
                opted_out: true,
                ..Stops::default()
            },
            Reason::OptedOut,
        ),
        (
            Stops {
                superseded: true,
                ..Stops::default()
            },
            Reason::Superseded,
        ),
        (
            Stops {
                give_up_at: Some(now),
                ..Stops::default()
            },
            Reason::Expired,
        ),
    ] {
        let mut case = callback(30003);
        case.stops = stops;
        let plan = plan(&case);
        assert_eq!((plan.step, plan.reason), (Step::Stop, reason));
        assert_eq!(stops.at(now), Some(reason));
    }
    assert_eq!(Stops::default().at(now), None);
}

#[test]
fn a_retry_that_would_come_too_late_is_not_waited_for() {
    let mut case = callback(30003);
    case.stops.give_up_at = Some(case.now + 4 * MINUTE);
    let plan = plan(&case);
    assert_eq!((plan.step, plan.reason), (Step::Fallback, Reason::Expired));
}

#[test]
fn a_marketing_retry_is_moved_out_of_the_night() {
    let mut case = callback(30003);
    case.quiet = Some(("+12125550100", Hours::default()));
    // 20:58 in New York: five minutes later is past nine.
    case.now = at(7, 2, 0, 58);
    assert_eq!(
        plan(&case).step,
        Step::Retry {
            at: at(7, 2, 12, 0)
        }
    );
    case.quiet = None;
    assert_eq!(plan(&case).step, Step::Retry { at: at(7, 2, 1, 3) });
}

#[test]
fn names_in_storage_stay_what_they_are() {
    let plan = Plan {
        step: Step::Retry { at: 5 },
        reason: Reason::MayHaveArrived,
        suppress: false,
        page: true,
    };
    assert_eq!(
        serde_json::to_string(&plan).unwrap(),
        r#"{"step":"retry","at":5,"reason":"may_have_arrived","suppress":false,"page":true}"#
    );
    assert_eq!(
        serde_json::to_string(&Step::Reconcile).unwrap(),
        r#"{"step":"reconcile"}"#
    );
    assert_eq!(
        serde_json::to_string(&Stops::default()).unwrap(),
        r#"{"arrived":false,"opted_out":false,"superseded":false,"give_up_at":null,"window_closes_at":null}"#
    );
    assert_eq!(
        serde_json::from_str::<Stops>("{}").unwrap(),
        Stops::default()
    );
}

proptest! {
    #[test]
    fn a_retry_is_always_later_than_now_or_now_and_ends_after_a_few(
        code in prop_oneof![Just(0u32), 20_000u32..22_000, 30_000u32..31_000, 63_000u32..63_070],
        attempt in 1u32..20,
        random in any::<u64>(),
    ) {
        let mut case = callback(code);
        case.attempt = attempt;
        case.random = random;
        let planned = plan(&case);
        if let Step::Retry { at } = planned.step {
            prop_assert!(at >= case.now);
            prop_assert!(attempt <= 5);
        }
    }

    #[test]
    fn nobody_who_said_stop_is_ever_written_to(code in 10_000u32..65_000, attempt in 1u32..6) {
        let mut case = callback(code);
        case.attempt = attempt;
        case.stops.opted_out = true;
        prop_assert_eq!(plan(&case).step, Step::Stop);
    }
}
