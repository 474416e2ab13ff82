//! A panic ends the request that it happens in, and nothing else; after a trap the next request
//! has a new instance.
//!
//! `/__test/panic`, `/__test/trap` and `/__test/slow` (a second or two, then 200) exist only where
//! `HOOKSWITCH_TEST_ROUTES` is `1`.

use std::thread;
use std::time::Duration;

use hookswitch_e2e::{Options, Stack};

#[test]
fn a_panic_in_one_request_leaves_another_in_flight_unharmed() {
    // A stack of its own: a panic in a bundle that aborts would take the others' tests along.
    let stack = Stack::start(&Options::default());
    // On a busy machine the panic's answer may come after the slow one's: that proves
    // nothing, so it is tried again.
    let overlapped = (0..10).any(|_| {
        let slow = stack.request("GET", "/__test/slow");
        let slow = thread::spawn(move || slow.send());
        thread::sleep(Duration::from_millis(500));
        let _ = stack.request("GET", "/__test/panic").send().expect(500);
        let in_flight = !slow.is_finished();
        let slow = slow.join().unwrap().expect(200);
        assert_eq!(slow.json()["slept"], true);
        in_flight
    });
    assert!(
        overlapped,
        "no panic was answered while another request was in flight"
    );
    let _ = stack.request("GET", "/healthz").send().expect(200);
}

#[test]
fn after_a_trap_requests_and_objects_go_on_with_a_new_instance() {
    let stack = Stack::start(&Options::default());
    let person = "/v1/contacts/+14155552671";
    let out = serde_json::json!({"opted_out": true, "reason": "asked by post"});
    let _ = stack.api("PUT", person).json(&out).send().expect(200);
    for _ in 0..2 {
        let _ = stack.request("GET", "/__test/trap").send().expect(500);
        let contact = stack.get(person).send().expect(200).json();
        assert_eq!(contact["opted_out"], true, "{contact}");
        let _ = stack.request("GET", "/healthz").send().expect(200);
    }
}

#[test]
fn the_test_routes_do_not_exist_unless_they_are_asked_for() {
    let stack = Stack::start(&Options::default().without("HOOKSWITCH_TEST_ROUTES"));
    for path in ["/__test/panic", "/__test/trap", "/__test/slow"] {
        let _ = stack.request("GET", path).send().expect(404);
    }
}
