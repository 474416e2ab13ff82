//! Phone verification against the twin's Verify v2.

mod page;
mod pumping;

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use hookswitch_e2e::{Options, Response, Stack, fresh_number};
use serde_json::{Value, json};

/// One stack for these tests: the conversion watch would take their unanswered codes for fraud.
pub fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| {
        let options = Options::default()
            .var("VERIFY_GUARD", "off")
            .var("VERIFY_LIMIT_PREFIX", "off")
            .var("VERIFY_LIMIT_ACCOUNT", "off")
            .var("VERIFY_FALLBACK_SECONDS", "2")
            .var("VERIFY_COUNTRIES", "US");
        Stack::start(&options)
    })
}

pub fn send(stack: &Stack, body: &Value) -> Response {
    stack.post("/v1/verify/send", body).send()
}

pub fn check(stack: &Stack, to: &str, code: &str) -> Value {
    let body = json!({"to": to, "code": code});
    stack
        .post("/v1/verify/check", &body)
        .send()
        .expect(200)
        .json()
}

/// The newest verification of an address, as the twin sees it.
pub fn seen(stack: &Stack, to: &str) -> Value {
    let all = stack
        .twin("GET", "/twin/verify/codes")
        .send()
        .expect(200)
        .json();
    let all = all.as_array().unwrap().clone();
    let found = all.into_iter().rev().find(|one| one["to"] == to);
    found.unwrap_or_else(|| panic!("the twin has no verification of {to}"))
}

pub fn code(stack: &Stack, to: &str) -> String {
    seen(stack, to)["code"].as_str().unwrap().to_owned()
}

fn twin(stack: &Stack, method: &str, path: &str, body: &Value) {
    let _ = stack.twin(method, path).json(body).send().expect(200);
}

/// A code that is not the right one.
fn wrong(right: &str) -> String {
    right
        .chars()
        .map(|digit| if digit == '7' { '8' } else { '7' })
        .collect()
}

#[test]
fn a_code_is_sent_checked_and_used_once() {
    let (stack, to) = (stack(), fresh_number());
    let sent = send(stack, &json!({"to": to, "locale": "de"}))
        .expect(202)
        .json();
    assert_eq!(sent["status"], "pending");
    assert_eq!(sent["channel"], "sms");
    assert_eq!(sent["attempts_left"], 2);
    assert!(sent["expires_at"].is_string());
    assert_eq!(seen(stack, &to)["locale"], "de");
    let right = code(stack, &to);
    let missed = check(stack, &to, &wrong(&right));
    assert_eq!(
        (&missed["status"], &missed["valid"]),
        (&json!("pending"), &json!(false))
    );
    assert_eq!(missed["attempts_left"], 4);
    let hit = check(stack, &to, &right);
    assert_eq!(
        (&hit["status"], &hit["valid"]),
        (&json!("approved"), &json!(true))
    );
    assert_eq!(check(stack, &to, &right)["status"], "used");
    assert!(!stack.worker_log().contains(&right), "a code is in the log");
}

#[test]
fn a_hundred_at_once_let_exactly_three_through_twenty_times_over() {
    let stack = stack();
    for round in 1..=20 {
        let to = fresh_number();
        let statuses: Vec<u16> = thread::scope(|scope| {
            let one = || {
                let body = json!({"to": to, "channel": "sms"});
                move || send(stack, &body).status
            };
            let threads: Vec<_> = (0..100).map(|_| scope.spawn(one())).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(202), count(429)), (3, 97), "round {round}");
        assert_eq!(seen(stack, &to)["sends"], 3, "round {round}");
    }
}

#[test]
fn over_the_limit_a_call_is_still_open() {
    let (stack, to) = (stack(), fresh_number());
    let text = json!({"to": to, "channel": "sms", "fallback": []});
    for left in [2, 1, 0] {
        assert_eq!(send(stack, &text).expect(202).json()["attempts_left"], left);
    }
    let limited = send(stack, &text).expect(429);
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((580..=600).contains(&wait), "{wait}");
    let body = limited.json();
    assert_eq!(body["retry_after_seconds"], wait);
    assert_eq!(
        (&body["attempts_left"], &body["alternatives"]),
        (&json!(0), &json!(["call", "email"]))
    );
    let call = send(stack, &json!({"to": to, "channel": "call"}))
        .expect(202)
        .json();
    assert_eq!(
        (&call["channel"], &call["same_code"]),
        (&json!("call"), &json!(true))
    );
    let last = send(stack, &json!({"to": to, "channel": "call"}))
        .expect(429)
        .json();
    assert_eq!(last["alternatives"], json!(["email"]));
}

#[test]
fn a_landline_is_called_and_the_code_is_good() {
    let (stack, to) = (stack(), fresh_number());
    twin(stack, "PUT", "/twin/config", &json!({"landlines": [to]}));
    let sent = send(stack, &json!({"to": to})).expect(202).json();
    assert_eq!(
        (&sent["channel"], &sent["reason"]),
        (&json!("call"), &json!("landline"))
    );
    assert_eq!(sent["attempts_left"], 2);
    assert_eq!(check(stack, &to, &code(stack, &to))["valid"], true);
}

#[test]
fn a_code_that_does_not_come_back_moves_to_the_next_channel() {
    let (stack, to) = (stack(), fresh_number());
    let ask = json!({"to": to, "fallback": ["call"]});
    let _ = send(stack, &ask).expect(202);
    let soon = send(stack, &ask).expect(202).json();
    assert_eq!(
        (&soon["channel"], &soon["same_code"]),
        (&json!("sms"), &json!(true))
    );
    thread::sleep(Duration::from_millis(2_100));
    let later = send(stack, &ask).expect(202).json();
    assert_eq!(
        (&later["channel"], &later["reason"]),
        (&json!("call"), &json!("no_check"))
    );
    assert_eq!(later["same_code"], true);
    assert_eq!(check(stack, &to, &code(stack, &to))["valid"], true);
}

#[test]
fn the_refusals_of_twilio_are_told_apart() {
    let stack = stack();
    let number = |prefix: &str| fresh_number().replacen("+1202", prefix, 1);
    let (blocked, forbidden) = (number("+1303"), number("+1304"));
    let rules = json!({"blocked": ["+1303"], "forbidden": ["+1304"], "disabled": ["whatsapp"]});
    twin(stack, "PUT", "/twin/verify", &rules);
    for (to, code) in [(&blocked, 60410), (&forbidden, 60605)] {
        let refused = send(stack, &json!({"to": to})).expect(403).json();
        assert_eq!(refused["twilio"]["code"], code);
        assert_eq!(
            (&refused["code"], &refused["attempts_left"]),
            (&json!("verify_blocked"), &json!(2))
        );
    }
    let to = fresh_number();
    let off = json!({"to": to, "channel": "whatsapp", "fallback": []});
    let off = send(stack, &off).expect(502).json();
    assert_eq!(
        (&off["twilio"]["code"], &off["attempts_left"]),
        (&json!(60223), &json!(3))
    );
    let moved = send(stack, &json!({"to": to, "channel": "whatsapp"}))
        .expect(202)
        .json();
    assert_eq!(
        (&moved["channel"], &moved["reason"]),
        (&json!("sms"), &json!("channel_off"))
    );
    let abroad = send(stack, &json!({"to": "+447700900123"}))
        .expect(403)
        .json();
    assert_eq!(abroad["code"], "country_refused");
}

#[test]
fn twilios_own_five_sends_are_its_limit_and_not_our_fault() {
    let (stack, to) = (stack(), fresh_number());
    let path = format!("/verify/v2/Services/VA{}/Verifications", "e2".repeat(16));
    for _ in 0..5 {
        // Somebody else's, on the same service.
        let _ = stack
            .twin("POST", &path)
            .header("Authorization", &basic())
            .form(&[("To", &to), ("Channel", "sms")])
            .send()
            .expect(201);
    }
    let refused = send(stack, &json!({"to": to})).expect(429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(refused.json()["twilio"]["code"], 60203);
}

fn basic() -> String {
    use base64::Engine;
    let pair = format!(
        "{}:{}",
        hookswitch_e2e::account_sid(),
        hookswitch_e2e::AUTH_TOKEN
    );
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}

#[test]
fn five_wrong_codes_and_an_expired_one_have_their_own_names() {
    let (stack, to) = (stack(), fresh_number());
    let _ = send(stack, &json!({"to": to})).expect(202);
    let right = code(stack, &to);
    for left in [4, 3, 2, 1, 0] {
        assert_eq!(check(stack, &to, &wrong(&right))["attempts_left"], left);
    }
    let spent = check(stack, &to, &right);
    assert_eq!(
        (&spent["status"], &spent["valid"]),
        (&json!("max_attempts_reached"), &json!(false))
    );
    assert!(
        spent["message"]
            .as_str()
            .unwrap()
            .starts_with("Too many wrong codes.")
    );
    let nobody = check(stack, &fresh_number(), "123456");
    assert_eq!(nobody["status"], "expired_or_used");
}

#[test]
fn a_twilio_that_is_down_is_never_a_wrong_code_and_costs_no_start() {
    let options = Options::default().without_twin().var("VERIFY_GUARD", "off");
    let stack = Stack::start(&options);
    let to = fresh_number();
    let unjudged = json!({"to": to, "code": "123456"});
    let unjudged = stack
        .post("/v1/verify/check", &unjudged)
        .send()
        .expect(503)
        .json();
    assert_eq!(unjudged["code"], "not_judged");
    let unknown = send(&stack, &json!({"to": to})).expect(503).json();
    assert_eq!(unknown["code"], "send_unknown");
    assert!(!stack.worker_log().contains("123456"));
}

#[test]
fn what_was_started_is_counted_after_a_kill() {
    let stack = Stack::start(&Options::default().var("VERIFY_GUARD", "off"));
    let to = fresh_number();
    let text = json!({"to": to, "channel": "sms", "fallback": []});
    for _ in 0..2 {
        let _ = send(&stack, &text).expect(202);
    }
    stack.kill_worker();
    stack.restart();
    let _ = send(&stack, &text).expect(202);
    let _ = send(&stack, &text).expect(429);
    assert_eq!(check(&stack, &to, &code(&stack, &to))["valid"], true);
}

#[test]
fn a_delivery_that_failed_moves_on_and_stats_tell_the_funnel() {
    let options = Options::default().var("VERIFY_FALLBACK_SECONDS", "600");
    let stack = Stack::start(&options);
    let deliveries = json!({"deliveries": {"sms": "undelivered", "call": "completed"}});
    twin(&stack, "PUT", "/twin/verify", &deliveries);
    let to = fresh_number();
    let ask = json!({"to": to});
    assert_eq!(send(&stack, &ask).expect(202).json()["channel"], "sms");
    let moved = send(&stack, &ask).expect(202).json();
    assert_eq!(
        (&moved["channel"], &moved["reason"]),
        (&json!("call"), &json!("not_delivered"))
    );
    check(&stack, &to, &code(&stack, &to));
    hookswitch_e2e::eventually("the figures", Duration::from_secs(10), || {
        let stats = stack
            .get("/v1/verify/stats?hours=1")
            .send()
            .expect(200)
            .json();
        let line = |channel: &str| {
            let lines = stats["funnel"].as_array()?.iter();
            lines
                .clone()
                .find(|line| line["channel"] == channel)
                .cloned()
        };
        let (sms, call) = (line("sms")?, line("call")?);
        let told = stats["approved"] == 2
            && (&sms["started"], &sms["delivered"], &sms["undelivered"])
                == (&json!(1), &json!(0), &json!(1))
            && (&call["delivered"], &call["country"]) == (&json!(1), &json!("US"))
            && call["cost"]["currency"] == "usd";
        told.then_some(())
    });
}

#[test]
fn the_clients_limit_holds_over_many_numbers() {
    let options = Options::default()
        .var("VERIFY_LIMIT_IP", "4/600")
        .var("VERIFY_GUARD", "off");
    let stack = Stack::start(&options);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> = (0..40)
            .map(|_| {
                let body = json!({"to": fresh_number(), "client_ip": "203.0.113.9"});
                let stack = &stack;
                scope.spawn(move || send(stack, &body).status)
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 4);
    let limited = json!({"to": fresh_number(), "client_ip": "203.0.113.9"});
    assert_eq!(send(&stack, &limited).expect(429).json()["limit"], "ip");
}
