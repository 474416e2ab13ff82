use super::*;
use crate::campaign::pace::{Daily, Turn};
use crate::campaign::state::{Order, Status};
use crate::objects::campaign::stage::{Stage, US};
use crate::objects::testing::{TestHost, run};
use crate::ports::Clock;
use crate::time::SECOND;

fn sender(host: &TestHost) -> Sender<TestHost> {
    Sender::open(host.clone()).unwrap()
}

fn ask<C: Command>(sender: &Sender<TestHost>, command: &C) -> C::Reply {
    let body = write("command", command).unwrap();
    let reply = run(sender.handle(C::VERB, &body)).unwrap().unwrap();
    read("reply", &reply).unwrap()
}

#[test]
fn a_campaign_is_sent_at_the_senders_pace() {
    for rate in [10.0, 80.0, 200.0] {
        let people = rate as usize * 12;
        let stage = Stage::new(people, |_| {});
        stage.limit(rate, Daily::default());
        stage.order(Order::Start);
        assert!(stage.live(40));
        assert_eq!(stage.view().status, Status::Completed);
        let times: Vec<i64> = stage
            .twilio
            .borrow()
            .taken
            .iter()
            .map(|(_, _, at)| *at)
            .collect();
        for (n, at) in times.iter().enumerate() {
            let within = times[..=n].iter().filter(|t| **t > at - SECOND).count();
            assert!(
                within as f64 <= rate + 1.0,
                "{within} in a second at {rate}/s"
            );
        }
        let span = (times[times.len() - 1] - times[0]) as f64 / 1_000.0;
        let measured = (times.len() - 1) as f64 / span;
        assert!(
            (measured / rate - 1.0).abs() <= 0.02,
            "{measured} at {rate}/s"
        );
    }
}

#[test]
fn a_campaigns_own_slower_pace_is_kept() {
    let stage = Stage::new(30, |definition| definition.rate = Rate::per_second(5.0));
    stage.limit(100.0, Daily::default());
    stage.order(Order::Start);
    let begin = stage.sender_host.now();
    assert!(stage.live(40));
    let last = stage
        .twilio
        .borrow()
        .taken
        .iter()
        .map(|(_, _, at)| *at)
        .max()
        .unwrap();
    assert!(last - begin >= 5_800, "{}", last - begin);
}

#[test]
fn a_days_cap_sends_the_rest_after_midnight_pacific() {
    let stage = Stage::new(10, |_| {});
    stage.limit(
        10.0,
        Daily {
            cap: Some(4),
            warm_up: None,
        },
    );
    stage.order(Order::Start);
    let today = day_of(stage.sender_host.now());
    assert!(stage.live(10_000));
    let taken = &stage.twilio.borrow().taken;
    let count = |day: i64| {
        taken
            .iter()
            .filter(|(_, _, at)| day_of(*at).number == day)
            .count()
    };
    assert_eq!(
        [
            count(today.number),
            count(today.number + 1),
            count(today.number + 2)
        ],
        [4, 4, 2]
    );
}

#[test]
fn an_unknown_sender_has_the_limits_of_its_kind() {
    for (address, rate) in [
        (US, Some(1.0)),
        ("+18005550100", Some(3.0)),
        ("72345", Some(100.0)),
        ("whatsapp:+14155238886", Some(80.0)),
        ("MG00000000000000000000000000000001", None),
    ] {
        let sender = sender(&TestHost::configured());
        let view = ask(
            &sender,
            &FetchSender {
                sender: address.to_owned(),
            },
        );
        assert_eq!(
            view.limits.rate,
            rate.and_then(Rate::per_second),
            "{address}"
        );
        assert!(!view.configured);
    }
}

#[test]
fn a_single_message_is_given_the_next_moment_and_its_limits_outlive_a_restart() {
    let host = TestHost::configured();
    let first = sender(&host);
    let reserve = Reserve {
        sender: US.to_owned(),
        segments: 2,
    };
    assert_eq!(ask(&first, &reserve), Turn::At(host.now()));
    let again = sender(&host);
    let Turn::At(at) = ask(&again, &reserve) else {
        panic!()
    };
    assert!(
        (1_990..2_050).contains(&(at - host.now())),
        "{}",
        at - host.now()
    );
    let limits = Limits {
        rate: Rate::per_second(50.0),
        ..Limits::default()
    };
    assert!(
        ask(
            &again,
            &PutLimits {
                limits: limits.clone()
            }
        )
        .configured
    );
    let view = ask(
        &sender(&host),
        &FetchSender {
            sender: US.to_owned(),
        },
    );
    assert_eq!((view.limits, view.configured), (limits, true));
}

#[test]
fn after_its_campaigns_are_over_a_sender_rests() {
    let stage = Stage::new(3, |_| {});
    stage.limit(10.0, Daily::default());
    stage.order(Order::Start);
    assert!(stage.live(40));
    let view = ask(
        &stage.sender(),
        &FetchSender {
            sender: US.to_owned(),
        },
    );
    assert_eq!(view.campaigns, Vec::<String>::new());
    assert_eq!(view.used_today, 3);
}
