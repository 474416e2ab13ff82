//! The handset, in headless Chromium, as a person uses it: everything is found by its role and
//! its label. Pictures of each task stay in `target/e2e/screenshots`.

mod person;
mod wire;

use std::sync::OnceLock;

use hookswitch_e2e::{Options, PHONE_NUMBER, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use crate::acts::{SOON, calls_with, twin};
use person::Person;

const WHATSAPP: &str = "+14155238886";
const MENU: &str = "Welcome to Acme Corp. Press 1 for sales.";

/// One stack for these tests: on its wire is what people at handsets do, and nothing else.
fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| Stack::start(&Options::default()))
}

/// A person at the handset, with a number of their own.
fn picks_up(stack: &Stack) -> (Person, String) {
    let person = Person::opens(&format!("{}/handset", stack.twin_url()));
    let number = fresh_number();
    let account = person.reads("status", "Twin", "Account AC");
    assert!(account.contains(&stack.worker_url()), "{account}");
    person.fills("textbox", "My number", &number);
    person.fills("combobox", "The application's number", PHONE_NUMBER);
    (person, number)
}

/// The application writes to a person.
#[track_caller]
fn application_writes(message: &Value) {
    let _ = stack().post("/v1/messages", message).send().expect(202);
}

#[test]
fn a_person_texts_with_a_photo_and_sees_the_ticks_change() {
    let (person, number) = picks_up(stack());
    person.fills("textbox", "Message", "HELP");
    person.clicks("button", "Send");
    person.reads("log", "Conversation", "Reply STOP to end messages");
    person.reads("log", "Conversation", "✓✓ delivered");

    person.picks("Attach", "A photo");
    person.fills("textbox", "Message", "Look at this");
    person.clicks("button", "Send");
    person.reads("log", "Conversation", "📎 image/jpeg");
    let known = stack()
        .get(&format!("/v1/messages?contact={number}"))
        .send()
        .expect(200)
        .text();
    assert!(
        known.contains("Look at this") && known.contains("image/jpeg"),
        "{known}"
    );

    let slow =
        json!({"to": number, "statuses": ["sent", {"status": "delivered", "delay_ms": 2500}]});
    let lost = json!({"to": number, "body_contains": "Lost", "statuses": ["sent", {"undelivered": 30003}]});
    twin(stack(), "/twin/outcomes", &slow);
    twin(stack(), "/twin/outcomes", &lost);
    application_writes(&json!({"to": number, "body": "Your parcel is on its way."}));
    let early = person.reads("log", "Conversation", "on its way.");
    assert!(!early.ends_with("✓✓ delivered"), "{early}");
    person.reads("log", "Conversation", "on its way.\n✓ sent");
    person.reads("log", "Conversation", "on its way.\n✓✓ delivered");
    application_writes(&json!({"to": number, "body": "Lost on the way."}));
    person.reads("log", "Conversation", "✗ undelivered · 30003");
    person.photographs("handset-messages");
}

#[test]
fn a_person_taps_a_button_of_a_whatsapp_template() {
    let (person, number) = picks_up(stack());
    person.clicks("radio", "WhatsApp");
    person.fills("combobox", "The application's number", WHATSAPP);
    person.fills("textbox", "Message", "Hi");
    person.picks("Attach", "A document");
    person.clicks("button", "Send");
    person.reads("log", "Conversation", "📎 application/pdf");

    let buttons = json!([{"title": "Confirm", "id": "yes-7"}, {"title": "Cancel", "id": "no-7"}]);
    let types = json!({"twilio/quick-reply": {"body": "Tuesday at nine?", "actions": buttons}});
    let template = twin(stack(), "/twin/templates", &json!({"types": types}));
    let to = format!("whatsapp:{number}");
    twin(
        stack(),
        "/twin/outcomes",
        &json!({"to": to, "statuses": ["sent", "delivered", "read"]}),
    );
    application_writes(&json!({"to": to, "template": {"content_sid": template["sid"]}}));
    person.reads("log", "Conversation", "Tuesday at nine?");
    person.reads("log", "Conversation", "✓✓ read");
    person.clicks("button", "Confirm");
    person.reads("log", "Conversation", "Confirm\nsent by you");

    eventually("both messages on the wire", SOON, || {
        let wire = person.sees("region", "Wire").text();
        (wire.matches("POST /webhooks/whatsapp → 200").count() == 2).then_some(())
    });
    let entry = person.sees(
        "DisclosureTriangle",
        "POST /webhooks/whatsapp → 200 · sms-inbound",
    );
    entry.click();
    let step = entry.parent().text();
    assert!(
        step.contains("ButtonPayload") && step.contains("yes-7"),
        "{step}"
    );
    person.photographs("handset-whatsapp");
}

#[test]
fn a_person_calls_presses_keys_leaves_a_voicemail_and_hangs_up() {
    let (person, number) = picks_up(stack());
    person.clicks("tab", "Phone");
    assert!(!person.sees("button", "Hang up").is_enabled());
    person.clicks("button", "Call");
    person.reads("log", "What was heard", MENU);
    person.reads(
        "status",
        "Line",
        &format!("In a call with {PHONE_NUMBER}: in-progress"),
    );
    person.clicks("button", "9");
    person.reads(
        "log",
        "What was heard",
        "Sorry, that is not a valid choice.",
    );
    person.clicks("button", "3");
    person.reads("log", "What was heard", "after the beep");
    person.photographs("handset-call");
    person.fills(
        "textbox",
        "Leave a message after the beep",
        "Please call me back.",
    );
    person.fills("spinbutton", "Seconds", "9");
    person.clicks("button", "Record");
    person.reads("log", "What was heard", "🎙 Please call me back. (9 s)");
    person.reads("log", "What was heard", "Thank you");
    person.reads(
        "status",
        "Line",
        &format!("Call with {PHONE_NUMBER}: completed"),
    );
    let voicemail = &calls_with(stack(), &number)[0]["voicemails"][0];
    assert_eq!(voicemail["duration"], 9, "{voicemail}");

    person.clicks("button", "Call");
    person.reads("log", "What was heard", MENU);
    person.clicks("button", "Hang up");
    person.reads("log", "What was heard", "Call ended");
    assert!(!person.sees("button", "Hang up").is_enabled());
    assert_eq!(calls_with(stack(), &number).len(), 2);
}

#[test]
fn a_person_speaks_to_a_flow_and_it_understands() {
    let (_, line) = (publish_an_ear(), "+15005550077");
    let (person, _) = picks_up(stack());
    person.fills("combobox", "The application's number", line);
    person.clicks("tab", "Phone");
    person.clicks("button", "Call");
    person.reads("log", "What was heard", "What is your name?");
    person.fills("textbox", "Say to the application", "Ann");
    person.clicks("button", "Speak");
    person.reads("log", "What was heard", "“Ann”");
    person.reads("log", "What was heard", "Hello Ann.");
}

/// A flow that asks for a name, at a number of its own.
fn publish_an_ear() {
    let offset = json!({"x": 0, "y": 0});
    let flow = json!({"description": "An ear", "initial_state": "Trigger", "states": [
        {"name": "Trigger", "type": "trigger", "properties": {"offset": offset},
         "transitions": [{"event": "incomingCall", "next": "ask"}]},
        {"name": "ask", "type": "gather-input-on-call",
         "transitions": [{"event": "keypress"}, {"event": "speech", "next": "greet"}, {"event": "timeout"}],
         "properties": {"offset": offset, "voice": "alice", "language": "en-US", "loop": 1,
            "say": "What is your name?", "timeout": 20, "speech_timeout": "auto"}},
        {"name": "greet", "type": "say-play", "transitions": [{"event": "audioComplete"}],
         "properties": {"offset": offset, "voice": "alice", "language": "en-US", "loop": 1,
            "say": "Hello {{widgets.ask.SpeechResult}}."}},
    ]});
    let _ = stack().put("/v1/flows/ear", &flow).send().expect(200);
    let number = json!({"voice_flow": "ear"});
    let _ = stack()
        .put("/v1/numbers/+15005550077", &number)
        .send()
        .expect(200);
}

#[test]
fn the_handset_rings_and_a_person_answers_and_listens() {
    let (person, number) = picks_up(stack());
    person.clicks("tab", "Phone");
    person.clicks("checkbox", "Ring here");
    let call = json!({"to": number, "message": "Your table is ready."});
    // The number has to be known as one that rings before it is called.
    eventually("a phone that rings", SOON, || {
        let scripts = stack().twin("GET", "/twin/scripts").send().json();
        let ours = scripts
            .as_array()?
            .iter()
            .find(|script| script["to"] == number)?;
        (ours["answer"] == "live").then_some(())
    });
    let _ = stack().post("/v1/calls", &call).send().expect(202);
    person.reads(
        "status",
        "Line",
        &format!("In a call with {PHONE_NUMBER}: ringing"),
    );
    person.clicks("button", "Answer");
    person.reads("log", "What was heard", "Your table is ready.");
    person.reads("log", "What was heard", "Call ended");
}
