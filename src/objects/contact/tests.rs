use serde_json::json;

use super::*;
use crate::objects::id::{ContactName, Id, Kind};
use crate::objects::schema::Lazily;
use crate::objects::testing::{TestHost, run};
use crate::ports::{Clock, HttpResponse};
use crate::time::{MINUTE, SECOND};

pub(super) const PERSON: &str = "+14155550100";
pub(super) const US: &str = "+15005550006";

pub(super) fn open(host: &TestHost) -> Contact<Lazily<TestHost>> {
    Contact::open(host.clone()).unwrap()
}

pub(super) fn send(key: &str) -> Send {
    let id = Id::derived(Kind::Message, &ContactName::of(PERSON), "dev", key);
    Send {
        id,
        to: PERSON.to_owned(),
        from: Some(US.to_owned()),
        messaging_service_sid: None,
        body: "Your order is on its way.".to_owned(),
        media_urls: Vec::new(),
        status_callback: "https://gw.example/webhooks/sms/status?m=1".to_owned(),
        options: Options::default(),
    }
}

pub(super) fn inbound(sid: &str, body: &str) -> Receive {
    Receive {
        sid: sid.to_owned(),
        from: PERSON.to_owned(),
        to: US.to_owned(),
        body: body.to_owned(),
        ..Receive::default()
    }
}

pub(super) fn report(id: &Id, sid: &str, status: &str, error_code: Option<u32>) -> ReportMessage {
    ReportMessage {
        id: Some(id.clone()),
        sid: sid.to_owned(),
        status: status.to_owned(),
        error_code,
        from: None,
        attempt: None,
    }
}

pub(super) fn message(reply: SendReply) -> Message {
    match reply {
        SendReply::Message(message) => *message,
        other => panic!("not a message: {other:?}"),
    }
}

pub(super) const QUEUED: &str = r#"{"sid":"SM1","status":"queued"}"#;

/// Twilio's list with one message in it that is ours.
fn listed(host: &TestHost, sid: &str) -> String {
    let created = chrono::DateTime::from_timestamp_millis(host.now())
        .unwrap()
        .to_rfc2822();
    json!({"messages": [{
        "sid": sid, "status": "sent", "to": PERSON, "from": US,
        "body": "Your order is on its way.", "date_created": created,
    }]})
    .to_string()
}

#[test]
fn the_same_id_again_is_answered_with_the_first_message() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let first = message(run(contact.send(send("k"))).unwrap().unwrap());
    let again = message(run(contact.send(send("k"))).unwrap().unwrap());
    assert_eq!(
        (first.sid.as_deref(), first.status_name()),
        (Some("SM1"), "queued")
    );
    assert_eq!(again, first);
    assert_eq!(host.posts(), 1);
}

#[test]
fn a_stop_stops_every_send_until_a_start() {
    let host = TestHost::configured();
    let contact = open(&host);
    let answer = contact.receive(inbound("SMa", " stop. ")).unwrap();
    assert_eq!(answer.consent, Some(ConsentChange::OptedOut));
    for from in [US, "+15005550007", "ACME"] {
        let command = Send {
            from: Some(from.to_owned()),
            ..send(from)
        };
        let reply = run(contact.send(command)).unwrap().unwrap();
        assert!(matches!(reply, SendReply::OptedOut(_)), "{from}: {reply:?}");
    }
    assert_eq!(host.posts(), 0);
    host.advance(SECOND);
    contact.receive(inbound("SMb", "yes")).unwrap();
    host.answer(201, QUEUED);
    message(run(contact.send(send("after"))).unwrap().unwrap());
    assert_eq!(host.posts(), 1);
}

#[test]
fn a_delivery_that_comes_twice_acts_once_and_is_answered_the_same() {
    let host = TestHost::configured();
    let contact = open(&host);
    let first = contact.receive(inbound("SMa", "help")).unwrap();
    let second = contact.receive(inbound("SMa", "help")).unwrap();
    assert_eq!(first.replies, ["Acme: reply STOP to end."]);
    assert_eq!(
        second,
        Received {
            repeated: true,
            ..first
        }
    );
}

#[test]
fn statuses_move_a_message_forward_only() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(run(contact.send(send("k"))).unwrap().unwrap()).id;
    for (status, reported, now) in [
        ("sent", Reported::Advanced, "sent"),
        ("queued", Reported::Unchanged, "sent"),
        ("delivered", Reported::Advanced, "delivered"),
        ("sent", Reported::Unchanged, "delivered"),
        ("failed", Reported::Unchanged, "delivered"),
        ("read", Reported::Advanced, "read"),
    ] {
        let got = contact
            .report_message(&report(&id, "SM1", status, None))
            .unwrap();
        assert_eq!(
            (got, contact.message(&id).unwrap().unwrap().status_name()),
            (reported, now)
        );
    }
}

#[test]
fn a_21610_is_learned_as_an_opt_out() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(400, r#"{"code":21610,"message":"m","status":400}"#);
    let refused = message(run(contact.send(send("k"))).unwrap().unwrap());
    assert_eq!(refused.failure.as_ref().and_then(|f| f.code), Some(21610));
    let reply = run(contact.send(send("next"))).unwrap().unwrap();
    assert!(matches!(reply, SendReply::OptedOut(_)));
    assert_eq!(host.posts(), 1);
}

#[test]
fn a_429_is_tried_again_soon_and_later_by_the_alarm() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(429, "");
    host.answer(201, QUEUED);
    assert_eq!(
        message(run(contact.send(send("a"))).unwrap().unwrap()).status_name(),
        "queued"
    );

    // The first one's events leave; what is left to do is the second's.
    run(contact.alarm()).unwrap().unwrap();
    host.0.twilio.borrow_mut().push_back(Box::new(|_| {
        Ok(HttpResponse {
            status: 429,
            retry_after: Some("30".to_owned()),
            ..HttpResponse::default()
        })
    }));
    let waiting = message(run(contact.send(send("b"))).unwrap().unwrap());
    assert_eq!((waiting.status_name(), waiting.sid), ("pending", None));
    let alarm = host.0.alarm.get().unwrap();
    assert!(
        alarm - host.now() >= 30 * SECOND,
        "Retry-After is the least that is waited"
    );
    host.0.now.set(alarm);
    host.answer(201, r#"{"sid":"SM2","status":"queued"}"#);
    run(contact.alarm()).unwrap().unwrap();
    let sent = contact.message(&waiting.id).unwrap().unwrap();
    assert_eq!(sent.sid.as_deref(), Some("SM2"));
}

#[test]
fn a_stop_during_a_back_off_stops_the_message() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.0.twilio.borrow_mut().push_back(Box::new(|_| {
        Ok(HttpResponse {
            status: 429,
            retry_after: Some("9".to_owned()),
            ..Default::default()
        })
    }));
    let id = message(run(contact.send(send("k"))).unwrap().unwrap()).id;
    contact.receive(inbound("SMa", "STOP")).unwrap();
    host.advance(MINUTE);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(host.posts(), 1);
    assert_eq!(
        contact.message(&id).unwrap().unwrap().status_name(),
        "failed"
    );
}

#[test]
fn a_post_without_an_answer_is_settled_by_twilios_list() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.no_answer();
    let id = message(run(contact.send(send("k"))).unwrap().unwrap()).id;
    assert_eq!(
        contact.message(&id).unwrap().unwrap().status_name(),
        "pending"
    );
    let list = listed(&host, "SM9");
    host.0.now.set(host.0.alarm.get().unwrap());
    host.answer(200, &list);
    run(contact.alarm()).unwrap().unwrap();
    let settled = contact.message(&id).unwrap().unwrap();
    assert_eq!(
        (settled.sid.as_deref(), settled.status_name()),
        (Some("SM9"), "sent")
    );
    assert_eq!(host.posts(), 1);
}

#[test]
fn a_post_that_was_never_taken_is_posted_again_after_two_looks() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.no_answer();
    let id = message(run(contact.send(send("k"))).unwrap().unwrap()).id;
    for posts in [1, 2] {
        host.0.now.set(host.0.alarm.get().unwrap());
        host.answer(200, r#"{"messages":[]}"#);
        if posts == 2 {
            host.answer(201, QUEUED);
        }
        run(contact.alarm()).unwrap().unwrap();
        assert_eq!(host.posts(), posts);
    }
    assert_eq!(
        contact.message(&id).unwrap().unwrap().sid.as_deref(),
        Some("SM1")
    );
}

#[test]
fn a_list_that_cannot_be_had_ends_as_unknown_and_is_never_posted_again() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.no_answer();
    let id = message(run(contact.send(send("k"))).unwrap().unwrap()).id;
    for _ in 0..500 {
        let Some(alarm) = host.0.alarm.take() else {
            break;
        };
        host.0.now.set(alarm);
        run(contact.alarm()).unwrap().unwrap();
    }
    assert_eq!(
        contact.message(&id).unwrap().unwrap().status_name(),
        "unknown"
    );
    assert_eq!(host.posts(), 1);
}

#[test]
fn a_callback_settles_a_post_before_its_answer_does() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.no_answer();
    let id = message(run(contact.send(send("k"))).unwrap().unwrap()).id;
    contact
        .report_message(&report(&id, "SM7", "sent", None))
        .unwrap();
    host.advance(MINUTE);
    run(contact.alarm()).unwrap().unwrap();
    let settled = contact.message(&id).unwrap().unwrap();
    assert_eq!(
        (settled.sid.as_deref(), settled.status_name()),
        (Some("SM7"), "sent")
    );
    assert_eq!(host.0.requests.borrow().len(), 1, "nothing was asked");
}

/// The process dies before each request and before each answer in turn; what is left must
/// end as one message at Twilio, and none lost.
#[test]
fn a_crash_at_any_request_loses_nothing_and_sends_nothing_twice() {
    for operations in 0..2 {
        let host = TestHost::configured();
        let taken = std::rc::Rc::new(std::cell::Cell::new(0));
        let twilio = {
            let (taken, host) = (taken.clone(), host.clone());
            move |request: &crate::ports::HttpRequest| {
                let body = if request.method == "POST" {
                    taken.set(taken.get() + 1);
                    r#"{"sid":"SM1","status":"queued"}"#.to_owned()
                } else if taken.get() > 0 {
                    listed(&host, "SM1")
                } else {
                    r#"{"messages":[]}"#.to_owned()
                };
                Ok(HttpResponse {
                    status: 200,
                    body,
                    ..HttpResponse::default()
                })
            }
        };
        *host.0.otherwise.borrow_mut() = Some(Box::new(twilio));
        host.0.operations_left.set(Some(operations));
        assert!(
            run(open(&host).send(send("k"))).is_none(),
            "the process died"
        );
        host.0.operations_left.set(None);
        for _ in 0..5 {
            let Some(alarm) = host.0.alarm.take() else {
                break;
            };
            host.0.now.set(alarm);
            run(open(&host).alarm()).unwrap().unwrap();
        }
        let id = send("k").id;
        let message = open(&host).message(&id).unwrap().unwrap();
        assert_eq!(
            message.sid.as_deref(),
            Some("SM1"),
            "after {operations} operations"
        );
        assert_eq!(taken.get(), 1, "after {operations} operations");
    }
}

#[test]
fn a_stored_message_of_the_first_release_is_read() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let stored = message(run(contact.send(send("k"))).unwrap().unwrap());
    let text = serde_json::to_value(&stored).unwrap();
    assert_eq!(text["delivery"], json!("taken"));
    assert_eq!(text["direction"], "outbound");
    assert_eq!(text["encoding"], "GSM-7");
    assert_eq!(text["status"], "queued");
}

#[test]
fn an_object_that_is_awake_keeps_a_message_in_three_statements_and_tells_of_it_in_two() {
    let host = TestHost::configured();
    let contact = open(&host);
    let hear = |sid: &str| {
        let command = serde_json::to_string(&inbound(sid, "Hello")).unwrap();
        run(contact.handle(Receive::VERB, &command))
            .unwrap()
            .unwrap();
    };
    hear("SM1");
    run(contact.alarm()).unwrap().unwrap();
    let taken = || host.0.statements.replace(0);
    taken();
    hear("SM2");
    assert_eq!(taken(), 3);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(taken(), 2);
    assert_eq!(host.0.queue.borrow().as_ref().map(Vec::len), Some(2));
}
