//! Gap recovery over a whole deployment: what Twilio's lists hold and no webhook brought.

use serde_json::{Value, json};

use super::{message, ok};
use crate::gateway::testing::{ACCOUNT, PERSON, TestRequest, TestWorld, US, json_of};
use crate::objects::id::short_hash;
use crate::ports::{Clock as _, Millis};
use crate::time::{HOUR, MINUTE, SECOND};

const OUR_WHATSAPP: &str = "whatsapp:+14155238886";

fn world() -> TestWorld {
    TestWorld::with(&[
        ("HOOKSWITCH_TEST_ROUTES", "1"),
        ("TWILIO_WHATSAPP_NUMBER", OUR_WHATSAPP),
    ])
}

fn date(at: Millis) -> String {
    chrono::DateTime::from_timestamp_millis(at)
        .unwrap()
        .to_rfc2822()
}

/// A message as Twilio's list has it, made so long ago.
fn listed(world: &TestWorld, ago: Millis, more: Value) -> Value {
    let mut entry = json!({
        "sid": "SM00000000000000000000000000000aaa", "direction": "inbound", "status": "received",
        "from": PERSON, "to": US, "body": "Hello", "num_media": "0", "error_code": null,
        "messaging_service_sid": null, "date_created": date(world.now() - ago),
    });
    if let (Some(entry), Value::Object(more)) = (entry.as_object_mut(), more) {
        entry.extend(more);
    }
    entry
}

/// What each track's list holds, in the order in which they are walked.
#[derive(Default)]
struct Lists {
    inbound: Vec<Value>,
    calls: Vec<Value>,
    outbound: Vec<Value>,
}

/// Lets the schedule come round, and what it finds be worked on.
fn sweep(world: &TestWorld, lists: &Lists) {
    let page = |key: &str, entries: &[Value]| json!({ key: entries, "next_page_uri": null });
    for page in [
        page("messages", &lists.inbound),
        page("calls", &lists.calls),
        page("messages", &lists.outbound),
        page("messages", &[]),
        page("calls", &[]),
    ] {
        world.twilio_answers(200, &page.to_string());
    }
    ok(world.send(&TestRequest::post("/__test/sweep")));
    world.settle();
}

fn get(world: &TestWorld, target: &str) -> Value {
    let response = world.api("GET", target, None);
    assert_eq!(response.status, 200, "{target}: {}", response.body);
    json_of(&response)
}

fn found(world: &TestWorld) -> Value {
    get(world, "/v1/gaps")["days"][0]["found"].clone()
}

fn events(world: &TestWorld, kind: &str) -> Vec<Value> {
    let events = get(world, "/v1/events?limit=100")["events"].clone();
    let events = events.as_array().cloned().unwrap_or_default();
    events
        .into_iter()
        .filter(|event| event["type"] == kind)
        .collect()
}

fn send(world: &TestWorld) -> crate::gateway::http::Response {
    let body = json!({"to": PERSON, "body": "Your order has left."});
    world.api("POST", "/v1/messages", Some(&body))
}

#[test]
fn a_stop_that_never_reached_us_is_obeyed_when_it_is_found_and_not_answered() {
    let world = world();
    let stop = listed(&world, 10 * MINUTE, json!({"body": "STOP"}));
    let at = world.now() - 10 * MINUTE;
    let lists = Lists {
        inbound: vec![stop],
        ..Lists::default()
    };
    let before = world.twilio_requests().len();
    sweep(&world, &lists);
    let requests = &world.twilio_requests()[before..];
    assert!(requests.iter().all(|request| request.method == "GET"));

    let refused = send(&world);
    assert_eq!(refused.status, 409, "{}", refused.body);
    let problem = json_of(&refused);
    assert_eq!(problem["code"], "opted_out");
    // Twilio's times have no fraction of a second.
    let second = at - at.rem_euclid(SECOND);
    assert_eq!(problem["opted_out_at"], crate::time::rfc3339(second));
    let target = format!("/v1/messages?contact={PERSON}");
    let kept = get(&world, &target)["messages"][0].clone();
    assert_eq!(kept["created_at"], crate::time::rfc3339(second));
    assert_eq!(kept["details"], json!({"recovered": true}));
    assert_eq!(found(&world)["replayed"], 1);
    assert_eq!(events(&world, "message.received").len(), 1);
    assert_eq!(events(&world, "contact.opted_out").len(), 1);

    // The next sweep tells the loss, and finds nothing twice.
    world.advance(10 * MINUTE);
    sweep(&world, &lists);
    let told = events(&world, "gap.found");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(found(&world)["replayed"], 1);
    assert!(world.logged("gap.found").is_some());
    world.advance(10 * MINUTE);
    sweep(&world, &lists);
    assert_eq!(events(&world, "gap.found").len(), 1);
}

#[test]
fn a_stop_found_late_does_not_undo_the_start_that_came_after_it() {
    let world = world();
    ok(world.webhook(
        "/webhooks/sms/incoming",
        &message("SM00000000000000000000000000000bbb", "START"),
    ));
    let stop = listed(&world, 10 * MINUTE, json!({"body": "STOP"}));
    sweep(
        &world,
        &Lists {
            inbound: vec![stop],
            ..Lists::default()
        },
    );
    assert_eq!(found(&world)["replayed"], 1);
    assert_eq!(send(&world).status, 202);
}

#[test]
fn a_message_that_did_reach_us_is_not_replayed() {
    let world = world();
    let sid = "SM00000000000000000000000000000ccc";
    ok(world.webhook("/webhooks/sms/incoming", &message(sid, "Hello")));
    let same = listed(&world, 5 * MINUTE, json!({ "sid": sid }));
    sweep(
        &world,
        &Lists {
            inbound: vec![same],
            ..Lists::default()
        },
    );
    assert_eq!(get(&world, "/v1/gaps")["days"], json!([]));
    assert_eq!(events(&world, "message.received").len(), 1);
}

#[test]
fn a_window_of_whatsapp_opens_at_the_time_of_the_message_that_was_lost() {
    let world = world();
    let theirs = format!("whatsapp:{PERSON}");
    let text = json!({"to": theirs, "body": "Yes, it is ready."});
    let closed = world.api("POST", "/v1/messages", Some(&text));
    assert_eq!(closed.status, 409, "{}", closed.body);
    let wrote = listed(
        &world,
        23 * HOUR,
        json!({"from": theirs, "to": OUR_WHATSAPP, "body": "Is it ready?"}),
    );
    sweep(
        &world,
        &Lists {
            inbound: vec![wrote],
            ..Lists::default()
        },
    );
    assert_eq!(world.api("POST", "/v1/messages", Some(&text)).status, 202);
    // A day after it was written, not after it was found.
    world.advance(HOUR + MINUTE);
    assert_eq!(world.api("POST", "/v1/messages", Some(&text)).status, 409);
}

#[test]
fn a_last_status_that_never_came_settles_its_message() {
    let world = world();
    let sent = json_of(&send(&world));
    let sid = sent["sid"].as_str().unwrap();
    world.settle();
    world.advance(2 * HOUR);
    let outbound = json!({
        "sid": sid, "direction": "outbound-api", "from": US, "to": PERSON, "status": "undelivered",
        "error_code": 30003, "body": "Your order has left.",
    });
    let listed = listed(&world, 2 * HOUR, outbound);
    let lists = Lists {
        outbound: vec![listed],
        ..Lists::default()
    };
    sweep(&world, &lists);
    assert_eq!(found(&world)["settled"], 1);
    let id = sent["id"].as_str().unwrap();
    let now = get(&world, &format!("/v1/messages/{id}"));
    assert_eq!(now["status"], "undelivered");
    assert_eq!(now["error"]["code"], 30003, "{now}");
    let told = events(&world, "message.status");
    assert!(
        told.iter()
            .any(|event| event["data"]["status"] == "undelivered"),
        "{told:?}"
    );
}

#[test]
fn a_message_that_twilio_holds_for_long_is_told_once_and_a_strangers_is_no_loss() {
    let world = world();
    let sent = json_of(&send(&world));
    world.settle();
    world.advance(2 * HOUR);
    let of = |sid: &str, direction: &str, status: &str| {
        let more = json!({
            "sid": sid, "direction": direction, "from": US, "to": PERSON, "status": status,
        });
        listed(&world, 2 * HOUR, more)
    };
    let lists = Lists {
        outbound: vec![
            of(sent["sid"].as_str().unwrap(), "outbound-api", "queued"),
            of(
                &format!("SM{}", short_hash("x")),
                "outbound-api",
                "delivered",
            ),
            of(
                &format!("SM{}", short_hash("y")),
                "outbound-reply",
                "delivered",
            ),
        ],
        ..Lists::default()
    };
    for _ in 0..2 {
        sweep(&world, &lists);
        world.advance(2 * HOUR);
    }
    let found = found(&world);
    assert_eq!(
        [&found["stuck"], &found["settled"], &found["foreign"]],
        [1, 0, 2]
    );
    let stuck = events(&world, "message.stuck");
    assert_eq!(stuck.len(), 1);
    assert_eq!(stuck[0]["data"]["id"], sent["id"]);
}

#[test]
fn a_call_that_nobody_told_us_of_is_kept_and_told_as_missed() {
    let world = world();
    let call = |sid: &str, direction: &str| {
        json!({
            "sid": sid, "direction": direction, "status": "completed", "from": PERSON, "to": US,
            "start_time": date(world.now() - 5 * MINUTE), "duration": "7",
        })
    };
    let lists = Lists {
        calls: vec![
            call("CA00000000000000000000000000000001", "inbound"),
            call("CA00000000000000000000000000000002", "outbound-dial"),
        ],
        ..Lists::default()
    };
    for _ in 0..2 {
        sweep(&world, &lists);
        world.advance(5 * MINUTE);
    }
    assert_eq!(found(&world)["missed"], 1);
    let missed = events(&world, "call.missed");
    assert_eq!(missed.len(), 1);
    assert_eq!(
        missed[0]["data"]["call_sid"],
        "CA00000000000000000000000000000001"
    );
    let calls = get(&world, &format!("/v1/calls?contact={PERSON}"));
    assert_eq!(calls["calls"][0]["duration_seconds"], 7, "{calls}");
}

#[test]
fn a_sweep_that_breaks_off_goes_on_where_it_was() {
    let world = world();
    let first = listed(&world, 9 * MINUTE, json!({}));
    let second = listed(
        &world,
        8 * MINUTE,
        json!({"sid": "SM00000000000000000000000000000ddd"}),
    );
    let next = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=1&Page=1");
    let page = |entry: &Value, next: Value| json!({"messages": [entry], "next_page_uri": next});
    world.twilio_answers(200, &page(&first, json!(next)).to_string());
    world.twilio_answers(429, "");
    ok(world.send(&TestRequest::post("/__test/sweep")));
    world.settle();
    assert_eq!(found(&world)["replayed"], 1);
    let seen = get(&world, "/v1/gaps")["tracks"][0]["seen_until"].clone();
    assert_eq!(seen, Value::Null, "the window is not through");

    let before = world.twilio_requests().len();
    world.twilio_answers(200, &page(&second, Value::Null).to_string());
    ok(world.send(&TestRequest::post("/__test/sweep")));
    world.settle();
    let request = world.twilio_requests()[before].clone();
    assert!(request.url.ends_with(&next), "{}", request.url);
    assert_eq!(found(&world)["replayed"], 2);
    let seen = get(&world, "/v1/gaps")["tracks"][0]["seen_until"].clone();
    assert!(seen.is_string());
}

#[test]
fn a_page_too_long_to_be_read_is_asked_for_in_shorter_ones() {
    let world = world();
    world.twilio_answers(200, r#"{"messages": [{"sid": "SM0"#);
    let before = world.twilio_requests().len();
    ok(world.send(&TestRequest::post("/__test/sweep")));
    let urls: Vec<String> = world.twilio_requests()[before..]
        .iter()
        .map(|request| request.url.clone())
        .collect();
    assert!(urls[0].contains("PageSize=1000"), "{urls:?}");
    assert!(urls[1].contains("PageSize=150"), "{urls:?}");
}

#[test]
fn media_of_a_message_that_was_lost_are_found_by_its_list_of_media() {
    let world = world();
    let sid = "MM00000000000000000000000000000eee";
    let picture = listed(&world, 5 * MINUTE, json!({"sid": sid, "num_media": "1"}));
    let page = |key: &str, entries: Value| json!({ key: entries, "next_page_uri": null });
    for page in [
        page("messages", json!([picture])),
        page("calls", json!([])),
        page("messages", json!([])),
        page("messages", json!([])),
        page("calls", json!([])),
        page("media_list", json!([{"sid": "ME1"}])),
    ] {
        world.twilio_answers(200, &page.to_string());
    }
    ok(world.send(&TestRequest::post("/__test/sweep")));
    world.settle();
    let told = events(&world, "message.received");
    let url = told[0]["data"]["media_urls"][0].as_str().unwrap();
    assert!(
        url.ends_with(&format!("/Accounts/{ACCOUNT}/Messages/{sid}/Media/ME1")),
        "{url}"
    );
}

#[test]
fn without_a_patience_twilio_is_never_asked() {
    let world = TestWorld::with(&[("HOOKSWITCH_TEST_ROUTES", "1"), ("GAP_SECONDS", "0")]);
    ok(world.send(&TestRequest::post("/__test/sweep")));
    assert_eq!(world.twilio_requests().len(), 0);
    assert_eq!(get(&world, "/v1/gaps")["enabled"], false);
}
