use super::stage::{Stage, US};
use super::*;
use crate::campaign::pace::Daily;
use crate::campaign::state::{Order, Reached, Status};
use crate::messaging::consent::{Scope, Source};
use crate::messaging::quiet::Hours;
use crate::objects::contact::PutConsent;
use crate::objects::id::ContactName;
use crate::objects::testing::run;
use crate::ports::Clock;
use crate::time::{HOUR, MINUTE, SECOND, parse_rfc3339};
use crate::twilio::errors::Class;

fn started(people: usize, rate: f64) -> std::rc::Rc<Stage> {
    let stage = Stage::new(people, |_| {});
    stage.limit(rate, Daily::default());
    assert!(matches!(stage.order(Order::Start), Ordered::Done(_)));
    stage
}

/// Everyone has one message, and nobody two.
fn assert_once_each(stage: &Stage, people: usize) {
    let arrivals = stage.arrivals();
    assert_eq!(arrivals.len(), people, "someone was left out");
    assert!(
        arrivals.values().all(|n| *n == 1),
        "someone has two: {arrivals:?}"
    );
}

#[test]
fn everyone_on_the_list_gets_one_message_of_their_own() {
    let stage = started(250, 1_000.0);
    assert!(stage.live(20));
    assert_once_each(&stage, 250);
    let view = stage.view();
    assert_eq!(
        (view.status, stage.count(Reached::Sent)),
        (Status::Completed, 250)
    );
    assert_eq!(stage.count(Reached::Waiting), 0);
    let taken = &stage.twilio.borrow().taken;
    assert!(
        taken
            .iter()
            .any(|(to, body, _)| to == "+12125550042" && body == "Hi 42")
    );
}

#[test]
fn a_list_names_its_duplicates_and_takes_the_place_of_the_one_before_when_it_is_whole() {
    let stage = Stage::new(3, |_| {});
    assert_eq!(stage.view().report.accepted, 3);
    let Some(Upload::Open { number, .. }) = stage.campaign().begin_upload().unwrap() else {
        panic!()
    };
    // Half a list changes nothing.
    let row = (
        1,
        0,
        "p".to_owned(),
        "+12125550100".to_owned(),
        "{}".to_owned(),
        1,
    );
    let add = AddRecipients {
        number,
        rows: vec![row],
    };
    let body = write("add", &add).unwrap();
    assert_eq!(
        stage.campaign().add_recipients(&body).unwrap(),
        Some(vec![])
    );
    assert_eq!(stage.view().report.accepted, 3);
    let people = [
        "+12125550100",
        "+12125550101",
        "+12125550100",
        "+12125550100",
    ];
    assert_eq!(stage.upload(&people.map(str::to_owned)), [3, 4]);
    assert_eq!(stage.view().report.accepted, 2);
    // The half one is not wanted any more.
    assert_eq!(stage.campaign().add_recipients(&body).unwrap(), None);
}

#[test]
fn the_same_rows_again_are_no_duplicates() {
    let stage = Stage::new(0, |_| {});
    let Some(Upload::Open { number, .. }) = stage.campaign().begin_upload().unwrap() else {
        panic!()
    };
    let row = (
        7,
        0,
        "p".to_owned(),
        "+12125550100".to_owned(),
        "{}".to_owned(),
        1,
    );
    let body = write(
        "add",
        &AddRecipients {
            number,
            rows: vec![row],
        },
    )
    .unwrap();
    for _ in 0..2 {
        assert_eq!(
            stage.campaign().add_recipients(&body).unwrap(),
            Some(vec![])
        );
    }
}

#[test]
fn a_campaign_without_recipients_or_already_over_is_not_started() {
    let stage = Stage::new(0, |_| {});
    assert_eq!(stage.order(Order::Start), Ordered::NoRecipients);
    assert!(matches!(stage.order(Order::Cancel), Ordered::Done(_)));
    assert_eq!(
        stage.order(Order::Start),
        Ordered::Refused(Status::Canceled)
    );
    assert_eq!(
        stage.campaign().begin_upload().unwrap(),
        Some(Upload::Closed(Status::Canceled))
    );
}

#[test]
fn whoever_has_opted_out_is_skipped_by_the_contact_itself() {
    let stage = Stage::new(3, |_| {});
    let name = ContactName::of("+12125550001");
    let host = stage.contact(name.as_str());
    let contact = crate::objects::contact::Contact::open(host).unwrap();
    let stop = PutConsent {
        contact: name.clone(),
        address: "+12125550001".to_owned(),
        opted_out: true,
        scope: Scope::All,
        source: Source::Api,
        at: None,
        reason: "asked".to_owned(),
    };
    run(contact.handle(PutConsent::VERB, &write("stop", &stop).unwrap()))
        .unwrap()
        .unwrap();
    stage.limit(100.0, Daily::default());
    stage.order(Order::Start);
    assert!(stage.live(20));
    assert_eq!(stage.arrivals().len(), 2);
    assert_eq!(
        (stage.count(Reached::OptedOut), stage.count(Reached::Sent)),
        (1, 2)
    );
    assert_eq!(stage.view().status, Status::Completed);
}

#[test]
fn a_pause_stops_before_the_next_message_and_a_resume_goes_on_where_it_was() {
    let stage = started(40, 10.0);
    // The pause comes while the shift runs, with the tenth message.
    let seen = std::rc::Rc::downgrade(&stage);
    let paused = std::cell::Cell::new(false);
    let inner = stage.sender_host.0.peers.borrow().clone().unwrap();
    *stage.sender_host.0.peers.borrow_mut() = Some(std::rc::Rc::new(move |o, n, v, b| {
        let answer = inner(o, n, v, b);
        let stage = seen.upgrade().unwrap();
        if !paused.get() && stage.twilio.borrow().taken.len() == 10 {
            paused.set(true);
            stage.order(Order::Pause);
        }
        answer
    }));
    assert!(stage.live(6));
    assert_eq!(
        (stage.view().status, stage.arrivals().len()),
        (Status::Paused, 10)
    );
    stage.order(Order::Resume);
    assert!(stage.live(20));
    assert_once_each(&stage, 40);
}

#[test]
fn a_cancel_is_for_good_and_the_rest_expires() {
    let stage = started(20, 10.0);
    stage.order(Order::Cancel);
    assert!(stage.live(5));
    assert_eq!(stage.arrivals().len(), 0);
    let rows = stage
        .campaign()
        .results(&ListResults {
            after: 0,
            most: 100,
        })
        .unwrap()
        .unwrap();
    assert!(
        rows.iter()
            .all(|row| row.status == Reached::Expired && row.message.is_none())
    );
    assert_eq!(rows.len(), 20);
}

/// A message that failed for a passing reason, whose contact will try again.
fn with_a_planned_retry() -> std::rc::Rc<Stage> {
    let stage = started(1, 100.0);
    let busy = r#"{"code":21730,"message":"m","status":400}"#.to_owned();
    stage.twilio.borrow_mut().refusals = vec![(400, busy)];
    while stage.count(Reached::Pending) == 0 {
        assert!(stage.live(1));
    }
    stage
}

#[test]
fn a_cancel_wins_over_a_retry_that_was_planned_before_it() {
    let stage = with_a_planned_retry();
    stage.order(Order::Cancel);
    assert!(stage.live(60));
    assert_eq!(stage.arrivals().len(), 0, "no message after the cancel");
    assert_eq!(
        (stage.count(Reached::Pending), stage.count(Reached::Failed)),
        (0, 1)
    );
    // Without the cancel there is one.
    let stage = with_a_planned_retry();
    assert!(stage.live(60));
    assert_once_each(&stage, 1);
}

#[test]
fn a_pause_puts_a_planned_retry_off_until_the_resume() {
    let stage = with_a_planned_retry();
    stage.order(Order::Pause);
    assert!(stage.live(100));
    assert_eq!(stage.arrivals().len(), 0, "no message during the pause");
    stage.order(Order::Resume);
    assert!(stage.live(100));
    assert_once_each(&stage, 1);
    assert_eq!(stage.view().status, Status::Completed);
}

#[test]
fn the_deadline_stops_what_is_left() {
    let stage = Stage::new(100, |definition| {
        definition.deadline = Some(1_795_512_600_000 + 5 * SECOND);
    });
    stage.limit(10.0, Daily::default());
    stage.order(Order::Start);
    assert!(stage.live(20));
    let view = stage.view();
    assert_eq!(
        (view.status, view.reason.as_deref()),
        (Status::Completed, Some("deadline"))
    );
    let sent = stage.arrivals().len();
    assert!((30..=75).contains(&sent), "{sent}");
}

#[test]
fn at_night_nobody_is_written_to_and_in_the_morning_all_are() {
    let stage = Stage::new(10, |definition| {
        definition.quiet_hours = Some(Hours::default());
    });
    // 05:00 in New York.
    let night = parse_rfc3339("2026-11-25T10:00:00Z").unwrap();
    stage.campaign_host.0.now.set(night);
    stage.sender_host.0.now.set(night);
    stage.limit(10.0, Daily::default());
    stage.order(Order::Start);
    assert!(stage.live(1_000));
    assert_once_each(&stage, 10);
    let morning = parse_rfc3339("2026-11-25T13:00:00Z").unwrap();
    assert!(
        stage
            .twilio
            .borrow()
            .taken
            .iter()
            .all(|(_, _, at)| *at >= morning)
    );
}

#[test]
fn an_answer_that_is_lost_is_found_again_in_twilios_list() {
    let stage = started(5, 10.0);
    stage.twilio.borrow_mut().lost = 2;
    assert!(stage.live(200));
    assert_once_each(&stage, 5);
    assert_eq!(stage.view().status, Status::Completed);
    assert_eq!(stage.count(Reached::Sent), 5);
}

#[test]
fn a_full_queue_at_twilio_is_waited_out_with_a_new_message() {
    let stage = started(5, 10.0);
    let full = r#"{"code":21611,"message":"m","status":400}"#.to_owned();
    stage.twilio.borrow_mut().refusals = vec![(400, full)];
    let begin = stage.sender_host.now();
    assert!(stage.live(300));
    assert_once_each(&stage, 5);
    let last = stage
        .twilio
        .borrow()
        .taken
        .iter()
        .map(|(_, _, at)| *at)
        .max()
        .unwrap();
    assert!(last - begin >= 15 * MINUTE, "the sender rested");
    assert_eq!(stage.count(Reached::Sent), 5);
}

#[test]
fn a_sender_that_twilio_refuses_halts_the_campaign_for_a_person_to_see() {
    let stage = started(500, 100.0);
    let refused = r#"{"code":21606,"message":"m","status":400}"#;
    stage.twilio.borrow_mut().refusals = vec![(400, refused.to_owned()); 500];
    assert!(stage.live(30));
    let view = stage.view();
    assert_eq!(view.status, Status::Paused);
    assert_eq!(view.reason.as_deref(), Some("Twilio refuses the sender."));
    assert!(
        stage.count(Reached::Failed) < 150,
        "{}",
        stage.count(Reached::Failed)
    );
}

#[test]
fn failures_are_tried_again_by_class_and_compliance_never() {
    let stage = started(4, 100.0);
    let refuse = |code: u32| {
        (
            400,
            format!(r#"{{"code":{code},"message":"m","status":400}}"#),
        )
    };
    stage.twilio.borrow_mut().refusals = vec![refuse(21610), refuse(21211), refuse(21730)];
    assert!(stage.live(30));
    assert_eq!(stage.view().status, Status::Completed);
    let failed = |class| {
        let view = stage.view();
        let n = view
            .reached
            .iter()
            .find(|(state, known, _)| *state == Reached::Failed && *known == Some(class));
        n.map_or(0, |(_, _, n)| *n)
    };
    assert_eq!(
        [
            failed(Class::Transient),
            failed(Class::Permanent),
            failed(Class::Compliance)
        ],
        // The transient one was tried again by its contact.
        [0, 1, 1]
    );
    let retry = GiveOrder {
        order: Order::Retry,
        classes: vec![Class::Transient, Class::Permanent, Class::Compliance],
    };
    assert!(matches!(
        run(stage.campaign().order(&retry)),
        Some(Ok(Some(Ordered::Done(_))))
    ));
    assert!(stage.live(30));
    assert_eq!(
        [
            failed(Class::Transient),
            failed(Class::Permanent),
            failed(Class::Compliance)
        ],
        [0, 0, 1]
    );
    assert_eq!((stage.arrivals().len(), stage.count(Reached::Sent)), (3, 3));
    assert_eq!(stage.view().status, Status::Completed);
}

#[test]
fn a_callback_before_the_senders_own_report_is_not_undone() {
    let stage = started(1, 10.0);
    let delivered = Outcome {
        line: 1,
        attempt: 0,
        reached: Reached::Delivered,
        code: None,
        class: None,
        sid: Some("SM0".to_owned()),
        again: None,
    };
    run(stage.campaign().report(delivered.clone()))
        .unwrap()
        .unwrap();
    assert!(stage.live(20));
    assert_eq!(
        (stage.count(Reached::Delivered), stage.count(Reached::Sent)),
        (1, 0)
    );
    // A report about another attempt is about another message.
    let other = Outcome {
        attempt: 3,
        reached: Reached::Failed,
        ..delivered
    };
    run(stage.campaign().report(other)).unwrap().unwrap();
    assert_eq!(stage.count(Reached::Failed), 0);
}

#[test]
fn a_complaint_in_a_callback_slows_the_sender_down() {
    let stage = started(2, 10.0);
    assert!(stage.live(20));
    let late = Outcome {
        line: 1,
        attempt: 0,
        reached: Reached::Failed,
        code: Some(30_022),
        class: Some(Class::Rate),
        sid: None,
        again: None,
    };
    run(stage.campaign().report(late)).unwrap().unwrap();
    let log = stage.sender_host.0.log.borrow();
    assert!(
        log.iter()
            .any(|record| record.line().contains("sender.slowed")),
        "{log:?}"
    );
}

/// The sender's process dies at every point of a campaign in turn, again and again.
#[test]
fn a_sender_that_dies_at_any_point_leaves_nobody_out_and_writes_to_nobody_twice() {
    for operations in 1..60 {
        let stage = started(12, 50.0);
        let mut deaths = 0;
        for _ in 0..80 {
            if stage.view().status == Status::Completed {
                break;
            }
            if deaths < 3 {
                stage
                    .sender_host
                    .0
                    .operations_left
                    .set(Some(operations + deaths));
            }
            if !stage.live(1) {
                deaths += 1;
                stage.reopen();
            }
            stage.sender_host.0.operations_left.set(None);
        }
        assert_once_each(&stage, 12);
        assert_eq!(
            stage.view().status,
            Status::Completed,
            "after {operations} operations"
        );
        assert_eq!(
            stage.count(Reached::Sent),
            12,
            "after {operations} operations"
        );
    }
}

/// The contact's process dies at every point of its one message.
#[test]
fn a_contact_that_dies_at_any_point_sends_once_and_its_outcome_is_found_out() {
    for operations in 0..3 {
        let stage = started(2, 10.0);
        let dies = stage.contact(ContactName::of("+12125550000").as_str());
        dies.0.operations_left.set(Some(operations));
        assert!(stage.live(1));
        dies.0.operations_left.set(None);
        assert!(stage.live(300));
        assert_once_each(&stage, 2);
        assert_eq!(stage.count(Reached::Sent), 2, "after {operations}");
        assert_eq!(stage.view().status, Status::Completed);
    }
}

#[test]
fn a_sender_that_was_never_told_is_told_again() {
    let stage = Stage::new(3, |_| {});
    stage.limit(10.0, Daily::default());
    let peers = stage.campaign_host.0.peers.borrow_mut().take();
    stage.order(Order::Start);
    *stage.campaign_host.0.peers.borrow_mut() = peers;
    let begin = stage.campaign_host.now();
    assert!(stage.live(20));
    assert_once_each(&stage, 3);
    assert!(stage.sender_host.now() - begin < HOUR);
}

#[test]
fn results_come_page_by_page_with_what_became_of_each() {
    let stage = started(5, 100.0);
    let wrong = r#"{"code":21211,"message":"m","status":400}"#.to_owned();
    stage.twilio.borrow_mut().refusals = vec![(400, wrong)];
    assert!(stage.live(20));
    let page = |after| {
        stage
            .campaign()
            .results(&ListResults { after, most: 3 })
            .unwrap()
            .unwrap()
    };
    let first = page(0);
    assert_eq!(
        first.iter().map(|row| row.line).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(first[0].code, Some(21_211));
    assert_eq!(
        (first[0].status, first[0].class),
        (Reached::Failed, Some(Class::Permanent))
    );
    assert!(first[1].sid.is_some() && first[1].message.is_some());
    assert_eq!(page(3).len(), 2);
    assert_eq!(page(5).len(), 0);
    assert_eq!(US.len(), 12);
}
