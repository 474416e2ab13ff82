//! What few messages meet: the other side of each rule of a message's course.

use serde_json::json;

use super::course_tests::{
    answer_sid, busy, calls, chained, events, fails, leg, ring, sent, stored,
};
use super::message::Delivery;
use super::tests::{PERSON, QUEUED, US, inbound, message, open, report, send};
use super::*;
use crate::messaging::lint::Kind as Purpose;
use crate::messaging::quiet::Hours;
use crate::messaging::recovery::Reason;
use crate::messaging::sender::Channel;
use crate::messaging::status::MessageStatus;
use crate::objects::testing::{TestHost, run};
use crate::ports::Clock as _;
use crate::time::{DAY, HOUR, MINUTE, SECOND};

/// The same words, an hour earlier, by something else of ours: not this message.
#[test]
fn an_older_message_of_the_same_text_is_not_taken_for_this_one() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.no_answer();
    let id = message(sent(&contact, send("k"))).id;
    let before = chrono::DateTime::from_timestamp_millis(host.now() - HOUR).unwrap();
    let list = json!({"messages": [{
        "sid": "SMold", "status": "delivered", "to": PERSON, "from": US,
        "body": "Your order is on its way.", "date_created": before.to_rfc2822(),
    }]});
    for _ in 0..2 {
        host.answer(200, &list.to_string());
    }
    host.answer(201, QUEUED);
    ring(&host, &contact);
    ring(&host, &contact);
    assert_eq!(stored(&contact, &id).sid.as_deref(), Some("SM1"));
    assert_eq!(host.posts(), 2);
}

#[test]
fn a_call_of_which_nothing_is_heard_is_unknown_and_so_is_the_message_that_it_speaks() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(400, r#"{"code":21614,"message":"m","status":400}"#);
    let legs = vec![leg(Channel::Voice, PERSON, Some(US))];
    let id = message(sent(&contact, chained("k", legs))).id;
    host.no_answer();
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(stored(&contact, &id).status_name(), "queued");
    host.advance(DAY);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(calls(&contact)[0].status_name(), "unknown");
    assert_eq!(stored(&contact, &id).status_name(), "unknown");
    let told = events(&host, &contact);
    assert_eq!(told.last().unwrap().1["status"], "unknown");
    assert_eq!(host.posts(), 2, "and it is not placed again");
}

/// The process dies before the call's POST and before its answer: one call at most.
#[test]
fn a_crash_while_a_text_is_handed_to_the_phone_calls_once() {
    for operations in 0..2 {
        let host = TestHost::configured();
        host.answer(400, r#"{"code":21614,"message":"m","status":400}"#);
        let legs = vec![leg(Channel::Voice, PERSON, Some(US))];
        let id = message(sent(&open(&host), chained("k", legs))).id;
        run(open(&host).flush()).unwrap().unwrap();
        host.answer(201, r#"{"sid":"CA1","status":"queued"}"#);
        host.0.operations_left.set(Some(operations));
        assert!(run(open(&host).alarm()).is_none(), "the process died");
        host.0.operations_left.set(None);
        for _ in 0..4 {
            host.advance(HOUR);
            run(open(&host).alarm()).unwrap().unwrap();
        }
        let placed = host.0.requests.borrow();
        let placed = placed.iter().filter(|r| r.url.ends_with("/Calls.json"));
        assert_eq!(placed.count(), operations as usize);
        assert_eq!(calls(&open(&host)).len(), 1);
        assert_eq!(stored(&open(&host), &id).status_name(), "unknown");
        if operations == 1 {
            let call = calls(&open(&host)).remove(0).id;
            open(&host).report_call(&busy(&call)).unwrap();
            let over = stored(&open(&host), &id);
            assert_eq!(over.status_name(), "undelivered", "a callback knows better");
        }
    }
}

#[test]
fn a_failure_after_a_stop_plans_nothing() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    contact.receive(inbound("SMa", "STOP")).unwrap();
    fails(&contact, &id, 1, "SM1", 30003);
    let over = stored(&contact, &id);
    assert!(!over.is_pending());
    assert_eq!(over.course.stopped, Some(Reason::OptedOut));
}

#[test]
fn the_night_is_for_marketing_alone() {
    let host = TestHost::configured();
    // 01:30 in San Francisco.
    for (purpose, status) in [
        (Purpose::Transactional, MessageStatus::Queued),
        (Purpose::Marketing, MessageStatus::Scheduled),
    ] {
        let contact = open(&host);
        host.answer(201, QUEUED);
        let command = Send {
            options: Options {
                kind: purpose,
                quiet_hours: Some(Hours::default()),
                ..Options::default()
            },
            ..send(if purpose == Purpose::Marketing {
                "m"
            } else {
                "t"
            })
        };
        assert_eq!(message(sent(&contact, command)).status, Some(status));
    }
}

#[test]
fn an_attempt_that_fails_after_an_earlier_one_arrived_is_the_last() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    fails(&contact, &id, 1, "SM1", 30008);
    run(contact.alarm()).unwrap().unwrap();
    answer_sid(&host, "SM2");
    ring(&host, &contact);
    contact
        .report_message(&report(&id, "SM1", "delivered", None))
        .unwrap();
    fails(&contact, &id, 2, "SM2", 30008);
    let over = stored(&contact, &id);
    assert!(!over.is_pending());
    assert_eq!(over.course.stopped, Some(Reason::Arrived));
}

#[test]
fn a_late_delivered_drops_the_plan_at_once() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    fails(&contact, &id, 1, "SM1", 30008);
    assert!(stored(&contact, &id).is_pending());
    contact
        .report_message(&report(&id, "SM1", "delivered", None))
        .unwrap();
    assert!(!stored(&contact, &id).is_pending());
    host.advance(DAY);
    assert_eq!(contact.due_now().unwrap(), [], "nothing is left to look at");
}

fn keyed(key: &str, scheduled_at: Option<i64>) -> Send {
    Send {
        options: Options {
            supersede_key: Some("eta".to_owned()),
            scheduled_at,
            ..Options::default()
        },
        ..send(key)
    }
}

#[test]
fn a_newer_message_ends_at_once_what_was_to_be_tried_again() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, keyed("old", None))).id;
    fails(&contact, &id, 1, "SM1", 30003);
    answer_sid(&host, "SM2");
    message(sent(&contact, keyed("new", None)));
    let over = stored(&contact, &id);
    assert!(!over.is_pending());
    assert_eq!(over.course.stopped, Some(Reason::Superseded));
}

#[test]
fn a_scheduled_message_that_a_newer_one_replaced_never_leaves() {
    let host = TestHost::configured();
    let contact = open(&host);
    let at = host.now() + HOUR;
    let id = message(sent(&contact, keyed("old", Some(at)))).id;
    host.answer(201, QUEUED);
    message(sent(&contact, keyed("new", None)));
    host.advance(2 * HOUR);
    run(contact.alarm()).unwrap().unwrap();
    let over = stored(&contact, &id);
    assert_eq!(over.status_name(), "canceled");
    assert_eq!(over.course.stopped, Some(Reason::Superseded));
    assert_eq!(host.posts(), 1);
}

#[test]
fn a_sender_that_is_always_too_fast_is_given_up_after_twenty_attempts() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    let mut attempts = 1;
    while stored(&contact, &id).delivery == Delivery::Taken && attempts < 40 {
        fails(&contact, &id, attempts, &format!("SM{attempts}"), 30022);
        if !stored(&contact, &id).is_pending() {
            break;
        }
        attempts += 1;
        answer_sid(&host, &format!("SM{attempts}"));
        host.advance(DAY);
        run(contact.alarm()).unwrap().unwrap();
    }
    assert!(attempts <= 21, "{attempts}");
    assert_eq!(host.posts(), attempts as usize);
}

#[test]
fn what_is_tried_again_later_can_be_cancelled_now() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    fails(&contact, &id, 1, "SM1", 30003);
    let done = run(contact.cancel(&id)).unwrap().unwrap();
    assert!(matches!(done, Changed::Done(_)), "{done:?}");
    assert!(!stored(&contact, &id).is_pending());
    host.advance(DAY);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(host.posts(), 1);
}

#[test]
fn a_delivery_that_comes_again_after_days_still_acts_once() {
    let host = TestHost::configured();
    let contact = open(&host);
    contact.receive(inbound("SMa", "STOP")).unwrap();
    host.advance(2 * DAY);
    contact.receive(inbound("SMb", "START")).unwrap();
    host.advance(2 * DAY);
    // The oldest answers are forgotten here.
    contact.receive(inbound("SMc", "hello")).unwrap();
    let again = contact.receive(inbound("SMa", "STOP")).unwrap();
    assert!(again.repeated);
    assert!(!contact.fetch_consent().unwrap().opted_out);
}

#[test]
fn more_events_than_one_batch_leave_all_and_each_once() {
    let host = TestHost::configured();
    let contact = open(&host);
    for n in 0..120 {
        contact
            .receive(inbound(&format!("SM{n}"), "hello"))
            .unwrap();
        host.advance(SECOND / 100);
    }
    let told = events(&host, &contact);
    let bodies: std::collections::BTreeSet<_> = told
        .iter()
        .map(|(_, data)| data["sid"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((told.len(), bodies.len()), (120, 120));
    host.advance(MINUTE);
    assert_eq!(events(&host, &contact).len(), 0);
}

#[test]
fn what_the_rules_forbid_is_not_tried_another_way_either() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let legs = vec![leg(Channel::Voice, PERSON, Some(US))];
    let id = message(sent(&contact, chained("k", legs))).id;
    fails(&contact, &id, 1, "SM1", 30007);
    host.advance(DAY);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(host.posts(), 1);
    assert_eq!(
        stored(&contact, &id).course.stopped,
        Some(Reason::Compliance)
    );
}

#[test]
fn the_application_hears_of_an_opt_out_that_twilio_told_us_of() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(400, r#"{"code":21610,"message":"m","status":400}"#);
    message(sent(&contact, send("k")));
    let told = events(&host, &contact);
    let found = told.iter().find(|(kind, _)| kind == "contact.opted_out");
    let (_, data) = found.expect("it was told");
    assert_eq!(
        (&data["source"], &data["address"]),
        (&json!("error"), &json!(PERSON))
    );
}

#[test]
fn text_goes_out_as_text_while_the_window_is_open_whatever_template_is_at_hand() {
    let host = TestHost::configured();
    let contact = open(&host);
    let (person, ours) = ("whatsapp:+14155550100", "whatsapp:+14155238886");
    let hello = Receive {
        from: person.to_owned(),
        to: ours.to_owned(),
        ..inbound("SMa", "hello")
    };
    contact.receive(hello).unwrap();
    let command = || Send {
        to: person.to_owned(),
        from: Some(ours.to_owned()),
        options: Options {
            template: Some(Template {
                content_sid: "HX1".to_owned(),
                variables: String::new(),
                category: None,
            }),
            ..Options::default()
        },
        ..send("k")
    };
    host.answer(201, QUEUED);
    let first = message(sent(&contact, command()));
    assert_eq!(first.content_sid(), None);
    host.advance(DAY);
    answer_sid(&host, "SM2");
    let second = message(sent(
        &contact,
        Send {
            id: send("l").id,
            ..command()
        },
    ));
    assert_eq!(second.content_sid(), Some("HX1"));
}
