//! Routes, guard and handlers over real objects, in memory.

mod api;
mod calls;
mod campaigns;
mod checkup;
mod console;
mod degraded;
mod doctor;
mod executions;
mod flow_corpus;
mod flows;
mod flows_after;
mod gap;
mod glance;
mod guard;
mod messages;
mod messaging;
mod metrics;
mod promises;
mod ready;
mod rotation;
pub(super) mod rsa;
mod upgrade;

use serde_json::Value;

use super::http::Response;

/// The parameters of an inbound message.
fn message<'a>(sid: &'a str, body: &'a str) -> Vec<(&'a str, &'a str)> {
    use super::testing::{ACCOUNT, PERSON, US};
    vec![
        ("MessageSid", sid),
        ("AccountSid", ACCOUNT),
        ("From", PERSON),
        ("To", US),
        ("Body", body),
        ("NumMedia", "0"),
    ]
}

/// The parameters of a request about a call that came in.
fn call<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    use super::testing::{ACCOUNT, PERSON, US};
    let mut parameters = vec![
        ("CallSid", CALL),
        ("AccountSid", ACCOUNT),
        ("From", PERSON),
        ("To", US),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
    ];
    parameters.extend(more);
    parameters
}

const CALL: &str = "CA0000000000000000000000000000000c";

/// The first URL of ours in a TwiML document, unescaped, without its base.
fn next_target(twiml: &str) -> String {
    let document = roxmltree::Document::parse(twiml).expect("XML");
    let url = document
        .descendants()
        .find_map(|node| {
            if node.has_tag_name("Redirect") {
                return node.text();
            }
            node.attribute("action")
        })
        .expect("a URL to go on with");
    super::http::path_and_query(url).to_owned()
}

#[track_caller]
fn ok(response: Response) -> String {
    assert_eq!(response.status, 200, "{}", response.body);
    response.body
}

/// What a problem's `errors` point at.
fn pointers(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .filter_map(|error| error["pointer"].as_str())
        .map(str::to_owned)
        .collect()
}
