//! Before anything else: there is a Worker, and it answers.

use hookswitch_e2e::shared;

#[test]
fn an_unknown_path_is_a_404_problem() {
    let answer = shared().request("GET", "/no-such-path").send().expect(404);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["status"], 404);
}

#[test]
fn the_worker_says_that_it_is_well() {
    let answer = shared().request("GET", "/healthz").send().expect(200);
    assert_eq!(answer.json()["status"], "ok");
}
