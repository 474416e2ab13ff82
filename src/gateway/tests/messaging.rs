//! Messaging from the API to Twilio and back to the application: what is refused and how,
//! chains, events, lists, figures, lists of consents.

use serde_json::{Value, json};

use super::{message, ok, pointers};
use crate::gateway::http::Response;
use crate::gateway::testing::{PERSON, TestRequest, TestWorld, US, json_of};
use crate::objects::Object;
use crate::time::{DAY, HOUR, MINUTE, SECOND};

const APPLICATION: [(&str, &str); 2] = [
    ("EVENTS_URL", "https://app.example/hook"),
    ("EVENTS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
];
const OUR_WHATSAPP: &str = "whatsapp:+14155238886";

fn sid(number: u32) -> String {
    format!("SM{number:032x}")
}

fn post(world: &TestWorld, body: &Value) -> Response {
    world.api("POST", "/v1/messages", Some(body))
}

fn get(world: &TestWorld, target: &str) -> Value {
    let response = world.api("GET", target, None);
    assert_eq!(response.status, 200, "{target}: {}", response.body);
    json_of(&response)
}

#[track_caller]
fn accepted(response: &Response) -> Value {
    assert_eq!(response.status, 202, "{}", response.body);
    json_of(response)
}

#[track_caller]
fn refused(response: &Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status, status, "{}", response.body);
    let problem = json_of(response);
    assert_eq!(problem["code"], code);
    problem
}

/// Twilio reports a status for a message that the API gave.
fn report(world: &TestWorld, sent: &Value, status: &str, code: Option<&str>) {
    let id = sent["id"].as_str().unwrap();
    let now = get(world, &format!("/v1/messages/{id}"));
    let sid = now["sid"].as_str().unwrap().to_owned();
    let attempt = now["attempt"].as_u64().unwrap();
    let mark = if attempt > 1 {
        format!("&a={attempt}")
    } else {
        String::new()
    };
    let mut form = vec![
        ("MessageSid", sid.as_str()),
        ("AccountSid", crate::gateway::testing::ACCOUNT),
        ("MessageStatus", status),
        ("From", US),
        ("To", PERSON),
    ];
    form.extend(code.map(|code| ("ErrorCode", code)));
    let response = world.webhook(&format!("/webhooks/sms/status?m={id}{mark}"), &form);
    assert_eq!(response.status, 204);
}

fn whatsapp_says(world: &TestWorld, number: u32, more: &[(&str, &str)]) {
    let sid = sid(number);
    let mut form = message(&sid, "hello");
    form.retain(|(name, _)| !["From", "To"].contains(name));
    form.extend([("From", "whatsapp:+14155550100"), ("To", OUR_WHATSAPP)]);
    form.retain(|(name, _)| !more.iter().any(|(own, _)| own == name));
    form.extend(more);
    ok(world.webhook("/webhooks/whatsapp", &form));
}

fn kinds(world: &TestWorld) -> Vec<String> {
    let notified = world.notified.borrow();
    let bodies = notified.iter();
    bodies
        .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap())
        .map(|body| body["type"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_field_at_fault_is_named_at_once_and_unknown_ones_by_name() {
    let world = TestWorld::new();
    let response = post(
        &world,
        &json!({
            "to": PERSON, "channel": "fax", "body": "x", "media_urls": ["ftp://a"],
            "template": {"content_sid": "HX1", "variables": {"1": ""}, "colour": "red"},
            "kind": "spam", "scheduled_at": "soon", "give_up_after": 0, "sender": "nobody",
            "supersede_key": "", "fallback": [{"channel": "smoke"}, 7], "bodyy": "x",
        }),
    );
    let mut found = pointers(&refused(&response, 400, "invalid"));
    found.sort();
    found.dedup();
    assert_eq!(
        found,
        [
            "/bodyy",
            "/channel",
            "/fallback/0/channel",
            "/fallback/1",
            "/give_up_after",
            "/kind",
            "/media_urls/0",
            "/scheduled_at",
            "/sender",
            "/supersede_key",
            "/template/colour",
            "/template/content_sid",
            "/template/variables",
        ]
    );
    assert_eq!(world.twilio_requests().len(), 0);
}

#[test]
fn the_channel_follows_the_address_or_the_wish_and_media_follow_the_channel() {
    let world = TestWorld::with(&[("TWILIO_WHATSAPP_NUMBER", OUR_WHATSAPP)]);
    whatsapp_says(&world, 1, &[]);
    let sent = accepted(&post(
        &world,
        &json!({"to": PERSON, "channel": "whatsapp", "body": "hi"}),
    ));
    assert_eq!(
        (&sent["to"], &sent["from"], &sent["channel"]),
        (
            &json!("whatsapp:+14155550100"),
            &json!(OUR_WHATSAPP),
            &json!("whatsapp")
        )
    );
    let two = json!(["https://a.example/1.jpg", "https://a.example/2.jpg"]);
    let whatsapp = post(
        &world,
        &json!({"to": "whatsapp:+14155550100", "media_urls": two}),
    );
    refused(&whatsapp, 400, "invalid");
    accepted(&post(&world, &json!({"to": PERSON, "media_urls": two})));
    let eleven: Vec<_> = (0..11)
        .map(|n| format!("https://a.example/{n}.jpg"))
        .collect();
    refused(
        &post(&world, &json!({"to": PERSON, "media_urls": eleven})),
        400,
        "invalid",
    );
    refused(
        &post(&world, &json!({"to": "client:ada", "body": "hi"})),
        400,
        "invalid",
    );
}

#[test]
fn a_closed_window_is_a_409_that_says_when_it_closed() {
    let world = TestWorld::with(&[("TWILIO_WHATSAPP_NUMBER", OUR_WHATSAPP)]);
    let body = json!({"to": "whatsapp:+14155550100", "body": "hi"});
    let never = refused(&post(&world, &body), 409, "window_closed");
    assert_eq!(never["closed_at"], Value::Null);
    whatsapp_says(&world, 1, &[]);
    accepted(&post(&world, &body));
    world.advance(DAY);
    let closed = refused(&post(&world, &body), 409, "window_closed");
    assert_eq!(closed["closed_at"], "2026-11-25T09:28:00.020Z");
    let hx = format!("HX{:032}", 1);
    let templated = json!({
        "to": "whatsapp:+14155550100", "body": "hi",
        "template": {"content_sid": hx, "variables": {"1": "Ada"}},
    });
    let sent = accepted(&post(&world, &templated));
    assert_eq!(sent["content_sid"], hx);
}

#[test]
fn what_meta_does_not_deliver_is_refused_before_twilio_is_asked() {
    let world = TestWorld::with(&[("TWILIO_WHATSAPP_NUMBER", OUR_WHATSAPP)]);
    let hx = format!("HX{:032}", 1);
    for (to, category) in [
        ("whatsapp:+14155550100", "marketing"),
        ("whatsapp:US.abc123", "authentication"),
    ] {
        let body = json!({"to": to, "template": {"content_sid": hx, "category": category}});
        refused(&post(&world, &body), 409, "unreachable");
    }
    assert_eq!(world.twilio_requests().len(), 0);
}

#[test]
fn a_configured_sender_brings_its_number_brand_and_policy() {
    let world = TestWorld::new();
    let profile = json!({
        "address": "+15005550007", "brand": "Acme", "smart_encoding": true,
        "lint": {"refuse": ["url_shortener"]}, "hosts": ["acme.example"],
    });
    ok(world.api("PUT", "/v1/senders/shop", Some(&profile)));
    assert_eq!(get(&world, "/v1/senders/shop")["brand"], "Acme");
    assert_eq!(get(&world, "/v1/senders")["senders"][0]["name"], "shop");
    let sent = accepted(&post(
        &world,
        &json!({"to": PERSON, "sender": "shop", "body": "Your parcel \u{2013} it\u{2019}s here"}),
    ));
    assert_eq!(sent["from"], "+15005550007");
    assert_eq!(sent["body"], "Your parcel - it's here");
    assert_eq!(sent["segments"]["encoding"], "GSM-7");
    assert_eq!(sent["warnings"][0]["rule"], "missing_sender_name");
    let shortened = json!({"to": PERSON, "sender": "shop", "body": "Acme: https://bit.ly/x"});
    let problem = refused(&post(&world, &shortened), 422, "lint_refused");
    assert_eq!(problem["findings"][0]["rule"], "url_shortener");
    let bad = world.api("PUT", "/v1/senders/shop", Some(&json!({"adress": "+1"})));
    assert_eq!(
        pointers(&refused(&bad, 400, "invalid")),
        ["/address", "/adress"]
    );
}

#[test]
fn the_lint_says_what_a_text_costs_and_which_characters_make_it_so() {
    let world = TestWorld::new();
    let response = world.api(
        "POST",
        "/v1/lint",
        Some(&json!({"body": "It\u{2019}s here", "kind": "marketing"})),
    );
    let answer: Value = serde_json::from_str(&ok(response)).unwrap();
    assert_eq!(answer["segments"]["encoding"], "UCS-2");
    assert_eq!(answer["segments"]["forced_by"][0]["replacement"], "'");
    let rules: Vec<_> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"missing_opt_out"), "{rules:?}");
    assert_eq!(world.twilio_requests().len(), 0);
}

#[test]
fn media_have_links_of_ours_that_expire_and_cannot_be_made_up() {
    let world = TestWorld::new();
    let url = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1";
    let sid = sid(1);
    let mut form = message(&sid, "look");
    form.extend([("MediaUrl0", url), ("MediaContentType0", "image/png")]);
    ok(world.webhook("/webhooks/sms/incoming", &form));
    let list = get(&world, "/v1/messages?contact=%2B14155550100");
    let id = list["messages"][0]["id"].as_str().unwrap();
    let medium = get(&world, &format!("/v1/messages/{id}"))["media"][0].clone();
    assert_eq!(medium["content_type"], "image/png");
    let link = medium["url"].as_str().unwrap();
    let target = link.strip_prefix(crate::gateway::testing::BASE).unwrap();
    // Whoever has the link may follow it: no key.
    let followed = world.send(&TestRequest::new("GET", target));
    let relay = followed.relay.expect("a relay");
    assert_eq!(relay.url, url);
    assert!(relay.authorization.is_some());
    for forged in [
        target.replace("/0?", "/1?"),
        target.replace("expires=1", "expires=2"),
        target.replace("signature=", "signature=A"),
        target.split('?').next().unwrap().to_owned(),
    ] {
        let answer = world.send(&TestRequest::new("GET", &forged));
        assert_eq!((answer.status, answer.relay), (404, None), "{forged}");
    }
    world.advance(3 * DAY);
    assert_eq!(world.send(&TestRequest::new("GET", target)).status, 404);
}

#[test]
fn a_message_can_be_scheduled_and_cancelled_and_once_gone_not_any_more() {
    let world = TestWorld::new();
    let at = crate::time::rfc3339(crate::ports::Clock::now(&world) + HOUR);
    let body = json!({"to": PERSON, "body": "hi", "scheduled_at": at});
    let sent = accepted(&post(&world, &body));
    assert_eq!(
        (&sent["status"], &sent["scheduled_at"]),
        (&json!("scheduled"), &json!(at))
    );
    let id = sent["id"].as_str().unwrap();
    let cancel = format!("/v1/messages/{id}/cancel");
    let cancelled: Value = serde_json::from_str(&ok(world.api("POST", &cancel, None))).unwrap();
    assert_eq!(cancelled["status"], "canceled");
    refused(&world.api("POST", &cancel, None), 409, "wrong_state");
    world.advance(2 * HOUR);
    world.settle();
    assert_eq!(world.twilio_requests().len(), 0);
    let early = crate::time::rfc3339(crate::ports::Clock::now(&world) + 10 * MINUTE);
    let body = json!({"to": PERSON, "body": "hi", "scheduled_at": early});
    assert_eq!(
        pointers(&refused(&post(&world, &body), 400, "invalid")),
        ["/scheduled_at"]
    );
}

#[test]
fn a_failure_is_tried_again_in_time_and_the_application_hears_of_each_step() {
    let world = TestWorld::with(&APPLICATION);
    let sent = accepted(&post(&world, &json!({"to": PERSON, "body": "hi"})));
    report(&world, &sent, "undelivered", Some("30003"));
    world.settle();
    let id = sent["id"].as_str().unwrap();
    let waiting = get(&world, &format!("/v1/messages/{id}"));
    assert_eq!(waiting["next_attempt_why"], "transient");
    let last = world.notified.borrow().last().cloned().unwrap();
    let told: Value = serde_json::from_str(&last.1).unwrap();
    assert_eq!(told["data"]["final"], false);
    world.advance(6 * MINUTE + SECOND);
    world.settle();
    assert_eq!(world.twilio_requests().len(), 2);
    report(&world, &sent, "delivered", None);
    world.settle();
    let over = get(&world, &format!("/v1/messages/{id}"));
    assert_eq!(
        (&over["status"], &over["attempt"]),
        (&json!("delivered"), &json!(2))
    );
    assert_eq!(over["earlier_attempts"][0]["code"], 30003);
    let last = world.notified.borrow().last().cloned().unwrap();
    let told: Value = serde_json::from_str(&last.1).unwrap();
    assert_eq!(
        (&told["data"]["final"], &told["data"]["status"]),
        (&json!(true), &json!("delivered"))
    );
}

#[test]
fn events_are_signed_and_come_again_until_they_are_taken_under_one_id() {
    let world = TestWorld::with(&APPLICATION);
    world
        .application
        .borrow_mut()
        .extend([Some(503), None, Some(200)]);
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "hello")));
    world.settle();
    assert_eq!(world.notified.borrow().len(), 1);
    world.advance(10 * SECOND);
    world.settle();
    world.advance(60 * SECOND);
    world.settle();
    let notified = world.notified.borrow().clone();
    assert_eq!(notified.len(), 3);
    let header = |at: usize, name: &str| {
        let (headers, _) = &notified[at];
        let found = headers.iter().find(|(known, _)| *known == name);
        found.unwrap().1.clone()
    };
    assert_eq!(header(0, "webhook-id"), header(2, "webhook-id"));
    assert_ne!(
        header(0, "webhook-timestamp"),
        header(2, "webhook-timestamp")
    );
    assert!(header(0, "webhook-signature").starts_with("v1,"));
    let events = get(&world, "/v1/events");
    let event = &events["events"][0];
    assert_eq!(
        (&event["state"], &event["tries"], &event["answer"]),
        (&json!("delivered"), &json!(3), &json!(200))
    );
    assert_eq!(event["data"]["body"], "hello");
    // Again, because it was asked for.
    let target = format!("/v1/events/{}/replay", event["id"].as_str().unwrap());
    accepted(&world.api("POST", &target, None));
    world.settle();
    assert_eq!(world.notified.borrow().len(), 4);
    let unknown = world.api("POST", "/v1/events/evt_nothing/replay", None);
    refused(&unknown, 404, "not_found");
}

#[test]
fn an_application_that_is_down_for_three_days_loses_nothing_and_one_that_stays_down_is_left() {
    let world = TestWorld::with(&APPLICATION);
    world.application.borrow_mut().extend(vec![None; 1_000]);
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "hello")));
    world.settle();
    for _ in 0..71 {
        world.advance(HOUR);
        world.settle();
    }
    let pending = get(&world, "/v1/events?state=pending");
    assert_eq!(pending["events"].as_array().unwrap().len(), 1);
    let tries = world.notified.borrow().len();
    assert!((12..40).contains(&tries), "{tries} tries in 71 hours");
    for _ in 0..12 {
        world.advance(HOUR);
        world.settle();
    }
    let dead = get(&world, "/v1/events?state=dead");
    assert_eq!(dead["events"].as_array().unwrap().len(), 1);
    // Up again: what is dead can still be had.
    world.application.borrow_mut().clear();
    let id = dead["events"][0]["id"].as_str().unwrap();
    accepted(&world.api("POST", &format!("/v1/events/{id}/replay"), None));
    world.settle();
    assert_eq!(
        get(&world, &format!("/v1/events/{id}"))["state"],
        "delivered"
    );
}

#[test]
fn one_call_to_an_object_and_no_read_of_kv_for_an_inbound_message() {
    let world = TestWorld::with(&APPLICATION);
    // Whether our addresses have flows is read once, and remembered for a while.
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(8), "hello")));
    whatsapp_says(&world, 9, &[]);
    let numbers = [format!("number/{US}"), format!("number/{OUR_WHATSAPP}")];
    assert_eq!(*world.read.borrow(), numbers);
    world.forget();
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "hello")));
    whatsapp_says(&world, 2, &[("ExternalUserId", "whatsapp:US.abc123")]);
    let asked = world.asked.borrow().clone();
    let objects: Vec<_> = asked.iter().map(|asked| asked.object).collect();
    assert_eq!(objects, [Object::Contact, Object::Contact]);
    assert_eq!(*world.read.borrow(), [""; 0]);
}

#[test]
fn a_user_id_that_was_seen_beside_a_number_leads_to_the_same_person() {
    let world = TestWorld::with(&[("TWILIO_WHATSAPP_NUMBER", OUR_WHATSAPP)]);
    whatsapp_says(&world, 1, &[("ExternalUserId", "whatsapp:US.abc123")]);
    world.settle();
    let world = world.another_isolate();
    let user = "whatsapp:US.abc123";
    whatsapp_says(
        &world,
        2,
        &[("From", user), ("Body", "stop"), ("ExternalUserId", user)],
    );
    refused(
        &post(&world, &json!({"to": PERSON, "body": "hi"})),
        409,
        "opted_out",
    );
    let contact = get(&world, "/v1/contacts/whatsapp:US.abc123");
    assert_eq!(contact["aliases"], json!([user]));
    assert_eq!(contact["opted_out"], true);
}

#[test]
fn a_stop_of_a_user_id_that_came_before_its_number_was_known_is_kept() {
    let world = TestWorld::new();
    let user = "whatsapp:US.abc123";
    whatsapp_says(&world, 1, &[("From", user), ("Body", "stop")]);
    world.advance(SECOND);
    whatsapp_says(&world, 2, &[("ExternalUserId", user)]);
    world.settle();
    refused(
        &post(&world, &json!({"to": PERSON, "body": "hi"})),
        409,
        "opted_out",
    );
}

#[test]
fn messages_are_listed_by_person_sender_status_and_time_with_cursors() {
    let world = TestWorld::new();
    let mut ids = Vec::new();
    for n in 0..5 {
        let to = format!("+1415555010{}", n % 2);
        let sent = accepted(&post(&world, &json!({"to": to, "body": format!("{n}")})));
        ids.push(sent["id"].as_str().unwrap().to_owned());
        if n == 2 {
            world.advance(2 * DAY);
        }
    }
    report(&world, &json!({"id": ids[0]}), "delivered", None);
    world.settle();
    let list = |target: &str| -> (Vec<String>, Option<String>) {
        let page = get(&world, target);
        let found = page["messages"].as_array().unwrap().iter();
        (
            found
                .map(|row| row["id"].as_str().unwrap().to_owned())
                .collect(),
            page["next_cursor"].as_str().map(str::to_owned),
        )
    };
    let mut newest_first = ids.clone();
    newest_first.reverse();
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..20 {
        let (page, next) = list(&format!("/v1/messages?limit=2{cursor}"));
        seen.extend(page);
        let Some(next) = next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, newest_first);
    assert_eq!(list("/v1/messages?status=delivered").0, [ids[0].clone()]);
    assert_eq!(list("/v1/messages?sender=%2B15005550006").0, newest_first);
    assert_eq!(list("/v1/messages?sender=other").0, [""; 0]);
    let of_person = list("/v1/messages?contact=%2B14155550100").0;
    assert_eq!(of_person, [ids[4].clone(), ids[2].clone(), ids[0].clone()]);
    let since = "/v1/messages?since=2026-11-25T00:00:00Z";
    assert_eq!(list(since).0, [ids[4].clone(), ids[3].clone()]);
    let rows = get(&world, "/v1/messages");
    assert_eq!(rows["messages"][0]["to"], "+1•••0100");
    let bad = world.api("GET", "/v1/messages?colour=red&limit=0", None);
    refused(&bad, 400, "invalid");
}

#[test]
fn figures_count_what_ended_and_a_drop_is_told_once() {
    let own = [&APPLICATION[..], &[("ALERT_SAMPLE", "5")]].concat();
    let world = TestWorld::with(&own);
    for n in 0..6 {
        let to = format!("+1415555011{n}");
        let sent = accepted(&post(&world, &json!({"to": to, "body": "hi"})));
        let (status, code) = if n < 4 {
            ("delivered", None)
        } else {
            ("undelivered", Some("30007"))
        };
        report(&world, &sent, status, code);
        world.settle();
    }
    let stats = get(&world, "/v1/senders/%2B15005550006/stats?bucket_minutes=5");
    assert_eq!(
        (&stats["total"]["delivered"], &stats["total"]["failed"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(stats["by_error"]["30007"], 2);
    assert_eq!(stats["by_country"]["US"]["rate_percent"], 66.66);
    assert_eq!(stats["series"].as_array().unwrap().len(), 1);
    let alerts: Vec<_> = kinds(&world)
        .into_iter()
        .filter(|kind| kind == "sender.alert")
        .collect();
    assert_eq!(alerts.len(), 1);
    let attention = kinds(&world)
        .into_iter()
        .filter(|kind| kind == "message.attention");
    assert_eq!(attention.count(), 2, "filtering has to be seen");
}

#[test]
fn a_list_with_three_bad_lines_imports_the_others_and_can_be_exported_again() {
    let world = TestWorld::with(&APPLICATION);
    let mut list = String::from("address,status,scope,at,reason\n");
    for n in 0..100 {
        match n {
            10 => list.push_str("415 555 0100,out,all,,\n"),
            20 => list.push_str("+14155550100,maybe,all,,\n"),
            30 => list.push_str("+14155550100\n"),
            _ => list.push_str(&format!(
                "+1415556{n:04},out,all,2026-01-02T03:04:05Z,list\n"
            )),
        }
    }
    let request = TestRequest::api("POST", "/v1/contacts/import", None);
    let answer = accepted(&world.send(&request.body("text/csv", list.as_bytes())));
    assert_eq!(
        (&answer["imported"], &answer["rejected"]),
        (&json!(97), &json!(3))
    );
    let lines: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [12, 22, 32]);
    world.settle();
    refused(
        &post(&world, &json!({"to": "+14155560007", "body": "hi"})),
        409,
        "opted_out",
    );
    assert_eq!(world.notified.borrow().len(), 0, "no webhook for a list");
    let mut rows = 0;
    let mut cursor = String::new();
    loop {
        let page = world.api("GET", &format!("/v1/contacts?limit=10{cursor}"), None);
        rows += page.body.lines().count();
        let next = page.headers.iter().find(|(name, _)| *name == "next-cursor");
        let Some((_, next)) = next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(rows, 97);
    let csv = world.api("GET", "/v1/contacts?format=csv", None).body;
    assert!(csv.starts_with("address,status,scope,at,source\n"));
    let request = TestRequest::api("POST", "/v1/contacts/import", None);
    let again = accepted(&world.send(&request.body("text/csv", csv.as_bytes())));
    assert_eq!(again["rejected"], 0);
    let other = TestRequest::api("POST", "/v1/contacts/import", Some(&json!({})));
    assert_eq!(world.send(&other).status, 415);
}

#[test]
fn an_erased_person_is_in_no_list_and_still_not_written_to() {
    let world = TestWorld::new();
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid(1), "I am Ada")));
    world.settle();
    let erased = world.api("DELETE", "/v1/contacts/%2B14155550100?block=true", None);
    let erased: Value = serde_json::from_str(&ok(erased)).unwrap();
    assert_eq!(
        (&erased["deleted"], &erased["blocked"]),
        (&json!(1), &json!(true))
    );
    world.settle();
    assert_eq!(get(&world, "/v1/events")["events"], json!([]));
    assert_eq!(world.api("GET", "/v1/contacts", None).body, "");
    refused(
        &post(&world, &json!({"to": PERSON, "body": "hi"})),
        409,
        "opted_out",
    );
}

#[test]
fn consent_by_hand_has_a_scope_and_what_it_leaves_open_stays_open() {
    let world = TestWorld::new();
    let put =
        json!({"opted_out": true, "reason": "asked on the phone", "scope": "sender:+15005550007"});
    ok(world.api("PUT", "/v1/contacts/%2B14155550100", Some(&put)));
    accepted(&post(&world, &json!({"to": PERSON, "body": "hi"})));
    let other = json!({"to": PERSON, "body": "hi", "from": "+15005550007"});
    let problem = refused(&post(&world, &other), 409, "opted_out");
    assert_eq!(problem["scope"], "sender:+15005550007");
    let bad = json!({"opted_out": "yes", "scope": "everything", "at": "2999-01-01T00:00:00Z"});
    let response = world.api("PUT", "/v1/contacts/%2B14155550100", Some(&bad));
    let mut found = pointers(&refused(&response, 400, "invalid"));
    found.sort();
    found.dedup();
    assert_eq!(found, ["/at", "/opted_out", "/reason", "/scope"]);
}

#[test]
fn whatsapp_extras_reach_the_application_typed() {
    let world = TestWorld::with(&APPLICATION);
    whatsapp_says(
        &world,
        1,
        &[
            ("ButtonText", "Yes, please"),
            ("ButtonPayload", "confirm"),
            ("Latitude", "37.77"),
            ("Longitude", "-122.41"),
            ("MessageType", "button"),
            ("ReferralSourceId", "ad-1"),
            ("OriginalRepliedMessageSid", &sid(9)),
        ],
    );
    world.settle();
    let (_, body) = world.notified.borrow()[0].clone();
    let told: Value = serde_json::from_str(&body).unwrap();
    let details = &told["data"]["details"];
    assert_eq!(details["button"]["payload"], "confirm");
    assert_eq!(details["location"]["latitude"], 37.77);
    assert_eq!(details["referral"]["source_id"], "ad-1");
    assert_eq!(details["replied_to"]["sid"], sid(9));
}
