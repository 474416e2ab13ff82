//! The deployment's own part of the doctor.

use serde_json::Value;

use crate::gateway::testing::{BASE, TestRequest, TestWorld, json_of};
use crate::time::{HOUR, MINUTE};

/// A deployment that lacks nothing.
const SOUND: [(&str, &str); 8] = [
    ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
    ("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef"),
    ("TWILIO_API_KEY_SID", "SK00000000000000000000000000000001"),
    ("TWILIO_API_KEY_SECRET", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"),
    ("API_KEYS", "test:api-key,app:a-key-that-nobody-will-guess"),
    ("PUBLIC_BASE_URL", BASE),
    ("EVENTS_URL", "https://app.example/events"),
    ("EVENTS_SECRET", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"),
];

fn examined(world: &TestWorld) -> Value {
    world.twilio_answers(200, r#"{"messages": []}"#);
    let response = world.api("GET", "/v1/doctor", None);
    assert_eq!(response.status, 200, "{}", response.body);
    json_of(&response)
}

/// The verdict of one check, and what to do; empty when it was not made.
fn verdict(report: &Value, name: &str) -> (String, String) {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["check"] == name);
    let text = |field: &str| {
        let text = found.and_then(|check| check[field].as_str());
        text.unwrap_or_default().to_owned()
    };
    (text("verdict"), text("fix"))
}

#[test]
fn a_sound_deployment_gets_no_advice() {
    let world = TestWorld::with(&SOUND).redeployed(&[("GAP_SECONDS", "0")]);
    let report = examined(&world);
    let checks = report["checks"].as_array().unwrap();
    for check in checks {
        // The test's own key is short.
        if check["check"] != "setting" {
            assert_eq!(check["verdict"], "ok", "{check}");
            assert_eq!(check["fix"], "", "{check}");
        }
    }
    assert!(checks.len() >= 8, "{report}");
    assert_eq!(report["base_url"], BASE);
}

#[test]
fn what_is_wrong_has_a_verdict_and_a_fix_and_shows_no_value() {
    let secret = "a-token-with-a-typing-error";
    let world = TestWorld::with(&[
        ("TWILIO_AUTH_TOKEN", secret),
        ("PUBLIC_BASE_URL", "http://gw.example"),
        ("HOOKSWITCH_TEST_ROUTES", "1"),
        ("SETTLE_SECONDS", "soon"),
    ]);
    let report = examined(&world);
    assert_eq!(report["verdict"], "fail");
    for (name, expected) in [
        ("base_url", "fail"),
        ("test_routes", "fail"),
        ("setting", "fail"),
        ("rest_credentials", "warn"),
        ("events", "warn"),
        ("gap_recovery", "warn"),
        ("kv", "ok"),
        ("rest", "ok"),
        ("migrations", "ok"),
        ("queue", "ok"),
    ] {
        let (verdict, fix) = verdict(&report, name);
        assert_eq!(verdict, expected, "{name}");
        assert_eq!(fix.is_empty(), expected == "ok", "{name}");
    }
    let text = report.to_string();
    assert!(text.contains("TWILIO_AUTH_TOKEN is not 32 hexadecimal digits"));
    for value in [secret, "api-key", "soon"] {
        assert!(!text.contains(value), "{value}");
    }
}

#[test]
fn what_does_not_answer_is_a_finding_and_not_an_error() {
    let world = TestWorld::with(&SOUND[..4]);
    world.kv_down.set(true);
    world.objects_down.set(true);
    let response = world.api("GET", "/v1/doctor", None);
    assert_eq!(response.status, 200);
    let report = json_of(&response);
    for (name, expected) in [
        ("kv", "fail"),
        // Nobody answers for Twilio either.
        ("rest", "fail"),
        ("migrations", "fail"),
        ("queue", "unknown"),
        ("gap_recovery", "unknown"),
    ] {
        assert_eq!(verdict(&report, name).0, expected, "{name}");
    }
    world.twilio_answers(401, "{}");
    let refused = json_of(&world.api("GET", "/v1/doctor", None));
    assert!(
        refused
            .to_string()
            .contains("Twilio refuses the credentials")
    );
}

#[test]
fn events_that_the_application_does_not_take_are_a_backlog() {
    let world = TestWorld::with(&SOUND);
    let form = super::message("SM00000000000000000000000000000001", "hello");
    let inbound = TestRequest::post("/webhooks/sms/incoming").form(&form);
    super::ok(world.send(&inbound.signed(SOUND[1].1)));
    world.application.borrow_mut().push_back(Some(500));
    world.settle();
    assert_eq!(
        verdict(&examined(&world), "queue").0,
        "ok",
        "it waits for a second try"
    );
    world.advance(HOUR);
    assert_eq!(verdict(&examined(&world), "queue").0, "warn");
    for _ in 0..4 {
        world.settle();
        world.advance(MINUTE);
    }
    assert_eq!(verdict(&examined(&world), "queue").0, "ok");
}

#[test]
fn it_is_for_holders_of_a_key() {
    let world = TestWorld::new();
    let response = world.send(&TestRequest::new("GET", "/v1/doctor"));
    assert_eq!(response.status, 401);
    assert_eq!(world.twilio_requests().len(), 0);
}
