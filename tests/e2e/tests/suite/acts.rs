//! What the tests have people, applications and Twilio do.

use std::time::Duration;

use hookswitch_e2e::{PHONE_NUMBER, Request, Response, Stack, eventually};
use serde_json::{Value, json};

/// Long enough for an alarm or a callback on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);

/// A control of the twin, which must work.
#[track_caller]
pub fn twin(stack: &Stack, target: &str, body: &Value) -> Value {
    stack
        .twin("POST", target)
        .json(body)
        .send()
        .expect(200)
        .json()
}

/// A list of the twin's.
#[track_caller]
pub fn seen(stack: &Stack, target: &str) -> Vec<Value> {
    let list = stack.twin("GET", target).send().expect(200).json();
    list.as_array().cloned().expect("a list")
}

/// A person writes to the account's number; what the twin made of the answer.
#[track_caller]
pub fn write(stack: &Stack, from: &str, body: &str) -> Value {
    let message = json!({"to": PHONE_NUMBER, "from": from, "body": body});
    let outcome = twin(stack, "/twin/messages", &message);
    assert_eq!(outcome["status"], 200, "{outcome}");
    outcome
}

/// A person calls a number and does what the script says; the call as the twin heard it.
#[track_caller]
pub fn ring(stack: &Stack, to: &str, from: &str, script: &Value) -> Value {
    let call = json!({"to": to, "from": from, "script": script});
    let call = twin(stack, "/twin/calls", &call);
    for request in call["requests"].as_array().expect("requests") {
        let status = request["status"].as_u64().unwrap_or(0);
        assert!((200..300).contains(&status), "{request}");
    }
    call
}

/// Begins a call that the test plays itself, and waits until the caller is asked for a key.
#[track_caller]
pub fn ring_live(stack: &Stack, to: &str, from: &str) -> String {
    let call = json!({"to": to, "from": from, "live": true});
    let call = twin(stack, "/twin/calls", &call);
    let sid = call["sid"].as_str().expect("a SID").to_owned();
    hears(stack, &sid, "Press");
    sid
}

/// Waits until a text was spoken in a call.
#[track_caller]
pub fn hears(stack: &Stack, sid: &str, text: &str) {
    eventually(&format!("hearing {text:?}"), SOON, || {
        let call = stack
            .twin("GET", &format!("/twin/calls/{sid}"))
            .send()
            .json();
        spoken(&call)
            .iter()
            .any(|said| said.contains(text))
            .then_some(())
    });
}

/// Does one thing in a live call.
#[track_caller]
pub fn act(stack: &Stack, sid: &str, step: &Value) {
    twin(stack, &format!("/twin/calls/{sid}/input"), step);
}

/// What was said in a call, in order.
pub fn spoken(call: &Value) -> Vec<String> {
    let transcript = call["transcript"].as_array().cloned().unwrap_or_default();
    transcript
        .iter()
        .filter_map(|entry| match &entry["say"] {
            Value::String(text) => Some(text.clone()),
            say => say["text"].as_str().map(str::to_owned),
        })
        .collect()
}

/// What the transcript says of a verb, in order.
pub fn entries(call: &Value, verb: &str) -> Vec<Value> {
    let transcript = call["transcript"].as_array().cloned().unwrap_or_default();
    let found = transcript.iter().filter_map(|entry| entry.get(verb));
    found.cloned().collect()
}

/// The calls that the API lists for a person.
#[track_caller]
pub fn calls_with(stack: &Stack, person: &str) -> Vec<Value> {
    let list = stack.get(&format!("/v1/calls?contact={person}")).send();
    let list = list.expect(200).json();
    list["calls"].as_array().cloned().expect("calls")
}

/// A request to send a text to a person.
pub fn text(stack: &Stack, to: &str, body: &str) -> Request {
    stack.post("/v1/messages", &json!({"to": to, "body": body}))
}

/// Sends a text that is accepted; its view.
#[track_caller]
pub fn send(stack: &Stack, to: &str, body: &str) -> Value {
    text(stack, to, body).send().expect(202).json()
}

/// A message or call as the API shows it now.
#[track_caller]
pub fn now(stack: &Stack, kind: &str, view: &Value) -> Value {
    let id = view["id"].as_str().expect("an id");
    stack
        .get(&format!("/v1/{kind}/{id}"))
        .send()
        .expect(200)
        .json()
}

/// Waits until a message or call has this status.
#[track_caller]
pub fn until(stack: &Stack, kind: &str, view: &Value, status: &str) -> Value {
    let id = view["id"].as_str().expect("an id").to_owned();
    let mut last = Value::Null;
    eventually(&format!("{id} to be {status}"), SOON, || {
        last = now(stack, kind, view);
        (last["status"] == status).then(|| last.clone())
    })
}

/// The requests by which messages to a person were posted to Twilio.
#[track_caller]
pub fn posts_to(stack: &Stack, person: &str) -> Vec<Value> {
    let mut posts = seen(stack, "/twin/requests?method=POST&path=/Messages.json");
    posts.retain(|post| post["params"]["To"] == person);
    posts
}

/// The messages to a person that Twilio has.
#[track_caller]
pub fn messages_to(stack: &Stack, person: &str) -> Vec<Value> {
    let mut messages = seen(stack, "/twin/messages?direction=outbound-api");
    messages.retain(|message| message["to"] == person);
    messages
}

/// Waits until Twilio was asked for something about a person, answered or not.
#[track_caller]
pub fn until_posted(stack: &Stack, person: &str) {
    eventually(&format!("a POST to {person}"), SOON, || {
        (!posts_to(stack, person).is_empty()).then_some(())
    });
}

/// The stable name of a problem, which the answer must be.
#[track_caller]
pub fn problem(answer: Response, status: u16) -> Value {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{problem}");
    assert!(problem["title"].is_string() && problem["detail"].is_string());
    problem
}

/// Waits until the Worker has logged a text: its output comes with a delay.
#[track_caller]
pub fn logged(stack: &Stack, text: &str) {
    eventually(&format!("{text:?} in the log"), SOON, || {
        stack.worker_log().contains(text).then_some(())
    });
}
