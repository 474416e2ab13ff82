//! Message flows and executions of the REST API, through kills of workerd.

use std::time::Duration;

use hookswitch_e2e::{Options, PHONE_NUMBER, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use crate::acts::{SOON, messages_to, seen, spoken, twin, write};

/// A POST's lease, two looks at Twilio's list, and a busy machine.
const SETTLED: Duration = Duration::from_secs(60);
const OUR_WHATSAPP: &str = "whatsapp:+14155238886";

fn state(name: &str, kind: &str, properties: &Value, ways: &[(&str, &str)]) -> Value {
    let ways: Vec<Value> = ways
        .iter()
        .map(|(event, next)| json!({"event": event, "next": next}))
        .collect();
    json!({"name": name, "type": kind, "properties": properties, "transitions": ways})
}

fn flow(event: &str, states: &[Value]) -> Value {
    let first = states[0]["name"].as_str().unwrap();
    let mut all = vec![state("Trigger", "trigger", &json!({}), &[(event, first)])];
    all.extend(states.iter().cloned());
    json!({"description": "", "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": true}, "states": all})
}

fn says(name: &str, body: &str, ways: &[(&str, &str)]) -> Value {
    let properties = json!({"from": "{{flow.channel.address}}",
        "to": "{{contact.channel.address}}", "body": body});
    state(name, "send-message", &properties, ways)
}

/// Asks for a name, then for a town, and repeats both.
fn interview() -> Value {
    let ask = |name: &str, body: &str, next: &str| {
        let properties =
            json!({"from": "{{flow.channel.address}}", "body": body, "timeout": "3600"});
        state(
            name,
            "send-and-wait-for-reply",
            &properties,
            &[("incomingMessage", next)],
        )
    };
    let answer = "{{widgets.name.inbound.Body}} of {{widgets.town.inbound.Body}}, noted.";
    flow(
        "incomingMessage",
        &[
            ask("name", "What is your name?", "town"),
            ask(
                "town",
                "Where do you live, {{widgets.name.inbound.Body}}?",
                "noted",
            ),
            says("noted", answer, &[]),
        ],
    )
}

fn publish(stack: &Stack, name: &str, document: &Value) {
    let target = format!("/v1/flows/{name}");
    let _ = stack.put(&target, document).send().expect(200);
}

/// Waits until a person was sent a text, and nothing else after what is known.
#[track_caller]
fn until_sent(stack: &Stack, person: &str, texts: &[&str]) {
    let mut last = Vec::new();
    eventually(&format!("{texts:?}"), SETTLED, || {
        last = messages_to(stack, person)
            .iter()
            .map(|message| message["body"].as_str().unwrap_or_default().to_owned())
            .collect();
        (last.len() >= texts.len()).then_some(())
    });
    last.sort();
    let mut texts = texts.to_vec();
    texts.sort_unstable();
    assert_eq!(last, texts);
}

fn says_to(stack: &Stack, ours: &str, person: &str, body: &str) {
    let message = json!({"to": ours, "from": person, "body": body});
    let outcome = twin(stack, "/twin/messages", &message);
    assert_eq!(outcome["status"], 200, "{outcome}");
}

#[test]
fn conversations_by_sms_and_whatsapp_go_on_after_kills() {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    publish(&stack, "interview", &interview());
    for ours in [PHONE_NUMBER, OUR_WHATSAPP] {
        let number = json!({"message_flow": "interview"});
        let _ = stack
            .put(&format!("/v1/numbers/{ours}"), &number)
            .send()
            .expect(200);
    }
    let number = fresh_number();
    let lines = [
        (PHONE_NUMBER, fresh_number()),
        (OUR_WHATSAPP, format!("whatsapp:{number}")),
    ];
    let questions = ["What is your name?", "Where do you live, Ada?"];
    for (ours, person) in &lines {
        says_to(&stack, ours, person, "hi");
        until_sent(&stack, person, &questions[..1]);
    }
    // Between question and reply.
    stack.kill_worker();
    stack.restart();
    for (ours, person) in &lines {
        says_to(&stack, ours, person, "Ada");
        until_sent(&stack, person, &questions);
    }
    // Right behind the answer to Twilio: nobody asks again, and nothing is lost.
    for (ours, person) in &lines {
        says_to(&stack, ours, person, "Leeds");
    }
    stack.kill_worker();
    stack.restart();
    for (_, person) in &lines {
        let all = [questions[0], questions[1], "Ada of Leeds, noted."];
        until_sent(&stack, person, &all);
        let contact = person.replace('+', "%2B");
        let list = format!("/v1/flows/interview/executions?contact={contact}");
        // A POST that the kill cut off is settled first.
        eventually("the end", SETTLED, || {
            let list = stack.get(&list).send().expect(200).json();
            let executions = list["executions"].as_array().unwrap();
            assert_eq!(executions.len(), 1, "{list}");
            (executions[0]["status"] == "ended").then_some(())
        });
        until_sent(&stack, person, &all);
    }
}

#[test]
fn a_stop_ends_the_conversation() {
    let stack = Stack::start(&Options::default());
    publish(&stack, "interview", &interview());
    let number = json!({"message_flow": "interview"});
    let target = format!("/v1/numbers/{PHONE_NUMBER}");
    let _ = stack.put(&target, &number).send().expect(200);
    let person = fresh_number();
    write(&stack, &person, "hi");
    until_sent(&stack, &person, &["What is your name?"]);
    write(&stack, &person, "STOP");
    write(&stack, &person, "Ada");
    let list = eventually("the ledger to say so", SOON, || {
        let list = stack.get("/v1/flows/interview/executions").send();
        let list = list.expect(200).json();
        (list["executions"][0]["status"] == "ended").then_some(list)
    });
    let shown = list["executions"][0]["contact_channel_address"].as_str();
    assert!(!shown.unwrap().contains(&person[1..8]), "{list}");
    assert_eq!(messages_to(&stack, &person).len(), 1);
}

#[test]
fn the_rest_api_starts_an_execution_that_calls_and_then_writes() {
    let stack = Stack::start(&Options::default());
    let call = json!({"from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}"});
    let gather =
        json!({"say": "Press a key, {{flow.data.name}}.", "timeout": 30, "number_of_digits": 1});
    let thanks = json!({"say": "Thank you."});
    let ways = [
        ("answered", "ask"),
        ("busy", "sorry"),
        ("noAnswer", "sorry"),
        ("failed", "sorry"),
    ];
    let document = flow(
        "incomingRequest",
        &[
            state("call", "make-outgoing-call-v2", &call, &ways),
            state(
                "ask",
                "gather-input-on-call",
                &gather,
                &[("keypress", "note")],
            ),
            says(
                "note",
                "You pressed {{widgets.ask.Digits}}.",
                &[("sent", "thanks")],
            ),
            state("thanks", "say-play", &thanks, &[]),
            says("sorry", "We called you ({{widgets.call.CallStatus}}).", &[]),
        ],
    );
    publish(&stack, "survey", &document);
    let start = |person: &str, key: &str| {
        let body = json!({"To": person, "From": PHONE_NUMBER, "Parameters": {"name": "Ada"}});
        let request = stack.post("/v1/flows/survey/executions", &body);
        let first = request.idempotency_key(key).send().expect(201).json();
        let request = stack.post("/v1/flows/survey/executions", &body);
        let again = request.idempotency_key(key).send().expect(201).json();
        assert_eq!(first["sid"], again["sid"]);
        first
    };
    let (taken, busy) = (fresh_number(), fresh_number());
    let script = json!({"to": taken, "script": [{"digits": "4"}]});
    twin(&stack, "/twin/scripts", &script);
    twin(
        &stack,
        "/twin/scripts",
        &json!({"to": busy, "answer": "busy"}),
    );
    let execution = start(&taken, "one");
    start(&busy, "two");
    until_sent(&stack, &taken, &["You pressed 4."]);
    until_sent(&stack, &busy, &["We called you (busy)."]);
    let url = execution["url"].as_str().unwrap();
    let target = &url[url.find("/v1/").unwrap()..];
    eventually("the execution to end", SOON, || {
        let now = stack.get(target).send().expect(200).json();
        (now["status"] == "ended").then_some(())
    });
    let steps = stack
        .get(&format!("{target}/steps"))
        .send()
        .expect(200)
        .json();
    let path: Vec<_> = steps["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            (
                step["transitioned_from"].as_str().unwrap(),
                step["name"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        path,
        [
            ("Trigger", "incomingRequest"),
            ("call", "answered"),
            ("ask", "keypress"),
            ("note", "sent"),
            ("thanks", "audioComplete")
        ]
    );
    assert_eq!(steps["steps"][2]["context"]["widgets.ask.Digits"], "***");
    let calls = seen(&stack, "/twin/calls");
    let mut to_them = calls.iter().filter(|call| call["to"] == taken.as_str());
    let call = to_them.next().unwrap();
    assert!(to_them.next().is_none(), "called once");
    assert_eq!(spoken(call), ["Press a key, Ada.", "Thank you."]);
}
