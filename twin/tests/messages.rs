//! Messages: the REST resource, the way of a message, inbound webhooks and their replies.

mod common;

use common::{ACCOUNT, Answer, Stage, TOKEN, account_path, nothing, statuses, twiml};
use hookswitch_twin::{Config, sign};
use serde_json::json;

fn quiet(_: &common::Received) -> Answer {
    nothing()
}

#[tokio::test]
async fn a_message_is_queued_and_its_way_is_called_back_without_the_first_status() {
    let stage = Stage::new(quiet).await;
    stage.freeze().await;
    let (status, message) = stage.send_sms("+15551234567", "Hello").await;
    assert_eq!(status, 201, "{message}");
    assert_eq!(message["status"], "queued");
    assert_eq!(message["num_segments"], "1");
    assert_eq!(message["direction"], "outbound-api");
    assert_eq!(message["date_sent"], json!(null));
    assert!(
        stage.app.at("/webhooks/sms/status").is_empty(),
        "a frozen clock does nothing"
    );
    stage.advance(1000).await;
    let received = stage.app.at("/webhooks/sms/status");
    assert_eq!(statuses(&received), ["sending", "sent", "delivered"]);
    let last = &received[2];
    assert_eq!(last.param("MessageSid").as_deref(), message["sid"].as_str());
    assert!(last.param("RawDlrDoneDate").is_some_and(|d| d.len() == 10));
    let sid = message["sid"].as_str().expect("a sid");
    let (_, now) = stage
        .rest("GET", &account_path(&format!("Messages/{sid}.json")), &[])
        .await;
    assert_eq!(now["status"], "delivered");
}

#[tokio::test]
async fn every_request_is_signed_over_its_url_and_parameters() {
    let stage = Stage::new(quiet).await;
    stage.post("/twin/messages", json!({"to": "+15550001111", "from": "+15551234567", "body": "50% & more é", "params": {"New": ""}})).await;
    let request = &stage.app.at("/webhooks/sms/incoming")[0];
    let url = format!("{}/webhooks/sms/incoming", stage.app.origin);
    let expected = sign::signature(TOKEN, &url, &request.params());
    assert_eq!(
        request.header("x-twilio-signature"),
        Some(expected.as_str())
    );
    assert_eq!(request.header("user-agent"), Some("TwilioProxy/1.1"));
    assert!(
        request
            .header("i-twilio-idempotency-token")
            .is_some_and(|t| t.len() == 36)
    );
    assert!(
        request
            .header("content-type")
            .is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"))
    );
    assert_eq!(request.param("Body").as_deref(), Some("50% & more é"));
    assert_eq!(request.param("New").as_deref(), Some(""));
}

#[tokio::test]
async fn wrong_credentials_are_refused_with_20003() {
    let stage = Stage::new(quiet).await;
    let (status, body) = stage
        .raw(
            "POST",
            &account_path("Messages.json"),
            &[("authorization", "Basic QUM6eA==")],
            "To=x",
        )
        .await
        .expect("an answer");
    assert_eq!(status, 401);
    assert!(body.contains("\"code\":20003"), "{body}");
}

#[tokio::test]
async fn bad_parameters_get_twilios_own_codes() {
    let stage = Stage::new(quiet).await;
    let long = "x".repeat(1601);
    let to = ("To", "+15551234567");
    let from = ("From", "+15550001111");
    let body = ("Body", "hi");
    let cases: [(&[(&str, &str)], u64); 13] = [
        (&[from, body], 21604),
        (&[to, body], 21603),
        (&[to, from], 21602),
        (&[to, from, ("Body", &long)], 21617),
        (&[("To", "nobody"), from, body], 21211),
        (&[to, ("From", "AcmeCorporation"), body], 21212),
        (
            &[to, from, body, ("StatusCallback", "http://my_host/x")],
            21609,
        ),
        (&[to, from, body, ("ValidityPeriod", "36001")], 90007),
        (&[("To", "+15005550009"), from, body], 21614),
        (&[("To", "+15005550004"), from, body], 21610),
        (&[to, from, ("MediaUrl", "nonsense")], 21620),
        (&[to, from, ("ContentSid", "HX1")], 21655),
        (
            &[
                to,
                from,
                body,
                ("SendAt", "2030-01-01T00:00:00Z"),
                ("ScheduleType", "fixed"),
            ],
            35118,
        ),
    ];
    for (form, code) in cases {
        let (status, error) = stage
            .rest("POST", &account_path("Messages.json"), form)
            .await;
        assert_eq!(
            (status, error["code"].as_u64()),
            (400, Some(code)),
            "{form:?}: {error}"
        );
        assert_eq!(error["status"], 400);
        assert!(
            error["more_info"]
                .as_str()
                .is_some_and(|u| u.ends_with(&code.to_string()))
        );
    }
}

#[tokio::test]
async fn the_list_filters_by_recipient_sender_and_time_and_pages() {
    let stage = Stage::new(quiet).await;
    stage.freeze().await;
    for n in 0..5 {
        stage.send_sms("+15551234567", &format!("n{n}")).await;
    }
    stage.send_sms("+15557654321", "other").await;
    stage.advance(2 * 86_400_000).await;
    stage.send_sms("+15551234567", "late").await;
    let list = |query: &str| account_path(&format!("Messages.json?{query}"));
    let (_, page) = stage
        .rest("GET", &list("To=%2B15551234567&PageSize=4"), &[])
        .await;
    assert_eq!(page["messages"].as_array().map(Vec::len), Some(4));
    assert_eq!(page["messages"][0]["body"], "late", "the newest first");
    let next = page["next_page_uri"]
        .as_str()
        .expect("a next page")
        .to_owned();
    let (_, rest) = stage.rest("GET", &format!("/api{next}"), &[]).await;
    assert_eq!(rest["messages"].as_array().map(Vec::len), Some(2));
    assert_eq!(rest["next_page_uri"], json!(null));
    let day = stage.get("/twin/clock").await["now"].as_str().expect("now")[..10].to_owned();
    let (_, today) = stage
        .rest("GET", &list(&format!("DateSent%3E={day}")), &[])
        .await;
    assert_eq!(today["messages"].as_array().map(Vec::len), Some(1));
    let (_, none) = stage.rest("GET", &list("From=%2B15559999999"), &[]).await;
    assert_eq!(none["messages"], json!([]));
}

#[tokio::test]
async fn a_scheduled_message_waits_and_can_be_canceled() {
    let stage = Stage::new(quiet).await;
    stage.freeze().await;
    let now = stage.get("/twin/clock").await["now_ms"]
        .as_i64()
        .expect("now");
    stage
        .post(
            "/twin/clock",
            json!({"at": now - now % 86_400_000 + 86_400_000}),
        )
        .await;
    let day = stage.get("/twin/clock").await["now"].as_str().expect("now")[..10].to_owned();
    let service = format!("MG{}", "1".repeat(32));
    let at = format!("{day}T01:00:00Z");
    let form = [
        ("To", "+15551234567"),
        ("MessagingServiceSid", service.as_str()),
        ("Body", "later"),
        ("SendAt", at.as_str()),
        ("ScheduleType", "fixed"),
    ];
    let (status, one) = stage
        .rest("POST", &account_path("Messages.json"), &form)
        .await;
    assert_eq!(
        (status, one["status"].as_str()),
        (201, Some("scheduled")),
        "{one}"
    );
    let (_, two) = stage
        .rest("POST", &account_path("Messages.json"), &form)
        .await;
    let path = |m: &serde_json::Value| {
        account_path(&format!(
            "Messages/{}.json",
            m["sid"].as_str().expect("a sid")
        ))
    };
    let (status, canceled) = stage
        .rest("POST", &path(&two), &[("Status", "canceled")])
        .await;
    assert_eq!(
        (status, canceled["status"].as_str()),
        (200, Some("canceled"))
    );
    stage.advance(59 * 60_000).await;
    assert_eq!(
        stage.rest("GET", &path(&one), &[]).await.1["status"],
        "scheduled"
    );
    stage.advance(2 * 60_000).await;
    assert_eq!(
        stage.rest("GET", &path(&one), &[]).await.1["status"],
        "delivered"
    );
    assert_eq!(
        stage.rest("GET", &path(&two), &[]).await.1["status"],
        "canceled"
    );
    let (status, late) = stage
        .rest("POST", &path(&one), &[("Status", "canceled")])
        .await;
    assert_eq!((status, late["code"].as_u64()), (400, Some(30409)));
    let (_, redacted) = stage.rest("POST", &path(&one), &[("Body", "")]).await;
    assert_eq!(redacted["body"], "");
    assert_eq!(stage.rest("DELETE", &path(&one), &[]).await.0, 204);
    assert_eq!(stage.rest("GET", &path(&one), &[]).await.1["code"], 20404);
}

#[tokio::test]
async fn replies_in_twiml_are_sent_and_the_eleventh_is_not() {
    let stage = Stage::new(|r| match r.path() {
        "/webhooks/sms/incoming" => twiml("<Message><Body>Hi &amp; bye</Body><Media>/cat.png</Media></Message><Message to=\"+15557777777\">you</Message>"),
        _ => twiml(&"<Message>x</Message>".repeat(11)),
    })
    .await;
    let answer = stage
        .post("/twin/messages", json!({"to": "+15550001111", "from": "+15551234567", "body": "hello", "media": ["http://x.test/a.jpg"]}))
        .await;
    assert_eq!(answer["replies"][0]["body"], "Hi & bye");
    assert_eq!(
        answer["replies"][0]["media"][0],
        format!("{}/cat.png", stage.app.origin)
    );
    assert_eq!(answer["replies"][0]["to"], "+15551234567");
    assert_eq!(answer["replies"][1]["to"], "+15557777777");
    assert_eq!(answer["request"]["params"]["NumMedia"], "1");
    assert_eq!(
        answer["request"]["params"]["MediaUrl0"],
        "http://x.test/a.jpg"
    );
    let sid = answer["replies"][0]["sid"].as_str().expect("a sid");
    assert_eq!(
        stage.get(&format!("/twin/messages/{sid}")).await["direction"],
        "outbound-reply"
    );
    let many = stage
        .post("/twin/messages", json!({"to": "+15550001111", "from": "+15551234567", "url": format!("{}/many", stage.app.origin)}))
        .await;
    assert_eq!(many["replies"].as_array().map(Vec::len), Some(11));
    assert_eq!(many["replies"][10]["error"], 14109);
    assert_eq!(
        stage
            .get("/twin/alerts?code=14109")
            .await
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn stop_blocks_the_pair_before_the_webhook_and_start_frees_it() {
    let config = Config {
        opt_out_handling: true,
        ..Config::default()
    };
    let stage = Stage::with(config, |_| twiml("<Message>noted</Message>")).await;
    let stop = stage
        .post(
            "/twin/messages",
            json!({"to": "+15550001111", "from": "+15551234567", "body": " Stop "}),
        )
        .await;
    assert_eq!(
        stop["replies"][0]["error"], 21610,
        "a reply to STOP is refused: {stop}"
    );
    let (status, error) = stage.send_sms("+15551234567", "again").await;
    assert_eq!((status, error["code"].as_u64()), (400, Some(21610)));
    assert_eq!(stage.send_sms("+15557654321", "others").await.0, 201);
    stage
        .post(
            "/twin/messages",
            json!({"to": "+15550001111", "from": "+15551234567", "body": "START"}),
        )
        .await;
    assert_eq!(stage.send_sms("+15551234567", "again").await.0, 201);
}

#[tokio::test]
async fn an_answer_that_is_no_twiml_is_an_alert_and_the_fallback_is_asked() {
    let stage = Stage::new(|r| match r.path() {
        "/fallback" => twiml("<Message>sorry</Message>"),
        _ => Answer(500, "text/plain", "boom".to_owned()),
    })
    .await;
    let line = json!({"lines": {"+15550001111": {"fallback_url": format!("{}/fallback", stage.app.origin)}}});
    stage.ask("PUT", "/twin/config", line).await;
    let answer = stage
        .post(
            "/twin/messages",
            json!({"to": "+15550001111", "from": "+15551234567", "body": "x"}),
        )
        .await;
    assert_eq!(answer["errors"][0]["code"], 11200);
    assert_eq!(answer["replies"][0]["body"], "sorry");
    let fallback = &stage.app.at("/fallback")[0];
    assert_eq!(fallback.param("ErrorCode").as_deref(), Some("11200"));
    assert!(
        fallback
            .param("ErrorUrl")
            .is_some_and(|u| u.ends_with("/webhooks/sms/incoming"))
    );
}

#[tokio::test]
async fn a_replay_has_the_same_token_and_a_forgery_another_signature() {
    let stage = Stage::new(quiet).await;
    let first = stage
        .post(
            "/twin/messages",
            json!({"to": "+15550001111", "from": "+15551234567", "body": "x"}),
        )
        .await;
    let index = first["request"]["index"].clone();
    let again = stage
        .post("/twin/replay", json!({"callback_index": index}))
        .await;
    assert_eq!(
        again["idempotency_token"],
        first["request"]["idempotency_token"]
    );
    assert_eq!(again["signature"], first["request"]["signature"]);
    let forged = stage
        .post(
            "/twin/replay",
            json!({"callback_index": index, "sign": "wrong"}),
        )
        .await;
    assert_ne!(forged["signature"], first["request"]["signature"]);
    let bare = stage
        .post(
            "/twin/replay",
            json!({"callback_index": index, "sign": "none"}),
        )
        .await;
    assert_eq!(bare["signature"], json!(null));
    assert_eq!(stage.app.at("/webhooks/sms/incoming").len(), 4);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_names() {
    let one = Stage::with(
        Config {
            seed: 9,
            ..Config::default()
        },
        quiet,
    )
    .await;
    let two = Stage::with(
        Config {
            seed: 9,
            ..Config::default()
        },
        quiet,
    )
    .await;
    one.freeze().await;
    two.freeze().await;
    let sid = |answer: (u16, serde_json::Value)| answer.1["sid"].clone();
    assert_eq!(
        sid(one.send_sms("+15551234567", "a").await),
        sid(two.send_sms("+15551234567", "b").await)
    );
    assert!(
        one.rest(
            "GET",
            &format!("/api/2010-04-01/Accounts/{ACCOUNT}.json"),
            &[]
        )
        .await
        .1["sid"]
            == ACCOUNT
    );
}
