//! Flows: checked, published, drawn, followed, rolled back, assigned.

use hookswitch_e2e::{PHONE_NUMBER, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use super::person::{OPERATOR_KEY, Person};
use super::{file, stack};
use crate::acts::SOON;

/// Says one of two things, by whom it writes to. Without places: they are worked out.
fn greeting(words: &str) -> Value {
    let says = |name: &str, body: &str| {
        json!({"name": name, "type": "send-message", "transitions": [],
            "properties": {"from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}", "body": body}})
    };
    json!({"description": words, "initial_state": "Trigger", "flags": {"allow_concurrent_calls": true}, "states": [
        {"name": "Trigger", "type": "trigger", "properties": {},
            "transitions": [{"event": "incomingRequest", "next": "who"}]},
        {"name": "who", "type": "split-based-on", "properties": {"input": "{{flow.data.who}}"}, "transitions": [
            {"event": "noMatch", "next": "stranger"},
            {"event": "match", "next": "friend", "conditions": [{"friendly_name": "A friend", "type": "equal_to",
                "arguments": ["{{flow.data.who}}"], "value": "Ada"}]}]},
        says("friend", words), says("stranger", "Good day."),
    ]})
}

fn upload(person: &Person, name: &str, definition: &Value, button: &str) {
    person.opens("flows");
    person.enters("Name", name);
    person.gives(
        "Definition",
        &file(&format!("{name}.json"), &definition.to_string()),
    );
    person.presses("button", button);
}

fn run(stack: &Stack, flow: &str, who: &str) -> String {
    let body = json!({"To": fresh_number(), "From": PHONE_NUMBER, "Parameters": {"who": who}});
    let target = format!("/v1/flows/{flow}/executions");
    let made = stack.post(&target, &body).send().expect(201).json();
    made["sid"].as_str().unwrap().to_owned()
}

#[test]
fn a_flow_with_faults_is_refused_with_the_place_of_each() {
    let person = Person::logged_in(stack(), OPERATOR_KEY);
    let mut broken = greeting("Hello.");
    broken["states"][1]["transitions"][0]["next"] = json!("nowhere");
    upload(&person, "broken", &broken, "Check");
    person.sees("table", "Findings");
    person.reads("/states/1/transitions/0/next");
    person.presses("button", "Publish");
    person.reads("Nothing was published.");
    person.keeps_a_picture("task-flow-findings");
    assert_eq!(person.grave_findings(), [""; 0]);
    assert!(!person.has("link", "broken"));
}

#[test]
fn a_flow_is_published_drawn_followed_rolled_back_and_assigned() {
    let stack = stack();
    let person = Person::logged_in(stack, OPERATOR_KEY);
    upload(&person, "greeting", &greeting("Hello."), "Check");
    person.reads("Nothing was found: it can be published.");
    person.presses("button", "Publish");
    person.reads("Revision 1 is published.");
    upload(&person, "greeting", &greeting("Good evening."), "Publish");
    person.reads("Revision 2 is published.");
    person.presses("link", "greeting");
    person.sees("heading", "Graph");
    person.reads("Good evening.");
    person.sees(
        "image",
        "4 widgets, 3 transitions. The table below has them.",
    );
    let zoom = "return document.querySelector('svg[role=img]').getBoundingClientRect().width";
    let width = || person.measures(zoom).as_f64().unwrap();
    let before = width();
    person.presses("button", "Zoom in");
    eventually("a larger graph", SOON, || {
        (width() > before * 1.2).then_some(())
    });
    person.presses("button", "Zoom out");
    eventually("a smaller graph", SOON, || {
        (width() < before * 1.01).then_some(())
    });

    let execution = run(stack, "greeting", "Ada");
    let mark = format!("Mark its path: {execution}");
    eventually("the execution in the list", SOON, || {
        person.presses("button", "Look again");
        std::thread::sleep(std::time::Duration::from_millis(300));
        person.has("button", &mark).then_some(())
    });
    person.presses("button", &mark);
    person.sees(
        "image",
        "4 widgets, 3 transitions, path through 3 widgets marked. The table below has them.",
    );
    person.keeps_a_picture("task-flow-path");
    assert_eq!(person.grave_findings(), [""; 0]);

    person.presses("button", "Roll back to version 1");
    person.reads("Version 1 is in force again, as revision 3.");
    person.reads("Hello.");
    let now = stack.get("/v1/flows/greeting").send().expect(200).json();
    assert_eq!(
        [&now["revision"], &now["definition"]["description"]],
        [&json!(3), &json!("Hello.")]
    );

    let number = fresh_number();
    let own = json!({"message_flow": "greeting", "data": {"SALES_PHONE": "+12025550143"}});
    let _ = stack
        .put(&format!("/v1/numbers/{number}"), &own)
        .send()
        .expect(200);
    person.enters("Number", &number);
    person.presses("button", "Assign");
    person.reads(&format!("{number} has greeting for its calls."));
    let now = stack
        .get(&format!("/v1/numbers/{number}"))
        .send()
        .expect(200)
        .json();
    assert_eq!(
        [&now["voice_flow"], &now["message_flow"]],
        ["greeting", "greeting"]
    );
    assert_eq!(
        now["data"]["SALES_PHONE"], "+12025550143",
        "what else it does stays"
    );
    person.opens("flows");
    person.reads(&number);
    person.keeps_a_picture("task-flows");
}

#[test]
fn a_flow_of_studios_stands_where_studios_canvas_has_it() {
    let person = Person::logged_in(stack(), OPERATOR_KEY);
    person.opens("flows/acme-ivr");
    person.sees("heading", "Graph");
    let places = person.measures(
        "return [...document.querySelectorAll('.node')].slice(0, 3).map((node) => node.getAttribute('transform'))",
    );
    let definition: Value =
        serde_json::from_str(include_str!("../../../../../flows/acme-ivr.json")).unwrap();
    let offset = |at: usize, axis: &str| {
        definition["states"][at]["properties"]["offset"][axis]
            .as_f64()
            .unwrap()
    };
    let drawn = |at: usize| -> (f64, f64) {
        let text = places[at].as_str().unwrap();
        let inner = text.trim_start_matches("translate(").trim_end_matches(')');
        let (x, y) = inner.split_once(' ').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    let (first, third) = (drawn(0), drawn(2));
    assert_eq!(third.0 - first.0, offset(2, "x") - offset(0, "x"));
    assert_eq!(third.1 - first.1, offset(2, "y") - offset(0, "y"));
    person.keeps_a_picture("flow-of-studio");
}
