//! A genuine webhook never gets a 5xx because something behind it failed.

use serde_json::json;

use crate::gateway::testing::{PERSON, TestWorld, US, json_of};
use crate::time::HOUR;

use super::{call, message, next_target, ok};

const SID: &str = "SM00000000000000000000000000000001";

fn is_empty_response(twiml: &str) -> bool {
    let document = roxmltree::Document::parse(twiml).expect("XML");
    let root = document.root_element();
    root.has_tag_name("Response") && !root.has_children()
}

#[test]
fn a_stop_that_no_object_takes_is_answered_and_acted_on_later() {
    let world = TestWorld::new();
    world.objects_down.set(true);
    let twiml = ok(world.webhook("/webhooks/sms/incoming", &message(SID, "STOP")));
    assert!(is_empty_response(&twiml), "{twiml}");
    world.objects_down.set(false);
    assert_eq!(world.drain_queue(), 1);
    let body = json!({"to": PERSON, "body": "hello"});
    assert_eq!(world.api("POST", "/v1/messages", Some(&body)).status, 409);
    assert_eq!(world.twilio_requests().len(), 0);
}

#[test]
fn with_objects_and_queue_down_messages_still_get_an_empty_response() {
    let world = TestWorld::new();
    world.objects_down.set(true);
    world.queue_down.set(true);
    for path in ["/webhooks/sms/incoming", "/webhooks/whatsapp"] {
        assert!(is_empty_response(&ok(
            world.webhook(path, &message(SID, "STOP"))
        )));
    }
    let mut form = message(SID, "");
    form.push(("MessageStatus", "delivered"));
    assert_eq!(world.webhook("/webhooks/sms/status", &form).status, 204);
    let deferred = world.log.borrow();
    assert!(
        deferred
            .iter()
            .any(|record| record.fields.get("kept") == Some(&json!(false)))
    );
}

#[test]
fn a_caller_hears_the_menu_while_objects_are_down_and_an_apology_where_one_is_needed() {
    let world = TestWorld::new();
    world.objects_down.set(true);
    let menu = ok(world.webhook("/voice/incoming", &call(&[])));
    assert!(menu.contains("Press 1 for sales"), "{menu}");
    let beep = ok(world.webhook(&next_target(&menu), &call(&[("Digits", "3")])));
    // The recording cannot be kept now: it is on the queue, and the caller is thanked.
    let saved = [
        ("RecordingUrl", "https://api.example/RE1"),
        ("RecordingDuration", "7"),
    ];
    let thanks = ok(world.webhook(&next_target(&beep), &call(&saved)));
    assert!(thanks.contains("Thank you"), "{thanks}");
    let apology = ok(world.webhook("/voice/menu-selection", &call(&[("Digits", "1")])));
    assert!(
        apology.contains("We are sorry") && apology.contains("<Hangup"),
        "{apology}"
    );
    assert_eq!(world.webhook("/voice/status", &call(&[])).status, 204);
    world.objects_down.set(false);
    assert_eq!(world.drain_queue(), 2);
    let calls = json_of(&world.api("GET", "/v1/calls?contact=+14155550100", None));
    assert_eq!(calls["calls"][0]["voicemails"][0]["duration"], 7);
}

#[test]
fn with_kv_down_a_call_goes_on_from_memory_and_else_hears_an_apology() {
    let world = TestWorld::new();
    assert!(ok(world.webhook("/voice/incoming", &call(&[]))).contains("Press 1"));
    world.kv_down.set(true);
    world.advance(HOUR);
    assert!(ok(world.webhook("/voice/incoming", &call(&[]))).contains("Press 1"));
    let fresh = world.another_isolate();
    fresh.kv_down.set(true);
    let apology = ok(fresh.webhook("/voice/incoming", &call(&[])));
    assert!(apology.contains("We are sorry"), "{apology}");
}

#[test]
fn an_outbound_call_whose_script_cannot_be_had_hears_an_apology() {
    let world = TestWorld::new();
    let body = json!({"to": PERSON, "message": "hello"});
    let placed = json_of(&world.api("POST", "/v1/calls", Some(&body)));
    let target = format!(
        "/voice/outbound-message?c={}",
        placed["id"].as_str().unwrap()
    );
    world.objects_down.set(true);
    assert!(ok(world.webhook(&target, &call(&[]))).contains("We are sorry"));
}

#[test]
fn a_number_whose_flow_is_gone_apologises_and_says_so_in_the_log() {
    let world = TestWorld::with(&[("DEFAULT_VOICE_FLOW", "no-such-flow")]);
    let apology = ok(world.webhook("/voice/incoming", &call(&[])));
    assert!(apology.contains("We are sorry"), "{apology}");
    assert!(world.logged("voice.no_flow").is_some());
}

#[test]
fn the_api_says_that_it_cannot_answer_now() {
    let world = TestWorld::new();
    world.objects_down.set(true);
    let requests = [
        (
            "POST",
            "/v1/messages",
            json!({"to": PERSON, "body": "hello"}),
        ),
        (
            "POST",
            "/v1/calls",
            json!({"to": PERSON, "message": "hello"}),
        ),
        (
            "PUT",
            &format!("/v1/numbers/{US}"),
            json!({"voice_flow": "acme-ivr"}),
        ),
    ];
    for (method, target, body) in requests {
        let response = world.api(method, target, Some(&body));
        assert_eq!(response.status, 503, "{target}: {}", response.body);
        assert!(
            response
                .headers
                .iter()
                .any(|(name, _)| *name == "Retry-After")
        );
    }
}
