//! What flows do when their call is over: the person's object goes on with them.

use serde_json::{Value, json};

use super::flows::{answer_with, begin, flow, say, state};
use super::{call, message, next_target, ok};
use crate::gateway::testing::{TestWorld, json_of};

#[test]
fn a_caller_who_has_hung_up_is_handed_off_as_an_event_where_there_is_no_flex() {
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";
    let world = TestWorld::with(&[
        ("EVENTS_URL", "https://app.example/events"),
        ("EVENTS_SECRET", secret),
    ]);
    let dial =
        json!({"noun": "number", "to": "+12025550143", "caller_id": "{{flow.channel.address}}"});
    let flex = json!({"workflow": "WW1", "channel": "TC1", "attributes": "{\"name\": \"{{contact.channel.address}}\"}"});
    answer_with(
        &world,
        &flow(
            "incomingCall",
            &[
                state(
                    "dial",
                    "connect-call-to",
                    &dial,
                    &[("callCompleted", ""), ("hangup", "flex")],
                ),
                state(
                    "flex",
                    "send-to-flex",
                    &flex,
                    &[
                        ("callComplete", ""),
                        ("failedToEnqueue", ""),
                        ("callFailure", ""),
                    ],
                ),
            ],
        ),
    );
    let first = begin(&world);
    ok(world.webhook(&next_target(&first), &gone()));
    world.settle();
    let notified = world.notified.borrow();
    let events: Vec<Value> = notified
        .iter()
        .map(|(_, body)| serde_json::from_str(body).unwrap())
        .collect();
    let event = events.iter().find(|event| event["type"] == "flow.handoff");
    let event = event.unwrap_or_else(|| panic!("no hand-off in {events:?}"));
    assert_eq!(event["data"]["attributes"]["name"], "+14155550100");
    assert_eq!(world.twilio_requests().len(), 0);
}

/// A call that somebody else hung up, as Twilio tells an action.
fn gone() -> Vec<(&'static str, &'static str)> {
    let call = call(&[("DialCallStatus", "completed")]);
    call.into_iter()
        .map(|(name, value)| match name {
            "CallStatus" => (name, "completed"),
            _ => (name, value),
        })
        .collect()
}

fn dialling(states: &[Value]) -> Value {
    let dial =
        json!({"noun": "number", "to": "+12025550143", "caller_id": "{{flow.channel.address}}"});
    let first = states[0]["name"].as_str().unwrap();
    let mut all = vec![state(
        "dial",
        "connect-call-to",
        &dial,
        &[("callCompleted", ""), ("hangup", first)],
    )];
    all.extend_from_slice(states);
    flow("incomingCall", &all)
}

#[test]
fn what_a_flow_does_after_the_call_the_persons_object_does() {
    let world = TestWorld::new();
    let get = json!({"method": "GET", "url": "https://shop.example/missed", "content_type": "application/json"});
    let text = |body: &str| json!({"from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}", "body": body});
    let ask = json!({"from": "{{flow.channel.address}}", "body": "Shall we call back?", "timeout": "3600"});
    let place = json!({"from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}"});
    answer_with(
        &world,
        &dialling(&[
            state(
                "look",
                "make-http-request",
                &get,
                &[("success", "text"), ("failed", "text")],
            ),
            state(
                "text",
                "send-message",
                &text("Sorry, {{widgets.look.parsed.name}}"),
                &[("sent", "ask"), ("failed", "")],
            ),
            state(
                "ask",
                "send-and-wait-for-reply",
                &ask,
                &[
                    ("incomingMessage", "call"),
                    ("timeout", ""),
                    ("deliveryFailure", ""),
                ],
            ),
            state(
                "call",
                "make-outgoing-call-v2",
                &place,
                &[
                    ("answered", "hello"),
                    ("busy", ""),
                    ("noAnswer", ""),
                    ("failed", ""),
                ],
            ),
            say("hello", "You wrote {{widgets.ask.inbound.Body}}", ""),
        ]),
    );
    let first = begin(&world);
    let asked = world.twilio_requests().len();
    let hung_up = ok(world.webhook(&next_target(&first), &gone()));
    assert!(!hung_up.contains("<Redirect"), "{hung_up}");
    // The answer waited for nobody. Twilio asks again: nothing is done twice.
    assert_eq!(world.twilio_requests().len(), asked);
    ok(world.webhook(&next_target(&first), &gone()));
    world.twilio_answers(200, r#"{"name":"Ada"}"#);
    world.settle();
    let sent = |path: &str| {
        let requests = world.twilio_requests().into_iter();
        requests
            .filter(|request| request.url.contains(path))
            .map(|request| request.body)
            .collect::<Vec<_>>()
    };
    assert_eq!(sent("/missed").len(), 1);
    let texts = sent("/Messages.json");
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(
        texts[0].contains("Sorry") && texts[1].contains("call+back"),
        "{texts:?}"
    );
    let reply = message("SM0000000000000000000000000000000e", "yes please");
    ok(world.webhook("/webhooks/sms/incoming", &reply));
    world.settle();
    assert_eq!(sent("/Calls.json").len(), 1, "{:?}", world.log.borrow());
}

#[test]
fn a_call_that_comes_to_wait_for_a_message_ends_and_the_flow_goes_on() {
    let world = TestWorld::new();
    let ask = json!({"from": "{{flow.channel.address}}", "body": "Your name?", "timeout": "3600"});
    let thanks = json!({"from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}", "body": "Thanks {{widgets.ask.inbound.Body}}"});
    let document = flow(
        "incomingCall",
        &[
            state(
                "ask",
                "send-and-wait-for-reply",
                &ask,
                &[
                    ("incomingMessage", "thanks"),
                    ("timeout", ""),
                    ("deliveryFailure", ""),
                ],
            ),
            state(
                "thanks",
                "send-message",
                &thanks,
                &[("sent", ""), ("failed", "")],
            ),
        ],
    );
    let report = json_of(&world.api("POST", "/v1/flows/it/check", Some(&document)));
    assert_eq!(report["errors"], json!([]));
    assert!(
        report["warnings"]
            .to_string()
            .contains("a call that is on the line ends here"),
        "{report}"
    );
    answer_with(&world, &document);
    let first = begin(&world);
    assert!(first.contains("<Hangup"), "{first}");
    // Twilio heard of the end of the call before anything else was done.
    assert_eq!(world.twilio_requests().len(), 0);
    world.settle();
    ok(world.webhook(
        "/webhooks/sms/incoming",
        &message("SM0000000000000000000000000000000e", "Ada"),
    ));
    world.settle();
    let requests = world.twilio_requests();
    assert!(
        requests.last().unwrap().body.contains("Thanks+Ada"),
        "{requests:?}"
    );
}
