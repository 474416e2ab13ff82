//! Fault scripts, delivery scripts, rates: Twilio having a bad day, on purpose.

mod common;

use common::{Stage, account_path, nothing, statuses};
use hookswitch_twin::Config;
use serde_json::{Value, json};
use std::time::Duration;

const TO: &str = "+15551234567";

async fn stage() -> Stage {
    Stage::new(|_| nothing()).await
}

#[tokio::test]
async fn a_429_burst_with_and_without_retry_after_does_nothing_and_ends() {
    let stage = stage().await;
    stage
        .post(
            "/twin/faults",
            json!([
                {"match": {"path": "/Messages.json", "method": "POST"}, "act": {"status": 429, "headers": {"Retry-After": "2"}}},
                {"match": {"path": "/Messages.json"}, "act": {"status": 429}}
            ]),
        )
        .await;
    for _ in 0..2 {
        let (status, error) = stage.send_sms(TO, "x").await;
        assert_eq!((status, error["code"].as_u64()), (429, Some(20429)));
    }
    assert_eq!(stage.send_sms(TO, "x").await.0, 201);
    assert_eq!(
        stage.get("/twin/messages").await.as_array().map(Vec::len),
        Some(1)
    );
    let requests = stage.get("/twin/requests?status=429").await;
    assert_eq!(requests.as_array().map(Vec::len), Some(2));
    assert_eq!(requests[0]["params"]["To"], TO);
    assert_eq!(requests[0]["fault"]["act"]["status"], 429);
}

#[tokio::test]
async fn a_connection_dropped_before_or_after_acceptance_looks_the_same_but_is_not() {
    let stage = stage().await;
    let form = common::encode(&[("To", TO), ("From", "+15550001111"), ("Body", "once")]);
    for (act, kept) in [
        (json!({"drop_before": true}), 0),
        (json!({"accept_then_drop": true}), 1),
    ] {
        stage.post("/twin/faults", json!({"act": act})).await;
        let auth = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDp0d2luLWF1dGgtdG9rZW4=";
        let headers = [
            ("authorization", auth),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = stage
            .raw("POST", &account_path("Messages.json"), &headers, &form)
            .await;
        assert_eq!(answer, None, "no answer at all");
        let messages = stage.get("/twin/messages").await;
        assert_eq!(messages.as_array().map(Vec::len), Some(kept), "{act}");
    }
}

#[tokio::test]
async fn a_hanging_answer_never_comes_though_the_message_was_taken() {
    let stage = stage().await;
    stage
        .post(
            "/twin/faults",
            json!([{"act": {"accept_then_hang": true}}, {"act": {"hang_before": true}}]),
        )
        .await;
    for _ in 0..2 {
        let waited =
            tokio::time::timeout(Duration::from_millis(200), stage.send_sms(TO, "x")).await;
        assert!(waited.is_err(), "an answer came");
    }
    assert_eq!(
        stage.get("/twin/messages").await.as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_gateway_error_may_hide_an_accepted_message() {
    let stage = stage().await;
    stage.post("/twin/faults", json!({"match": {"to": TO}, "act": {"status": 502, "body": "<html>Bad Gateway</html>", "accept": true}})).await;
    let (status, body) = stage.send_sms(TO, "x").await;
    assert_eq!((status, body), (502, Value::Null), "HTML is no JSON");
    assert_eq!(
        stage.get("/twin/messages").await.as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_misspelt_script_is_refused_by_name() {
    let stage = stage().await;
    for (path, body, word) in [
        ("/twin/faults", json!({"act": {"stauts": 500}}), "stauts"),
        (
            "/twin/outcomes",
            json!({"to": TO, "statuses": ["deliverd"]}),
            "deliverd",
        ),
        (
            "/twin/scripts",
            json!({"to": TO, "answer": "bussy"}),
            "bussy",
        ),
        ("/twin/config", json!({"wroker": "x"}), "wroker"),
    ] {
        let (status, text) = stage
            .raw("POST", path, &[], &body.to_string())
            .await
            .expect("an answer");
        assert_eq!(status, 400);
        assert!(text.contains(word), "{text}");
    }
}

#[tokio::test]
async fn a_number_can_fail_late_lose_and_repeat_its_callbacks() {
    let stage = stage().await;
    stage.freeze().await;
    stage
        .post(
            "/twin/outcomes",
            json!({"to": TO, "delay_ms": 100, "statuses": [
                {"status": "sending", "callback": false},
                {"status": "sent", "late_ms": 5000},
                {"status": "undelivered", "error_code": 30003, "repeat": 2}
            ], "times": 1}),
        )
        .await;
    let (_, message) = stage.send_sms(TO, "x").await;
    stage.advance(1000).await;
    let early = stage.app.at("/webhooks/sms/status");
    assert_eq!(statuses(&early), ["undelivered", "undelivered"]);
    assert_eq!(early[0].param("ErrorCode").as_deref(), Some("30003"));
    let token = |r: &common::Received| r.header("i-twilio-idempotency-token").map(str::to_owned);
    assert_eq!(
        token(&early[0]),
        token(&early[1]),
        "a repeat is the same request"
    );
    stage.advance(10_000).await;
    assert_eq!(
        statuses(&stage.app.at("/webhooks/sms/status")),
        ["undelivered", "undelivered", "sent"]
    );
    let sid = message["sid"].as_str().expect("a sid");
    let (_, now) = stage
        .rest("GET", &account_path(&format!("Messages/{sid}.json")), &[])
        .await;
    assert_eq!(
        (now["status"].as_str(), now["error_code"].as_u64()),
        (Some("undelivered"), Some(30003))
    );
    stage.send_sms(TO, "again").await;
    stage.advance(10_000).await;
    assert_eq!(
        statuses(&stage.app.at("/webhooks/sms/status"))
            .last()
            .map(String::as_str),
        Some("delivered")
    );
}

#[tokio::test]
async fn a_short_failure_is_written_with_its_code() {
    let stage = stage().await;
    stage.freeze().await;
    stage
        .post(
            "/twin/outcomes",
            json!({"to": TO, "statuses": ["sent", {"failed": 30008}]}),
        )
        .await;
    stage.send_sms(TO, "x").await;
    stage.post("/twin/clock", json!({"run_all": true})).await;
    let received = stage.app.at("/webhooks/sms/status");
    assert_eq!(statuses(&received), ["sent", "failed"]);
    assert_eq!(received[1].param("ErrorCode").as_deref(), Some("30008"));
}

#[tokio::test]
async fn a_carrier_filters_by_content() {
    let config = Config {
        filtered_words: vec!["bit.ly".to_owned()],
        ..Config::default()
    };
    let stage = Stage::with(config, |_| nothing()).await;
    stage.freeze().await;
    stage.send_sms(TO, "see bit.ly/x").await;
    stage.advance(1000).await;
    let last = stage
        .app
        .at("/webhooks/sms/status")
        .pop()
        .expect("a callback");
    assert_eq!(
        (
            last.param("MessageStatus").as_deref(),
            last.param("ErrorCode").as_deref()
        ),
        (Some("undelivered"), Some("30007"))
    );
}

#[tokio::test]
async fn a_sender_sends_segments_at_its_rate_and_its_queue_has_an_end() {
    let config = Config {
        rates: [("+15550001111".to_owned(), 1.0)].into(),
        queue_limit_s: 3,
        ..Config::default()
    };
    let stage = Stage::with(config, |_| nothing()).await;
    stage.freeze().await;
    for _ in 0..2 {
        // Two segments each: two seconds of the queue.
        assert_eq!(stage.send_sms(TO, &"a".repeat(161)).await.0, 201);
    }
    let (status, error) = stage.send_sms(TO, "one more").await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21611)));
    stage.advance(1000).await;
    let delivered = |received: &[common::Received]| {
        statuses(received)
            .iter()
            .filter(|s| *s == "delivered")
            .count()
    };
    assert_eq!(delivered(&stage.app.at("/webhooks/sms/status")), 1);
    stage.advance(2000).await;
    assert_eq!(delivered(&stage.app.at("/webhooks/sms/status")), 2);
    assert_eq!(stage.send_sms(TO, "now").await.0, 201);
}

#[tokio::test]
async fn a_refused_connection_is_tried_twice_and_a_500_once() {
    let stage = Stage::new(|_| common::Answer(500, "text/plain", String::new())).await;
    let gone = stage
        .post(
            "/twin/webhook",
            json!({"url": "http://127.0.0.1:1/x", "params": {"A": "1"}}),
        )
        .await;
    assert_eq!(gone["attempts"], 2);
    assert!(
        gone["error"]
            .as_str()
            .is_some_and(|e| e.starts_with("cannot connect"))
    );
    let failed = stage
        .post("/twin/webhook", json!({"url": "/x", "params": {"A": "1"}}))
        .await;
    assert_eq!(
        (failed["attempts"].as_u64(), failed["status"].as_u64()),
        (Some(1), Some(500))
    );
    let retried = stage
        .post(
            "/twin/webhook",
            json!({"url": format!("{}/y#rc=2&rp=5xx", stage.app.origin)}),
        )
        .await;
    assert_eq!(retried["attempts"], 3);
    assert_eq!(stage.app.at("/y").len(), 3);
}

#[tokio::test]
async fn three_hundred_messages_are_all_called_back() {
    let stage = stage().await;
    stage.freeze().await;
    for n in 0..300 {
        assert_eq!(stage.send_sms(&format!("+1555{n:07}"), "bulk").await.0, 201);
    }
    stage.advance(1000).await;
    assert_eq!(stage.app.at("/webhooks/sms/status").len(), 900);
}

#[tokio::test]
async fn a_json_webhook_carries_the_hash_of_its_body() {
    let stage = stage().await;
    let body = json!([{"id": "1"}]);
    let sent = stage
        .post("/twin/webhook", json!({"url": "/events?a=b", "json": body}))
        .await;
    let received = &stage.app.at("/events")[0];
    let url = hookswitch_twin::sign::with_body_hash(
        &format!("{}/events?a=b", stage.app.origin),
        received.body.as_bytes(),
    );
    assert_eq!(format!("{}{}", stage.app.origin, received.target), url);
    assert_eq!(
        sent["signature"],
        hookswitch_twin::sign::signature(common::TOKEN, &url, &[])
    );
    assert_eq!(received.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn scripts_of_the_configuration_are_there_again_after_a_reset() {
    let config = Config {
        faults: vec![json!({"act": {"status": 503}})],
        outcomes: vec![json!({"statuses": [{"failed": 30008}]})],
        ..Config::default()
    };
    let stage = Stage::with(config, |_| nothing()).await;
    for _ in 0..2 {
        assert_eq!(stage.send_sms(TO, "x").await.0, 503);
        assert_eq!(stage.send_sms(TO, "x").await.0, 201);
        stage
            .post(
                "/twin/wait",
                json!({"matching": {"params": {"ErrorCode": "30008"}}}),
            )
            .await;
        stage.post("/twin/reset", json!({})).await;
    }
    let wrong = Config {
        outcomes: vec![json!({"statuses": ["sentt"]})],
        ..Config::default()
    };
    assert!(hookswitch_twin::Twin::start(wrong).await.is_err());
}
