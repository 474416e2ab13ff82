//! Messages: one request one effect, consent before everything, statuses by rank.

use serde_json::{Value, json};

use crate::gateway::http::Response;
use crate::gateway::testing::{ACCOUNT, PERSON, TestRequest, TestWorld, US, json_of};
use crate::twilio::form::Form;

use super::{message, ok, pointers};

fn sid(number: u32) -> String {
    format!("SM{number:032x}")
}

fn says(world: &TestWorld, number: u32, text: &str) -> String {
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(number), text)))
}

fn send(world: &TestWorld) -> Response {
    let body = json!({"to": PERSON, "body": "Your order is on its way."});
    world.api("POST", "/v1/messages", Some(&body))
}

fn keyed(world: &TestWorld, key: &str, body: &Value) -> Response {
    let request = TestRequest::api("POST", "/v1/messages", Some(body));
    world.send(&request.header("idempotency-key", key))
}

#[test]
fn a_key_belongs_to_one_request_whatever_the_order_of_its_fields() {
    let world = TestWorld::new();
    let first = keyed(&world, "k", &json!({"to": PERSON, "body": "one"}));
    assert_eq!(first.status, 202, "{}", first.body);
    let again = keyed(
        &world,
        "k",
        &json!({"body": "one", "to": PERSON, "from": US}),
    );
    assert_eq!(again.status, 202);
    let id = json_of(&first)["id"].as_str().expect("an id").to_owned();
    world.webhook(
        &format!("/webhooks/sms/status?m={id}"),
        &[
            (
                "MessageSid",
                json_of(&first)["sid"].as_str().expect("a SID"),
            ),
            ("AccountSid", ACCOUNT),
            ("MessageStatus", "delivered"),
            ("From", US),
            ("To", PERSON),
        ],
    );
    let later = keyed(&world, "k", &json!({"to": PERSON, "body": "one"}));
    assert_eq!((&first.body, &first.body), (&again.body, &later.body));
    for other in [
        json!({"to": PERSON, "body": "two"}),
        json!({"to": "+14155550101", "body": "one"}),
        json!({"to": PERSON, "body": "one", "from": "+15005550007"}),
        json!({"to": PERSON, "body": "one", "media_urls": ["https://a.example/b.png"]}),
    ] {
        let conflict = keyed(&world, "k", &other);
        assert_eq!(conflict.status, 409, "{other}");
        assert_eq!(json_of(&conflict)["code"], "idempotency_conflict");
    }
    assert_eq!(world.twilio_requests().len(), 1);
    // Another key is another message.
    keyed(&world, "l", &json!({"to": PERSON, "body": "one"}));
    assert_eq!(world.twilio_requests().len(), 2);
}

#[test]
fn two_callers_may_use_the_same_key() {
    let world = TestWorld::with(&[("API_KEYS", "a:first-key,b:second-key")]);
    for key in ["first-key", "second-key"] {
        let body = json!({"to": PERSON, "body": key});
        let request = TestRequest::post("/v1/messages")
            .header("authorization", &format!("bearer {key}"))
            .header("idempotency-key", "same")
            .body("application/json", body.to_string().as_bytes());
        assert_eq!(world.send(&request).status, 202);
    }
    assert_eq!(world.twilio_requests().len(), 2);
}

#[test]
fn a_key_that_is_none_is_refused() {
    let world = TestWorld::new();
    for key in ["", &"k".repeat(256)] {
        let response = keyed(&world, key, &json!({"to": PERSON, "body": "one"}));
        assert_eq!(response.status, 400);
        assert_eq!(pointers(&json_of(&response)), ["Idempotency-Key"]);
    }
    assert_eq!(world.twilio_requests().len(), 0);
}

#[test]
fn the_request_to_twilio_carries_our_callback() {
    let world = TestWorld::new();
    let id = json_of(&send(&world))["id"]
        .as_str()
        .map(str::to_owned)
        .unwrap();
    let requests = world.twilio_requests();
    assert!(
        requests[0].url.ends_with("/Messages.json"),
        "{}",
        requests[0].url
    );
    let form = Form::parse(requests[0].body.as_bytes()).unwrap();
    assert_eq!(
        form.get("StatusCallback"),
        Some(format!("https://gw.example/webhooks/sms/status?m={id}").as_str())
    );
    assert_eq!((form.get("From"), form.get("To")), (Some(US), Some(PERSON)));
}

#[test]
fn every_stop_word_stops_every_sender_until_a_start_word_comes() {
    let stops = [
        "STOP",
        "stopall",
        "Unsubscribe",
        "CANCEL",
        "end",
        "Quit",
        "REVOKE",
        "OptOut",
        "OPT OUT",
        "stop all",
        "  Stop.  ",
    ];
    let mut number = 0;
    for (at, stop) in stops.iter().enumerate() {
        let start = ["START", "unstop", "Yes"][at % 3];
        let world = TestWorld::new();
        let mut next = |text: &str| {
            number += 1;
            says(&world, number, text)
        };
        assert!(
            !next(stop).contains("<Message"),
            "Twilio answers {stop} itself"
        );
        for from in [US, "+15005550007", "12345"] {
            let body = json!({"to": PERSON, "body": "hello", "from": from});
            let refused = world.api("POST", "/v1/messages", Some(&body));
            assert_eq!(refused.status, 409, "{stop}: {}", refused.body);
            assert_eq!(json_of(&refused)["code"], "opted_out");
        }
        assert_eq!(world.twilio_requests().len(), 0, "{stop}");
        next(start);
        assert_eq!(send(&world).status, 202, "{start}");
    }
}

#[test]
fn yes_opts_in_only_a_person_who_is_out() {
    let world = TestWorld::new();
    says(&world, 1, "YES");
    let contact = |world: &TestWorld| json_of(&world.api("GET", "/v1/contacts/+14155550100", None));
    assert_eq!(contact(&world)["history"], json!([]));
    says(&world, 2, "STOP");
    assert_eq!(contact(&world)["opted_out"], true);
    says(&world, 3, "YES");
    assert_eq!(contact(&world)["opted_out"], false);
    assert_eq!(contact(&world)["history"].as_array().map(Vec::len), Some(2));
}

#[test]
fn words_inside_a_sentence_and_unknown_opt_out_types_change_nothing() {
    let world = TestWorld::new();
    for (at, text) in ["Stop please", "do not stop", "the end", "yes"]
        .iter()
        .enumerate()
    {
        says(&world, 1 + u32::try_from(at).unwrap(), text);
    }
    let mut form = message("SM000000000000000000000000000000ff", "hello");
    form.push(("OptOutType", "PAUSE"));
    ok(world.webhook("/webhooks/sms/incoming", &form));
    assert_eq!(send(&world).status, 202);
}

#[test]
fn twilios_own_verdict_is_obeyed_and_not_answered_again() {
    let world = TestWorld::new();
    let verdict = |sid: &str, text: &str, kind: &str| {
        let mut form = message(sid, text);
        form.push(("OptOutType", kind));
        ok(world.webhook("/webhooks/sms/incoming", &form))
    };
    let twiml = verdict("SM000000000000000000000000000000f1", "ARRET", "STOP");
    assert!(!twiml.contains("<Message"), "{twiml}");
    assert_eq!(send(&world).status, 409);
    let twiml = verdict("SM000000000000000000000000000000f2", "AIDE", "HELP");
    assert!(!twiml.contains("<Message"), "{twiml}");
    verdict("SM000000000000000000000000000000f3", "ALLER", "START");
    assert_eq!(send(&world).status, 202);
}

#[test]
fn help_and_info_get_the_help_text() {
    let world = TestWorld::new();
    for (number, word) in [(1, "HELP"), (2, " info ")] {
        let twiml = says(&world, number, word);
        assert!(twiml.contains("Acme: reply STOP to end."), "{twiml}");
    }
    assert!(!says(&world, 3, "help me").contains("<Message"));
}

#[test]
fn a_message_delivered_twice_acts_once_and_is_answered_the_same() {
    let world = TestWorld::new();
    let deliver = |token: Option<&str>, sid: &str, text: &str| {
        let mut request = TestRequest::post("/webhooks/sms/incoming").form(&message(sid, text));
        if let Some(token) = token {
            request = request.header("i-twilio-idempotency-token", token);
        }
        ok(world.send(&request.signed(crate::gateway::testing::TOKEN)))
    };
    for (one, two) in [
        (Some("t1"), Some("t1")),
        (None, None),
        // The same message by another way: its SID tells.
        (Some("t2"), Some("t3")),
        (Some("t4"), None),
    ] {
        let sid = format!("SM{:032x}", one.map_or(9, |t| u32::from(t.as_bytes()[1])));
        let first = deliver(one, &sid, "HELP");
        assert!(first.contains("Acme"), "{first}");
        assert_eq!(deliver(two, &sid, "HELP"), first, "{one:?} {two:?}");
    }
    deliver(Some("s1"), &sid(77), "STOP");
    deliver(Some("s2"), &sid(78), "START");
    // Late and again: the STOP was before the START.
    deliver(Some("s1"), &sid(77), "STOP");
    assert_eq!(send(&world).status, 202);
}

#[test]
fn an_opt_out_that_twilio_knows_of_is_learned() {
    let world = TestWorld::new();
    world.twilio_answers(
        400,
        r#"{"code":21610,"message":"unsubscribed","status":400}"#,
    );
    let refused = send(&world);
    assert_eq!(refused.status, 409, "{}", refused.body);
    let problem = json_of(&refused);
    assert_eq!(problem["code"], "opted_out");
    assert_eq!(problem["twilio"]["code"], 21610);
    assert_eq!(send(&world).status, 409);
    assert_eq!(world.twilio_requests().len(), 1);
    let contact = json_of(&world.api("GET", "/v1/contacts/%2B14155550100", None));
    assert_eq!(contact["opted_out"], true);
    assert_eq!(contact["history"][0]["evidence"]["error_code"], 21610);
}

#[test]
fn a_refusal_by_twilio_is_a_problem_with_code_class_and_one_sentence() {
    let cases = [
        (400, 21211, 422, "permanent"),
        (400, 21606, 502, "configuration"),
        (401, 20003, 502, "configuration"),
        (400, 21614, 422, "permanent"),
    ];
    for (status, code, expected, class) in cases {
        let world = TestWorld::new();
        world.twilio_answers(status, &json!({"code": code, "message": "m"}).to_string());
        let response = send(&world);
        let problem = json_of(&response);
        assert_eq!(problem["twilio"]["code"], code, "{problem}");
        assert_eq!(
            (response.status, problem["twilio"]["class"].as_str()),
            (expected, Some(class)),
            "{code}: {problem}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| text.len() > 20),
            "{problem}"
        );
        assert_eq!(world.twilio_requests().len(), 1, "never repeated");
    }
}

#[test]
fn statuses_only_move_a_message_forward() {
    let world = TestWorld::new();
    let sent = json_of(&send(&world));
    let id = sent["id"].as_str().unwrap().to_owned();
    let message_sid = sent["sid"].as_str().unwrap().to_owned();
    let report = |status: &str| {
        let mut form = message(&message_sid, "");
        form.push(("MessageStatus", status));
        let response = world.webhook(&format!("/webhooks/sms/status?m={id}"), &form);
        assert_eq!(response.status, 204, "{}", response.body);
        let now = json_of(&world.api("GET", &format!("/v1/messages/{id}"), None));
        now["status"].as_str().unwrap().to_owned()
    };
    for (reported, expected) in [
        ("sent", "sent"),
        ("queued", "sent"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("sending", "delivered"),
        ("sent", "delivered"),
        ("delivered", "delivered"),
        ("a-new-one", "delivered"),
        ("read", "read"),
        ("delivered", "read"),
    ] {
        assert_eq!(report(reported), expected, "{reported}");
    }
    let now = json_of(&world.api("GET", &format!("/v1/messages/{id}"), None));
    let events: Vec<_> = now["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event"].clone())
        .collect();
    assert_eq!(
        events,
        ["accepted", "post", "queued", "sent", "delivered", "read"]
    );
}

#[test]
fn a_status_that_tells_of_an_opt_out_is_learned() {
    let world = TestWorld::new();
    let sent = json_of(&send(&world));
    let id = sent["id"].as_str().unwrap();
    let mut form = message(sent["sid"].as_str().unwrap(), "");
    form.extend([("MessageStatus", "failed"), ("ErrorCode", "21610")]);
    let target = format!("/webhooks/sms/status?m={id}");
    assert_eq!(world.webhook(&target, &form).status, 204);
    assert_eq!(send(&world).status, 409);
}

#[test]
fn faults_in_a_request_come_back_all_at_once_and_nothing_is_asked() {
    let world = TestWorld::new();
    let body = json!({"to": "4155550100", "body": "x".repeat(1_601), "media_urls": ["ftp://x"], "colour": 1});
    let response = world.api("POST", "/v1/messages", Some(&body));
    assert_eq!(response.status, 400);
    let mut found = pointers(&json_of(&response));
    found.sort();
    assert_eq!(
        found,
        ["/body", "/colour", "/media_urls/0", "/to"],
        "{}",
        response.body
    );
    assert_eq!(*world.asked.borrow(), []);
}
