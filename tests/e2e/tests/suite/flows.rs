//! Flows that ask other servers and run other flows, on a call that lives through a restart.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use hookswitch_e2e::{Options, PHONE_NUMBER, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use crate::acts::{SOON, act, hears, messages_to, ring_live, seen, spoken, write};

const SID: &str = "FW0123456789abcdef0123456789abcdef";

/// A request as the shop got it: its first line, headers and body.
type Asked = (String, String, String);

/// A shop on loopback: it answers everything with the order's state, slowly.
fn shop() -> (u16, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = tell.send(answer(stream));
        }
    });
    (port, asked)
}

fn answer(mut stream: TcpStream) -> Asked {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut headers, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        headers.push_str(&line.to_ascii_lowercase());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let said = if first.contains("/gone") {
        "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .to_owned()
    } else {
        let text = r#"{"order":{"state":"on its way"}}"#;
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
            text.len()
        )
    };
    stream.write_all(said.as_bytes()).unwrap();
    (first, headers, String::from_utf8(body).unwrap())
}

fn state(name: &str, kind: &str, properties: &Value, ways: &[(&str, &str)]) -> Value {
    let ways: Vec<Value> = ways
        .iter()
        .map(|(event, next)| json!({"event": event, "next": next}))
        .collect();
    json!({"name": name, "type": kind, "properties": properties, "transitions": ways})
}

fn say(name: &str, text: &str, ways: &[(&str, &str)]) -> Value {
    state(name, "say-play", &json!({"say": text, "loop": 1}), ways)
}

fn flow(event: &str, states: &[Value]) -> Value {
    let trigger = state(
        "Trigger",
        "trigger",
        &json!({}),
        &[(event, states[0]["name"].as_str().unwrap())],
    );
    let mut all = vec![trigger];
    all.extend(states.iter().cloned());
    json!({"description": "", "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": true}, "states": all})
}

/// Asks for the number of an order.
fn question() -> Value {
    let gather =
        json!({"say": "Press the number of your order.", "timeout": 5, "number_of_digits": 3});
    let set = json!({"variables": [{"key": "order", "value": "{{widgets.ask.Digits}}"}]});
    flow(
        "incomingParent",
        &[
            state(
                "ask",
                "gather-input-on-call",
                &gather,
                &[("keypress", "keep")],
            ),
            state("keep", "set-variables", &set, &[]),
        ],
    )
}

/// Runs the question, asks the shop, tells the answer, and asks for a last key.
fn order_line(shop: u16) -> Value {
    let sub = json!({"flow_sid": SID, "flow_revision": "LatestPublished", "parameters": []});
    let http = |path: &str| {
        json!({"method": "POST", "url": format!("http://127.0.0.1:{shop}/{path}"),
            "content_type": "application/x-www-form-urlencoded;charset=utf-8",
            "parameters": [{"key": "order", "value": "{{widgets.question.order}}"}]})
    };
    let last = json!({"say": "Press any key to end.", "timeout": 60, "number_of_digits": 1});
    flow(
        "incomingCall",
        &[
            state(
                "question",
                "run-subflow",
                &sub,
                &[("completed", "wait"), ("failed", "sorry")],
            ),
            say("wait", "One moment.", &[("audioComplete", "look_up")]),
            state(
                "look_up",
                "make-http-request",
                &http("orders"),
                &[("success", "tell"), ("failed", "sorry")],
            ),
            say(
                "tell",
                "Order {{widgets.question.order}} is {{widgets.look_up.parsed.order.state}}.",
                &[("audioComplete", "elsewhere")],
            ),
            state(
                "elsewhere",
                "make-http-request",
                &http("gone"),
                &[("success", "sorry"), ("failed", "last")],
            ),
            state(
                "last",
                "gather-input-on-call",
                &last,
                &[("keypress", "bye"), ("timeout", "bye")],
            ),
            say("bye", "Order {{widgets.question.order}}, goodbye.", &[]),
            say("sorry", "That did not work.", &[]),
        ],
    )
}

/// Waits for the end of a call.
fn ended(stack: &Stack, call: &str) -> Value {
    eventually("the end of the call", SOON, || {
        let calls = seen(stack, "/twin/calls");
        calls
            .into_iter()
            .find(|found| found["sid"] == call && found["status"] == "completed")
    })
}

#[test]
fn a_call_through_a_subflow_and_another_server_lives_through_a_restart() {
    let (port, asked) = shop();
    let stack = Stack::start(&Options::default().var("FLOW_LOCAL_HOSTS", "1"));
    let publish = |target: &str, document: &Value| {
        let report = stack.post(
            &format!("/v1/flows/{}/check", target.split('?').next().unwrap()),
            document,
        );
        assert_eq!(report.send().expect(200).json()["errors"], json!([]));
        stack
            .put(&format!("/v1/flows/{target}"), document)
            .send()
            .expect(200)
            .json()
    };
    assert_eq!(
        publish(&format!("question?sid={SID}"), &question())["sid"],
        SID
    );
    let line = order_line(port);
    assert_eq!(publish("orders", &line)["warnings"], json!([]));
    let number = json!({"voice_flow": "orders"});
    let _ = stack
        .put(&format!("/v1/numbers/{PHONE_NUMBER}"), &number)
        .send()
        .expect(200);

    let call = ring_live(&stack, PHONE_NUMBER, &fresh_number());
    // In the middle of the subflow: the next isolate has never seen this call.
    stack.restart();
    act(&stack, &call, &json!({"digits": "407"}));
    hears(&stack, &call, "Order 407 is on its way.");
    let (first, headers, body) = asked.recv_timeout(SOON).unwrap();
    assert!(first.starts_with("POST /orders "), "{first}");
    assert_eq!(body, "order=407");
    assert!(headers.contains("idempotency-key: ca"), "{headers}");
    // A redirect to where flows may not go is not followed.
    let (second, ..) = asked.recv_timeout(SOON).unwrap();
    assert!(second.starts_with("POST /gone "), "{second}");
    hears(&stack, &call, "Press any key");
    stack.restart();
    act(&stack, &call, &json!({"digits": "1"}));
    hears(&stack, &call, "Order 407, goodbye.");
    let said = spoken(&ended(&stack, &call));
    assert!(said.contains(&"One moment.".to_owned()), "{said:?}");
    assert!(!said.contains(&"That did not work.".to_owned()), "{said:?}");
    assert!(asked.try_recv().is_err(), "asked more than twice");
}

#[test]
fn a_deployment_asks_nothing_of_its_own_machine_unless_it_is_told_to() {
    let (port, asked) = shop();
    let stack = Stack::start(&Options::default());
    let http = json!({"method": "GET", "url": format!("http://127.0.0.1:{port}/orders"),
        "content_type": "application/json"});
    let document = flow(
        "incomingCall",
        &[
            state(
                "look_up",
                "make-http-request",
                &http,
                &[("success", "open"), ("failed", "shut")],
            ),
            say("open", "It answered.", &[]),
            say("shut", "Press nothing: it was not asked.", &[]),
        ],
    );
    let _ = stack.put("/v1/flows/inside", &document).send().expect(200);
    let number = json!({"voice_flow": "inside"});
    let _ = stack
        .put(&format!("/v1/numbers/{PHONE_NUMBER}"), &number)
        .send()
        .expect(200);
    let call = ring_live(&stack, PHONE_NUMBER, &fresh_number());
    hears(&stack, &call, "it was not asked");
    assert!(asked.try_recv().is_err());
}

#[test]
fn a_flow_goes_on_by_message_when_its_call_is_over_and_through_a_restart() {
    let stack = Stack::start(&Options::default());
    let gather =
        json!({"say": "Press 1, and we write to you.", "timeout": 60, "number_of_digits": 1});
    let ask =
        json!({"from": "{{flow.channel.address}}", "body": "What is it about?", "timeout": "3600"});
    let thanks = json!({"from": "{{flow.channel.address}}", "to": "{{contact.channel.address}}",
        "body": "Key {{widgets.menu.Digits}}, {{widgets.ask.inbound.Body}}: noted."});
    let document = flow(
        "incomingCall",
        &[
            state(
                "menu",
                "gather-input-on-call",
                &gather,
                &[("keypress", "ask"), ("timeout", "ask")],
            ),
            state(
                "ask",
                "send-and-wait-for-reply",
                &ask,
                &[("incomingMessage", "thanks")],
            ),
            state("thanks", "send-message", &thanks, &[]),
        ],
    );
    let _ = stack.put("/v1/flows/write", &document).send().expect(200);
    let number = json!({"voice_flow": "write"});
    let _ = stack
        .put(&format!("/v1/numbers/{PHONE_NUMBER}"), &number)
        .send()
        .expect(200);
    let person = fresh_number();
    let call = ring_live(&stack, PHONE_NUMBER, &person);
    act(&stack, &call, &json!({"digits": "1"}));
    let texts = |count: usize| {
        eventually(&format!("text {count}"), SOON, || {
            let messages = messages_to(&stack, &person);
            (messages.len() >= count).then_some(messages)
        })
    };
    // The call was told to end: from here on nothing hangs on its requests.
    ended(&stack, &call);
    assert_eq!(texts(1)[0]["body"], "What is it about?");
    stack.restart();
    write(&stack, &person, "an invoice");
    let bodies: Vec<String> = texts(2)
        .iter()
        .map(|text| text["body"].to_string())
        .collect();
    assert!(
        bodies.contains(&"\"Key 1, an invoice: noted.\"".to_owned()),
        "{bodies:?}"
    );
}
