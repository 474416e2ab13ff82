//! Logging in and out, and what a viewer is shown.

use hookswitch_e2e::{PHONE_NUMBER, fresh_number};
use serde_json::{Value, json};

use super::person::{OPERATOR_KEY, Person, VIEWER_KEY};
use super::stack;

#[test]
fn a_key_opens_the_console_and_logging_out_closes_it() {
    let person = Person::at(stack());
    person.enters("Key", "not-the-key-of-anybody");
    person.presses("button", "Log in");
    person.sees("alert", "");
    person.keeps_a_picture("log-in");
    person.enters("Key", OPERATOR_KEY);
    // By keyboard: the button is never touched.
    person.types("\u{e007}");
    person.sees("heading", "Overview");
    person.sees("navigation", "Console");
    person.presses("button", "Log out");
    person.sees("button", "Log in");
    person.opens("messages");
    person.sees("button", "Log in");
}

/// What looks at things, and changes none.
const HARMLESS: [&str; 9] = [
    "Log out",
    "Search",
    "Find",
    "Show older",
    "Zoom in",
    "Zoom out",
    "Fit",
    "Look again",
    "Try again",
];
/// Chromium's own, of a field for times.
const CHROMIUMS: &str = "Show local";
const PAGES: [(&str, &str); 11] = [
    ("overview", "Overview"),
    ("messages", "Messages"),
    ("contacts", "Contacts"),
    ("campaigns", "Campaigns"),
    ("flows", "Flows"),
    ("flows/acme-ivr", "acme-ivr"),
    ("senders", "Senders"),
    ("senders/watched", "watched"),
    ("events", "Events"),
    ("audit", "Audit"),
    ("settings", "Settings"),
];

#[test]
fn a_viewer_sees_nothing_that_changes_anything() {
    let stack = stack();
    let campaign =
        json!({"name": "Watched", "sender": PHONE_NUMBER, "kind": "transactional", "body": "Hi"});
    let campaign = stack
        .post("/v1/campaigns", &campaign)
        .send()
        .expect(201)
        .json();
    let message = json!({"to": fresh_number(), "body": "Watched"});
    let message = stack
        .post("/v1/messages", &message)
        .send()
        .expect(202)
        .json();
    let sender = json!({"address": fresh_number()});
    let _ = stack.put("/v1/senders/watched", &sender).send().expect(200);
    let page = |kind: &str, of: &Value| format!("{kind}/{}", of["id"].as_str().unwrap());
    let mut pages = PAGES
        .map(|(page, heading)| (page.to_owned(), heading))
        .to_vec();
    pages.push((page("campaigns", &campaign), "Watched"));
    pages.push((page("messages", &message), "Message"));
    pages.push(("contacts/+14155550100".to_owned(), "+14155550100"));
    let person = Person::logged_in(stack, VIEWER_KEY);
    for (page, heading) in pages {
        person.opens(&page);
        person.sees("heading", heading);
        person.settles();
        assert_eq!(person.names("form"), [""; 0], "{page}");
        for name in person.names("button") {
            let shows = name.starts_with("Show version") || name.starts_with("Mark its path");
            let shows = shows || name.starts_with(CHROMIUMS);
            let widget = person.has("heading", "Graph") && !name.contains(' ');
            assert!(
                HARMLESS.contains(&name.as_str()) || shows || widget,
                "{page}: {name:?}"
            );
        }
    }
}
