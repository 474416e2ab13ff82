//! Twilio unreachable, a flow that is not there: Twilio's webhooks are still answered. What
//! cannot be broken from outside (objects, KV, the queue) is broken in the gateway's own
//! tests.

use hookswitch_e2e::{Options, PHONE_NUMBER, Request, Stack, account_sid, fresh_number};
use serde_json::json;

use crate::acts::{logged, text};

fn hook(stack: &Stack, path: &str, from: &str, more: &[(&str, &str)]) -> Request {
    let account = account_sid();
    let mut form = vec![
        ("AccountSid", account.as_str()),
        ("CallSid", "CA0000000000000000000000000000e2e2"),
        ("MessageSid", "SM0000000000000000000000000000e2e2"),
        ("CallStatus", "ringing"),
        ("From", from),
        ("To", PHONE_NUMBER),
    ];
    form.extend(more);
    stack.webhook(path).form(&form).signed()
}

#[test]
fn with_twilio_unreachable_and_no_flow_every_webhook_is_still_answered() {
    let options = Options::default()
        .var("DEFAULT_VOICE_FLOW", "no-such-flow")
        .without_twin();
    let stack = Stack::start(&options);
    let person = fresh_number();

    // No flow: an apology is spoken, and the operator is told.
    for path in [
        "/voice/incoming",
        "/voice/menu-selection",
        "/voice/step?x=garbage",
    ] {
        let answer = hook(&stack, path, &person, &[("Digits", "1")])
            .send()
            .expect(200);
        assert_eq!(answer.header("content-type"), "text/xml");
        let twiml = answer.text();
        assert!(
            twiml.contains("We are sorry") && twiml.contains("<Hangup"),
            "{path}: {twiml}"
        );
    }
    logged(&stack, "voice.no_flow");

    // A message that asks for nothing.
    let answer = hook(
        &stack,
        "/webhooks/sms/incoming",
        &person,
        &[("Body", "hello")],
    )
    .send();
    let twiml = answer.expect(200).text();
    assert!(
        twiml.ends_with("<Response/>") || twiml.ends_with("<Response></Response>"),
        "{twiml}"
    );

    // Sends and calls are journaled, and nobody says that they failed.
    let sent = text(&stack, &person, "Hello.").send().expect(202).json();
    assert_eq!(
        (&sent["status"], &sent["sid"]),
        (&json!("pending"), &json!(null))
    );
    let body = json!({"to": person, "message": "Hello."});
    let placed = stack.post("/v1/calls", &body).send().expect(202).json();
    assert_eq!(placed["status"], "pending");

    // The recording is kept and the caller is not left in silence.
    let recording = [
        (
            "RecordingUrl",
            "https://api.example/RE0000000000000000000000000000e2e2",
        ),
        ("RecordingSid", "RE0000000000000000000000000000e2e2"),
        ("RecordingDuration", "7"),
    ];
    let answer = hook(&stack, "/voice/voicemail-saved", &person, &recording)
        .send()
        .expect(200);
    assert!(answer.text().contains("We are sorry"), "{}", answer.text());
    let calls = stack
        .get(&format!("/v1/calls?contact={person}"))
        .send()
        .expect(200)
        .json();
    let calls = calls["calls"].as_array().unwrap();
    assert!(
        calls
            .iter()
            .any(|call| call["voicemails"][0]["duration"] == 7),
        "{calls:?}"
    );
}
