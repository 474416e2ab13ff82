//! `kill -9` of workerd where it hurts, and the same Worker again on the same storage.

use std::thread;
use std::time::Duration;

use hookswitch_e2e::{Options, PHONE_NUMBER, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use crate::acts::{
    SOON, act, calls_with, entries, hears, messages_to, now, posts_to, problem, ring, ring_live,
    seen, spoken, text, twin, until_posted, write,
};

/// A POST's lease (15 s), two looks at Twilio's list, and a busy machine.
const SETTLED: Duration = Duration::from_secs(60);

/// The kill comes between the STOP and the next send.
#[test]
fn what_was_answered_before_a_kill_holds_after_it() {
    let stack = Stack::start(&Options::default());
    let (person, friend, line) = (fresh_number(), fresh_number(), fresh_number());
    let sent = text(&stack, &friend, "Hello.").idempotency_key("order-1");
    let sent = sent.send().expect(202).json();
    let built_in = stack.get("/v1/flows/acme-ivr").send().expect(200).json();
    let definition = built_in["definition"].to_string();
    let definition = definition.replace("Welcome to Acme Corp.", "Welcome back.");
    let definition: Value = serde_json::from_str(&definition).unwrap();
    let _ = stack.put("/v1/flows/mine", &definition).send().expect(200);
    let number = json!({"voice_flow": "mine"});
    let _ = stack
        .put(&format!("/v1/numbers/{line}"), &number)
        .send()
        .expect(200);
    write(&stack, &person, "STOP");
    stack.kill_worker();
    stack.restart();

    let refused = problem(text(&stack, &person, "Hello.").send(), 409);
    assert_eq!(refused["code"], "opted_out");
    assert!(posts_to(&stack, &person).is_empty());
    let again = text(&stack, &friend, "Hello.").idempotency_key("order-1");
    assert_eq!(again.send().expect(202).json()["id"], sent["id"]);
    let other = text(&stack, &friend, "Goodbye.").idempotency_key("order-1");
    assert_eq!(problem(other.send(), 409)["code"], "idempotency_conflict");
    assert_eq!(posts_to(&stack, &friend).len(), 1);
    let call = ring(&stack, &line, &fresh_number(), &json!([{"hangup": true}]));
    assert!(spoken(&call)[0].starts_with("Welcome back."), "{call}");
}

/// Two messages are on their way when the process dies: one that Twilio has not taken, one
/// that it has, whose answer and callbacks are lost. Each is there exactly once in the end.
#[test]
fn a_kill_in_the_middle_of_a_send_neither_loses_nor_doubles_the_message() {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    let (untaken, taken) = (fresh_number(), fresh_number());
    for (to, hang) in [(&untaken, "hang_before"), (&taken, "accept_then_hang")] {
        let fault = json!({"match": {"method": "POST", "to": to}, "act": {hang: true}});
        twin(&stack, "/twin/faults", &fault);
        let silent = json!([{"status": "sent", "callback": false}, {"status": "delivered", "callback": false}]);
        twin(
            &stack,
            "/twin/outcomes",
            &json!({"to": to, "statuses": silent}),
        );
    }
    let sends: Vec<_> = [&untaken, &taken]
        .map(|to| text(&stack, to, "Once and only once.").idempotency_key(to))
        .into_iter()
        .map(|request| thread::spawn(move || request.try_send()))
        .collect();
    until_posted(&stack, &untaken);
    until_posted(&stack, &taken);
    stack.kill_worker();
    for send in sends {
        assert!(send.join().unwrap().is_err(), "answered after the kill");
    }
    stack.restart();

    // The application, which got no answer, asks again.
    let again = [(untaken, 2), (taken, 1)].map(|(to, posts)| {
        let again = text(&stack, &to, "Once and only once.").idempotency_key(&to);
        (again.send().expect(202).json(), to, posts)
    });
    for (again, to, posts) in again {
        let settled = eventually("the message to be settled", SETTLED, || {
            let message = now(&stack, "messages", &again);
            message["sid"].is_string().then_some(message)
        });
        let there = messages_to(&stack, &to);
        assert_eq!(there.len(), 1, "{there:?}");
        assert_eq!(settled["sid"], there[0]["sid"]);
        assert_eq!(posts_to(&stack, &to).len(), posts, "{settled}");
    }
}

/// Twilio took the message, then the connection broke. A status callback, or Twilio's list,
/// says so.
#[test]
fn an_answer_that_was_lost_does_not_send_the_message_again() {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    let (told, untold) = (fresh_number(), fresh_number());
    for to in [&told, &untold] {
        let fault =
            json!({"match": {"method": "POST", "to": to}, "act": {"accept_then_drop": true}});
        twin(&stack, "/twin/faults", &fault);
    }
    let silent = json!({"to": untold, "statuses": [{"status": "delivered", "callback": false}]});
    twin(&stack, "/twin/outcomes", &silent);
    for (to, settled_by) in [(&told, "delivered"), (&untold, "settled")] {
        let sent = text(&stack, to, "Once.").send().expect(202).json();
        let settled = eventually("the message to be settled", SETTLED, || {
            let message = now(&stack, "messages", &sent);
            let events = message["history"].as_array()?.clone();
            events
                .iter()
                .any(|entry| entry["event"] == settled_by)
                .then_some(message)
        });
        assert!(settled["sid"].is_string(), "{settled}");
        assert_eq!(posts_to(&stack, to).len(), 1);
        assert_eq!(messages_to(&stack, to).len(), 1);
    }
}

#[test]
fn a_voicemail_survives_a_kill_after_it_and_a_kill_in_the_middle_of_it() {
    let stack = Stack::start(&Options::default());
    let saved = fresh_number();
    let record = |text: &str, hangup: bool| json!({"record": {"duration": 9, "text": text, "hangup": hangup, "transcription_delay_ms": 600_000}});
    // This one is answered before the kill; its transcript comes after it.
    let call = ring_live(&stack, PHONE_NUMBER, &saved);
    act(&stack, &call, &json!({"digits": "3"}));
    hears(&stack, &call, "after the beep");
    act(&stack, &call, &record("The first.", false));
    hears(&stack, &call, "Thank you");

    // This one is being spoken while the process dies: nobody hears that it was recorded.
    let cut = fresh_number();
    let script = json!([{"digits": "3"}, {"wait_ms": 8_000}, record("The second.", true)]);
    let call = json!({"to": PHONE_NUMBER, "from": cut, "script": script});
    let call = stack.twin("POST", "/twin/calls").json(&call);
    let call = thread::spawn(move || call.send().expect(200).json());
    eventually("the beep", SOON, || {
        let calls = seen(
            &stack,
            &format!("/twin/calls?from={}", cut.replace('+', "%2B")),
        );
        let said = spoken(calls.first()?);
        said.iter()
            .any(|text| text.contains("after the beep"))
            .then_some(())
    });
    stack.kill_worker();
    let call = call.join().unwrap();
    assert_eq!(entries(&call, "record")[0]["duration"], 9, "{call}");
    stack.restart();

    let voicemail = |person: &str| {
        calls_with(&stack, person)
            .first()
            .map(|call| call["voicemails"][0].clone())
    };
    assert_eq!(voicemail(&saved).unwrap()["duration"], 9);
    assert_eq!(voicemail(&cut), None);
    twin(&stack, "/twin/clock", &json!({"advance_ms": 700_000}));
    assert_eq!(voicemail(&saved).unwrap()["transcription"], "The first.");
    let late = voicemail(&cut).expect("the transcript leads to it");
    assert_eq!(late["transcription"], "The second.");
    assert!(
        late["recording_url"]
            .as_str()
            .is_some_and(|url| url.contains("/Recordings/RE")),
        "{late}"
    );
}
