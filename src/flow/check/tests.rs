#![allow(
    clippy::needless_pass_by_value,
    reason = "builders of test flows read better with values"
)]

use super::*;
use serde_json::json;

fn state(name: &str, kind: &str, transitions: Value, properties: Value) -> Value {
    json!({"name": name, "type": kind, "transitions": transitions, "properties": properties})
}

fn flow(states: Vec<Value>) -> Value {
    json!({
        "description": "test", "states": states, "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": true},
    })
}

fn trigger(event: &str, next: &str) -> Value {
    state(
        "Trigger",
        "trigger",
        json!([{"event": event, "next": next}]),
        json!({}),
    )
}

fn say(name: &str, next: Option<&str>) -> Value {
    state(
        name,
        "say-play",
        json!([{"event": "audioComplete", "next": next}]),
        json!({"say": "x"}),
    )
}

fn errors(document: &Value) -> Vec<String> {
    let list = check(document).errors;
    list.into_iter()
        .map(|finding| format!("{} {}", finding.pointer, finding.message))
        .collect()
}

#[track_caller]
fn warns(document: &Value, pointer: &str, part: &str) {
    let report = check(document);
    assert!(report.is_accepted(), "{:?}", report.errors);
    let found = |f: &crate::flow::Finding| f.pointer == pointer && f.message.contains(part);
    assert!(report.warnings.iter().any(found), "{:#?}", report.warnings);
}

#[test]
fn a_sound_flow_has_no_findings() {
    let sound: Value = serde_json::from_str(include_str!("../../../flows/acme-ivr.json")).unwrap();
    assert_eq!(check(&sound), Report::default());
}

#[test]
fn defects_are_errors_with_pointers() {
    let cases = [
        (json!([]), vec![" a flow definition is a JSON object"]),
        (json!({}), vec![" `states` is missing"]),
        (
            json!({"states": []}),
            vec!["/states a flow needs at least one state"],
        ),
        (
            json!({"states": [say("a", None)], "initial_state": "b"}),
            vec!["/initial_state there is no state named `b`"],
        ),
        (
            flow(vec![
                trigger("incomingCall", "nobody"),
                say("a", None),
                say("a", None),
            ]),
            vec![
                "/states/2/name there are two states named `a`",
                "/states/0/transitions/0/next there is no state named `nobody`",
            ],
        ),
        (
            flow(vec![
                trigger("incomingCall", "x"),
                state("x", "hangup", json!([]), json!({})),
            ]),
            vec![
                "/states/1/type Studio has no widget `hangup`: a flow that ends hangs up by itself",
            ],
        ),
        (
            flow(vec![
                trigger("incomingCall", "x"),
                state("x", "send-to-auto-pilot", json!([]), json!({})),
            ]),
            vec![
                "/states/1/type the widget `send-to-auto-pilot` cannot run: Twilio discontinued \
                 Autopilot; use `connect-virtual-agent-v2` or a function instead",
            ],
        ),
        (
            flow(vec![
                trigger("incomingCall", "x"),
                state("x", "add-twiml-redirect", json!([]), json!({})),
            ]),
            vec!["/states/1/properties the property `url` is missing"],
        ),
        (
            flow(vec![
                trigger("incomingCall", "x"),
                state("x", "say-play", json!([]), json!({"say": "{{ x"})),
            ]),
            vec!["/states/1/properties/say Liquid: `{{ x` has no end"],
        ),
        (
            flow(vec![
                trigger("incomingCall", "x"),
                state(
                    "x",
                    "split-based-on",
                    json!([{"event": "match", "conditions": [
                    {"type": "equals", "arguments": ["{{1}}"], "value": "1"}]}]),
                    json!({"input": "{{1}}"}),
                ),
            ]),
            vec!["/states/1/transitions/0/conditions/0/type there is no condition `equals`"],
        ),
    ];
    for (document, wanted) in cases {
        assert_eq!(errors(&document), wanted, "{document}");
    }
}

#[test]
fn pointers_lead_into_the_submitted_document() {
    let inner = flow(vec![trigger("incomingCall", "nobody")]);
    let wrapped = json!({"sid": "FW1", "definition": inner});
    assert_eq!(
        errors(&wrapped),
        ["/definition/states/0/transitions/0/next there is no state named `nobody`"]
    );
}

#[test]
fn states_that_nothing_reaches_and_loops_that_nothing_leaves() {
    let lonely = flow(vec![
        trigger("incomingCall", "a"),
        say("a", None),
        say("lonely", None),
    ]);
    warns(&lonely, "/states/2", "nothing leads to");
    let endless = flow(vec![
        trigger("incomingCall", "a"),
        say("a", Some("b")),
        say("b", Some("a")),
    ]);
    warns(&endless, "/states/1", "no path from here ends");
}

#[test]
fn silence_needs_a_path_and_an_end() {
    let gather = |timeout: Option<&str>| {
        state(
            "menu",
            "gather-input-on-call",
            json!([
                {"event": "keypress"}, {"event": "speech"}, {"event": "timeout", "next": timeout},
            ]),
            json!({"say": "x"}),
        )
    };
    let dead = flow(vec![trigger("incomingCall", "menu"), gather(None)]);
    warns(&dead, "/states/1", "silence (`timeout`) leads nowhere");
    let endless = flow(vec![
        trigger("incomingCall", "menu"),
        gather(Some("again")),
        say("again", Some("menu")),
    ]);
    warns(&endless, "/states/1", "silence repeats this for ever");
}

#[test]
fn empty_recordings_and_hang_ups_are_thought_of() {
    let record = state(
        "r",
        "record-voicemail",
        json!([
            {"event": "recordingComplete"}, {"event": "hangup", "next": "bye"},
        ]),
        json!({}),
    );
    let document = flow(vec![trigger("incomingCall", "r"), record, say("bye", None)]);
    warns(&document, "/states/1", "an empty recording (`noAudio`)");
    warns(
        &document,
        "/states/1/transitions/1",
        "nobody is on the line any more, and `bye` speaks",
    );
    let message = flow(vec![trigger("incomingMessage", "a"), say("a", None)]);
    warns(
        &message,
        "/states/0/transitions/0",
        "`a`, which needs a call",
    );
}

#[test]
fn splits_are_compared_with_their_conditions() {
    let split = state(
        "s",
        "split-based-on",
        json!([
            {"event": "noMatch"},
            {"event": "match", "conditions": [
                {"type": "equal_to", "arguments": ["{{widgets.Trigger.x}}"], "value": "1"}]},
        ]),
        json!({"input": "{{widgets.Trigger.Digits}}"}),
    );
    let document = flow(vec![trigger("incomingCall", "s"), split]);
    warns(
        &document,
        "/states/1/transitions/1/conditions/0/arguments",
        "`arguments` is tested",
    );
    warns(&document, "/states/1", "81005");
}

#[test]
fn names_that_nothing_makes_are_pointed_out() {
    let speak = |say: &str| {
        flow(vec![
            trigger("incomingCall", "a"),
            state(
                "a",
                "say-play",
                json!([{"event": "audioComplete"}]),
                json!({"say": say}),
            ),
        ])
    };
    let at = "/states/1/properties/say";
    warns(
        &speak("{{widgets.nobody.Digits}}"),
        at,
        "`widgets.nobody`: there is no such state",
    );
    warns(
        &speak("{{flow.variables.x}}"),
        at,
        "`flow.variables.x` is never set",
    );
    warns(
        &speak("{{trigger.sms.Body}}"),
        at,
        "`trigger.sms` is always empty",
    );
    warns(&speak("{{name}}"), at, "`name` is not defined");
    warns(
        &speak("{{trigger.call.From | shout}}"),
        at,
        "no filter `shout`",
    );
    let fine = speak(
        "{% assign n = 1 %}{{n}}{{trigger.call.From}}{% for x in widgets.a.l %}{{x}}{% endfor %}",
    );
    assert_eq!(check(&fine).warnings, []);
}

#[test]
fn over_long_speech_and_secrets_are_pointed_out() {
    let with = |properties: Value| {
        flow(vec![
            trigger("incomingCall", "a"),
            state("a", "make-http-request", json!([]), properties),
        ])
    };
    let plain = json!({"method": "GET", "content_type": "text/plain"});
    let merged = |more: Value| {
        let mut all = plain.clone();
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        with(all)
    };
    let at = "/states/1/properties/url";
    warns(
        &merged(json!({"url": "https://u:hunter22@example.com/x"})),
        at,
        "an address with a password",
    );
    let token = "0123456789abcdef0123456789abcdef";
    warns(
        &merged(json!({"url": format!("https://x/?t={token}")})),
        at,
        "looks like an auth token",
    );
    let parameter = json!({"url": "https://x", "parameters": [{"key": "api_key", "value": "abc"}]});
    warns(
        &merged(parameter),
        "/states/1/properties/parameters/0/value",
        "a secret stands",
    );
    let long = flow(vec![
        trigger("incomingCall", "a"),
        state("a", "say-play", json!([]), json!({"say": "x".repeat(4097)})),
    ]);
    warns(&long, "/states/1/properties/say", "4096 characters");
    let report = serde_json::to_string(&check(&merged(
        json!({"url": format!("https://x/{token}")}),
    )))
    .unwrap();
    assert!(
        !report.contains(token),
        "a finding must not quote the secret"
    );
}
