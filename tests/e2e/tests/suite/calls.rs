//! Calls in both directions, played by the twin, which really fetches the TwiML.

use hookswitch_e2e::{PHONE_NUMBER, Stack, fresh_number, shared};
use serde_json::{Value, json};

use crate::acts::{act, calls_with, entries, hears, now, ring, ring_live, spoken, twin, until};

const MENU: &str = "Welcome to Acme Corp. Press 1 for sales. Press 2 for support. \
                    Press 3 to leave a message.";
const INVALID: &str = "Sorry, that is not a valid choice.";
const GOODBYE: &str = "We did not receive a valid choice. Goodbye.";

fn acme(script: &Value) -> (String, Value) {
    let caller = fresh_number();
    let call = ring(shared(), PHONE_NUMBER, &caller, script);
    assert_eq!(call["status"], "completed", "{call}");
    assert!(entries(&call, "error").is_empty(), "{call}");
    (caller, call)
}

#[test]
fn key_1_says_so_and_dials_sales() {
    let (_, call) = acme(&json!([{"digits": "1"}, {"dial": "completed"}]));
    assert_eq!(spoken(&call), [MENU, "Connecting you to sales."]);
    assert_eq!(entries(&call, "dial")[0]["to"], "+12025550143");
}

#[test]
fn key_2_says_so_and_dials_support() {
    let (_, call) = acme(&json!([{"digits": "2"}, {"dial": "completed"}]));
    assert_eq!(spoken(&call), [MENU, "Connecting you to support."]);
    assert_eq!(entries(&call, "dial")[0]["to"], "+12025550178");
}

#[test]
fn a_line_that_does_not_answer_leads_back_to_the_caller() {
    for status in ["busy", "no-answer", "failed"] {
        let script = json!([{"digits": "1"}, {"dial": status}, {"hangup": true}]);
        let (_, call) = acme(&script);
        assert!(spoken(&call).len() > 2, "{status}: {:?}", spoken(&call));
    }
}

#[test]
fn key_3_records_a_voicemail_that_is_kept_with_its_transcript() {
    let script = json!([{"digits": "3"}, {"record": {"duration": 7, "text": "Please call back."}}]);
    let (caller, call) = acme(&script);
    let said = spoken(&call);
    assert!(
        said.last()
            .is_some_and(|last| last.starts_with("Thank you")),
        "{said:?}"
    );
    assert_eq!(entries(&call, "hangup"), ["hangup"]);
    let found = calls_with(shared(), &caller);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["sid"], call["sid"]);
    assert_eq!(found[0]["direction"], "inbound");
    let voicemails = &found[0]["voicemails"];
    assert_eq!(voicemails.as_array().map(Vec::len), Some(1));
    assert_eq!(
        voicemails[0]["recording_sid"],
        entries(&call, "record")[0]["sid"]
    );
    assert_eq!(voicemails[0]["duration"], 7);
    assert_eq!(voicemails[0]["transcription_status"], "completed");
    assert_eq!(voicemails[0]["transcription"], "Please call back.");
    let ended = until(shared(), "calls", &found[0], "completed");
    assert!(
        ended["duration_seconds"]
            .as_u64()
            .is_some_and(|seconds| seconds > 7),
        "{ended}"
    );
}

#[test]
fn a_caller_who_hangs_up_while_recording_leaves_the_message_all_the_same() {
    let record = json!({"record": {"duration": 9, "text": "It is me.", "hangup": true}});
    let (caller, _) = acme(&json!([{"digits": "3"}, record]));
    let found = calls_with(shared(), &caller);
    assert_eq!(found[0]["voicemails"][0]["duration"], 9);
    assert_eq!(found[0]["voicemails"][0]["transcription"], "It is me.");
}

#[test]
fn a_recording_that_cannot_be_transcribed_is_kept_and_says_so() {
    let record = json!({"record": {"duration": 9, "transcription_fails": true}});
    let (caller, _) = acme(&json!([{"digits": "3"}, record]));
    let voicemail = &calls_with(shared(), &caller)[0]["voicemails"][0];
    assert_eq!(voicemail["duration"], 9);
    assert_eq!(voicemail["transcription_status"], "failed");
}

#[test]
fn an_empty_recording_is_told_to_the_caller_and_is_no_voicemail() {
    let (caller, call) = acme(&json!([{"digits": "3"}, {"record": {"duration": 0}}]));
    let said = spoken(&call);
    assert_eq!(
        said.last().map(String::as_str),
        Some("We did not hear a message. Goodbye.")
    );
    for known in calls_with(shared(), &caller) {
        assert_eq!(known["voicemails"], Value::Null, "{known}");
    }
}

#[test]
fn silence_repeats_the_menu_three_times_and_then_says_goodbye() {
    let (_, call) = acme(&json!([]));
    assert_eq!(spoken(&call), [MENU, MENU, MENU, GOODBYE]);
    assert_eq!(entries(&call, "hangup"), ["hangup"]);
}

#[test]
fn an_invalid_key_is_told_and_a_valid_one_then_works() {
    let (_, call) = acme(&json!([{"digits": "9"}, {"digits": "2"}, {"dial": "completed"}]));
    assert_eq!(
        spoken(&call),
        [MENU, INVALID, MENU, "Connecting you to support."]
    );
}

#[test]
fn three_invalid_keys_end_the_call() {
    let (_, call) = acme(&json!([{"digits": "9"}, {"digits": "*"}, {"digits": "0"}]));
    assert_eq!(
        spoken(&call),
        [MENU, INVALID, MENU, INVALID, MENU, INVALID, GOODBYE]
    );
}

#[test]
fn a_caller_without_a_number_is_served_like_any_other() {
    let script = json!([{"digits": "1"}, {"dial": "completed"}]);
    let call = ring(shared(), PHONE_NUMBER, "anonymous", &script);
    assert_eq!(spoken(&call), [MENU, "Connecting you to sales."]);
}

#[test]
fn a_running_call_stays_on_its_revision_and_the_next_call_gets_the_new_one() {
    let stack = shared();
    let line = fresh_number();
    let built_in = stack.get("/v1/flows/acme-ivr").send().expect(200).json();
    let mut definition = built_in["definition"].clone();
    let publish = |definition: &Value| {
        stack
            .put("/v1/flows/revised", definition)
            .send()
            .expect(200)
            .json()["revision"]
            .clone()
    };
    assert_eq!(publish(&definition), 1);
    let number = json!({"voice_flow": "revised", "data": {"SALES_PHONE": "+12025550100"}});
    let _ = stack
        .put(&format!("/v1/numbers/{line}"), &number)
        .send()
        .expect(200);

    let running = ring_live(stack, &line, &fresh_number());
    let text = definition.to_string().replace(INVALID, "No such key.");
    definition = serde_json::from_str(&text).unwrap();
    assert_eq!(publish(&definition), 2);
    act(stack, &running, &json!({"digits": "9"}));
    hears(stack, &running, INVALID);
    act(stack, &running, &json!({"hangup": true}));

    let script = json!([{"digits": "9"}, {"digits": "1"}, {"dial": "completed"}]);
    let fresh = ring(stack, &line, &fresh_number(), &script);
    assert_eq!(
        spoken(&fresh),
        [MENU, "No such key.", MENU, "Connecting you to sales."]
    );
    // The number's own data wins over the deployment's.
    assert_eq!(entries(&fresh, "dial")[0]["to"], "+12025550100");
}

#[test]
fn a_definition_with_errors_is_refused_with_pointers_and_changes_nothing() {
    let stack = shared();
    let built_in = stack.get("/v1/flows/acme-ivr").send().expect(200).json();
    let mut definition = built_in["definition"].clone();
    definition["states"][0]["transitions"][0]["next"] = json!("nowhere");
    definition["states"][3]["type"] = json!("make-coffee");
    let checked = stack
        .post("/v1/flows/bad/check", &definition)
        .send()
        .expect(200)
        .json();
    let refused = stack
        .put("/v1/flows/bad", &definition)
        .send()
        .expect(422)
        .json();
    assert_eq!(refused["errors"], checked["errors"]);
    let pointers = checked["errors"].as_array().unwrap().iter();
    let pointers: Vec<_> = pointers
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    assert!(pointers.contains(&"/states/3/type"), "{checked}");
    assert!(
        pointers.contains(&"/states/0/transitions/0/next"),
        "{checked}"
    );
    let _ = stack.get("/v1/flows/bad").send().expect(404);
}

/// Places a call to a fresh number that behaves so when it rings.
fn place(stack: &Stack, behaviour: &Value, body: &Value) -> Value {
    let to = fresh_number();
    let mut behaviour = behaviour.clone();
    behaviour["to"] = json!(to);
    twin(stack, "/twin/scripts", &behaviour);
    let mut body = body.clone();
    body["to"] = json!(to);
    let placed = stack.post("/v1/calls", &body).idempotency_key(&to).send();
    let placed = placed.expect(202).json();
    assert!(
        placed["sid"]
            .as_str()
            .is_some_and(|sid| sid.starts_with("CA")),
        "{placed}"
    );
    assert!(placed["status"].is_string());
    let again = stack.post("/v1/calls", &body).idempotency_key(&to).send();
    let again = again.expect(202).json();
    assert_eq!(
        (&again["id"], &again["sid"]),
        (&placed["id"], &placed["sid"])
    );
    placed
}

#[test]
fn an_outbound_call_speaks_a_message_and_is_followed_to_its_end() {
    let stack = shared();
    let placed = place(
        stack,
        &json!({"answer": "human"}),
        &json!({"message": "Hello <Ada> & all."}),
    );
    let ended = until(stack, "calls", &placed, "completed");
    assert!(
        ended["duration_seconds"]
            .as_u64()
            .is_some_and(|seconds| seconds > 0),
        "{ended}"
    );
    let events: Vec<_> = ended["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"].clone())
        .collect();
    for event in ["initiated", "ringing", "completed"] {
        assert!(events.contains(&json!(event)), "{event} in {events:?}");
    }
    let sid = placed["sid"].as_str().unwrap();
    let heard = stack
        .twin("GET", &format!("/twin/calls/{sid}"))
        .send()
        .json();
    assert_eq!(spoken(&heard), ["Hello <Ada> & all."]);
}

#[test]
fn an_outbound_call_runs_twiml_as_it_was_given() {
    let stack = shared();
    let twiml = "<Response><Say>One</Say><Pause length=\"2\"/><Say>Two</Say></Response>";
    let placed = place(stack, &json!({}), &json!({"twiml": twiml}));
    until(stack, "calls", &placed, "completed");
    let sid = placed["sid"].as_str().unwrap();
    let heard = stack
        .twin("GET", &format!("/twin/calls/{sid}"))
        .send()
        .json();
    assert_eq!(spoken(&heard), ["One", "Two"]);
}

#[test]
fn an_outbound_call_runs_a_flow_and_the_person_can_press_keys() {
    let stack = shared();
    let built_in = stack.get("/v1/flows/acme-ivr").send().expect(200).json();
    let mut definition = built_in["definition"].clone();
    // The same menu, for calls that the API places.
    let first = definition["states"][0]["transitions"][0]["next"].clone();
    for transition in definition["states"][0]["transitions"]
        .as_array_mut()
        .unwrap()
    {
        if transition["event"] == "incomingRequest" {
            transition["next"] = first.clone();
        }
    }
    let _ = stack
        .put("/v1/flows/outbound", &definition)
        .send()
        .expect(200);
    let behaviour = json!({"script": [{"digits": "2"}, {"dial": "completed"}]});
    let placed = place(stack, &behaviour, &json!({"flow": "outbound"}));
    until(stack, "calls", &placed, "completed");
    let sid = placed["sid"].as_str().unwrap();
    let heard = stack
        .twin("GET", &format!("/twin/calls/{sid}"))
        .send()
        .json();
    assert_eq!(spoken(&heard), [MENU, "Connecting you to support."]);
}

#[test]
fn calls_that_nobody_took_are_told_apart() {
    let stack = shared();
    for outcome in ["busy", "no-answer", "canceled", "failed"] {
        let placed = place(
            stack,
            &json!({"answer": outcome}),
            &json!({"message": "Hello."}),
        );
        let ended = until(stack, "calls", &placed, outcome);
        let seconds = ended["duration_seconds"].as_u64();
        assert!(seconds.is_none_or(|seconds| seconds == 0), "{ended}");
        let last = ended["history"]
            .as_array()
            .and_then(|history| history.last());
        assert_eq!(last.map(|entry| &entry["event"]), Some(&json!(outcome)));
    }
}

#[test]
fn a_call_needs_exactly_one_thing_to_say() {
    let stack = shared();
    let to = fresh_number();
    for body in [
        json!({"to": to}),
        json!({"to": to, "message": "a", "twiml": "<Response/>"}),
        json!({"to": to, "message": " "}),
        json!({"to": to, "flow": "no-such-flow"}),
        json!({"to": to, "twiml": "hello"}),
        json!({"to": "5550100", "message": "a"}),
        json!({"to": to, "message": "a".repeat(4_097)}),
    ] {
        let answer = stack.post("/v1/calls", &body).send().expect(400).json();
        assert!(!answer["errors"].as_array().unwrap().is_empty(), "{answer}");
    }
    let _ = stack.get("/v1/calls/call_none").send().expect(404);
    assert!(calls_with(stack, &to).is_empty());
}

#[test]
fn a_repeated_callback_of_a_call_changes_nothing() {
    let stack = shared();
    let placed = place(stack, &json!({}), &json!({"message": "Hello."}));
    let before = until(stack, "calls", &placed, "completed");
    let sid = placed["sid"].as_str().unwrap();
    let callbacks = stack.twin(
        "GET",
        &format!("/twin/callbacks?kind=call-status&sid={sid}"),
    );
    for callback in callbacks.send().json().as_array().unwrap() {
        let replay = json!({"callback_index": callback["index"]});
        assert_eq!(twin(stack, "/twin/replay", &replay)["status"], 204);
    }
    let after = now(stack, "calls", &placed);
    assert_eq!(after["status"], before["status"]);
    assert_eq!(after["history"], before["history"]);
}
