//! Webhooks that never come: Twilio's own lists are asked on a schedule.

use std::time::Duration;

use hookswitch_e2e::{Options, PHONE_NUMBER, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use crate::acts::{SOON, problem, seen, text, twin};

const HOUR_MS: u64 = 3_600_000;

/// Does what the schedule does, so much later than now.
fn sweep(stack: &Stack, ahead_ms: u64) {
    let body = json!({ "ahead_ms": ahead_ms });
    let _ = stack
        .request("POST", "/__test/sweep")
        .json(&body)
        .patience(Duration::from_secs(60))
        .send()
        .expect(200);
}

fn gaps(stack: &Stack) -> Value {
    stack.get("/v1/gaps").send().expect(200).json()
}

#[test]
fn what_no_webhook_told_of_is_found_in_twilios_lists() {
    let stack = Stack::start(&Options::default());
    let person = fresh_number();
    // The webhook goes where nobody listens.
    let lost = json!({
        "to": PHONE_NUMBER, "from": person, "body": "Stop", "url": "http://127.0.0.1:9/gone",
    });
    let _ = twin(&stack, "/twin/messages", &lost);
    assert_eq!(text(&stack, &person, "Hello").send().status, 202);

    // A campaign whose callbacks are lost.
    let people: Vec<String> = (0..3).map(|_| fresh_number()).collect();
    for person in &people {
        let way = json!({"to": person, "statuses": [
            {"status": "sent", "callback": false}, {"status": "delivered", "callback": false},
        ]});
        let _ = twin(&stack, "/twin/outcomes", &way);
    }
    let campaign = json!({
        "name": "Spring", "sender": PHONE_NUMBER, "kind": "transactional", "body": "Hello",
    });
    let made = stack.post("/v1/campaigns", &campaign).send().expect(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let list = format!("to\n{}\n", people.join("\n"));
    let put = stack.api("PUT", &format!("/v1/campaigns/{id}/recipients"));
    let _ = put.body("text/csv", list.as_bytes()).send().expect(200);
    let start = stack.api("POST", &format!("/v1/campaigns/{id}/start"));
    let _ = start.send().expect(200);
    let view = || {
        stack
            .get(&format!("/v1/campaigns/{id}"))
            .send()
            .expect(200)
            .json()
    };
    let of_campaign = |message: &Value| people.iter().any(|person| message["to"] == *person);
    eventually("delivery at the twin", SOON, || {
        let messages = seen(&stack, "/twin/messages");
        let arrived = messages
            .iter()
            .filter(|message| of_campaign(message) && message["status"] == "delivered");
        (arrived.count() == 3).then_some(())
    });
    eventually("the end", SOON, || {
        (view()["status"] == "completed").then_some(())
    });
    assert_eq!(view()["progress"]["delivered"], 0, "nobody told us");

    sweep(&stack, HOUR_MS + 60_000);
    eventually("the STOP", SOON, || {
        let refused = text(&stack, &person, "Hello again").send();
        (refused.status == 409).then_some(())
    });
    let refused = text(&stack, &person, "Hello again").send();
    assert_eq!(problem(refused, 409)["code"], "opted_out");
    eventually("the last statuses", SOON, || {
        (view()["progress"]["delivered"] == 3).then_some(())
    });
    let found = gaps(&stack)["days"][0]["found"].clone();
    assert_eq!(found["replayed"], 1, "{found}");
    assert!(found["settled"].as_u64() >= Some(3), "{found}");
    // Nothing is said to a person who wrote long ago.
    let replies = seen(&stack, "/twin/messages");
    let to_person = replies
        .iter()
        .filter(|message| message["to"] == person.as_str());
    assert_eq!(to_person.count(), 1, "the greeting alone");
}

#[test]
fn the_schedule_itself_walks_the_lists() {
    let stack = Stack::start(&Options::default().var("GAP_SECONDS", "1"));
    assert_eq!(gaps(&stack)["tracks"][0]["seen_until"], Value::Null);
    eventually("the schedule", SOON, || {
        let _ = stack.request("GET", "/cdn-cgi/handler/scheduled").send();
        gaps(&stack)["tracks"][0]["seen_until"]
            .is_string()
            .then_some(())
    });
}
