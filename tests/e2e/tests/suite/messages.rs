//! Messages: journaled, sent once, followed by status, and never to a person who said stop.

use std::thread;

use hookswitch_e2e::{PHONE_NUMBER, fresh_number, shared};
use serde_json::{Value, json};

use crate::acts::{messages_to, now, posts_to, problem, seen, send, text, twin, until, write};

#[test]
fn a_message_is_accepted_with_its_segments_and_followed_to_delivery() {
    let stack = shared();
    let to = fresh_number();
    let sent = send(stack, &to, "Your order is on its way.");
    assert!(
        sent["id"].as_str().is_some_and(|id| id.starts_with("msg_")),
        "{sent}"
    );
    assert!(
        sent["sid"]
            .as_str()
            .is_some_and(|sid| sid.starts_with("SM")),
        "{sent}"
    );
    let size = &sent["segments"];
    assert_eq!(
        (&size["encoding"], &size["count"]),
        (&json!("GSM-7"), &json!(1))
    );
    let delivered = until(stack, "messages", &sent, "delivered");
    let events: Vec<_> = delivered["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"].clone())
        .collect();
    assert_eq!(
        events,
        ["accepted", "post", "queued", "sending", "sent", "delivered"]
    );
    let posts = posts_to(stack, &to);
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0]["params"]["From"], PHONE_NUMBER);
    let callback = format!("{}/webhooks/sms/status?m=", stack.worker_url());
    assert!(
        posts[0]["params"]["StatusCallback"]
            .as_str()
            .is_some_and(|url| url.starts_with(&callback))
    );
}

#[test]
fn segments_are_counted_as_twilio_counts_them() {
    let stack = shared();
    for (body, encoding, count) in [
        ("a".repeat(160), "GSM-7", 1),
        ("a".repeat(161), "GSM-7", 2),
        ("€".repeat(80), "GSM-7", 1),
        ("€".repeat(81), "GSM-7", 2),
        ("ж".repeat(70), "UCS-2", 1),
        ("ж".repeat(71), "UCS-2", 2),
        ("😀".repeat(35), "UCS-2", 1),
        ("😀".repeat(36), "UCS-2", 2),
        (format!("{}`", "a".repeat(153)), "UCS-2", 3),
    ] {
        let to = fresh_number();
        let sent = send(stack, &to, &body);
        let size = &sent["segments"];
        assert_eq!(
            (&size["encoding"], &size["count"]),
            (&json!(encoding), &json!(count)),
            "{body}"
        );
        assert_eq!(
            messages_to(stack, &to)[0]["num_segments"],
            count.to_string(),
            "{body}"
        );
    }
}

#[test]
fn a_message_may_carry_pictures_and_no_text() {
    let stack = shared();
    let to = fresh_number();
    let urls = [
        "https://pictures.example/1.png",
        "https://pictures.example/2.png",
    ];
    let body = json!({"to": to, "media_urls": urls});
    let sent = stack.post("/v1/messages", &body).send().expect(202).json();
    assert!(
        sent["sid"]
            .as_str()
            .is_some_and(|sid| sid.starts_with("MM")),
        "{sent}"
    );
    assert_eq!(messages_to(stack, &to)[0]["num_media"], "2");
}

#[test]
fn twenty_requests_with_one_key_at_once_send_one_message_and_get_one_answer() {
    let stack = shared();
    let to = fresh_number();
    let requests: Vec<_> = (0..20)
        .map(|_| text(stack, &to, "Once.").idempotency_key(&to))
        .map(|request| thread::spawn(move || request.send()))
        .collect();
    let answers: Vec<_> = requests
        .into_iter()
        .map(|request| request.join().unwrap().expect(202).json())
        .collect();
    for field in ["id", "segments"] {
        assert!(
            answers
                .iter()
                .all(|answer| answer[field] == answers[0][field]),
            "{answers:?}"
        );
    }
    until(stack, "messages", &answers[0], "delivered");
    assert_eq!(posts_to(stack, &to).len(), 1);
    let again = text(stack, &to, "Once.")
        .idempotency_key(&to)
        .send()
        .expect(202)
        .json();
    assert_eq!(again["id"], answers[0]["id"]);
    assert_eq!(again["sid"], now(stack, "messages", &again)["sid"]);
    let conflict = text(stack, &to, "Twice.").idempotency_key(&to).send();
    assert_eq!(problem(conflict, 409)["code"], "idempotency_conflict");
    assert_eq!(messages_to(stack, &to).len(), 1);
}

#[test]
fn a_stop_holds_for_every_sender_until_a_start() {
    let stack = shared();
    let person = fresh_number();
    write(stack, &person, "STOP");
    for from in [PHONE_NUMBER, "+15005550001", "+12025550111"] {
        let body = json!({"to": person, "from": from, "body": "Hello."});
        let refused = problem(stack.post("/v1/messages", &body).send(), 409);
        assert_eq!(refused["code"], "opted_out", "{from}");
        assert!(refused["opted_out_at"].is_string());
    }
    assert!(posts_to(stack, &person).is_empty());
    write(stack, &person, "START");
    let sent = send(stack, &person, "Welcome back.");
    until(stack, "messages", &sent, "delivered");
    assert_eq!(posts_to(stack, &person).len(), 1);
    let contact = stack
        .get(&format!("/v1/contacts/{person}"))
        .send()
        .expect(200)
        .json();
    let changes: Vec<_> = contact["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["change"].clone())
        .collect();
    assert_eq!(changes, ["out", "in"], "{contact}");
}

#[test]
fn every_keyword_is_obeyed_in_any_case_and_spacing() {
    let stack = shared();
    for (out, back) in [
        ("stopall", "unstop"),
        ("Unsubscribe", "YES"),
        ("CANCEL", "start"),
        ("End", "UNSTOP"),
        ("quit", "Start"),
        ("REVOKE", "yes"),
        ("OptOut", "START"),
        ("OPT OUT", "START"),
        ("Stop  All", "START"),
        (" \n stop. ", "START"),
    ] {
        let person = fresh_number();
        write(stack, &person, out);
        assert_eq!(text(stack, &person, "Hello.").send().status, 409, "{out:?}");
        write(stack, &person, back);
        assert_eq!(
            text(stack, &person, "Hello.").send().status,
            202,
            "{back:?}"
        );
    }
}

#[test]
fn a_yes_means_nothing_from_a_person_who_never_left_and_sentences_mean_nothing() {
    let stack = shared();
    let person = fresh_number();
    for body in ["YES", "STOP 12345", "please do not stop", "The end"] {
        let outcome = write(stack, &person, body);
        assert_eq!(outcome["replies"], json!([]), "{body}");
    }
    let contact = stack
        .get(&format!("/v1/contacts/{person}"))
        .send()
        .expect(200)
        .json();
    assert_eq!(
        (&contact["opted_out"], &contact["history"]),
        (&json!(false), &json!([]))
    );
}

#[test]
fn help_is_answered_with_the_configured_text_and_stop_with_nothing() {
    let stack = shared();
    for word in ["HELP", "info"] {
        let outcome = write(stack, &fresh_number(), word);
        let body = outcome["body"].as_str().unwrap();
        assert!(body.contains("Reply STOP to end messages"), "{body}");
    }
    // Twilio confirms a STOP itself, and would refuse a reply of ours.
    let outcome = write(stack, &fresh_number(), "STOP");
    assert_eq!(outcome["replies"], json!([]), "{outcome}");
}

#[test]
fn a_whatsapp_message_is_answered_and_its_stop_holds_for_the_person() {
    let stack = shared();
    let person = fresh_number();
    let message = json!({"to": "whatsapp:+14155238886", "from": format!("whatsapp:{person}"), "body": "STOP"});
    assert_eq!(twin(stack, "/twin/messages", &message)["status"], 200);
    assert_eq!(text(stack, &person, "Hello.").send().status, 409);
}

#[test]
fn an_opt_out_that_only_twilio_knew_of_is_learned() {
    let stack = shared();
    let person = fresh_number();
    twin(
        stack,
        "/twin/blocks",
        &json!({"from": PHONE_NUMBER, "to": person}),
    );
    let refused = problem(text(stack, &person, "Hello.").send(), 409);
    assert_eq!(
        (&refused["code"], &refused["twilio"]["code"]),
        (&json!("opted_out"), &json!(21610))
    );
    assert_eq!(posts_to(stack, &person).len(), 1);
    let body = json!({"to": person, "from": "+15005550001", "body": "Hello."});
    assert_eq!(stack.post("/v1/messages", &body).send().status, 409);
    assert_eq!(posts_to(stack, &person).len(), 1, "nothing leaves any more");
}

#[test]
fn statuses_that_come_late_twice_or_out_of_order_never_move_a_message_back() {
    let stack = shared();
    let to = fresh_number();
    let way = json!({"to": to, "statuses": [
        {"status": "sending", "repeat": 2},
        {"status": "sent", "late_ms": 400},
        {"status": "delivered", "repeat": 3},
    ]});
    twin(stack, "/twin/outcomes", &way);
    let sent = send(stack, &to, "Hello.");
    until(stack, "messages", &sent, "delivered");
    // The late `sent` is in, and all repeats are.
    let sid = sent["sid"].as_str().unwrap();
    let awaited = json!({"of": "callbacks", "matching": {"kind": "message-status", "sid": sid}, "count": 4, "timeout_ms": 10_000});
    assert_eq!(twin(stack, "/twin/wait", &awaited)["met"], true);
    for callback in seen(
        stack,
        &format!("/twin/callbacks?kind=message-status&sid={sid}"),
    ) {
        for fresh_token in [false, true] {
            let replay = json!({"callback_index": callback["index"], "fresh_token": fresh_token});
            assert_eq!(twin(stack, "/twin/replay", &replay)["status"], 204);
        }
    }
    let after = now(stack, "messages", &sent);
    assert_eq!(after["status"], "delivered");
    let delivered = after["history"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["event"] == "delivered");
    assert_eq!(delivered.count(), 1, "{after}");
}

#[test]
fn a_message_that_fails_on_its_way_says_why_and_what_to_do() {
    let stack = shared();
    let to = fresh_number();
    twin(
        stack,
        "/twin/outcomes",
        &json!({"to": to, "statuses": ["sent", {"undelivered": 30003}]}),
    );
    let sent = send(stack, &to, "Hello.");
    let failed = until(stack, "messages", &sent, "undelivered");
    assert_eq!(failed["error"]["code"], 30003);
    for field in ["class", "meaning", "action"] {
        assert!(
            failed["error"][field]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{failed}"
        );
    }
}

#[test]
fn a_refusal_by_twilio_is_a_problem_with_code_class_and_one_useful_sentence() {
    let stack = shared();
    for (status, code, expected) in [
        (400, 21614, 422),
        (400, 21606, 502),
        (401, 20003, 502),
        (400, 21408, 502),
    ] {
        let to = fresh_number();
        let fault = json!({"match": {"to": to}, "act": {"status": status, "code": code}});
        twin(stack, "/twin/faults", &fault);
        let answer = text(stack, &to, "Hello.").send();
        assert!(
            matches!(answer.status, 422 | 502),
            "{code}: {}",
            answer.text()
        );
        let status = answer.status;
        let refused = problem(answer, status);
        assert_eq!(refused["twilio"]["code"], code);
        assert!(refused["twilio"]["class"].is_string());
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.len() > 20 && detail.ends_with('.'), "{detail}");
        assert_eq!(status, expected, "{code}: {refused}");
        assert_eq!(posts_to(stack, &to).len(), 1, "nothing is retried blindly");
    }
}

#[test]
fn a_busy_twilio_is_asked_again_within_the_request() {
    let stack = shared();
    let to = fresh_number();
    let fault = json!({"match": {"to": to}, "times": 2, "act": {"status": 429}});
    twin(stack, "/twin/faults", &fault);
    let sent = send(stack, &to, "Hello.");
    assert!(sent["sid"].is_string(), "{sent}");
    let statuses: Vec<_> = posts_to(stack, &to)
        .iter()
        .map(|post| post["status"].clone())
        .collect();
    assert_eq!(statuses, [429, 429, 201]);
    assert_eq!(messages_to(stack, &to).len(), 1);
}

#[test]
fn what_twilio_asks_to_wait_is_waited() {
    let stack = shared();
    let to = fresh_number();
    let act = json!({"status": 429, "headers": {"Retry-After": "2"}});
    twin(
        stack,
        "/twin/faults",
        &json!({"match": {"to": to}, "act": act}),
    );
    let sent = send(stack, &to, "Hello.");
    assert_eq!(
        (&sent["status"], &sent["sid"]),
        (&json!("pending"), &Value::Null)
    );
    until(stack, "messages", &sent, "delivered");
    let at: Vec<i64> = posts_to(stack, &to)
        .iter()
        .filter_map(|post| post["at"].as_i64())
        .collect();
    assert_eq!(at.len(), 2, "{at:?}");
    assert!(at[1] - at[0] >= 2_000, "{at:?}");
    assert_eq!(messages_to(stack, &to).len(), 1);
}

#[test]
fn a_stop_that_comes_while_a_message_waits_stops_it() {
    let stack = shared();
    let to = fresh_number();
    let act = json!({"status": 429, "headers": {"Retry-After": "3"}});
    twin(
        stack,
        "/twin/faults",
        &json!({"match": {"to": to}, "act": act}),
    );
    let sent = send(stack, &to, "Hello.");
    assert_eq!(sent["status"], "pending");
    write(stack, &to, "STOP");
    let ended = until(stack, "messages", &sent, "failed");
    let last = ended["history"]
        .as_array()
        .and_then(|history| history.last());
    assert_eq!(
        last.map(|entry| &entry["event"]),
        Some(&json!("opted_out")),
        "{ended}"
    );
    assert_eq!(posts_to(stack, &to).len(), 1);
    assert!(messages_to(stack, &to).is_empty());
}

#[test]
fn faults_in_a_request_come_back_all_at_once() {
    let stack = shared();
    let body = json!({"to": "4155550100", "body": "x".repeat(1_601), "media_urls": ["ftp://x"], "colour": 1});
    let answer = problem(stack.post("/v1/messages", &body).send(), 400);
    let errors = answer["errors"].as_array().unwrap().iter();
    let mut pointers: Vec<_> = errors
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/body", "/colour", "/media_urls/0", "/to"]);
    let answer = stack
        .request("POST", "/v1/messages")
        .json(&json!({}))
        .send();
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    problem(answer, 401);
    let _ = stack.get("/v1/messages/msg_none").send().expect(404);
}
