//! Liveness is that the Worker runs, readiness that it can do its work.

use crate::gateway::testing::{TestRequest, TestWorld, json_of};
use crate::time::SECOND;

use super::pointers;

fn get(world: &TestWorld, path: &str) -> crate::gateway::http::Response {
    world.send(&TestRequest::new("GET", path))
}

#[test]
fn a_deployment_that_lacks_nothing_is_ready() {
    let response = get(&TestWorld::new(), "/readyz");
    assert_eq!(response.status, 200);
    assert_eq!(json_of(&response)["status"], "ready");
}

#[test]
fn what_is_missing_is_named_and_no_value_shown() {
    let world = TestWorld::with(&[
        ("TWILIO_AUTH_TOKEN", ""),
        ("API_KEYS", "short:abc"),
        ("SETTLE_SECONDS", "a-secret-put-here-by-mistake"),
    ]);
    let response = get(&world, "/readyz");
    assert_eq!(
        (response.status, json_of(&response)["code"].as_str()),
        (503, Some("not_ready"))
    );
    let mut named = pointers(&json_of(&response));
    named.dedup();
    assert_eq!(
        named,
        ["TWILIO_AUTH_TOKEN", "API_KEYS", "SETTLE_SECONDS"],
        "{}",
        response.body
    );
    for value in ["abc", "mistake", "short"] {
        assert!(!response.body.contains(value), "{}", response.body);
    }
    assert!(
        response
            .headers
            .iter()
            .any(|(name, _)| *name == "Retry-After")
    );
    // The Worker is alive all the same.
    assert_eq!(get(&world, "/healthz").status, 200);
}

#[test]
fn without_kv_it_is_not_ready_until_kv_answers_again() {
    let world = TestWorld::new();
    world.kv_down.set(true);
    let response = get(&world, "/readyz");
    assert_eq!(response.status, 503);
    assert_eq!(pointers(&json_of(&response)), ["PUBLISHED"]);
    assert_eq!(get(&world, "/healthz").status, 200);
    world.kv_down.set(false);
    world.advance(10 * SECOND);
    assert_eq!(get(&world, "/readyz").status, 200);
}

#[test]
fn a_flood_of_probes_costs_one_read_in_ten_seconds() {
    let world = TestWorld::new();
    for _ in 0..50 {
        assert_eq!(get(&world, "/readyz").status, 200);
    }
    assert_eq!(world.read.borrow().len(), 1);
    assert_eq!(world.asked.borrow().len(), 0);
    let response = world.send(&TestRequest::post("/readyz"));
    assert_eq!(response.status, 405);
}
