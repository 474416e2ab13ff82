//! `kill -9` of workerd, and the same Worker again.

use std::thread;
use std::time::Duration;

use hookswitch_e2e::{Options, Stack};

#[test]
fn a_killed_worker_answers_nothing_until_it_is_started_again_on_the_same_port() {
    let stack = Stack::start(&Options::default());
    let in_flight = stack.request("GET", "/__test/slow");
    let in_flight = thread::spawn(move || in_flight.try_send());
    thread::sleep(Duration::from_millis(300));

    stack.kill_worker();
    assert!(
        in_flight.join().unwrap().is_err(),
        "answered after the kill"
    );
    assert!(stack.request("GET", "/healthz").try_send().is_err());

    let before = stack.worker_url();
    stack.restart();
    assert_eq!(stack.worker_url(), before);
    let _ = stack.request("GET", "/healthz").send().expect(200);
}
