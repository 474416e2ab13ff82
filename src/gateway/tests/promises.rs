//! What messages get besides being sent: typing, a look at their media, figures by kind of
//! line, and, in the end, to be forgotten.

use serde_json::{Value, json};

use super::{message, ok, pointers};
use crate::gateway::http::Response;
use crate::gateway::testing::{PERSON, TestWorld, json_of};
use crate::objects::Object;
use crate::ports::Clock as _;
use crate::time::{DAY, SECOND};

const OUR_WHATSAPP: &str = "whatsapp:+14155238886";

fn sid(number: u32) -> String {
    format!("SM{number:032x}")
}

fn post(world: &TestWorld, body: &Value) -> Response {
    world.api("POST", "/v1/messages", Some(body))
}

fn whatsapp_says(world: &TestWorld) -> Response {
    let sid = sid(1);
    let mut form = message(&sid, "hello");
    form.retain(|(name, _)| !["From", "To"].contains(name));
    form.extend([("From", "whatsapp:+14155550100"), ("To", OUR_WHATSAPP)]);
    world.webhook("/webhooks/whatsapp", &form)
}

fn typings(world: &TestWorld) -> usize {
    let requests = world.twilio_requests();
    let shown = requests
        .iter()
        .filter(|request| request.url.ends_with("/v2/Indicators/Typing.json"));
    shown.count()
}

#[test]
fn typing_is_shown_while_an_answer_takes_long_and_only_then() {
    let world = TestWorld::new();
    ok(whatsapp_says(&world));
    assert_eq!(typings(&world), 0, "an answer that is there at once");

    let world = TestWorld::new();
    world.next_is_slow.set(true);
    world.twilio_answers(200, "");
    let before = world.now();
    ok(whatsapp_says(&world));
    assert_eq!(typings(&world), 1);
    assert!(
        world.now() >= before + SECOND,
        "after a second, not at once"
    );
    assert_eq!(world.logged("typing.not_shown"), None);

    let world = TestWorld::new();
    world.next_is_slow.set(true);
    world.twilio_answers(500, "");
    ok(whatsapp_says(&world));
    assert!(
        world.logged("typing.not_shown").is_some(),
        "and the answer came all the same"
    );
    let list = json_of(&world.api("GET", "/v1/messages?contact=%2B14155550100", None));
    assert_eq!(list["messages"][0]["body"], "hello");

    let world = TestWorld::with(&[("TYPING_AFTER_MS", "0")]);
    world.next_is_slow.set(true);
    ok(whatsapp_says(&world));
    assert_eq!(typings(&world), 0);

    let world = TestWorld::new();
    world.next_is_slow.set(true);
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(2), "hello")));
    assert_eq!(typings(&world), 0, "an SMS knows no typing");
}

#[test]
fn media_that_the_channel_would_not_take_are_refused_before_twilio_is_asked() {
    let mib = 1_024 * 1_024;
    let world = TestWorld::new();
    *world.media.borrow_mut() = vec![
        ("/large.png", "image/png", 5 * mib + 1),
        ("/four.png", "image/png", 4 * mib),
        ("/login", "text/html; charset=utf-8", 100),
        ("/song", "audio/ogg", mib),
    ];
    let links = |names: &[&str]| -> Vec<String> {
        names
            .iter()
            .map(|name| format!("https://a.example/{name}"))
            .collect()
    };
    let refused = post(
        &world,
        &json!({"to": PERSON, "media_urls": links(&["large.png", "four.png", "login", "song"])}),
    );
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(
        pointers(&json_of(&refused)),
        [
            "/media_urls/0",
            "/media_urls/2",
            "/media_urls/3",
            "/media_urls"
        ]
    );
    let two = post(
        &world,
        &json!({"to": PERSON, "media_urls": links(&["four.png", "four.png?b=/four.png"])}),
    );
    assert_eq!(pointers(&json_of(&two)), ["/media_urls"], "together");
    assert_eq!(world.twilio_requests().len(), 0);
    let unknown = json!({"to": PERSON, "media_urls": links(&["four.png", "nobody-knows.png"])});
    assert_eq!(post(&world, &unknown).status, 202);

    let world = TestWorld::with(&[("MEDIA_CHECK", "0")]);
    *world.media.borrow_mut() = vec![("/large.png", "image/png", 5 * mib + 1)];
    let unasked = json!({"to": PERSON, "media_urls": links(&["large.png"])});
    assert_eq!(post(&world, &unasked).status, 202);
}

#[test]
fn figures_are_told_apart_by_the_kind_of_line_that_the_application_names() {
    let world = TestWorld::new();
    for line in [Some("mobile"), None] {
        world.advance(1_000);
        let mut wish = json!({"to": PERSON, "body": "hi"});
        if let Some(line) = line {
            wish["line_type"] = json!(line);
        }
        let sent = json_of(&post(&world, &wish));
        let form = [
            ("MessageSid", sent["sid"].as_str().unwrap()),
            ("AccountSid", crate::gateway::testing::ACCOUNT),
            ("MessageStatus", "delivered"),
            ("To", PERSON),
        ];
        let target = format!("/webhooks/sms/status?m={}", sent["id"].as_str().unwrap());
        assert_eq!(world.webhook(&target, &form).status, 204);
    }
    world.settle();
    let stats = json_of(&world.api("GET", "/v1/senders/%2B15005550006/stats", None));
    assert_eq!(stats["by_line_type"]["mobile"]["delivered"], 1);
    assert_eq!(stats["by_line_type"]["unknown"]["delivered"], 1);
    let odd = post(
        &world,
        &json!({"to": PERSON, "body": "hi", "line_type": "fax"}),
    );
    assert_eq!(pointers(&json_of(&odd)), ["/line_type"]);
}

#[test]
fn a_doubtful_text_is_shown_with_the_person_and_refuses_marketing() {
    let world = TestWorld::new();
    let text = "please stop texting me so early in the morning";
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), text)));
    let person = json_of(&world.api("GET", "/v1/contacts/%2B14155550100", None));
    assert_eq!(person["opted_out"], false);
    assert!(
        person["revocation_suspected"]["confidence"].is_u64(),
        "{person}"
    );
    let wish = json!({"to": PERSON, "body": "Sale!", "kind": "marketing"});
    let refused = post(&world, &wish);
    assert_eq!(
        (refused.status, json_of(&refused)["code"].as_str().unwrap()),
        (409, "revocation_suspected")
    );
    let decided = json!({"opted_out": false, "reason": "only not before nine"});
    ok(world.api("PUT", "/v1/contacts/%2B14155550100", Some(&decided)));
    assert_eq!(post(&world, &wish).status, 202);
}

/// Days later, nothing that an object keeps says who it was: no number, no text, and no name
/// that a guess at the number would lead to.
#[test]
fn of_an_erased_person_a_keyed_hash_is_left_and_it_blocks() {
    let world = TestWorld::with(&[("ERASURE_KEY", "a key of our own")]);
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "I am Ada")));
    let sent = json_of(&post(&world, &json!({"to": PERSON, "body": "Hello Ada"})));
    assert!(sent["sid"].is_string());
    world.settle();
    world.advance(20 * DAY);
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(2), "STOP")));
    world.settle();
    world.advance(DAY);
    let erased = world.api("DELETE", "/v1/contacts/%2B14155550100", None);
    assert_eq!(json_of(&erased)["blocked"], true);
    world.settle();
    let refused = post(&world, &json!({"to": PERSON, "body": "hi"}));
    assert_eq!(json_of(&refused)["code"], "opted_out");
    let person = json_of(&world.api("GET", "/v1/contacts/%2B14155550100", None));
    let left = person["history"][0]["evidence"]["text"].as_str().unwrap();
    assert!(left.starts_with("hmac-sha256:"), "{person}");

    let other = TestWorld::with(&[("ERASURE_KEY", "another key")]);
    ok(other.api("DELETE", "/v1/contacts/%2B14155550100?block=true", None));
    let person = json_of(&other.api("GET", "/v1/contacts/%2B14155550100", None));
    assert_ne!(
        person["history"][0]["evidence"]["text"], left,
        "the key matters"
    );

    let list = json_of(&world.api("GET", "/v1/messages", None));
    assert_eq!(list["messages"], json!([]));
    let name = crate::objects::id::ContactName::of(PERSON);
    for (table, rows) in world.rows_of(&[Object::Contact, Object::Ledger]) {
        if ["gone", "counted"].contains(&table.as_str()) {
            continue; // for four and seven days: see docs/messaging.md
        }
        for private in ["4155550100", "Ada", name.as_str()] {
            assert!(!rows.contains(private), "{table} holds {private}: {rows}");
        }
    }
}

#[test]
fn a_stop_and_a_start_are_both_in_the_export() {
    let world = TestWorld::new();
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "STOP")));
    world.settle();
    let row = |world: &TestWorld| -> Value {
        let export = world.api("GET", "/v1/contacts", None).body;
        assert_eq!(export.lines().count(), 1, "{export}");
        serde_json::from_str(&export).unwrap()
    };
    let out = row(&world);
    assert_eq!(
        (&out["address"], &out["status"]),
        (&json!(PERSON), &json!("out"))
    );
    assert_eq!(
        (&out["scope"], &out["source"]),
        (&json!("all"), &json!("keyword"))
    );
    world.advance(DAY);
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(2), "START")));
    world.settle();
    assert_eq!(row(&world)["status"], "in");
}

#[test]
fn an_application_that_says_gone_is_not_told_again() {
    let world = TestWorld::with(&[
        ("EVENTS_URL", "https://app.example/hook"),
        ("EVENTS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ]);
    world.application.borrow_mut().push_back(Some(410));
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "hello")));
    for _ in 0..5 {
        world.settle();
        world.advance(DAY / 4);
    }
    assert_eq!(world.notified.borrow().len(), 1);
    let events = json_of(&world.api("GET", "/v1/events?state=dead", None));
    assert_eq!(events["events"][0]["answer"], 410);
}

/// Every field of every request about messages and persons that can be wrong, wrong.
#[test]
fn each_field_that_is_wrong_has_its_pointer_and_its_limit() {
    let world = TestWorld::new();
    let long = "x".repeat(1_601);
    let links: Vec<String> = (0..11)
        .map(|n| format!("https://a.example/{n}.png"))
        .collect();
    for (method, target, body, pointer, limit) in [
        (
            "POST",
            "/v1/messages",
            json!({"body": "x"}),
            "/to",
            "required",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": "4155550100", "body": "x"}),
            "/to",
            "E.164",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON}),
            "/body",
            "required",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": long}),
            "/body",
            "1600",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "media_urls": links}),
            "/media_urls",
            "10",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "from": "x@y"}),
            "/from",
            "",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "messaging_service_sid": "MG1"}),
            "/messaging_service_sid",
            "",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "scheduled_at": "2026-11-24T09:40:00Z"}),
            "/scheduled_at",
            "15 minutes to 35 days",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "give_up_after": 4_000_000}),
            "/give_up_after",
            "3024000",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "supersede_key": "k".repeat(129)}),
            "/supersede_key",
            "128",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "fallback": vec![json!({}); 6]}),
            "/fallback",
            "5",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "fallback": [{"channel": "voice", "voice": "anna"}]}),
            "/fallback/0/voice",
            "not a field",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "smart_encoding": "yes"}),
            "/smart_encoding",
            "true or false",
        ),
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "x", "text": 1}),
            "/text",
            "not a field",
        ),
        ("POST", "/v1/lint", json!({"body": 7}), "/body", "string"),
        (
            "POST",
            "/v1/lint",
            json!({"body": "x", "kin": "otp"}),
            "/kin",
            "not a field",
        ),
        (
            "PUT",
            "/v1/contacts/%2B14155550100",
            json!({"opted_out": true, "reason": "r", "scope": "channel:fax"}),
            "/scope",
            "channel:NAME",
        ),
        (
            "PUT",
            "/v1/contacts/%2B14155550100",
            json!({"opted_out": true, "reason": "r", "source": "rumour"}),
            "/source",
            "api or console",
        ),
        (
            "PUT",
            "/v1/contacts/%2B14155550100",
            json!({"opted_out": true, "reason": "r", "since": "now"}),
            "/since",
            "not a field",
        ),
        (
            "PUT",
            "/v1/senders/shop",
            json!({"address": "+15005550006", "segments_per_second": 0}),
            "/segments_per_second",
            "1 to 10000",
        ),
        (
            "PUT",
            "/v1/senders/shop",
            json!({"address": "+15005550006", "colour": "red"}),
            "/colour",
            "not a field",
        ),
    ] {
        let refused = world.api(method, target, Some(&body));
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
        let problem = json_of(&refused);
        assert_eq!(pointers(&problem), [pointer], "{body}");
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(
            detail.contains(limit),
            "{pointer}: {detail:?} does not say {limit:?}"
        );
    }
    for (target, name) in [
        ("/v1/messages?limit=201", "limit"),
        ("/v1/messages?since=yesterday", "since"),
        ("/v1/messages?cursor=x", "cursor"),
        ("/v1/messages?to=me", "to"),
        ("/v1/contacts?format=xml", "format"),
        ("/v1/contacts?limit=0", "limit"),
        ("/v1/events?state=lost", "state"),
        ("/v1/senders/shop/stats?bucket_minutes=7", "bucket_minutes"),
    ] {
        let refused = world.api("GET", target, None);
        assert_eq!(refused.status, 400, "{target}: {}", refused.body);
        let pointers = pointers(&json_of(&refused));
        assert!(pointers[0].ends_with(name), "{target}: {pointers:?}");
    }
    assert_eq!(world.twilio_requests().len(), 0);
}

const MAIL: [(&str, &str); 2] = [
    ("MAIL_BINDING", "EMAIL"),
    ("MAIL_FROM", "desk@shop.example"),
];
const ADA: &str = "ada@example.com";

/// A text that Twilio refuses, with a mail behind it; what the person's object came to.
fn with_mail(world: &TestWorld, to: &str) -> Value {
    world.twilio_answers(400, r#"{"code":21614,"message":"m","status":400}"#);
    let wish = json!({"to": to, "body": "Your order", "fallback": [{"to": ADA}]});
    let sent = post(world, &wish);
    if sent.status != 202 {
        return json_of(&sent);
    }
    let id = json_of(&sent)["id"].as_str().unwrap().to_owned();
    world.settle();
    json_of(&world.api("GET", &format!("/v1/messages/{id}"), None))
}

fn opts_out(world: &TestWorld, address: &str, scope: &str) {
    let put = json!({"opted_out": true, "reason": "unsubscribed", "scope": scope});
    ok(world.api("PUT", &format!("/v1/contacts/{address}"), Some(&put)));
}

#[test]
fn who_unsubscribed_by_mail_gets_none_whatever_it_is_the_last_of() {
    let world = TestWorld::with(&MAIL);
    let mailed = with_mail(&world, PERSON);
    assert_eq!(
        (&mailed["channel"], &mailed["status"]),
        (&json!("email"), &json!("sent"))
    );
    // The address leads to the person from now on.
    opts_out(&world, ADA, "channel:email");
    let person = json_of(&world.api("GET", "/v1/contacts/%2B14155550100", None));
    assert_eq!(person["history"][0]["scope"], "channel:email");
    assert_eq!(person["aliases"], json!([ADA]));
    let not = with_mail(&world, PERSON);
    assert_ne!(not["channel"], "email", "{not}");
    assert_eq!(not["error"]["code"], 21614, "the text itself went out");

    // The same, said before anybody knew whose address it is.
    let world = TestWorld::with(&MAIL);
    opts_out(&world, ADA, "all");
    let refused = with_mail(&world, PERSON);
    assert_eq!(
        refused["code"], "opted_out",
        "one person, however they said it"
    );
}

#[test]
fn a_mail_address_of_two_people_is_not_written_to_when_one_of_them_has_enough_of_it() {
    let world = TestWorld::with(&MAIL);
    with_mail(&world, PERSON);
    assert_eq!(with_mail(&world, "+14155550101")["channel"], "email");
    // It is still the first one's.
    opts_out(&world, ADA, "all");
    let first = json_of(&world.api("GET", "/v1/contacts/%2B14155550100", None));
    assert_eq!(first["opted_out"], true);
    let other = with_mail(&world, "+14155550101");
    assert_eq!(
        other["channel"], "sms",
        "the text is for the other one: {other}"
    );
    assert_eq!(other["error"]["code"], 21614);
    let person = json_of(&world.api("GET", "/v1/contacts/%2B14155550101", None));
    assert_eq!(person["opted_out"], false);
    assert_eq!(person["history"][0]["scope"], "channel:email");
}

#[test]
fn of_an_erased_person_no_other_address_is_left_either() {
    let world = TestWorld::with(&MAIL);
    with_mail(&world, PERSON);
    assert_eq!(world.keys().len(), 1);
    ok(world.api("DELETE", "/v1/contacts/%2B14155550100", None));
    world.settle();
    assert_eq!(world.keys(), [""; 0]);
}

#[test]
fn one_persons_messages_are_listed_by_every_filter() {
    let world = TestWorld::new();
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "hello")));
    world.advance(DAY);
    assert_eq!(
        post(&world, &json!({"to": PERSON, "body": "hi"})).status,
        202
    );
    let yesterday = "2026-11-25T00:00:00Z";
    let count = |more: &str| {
        let target = format!("/v1/messages?contact=%2B14155550100{more}");
        let list = json_of(&world.api("GET", &target, None));
        list["messages"].as_array().unwrap().len()
    };
    assert_eq!(count(""), 2);
    for (filter, found) in [
        ("&direction=inbound", 1),
        ("&direction=outbound", 1),
        ("&status=received", 1),
        ("&status=failed", 0),
        ("&sender=%2B15005550006", 1),
        ("&sender=%2B15005550007", 0),
    ] {
        assert_eq!(count(filter), found, "{filter}");
    }
    assert_eq!(count(&format!("&since={yesterday}")), 1);
    assert_eq!(count(&format!("&until={yesterday}")), 1);
    assert_eq!(count(&format!("&until={yesterday}&direction=outbound")), 0);
}

#[test]
fn a_sender_is_shown_with_the_kind_that_follows_from_its_address() {
    let world = TestWorld::new();
    for (address, kind) in [
        ("+15005550006", "long_code"),
        ("+18885550100", "toll_free"),
        ("12345", "short_code"),
        (OUR_WHATSAPP, "whatsapp"),
    ] {
        let limits = json!({"address": address, "segments_per_second": 3, "daily_cap": 2_000});
        ok(world.api("PUT", "/v1/senders/shop", Some(&limits)));
        let shown = json_of(&world.api("GET", "/v1/senders/shop", None));
        assert_eq!(
            (
                &shown["kind"],
                &shown["segments_per_second"],
                &shown["daily_cap"]
            ),
            (&json!(kind), &json!(3), &json!(2_000))
        );
    }
}
