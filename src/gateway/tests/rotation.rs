//! A token is exchanged under live traffic, and nothing is refused on the way.

use serde_json::{Value, json};

use crate::gateway::http::Response;
use crate::gateway::testing::{TOKEN, TestRequest, TestWorld, json_of};
use crate::time::SECOND;
use crate::twilio::signature::Key;

use super::{call, ok};

const NEW: &str = "the-new-auth-token";

fn step(world: &TestWorld, body: &Value) -> Response {
    world.api("POST", "/v1/rotation", Some(body))
}

fn take(world: &TestWorld, name: &str) -> Response {
    step(world, &json!({"kind": "auth_token", "step": name}))
}

#[track_caller]
fn refused(response: &Response) -> String {
    assert_eq!(response.status, 409, "{}", response.body);
    let body = json_of(response);
    assert_eq!(body["code"], "rotation_refused");
    body["reason"].as_str().unwrap().to_owned()
}

fn rung(world: &TestWorld, token: &str) -> Response {
    world.send(
        &TestRequest::post("/voice/incoming")
            .form(&call(&[]))
            .signed(token),
    )
}

#[test]
fn a_token_is_exchanged_under_traffic_and_no_webhook_is_refused() {
    let world = TestWorld::new();
    ok(take(&world, "start"));
    let new = Key::new(NEW).fingerprint();
    let accept = json!({"kind": "auth_token", "step": "accept", "new": new});
    assert_eq!(refused(&step(&world, &accept)), "not_accepted");

    // Both in one deployment: REST calls have the new one, which Twilio takes already.
    let world = world.redeployed(&[
        ("TWILIO_AUTH_TOKEN", NEW),
        ("TWILIO_AUTH_TOKEN_NEXT", TOKEN),
    ]);
    ok(rung(&world, TOKEN));
    ok(step(&world, &accept));
    ok(take(&world, "promote"));
    assert_eq!(refused(&take(&world, "prove")), "not_proven");
    ok(rung(&world, NEW));
    ok(take(&world, "prove"));

    // A straggler, told of at once since the token was quiet for a while.
    world.advance(60 * SECOND);
    ok(rung(&world, TOKEN));
    world.advance(119 * SECOND);
    assert_eq!(refused(&take(&world, "retire")), "still_in_use");
    world.advance(2 * SECOND);
    ok(take(&world, "retire"));
    assert_eq!(refused(&take(&world, "finish")), "still_accepted");

    let world = world.redeployed(&[("TWILIO_AUTH_TOKEN_NEXT", "")]);
    ok(take(&world, "finish"));
    assert_eq!(rung(&world, TOKEN).status, 403);
    ok(rung(&world, NEW));
    let view = json_of(&world.api("GET", "/v1/rotation", None));
    let steps = view["auth_token"]["log"].as_array().unwrap();
    let steps: Vec<_> = steps.iter().map(|taken| &taken["step"]).collect();
    assert_eq!(
        steps,
        ["start", "accept", "promote", "prove", "retire", "finish"]
    );
    assert_eq!(view["auth_token"]["log"][0]["by"], "test");
    for secret in [TOKEN, NEW] {
        assert!(!view.to_string().contains(secret), "{view}");
    }
}

#[test]
fn with_one_token_a_webhook_counts_nothing_and_asks_nobody() {
    let world = TestWorld::new();
    ok(rung(&world, TOKEN));
    assert_eq!(world.asked.borrow().len(), 0);
    let view = json_of(&world.api("GET", "/v1/rotation", None));
    assert_eq!(view["signed"], json!([]));
}

#[test]
fn during_a_rotation_an_isolate_tells_once_in_ten_seconds_and_loses_no_count() {
    let world = TestWorld::with(&[("TWILIO_AUTH_TOKEN_NEXT", NEW)]);
    for _ in 0..50 {
        ok(rung(&world, TOKEN));
    }
    // 50 calls in half a second: the first was told of, the others wait.
    let other = world.another_isolate();
    let counted = |world: &TestWorld| {
        let view = json_of(&world.api("GET", "/v1/rotation", None));
        view["signed"][0]["webhooks"].as_u64()
    };
    assert_eq!(counted(&other), Some(1));
    assert_eq!(counted(&world), Some(50));
    world.advance(10 * SECOND);
    ok(rung(&world, TOKEN));
    assert_eq!(counted(&other), Some(51));
}

#[test]
fn an_api_key_is_exchanged_once_twilio_has_taken_the_new_one_from_us() {
    let sid = |digit: &str| format!("SK{}", digit.repeat(32));
    let (old, new) = (sid("1"), sid("2"));
    let key = |name: &str| json!({"kind": "api_key", "step": name});
    let with = |sid: &str| {
        [
            ("TWILIO_API_KEY_SID", sid.to_owned()),
            ("TWILIO_API_KEY_SECRET", "s".repeat(32)),
        ]
    };
    let vars = with(&old);
    let world = TestWorld::with(&vars.each_ref().map(|(name, value)| (*name, value.as_str())));
    ok(step(&world, &key("start")));
    let vars = with(&new);
    let vars = vars.each_ref().map(|(name, value)| (*name, value.as_str()));
    let world = world.redeployed(&vars);
    let accept = json!({"kind": "api_key", "step": "accept", "new": new});
    ok(step(&world, &accept));
    world.twilio_answers(401, "{}");
    assert_eq!(refused(&step(&world, &key("prove"))), "not_proven");
    world.twilio_answers(200, r#"{"messages": []}"#);
    ok(step(&world, &key("prove")));
    assert_eq!(refused(&step(&world, &key("retire"))), "still_in_use");
    world.advance(120 * SECOND);
    ok(step(&world, &key("retire")));
    ok(step(&world, &key("finish")));
}

#[test]
fn a_deployment_without_an_api_key_has_none_to_exchange_and_fields_are_checked() {
    let world = TestWorld::new();
    let answer = step(&world, &json!({"kind": "api_key", "step": "start"}));
    assert_eq!(answer.status, 500);
    for body in [
        json!({}),
        json!({"kind": "auth_token", "step": "skip"}),
        json!({"kind": "token", "step": "start"}),
        json!({"kind": "auth_token", "step": "start", "quiet_seconds": 1}),
        json!({"kind": "auth_token", "step": "start", "token": "x"}),
    ] {
        assert_eq!(step(&world, &body).status, 400, "{body}");
    }
}
