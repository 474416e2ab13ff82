//! Logging in and out, and what a viewer is shown.

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
const PAGES: [(&str, &str); 9] = [
    ("overview", "Overview"),
    ("messages", "Messages"),
    ("contacts", "Contacts"),
    ("campaigns", "Campaigns"),
    ("flows", "Flows"),
    ("flows/acme-ivr", "acme-ivr"),
    ("senders", "Senders"),
    ("events", "Events"),
    ("settings", "Settings"),
];

#[test]
fn a_viewer_sees_nothing_that_changes_anything() {
    let person = Person::logged_in(stack(), VIEWER_KEY);
    for (page, heading) in PAGES {
        person.opens(page);
        person.sees("heading", heading);
        for name in person.names("button") {
            let shows = name.starts_with("Show version") || name.starts_with("Mark its path");
            let widget = person.has("heading", "Graph") && !name.contains(' ');
            assert!(
                HARMLESS.contains(&name.as_str()) || shows || widget,
                "{page}: {name:?}"
            );
        }
    }
    person.opens("contacts/+14155550100");
    person.sees("heading", "+14155550100");
    assert!(!person.has("button", "Opt out"));
}
