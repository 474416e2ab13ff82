use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::*;
use crate::flow::{Definition, LogEntry};
use crate::objects::Command;
use crate::objects::contact::{
    ConsentChange, Contact, Receive, Received, ReportCall, ReportMessage, Reported,
};
use crate::objects::id::{ContactName, Id};
use crate::objects::schema::Lazily;
use crate::objects::testing::{TestHost, run};
use crate::ports::{Clock, HttpFault, HttpResponse, PublishedFlow};
use crate::time::{HOUR, MINUTE, SECOND};
use crate::twilio::form::{Form, encode};

const PERSON: &str = "+14155550100";
const US: &str = "+15005550006";
const BASE: &str = "https://gw.example";

fn state(name: &str, kind: &str, properties: &Value, transitions: &[(&str, &str)]) -> Value {
    let transitions: Vec<Value> = transitions
        .iter()
        .map(|(event, next)| match *next {
            "" => json!({ "event": event }),
            next => json!({ "event": event, "next": next }),
        })
        .collect();
    json!({ "name": name, "type": kind, "properties": properties, "transitions": transitions })
}

fn definition(event: &str, first: &str, states: &[Value]) -> Value {
    let mut all = vec![state("Trigger", "trigger", &json!({}), &[(event, first)])];
    all.extend_from_slice(states);
    json!({
        "description": "", "initial_state": "Trigger", "states": all,
        "flags": { "allow_concurrent_calls": true },
    })
}

fn says(name: &str, body: &str, next: &str) -> Value {
    let properties = json!({ "from": "{{flow.channel.address}}", "body": body });
    state(
        name,
        "send-message",
        &properties,
        &[("sent", next), ("failed", "")],
    )
}

fn asks(name: &str, body: &str, next: &str, otherwise: &str) -> Value {
    let properties = json!({ "from": "{{flow.channel.address}}", "body": body, "timeout": "3600" });
    let transitions = [
        ("incomingMessage", next),
        ("timeout", otherwise),
        ("deliveryFailure", "undelivered"),
    ];
    state(name, "send-and-wait-for-reply", &properties, &transitions)
}

/// Asks for a name, greets by it.
fn greeter() -> Value {
    definition(
        "incomingMessage",
        "ask",
        &[
            asks("ask", "What is your name?", "greet", "late"),
            says("greet", "Hello {{widgets.ask.inbound.Body}}!", ""),
            says("late", "Too late.", ""),
            says("undelivered", "Did you get that?", ""),
        ],
    )
}

fn requests(method: &str) -> Value {
    let properties = json!({
        "method": method, "url": "https://api.example/x",
        "content_type": "application/x-www-form-urlencoded;charset=utf-8",
    });
    definition(
        "incomingMessage",
        "fetch",
        &[
            state(
                "fetch",
                "make-http-request",
                &properties,
                &[("success", "good"), ("failed", "bad")],
            ),
            says("good", "It is {{widgets.fetch.parsed.word}}.", ""),
            says("bad", "It failed.", ""),
        ],
    )
}

fn caller() -> Value {
    let call = json!({ "from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}" });
    let gather = json!({ "say": "Press one.", "timeout": 5, "number_of_digits": 1 });
    let outcomes = [
        ("answered", "menu"),
        ("busy", "text"),
        ("noAnswer", "text"),
        ("failed", "text"),
    ];
    definition(
        "incomingRequest",
        "call",
        &[
            state("call", "make-outgoing-call-v2", &call, &outcomes),
            state(
                "menu",
                "gather-input-on-call",
                &gather,
                &[("keypress", "thanks"), ("timeout", "")],
            ),
            state(
                "thanks",
                "say-play",
                &json!({ "say": "You pressed {{widgets.menu.Digits}}." }),
                &[("audioComplete", "")],
            ),
            says(
                "text",
                "We tried to call ({{widgets.call.CallStatus}}).",
                "",
            ),
        ],
    )
}

/// A Twilio that keeps what it takes.
#[derive(Default)]
struct Twilio {
    /// SID, body and when.
    messages: Vec<(String, String, i64)>,
    calls: Vec<String>,
}

struct Stage {
    host: TestHost,
    twilio: Rc<RefCell<Twilio>>,
    sids: std::cell::Cell<u32>,
}

impl Stage {
    fn new(flows: &[(&str, Value)]) -> Stage {
        let host = TestHost::configured();
        let flows: Vec<(String, Rc<Definition>)> = flows
            .iter()
            .map(|(name, flow)| {
                (
                    (*name).to_owned(),
                    Rc::new(Definition::parse(flow).unwrap()),
                )
            })
            .collect();
        *host.0.library.borrow_mut() = Some(Rc::new(move |execution| {
            let found = flows.iter().find(|(name, _)| *name == execution.flow);
            Ok(found.map(|(_, definition)| PublishedFlow {
                definition: Rc::clone(definition),
                flows: Rc::default(),
            }))
        }));
        let twilio: Rc<RefCell<Twilio>> = Rc::default();
        let (kept, clock) = (Rc::clone(&twilio), host.clone());
        let clock = Rc::downgrade(&clock.0);
        *host.0.otherwise.borrow_mut() = Some(Box::new(move |request| {
            let now = clock.upgrade().map_or(0, |shared| shared.now.get());
            let form = Form::parse(request.body.as_bytes()).unwrap();
            let mut twilio = kept.borrow_mut();
            let (status, body) = match (request.method, &request.url) {
                ("POST", url) if url.ends_with("/Messages.json") => {
                    let sid = format!("SM{:032}", twilio.messages.len());
                    let text = form.get("Body").unwrap_or_default().to_owned();
                    twilio.messages.push((sid.clone(), text, now));
                    (201, json!({ "sid": sid, "status": "queued" }))
                }
                ("GET", url) if url.contains("/Messages.json") => {
                    let list = twilio.messages.iter().map(|(sid, body, at)| {
                        let created = chrono::DateTime::from_timestamp_millis(*at).unwrap();
                        json!({
                            "sid": sid, "status": "sent", "to": PERSON, "from": US, "body": body,
                            "date_created": created.to_rfc2822(),
                        })
                    });
                    (200, json!({ "messages": list.collect::<Vec<_>>() }))
                }
                ("POST", url) if url.ends_with("/Calls.json") => {
                    twilio
                        .calls
                        .push(form.get("Url").unwrap_or_default().to_owned());
                    (201, json!({ "sid": CALL, "status": "queued" }))
                }
                _ => (200, json!({ "word": "fine" })),
            };
            Ok::<_, HttpFault>(HttpResponse {
                status,
                body: body.to_string(),
                content_type: Some("application/json".to_owned()),
                ..HttpResponse::default()
            })
        }));
        Stage {
            host,
            twilio,
            sids: std::cell::Cell::new(0),
        }
    }

    fn open(&self) -> Contact<Lazily<TestHost>> {
        Contact::open(self.host.clone()).unwrap()
    }

    /// One command to the object, as it comes over the wire; `None` when the process died.
    fn try_ask<C: Command>(&self, command: &C) -> Option<C::Reply> {
        let contact = self.open();
        let body = serde_json::to_string(command).unwrap();
        let reply = run(contact.handle(C::VERB, &body))?.expect("the object answers");
        Some(serde_json::from_str(&reply).unwrap())
    }

    fn ask<C: Command>(&self, command: &C) -> C::Reply {
        self.try_ask(command).expect("nothing here waits")
    }

    fn inbound(&self, text: &str, flow: Option<&str>) -> Receive {
        self.sids.set(self.sids.get() + 1);
        let sid = format!("SMin{:028}", self.sids.get());
        let parameters = encode([
            ("MessageSid", sid.as_str()),
            ("From", PERSON),
            ("To", US),
            ("Body", text),
            ("NumMedia", "0"),
        ]);
        Receive {
            sid,
            from: PERSON.to_owned(),
            to: US.to_owned(),
            body: text.to_owned(),
            parameters,
            flow: flow.map(|name| FlowStart {
                flow: name.to_owned(),
                revision: 1,
                data: serde_json::Map::new(),
                base: BASE.to_owned(),
            }),
            ..Receive::default()
        }
    }

    /// The person writes, to an address that has this flow.
    fn hears(&self, text: &str, flow: &str) -> Received {
        self.ask(&self.inbound(text, Some(flow)))
    }

    /// Lets the alarm ring for as long as it is due; false when the process died.
    fn settle(&self) -> bool {
        for _ in 0..100 {
            match self.host.0.alarm.get() {
                Some(at) if at <= self.host.now() => {}
                _ => return true,
            }
            let contact = self.open();
            self.host.0.alarm.set(None);
            match run(contact.alarm()) {
                Some(done) => done.expect("storage works"),
                None => return false,
            }
        }
        panic!("there is always more to do");
    }

    /// What Twilio was given to send, in order.
    fn sent(&self) -> Vec<String> {
        let twilio = self.twilio.borrow();
        twilio
            .messages
            .iter()
            .map(|(_, body, _)| body.clone())
            .collect()
    }

    fn executions(&self) -> Vec<Snapshot> {
        self.ask(&ListExecutions {
            flow: None,
            before: None,
            limit: 100,
        })
    }

    fn show(&self, sid: &crate::objects::id::ExecutionSid) -> Shown {
        let command = ShowExecution {
            sid: sid.clone(),
            context: true,
            steps: true,
        };
        self.ask(&command).expect("it is there")
    }

    fn only(&self) -> Shown {
        let executions = self.executions();
        assert_eq!(executions.len(), 1, "{executions:?}");
        self.show(&executions[0].sid)
    }

    fn starts(&self, flow: &str, key: &str) -> Started {
        self.ask(&StartExecution {
            contact: ContactName::of(PERSON),
            key: key.to_owned(),
            start: FlowStart {
                flow: flow.to_owned(),
                revision: 1,
                data: json!({ "what": "your order" }).as_object().unwrap().clone(),
                base: BASE.to_owned(),
            },
            to: PERSON.to_owned(),
            from: US.to_owned(),
        })
    }

    fn advance(&self, by: i64) {
        self.host.advance(by);
    }
}

const CALL: &str = "CA0000000000000000000000000000000c";

fn path(steps: &[LogEntry]) -> Vec<(&str, &str)> {
    let entries = steps.iter();
    entries
        .map(|entry| (entry.name.as_str(), entry.event.as_str()))
        .collect()
}

#[test]
fn a_message_starts_a_flow_and_the_next_one_goes_to_the_question() {
    let stage = Stage::new(&[("greeter", greeter())]);
    let answer = stage.hears("hi", "greeter");
    assert!(answer.replies.is_empty());
    // Nothing is sent before Twilio has its answer.
    assert_eq!(stage.sent(), Vec::<String>::new());
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?"]);
    let shown = stage.only();
    assert!(shown.execution.active);
    assert_eq!(shown.execution.state, "ask");
    stage.hears("Ada", "greeter");
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?", "Hello Ada!"]);
    let shown = stage.only();
    assert!(!shown.execution.active);
    assert_eq!(
        path(&shown.steps),
        [
            ("Trigger", "incomingMessage"),
            ("ask", "incomingMessage"),
            ("greet", "sent")
        ]
    );
    assert_eq!(shown.context["widgets"]["ask"]["inbound"]["Body"], "Ada");
    assert_eq!(shown.context["flow"]["sid"], shown.execution.sid.as_str());
    // The next one begins anew.
    stage.hears("hi again", "greeter");
    assert!(stage.settle());
    assert_eq!(stage.executions().len(), 2);
}

#[test]
fn a_crash_at_any_point_loses_nothing_and_sends_nothing_twice() {
    let mut survived = 0;
    for operations in 0..200 {
        let stage = Stage::new(&[("greeter", greeter())]);
        stage.hears("hi", "greeter");
        let kill_and_mend = |stage: &Stage| {
            stage.host.0.operations_left.set(Some(operations));
            let lives = stage.settle();
            stage.host.0.operations_left.set(None);
            for _ in 0..40 {
                // What the platform does with an alarm whose handler did not end.
                if !lives {
                    stage.host.0.alarm.set(Some(stage.host.now()));
                }
                assert!(stage.settle());
                stage.advance(10 * SECOND);
            }
            lives
        };
        let first = kill_and_mend(&stage);
        assert_eq!(stage.sent(), ["What is your name?"], "{operations}");
        stage.hears("Ada", "greeter");
        let second = kill_and_mend(&stage);
        assert_eq!(
            stage.sent(),
            ["What is your name?", "Hello Ada!"],
            "{operations}"
        );
        let shown = stage.only();
        assert!(!shown.execution.active, "{operations}: {shown:?}");
        assert_eq!(shown.steps.len(), 3, "{operations}");
        if first && second {
            survived += 1;
        }
        if survived > 2 {
            assert!(operations > 8, "a crash was put at {operations} places");
            return;
        }
    }
    panic!("there was always a crash");
}

#[test]
fn a_get_is_repeated_after_a_crash_and_a_post_takes_its_failed_branch() {
    for (method, asked, answer) in [("GET", 2, "It is fine."), ("POST", 1, "It failed.")] {
        let mut cut = 0;
        for operations in 0..12 {
            let stage = Stage::new(&[("requests", requests(method))]);
            stage.hears("hi", "requests");
            let requests = || {
                let requests = stage.host.0.requests.borrow();
                let url = |r: &&crate::ports::HttpRequest| r.url.starts_with("https://api.example");
                requests.iter().filter(url).count()
            };
            stage.host.0.operations_left.set(Some(operations));
            stage.settle();
            stage.host.0.operations_left.set(None);
            // The process died while the other server answered.
            let is_cut = requests() == 1 && stage.only().execution.state == "fetch";
            cut += u32::from(is_cut);
            for _ in 0..5 {
                stage.host.0.alarm.set(Some(stage.host.now()));
                assert!(stage.settle());
                stage.advance(20 * SECOND);
            }
            let (asked, answer) = match is_cut {
                true => (asked, answer),
                false if requests() == 0 => (0, "It failed."),
                false => (1, "It is fine."),
            };
            assert_eq!(requests(), asked, "{method} {operations}");
            assert_eq!(stage.sent(), [answer], "{method} {operations}");
        }
        assert_eq!(cut, 1, "{method}");
    }
}

#[test]
fn nobody_answers_and_the_flow_goes_on_when_its_time_has_passed() {
    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    assert!(stage.settle());
    stage.advance(HOUR - SECOND);
    assert!(stage.settle());
    assert_eq!(stage.sent().len(), 1);
    stage.advance(2 * SECOND);
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?", "Too late."]);
    assert_eq!(path(&stage.only().steps)[1], ("ask", "timeout"));
}

#[test]
fn a_question_that_does_not_arrive_leads_where_the_flow_says() {
    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    assert!(stage.settle());
    let callback = {
        let requests = stage.host.0.requests.borrow();
        let form = Form::parse(requests[0].body.as_bytes()).unwrap();
        form.get("StatusCallback").unwrap().to_owned()
    };
    let id = callback.split("?m=").nth(1).unwrap();
    let reported = stage.ask(&ReportMessage {
        id: Id::parse(crate::objects::id::Kind::Message, id),
        sid: format!("SM{:032}", 0),
        status: "undelivered".to_owned(),
        error_code: Some(30005),
        from: None,
        attempt: None,
    });
    assert_eq!(reported, Reported::Advanced);
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?", "Did you get that?"]);
    assert_eq!(path(&stage.only().steps)[1], ("ask", "deliveryFailure"));
}

#[test]
fn a_stop_ends_the_execution_and_a_start_does_not_bring_it_back() {
    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    assert!(stage.settle());
    let answer = stage.hears("STOP", "greeter");
    assert_eq!(answer.consent, Some(ConsentChange::OptedOut));
    assert!(stage.settle());
    let shown = stage.only();
    assert!(!shown.execution.active);
    assert_eq!(
        shown.execution.failure.as_deref(),
        Some("the person opted out")
    );
    stage.advance(2 * HOUR);
    assert!(stage.settle());
    stage.hears("START", "greeter");
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?"]);
    assert_eq!(stage.executions().len(), 1);
}

#[test]
fn two_messages_at_once_are_a_start_and_a_reply() {
    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    stage.hears("Ada", "greeter");
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?", "Hello Ada!"]);
    assert_eq!(stage.executions().len(), 1);
}

#[test]
fn a_message_that_no_question_took_starts_the_flow_again() {
    let flow = definition(
        "incomingMessage",
        "thanks",
        &[says("thanks", "Got it: {{trigger.message.Body}}", "")],
    );
    let stage = Stage::new(&[("echo", flow)]);
    stage.hears("one", "echo");
    stage.hears("two", "echo");
    stage.hears("three", "echo");
    assert!(stage.settle());
    assert_eq!(
        stage.sent(),
        ["Got it: one", "Got it: two", "Got it: three"]
    );
    assert_eq!(stage.executions().len(), 3);
}

#[test]
fn a_delivery_that_comes_twice_starts_one_execution() {
    let stage = Stage::new(&[("greeter", greeter())]);
    let message = stage.inbound("hi", Some("greeter"));
    stage.ask(&message);
    assert!(stage.ask(&message).repeated);
    assert!(stage.settle());
    assert!(stage.ask(&message).repeated);
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?"]);
    assert_eq!(stage.executions().len(), 1);
}

#[test]
fn a_message_to_an_address_without_a_flow_costs_what_it_did() {
    let stage = Stage::new(&[]);
    stage.ask(&stage.inbound("hi", None));
    let changes = stage.host.0.database.total_changes();
    stage.ask(&stage.inbound("hi again", None));
    // The message with what it was answered, and what the application is told.
    assert_eq!(stage.host.0.database.total_changes() - changes, 2);
    assert!(stage.executions().is_empty());
}

#[test]
fn the_rest_api_starts_one_execution_per_key_and_one_at_a_time() {
    let question = definition(
        "incomingRequest",
        "ask",
        &[
            asks("ask", "How was {{flow.data.what}}?", "thanks", ""),
            says(
                "thanks",
                "Thanks for saying {{widgets.ask.inbound.Body}}.",
                "",
            ),
            says("undelivered", "", ""),
        ],
    );
    let stage = Stage::new(&[("survey", question), ("greeter", greeter())]);
    let Started::Started(first) = stage.starts("survey", "a") else {
        panic!("it starts");
    };
    assert_eq!(stage.starts("survey", "a"), Started::Started(first.clone()));
    assert_eq!(
        stage.starts("survey", "b"),
        Started::Active(first.sid.clone())
    );
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["How was your order?"]);
    // The number has no flow: the reply goes to what waits for it.
    stage.ask(&stage.inbound("great", None));
    assert!(stage.settle());
    assert_eq!(stage.sent()[1], "Thanks for saying great.");
    let Started::Started(second) = stage.starts("survey", "b") else {
        panic!("the first has ended");
    };
    assert!(stage.settle());
    // The number's own flow is active: what comes in is for that one.
    let stage_flow = stage.inbound("hi", Some("greeter"));
    stage.ask(&stage_flow);
    assert!(stage.settle());
    assert!(
        !stage.show(&second.sid).execution.active,
        "the reply was for the survey"
    );
    let ended = stage
        .ask(&EndExecution {
            sid: first.sid.clone(),
        })
        .unwrap();
    assert!(!ended.active && ended.failure.is_none());
}

#[test]
fn an_execution_that_is_ended_over_the_api_sends_no_more() {
    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    assert!(stage.settle());
    let sid = stage.only().execution.sid;
    let ended = stage.ask(&EndExecution { sid: sid.clone() }).unwrap();
    assert!(!ended.active);
    stage.advance(2 * HOUR);
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["What is your name?"]);
}

fn step(stage: &Stage, url: &str, more: &[(&str, &str)]) -> StepAnswer {
    let query = Form::parse(url.split_once('?').unwrap().1.as_bytes()).unwrap();
    let (sid, turn) = read_mark(query.get("fx").unwrap()).unwrap();
    let mut form = vec![
        ("CallSid", CALL),
        ("CallStatus", "in-progress"),
        ("Direction", "outbound-api"),
    ];
    form.extend(more);
    stage.ask(&AnswerStep {
        sid,
        turn,
        parameters: encode(form),
        event: query.get("fe").map(str::to_owned),
    })
}

fn action(twiml: &str) -> String {
    let document = roxmltree::Document::parse(twiml).unwrap();
    let mut nodes = document.descendants();
    nodes
        .find_map(|node| node.attribute("action"))
        .unwrap()
        .to_owned()
}

fn call_status(stage: &Stage, status: &str) {
    let id = {
        let requests = stage.host.0.requests.borrow();
        let placed = requests
            .iter()
            .find(|r| r.url.ends_with("/Calls.json"))
            .unwrap();
        let form = Form::parse(placed.body.as_bytes()).unwrap();
        form.get("StatusCallback")
            .unwrap()
            .split("?c=")
            .nth(1)
            .unwrap()
            .to_owned()
    };
    stage.ask(&ReportCall {
        id: Id::parse(crate::objects::id::Kind::Call, &id),
        sid: CALL.to_owned(),
        status: status.to_owned(),
        direction: Some("outbound-api".to_owned()),
        from: US.to_owned(),
        to: PERSON.to_owned(),
        duration: None,
        sequence: None,
        sip_response_code: None,
        answered_by: None,
    });
}

#[test]
fn a_call_is_placed_and_its_steps_are_answered_once_each() {
    let stage = Stage::new(&[("caller", caller())]);
    stage.starts("caller", "a");
    assert!(stage.settle());
    let url = stage.twilio.borrow().calls[0].clone();
    let menu = step(&stage, &url, &[]).twiml.unwrap();
    assert!(menu.contains("Press one."), "{menu}");
    assert_eq!(step(&stage, &url, &[]).twiml.unwrap(), menu, "asked again");
    let next = action(&menu);
    let thanks = step(&stage, &next, &[("Digits", "1")]).twiml.unwrap();
    assert!(thanks.contains("You pressed 1."), "{thanks}");
    assert_eq!(
        step(&stage, &next, &[("Digits", "2")]).twiml.unwrap(),
        thanks
    );
    let shown = stage.only();
    assert!(!shown.execution.active);
    assert_eq!(
        path(&shown.steps),
        [
            ("Trigger", "incomingRequest"),
            ("call", "answered"),
            ("menu", "keypress"),
            ("thanks", "audioComplete")
        ]
    );
    assert_eq!(stage.twilio.borrow().calls.len(), 1);
}

#[test]
fn a_call_that_nobody_takes_has_its_own_branch_and_one_that_is_hung_up_ends() {
    let stage = Stage::new(&[("caller", caller())]);
    stage.starts("caller", "a");
    assert!(stage.settle());
    call_status(&stage, "busy");
    assert!(stage.settle());
    assert_eq!(stage.sent(), ["We tried to call (busy)."]);

    let stage = Stage::new(&[("caller", caller())]);
    stage.starts("caller", "a");
    assert!(stage.settle());
    let url = stage.twilio.borrow().calls[0].clone();
    step(&stage, &url, &[]);
    call_status(&stage, "completed");
    assert!(stage.settle());
    assert!(
        stage.only().execution.active,
        "its last request may still come"
    );
    stage.advance(MINUTE);
    assert!(stage.settle());
    let shown = stage.only();
    assert!(!shown.execution.active);
    assert_eq!(stage.sent(), Vec::<String>::new());
}

#[test]
fn a_call_whose_post_was_cut_off_is_placed_once_and_goes_on() {
    let mut unplaced = 0;
    for operations in 0..12 {
        let stage = Stage::new(&[("caller", caller())]);
        stage.starts("caller", "a");
        stage.host.0.operations_left.set(Some(operations));
        stage.settle();
        stage.host.0.operations_left.set(None);
        stage.host.0.alarm.set(Some(stage.host.now()));
        assert!(stage.settle());
        // Cut off before its POST, nobody can say whether it was placed: it is not placed again.
        if stage.twilio.borrow().calls.is_empty() {
            stage.advance(3 * MINUTE);
            assert!(stage.settle());
            stage.advance(3 * MINUTE);
            assert!(stage.settle());
            assert_eq!(stage.sent(), ["We tried to call ()."], "{operations}");
            unplaced += 1;
            continue;
        }
        assert_eq!(stage.twilio.borrow().calls.len(), 1, "{operations}");
        let url = stage.twilio.borrow().calls[0].clone();
        let menu = step(&stage, &url, &[]).twiml.unwrap();
        assert!(menu.contains("Press one."), "{operations}: {menu}");
    }
    assert_eq!(unplaced, 1);
}

#[test]
fn a_call_stays_on_the_line_while_its_flow_waits_for_a_message() {
    let call = json!({ "from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}" });
    let flow = definition(
        "incomingRequest",
        "call",
        &[
            state(
                "call",
                "make-outgoing-call-v2",
                &call,
                &[("answered", "ask")],
            ),
            asks("ask", "Text us your code.", "read", ""),
            state(
                "read",
                "say-play",
                &json!({ "say": "You sent {{widgets.ask.inbound.Body}}." }),
                &[("audioComplete", "")],
            ),
            says("undelivered", "", ""),
        ],
    );
    let stage = Stage::new(&[("both", flow)]);
    stage.starts("both", "a");
    assert!(stage.settle());
    let url = stage.twilio.borrow().calls[0].clone();
    let silence = step(&stage, &url, &[]).twiml.unwrap();
    assert_eq!(stage.sent(), ["Text us your code."]);
    assert!(silence.contains("<Pause"), "{silence}");
    let document = roxmltree::Document::parse(&silence).unwrap();
    let again = document
        .descendants()
        .find_map(|node| node.has_tag_name("Redirect").then(|| node.text()).flatten());
    let again = again.unwrap();
    assert_eq!(step(&stage, again, &[]).twiml.unwrap(), silence);
    stage.ask(&stage.inbound("4711", None));
    assert!(stage.settle());
    let read = step(&stage, again, &[]).twiml.unwrap();
    assert!(read.contains("You sent 4711."), "{read}");
    assert!(!stage.only().execution.active);
}

#[test]
fn a_call_that_is_handed_over_comes_back_by_its_mark() {
    let call = json!({ "from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}" });
    let elsewhere = json!({ "url": "https://other.example/twiml", "method": "POST" });
    let flow = definition(
        "incomingRequest",
        "call",
        &[
            state(
                "call",
                "make-outgoing-call-v2",
                &call,
                &[("answered", "elsewhere")],
            ),
            state(
                "elsewhere",
                "add-twiml-redirect",
                &elsewhere,
                &[("return", "back")],
            ),
            state(
                "back",
                "say-play",
                &json!({ "say": "Welcome back." }),
                &[("audioComplete", "")],
            ),
        ],
    );
    let stage = Stage::new(&[("away", flow)]);
    stage.starts("away", "a");
    assert!(stage.settle());
    let url = stage.twilio.borrow().calls[0].clone();
    let away = step(&stage, &url, &[]);
    assert!(away.twiml.unwrap().contains("https://other.example/twiml"));
    let mark = away.keep.unwrap();
    let back = step(
        &stage,
        &format!("https://x/?fx={mark}"),
        &[("FlowEvent", "return")],
    );
    assert!(back.twiml.unwrap().contains("Welcome back."));
}

#[test]
fn an_execution_is_driven_by_one_at_a_time() {
    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    let sid = stage.only().execution.sid;
    let contact = stage.open();
    let held = contact.hold(&sid).unwrap();
    assert!(contact.hold(&sid).is_none());
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(stage.sent(), Vec::<String>::new(), "somebody else drives");
    drop(held);
    stage.advance(2 * SECOND);
    run(contact.alarm()).unwrap().unwrap();
    assert_eq!(stage.sent(), ["What is your name?"]);
    // Work that was cut off without a word does not hold for ever.
    let _lost = contact.hold(&sid).unwrap();
    stage.advance(2 * MINUTE);
    assert!(contact.hold(&sid).is_some());
}

#[test]
fn an_opt_out_by_hand_or_learned_from_twilio_ends_what_it_forbids() {
    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    assert!(stage.settle());
    stage.ask(&crate::objects::contact::PutConsent {
        contact: ContactName::of(PERSON),
        address: PERSON.to_owned(),
        opted_out: true,
        scope: crate::messaging::consent::Scope::All,
        source: crate::messaging::consent::Source::Api,
        at: None,
        reason: "asked us to".to_owned(),
    });
    assert!(!stage.only().execution.active);

    let stage = Stage::new(&[("greeter", greeter())]);
    stage.hears("hi", "greeter");
    stage.host.answer(
        400,
        r#"{"code":21610,"status":400,"message":"unsubscribed"}"#,
    );
    assert!(stage.settle());
    let shown = stage.only();
    assert_eq!(
        shown.execution.failure.as_deref(),
        Some("the person opted out")
    );
    assert_eq!(stage.sent(), Vec::<String>::new());
}

#[test]
fn a_flow_that_cannot_be_read_is_asked_for_again_for_an_hour() {
    let stage = Stage::new(&[]);
    stage.hears("hi", "gone");
    for _ in 0..200 {
        assert!(stage.settle());
        stage.advance(MINUTE);
    }
    let shown = stage.only();
    assert_eq!(
        shown.execution.failure.as_deref(),
        Some("its flow cannot be read")
    );
}
