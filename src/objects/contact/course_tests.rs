//! Windows, recovery, chains, consent beyond keywords, events.

use serde_json::{Value, json};

use super::tests::{PERSON, QUEUED, US, inbound, message, open, report, send};
use super::*;
use crate::messaging::consent::{Scope, Source};
use crate::messaging::lint::Kind as Purpose;
use crate::messaging::quiet::Hours;
use crate::messaging::recovery::Reason;
use crate::messaging::sender::Channel;
use crate::messaging::window::Category;
use crate::objects::id::{ContactName, Id};
use crate::objects::schema::Lazily;
use crate::objects::testing::{TestHost, run};
use crate::ports::Clock;
use crate::time::{DAY, HOUR, MINUTE, SECOND};

const WHATSAPP: &str = "whatsapp:+14155550100";
const OUR_WHATSAPP: &str = "whatsapp:+14155238886";

pub(super) fn sent(contact: &Contact<Lazily<TestHost>>, command: Send) -> SendReply {
    run(contact.send(command)).unwrap().unwrap()
}

pub(super) fn stored(contact: &Contact<Lazily<TestHost>>, id: &Id) -> Message {
    contact.message(id).unwrap().unwrap()
}

/// Lets the next alarm ring at its time.
pub(super) fn ring(host: &TestHost, contact: &Contact<Lazily<TestHost>>) {
    let alarm = host.0.alarm.take().expect("an alarm is set");
    host.0.now.set(alarm.max(host.now()));
    run(contact.alarm()).unwrap().unwrap();
}

/// Sends out what is owed now, and gives the events that went on the queue since.
pub(super) fn events(host: &TestHost, contact: &Contact<Lazily<TestHost>>) -> Vec<(String, Value)> {
    run(contact.flush()).unwrap().unwrap();
    let mut queue = host.0.queue.borrow_mut();
    let texts = std::mem::take(queue.as_mut().unwrap());
    texts
        .iter()
        .map(|text| serde_json::from_str::<Event>(text).unwrap())
        .map(|event| (event.kind, event.data))
        .collect()
}

pub(super) fn fails(
    contact: &Contact<Lazily<TestHost>>,
    id: &Id,
    attempt: u32,
    sid: &str,
    code: u32,
) {
    let told = ReportMessage {
        attempt: Some(attempt),
        ..report(id, sid, "undelivered", Some(code))
    };
    assert_eq!(contact.report_message(&told).unwrap(), Reported::Advanced);
    run(contact.arm()).unwrap().unwrap();
}

pub(super) fn answer_sid(host: &TestHost, sid: &str) {
    host.answer(201, &format!(r#"{{"sid":"{sid}","status":"queued"}}"#));
}

fn whatsapp(key: &str) -> Send {
    Send {
        to: WHATSAPP.to_owned(),
        from: Some(OUR_WHATSAPP.to_owned()),
        ..send(key)
    }
}

fn template(category: Option<Category>) -> Template {
    Template {
        content_sid: "HX1".to_owned(),
        variables: r#"{"1":"Ada"}"#.to_owned(),
        category,
    }
}

fn last_body(host: &TestHost) -> String {
    host.0.requests.borrow().last().unwrap().body.clone()
}

#[test]
fn an_unreachable_phone_is_tried_again_after_5_15_and_45_minutes_and_no_more() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    let mut sid = "SM1".to_owned();
    for (attempt, minutes) in [(1, 5), (2, 15), (3, 45)] {
        run(contact.alarm()).unwrap().unwrap();
        let failed_at = host.now();
        fails(&contact, &id, attempt, &sid, 30003);
        let next = stored(&contact, &id).course.next.unwrap();
        let wait = next.at - failed_at;
        assert!(
            (minutes * MINUTE..=minutes * MINUTE * 6 / 5 + SECOND).contains(&wait),
            "attempt {attempt}: {wait}"
        );
        assert_eq!(next.reason, Reason::Transient);
        run(contact.alarm()).unwrap().unwrap();
        assert_eq!(host.posts(), attempt as usize, "nothing before its time");
        sid = format!("SM{}", attempt + 1);
        answer_sid(&host, &sid);
        ring(&host, &contact);
        assert_eq!(host.now(), next.at);
        assert_eq!(host.posts(), attempt as usize + 1);
    }
    fails(&contact, &id, 4, "SM4", 30003);
    let over = stored(&contact, &id);
    assert_eq!(over.course.stopped, Some(Reason::Exhausted));
    assert!(!over.is_pending());
    let past: Vec<_> = over
        .course
        .past
        .iter()
        .map(|a| (a.number, a.sid.as_deref().unwrap(), a.code.unwrap(), a.then))
        .collect();
    assert_eq!(
        past,
        [
            (1, "SM1", 30003, Reason::Transient),
            (2, "SM2", 30003, Reason::Transient),
            (3, "SM3", 30003, Reason::Transient),
        ]
    );
}

#[test]
fn a_retry_says_which_attempt_it_is_and_an_old_callback_does_not_speak_for_it() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    fails(&contact, &id, 1, "SM1", 30008);
    run(contact.alarm()).unwrap().unwrap();
    answer_sid(&host, "SM2");
    ring(&host, &contact);
    assert!(
        last_body(&host).contains("%26a%3D2"),
        "{}",
        last_body(&host)
    );
    let late = contact
        .report_message(&report(&id, "SM1", "undelivered", Some(30008)))
        .unwrap();
    assert_eq!(late, Reported::Unchanged);
    let now = stored(&contact, &id);
    assert_eq!(
        (now.sid.as_deref(), now.status_name()),
        (Some("SM2"), "queued")
    );
}

#[test]
fn a_late_delivered_stops_the_retry() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    fails(&contact, &id, 1, "SM1", 30008);
    contact
        .report_message(&report(&id, "SM1", "delivered", None))
        .unwrap();
    host.advance(DAY);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(host.posts(), 1);
    assert_eq!(stored(&contact, &id).course.stopped, Some(Reason::Arrived));
}

#[test]
fn a_delivered_of_an_attempt_that_was_given_up_stops_what_is_planned_after_the_next() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    fails(&contact, &id, 1, "SM1", 30008);
    run(contact.alarm()).unwrap().unwrap();
    answer_sid(&host, "SM2");
    ring(&host, &contact);
    fails(&contact, &id, 2, "SM2", 30008);
    contact
        .report_message(&report(&id, "SM1", "delivered", None))
        .unwrap();
    host.advance(DAY);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(host.posts(), 2);
}

#[test]
fn what_stops_a_retry_stops_it() {
    let stop: fn(&TestHost, &Contact<Lazily<TestHost>>) = |_, contact| {
        contact.receive(inbound("SMa", "STOP")).unwrap();
    };
    let newer: fn(&TestHost, &Contact<Lazily<TestHost>>) = |host, contact| {
        answer_sid(host, "SMn");
        let command = Send {
            options: Options {
                supersede_key: Some("eta".to_owned()),
                ..Options::default()
            },
            ..send("newer")
        };
        message(sent(contact, command));
    };
    let nothing: fn(&TestHost, &Contact<Lazily<TestHost>>) = |_, _| {};
    for (what, act, give_up_after, reason, posts) in [
        ("a STOP", stop, DAY, Reason::OptedOut, 1),
        ("a newer message", newer, DAY, Reason::Superseded, 2),
        ("its end", nothing, 4 * MINUTE, Reason::Expired, 1),
    ] {
        let host = TestHost::configured();
        let contact = open(&host);
        host.answer(201, QUEUED);
        let command = Send {
            options: Options {
                supersede_key: Some("eta".to_owned()),
                give_up_at: Some(host.now() + give_up_after),
                ..Options::default()
            },
            ..send("k")
        };
        let id = message(sent(&contact, command)).id;
        fails(&contact, &id, 1, "SM1", 30003);
        act(&host, &contact);
        host.advance(HOUR);
        run(contact.alarm()).unwrap().unwrap();
        assert_eq!(host.posts(), posts, "{what}");
        assert_eq!(stored(&contact, &id).course.stopped, Some(reason), "{what}");
    }
}

#[test]
fn compliance_and_configuration_are_never_tried_again_and_somebody_is_told_of_the_latter() {
    for (code, told) in [(30007, true), (30004, false), (30034, true)] {
        let host = TestHost::configured();
        let contact = open(&host);
        host.answer(201, QUEUED);
        let id = message(sent(&contact, send("k"))).id;
        fails(&contact, &id, 1, "SM1", code);
        let kinds: Vec<_> = events(&host, &contact).into_iter().map(|e| e.0).collect();
        assert_eq!(
            kinds.iter().any(|kind| kind == "message.attention"),
            told,
            "{code}: {kinds:?}"
        );
        host.advance(2 * DAY);
        run(contact.alarm()).unwrap().unwrap();
        assert_eq!(host.posts(), 1, "{code}");
    }
}

#[test]
fn a_daily_cap_waits_for_midnight_pacific() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    fails(&contact, &id, 1, "SM1", 30023);
    let next = stored(&contact, &id).course.next.unwrap();
    // 2026-11-24T09:30Z; Pacific is eight hours behind.
    let midnight = crate::time::parse_rfc3339("2026-11-25T08:00:00Z").unwrap();
    assert!((midnight..midnight + 20 * MINUTE).contains(&next.at));
    assert_eq!(next.reason, Reason::Rate);
}

#[test]
fn an_address_that_fails_for_good_twice_is_not_tried_again_until_it_writes() {
    let host = TestHost::configured();
    let contact = open(&host);
    for (key, sid) in [("a", "SM1"), ("b", "SM2")] {
        answer_sid(&host, sid);
        let id = message(sent(&contact, send(key))).id;
        fails(&contact, &id, 1, sid, 30005);
    }
    let reply = sent(&contact, send("c"));
    assert_eq!(
        reply,
        SendReply::Blocked(Block::Suppressed { code: Some(30005) })
    );
    assert_eq!(host.posts(), 2);
    contact.receive(inbound("SMa", "hello")).unwrap();
    answer_sid(&host, "SM3");
    message(sent(&contact, send("d")));
}

pub(super) fn chained(key: &str, legs: Vec<Leg>) -> Send {
    Send {
        options: Options {
            fallback: legs,
            speech: Some(Speech {
                url: "https://gw.example/voice/outbound-message?c=".to_owned(),
                status_callback: "https://gw.example/voice/status?c=".to_owned(),
            }),
            ..Options::default()
        },
        ..send(key)
    }
}

pub(super) fn leg(channel: Channel, to: &str, from: Option<&str>) -> Leg {
    Leg {
        channel,
        to: to.to_owned(),
        from: from.map(str::to_owned),
        service: None,
        template: None,
    }
}

#[test]
fn a_chain_goes_from_sms_to_a_call_to_a_mail_and_the_message_shows_each_step() {
    let host = TestHost::new(&[
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("SENDGRID_API_KEY", "SG.key"),
        ("MAIL_FROM", "acme@example.com"),
    ]);
    let contact = open(&host);
    host.answer(400, r#"{"code":21614,"message":"m","status":400}"#);
    let legs = vec![
        leg(Channel::Voice, PERSON, Some(US)),
        leg(Channel::Email, "ada@example.com", None),
    ];
    let first = message(sent(&contact, chained("k", legs)));
    assert!(first.is_pending(), "the refusal is not the end");
    host.answer(201, r#"{"sid":"CA1","status":"queued"}"#);
    run(contact.alarm()).unwrap().unwrap();
    let calling = stored(&contact, &first.id);
    assert_eq!(
        (calling.channel(), calling.sid.as_deref()),
        (Channel::Voice, Some("CA1"))
    );
    let call = host.0.requests.borrow().last().unwrap().clone();
    assert!(call.url.ends_with("/Calls.json"));
    let id = calls(&contact).remove(0).id;
    contact.report_call(&busy(&id)).unwrap();
    host.answer(202, "");
    run(contact.alarm()).unwrap().unwrap();
    let mail = host.0.requests.borrow().last().unwrap().clone();
    assert_eq!(mail.url, "https://api.sendgrid.com/v3/mail/send");
    assert!(mail.body.contains("ada@example.com") && mail.body.contains("Your order"));
    let over = stored(&contact, &first.id);
    assert_eq!(
        (over.channel(), over.status_name()),
        (Channel::Email, "sent")
    );
    let past: Vec<_> = over
        .course
        .past
        .iter()
        .map(|a| (a.channel, a.status.as_str(), a.code))
        .collect();
    assert_eq!(
        past,
        [
            (Channel::Sms, "failed", Some(21614)),
            (Channel::Voice, "undelivered", None),
        ]
    );
}

pub(super) fn calls(contact: &Contact<Lazily<TestHost>>) -> Vec<Call> {
    let rows = crate::ports::Sql::exec(&contact.host, "SELECT document FROM call", Vec::new());
    rows.unwrap()
        .iter()
        .map(|row| serde_json::from_str(row[0].text().unwrap()).unwrap())
        .collect()
}

pub(super) fn busy(id: &Id) -> ReportCall {
    ReportCall {
        id: Some(id.clone()),
        sid: "CA1".to_owned(),
        status: "busy".to_owned(),
        direction: Some("outbound-api".to_owned()),
        from: US.to_owned(),
        to: PERSON.to_owned(),
        duration: None,
        sequence: None,
        sip_response_code: None,
        answered_by: None,
    }
}

#[test]
fn a_call_that_was_answered_delivers_the_message() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(400, r#"{"code":21614,"message":"m","status":400}"#);
    let legs = vec![leg(Channel::Voice, PERSON, Some(US))];
    let id = message(sent(&contact, chained("k", legs))).id;
    host.answer(201, r#"{"sid":"CA1","status":"queued"}"#);
    run(contact.alarm()).unwrap().unwrap();
    let call = calls(&contact).remove(0).id;
    let completed = ReportCall {
        status: "completed".to_owned(),
        ..busy(&call)
    };
    contact.report_call(&completed).unwrap();
    assert_eq!(stored(&contact, &id).status_name(), "delivered");
}

/// The process dies before each request and each answer of a retry in turn: one copy of each
/// attempt, and the message is not lost.
#[test]
fn a_crash_at_any_request_of_a_retry_loses_nothing_and_sends_nothing_twice() {
    for operations in 0..2 {
        let host = TestHost::configured();
        let taken = std::rc::Rc::new(std::cell::Cell::new(0));
        let twilio = {
            let (taken, host) = (taken.clone(), host.clone());
            move |request: &crate::ports::HttpRequest| {
                let body = if request.method == "POST" {
                    taken.set(taken.get() + 1);
                    format!(r#"{{"sid":"SM{}","status":"queued"}}"#, taken.get())
                } else {
                    let created = chrono::DateTime::from_timestamp_millis(host.now())
                        .unwrap()
                        .to_rfc2822();
                    let list: Vec<_> = (1..=taken.get())
                        .map(|n| {
                            json!({"sid": format!("SM{n}"), "status": "sent", "to": PERSON,
                                "from": US, "body": "Your order is on its way.",
                                "date_created": created})
                        })
                        .collect();
                    json!({ "messages": list }).to_string()
                };
                Ok(crate::ports::HttpResponse {
                    status: 200,
                    body,
                    ..Default::default()
                })
            }
        };
        *host.0.otherwise.borrow_mut() = Some(Box::new(twilio));
        let id = message(sent(&open(&host), send("k"))).id;
        fails(&open(&host), &id, 1, "SM1", 30003);
        run(open(&host).alarm()).unwrap().unwrap();
        host.advance(HOUR);
        host.0.operations_left.set(Some(operations));
        assert!(run(open(&host).alarm()).is_none(), "the process died");
        host.0.operations_left.set(None);
        for _ in 0..6 {
            let Some(alarm) = host.0.alarm.take() else {
                break;
            };
            host.0.now.set(alarm.max(host.now()));
            run(open(&host).alarm()).unwrap().unwrap();
        }
        assert_eq!(taken.get(), 2, "after {operations} operations");
        let over = stored(&open(&host), &id);
        assert_eq!(over.sid.as_deref(), Some("SM2"), "{operations}: {over:?}");
    }
}

#[test]
fn free_text_on_whatsapp_needs_a_window_and_a_template_does_not() {
    let host = TestHost::configured();
    let contact = open(&host);
    let closed = |at| SendReply::Blocked(Block::WindowClosed { closed_at: at });
    assert_eq!(sent(&contact, whatsapp("a")), closed(None));
    let wrote_at = host.now();
    let hello = Receive {
        from: WHATSAPP.to_owned(),
        to: OUR_WHATSAPP.to_owned(),
        ..inbound("SMa", "hello")
    };
    contact.receive(hello).unwrap();
    host.advance(23 * HOUR);
    answer_sid(&host, "SM1");
    message(sent(&contact, whatsapp("b")));
    assert!(last_body(&host).contains("Body="));
    host.advance(HOUR);
    let closed_at = wrote_at + DAY - 2 * MINUTE;
    assert_eq!(sent(&contact, whatsapp("c")), closed(Some(closed_at)));
    assert_eq!(host.posts(), 1, "what cannot arrive does not leave");
    let with_template = Send {
        options: Options {
            template: Some(template(Some(Category::Utility))),
            ..Options::default()
        },
        ..whatsapp("d")
    };
    answer_sid(&host, "SM2");
    message(sent(&contact, with_template));
    let body = last_body(&host);
    assert!(body.contains("ContentSid=HX1") && body.contains("ContentVariables=%7B%221%22"));
    assert!(!body.contains("&Body="), "{body}");
}

#[test]
fn a_window_of_one_sender_is_not_that_of_another() {
    let host = TestHost::configured();
    let contact = open(&host);
    let hello = Receive {
        from: WHATSAPP.to_owned(),
        to: "whatsapp:+15550009999".to_owned(),
        ..inbound("SMa", "hello")
    };
    contact.receive(hello).unwrap();
    let reply = sent(&contact, whatsapp("a"));
    assert!(matches!(reply, SendReply::Blocked(_)), "{reply:?}");
}

#[test]
fn a_63016_is_answered_by_the_template_and_marketing_to_the_united_states_is_refused() {
    let host = TestHost::configured();
    let contact = open(&host);
    let hello = Receive {
        from: WHATSAPP.to_owned(),
        to: OUR_WHATSAPP.to_owned(),
        ..inbound("SMa", "hello")
    };
    contact.receive(hello).unwrap();
    let with = |key: &str, category| Send {
        options: Options {
            template: Some(template(Some(category))),
            ..Options::default()
        },
        ..whatsapp(key)
    };
    answer_sid(&host, "SM1");
    let id = message(sent(&contact, with("a", Category::Utility))).id;
    fails(&contact, &id, 1, "SM1", 63016);
    answer_sid(&host, "SM2");
    run(contact.alarm()).unwrap().unwrap();
    assert!(last_body(&host).contains("ContentSid=HX1"));
    let marketing = Send {
        body: String::new(),
        ..with("b", Category::Marketing)
    };
    let reply = sent(&contact, marketing);
    assert!(
        matches!(reply, SendReply::Blocked(Block::Unreachable(_))),
        "{reply:?}"
    );
}

#[test]
fn a_plain_wish_to_be_left_alone_opts_out_and_is_confirmed_once() {
    let host = TestHost::new(&[
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("OPT_OUT_TEXT", "You get no more messages."),
    ]);
    let contact = open(&host);
    let first = contact
        .receive(inbound("SMa", "please stop texting me"))
        .unwrap();
    assert_eq!(first.consent, Some(ConsentChange::OptedOut));
    assert_eq!(first.replies, ["You get no more messages."]);
    host.advance(SECOND);
    let again = contact
        .receive(inbound("SMb", "I said stop texting me"))
        .unwrap();
    assert_eq!(again.replies, [""; 0]);
    for text in ["STOP 12345", "don't stop"] {
        let host = TestHost::configured();
        let answer = open(&host).receive(inbound("SMc", text)).unwrap();
        assert_eq!(answer.consent, None, "{text}");
    }
    let history = contact.fetch_consent().unwrap().history;
    assert_eq!(history[0].source, Source::Revocation);
}

#[test]
fn a_stop_of_a_channel_reaches_as_far_as_the_deployment_says() {
    let host = TestHost::new(&[
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("STOP_REACH", "sender"),
    ]);
    let contact = open(&host);
    contact.receive(inbound("SMa", "STOP")).unwrap();
    assert!(matches!(sent(&contact, send("a")), SendReply::OptedOut(_)));
    answer_sid(&host, "SM1");
    let other = Send {
        from: Some("+15005550007".to_owned()),
        ..send("b")
    };
    message(sent(&contact, other));
    host.advance(SECOND);
    contact.receive(inbound("SMb", "START")).unwrap();
    answer_sid(&host, "SM2");
    message(sent(&contact, send("c")));
}

fn marketing(key: &str, hours: Hours) -> Send {
    Send {
        options: Options {
            kind: Purpose::Marketing,
            quiet_hours: Some(hours),
            ..Options::default()
        },
        ..send(key)
    }
}

#[test]
fn marketing_at_night_waits_for_the_morning_and_a_stop_in_between_holds() {
    let host = TestHost::configured();
    let contact = open(&host);
    // 09:30Z is half past one at night in San Francisco.
    let waits = message(sent(&contact, marketing("a", Hours::default())));
    assert_eq!((waits.status_name(), host.posts()), ("scheduled", 0));
    message(sent(&contact, marketing("b", Hours::default())));
    run(contact.alarm()).unwrap().unwrap();
    answer_sid(&host, "SM1");
    answer_sid(&host, "SM2");
    ring(&host, &contact);
    let morning = crate::time::parse_rfc3339("2026-11-24T16:00:00Z").unwrap();
    assert_eq!((host.now(), host.posts()), (morning, 2));

    let host = TestHost::configured();
    let contact = open(&host);
    let id = message(sent(&contact, marketing("c", Hours::default()))).id;
    contact.receive(inbound("SMa", "STOP")).unwrap();
    host.advance(DAY);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(host.posts(), 0);
    assert_eq!(stored(&contact, &id).status_name(), "failed");
}

#[test]
fn a_scheduled_message_can_be_cancelled_until_it_leaves() {
    let host = TestHost::configured();
    let contact = open(&host);
    let at = host.now() + HOUR;
    let scheduled = |key: &str| Send {
        options: Options {
            scheduled_at: Some(at),
            ..Options::default()
        },
        ..send(key)
    };
    let id = message(sent(&contact, scheduled("a"))).id;
    let cancelled = run(contact.cancel(&id)).unwrap().unwrap();
    let Changed::Done(cancelled) = cancelled else {
        panic!("{cancelled:?}");
    };
    assert_eq!(cancelled.status_name(), "canceled");
    let id = message(sent(&contact, scheduled("b"))).id;
    run(contact.alarm()).unwrap().unwrap();
    answer_sid(&host, "SM1");
    ring(&host, &contact);
    assert_eq!((host.now(), host.posts()), (at, 1));
    contact
        .report_message(&report(&id, "SM1", "sent", None))
        .unwrap();
    let late = run(contact.cancel(&id)).unwrap().unwrap();
    assert!(matches!(late, Changed::NotNow(_)), "{late:?}");
}

#[test]
fn a_message_that_has_ended_is_redacted_at_twilio_and_here() {
    let host = TestHost::configured();
    let contact = open(&host);
    host.answer(201, QUEUED);
    let id = message(sent(&contact, send("k"))).id;
    let early = run(contact.redact(&id)).unwrap().unwrap();
    assert!(matches!(early, Changed::NotNow(_)), "{early:?}");
    contact
        .report_message(&report(&id, "SM1", "delivered", None))
        .unwrap();
    answer_sid(&host, "SM1");
    run(contact.redact(&id)).unwrap().unwrap();
    assert_eq!(last_body(&host), "Body=");
    assert_eq!(stored(&contact, &id).body, "");
}

#[test]
fn events_survive_a_queue_that_is_down_and_leave_in_order() {
    let host = TestHost::configured();
    let contact = open(&host);
    *host.0.queue.borrow_mut() = None;
    contact.receive(inbound("SMa", "hello")).unwrap();
    contact.receive(inbound("SMb", "STOP")).unwrap();
    run(contact.alarm()).unwrap().unwrap();
    let again = host.0.alarm.get().unwrap();
    assert!(again > host.now());
    contact.receive(inbound("SMc", "still here")).unwrap();
    *host.0.queue.borrow_mut() = Some(Vec::new());
    host.0.now.set(again);
    let told = events(&host, &contact);
    let kinds: Vec<_> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "message.received",
            "contact.opted_out",
            "message.received",
            "message.received"
        ]
    );
    assert_eq!(told[0].1["body"], "hello");
    assert_eq!(told[1].1["scopes"], json!(["all"]));
    assert_eq!(events(&host, &contact), []);
}

#[test]
fn a_crash_before_or_after_the_queue_loses_no_event_and_a_repeat_has_the_same_id() {
    for operations in 0..2 {
        let host = TestHost::configured();
        open(&host).receive(inbound("SMa", "STOP")).unwrap();
        host.0.operations_left.set(Some(operations));
        assert!(run(open(&host).alarm()).is_none(), "the process died");
        host.0.operations_left.set(None);
        run(open(&host).alarm()).unwrap().unwrap();
        let texts = host.0.queue.borrow_mut().take().unwrap();
        let ids = texts.iter().map(|text| {
            let event: Event = serde_json::from_str(text).unwrap();
            (event.kind, event.id.as_str().to_owned())
        });
        let all: Vec<_> = ids.collect();
        let once: std::collections::BTreeSet<_> = all.iter().cloned().collect();
        assert_eq!(once.len(), 2, "after {operations} operations: {all:?}");
        assert_eq!(all.len(), if operations == 0 { 2 } else { 4 });
    }
}

#[test]
fn a_user_id_beside_a_number_is_the_same_person_and_is_told_once() {
    let host = TestHost::configured();
    let contact = open(&host);
    for sid in ["SMa", "SMb"] {
        let hello = Receive {
            from: WHATSAPP.to_owned(),
            to: OUR_WHATSAPP.to_owned(),
            alias: Some("whatsapp:US.abc123".to_owned()),
            ..inbound(sid, "hello")
        };
        contact.receive(hello).unwrap();
    }
    let told = events(&host, &contact);
    let aliases: Vec<_> = told
        .iter()
        .filter(|(kind, _)| kind == "internal.alias")
        .collect();
    assert_eq!(aliases.len(), 1);
    assert_eq!(aliases[0].1["person"], PERSON);
    assert_eq!(
        contact.fetch_consent().unwrap().aliases,
        ["whatsapp:US.abc123"]
    );
}

#[test]
fn erasure_leaves_what_blocks_and_nothing_else() {
    let host = TestHost::configured();
    let contact = open(&host);
    contact.receive(inbound("SMa", "hello, I am Ada")).unwrap();
    contact.receive(inbound("SMb", "STOP")).unwrap();
    let name = ContactName::of(PERSON);
    let erased = contact
        .erase(&Erase {
            contact: name,
            block: false,
            hash: Some("hmac-sha256:x".to_owned()),
        })
        .unwrap();
    assert_eq!((erased.deleted, erased.blocked), (2, true));
    let left = contact.fetch_consent().unwrap().history;
    assert_eq!(left[0].evidence.text.as_deref(), Some("hmac-sha256:x"));
    assert!(matches!(sent(&contact, send("k")), SendReply::OptedOut(_)));
    for table in ["message", "consent", "fact", "outbox"] {
        let rows =
            crate::ports::Sql::exec(&contact.host, &format!("SELECT * FROM {table}"), Vec::new());
        let text = format!("{:?}", rows.unwrap());
        for private in ["4155550100", "Ada", "STOP", "SMa"] {
            assert!(!text.contains(private), "{table} holds {private}");
        }
    }
}

#[test]
fn a_list_that_is_imported_twice_is_recorded_once_and_an_old_opt_in_undoes_no_stop() {
    let host = TestHost::configured();
    let contact = open(&host);
    contact.receive(inbound("SMa", "STOP")).unwrap();
    let line = PutConsent {
        contact: ContactName::of(PERSON),
        address: PERSON.to_owned(),
        opted_out: false,
        scope: Scope::All,
        source: Source::Import,
        at: Some(host.now() - DAY),
        reason: "dev: list".to_owned(),
    };
    contact.put_consent(&line).unwrap();
    let state = contact.put_consent(&line).unwrap();
    assert!(state.opted_out);
    assert_eq!(state.history.len(), 2);
}
