//! Calls: what a step costs, which revision a call runs, what is kept of it.

use serde_json::{Value, json};

use crate::flow::QUERY_EXECUTION;
use crate::gateway::published;
use crate::gateway::testing::{PERSON, TestWorld, US, json_of};
use crate::objects::Object;
use crate::time::{HOUR, MINUTE};

use super::{CALL, call, next_target, ok};

const RECORDING: &str = "RE0000000000000000000000000000000a";

fn press(world: &TestWorld, target: &str, digits: &str) -> String {
    ok(world.webhook(target, &call(&[("Digits", digits), ("msg", "Gather End")])))
}

/// A flow that says one text and then listens.
fn says(text: &str) -> serde_json::Value {
    let text = serde_json::Value::from(text);
    let transition = |event: &str, next: Option<&str>| match next {
        Some(next) => json!({"event": event, "next": next}),
        None => json!({"event": event}),
    };
    json!({
        "description": "One question", "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": true},
        "states": [
            {"name": "Trigger", "type": "trigger", "properties": {"offset": {"x": 0, "y": 0}},
             "transitions": [transition("incomingCall", Some("ask")),
                 transition("incomingMessage", None), transition("incomingRequest", None)]},
            {"name": "ask", "type": "gather-input-on-call",
             "properties": {"say": text, "timeout": 5, "loop": 1, "number_of_digits": 1,
                 "voice": "default", "language": "en"},
             "transitions": [transition("keypress", Some("after")),
                 transition("speech", None), transition("timeout", None)]},
            {"name": "after", "type": "say-play",
             "properties": {"say": format!("after {}", text.as_str().unwrap_or_default()),
                 "loop": 1, "voice": "default", "language": "en"},
             "transitions": [transition("audioComplete", None)]}
        ]
    })
}

fn publish(world: &TestWorld, name: &str, text: &str) -> u64 {
    let response = world.api("PUT", &format!("/v1/flows/{name}"), Some(&says(text)));
    assert_eq!(response.status, 200, "{}", response.body);
    json_of(&response)["revision"].as_u64().expect("a revision")
}

fn assign(world: &TestWorld, flow: &str) {
    let body = json!({"voice_flow": flow});
    let response = world.api("PUT", &format!("/v1/numbers/{US}"), Some(&body));
    assert_eq!(response.status, 200, "{}", response.body);
}

#[test]
fn a_plain_menu_step_asks_no_object_and_reads_nothing() {
    let world = TestWorld::new();
    let first = ok(world.webhook("/voice/incoming", &call(&[])));
    // The number's document and the flow's revision, then never again.
    assert_eq!(world.read.borrow().len(), 2);
    world.forget();
    let second = press(&world, &next_target(&first), "9");
    assert!(second.contains("not a valid choice") && second.contains("<Gather"));
    let third = press(&world, &next_target(&second), "1");
    assert!(third.contains("+12025550143"), "{third}");
    assert_eq!(*world.asked.borrow(), []);
    assert_eq!(*world.read.borrow(), [] as [String; 0]);
    assert_eq!(world.twilio_requests().len(), 0);
}

#[test]
fn a_step_in_an_isolate_that_knows_nothing_reads_one_definition() {
    let world = TestWorld::new();
    publish(&world, "question", "one");
    assign(&world, "question");
    let first = ok(world.webhook("/voice/incoming", &call(&[])));
    let other = world.another_isolate();
    assert!(press(&other, &next_target(&first), "1").contains("after one"));
    assert_eq!(*other.read.borrow(), ["flow/question@1"]);
    assert_eq!(*other.asked.borrow(), []);
}

#[test]
fn a_running_call_stays_on_its_revision_while_a_new_call_gets_the_new_one() {
    let world = TestWorld::new();
    publish(&world, "question", "one");
    assign(&world, "question");
    let running = ok(world.webhook("/voice/incoming", &call(&[])));
    assert!(running.contains("one"));
    assert_eq!(publish(&world, "question", "two"), 2);
    for isolate in [&world, &world.another_isolate()] {
        let step = press(isolate, &next_target(&running), "1");
        assert!(step.contains("after one"), "{step}");
        let fresh = ok(isolate.webhook("/voice/incoming", &call(&[])));
        assert!(fresh.contains("two"), "{fresh}");
    }
}

#[test]
fn another_isolate_learns_of_a_new_revision_when_its_memory_is_too_old() {
    let world = TestWorld::new();
    publish(&world, "question", "one");
    assign(&world, "question");
    let other = world.another_isolate();
    assert!(ok(other.webhook("/voice/incoming", &call(&[]))).contains("one"));
    publish(&world, "question", "two");
    assert!(ok(other.webhook("/voice/incoming", &call(&[]))).contains("one"));
    other.advance(MINUTE);
    assert!(ok(other.webhook("/voice/incoming", &call(&[]))).contains("two"));
}

#[test]
fn a_voicemail_is_kept_before_the_flow_goes_on_and_found_by_the_caller() {
    let world = TestWorld::new();
    let menu = ok(world.webhook("/voice/incoming", &call(&[])));
    let beep = press(&world, &next_target(&menu), "3");
    let target = next_target(&beep);
    assert!(target.starts_with("/voice/voicemail-saved?"), "{target}");
    assert!(beep.contains("maxLength=\"120\"") && beep.contains("transcribe=\"true\""));
    let saved = [
        (
            "RecordingUrl",
            "https://api.example/RE0000000000000000000000000000000a",
        ),
        ("RecordingSid", RECORDING),
        ("RecordingDuration", "7"),
        ("Digits", "#"),
    ];
    // Twilio may ask twice; it acts once and hears the same.
    let thanks = ok(world.webhook(&target, &call(&saved)));
    assert!(thanks.contains("<Hangup"), "{thanks}");
    assert_eq!(ok(world.webhook(&target, &call(&saved))), thanks);
    let transcript = [
        ("TranscriptionSid", "TR0000000000000000000000000000000a"),
        ("RecordingSid", RECORDING),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "Please call back."),
    ];
    assert_eq!(
        world
            .webhook("/voice/transcription", &call(&transcript))
            .status,
        204
    );

    let list = json_of(&world.api("GET", "/v1/calls?contact=+14155550100", None));
    let calls = list["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["sid"], CALL);
    assert_eq!(calls[0]["direction"], "inbound");
    let voicemail = &calls[0]["voicemails"];
    assert_eq!(voicemail.as_array().map(Vec::len), Some(1));
    assert_eq!(voicemail[0]["duration"], 7);
    assert_eq!(voicemail[0]["transcription"], "Please call back.");
    let id = calls[0]["id"].as_str().expect("an id");
    let one = json_of(&world.api("GET", &format!("/v1/calls/{id}"), None));
    assert_eq!(one, calls[0]);
}

#[test]
fn calls_are_listed_newest_first_and_only_those_with_the_person() {
    let world = TestWorld::new();
    let sids = [1, 2, 3].map(|number| format!("CA{number:032x}"));
    for (sid, from) in sids
        .iter()
        .zip(["+14155550100", "+14155550101", "+14155550100"])
    {
        let mut form = call(&[]);
        (form[0].1, form[2].1, form[4].1) = (sid, from, "completed");
        assert_eq!(world.webhook("/voice/status", &form).status, 204);
    }
    let list = json_of(&world.api("GET", "/v1/calls?contact=+14155550100", None));
    let listed = list["calls"].as_array().expect("calls").iter();
    let listed: Vec<_> = listed.map(|call| call["sid"].clone()).collect();
    assert_eq!(listed, [sids[2].as_str(), sids[0].as_str()]);
}

#[test]
fn a_list_of_calls_needs_a_person() {
    let world = TestWorld::new();
    for (query, at) in [
        ("", "contact"),
        ("?contact=", "contact"),
        ("?contact=+1x", "contact"),
        ("?other=+14155550100", "other"),
        ("?contact=%2B14155550100&contact=%2B14155550199", "contact"),
    ] {
        let response = world.api("GET", &format!("/v1/calls{query}"), None);
        assert_eq!(response.status, 400, "{query}");
        assert_eq!(super::pointers(&json_of(&response)), [at]);
    }
    let response = world.api("GET", "/v1/calls?contact=%2B14155550199", None);
    assert_eq!(json_of(&response), json!({"calls": []}));
}

#[test]
fn the_execution_in_a_url_that_is_not_ours_ends_in_an_apology() {
    let world = TestWorld::new();
    for execution in ["garbage", "", "%7Eunknown", "e30"] {
        let target = format!("/voice/menu-selection?{QUERY_EXECUTION}={execution}");
        let twiml = press(&world, &target, "1");
        assert!(twiml.contains("We are sorry"), "{execution}: {twiml}");
    }
    assert!(world.logged("voice.execution_unreadable").is_some());
}

#[test]
fn a_call_that_we_place_says_what_was_asked_for() {
    let world = TestWorld::new();
    publish(&world, "question", "one");
    let scripts = [
        (
            json!({"message": "Hello <you> & all."}),
            "Hello &lt;you&gt; &amp; all.",
        ),
        (
            json!({"twiml": "<Response><Say>as it is</Say></Response>"}),
            "<Say>as it is</Say>",
        ),
        (json!({"flow": "question"}), "one"),
    ];
    for (script, expected) in scripts {
        let mut body = script.clone();
        body["to"] = json!("+14155550100");
        let placed = world.api("POST", "/v1/calls", Some(&body));
        assert_eq!(placed.status, 202, "{}", placed.body);
        let placed = json_of(&placed);
        let requests = world.twilio_requests();
        let form = requests.last().expect("a request").body.clone();
        let form = crate::twilio::form::Form::parse(form.as_bytes()).expect("a form");
        let url = form.get("Url").expect("a URL");
        let target = crate::gateway::http::path_and_query(url).to_owned();
        assert_eq!(
            target,
            format!(
                "/voice/outbound-message?c={}",
                placed["id"].as_str().unwrap()
            )
        );
        let answered = [("Direction", "outbound-api"), ("CallStatus", "in-progress")];
        let twiml = ok(world.webhook(
            &target,
            &call(&answered)[..4]
                .iter()
                .copied()
                .chain(answered)
                .collect::<Vec<_>>(),
        ));
        assert!(twiml.contains(expected), "{script}: {twiml}");
    }
}

#[test]
fn a_flow_that_is_too_long_for_a_url_is_kept_and_goes_on() {
    let world = TestWorld::new();
    let mut flow = says("one");
    let long = "x".repeat(2_000);
    flow["states"][0]["transitions"][0]["next"] = json!("remember");
    flow["states"][2]["properties"]["say"] = json!("{{flow.variables.long}}");
    flow["states"].as_array_mut().expect("states").push(json!({
        "name": "remember", "type": "set-variables",
        "properties": {"variables": [{"key": "long", "value": long}]},
        "transitions": [{"event": "next", "next": "ask"}]
    }));
    let response = world.api("PUT", "/v1/flows/long", Some(&flow));
    assert_eq!(response.status, 200, "{}", response.body);
    assign(&world, "long");
    world.forget();
    let menu = ok(world.webhook("/voice/incoming", &call(&[])));
    assert!(menu.len() < 1_000, "{menu}");
    let step = press(&world, &next_target(&menu), "1");
    assert!(step.contains(&long), "{step}");
    let contacts = world.asked.borrow();
    assert!(contacts.iter().all(|asked| asked.object == Object::Contact));
    assert_eq!(contacts.len(), 2);
}

#[test]
fn the_built_in_flow_is_one_that_the_gateway_itself_would_publish() {
    let world = TestWorld::new();
    let definition = published::built_in_definition();
    let response = world.api("PUT", "/v1/flows/acme-ivr", Some(&definition));
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(json_of(&response)["warnings"], json!([]));
}

#[test]
fn a_transcript_alone_makes_a_voicemail_and_the_recording_completes_it() {
    let world = TestWorld::new();
    let url = "https://api.example/RE0000000000000000000000000000000a";
    let transcript = [
        ("TranscriptionSid", "TR0000000000000000000000000000000a"),
        ("RecordingSid", RECORDING),
        ("RecordingUrl", url),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionText", "Please call back."),
    ];
    for _ in 0..2 {
        let response = world.webhook("/voice/transcription", &call(&transcript));
        assert_eq!(response.status, 204);
    }
    let voicemails = |world: &TestWorld| {
        let list = json_of(&world.api("GET", "/v1/calls?contact=+14155550100", None));
        list["calls"][0]["voicemails"].clone()
    };
    let left = voicemails(&world);
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert_eq!(left[0]["recording_url"], url);
    let saved = [
        ("RecordingUrl", url),
        ("RecordingSid", RECORDING),
        ("RecordingDuration", "7"),
    ];
    ok(world.webhook("/voice/voicemail-saved", &call(&saved)));
    let left = voicemails(&world);
    assert_eq!(left.as_array().map(Vec::len), Some(1));
    assert_eq!(left[0]["duration"], 7);
    assert_eq!(left[0]["transcription"], "Please call back.");
}

#[test]
fn every_event_of_a_call_is_recorded_in_the_order_it_happened() {
    let world = TestWorld::new();
    let body = json!({"to": "+14155550100", "message": "hello"});
    let placed = json_of(&world.api("POST", "/v1/calls", Some(&body)));
    let id = placed["id"].as_str().expect("an id");
    let sid = placed["sid"].as_str().expect("a SID").replace("SM", "CA");
    let report = |status: &str| {
        let mut form = call(&[("CallDuration", "7")]);
        form[0].1 = &sid;
        form[4].1 = status;
        let response = world.webhook(&format!("/voice/status?c={id}"), &form);
        assert_eq!(response.status, 204, "{}", response.body);
    };
    for status in [
        "initiated",
        "initiated",
        "ringing",
        "initiated",
        "in-progress",
    ] {
        report(status);
    }
    for status in ["completed", "ringing", "busy", "completed"] {
        report(status);
    }
    let now = json_of(&world.api("GET", &format!("/v1/calls/{id}"), None));
    assert_eq!(now["status"], "completed");
    assert_eq!(now["duration_seconds"], 7);
    let history = now["history"].as_array().expect("a history").iter();
    let events: Vec<_> = history.map(|entry| entry["event"].clone()).collect();
    assert_eq!(
        events,
        [
            "post",
            "queued",
            "initiated",
            "ringing",
            "in-progress",
            "completed"
        ]
    );
}

#[test]
fn what_a_caller_says_is_spoken_and_never_run() {
    let world = TestWorld::new();
    publish(&world, "greeting", "Hello {{trigger.call.CallerName}}");
    assign(&world, "greeting");
    let name = "</Say><Dial>+19005550100</Dial>{{flow.data.SALES_PHONE}}";
    let twiml = ok(world.webhook("/voice/incoming", &call(&[("CallerName", name)])));
    let document = roxmltree::Document::parse(&twiml).expect("XML");
    assert!(!document.descendants().any(|node| node.has_tag_name("Dial")));
    let said = document.descendants().find(|node| node.has_tag_name("Say"));
    let said = said.and_then(|say| say.text()).unwrap_or_default();
    assert_eq!(said, format!("Hello {name}"), "{twiml}");
}

#[test]
fn what_a_flow_did_on_a_call_is_kept_where_the_deployment_wants_it() {
    let world = TestWorld::with(&[("CALL_LOG", "1"), ("REVEAL_KEYS", "test")]);
    let list = || json_of(&world.api("GET", "/v1/flows/acme-ivr/executions", None));
    let first = ok(world.webhook("/voice/incoming", &call(&[])));
    let target = next_target(&first);
    let second = press(&world, &target, "1");
    world.settle();
    let executions = list();
    assert_eq!(executions["executions"].as_array().unwrap().len(), 1);
    let execution = &executions["executions"][0];
    assert_eq!(execution["status"], "active", "{execution}");
    let sid = execution["sid"].as_str().unwrap();
    let steps = format!("/v1/flows/acme-ivr/executions/{sid}/steps");
    let shown = json_of(&world.api("GET", &steps, None));
    let count = shown["steps"].as_array().unwrap().len();
    assert!(count > 3, "{shown}");
    let of_menu = |shown: &Value| {
        let steps = shown["steps"].as_array().unwrap().clone();
        let step = steps
            .into_iter()
            .find(|step| step["transitioned_from"] == "menu");
        step.expect("the menu was left")
    };
    assert_eq!(of_menu(&shown)["name"], "keypress");
    assert_eq!(of_menu(&shown)["context"]["widgets.menu.Digits"], "***");
    // Twilio asks again: the step is kept once.
    assert_eq!(press(&world, &target, "1"), second);
    let again = json_of(&world.api("GET", &steps, None));
    assert_eq!(again["steps"].as_array().unwrap().len(), count);
    // The line that was dialled was answered, and the call is over.
    let ended = ok(world.webhook(
        &next_target(&second),
        &call(&[("DialCallStatus", "completed"), ("CallStatus", "completed")]),
    ));
    assert!(!ended.contains("<Say"), "{ended}");
    world.settle();
    assert_eq!(list()["executions"][0]["status"], "ended");
    let shown = json_of(&world.api("GET", &steps, None));
    let all = shown["steps"].as_array().unwrap();
    assert_eq!(all.len(), count + 1, "{shown}");
    assert_eq!(all[count]["transitioned_from"], "dial_sales");
}

#[test]
fn a_call_that_was_hung_up_on_does_not_stay_active_in_its_log_and_nothing_is_kept_unasked() {
    let world = TestWorld::with(&[("CALL_LOG", "1")]);
    let list = |world: &TestWorld| {
        json_of(&world.api(
            "GET",
            "/v1/flows/acme-ivr/executions?contact=%2B14155550100",
            None,
        ))
    };
    let _ = ok(world.webhook("/voice/incoming", &call(&[])));
    world.settle();
    assert_eq!(list(&world)["executions"][0]["status"], "active");
    world.advance(5 * HOUR);
    assert_eq!(list(&world)["executions"][0]["status"], "ended");

    let silent = TestWorld::new();
    let _ = ok(silent.webhook("/voice/incoming", &call(&[])));
    silent.settle();
    assert_eq!(list(&silent)["executions"].as_array().unwrap().len(), 0);
}

#[test]
fn a_sender_that_the_request_names_and_twilio_refuses_is_the_callers_fault() {
    let refused = r#"{"code":21212,"message":"Invalid From","status":400}"#;
    let world = TestWorld::new();
    world.twilio_answers(400, refused);
    let own = json!({"to": PERSON, "from": "+12025550100", "message": "Hi."});
    let response = world.api("POST", "/v1/calls", Some(&own));
    assert_eq!(
        (response.status, json_of(&response)["code"].clone()),
        (422, json!("twilio_refused"))
    );
    world.twilio_answers(400, refused);
    let ours = json!({"to": PERSON, "message": "Hi."});
    let response = world.api("POST", "/v1/calls", Some(&ours));
    assert_eq!(
        (response.status, json_of(&response)["code"].clone()),
        (502, json!("twilio_configuration"))
    );
    world.twilio_answers(400, refused);
    let text = json!({"to": PERSON, "from": "+12025550100", "body": "Hi."});
    assert_eq!(world.api("POST", "/v1/messages", Some(&text)).status, 422);
}
