use serde_json::{Value as Json, json};

use super::*;
use crate::objects::Command;
use crate::objects::schema::Lazily;
use crate::objects::testing::{TestHost, run};
use crate::ports::{Clock, HttpRequest, HttpResponse, Millis, Sql};
use crate::time::{MINUTE, rfc3339};
use crate::twilio::address::Address;
use crate::verify::channel::Destination;
use crate::verify::code::Code;
use crate::verify::locale::Locale;
use crate::verify::plan::{Plan, Wish};
use crate::verify::verification::Verdict;

const NUMBER: &str = "+14155552671";
const CODE: &str = "493817";

fn host(more: &[(&str, &str)]) -> TestHost {
    let mut settings = vec![
        ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("TWILIO_VERIFY_SID", "VA00000000000000000000000000000001"),
    ];
    settings.extend_from_slice(more);
    TestHost::new(&settings)
}

fn open(host: &TestHost) -> Contact<Lazily<TestHost>> {
    Contact::open(host.clone()).unwrap()
}

fn to() -> Destination {
    Destination::new(Address::parse(NUMBER).unwrap()).unwrap()
}

fn start(wish: Wish, fallback: Option<&[Channel]>) -> StartVerification {
    StartVerification {
        to: to(),
        plan: Plan::new(wish, fallback, &to(), &Policy::default()).unwrap(),
        locale: None,
        rate_limits: None,
        device_ip: None,
        permit: Some("permit".to_owned()),
    }
}

fn send(contact: &Contact<Lazily<TestHost>>, command: StartVerification) -> StartReply {
    run(contact.start_verification(command)).unwrap().unwrap()
}

fn sent(reply: StartReply) -> CodeSent {
    match reply {
        StartReply::Sent(sent) => sent,
        other => panic!("not sent: {other:?}"),
    }
}

fn check(contact: &Contact<Lazily<TestHost>>) -> CheckReply {
    let command = CheckCode {
        to: to(),
        code: Code::parse(CODE).unwrap(),
    };
    run(contact.check_code(command)).unwrap().unwrap()
}

fn verdict(reply: CheckReply) -> Verdict {
    match reply {
        CheckReply::Checked(checked) => checked.verdict,
        other => panic!("not checked: {other:?}"),
    }
}

fn verification(host: &TestHost, sid: &str, sends: usize) -> Json {
    let sends: Vec<_> = (0..sends)
        .map(|n| json!({"attempt_sid": format!("VL{n}")}))
        .collect();
    json!({
        "sid": sid, "status": "pending", "date_created": rfc3339(host.now()),
        "send_code_attempts": sends,
    })
}

fn takes(host: &TestHost, sid: &str) {
    host.answer(201, &verification(host, sid, 1).to_string());
}

fn refuses(host: &TestHost, status: u16, code: u32) {
    let body = json!({"code": code, "message": "m", "status": status});
    host.answer(status, &body.to_string());
}

fn channels(host: &TestHost) -> Vec<String> {
    let requests = host.0.requests.borrow();
    let channel = |request: &HttpRequest| {
        let after = request.body.split("Channel=").nth(1)?;
        Some(after.split('&').next()?.to_owned())
    };
    requests.iter().filter_map(channel).collect()
}

#[test]
fn a_start_answers_what_a_page_needs() {
    let host = host(&[]);
    let contact = open(&host);
    takes(&host, "VE1");
    let first = sent(send(&contact, start(Wish::Auto, None)));
    assert_eq!(
        (first.channel, first.why, first.same_code),
        (Channel::Sms, Why::Asked, false)
    );
    assert_eq!(first.attempts_left, 2);
    assert_eq!(first.expires_at, host.now() + 10 * MINUTE);
    assert_eq!(channels(&host), ["sms"]);
}

#[test]
fn a_landline_is_called_within_the_same_start() {
    let host = host(&[]);
    let contact = open(&host);
    refuses(&host, 403, 60205);
    takes(&host, "VE1");
    let first = sent(send(&contact, start(Wish::Channel(Channel::Sms), None)));
    assert_eq!((first.channel, first.why), (Channel::Call, Why::Landline));
    assert_eq!(first.attempts_left, 2, "one start was made");
    assert_eq!(channels(&host), ["sms", "call"]);
    // It is remembered: the next start does not try a text first.
    host.answer(200, &attempts("call", "ringing"));
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Channel(Channel::Sms), None)));
    assert_eq!(channels(&host), ["sms", "call", "call"]);
}

#[test]
fn a_landline_that_may_not_be_called_is_told_so() {
    let host = host(&[]);
    let contact = open(&host);
    refuses(&host, 403, 60205);
    let reply = send(&contact, start(Wish::Channel(Channel::Sms), Some(&[])));
    assert!(
        matches!(&reply, StartReply::Refused(refused)
            if refused.kind == RefusedKind::Landline && refused.counted),
        "{reply:?}"
    );
}

#[test]
fn a_channel_that_is_off_moves_on_and_when_all_are_nothing_counts() {
    let host = host(&[]);
    let contact = open(&host);
    refuses(&host, 400, 60223);
    takes(&host, "VE1");
    let moved = sent(send(&contact, start(Wish::Auto, None)));
    assert_eq!((moved.channel, moved.why), (Channel::Call, Why::ChannelOff));
    for _ in 0..2 {
        host.advance(10 * MINUTE);
        for _ in 0..20 {
            refuses(&host, 400, 60223);
            refuses(&host, 400, 60223);
            let reply = send(&contact, start(Wish::Auto, None));
            assert!(matches!(reply, StartReply::Refused(r) if !r.counted && r.attempts_left == 3));
        }
    }
}

/// Twilio's list of attempts with one send and what became of it.
fn attempts(channel: &str, status: &str) -> String {
    json!({"attempts": [{
        "sid": "VL1", "verification_sid": "VE1", "channel": channel,
        "channel_data": {"message_status": status},
    }]})
    .to_string()
}

#[test]
fn a_delivery_that_failed_moves_to_the_next_channel_with_the_same_code() {
    let host = host(&[]);
    let contact = open(&host);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Auto, None)));
    host.advance(5 * SECOND);
    host.answer(200, &attempts("sms", "undelivered"));
    takes(&host, "VE1");
    let second = sent(send(&contact, start(Wish::Auto, None)));
    assert_eq!(
        (second.channel, second.why),
        (Channel::Call, Why::NotDelivered)
    );
    assert!(second.same_code);
    assert_eq!(second.expires_at, host.now() - 5 * SECOND + 10 * MINUTE);
}

#[test]
fn a_delivery_that_is_under_way_stays_and_one_without_a_check_moves_in_time() {
    let host = host(&[("VERIFY_FALLBACK_SECONDS", "45")]);
    let contact = open(&host);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Auto, None)));
    host.advance(5 * SECOND);
    host.answer(200, &attempts("sms", "sent"));
    takes(&host, "VE1");
    let second = sent(send(&contact, start(Wish::Auto, None)));
    assert_eq!((second.channel, second.why), (Channel::Sms, Why::Asked));
    host.advance(45 * SECOND);
    takes(&host, "VE1");
    let third = sent(send(&contact, start(Wish::Auto, None)));
    assert_eq!((third.channel, third.why), (Channel::Call, Why::NoCheck));
}

#[test]
fn a_list_of_attempts_that_cannot_be_had_stops_nobody() {
    let host = host(&[]);
    let contact = open(&host);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Auto, None)));
    host.no_answer();
    takes(&host, "VE1");
    assert_eq!(
        sent(send(&contact, start(Wish::Auto, None))).channel,
        Channel::Sms
    );
}

#[test]
fn over_the_limit_twilio_is_not_asked_at_all() {
    let host = host(&[]);
    let contact = open(&host);
    for _ in 0..3 {
        takes(&host, "VE1");
        sent(send(
            &contact,
            start(Wish::Channel(Channel::Sms), Some(&[])),
        ));
    }
    let before = host.0.requests.borrow().len();
    let StartReply::Limited(limited) = send(&contact, start(Wish::Auto, None)) else {
        panic!("a fourth start went through");
    };
    assert_eq!(host.0.requests.borrow().len(), before);
    assert_eq!(limited.opens_at, host.now() + 10 * MINUTE);
    assert_eq!(limited.alternatives, [Channel::Call, Channel::Email]);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Channel(Channel::Call), None)));
}

#[test]
fn what_failed_for_a_reason_of_ours_does_not_count() {
    let host = host(&[]);
    let contact = open(&host);
    for (status, code) in [(401, 20003), (403, 60204), (404, 20404), (400, 60200)] {
        refuses(&host, status, code);
        let reply = send(&contact, start(Wish::Auto, None));
        assert_eq!(reply.fate(), Some(None), "{code}");
        assert!(
            matches!(reply, StartReply::Refused(r) if r.attempts_left == 3),
            "{code}"
        );
    }
    refuses(&host, 429, 20429);
    refuses(&host, 429, 20429);
    assert_eq!(
        send(&contact, start(Wish::Auto, None)),
        StartReply::Busy { retry_after: None }
    );
    // What Twilio refused because of the number counts.
    for (status, code) in [(403, 60410), (403, 60605), (429, 60203)] {
        refuses(&host, status, code);
        assert_eq!(
            send(&contact, start(Wish::Auto, None)).fate(),
            None,
            "{code}"
        );
    }
    assert!(matches!(
        send(&contact, start(Wish::Auto, None)),
        StartReply::Limited(_)
    ));
}

#[test]
fn a_post_without_an_answer_is_settled_by_one_look() {
    let host = host(&[]);
    let contact = open(&host);
    // Taken, as the look shows.
    host.no_answer();
    host.answer(200, &verification(&host, "VE1", 1).to_string());
    assert_eq!(
        sent(send(
            &contact,
            start(Wish::Channel(Channel::Sms), Some(&[]))
        ))
        .sid,
        "VE1"
    );
    // Not taken: the send count has not grown, so the start is given back.
    host.no_answer();
    host.answer(200, &verification(&host, "VE1", 1).to_string());
    let reply = send(&contact, start(Wish::Channel(Channel::Sms), Some(&[])));
    assert_eq!(reply, StartReply::Busy { retry_after: None });
    // Nobody knows: it counts.
    host.no_answer();
    host.no_answer();
    let reply = send(&contact, start(Wish::Channel(Channel::Sms), Some(&[])));
    assert_eq!((reply.fate(), reply), (None, StartReply::NobodyKnows));
    takes(&host, "VE1");
    let last = sent(send(
        &contact,
        start(Wish::Channel(Channel::Sms), Some(&[])),
    ));
    assert_eq!(last.attempts_left, 0);
}

#[test]
fn a_crash_in_the_middle_of_a_start_leaves_it_counted() {
    for operations in 0..2 {
        let host = host(&[]);
        host.0.operations_left.set(Some(operations));
        takes(&host, "VE1");
        assert!(run(open(&host).start_verification(start(Wish::Auto, None))).is_none());
        host.0.operations_left.set(None);
        host.0.twilio.borrow_mut().clear();
        takes(&host, "VE1");
        let next = sent(send(&open(&host), start(Wish::Auto, None)));
        assert_eq!(next.attempts_left, 1);
    }
}

#[test]
fn a_language_that_the_service_lacks_is_left_out_the_second_time() {
    let host = host(&[]);
    let contact = open(&host);
    refuses(&host, 404, 20404);
    takes(&host, "VE1");
    let command = StartVerification {
        locale: Some(Locale::parse("kn").unwrap()),
        ..start(Wish::Auto, None)
    };
    sent(send(&contact, command));
    let requests = host.0.requests.borrow();
    let localized: Vec<_> = requests
        .iter()
        .map(|r| r.body.contains("Locale=kn"))
        .collect();
    assert_eq!(localized, [true, false]);
}

#[test]
fn lookup_sends_a_landline_to_a_call_and_a_premium_line_away() {
    let line = |line_type: &str| json!({"line_type_intelligence": {"type": line_type}}).to_string();
    let host = host(&[("VERIFY_LOOKUP", "1")]);
    let contact = open(&host);
    host.answer(200, &line("premium"));
    let reply = send(&contact, start(Wish::Auto, None));
    assert_eq!(
        reply,
        StartReply::LineRefused {
            line_type: "premium".to_owned()
        }
    );
    host.answer(200, &line("landline"));
    takes(&host, "VE1");
    let first = sent(send(&contact, start(Wish::Auto, None)));
    assert_eq!((first.channel, first.why), (Channel::Call, Why::Landline));
    assert_eq!(channels(&host), ["call"]);
}

#[test]
fn a_lookup_that_fails_keeps_nobody_out() {
    let host = host(&[("VERIFY_LOOKUP", "1")]);
    host.no_answer();
    takes(&host, "VE1");
    sent(send(&open(&host), start(Wish::Auto, None)));
}

fn judged(host: &TestHost, status: &str) {
    let body = json!({"sid": "VE1", "status": status, "valid": status == "approved"});
    host.answer(201, &body.to_string());
}

#[test]
fn the_outcomes_of_a_check_are_told_apart() {
    let host = host(&[]);
    let contact = open(&host);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Auto, None)));
    judged(&host, "pending");
    let CheckReply::Checked(wrong) = check(&contact) else {
        panic!("not checked")
    };
    assert_eq!((wrong.verdict, wrong.tries_left), (Verdict::Pending, 4));
    judged(&host, "approved");
    let CheckReply::Checked(right) = check(&contact) else {
        panic!("not checked")
    };
    assert_eq!(right.verdict, Verdict::Approved);
    assert_eq!(right.converted.len(), 1);
    refuses(&host, 404, 20404);
    assert_eq!(verdict(check(&contact)), Verdict::Used);
    refuses(&host, 429, 60202);
    assert_eq!(verdict(check(&contact)), Verdict::MaxAttemptsReached);
}

#[test]
fn an_exception_is_never_a_wrong_code() {
    let host = host(&[]);
    let contact = open(&host);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Auto, None)));
    host.no_answer();
    assert_eq!(check(&contact), CheckReply::NotJudged(None));
    host.answer(500, "");
    assert_eq!(check(&contact), CheckReply::NotJudged(None));
    host.answer(201, "<html>");
    assert_eq!(check(&contact), CheckReply::NotJudged(None));
    refuses(&host, 401, 20003);
    assert!(matches!(check(&contact), CheckReply::NotJudged(Some(_))));
    refuses(&host, 429, 20429);
    assert_eq!(check(&contact), CheckReply::Busy { retry_after: None });
    judged(&host, "pending");
    let CheckReply::Checked(first) = check(&contact) else {
        panic!("not checked")
    };
    assert_eq!(
        first.tries_left, 4,
        "no try was spent on what was not judged"
    );
}

#[test]
fn a_code_is_in_one_form_field_and_nowhere_else() {
    let host = host(&[]);
    let contact = open(&host);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Auto, None)));
    for answer in 0..4 {
        match answer {
            0 => judged(&host, "pending"),
            1 => refuses(&host, 401, 20003),
            2 => host.no_answer(),
            _ => judged(&host, "approved"),
        }
        let command = CheckCode {
            to: to(),
            code: Code::parse(CODE).unwrap(),
        };
        assert!(!format!("{command:?}").contains(CODE));
        let body = serde_json::to_string(&command).unwrap();
        let reply = run(contact.handle(CheckCode::VERB, &body))
            .unwrap()
            .unwrap();
        assert!(!reply.contains(CODE));
    }
    let posted = host.0.requests.borrow();
    assert_eq!(
        posted
            .iter()
            .filter(|request| request.body.contains(CODE))
            .count(),
        4
    );
    assert!(!format!("{:?} {:?}", host.0.log.borrow(), posted).contains(CODE));
    let tables = host
        .exec(
            "SELECT name FROM sqlite_master WHERE type = 'table'",
            vec![],
        )
        .unwrap();
    for table in tables {
        let name = table[0].text().unwrap();
        let rows = host.exec(&format!("SELECT * FROM {name}"), vec![]).unwrap();
        assert!(!format!("{rows:?}").contains(CODE), "{name}");
    }
}

#[test]
fn a_check_of_what_we_did_not_start_is_asked_by_the_address() {
    let host = host(&[]);
    refuses(&host, 404, 20404);
    assert_eq!(verdict(check(&open(&host))), Verdict::ExpiredOrUsed);
    let asked = host.0.requests.borrow();
    assert!(
        asked[0].body.starts_with("To=%2B14155552671&"),
        "by the address"
    );
}

#[test]
fn without_a_service_nothing_is_asked() {
    let host = TestHost::configured();
    let contact = open(&host);
    assert_eq!(
        send(&contact, start(Wish::Auto, None)),
        StartReply::NotConfigured
    );
    assert_eq!(check(&contact), CheckReply::NotConfigured);
    assert_eq!(host.posts(), 0);
}

#[test]
fn five_wrong_codes_are_the_end_without_asking_a_sixth_time() {
    let host = host(&[]);
    let contact = open(&host);
    takes(&host, "VE1");
    sent(send(&contact, start(Wish::Auto, None)));
    for _ in 0..5 {
        judged(&host, "pending");
        assert_eq!(verdict(check(&contact)), Verdict::Pending);
    }
    let posts = host.posts();
    assert_eq!(verdict(check(&contact)), Verdict::MaxAttemptsReached);
    assert_eq!(host.posts(), posts);
}

#[test]
fn a_pause_that_twilio_asks_for_is_not_spent_in_the_request() {
    let host = host(&[]);
    host.0.twilio.borrow_mut().push_back(Box::new(|_| {
        Ok(HttpResponse {
            status: 429,
            retry_after: Some("30".to_owned()),
            body: r#"{"code":20429}"#.to_owned(),
            ..HttpResponse::default()
        })
    }));
    let before: Millis = host.now();
    let reply = send(&open(&host), start(Wish::Auto, None));
    assert_eq!(
        reply,
        StartReply::Busy {
            retry_after: Some(30)
        }
    );
    assert_eq!(host.now(), before);
}
