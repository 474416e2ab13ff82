#![allow(
    clippy::needless_pass_by_value,
    reason = "builders of test flows read better with values"
)]

use crate::flow::{
    Definition, Effect, Env, Execution, Flows, HttpAnswer, Input, Next, Outcome, Prompt, StepUrl,
    Trigger, Turn, Verb, Waiting, advance, parameters,
};
use serde_json::{Value, json};

fn state(name: &str, kind: &str, ways: &[(&str, &str)], properties: Value) -> Value {
    let transitions: Vec<Value> = ways
        .iter()
        .map(|(event, next)| json!({"event": event, "next": next}))
        .collect();
    json!({"name": name, "type": kind, "transitions": transitions, "properties": properties})
}

fn flow(trigger: &[(&str, &str)], states: Vec<Value>) -> Definition {
    let mut all = vec![state("Trigger", "trigger", trigger, json!({}))];
    all.extend(states);
    Definition::parse(&json!({"initial_state": "Trigger", "states": all})).unwrap()
}

fn acme() -> Definition {
    Definition::parse(&serde_json::from_str(include_str!("../../../flows/acme-ivr.json")).unwrap())
        .unwrap()
}

/// `KIND?EVENT#EXECUTION`, so that tests can read the parts.
fn address(step: &StepUrl<'_>) -> String {
    format!(
        "{:?}?{}#{}",
        step.kind,
        step.event.unwrap_or_default(),
        step.execution
    )
}

fn go(definition: &Definition, execution: Execution, input: Input) -> Turn {
    go_with(definition, execution, input, &Flows::new(), 1000)
}

fn go_with(
    definition: &Definition,
    execution: Execution,
    input: Input,
    flows: &Flows,
    step_limit: u32,
) -> Turn {
    let env = Env {
        now: 1_000_000,
        utc_offset_minutes: 0,
        account_sid: "AC1",
        flow_sid: "FW1",
        execution_sid: "FN1",
        step_limit,
        lean: false,
        url: &address,
        flows,
    };
    advance(definition, execution, input, &env)
}

fn call() -> Input {
    Input::Start {
        trigger: Trigger::Call(parameters([
            ("CallSid", "CA1"),
            ("From", "+1"),
            ("To", "+2"),
        ])),
        data: parameters([("SALES_PHONE", "+3"), ("SUPPORT_PHONE", "+4")]),
    }
}

fn message(body: &str) -> Input {
    Input::Start {
        trigger: Trigger::Message(parameters([("Body", body), ("From", "+1"), ("To", "+2")])),
        data: parameters::<&str, &str>([]),
    }
}

fn voice(pairs: &[(&str, &str)]) -> Input {
    let mut all = vec![("CallSid", "CA1"), ("From", "+1"), ("To", "+2")];
    all.extend(pairs);
    Input::Voice {
        parameters: parameters(all),
        event: None,
    }
}

fn start(definition: &Definition, input: Input) -> Turn {
    go(definition, Execution::new("test", 3), input)
}

fn said(turn: &Turn) -> Vec<String> {
    turn.verbs
        .iter()
        .map(|verb| match verb {
            Verb::Prompt(Prompt::Say { text, .. }) => text.clone(),
            Verb::Gather(_) => "gather".into(),
            Verb::Hangup => "hangup".into(),
            Verb::Redirect { .. } => "redirect".into(),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_menu_travels_in_its_address_and_carries_little() {
    let first = start(&acme(), call());
    assert_eq!(first.next, Next::Pause { keep: false });
    let Some(Verb::Gather(gather)) = first.verbs.last() else {
        panic!("{:?}", first.verbs)
    };
    let (kind, encoded) = gather.action.split_once("?#").unwrap();
    assert_eq!(kind, "MenuSelection");
    assert_eq!(Execution::decode(encoded), Ok(first.execution.clone()));
    // Numbers to dial, the round; nothing that Twilio sends again.
    let carried = first.execution.context().unwrap().as_value().clone();
    let wanted = json!({"flow": {
        "data": {"SALES_PHONE": "+3", "SUPPORT_PHONE": "+4"}, "variables": {"round": 1},
    }});
    assert_eq!(carried, wanted);
    assert!(encoded.len() < 280, "{} characters", encoded.len());

    // The key is all that is needed on the way to dialling: the next form is smaller.
    let second = go(&acme(), first.execution, voice(&[("Digits", "1")]));
    assert_eq!(second.execution.state(), "dial_sales");
    let dial = second.execution.encode();
    assert!(dial.len() < encoded.len(), "{} characters", dial.len());
}

#[test]
fn the_same_request_twice_gives_the_same_answer() {
    let first = start(&acme(), call());
    let once = go(&acme(), first.execution.clone(), voice(&[("Digits", "2")]));
    let twice = go(&acme(), first.execution, voice(&[("Digits", "2")]));
    assert_eq!(once, twice);
}

#[test]
fn what_was_said_is_heard_before_an_effect_is_performed() {
    let definition = flow(
        &[("incomingCall", "hold")],
        vec![
            state(
                "hold",
                "say-play",
                &[("audioComplete", "ask")],
                json!({"say": "Please hold."}),
            ),
            state(
                "ask",
                "make-http-request",
                &[("success", "again"), ("failed", "again")],
                json!({"method": "GET", "url": "https://x", "content_type": "text/plain"}),
            ),
            state(
                "again",
                "make-http-request",
                &[("success", "tell")],
                json!({"method": "GET", "url": "https://y", "content_type": "text/plain"}),
            ),
            state(
                "tell",
                "say-play",
                &[],
                json!({"say": "{{widgets.ask.body}}"}),
            ),
        ],
    );
    let first = start(&definition, call());
    assert_eq!(said(&first), ["Please hold.", "redirect"]);
    assert_eq!(first.next, Next::Pause { keep: false });
    assert_eq!(first.execution.waiting(), Waiting::Enter);
    assert_eq!(first.execution.state(), "ask");

    let second = go(&definition, first.execution, voice(&[]));
    assert!(
        matches!(second.next, Next::Effect(Effect::HttpRequest(_))),
        "{:?}",
        second.next
    );
    let answer = HttpAnswer {
        status: 200,
        content_type: "text/plain".into(),
        body: "Done.".into(),
    };
    // A second slow request gets an answer of its own: Twilio waits 15 s for each.
    let third = go(
        &definition,
        second.execution,
        Input::Done(Outcome::Http(answer.clone())),
    );
    assert_eq!(said(&third), ["redirect"]);
    let fourth = go(&definition, third.execution, voice(&[]));
    let fifth = go(
        &definition,
        fourth.execution,
        Input::Done(Outcome::Http(answer)),
    );
    assert_eq!(said(&fifth), ["Done.", "hangup"]);
    assert_eq!(fifth.next, Next::Ended);
}

#[test]
fn an_empty_recording_comes_back_by_its_own_address() {
    let definition = acme();
    let menu = start(&definition, call());
    let record = go(&definition, menu.execution, voice(&[("Digits", "3")]));
    let [.., Verb::Record(verb), Verb::Redirect { url, .. }] = record.verbs.as_slice() else {
        panic!("{:?}", record.verbs)
    };
    assert!(
        verb.action.starts_with("VoicemailSaved?#"),
        "{}",
        verb.action
    );
    assert!(
        verb.transcribe_callback
            .as_ref()
            .unwrap()
            .starts_with("Transcription?#")
    );
    assert!(url.starts_with("Step?noAudio#"), "{url}");
    let input = Input::Voice {
        parameters: parameters([("From", "+1")]),
        event: Some("noAudio".into()),
    };
    let silent = go(&definition, record.execution.clone(), input);
    assert_eq!(
        said(&silent),
        ["We did not hear a message. Goodbye.", "hangup"]
    );
    let full = go(
        &definition,
        record.execution,
        voice(&[
            ("RecordingUrl", "https://x/RE1"),
            ("RecordingDuration", "9"),
        ]),
    );
    assert_eq!(
        said(&full),
        ["Thank you. Your message was recorded. Goodbye.", "hangup"]
    );
}

#[test]
fn a_caller_who_hung_up_is_told_nothing_more() {
    let definition = acme();
    let menu = start(&definition, call());
    let dial = go(&definition, menu.execution, voice(&[("Digits", "1")]));
    let ended = go(
        &definition,
        dial.execution,
        voice(&[("DialCallStatus", "busy"), ("CallStatus", "completed")]),
    );
    assert_eq!((ended.next, ended.verbs), (Next::Ended, vec![]));
}

#[test]
fn a_reply_is_awaited_until_its_time() {
    let properties = json!({"from": "+2", "body": "Name?", "timeout": "60"});
    let ways = [("incomingMessage", "thank"), ("timeout", "late")];
    let send = |name, body| {
        state(
            name,
            "send-message",
            &[],
            json!({"from": "+2", "to": "{{contact.channel.address}}", "body": body}),
        )
    };
    let definition = flow(
        &[("incomingMessage", "ask")],
        vec![
            state("ask", "send-and-wait-for-reply", &ways, properties),
            send(
                "thank",
                "Thanks, {{widgets.ask.inbound.Body}} ({{widgets.ask.outbound.Sid}})",
            ),
            send("late", "Too late"),
        ],
    );
    let asked = start(&definition, message("hi"));
    let Next::Effect(Effect::SendMessage(sent)) = &asked.next else {
        panic!("{:?}", asked.next)
    };
    assert_eq!((sent.to.as_str(), sent.body.as_str()), ("+1", "Name?"));
    let resource = json!({"sid": "SM9", "status": "queued"});
    let waits = go(
        &definition,
        asked.execution,
        Input::Done(Outcome::Ok(resource)),
    );
    assert_eq!(waits.next, Next::WaitReply { until: 1_060_000 });
    assert_eq!(waits.execution.waiting(), Waiting::Reply(1_060_000));
    // Stored as JSON, as a Durable Object keeps it.
    let stored = serde_json::to_string(&waits.execution).unwrap();
    let kept: Execution = serde_json::from_str(&stored).unwrap();
    let thanked = go(
        &definition,
        kept.clone(),
        Input::Reply(parameters([("Body", "Ada")])),
    );
    let Next::Effect(Effect::SendMessage(sent)) = thanked.next else {
        panic!()
    };
    assert_eq!(sent.body, "Thanks, Ada (SM9)");
    let late = go(&definition, kept, Input::Timeout);
    let Next::Effect(Effect::SendMessage(sent)) = late.next else {
        panic!()
    };
    assert_eq!(sent.body, "Too late");
}

#[test]
fn loops_end_with_studios_error_81000_and_an_apology() {
    let say = |name, next| {
        state(
            name,
            "say-play",
            &[("audioComplete", next)],
            json!({"say": "x"}),
        )
    };
    let definition = flow(&[("incomingCall", "a")], vec![say("a", "b"), say("b", "a")]);
    let execution = Execution::new("loop", 1);
    let turn = go_with(&definition, execution, call(), &Flows::new(), 20);
    let Next::Failed(error) = &turn.next else {
        panic!("{:?}", turn.next)
    };
    assert_eq!(error.to_string(), "81000: more than 20 steps");
    let end = said(&turn).split_off(turn.verbs.len() - 2);
    assert_eq!(
        end,
        [
            "We are sorry, an application error has occurred. Goodbye.",
            "hangup"
        ]
    );
}

#[test]
fn variables_that_grow_without_end_are_stopped() {
    let variables = json!([{"key": "v", "value": "{{flow.variables.v}}{{flow.variables.w}}x"},
                           {"key": "w", "value": "{{flow.variables.w}}{{flow.variables.v}}y"}]);
    let definition = flow(
        &[("incomingMessage", "grow")],
        vec![state(
            "grow",
            "set-variables",
            &[("next", "grow")],
            json!({"variables": variables}),
        )],
    );
    let turn = start(&definition, message("x"));
    assert!(matches!(turn.next, Next::Failed(_)), "{:?}", turn.next);
    assert!(serde_json::to_string(&turn.execution).unwrap().len() < 600_000);
}

#[test]
fn a_subflow_runs_inside_and_its_variables_come_back() {
    let sub = flow(
        &[("incomingParent", "ask")],
        vec![
            state(
                "ask",
                "gather-input-on-call",
                &[("keypress", "set"), ("timeout", "set")],
                json!({"say": "{{trigger.parent.parameters.q}}"}),
            ),
            state(
                "set",
                "set-variables",
                &[],
                json!({"variables": [
                {"key": "digit", "value": "{{widgets.ask.Digits}}"}, {"key": "who", "value": "{{contact.channel.address}}"}]}),
            ),
        ],
    );
    let run = json!({"flow_sid": "FWsub", "flow_revision": "LatestPublished",
                     "parameters": [{"key": "q", "value": "One or two?"}]});
    let definition = flow(
        &[("incomingCall", "run")],
        vec![
            state(
                "run",
                "run-subflow",
                &[("completed", "tell"), ("failed", "fail")],
                run,
            ),
            state(
                "tell",
                "say-play",
                &[],
                json!({"say": "{{widgets.run.digit}} from {{widgets.run.who}}"}),
            ),
            state("fail", "say-play", &[], json!({"say": "failed"})),
        ],
    );
    assert_eq!(
        definition.subflows().into_iter().collect::<Vec<_>>(),
        ["FWsub"]
    );
    let flows = Flows::from([("FWsub".to_owned(), sub.into())]);
    let asked = go_with(
        &definition,
        Execution::new("parent", 1),
        call(),
        &flows,
        1000,
    );
    let Some(Verb::Gather(gather)) = asked.verbs.first() else {
        panic!("{:?}", asked.verbs)
    };
    assert!(matches!(&gather.prompts[..], [Prompt::Say { text, .. }] if text == "One or two?"));
    let carried = Execution::decode(&asked.execution.encode()).unwrap();
    let told = go_with(
        &definition,
        carried,
        voice(&[("Digits", "2")]),
        &flows,
        1000,
    );
    assert_eq!(said(&told), ["2 from +1", "hangup"]);
    assert_eq!(told.log[0].subflow, "FWsub");
    // Unknown here: the event `failed`.
    assert_eq!(said(&start(&definition, call())), ["failed", "hangup"]);
}

#[test]
fn inputs_that_nobody_waits_for_are_refused() {
    let definition = acme();
    let menu = start(&definition, call());
    for input in [
        Input::Timeout,
        Input::Reply(parameters([("Body", "x")])),
        call(),
    ] {
        let turn = go(&definition, menu.execution.clone(), input);
        assert!(matches!(turn.next, Next::Failed(_)), "{:?}", turn.next);
    }
}

#[test]
fn a_state_that_a_new_revision_lacks_fails_with_its_name() {
    let menu = start(&acme(), call());
    let other = flow(
        &[("incomingCall", "a")],
        vec![state("a", "say-play", &[], json!({"say": "x"}))],
    );
    let turn = go(&other, menu.execution, voice(&[("Digits", "1")]));
    let Next::Failed(error) = turn.next else {
        panic!("{:?}", turn.next)
    };
    assert_eq!(error.to_string(), "the flow has no state `menu`");
}

#[test]
fn speech_is_listened_for_only_when_it_leads_somewhere() {
    let gather = |ways: &[(&str, &str)]| {
        let states = vec![
            state(
                "ask",
                "gather-input-on-call",
                ways,
                json!({"say": "?", "hints": "yes", "speech_timeout": "auto"}),
            ),
            state("end", "say-play", &[], json!({"say": "x"})),
        ];
        let turn = start(&flow(&[("incomingCall", "ask")], states), call());
        let Some(Verb::Gather(gather)) = turn.verbs.into_iter().next() else {
            panic!()
        };
        (gather.dtmf, gather.speech, gather.hints)
    };
    assert_eq!(gather(&[("keypress", "end")]), (true, false, None));
    assert_eq!(
        gather(&[("speech", "end")]),
        (false, true, Some("yes".into()))
    );
    assert_eq!(
        gather(&[("speech", "end"), ("keypress", "end")]),
        (true, true, Some("yes".into()))
    );
}

#[test]
fn an_outgoing_call_talks_to_the_called_person() {
    let outgoing = parameters([("From", "+2"), ("To", "+1"), ("Direction", "outbound-api")]);
    let definition = flow(
        &[("incomingCall", "a")],
        vec![state(
            "a",
            "say-play",
            &[],
            json!({"say": "{{contact.channel.address}} {{flow.channel.address}} {{flow.sid}}"}),
        )],
    );
    let input = Input::Start {
        trigger: Trigger::Call(outgoing),
        data: parameters::<&str, &str>([]),
    };
    assert_eq!(said(&start(&definition, input)), ["+1 +2 FN1", "hangup"]);
}

#[test]
fn a_parameter_of_the_address_is_no_parameter_of_the_call() {
    let definition = flow(
        &[("incomingCall", "ask")],
        vec![
            state(
                "ask",
                "gather-input-on-call",
                &[("keypress", "tell")],
                json!({"say": "?"}),
            ),
            state(
                "tell",
                "say-play",
                &[],
                json!({"say": "{{trigger.call | to_json}} {{widgets.ask.fx}}"}),
            ),
        ],
    );
    let asked = start(&definition, call());
    let input = voice(&[("Digits", "1"), ("fx", "secret"), ("fe", "noAudio")]);
    let told = go(&definition, asked.execution, input);
    assert_eq!(said(&told)[0], r#"{"CallSid":"CA1","From":"+1","To":"+2"}"#);
}
