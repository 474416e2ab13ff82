//! Flows on a call: requests to other servers, subflows, recordings, hand-offs.

use serde_json::{Value, json};

use super::{CALL, call, next_target, ok};
use crate::effects;
use crate::gateway::testing::{ACCOUNT, TOKEN, TestWorld, US, json_of};
use crate::twilio::form::Form;
use crate::twilio::signature::{Content, Key, verify};

const SID: &str = "FW0123456789abcdef0123456789abcdef";

pub(super) fn state(name: &str, kind: &str, properties: &Value, ways: &[(&str, &str)]) -> Value {
    let ways: Vec<Value> = ways
        .iter()
        .map(|(event, next)| match *next {
            "" => json!({"event": event}),
            next => json!({"event": event, "next": next}),
        })
        .collect();
    json!({"name": name, "type": kind, "properties": properties, "transitions": ways})
}

pub(super) fn say(name: &str, text: &str, next: &str) -> Value {
    let properties = json!({"say": text, "loop": 1, "voice": "default", "language": "en"});
    state(name, "say-play", &properties, &[("audioComplete", next)])
}

pub(super) fn flow(event: &str, states: &[Value]) -> Value {
    let first = states[0]["name"].as_str().unwrap();
    let mut all = vec![state("Trigger", "trigger", &json!({}), &[(event, first)])];
    all.extend(states.iter().cloned());
    json!({"description": "", "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": true}, "states": all})
}

#[track_caller]
fn publish(world: &TestWorld, target: &str, document: &Value) -> Value {
    let response = world.api("PUT", &format!("/v1/flows/{target}"), Some(document));
    assert_eq!(response.status, 200, "{}", response.body);
    json_of(&response)
}

/// Publishes a flow and lets the number run it.
pub(super) fn answer_with(world: &TestWorld, document: &Value) {
    publish(world, "it", document);
    let body = json!({"voice_flow": "it"});
    let response = world.api("PUT", &format!("/v1/numbers/{US}"), Some(&body));
    assert_eq!(response.status, 200);
}

pub(super) fn begin(world: &TestWorld) -> String {
    ok(world.webhook("/voice/incoming", &call(&[])))
}

fn look_up(url: &str) -> Value {
    let properties = json!({"method": "POST", "url": url,
        "content_type": "application/x-www-form-urlencoded;charset=utf-8",
        "parameters": [{"key": "from", "value": "{{contact.channel.address}}"}]});
    state(
        "look_up",
        "make-http-request",
        &properties,
        &[("success", "tell"), ("failed", "sorry")],
    )
}

fn looking_up(url: &str) -> Value {
    flow(
        "incomingCall",
        &[
            look_up(url),
            say("tell", "Order {{widgets.look_up.parsed.order.id}}", ""),
            say("sorry", "No answer {{widgets.look_up.status_code}}", ""),
        ],
    )
}

#[test]
fn a_caller_hears_what_another_server_answered() {
    let world = TestWorld::new();
    answer_with(&world, &looking_up("https://shop.example/orders"));
    world.twilio_answers(200, r#"{"order":{"id":"A7"}}"#);
    let twiml = begin(&world);
    assert!(
        twiml.contains("Order A7") && twiml.contains("<Hangup"),
        "{twiml}"
    );
    let request = world.twilio_requests().remove(0);
    assert_eq!(
        (request.method, &*request.url),
        ("POST", "https://shop.example/orders")
    );
    assert_eq!(request.body, "from=%2B14155550100");
    let (headers, time) = world.sent_with.borrow()[0].clone();
    assert_eq!(time, effects::TIME_LIMIT);
    // A request that Twilio repeats asks under the same key.
    let token = |headers: &[(&str, String)]| {
        let found = headers.iter().find(|(name, _)| *name == "idempotency-key");
        found.unwrap().1.clone()
    };
    world.twilio_answers(200, "{}");
    begin(&world);
    assert_eq!(token(&headers), token(&world.sent_with.borrow()[1].0));
}

#[test]
fn a_server_that_fails_or_may_not_be_asked_takes_the_failed_way() {
    let world = TestWorld::new();
    answer_with(&world, &looking_up("https://shop.example/orders"));
    world.twilio_answers(503, "busy");
    assert!(begin(&world).contains("No answer 503"));
    assert!(begin(&world).contains(">No answer<"), "no answer at all");
    let asked = world.twilio_requests().len();
    answer_with(&world, &looking_up("http://169.254.169.254/latest"));
    assert!(begin(&world).contains(">No answer<"));
    assert_eq!(world.twilio_requests().len(), asked);
    let log = world.log.borrow();
    let line = log
        .iter()
        .rfind(|record| record.event == "flow.effect_failed")
        .unwrap();
    assert_eq!(line.fields["why"], "the host is a private one");
    assert_eq!(line.fields["call_sid"], CALL);
}

#[test]
fn what_was_said_is_heard_before_a_slow_request_begins() {
    let world = TestWorld::new();
    let look_up = look_up("https://shop.example/orders");
    answer_with(
        &world,
        &flow(
            "incomingCall",
            &[
                say("wait", "One moment", "look_up"),
                look_up,
                say("tell", "Order {{widgets.look_up.parsed.id}}", ""),
                say("sorry", "Sorry", ""),
            ],
        ),
    );
    let first = begin(&world);
    assert!(
        first.contains("One moment") && first.contains("<Redirect"),
        "{first}"
    );
    assert_eq!(world.twilio_requests().len(), 0);
    world.twilio_answers(200, r#"{"id":9}"#);
    let second = ok(world.webhook(&next_target(&first), &call(&[])));
    assert!(second.contains("Order 9"), "{second}");
}

#[test]
fn a_function_is_called_with_the_accounts_signature() {
    let world = TestWorld::new();
    let url = "https://acme-1234.twil.io/hello";
    let properties = json!({"url": url, "parameters": [{"key": "CallSid", "value": "{{trigger.call.CallSid}}"}]});
    let run = state(
        "run",
        "run-function",
        &properties,
        &[("success", "tell"), ("fail", "")],
    );
    answer_with(
        &world,
        &flow(
            "incomingCall",
            &[run, say("tell", "{{widgets.run.parsed.text}}", "")],
        ),
    );
    world.twilio_answers(200, r#"{"text":"From a function"}"#);
    assert!(begin(&world).contains("From a function"));
    let request = world.twilio_requests().remove(0);
    assert_eq!(request.body, format!("CallSid={CALL}"));
    let form = Form::parse(request.body.as_bytes()).unwrap();
    let headers = world.sent_with.borrow()[0].0.clone();
    let signature = headers
        .iter()
        .find(|(name, _)| *name == "x-twilio-signature");
    let signature = signature.map(|(_, value)| value.as_str());
    assert!(verify(&[&Key::new(TOKEN)], url, &Content::Form(&form), signature).is_ok());
}

#[test]
fn a_recording_of_the_call_starts_by_rest() {
    let world = TestWorld::new();
    let properties = json!({"record_call": true, "recording_channels": "dual"});
    let record = state(
        "record",
        "record-call",
        &properties,
        &[("success", "tell"), ("failed", "")],
    );
    answer_with(
        &world,
        &flow(
            "incomingCall",
            &[record, say("tell", "{{widgets.record.RecordingSid}}", "")],
        ),
    );
    world.twilio_answers(201, r#"{"sid":"RE1"}"#);
    assert!(begin(&world).contains("RE1"));
    let request = world.twilio_requests().remove(0);
    let path = format!("/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}/Recordings.json");
    assert!(request.url.ends_with(&path), "{}", request.url);
}

fn asking(text: &str) -> Value {
    let properties = json!({"say": text, "timeout": 5, "number_of_digits": 1});
    let set = json!({"variables": [{"key": "chosen", "value": "{{widgets.ask.Digits}}"}]});
    flow(
        "incomingParent",
        &[
            state(
                "ask",
                "gather-input-on-call",
                &properties,
                &[("keypress", "keep")],
            ),
            state("keep", "set-variables", &set, &[("next", "bye")]),
            say("bye", &format!("after {text}"), ""),
        ],
    )
}

fn calling(name: &str) -> Value {
    calling_from("incomingCall", name)
}

fn calling_from(event: &str, name: &str) -> Value {
    let properties = json!({"flow_sid": name, "flow_revision": "LatestPublished",
        "parameters": [{"key": "a", "value": "b"}]});
    flow(
        event,
        &[
            state(
                "sub",
                "run-subflow",
                &properties,
                &[("completed", "tell"), ("failed", "sorry")],
            ),
            say("tell", "chosen {{widgets.sub.chosen}}", ""),
            say("sorry", "no subflow", ""),
        ],
    )
}

#[test]
fn a_subflow_runs_by_its_studio_sid_and_stays_on_its_revision() {
    let world = TestWorld::new();
    let published = publish(&world, &format!("questions?sid={SID}"), &asking("one"));
    assert_eq!(published["sid"], SID);
    answer_with(&world, &calling(SID));
    let first = begin(&world);
    assert!(first.contains(">one<"), "{first}");
    publish(&world, "questions", &asking("two"));
    for isolate in [&world, &world.another_isolate()] {
        let step = ok(isolate.webhook(&next_target(&first), &call(&[("Digits", "4")])));
        assert!(
            step.contains("after one") && step.contains("chosen 4"),
            "{step}"
        );
        let fresh = begin(isolate);
        assert!(fresh.contains(">two<"), "{fresh}");
    }
}

#[test]
fn a_subflow_is_found_by_its_name_and_in_the_answer_of_studios_api() {
    let world = TestWorld::new();
    let wrapped = json!({"sid": SID, "friendly_name": "Q", "definition": asking("wrapped")});
    publish(&world, "questions", &wrapped);
    for name in ["questions", SID] {
        answer_with(&world, &calling(name));
        assert!(begin(&world).contains(">wrapped<"), "{name}");
    }
    let response = world.api("PUT", "/v1/flows/questions?sid=FW1", Some(&asking("x")));
    assert_eq!(response.status, 400, "{}", response.body);
}

#[test]
fn a_subflow_that_nobody_published_is_told_by_the_check_and_fails_on_the_call() {
    let world = TestWorld::new();
    let response = world.api("POST", "/v1/flows/it/check", Some(&calling(SID)));
    let report = json_of(&response);
    assert_eq!(report["errors"], json!([]));
    assert_eq!(
        report["warnings"][0]["pointer"],
        "/states/1/properties/flow_sid"
    );
    answer_with(&world, &calling(SID));
    assert!(begin(&world).contains("no subflow"));
    // A flow that calls itself ends by the limit of its depth, as an event.
    publish(&world, "loop", &calling_from("incomingParent", "loop"));
    answer_with(&world, &calling("loop"));
    let looped = begin(&world);
    assert!(looped.contains("no subflow"), "{looped}");
}

#[test]
fn the_clock_of_a_flow_is_studios_unless_the_deployment_has_its_own() {
    // 1 July, 12:00 UTC: summer in California and in Berlin.
    let heard = |own: &[(&str, &str)]| {
        let world = TestWorld::with(own);
        let july = 1_782_907_200_000;
        world.advance(july - crate::ports::Clock::now(&world));
        answer_with(
            &world,
            &flow(
                "incomingCall",
                &[say("clock", "{{ 'now' | date: '%H:%M' }}", "")],
            ),
        );
        begin(&world)
    };
    assert!(heard(&[]).contains(">05:00<"));
    assert!(heard(&[("FLOW_TIME_ZONE", "+01:00 eu")]).contains(">14:00<"));
}
