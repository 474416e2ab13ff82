//! The page at `/verify`, in headless Chromium, by keyboard alone; and Turnstile.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use hookswitch_e2e::{Options, Stack, eventually, fresh_number};
use serde_json::json;

use super::code;
use crate::browser::Browser;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Plays Cloudflare's siteverify: `good` tokens are a person's.
fn turnstile() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(&stream));
        }
    });
    origin
}

fn answer(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line.trim() != "" {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    let body = String::from_utf8_lossy(&body);
    let good = body.contains("secret=e2e-turnstile") && body.contains("response=good");
    let reply = json!({"success": good, "error-codes": []}).to_string();
    let mut out = stream;
    let _ = write!(
        out,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{reply}",
        reply.len()
    );
}

fn page_stack() -> Stack {
    let options = Options::default()
        .var("VERIFY_PAGE", "1")
        .var("VERIFY_GUARD", "off")
        .var("VERIFY_ORIGINS", "https://shop.example")
        .var("TURNSTILE_SECRET", "e2e-turnstile")
        .var("TURNSTILE_ORIGIN", &turnstile());
    Stack::start(&options)
}

#[test]
fn the_page_takes_a_person_through_by_keyboard_and_another_origin_nowhere() {
    let stack = page_stack();
    a_stranger_and_a_robot_are_kept_out(&stack);

    let to = fresh_number();
    let browser = Browser::start();
    browser.open(&format!("{}/verify", stack.worker_url()));
    // Turnstile's own script is not there; what it gives a page is.
    browser.run("window.turnstile = { getResponse: () => 'good', reset() {} }");
    let errors = "return document.querySelectorAll('input:not([id]), button:not([type])').length";
    assert_eq!(browser.run(errors), 0);
    assert_eq!(
        browser.announced("to"),
        ("textbox".into(), "Phone number or e-mail address".into())
    );

    browser.type_keys(TAB);
    assert_eq!(browser.focus(), "to");
    browser.type_keys(ENTER);
    says(
        &browser,
        "error",
        "Enter your phone number or e-mail address.",
    );
    assert_eq!(
        browser.run("return document.getElementById('to').getAttribute('aria-invalid')"),
        "true"
    );
    browser.type_keys("0123");
    browser.type_keys(ENTER);
    says(&browser, "error", "Check the number");
    browser.run("document.getElementById('to').value = ''");
    // As a person writes a number.
    let spaced = format!("{} ({}) {}", &to[..2], &to[2..5], &to[5..]);
    browser.type_keys(&spaced);
    browser.type_keys(ENTER);
    says(&browser, "status", "We are sending a code by text message");
    assert_eq!(browser.focus(), "code");
    assert_eq!(browser.announced("code"), ("textbox".into(), "Code".into()));
    let first = browser.text("left");
    assert!(first.starts_with("The code is good for "), "{first}");
    eventually("a countdown", Duration::from_secs(5), || {
        (browser.text("left") != first).then_some(())
    });

    let right = code(&stack, &to);
    browser.type_keys(if right == "777777" {
        "888888"
    } else {
        "777777"
    });
    browser.type_keys(ENTER);
    says(
        &browser,
        "error",
        "That code is not right. You have 4 tries left.",
    );
    assert_eq!(browser.focus(), "code");

    // From the field, past "Check code" and "Send it again", to "Call me instead".
    for _ in 0..3 {
        browser.type_keys(TAB);
    }
    assert_eq!(browser.focus(), "call");
    browser.type_keys(ENTER);
    says(
        &browser,
        "status",
        "We are sending the same code again by phone call",
    );

    browser.type_keys(&right);
    browser.type_keys(ENTER);
    says(&browser, "status", "Thank you. The code is right.");
    assert_eq!(
        (browser.focus().as_str(), browser.text("title").as_str()),
        ("title", "Verified")
    );
}

fn says(browser: &Browser, id: &str, sentence: &str) {
    eventually(sentence, Duration::from_secs(15), || {
        browser.text(id).starts_with(sentence).then_some(())
    });
}

fn a_stranger_and_a_robot_are_kept_out(stack: &Stack) {
    let ask = |origin: &str, token: &str| {
        let body = json!({"to": fresh_number(), "turnstile_token": token});
        stack
            .request("POST", "/verify/send")
            .header("Origin", origin)
            .json(&body)
            .send()
    };
    let _ = ask("https://evil.example", "good").expect(403);
    let robot = ask("https://shop.example", "bad").expect(403);
    assert_eq!(robot.json()["code"], "turnstile_failed");
    let person = ask("https://shop.example", "good").expect(202);
    assert_eq!(
        person.header("access-control-allow-origin"),
        "https://shop.example"
    );
    let preflight = stack
        .request("OPTIONS", "/verify/send")
        .header("Origin", "https://shop.example")
        .header("Access-Control-Request-Method", "POST")
        .send()
        .expect(204);
    assert_eq!(preflight.header("access-control-allow-methods"), "POST");
}
