//! How the pages look and sound: axe-core finds nothing grave, nothing runs out of a phone's
//! width, the keyboard reaches everything, and much data makes nothing slow.

use hookswitch_e2e::{Stack, eventually, fresh_number};
use serde_json::json;

use super::person::{OPERATOR_KEY, Person};
use super::{options, stack};
use crate::acts::{SOON, write};

const PHONE: u32 = 360;

#[test]
fn no_page_has_a_grave_fault_in_light_or_dark_or_on_a_phone() {
    let stack = stack();
    let contact = fresh_number();
    write(stack, &contact, "Hello");
    let body = json!({"to": contact, "body": "An answer."});
    let message = stack.post("/v1/messages", &body).send().expect(202).json();
    let campaign =
        json!({"name": "Look", "sender": "+15005550006", "kind": "transactional", "body": "Hi"});
    let campaign = stack
        .post("/v1/campaigns", &campaign)
        .send()
        .expect(201)
        .json();
    let _ = stack
        .put(
            "/v1/senders/look",
            &json!({"address": fresh_number(), "daily_cap": 100}),
        )
        .send()
        .expect(200);
    let id = |value: &serde_json::Value| value["id"].as_str().unwrap().to_owned();
    let pages = [
        ("overview", "Overview".to_owned()),
        ("messages", "Messages".to_owned()),
        (&format!("messages/{}", id(&message)), "Message".to_owned()),
        ("contacts", "Contacts".to_owned()),
        (&format!("contacts/{contact}"), contact.clone()),
        ("campaigns", "Campaigns".to_owned()),
        (&format!("campaigns/{}", id(&campaign)), "Look".to_owned()),
        ("flows", "Flows".to_owned()),
        ("flows/acme-ivr", "acme-ivr".to_owned()),
        ("senders", "Senders".to_owned()),
        ("senders/look", "look".to_owned()),
        ("events", "Events".to_owned()),
        ("audit", "Audit".to_owned()),
        ("settings", "Settings".to_owned()),
    ];
    let person = Person::at(stack);
    let mut found = faults(&person, "log-in");
    person.enters("Key", OPERATOR_KEY);
    person.presses("button", "Log in");
    person.sees("heading", "Overview");
    for (page, heading) in pages {
        person.opens(page);
        person.sees("heading", &heading);
        person.settles();
        let name = page
            .split('/')
            .map(|part| part.split('_').next().unwrap_or_default());
        found.extend(faults(&person, &name.collect::<Vec<_>>().join("-")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn faults(person: &Person, name: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (width, dark) in [(1280, false), (1280, true), (PHONE, false)] {
        person.window(width, dark);
        let how = format!("{name}-{width}{}", if dark { "-dark" } else { "" });
        person.keeps_a_picture(&how);
        if width == PHONE {
            let wide = person.measures("return document.scrollingElement.scrollWidth");
            if wide.as_u64() > Some(u64::from(PHONE)) {
                all.push(format!("{how}: {wide} wide"));
            }
        }
        all.extend(
            person
                .grave_findings()
                .into_iter()
                .map(|one| format!("{how}: {one}")),
        );
    }
    person.window(1280, false);
    all
}

#[test]
fn the_keyboard_alone_goes_from_page_to_page_and_hears_where_it_is() {
    let person = Person::logged_in(stack(), OPERATOR_KEY);
    let focus = "return document.activeElement.textContent.trim()";
    person.types("\u{e004}");
    assert_eq!(person.measures(focus), "Skip to the page");
    for link in ["hookswitch", "Overview", "Messages"] {
        person.types("\u{e004}");
        assert_eq!(person.measures(focus), link);
    }
    person.types("\u{e007}");
    person.sees("heading", "Messages");
    assert_eq!(person.measures(focus), "Messages");
    assert_eq!(
        person.measures("return document.title"),
        "Messages · hookswitch console"
    );
    person.sees("banner", "");
    person.sees("main", "");
    person.sees("navigation", "Console");
    person.sees("search", "Messages");
}

/// Milliseconds from the navigation until the overview's figures were on the page.
fn first_paint(person: &Person) -> f64 {
    person.reloads("overview");
    person.sees("heading", "Messages per minute");
    let mark = "return performance.getEntriesByName('overview')[0].startTime";
    person.measures(mark).as_f64().unwrap()
}

/// So many messages of today in the ledger, copies of one that was really sent, written while
/// the Worker is down.
fn seed(stack: &Stack, messages: i64) {
    for _ in 0..30 {
        let body = json!({"to": fresh_number(), "body": "One of very many."});
        let _ = stack.post("/v1/messages", &body).send().expect(202);
    }
    let listed = |at_least: usize| {
        let list = stack.get("/v1/messages?limit=200").send().json();
        list["messages"]
            .as_array()
            .is_some_and(|list| list.len() >= at_least)
    };
    eventually("the ledger", SOON, || listed(30).then_some(()));
    stack.kill_worker();
    let copies = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
        one AS (SELECT * FROM message LIMIT 1)
        INSERT INTO message (id, at, updated, sender, ours, service, status, direction, document)
        SELECT substr(id, 1, 24) || printf('%016d', i), at - i % 60000, updated, sender, ours, service,
            status, direction, replace(document, id, substr(id, 1, 24) || printf('%016d', i))
        FROM n, one";
    let mut copied = 0;
    for file in stack.storage("Ledger") {
        let ledger = rusqlite::Connection::open(file).unwrap();
        // Not every file is an object's; figures of senders have the table, and nothing in it.
        if ledger.table_exists(None, "message").unwrap() {
            copied += ledger.execute(copies, [messages]).unwrap();
        }
    }
    assert!(
        i64::try_from(copied).unwrap() >= messages,
        "{copied} copied"
    );
    stack.restart();
    eventually("the list after it", SOON, || listed(200).then_some(()));
}

#[test]
#[ignore = "100,000 messages take minutes: `cargo xtask test --deep`"]
fn the_overview_of_a_hundred_thousand_messages_is_painted_as_soon_as_an_empty_one() {
    let stacks = [Stack::start(&options()), Stack::start(&options())];
    seed(&stacks[1], 100_000);
    let people = stacks
        .each_ref()
        .map(|stack| Person::logged_in(stack, OPERATOR_KEY));
    // In turns, and the least of each: that says most about the page and least about whatever
    // else the machine does.
    let mut least = [f64::INFINITY; 2];
    for _ in 0..10 {
        for (least, person) in least.iter_mut().zip(&people) {
            *least = least.min(first_paint(person));
        }
    }
    people[1].keeps_a_picture("overview-of-100000");
    let [empty, full] = least;
    println!("first paint of the overview: {empty:.0} ms empty, {full:.0} ms full");
    assert!(
        full <= empty * 1.5,
        "{full} ms is over 1.5 times {empty} ms"
    );
}
