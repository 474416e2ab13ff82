//! What the console's pages ask for: the overview and its stream, the audit log, settings, lists.

use serde_json::{Value, json};

use super::message;
use crate::gateway::console::Live;
use crate::gateway::testing::{ACCOUNT, PERSON, TOKEN, TestRequest, TestWorld, US, json_of};
use crate::objects::Object;
use crate::objects::testing::run;
use crate::ports::Clock as _;
use crate::time::{DAY, MINUTE, rfc3339};

const OPERATOR: &str = "the-operators-own-key";

/// In the middle of an hour of the afternoon.
fn world() -> TestWorld {
    TestWorld::with(&[
        ("CONSOLE_KEY", OPERATOR),
        ("CONSOLE_VIEWER_KEY", "the-viewers-own-key"),
    ])
}

fn overview(world: &TestWorld) -> Value {
    let response = world.api("GET", "/v1/overview", None);
    assert_eq!(response.status, 200);
    json_of(&response)
}

/// The sum of one figure over all minutes.
fn sum(overview: &Value, name: &str) -> u64 {
    let minutes = overview["minutes"].as_array().unwrap();
    assert_eq!(minutes.len(), 60);
    minutes
        .iter()
        .map(|minute| minute[name].as_u64().unwrap())
        .sum()
}

/// Sends a message and lets Twilio say what became of it.
fn sent(world: &TestWorld, to: &str, statuses: &[(&str, &str)]) {
    let body = json!({ "to": to, "body": "Your order is on its way." });
    let message = json_of(&world.api("POST", "/v1/messages", Some(&body)));
    world.settle();
    for (status, code) in statuses {
        let id = message["id"].as_str().unwrap();
        let form = [
            ("MessageSid", message["sid"].as_str().unwrap()),
            ("AccountSid", ACCOUNT),
            ("MessageStatus", status),
            ("ErrorCode", code),
            ("From", US),
            ("To", to),
        ];
        world.webhook(&format!("/webhooks/sms/status?m={id}"), &form);
        world.settle();
    }
}

#[test]
fn the_overview_counts_each_message_once_however_often_its_events_come() {
    let world = world();
    let before = overview(&world);
    assert_eq!((sum(&before, "sent"), sum(&before, "received")), (0, 0));
    assert_eq!(before["senders"], json!([]));
    sent(
        &world,
        PERSON,
        &[("sent", ""), ("delivered", ""), ("delivered", "")],
    );
    sent(
        &world,
        "+14155550101",
        &[("undelivered", "30003"), ("undelivered", "30003")],
    );
    for _ in 0..2 {
        world.webhook(
            "/webhooks/sms/incoming",
            &message("SM0000000000000000000000000000000a", "Hi"),
        );
        world.webhook(
            "/webhooks/sms/incoming",
            &message("SM0000000000000000000000000000000b", "STOP"),
        );
        world.settle();
    }
    let shown = overview(&world);
    let figures = ["sent", "delivered", "failed", "received"].map(|name| sum(&shown, name));
    assert_eq!(figures, [2, 1, 1, 2]);
    let sender = &shown["senders"][0];
    assert_eq!(
        (&sender["sender"], &sender["sent"]),
        (&json!(US), &json!(2))
    );
    assert_eq!(sender["rate_percent"], json!(50.0));
    assert_eq!(sender["below_percent"], json!(95.0));
    assert_eq!(shown["errors"][0]["code"], 30003);
    assert_eq!(shown["errors"][0]["count"], 1);
    assert!(!shown["errors"][0]["meaning"].as_str().unwrap().is_empty());
    assert_eq!(shown["opt_outs"], json!({ "today": 1, "opt_ins_today": 0 }));
    let newest = &shown["minutes"][59]["at"];
    assert_eq!(
        *newest,
        rfc3339(world.now() - world.now().rem_euclid(MINUTE))
    );
}

#[test]
fn the_overview_asks_one_object_for_each_panel_and_shows_the_rest_when_one_is_silent() {
    let world = world();
    sent(&world, PERSON, &[("delivered", "")]);
    world.forget();
    overview(&world);
    let mut asked: Vec<_> = world
        .asked
        .borrow()
        .iter()
        .map(|asked| asked.verb)
        .collect();
    asked.sort_unstable();
    assert_eq!(asked, ["fetch-tally", "figures", "list-campaigns"]);
    world.objects_down.set(true);
    let shown = overview(&world);
    for panel in [
        "minutes",
        "senders",
        "errors",
        "opt_outs",
        "verify",
        "campaigns",
        "rejections",
    ] {
        assert_eq!(shown[panel], Value::Null, "{panel}");
    }
}

#[test]
fn after_midnight_the_last_hour_goes_on_and_the_day_begins_anew() {
    let world = world();
    let midnight = world.now() - world.now().rem_euclid(DAY) + DAY;
    world.advance(midnight - MINUTE - world.now());
    sent(&world, PERSON, &[("delivered", "")]);
    world.advance(3 * MINUTE);
    let shown = overview(&world);
    assert_eq!((sum(&shown, "sent"), sum(&shown, "delivered")), (1, 1));
    assert_eq!(shown["senders"], json!([]));
    world.advance(60 * MINUTE);
    assert_eq!(sum(&overview(&world), "sent"), 0);
}

#[test]
fn rejections_are_counted_by_cause_and_written_once_in_ten_seconds() {
    let world = world();
    let forged = TestRequest::post("/voice/incoming").form(&[("CallSid", "CA1")]);
    let count = |world: &TestWorld| overview(world)["rejections"].clone();
    assert_eq!(world.send(&forged).status, 403);
    let first = count(&world);
    assert_eq!(first["by_cause"], json!({ "missing": 1 }));
    assert_eq!(first["is_approximate"], true);
    for _ in 0..200 {
        assert_eq!(
            world.send(&forged.clone().signed("another token")).status,
            403
        );
    }
    world.forget();
    let rows = world.rows_of(&[Object::Ledger]);
    let written = rows.iter().find(|(table, _)| table == "tally").unwrap();
    assert!(!written.1.contains("wrong"), "not yet: {}", written.1);
    assert_eq!(
        count(&world)["today"],
        201,
        "who asks gets what this isolate has"
    );
    world.advance(11_000);
    world.send(&forged.signed("another token"));
    assert_eq!(
        count(&world)["by_cause"],
        json!({ "missing": 1, "wrong": 201 })
    );
}

#[test]
fn a_webhook_that_twilio_signed_counts_nothing_and_asks_no_more_than_it_did() {
    let world = world();
    world.webhook("/voice/incoming", &super::call(&[]));
    assert_eq!(*world.asked.borrow(), [], "a menu step touches no storage");
    let rows = world.rows_of(&[Object::Ledger, Object::Registry]);
    assert!(rows.is_empty(), "{rows:?}");
}

#[test]
fn the_stream_shows_the_overview_at_once_then_only_changes_and_ends_by_itself() {
    let world = world();
    let mut live = Live::default();
    let mut next = || run(live.next(&world)).expect("nothing here waits");
    let first = next().unwrap();
    let document = first.strip_prefix("event: overview\ndata: ").unwrap();
    let document: Value = serde_json::from_str(document.strip_suffix("\n\n").unwrap()).unwrap();
    assert_eq!(document["opt_outs"]["today"], 0);
    let began = world.now();
    assert_eq!(next().unwrap(), ":\n\n", "nothing has changed");
    assert!(
        world.now() - began >= 2_000,
        "two seconds between two looks"
    );
    sent(&world, PERSON, &[("delivered", "")]);
    let changed = next().unwrap();
    assert!(changed.contains("\"delivered\":1"), "{changed}");
    let mut comments = 0;
    while let Some(text) = next() {
        comments += usize::from(text == ":\n\n");
        assert!(comments < 200, "it never ends");
    }
    assert!(comments > 100);
    assert!(world.now() - began <= 5 * MINUTE + 4_000);
}

#[test]
fn changes_are_in_the_audit_log_with_who_made_them_and_no_persons_number() {
    let world = world();
    let body = json!({ "key": OPERATOR }).to_string();
    let login = TestRequest::post("/console/session").body("application/json", body.as_bytes());
    let response = world.send(&login);
    let (_, set) = response
        .headers
        .iter()
        .find(|(name, _)| *name == "Set-Cookie")
        .unwrap();
    let cookie = set.split(';').next().unwrap();
    let change = |method: &str, target: &str, body: Value| {
        let request = TestRequest::new(method, target).header("cookie", cookie);
        let request = request.header("x-hookswitch-console", "1");
        world.send(&request.body("application/json", body.to_string().as_bytes()))
    };
    let out = json!({ "opted_out": true, "reason": "asked by phone" });
    assert_eq!(
        change("PUT", "/v1/contacts/+14155550100?x=secret", out).status,
        200
    );
    assert_eq!(change("POST", "/v1/messages", json!({})).status, 400);
    world.api(
        "PUT",
        "/v1/numbers/+15005550006",
        Some(&json!({ "voice_flow": "acme-ivr" })),
    );
    // Neither a look nor a message by key.
    world.api("GET", "/v1/flows", None);
    sent(&world, "+14155550101", &[]);
    let page = json_of(&world.api("GET", "/v1/audit", None));
    let lines: Vec<String> = page["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            let status = &entry["status"];
            [
                &text("actor"),
                &text("role"),
                &text("method"),
                &text("path"),
                &status.to_string(),
            ]
            .map(String::as_str)
            .join(" ")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "key:test key PUT /v1/numbers/+15005550006 200",
            "operator operator POST /v1/messages 400",
            "operator operator PUT /v1/contacts/+1•••0100 200",
            "operator operator POST /console/session 204",
        ]
    );
    assert_eq!(page["next"], Value::Null);
    let first = json_of(&world.api("GET", "/v1/audit?limit=2", None));
    assert_eq!(
        first["entries"],
        json!(page["entries"].as_array().unwrap()[..2])
    );
    let next = first["next"].as_str().unwrap();
    let second = json_of(&world.api("GET", &format!("/v1/audit?limit=2&before={next}"), None));
    assert_eq!(
        second["entries"],
        json!(page["entries"].as_array().unwrap()[2..])
    );
    assert_eq!(world.api("GET", "/v1/audit?before=x", None).status, 400);
}

#[test]
fn settings_are_shown_with_their_faults_and_no_secrets_value() {
    let world = TestWorld::with(&[
        ("API_KEYS", "test:api-key,bad"),
        ("HELP_TEXT", "Acme helps."),
        ("EVENTS_URL", "https://app.example/in?token=hush"),
        ("PUBLIC_BASE_URL", "ftp://x"),
    ]);
    let response = world.api("GET", "/v1/settings", None);
    for secret in [TOKEN, "api-key", "hush", ACCOUNT] {
        assert!(!response.body.contains(secret), "{secret}");
    }
    let shown = json_of(&response);
    let setting = |name: &str| {
        let settings = shown["settings"].as_array().unwrap();
        settings
            .iter()
            .find(|setting| setting["name"] == name)
            .unwrap()
            .clone()
    };
    let token = setting("TWILIO_AUTH_TOKEN");
    assert_eq!(
        (&token["is_set"], &token["value"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(setting("TWILIO_AUTH_TOKEN_NEXT")["is_set"], false);
    assert_eq!(setting("HELP_TEXT")["value"], "Acme helps.");
    assert_eq!(setting("SETTLE_SECONDS")["default"], "20");
    assert!(setting("API_KEYS")["fault"].is_string());
    assert!(setting("PUBLIC_BASE_URL")["fault"].is_string());
    assert_eq!(setting("HELP_TEXT")["fault"], Value::Null);
}

#[test]
fn a_flow_is_rolled_back_by_publishing_an_older_version_anew() {
    let world = world();
    let definition = crate::gateway::published::built_in_definition();
    let mut other = definition.clone();
    other["description"] = json!("Changed");
    for definition in [&other, &definition] {
        assert_eq!(
            world.api("PUT", "/v1/flows/line", Some(definition)).status,
            200
        );
    }
    let back = world.api(
        "POST",
        "/v1/flows/line/rollback",
        Some(&json!({ "version": 1 })),
    );
    assert_eq!(
        (back.status, json_of(&back)["revision"].clone()),
        (200, json!(3))
    );
    let newest = json_of(&world.api("GET", "/v1/flows/line", None));
    assert_eq!(newest["definition"]["description"], "Changed");
    let versions = json_of(&world.api("GET", "/v1/flows/line/versions", None));
    let numbers: Vec<_> = versions["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["revision"])
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    let second = json_of(&world.api("GET", "/v1/flows/line/versions/2", None));
    assert_eq!(
        second["definition"]["description"],
        definition["description"]
    );
    let status = |target: &str, body: Option<&Value>| {
        world
            .api(if body.is_some() { "POST" } else { "GET" }, target, body)
            .status
    };
    let version = |n: u32| json!({ "version": n });
    assert_eq!(status("/v1/flows/line/rollback", Some(&version(9))), 404);
    assert_eq!(status("/v1/flows/line/rollback", Some(&json!({}))), 400);
    assert_eq!(status("/v1/flows/line/versions/9", None), 404);
    assert_eq!(status("/v1/flows/line/versions/x", None), 404);
    assert_eq!(status("/v1/flows/none/versions", None), 404);
    // The built-in one is version 0 of itself.
    let back = world.api("POST", "/v1/flows/acme-ivr/rollback", Some(&version(0)));
    assert_eq!(json_of(&back)["revision"], 1);
}

#[test]
fn campaigns_and_numbers_are_listed_by_one_question() {
    let world = world();
    let body = json!({ "name": "Spring", "sender": US, "kind": "transactional", "body": "Hi" });
    let made = json_of(&world.api("POST", "/v1/campaigns", Some(&body)));
    let id = made["id"].as_str().unwrap();
    let target = format!("/v1/campaigns/{id}/recipients");
    let list = TestRequest::api("PUT", &target, None).body("text/csv", b"to\n+14155550100\n");
    world.send(&list);
    let listed = |world: &TestWorld| {
        world.forget();
        let list = json_of(&world.api("GET", "/v1/campaigns", None))["campaigns"].clone();
        assert_eq!(world.asked.borrow().len(), 1);
        list
    };
    let draft = listed(&world);
    assert_eq!(
        (&draft[0]["name"], &draft[0]["status"]),
        (&json!("Spring"), &json!("draft"))
    );
    assert_eq!(
        (&draft[0]["accepted"], &draft[0]["remaining"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        overview(&world)["campaigns"],
        json!([]),
        "a draft does not run"
    );
    world.api("POST", &format!("/v1/campaigns/{id}/start"), None);
    assert_eq!(listed(&world)[0]["status"], "running");
    assert_eq!(overview(&world)["campaigns"][0]["id"], id);
    world.api("POST", &format!("/v1/campaigns/{id}/cancel"), None);
    assert_eq!(listed(&world)[0]["status"], "canceled");
    assert_eq!(overview(&world)["campaigns"], json!([]));

    world.api(
        "PUT",
        "/v1/numbers/+15005550006",
        Some(&json!({ "voice_flow": "acme-ivr" })),
    );
    let numbers = json_of(&world.api("GET", "/v1/numbers", None));
    assert_eq!(
        numbers["numbers"],
        json!([{ "number": US, "voice_flow": "acme-ivr" }])
    );
}
