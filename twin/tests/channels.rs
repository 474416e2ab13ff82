//! WhatsApp, templates, Verify, services, numbers, tokens.

mod common;

use common::{Stage, account_path, nothing, statuses};
use serde_json::{Value, json};

const SENDER: &str = "whatsapp:+15550001111";
const PERSON: &str = "whatsapp:+447700900123";

async fn stage() -> Stage {
    let stage = Stage::new(|_| nothing()).await;
    stage.freeze().await;
    stage
}

async fn whatsapp(stage: &Stage, to: &str, extra: &[(&str, &str)]) -> (u16, Value) {
    let callback = format!("{}/webhooks/sms/status", stage.app.origin);
    let mut form = vec![
        ("To", to),
        ("From", SENDER),
        ("StatusCallback", callback.as_str()),
    ];
    form.extend_from_slice(extra);
    stage
        .rest("POST", &account_path("Messages.json"), &form)
        .await
}

fn last_code(stage: &Stage) -> (Option<String>, Option<String>) {
    let last = stage
        .app
        .at("/webhooks/sms/status")
        .pop()
        .expect("a callback");
    (last.param("MessageStatus"), last.param("ErrorCode"))
}

#[tokio::test]
async fn free_text_outside_the_window_is_taken_and_then_fails() {
    let stage = stage().await;
    assert_eq!(whatsapp(&stage, PERSON, &[("Body", "hi")]).await.0, 201);
    stage.advance(1000).await;
    assert_eq!(
        last_code(&stage),
        (Some("failed".to_owned()), Some("63016".to_owned()))
    );
    let inbound = stage
        .post(
            "/twin/messages",
            json!({"to": SENDER, "from": PERSON, "body": "hello"}),
        )
        .await;
    let params = &inbound["request"]["params"];
    assert_eq!(params["WaId"], "447700900123");
    assert_eq!(params["MessageType"], "text");
    let id = params["ExternalUserId"].as_str().expect("an id").to_owned();
    assert!(id.starts_with("whatsapp:GB."), "{id}");
    assert!(
        inbound["request"]["url"]
            .as_str()
            .is_some_and(|u| u.ends_with("/webhooks/whatsapp"))
    );
    whatsapp(&stage, PERSON, &[("Body", "hi")]).await;
    // The same person by the business-scoped id is in the same window.
    whatsapp(&stage, &id, &[("Body", "hi")]).await;
    stage.advance(1000).await;
    assert_eq!(last_code(&stage).0.as_deref(), Some("delivered"));
    stage.advance(86_400_000).await;
    whatsapp(&stage, PERSON, &[("Body", "too late")]).await;
    stage.advance(1000).await;
    assert_eq!(last_code(&stage).1.as_deref(), Some("63016"));
}

#[tokio::test]
async fn a_template_is_filled_and_goes_out_without_a_window() {
    let stage = stage().await;
    let made = stage.post("/twin/templates", json!({"types": {"twilio/text": {"body": "Hi {{1}}, see you {{2}}."}}, "variables": {"2": "soon"}})).await;
    let sid = made["sid"].as_str().expect("a sid").to_owned();
    let form = [
        ("ContentSid", sid.as_str()),
        ("ContentVariables", "{\"1\":\"Ann\"}"),
    ];
    let (status, message) = whatsapp(&stage, PERSON, &form).await;
    assert_eq!(
        (status, message["body"].as_str()),
        (201, Some("Hi Ann, see you soon."))
    );
    stage.advance(1000).await;
    assert_eq!(last_code(&stage).0.as_deref(), Some("delivered"));
    let (_, error) = whatsapp(
        &stage,
        PERSON,
        &[("ContentSid", &sid), ("ContentVariables", "{\"1\":1}")],
    )
    .await;
    assert_eq!(error["code"], 21656);
    for (approval, category, to, code) in [
        ("rejected", "UTILITY", PERSON, "63040"),
        ("paused", "UTILITY", PERSON, "63041"),
        ("approved", "MARKETING", "whatsapp:+15551234567", "63049"),
        ("approved", "AUTHENTICATION", "whatsapp:US.13abc", "63024"),
    ] {
        stage
            .post(
                "/twin/templates",
                json!({"sid": sid, "approval": approval, "category": category}),
            )
            .await;
        assert_eq!(whatsapp(&stage, to, &[("ContentSid", &sid)]).await.0, 201);
        stage.advance(1000).await;
        assert_eq!(
            last_code(&stage).1.as_deref(),
            Some(code),
            "{approval} {category}"
        );
    }
}

#[tokio::test]
async fn a_read_receipt_follows_and_typing_needs_an_inbound_message() {
    let stage = stage().await;
    stage
        .ask("PUT", "/twin/config", json!({"whatsapp_read": true}))
        .await;
    let inbound = stage
        .post(
            "/twin/messages",
            json!({"to": SENDER, "from": PERSON, "body": "hello"}),
        )
        .await;
    let sid = inbound["sid"].as_str().expect("a sid").to_owned();
    let typing = "/messaging/v2/Indicators/Typing.json";
    let (status, answer) = stage
        .rest(
            "POST",
            typing,
            &[("channel", "whatsapp"), ("messageId", &sid)],
        )
        .await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    let (status, _) = stage
        .rest(
            "POST",
            typing,
            &[("channel", "whatsapp"), ("messageId", "SM0")],
        )
        .await;
    assert_eq!(status, 404);
    assert_eq!(
        stage.get("/twin/typing").await[0]["message_sid"],
        json!(sid)
    );
    whatsapp(&stage, PERSON, &[("Body", "hi")]).await;
    stage.advance(1000).await;
    let received = stage.app.at("/webhooks/sms/status");
    assert_eq!(
        statuses(&received),
        ["sending", "sent", "delivered", "read"]
    );
    assert_eq!(received[3].param("EventType").as_deref(), Some("READ"));
}

fn verify_path(rest: &str) -> String {
    format!("/verify/v2/Services/VA{}/{rest}", "0".repeat(32))
}

async fn start(stage: &Stage, to: &str, channel: &str) -> (u16, Value) {
    stage
        .rest(
            "POST",
            &verify_path("Verifications"),
            &[("To", to), ("Channel", channel)],
        )
        .await
}

async fn check(stage: &Stage, to: &str, code: &str) -> (u16, Value) {
    stage
        .rest(
            "POST",
            &verify_path("VerificationCheck"),
            &[("To", to), ("Code", code)],
        )
        .await
}

#[tokio::test]
async fn a_code_is_approved_once_and_a_wrong_one_leaves_it_pending() {
    let stage = stage().await;
    let to = "+15551234567";
    let (status, made) = start(&stage, to, "sms").await;
    assert_eq!((status, made["status"].as_str()), (201, Some("pending")));
    let code = stage.get("/twin/verify/codes").await[0]["code"]
        .as_str()
        .expect("a code")
        .to_owned();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let (status, answer) = check(&stage, to, wrong).await;
    assert!((200..300).contains(&status));
    assert_eq!(
        (answer["status"].as_str(), answer["valid"].as_bool()),
        (Some("pending"), Some(false))
    );
    assert_eq!(check(&stage, to, &code).await.1["status"], "approved");
    let (status, gone) = check(&stage, to, &code).await;
    assert_eq!(
        (status, gone["code"].as_u64()),
        (404, Some(20404)),
        "used up"
    );
}

#[tokio::test]
async fn five_sends_five_checks_and_ten_minutes_are_the_limits() {
    let stage = stage().await;
    let to = "+15551234567";
    for n in 1..=5 {
        let (status, made) = start(&stage, to, if n == 5 { "call" } else { "sms" }).await;
        assert_eq!(status, 201);
        assert_eq!(made["send_code_attempts"].as_array().map(Vec::len), Some(n));
    }
    let (status, error) = start(&stage, to, "sms").await;
    assert_eq!((status, error["code"].as_u64()), (429, Some(60203)));
    for _ in 0..5 {
        assert_eq!(check(&stage, to, "wrong").await.1["status"], "pending");
    }
    let (status, error) = check(&stage, to, "wrong").await;
    assert_eq!((status, error["code"].as_u64()), (429, Some(60202)));
    stage.advance(600_000).await;
    assert_eq!(check(&stage, to, "wrong").await.1["code"], 20404, "expired");
    assert_eq!(start(&stage, to, "sms").await.0, 201, "and may start anew");
}

#[tokio::test]
async fn verify_refuses_for_the_reasons_twilio_has() {
    let stage = stage().await;
    stage
        .post(
            "/twin/verify",
            json!({"disabled": ["whatsapp"], "blocked": ["+62"], "forbidden": ["+98"]}),
        )
        .await;
    stage
        .ask(
            "PUT",
            "/twin/config",
            json!({"landlines": ["+15550009999"]}),
        )
        .await;
    for (to, channel, status, code) in [
        ("nobody", "sms", 400, 60200),
        ("+15551234567", "voice", 400, 60200),
        ("+15551234567", "whatsapp", 400, 60223),
        ("+62812345678", "sms", 403, 60410),
        ("+98912345678", "sms", 403, 60605),
        ("+15550009999", "sms", 403, 60205),
    ] {
        let (got, error) = start(&stage, to, channel).await;
        assert_eq!(
            (got, error["code"].as_u64()),
            (status, Some(code)),
            "{to} {channel}"
        );
    }
    assert_eq!(
        start(&stage, "+15550009999", "call").await.0,
        201,
        "a landline can be called"
    );
}

#[tokio::test]
async fn attempts_tell_what_became_of_the_sends_of_one_verification() {
    let stage = stage().await;
    stage
        .post(
            "/twin/verify",
            json!({"deliveries": {"sms": "undelivered"}}),
        )
        .await;
    let (_, first) = start(&stage, "+15551234567", "sms").await;
    start(&stage, "+15551234567", "call").await;
    start(&stage, "+15557654321", "sms").await;
    let sid = first["sid"].as_str().expect("a sid");
    let path = format!("/verify/v2/Attempts?VerificationSid={sid}");
    let (_, list) = stage.rest("GET", &path, &[]).await;
    let told: Vec<_> = list["attempts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|a| {
            (
                a["channel"].as_str(),
                a["channel_data"]["message_status"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(Some("call"), None), (Some("sms"), Some("undelivered"))]
    );
}

#[tokio::test]
async fn a_service_rate_limit_says_when_to_come_back() {
    let stage = stage().await;
    let (_, service) = stage
        .rest("POST", "/verify/v2/Services", &[("FriendlyName", "Acme")])
        .await;
    let base = format!(
        "/verify/v2/Services/{}",
        service["sid"].as_str().expect("a sid")
    );
    let (_, limit) = stage
        .rest(
            "POST",
            &format!("{base}/RateLimits"),
            &[("UniqueName", "ip")],
        )
        .await;
    let buckets = format!(
        "{base}/RateLimits/{}/Buckets",
        limit["sid"].as_str().expect("a sid")
    );
    assert_eq!(
        stage
            .rest("POST", &buckets, &[("Max", "1"), ("Interval", "60")])
            .await
            .0,
        201
    );
    let form = [
        ("To", "+15551234567"),
        ("Channel", "sms"),
        ("RateLimits", "{\"ip\":\"1.2.3.4\"}"),
    ];
    assert_eq!(
        stage
            .rest("POST", &format!("{base}/Verifications"), &form)
            .await
            .0,
        201
    );
    let (status, error) = stage
        .rest("POST", &format!("{base}/Verifications"), &form)
        .await;
    assert_eq!((status, error["code"].as_u64()), (429, Some(20429)));
    stage.advance(61_000).await;
    assert_eq!(
        stage
            .rest("POST", &format!("{base}/Verifications"), &form)
            .await
            .0,
        201
    );
}

#[tokio::test]
async fn a_promoted_token_signs_from_then_on() {
    let stage = stage().await;
    let inject = json!({"to": "+15550001111", "from": "+15551234567", "body": "x"});
    let before = stage.post("/twin/messages", inject.clone()).await;
    let (status, made) = stage
        .rest("POST", "/accounts/v1/AuthTokens/Secondary", &[])
        .await;
    assert_eq!(status, 201);
    let next = made["secondary_auth_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let sign_by = |token: &str, record: &Value| {
        let params: Vec<(String, String)> = record["request"]["params"]
            .as_object()
            .expect("an object")
            .iter()
            .map(|(n, v)| (n.clone(), v.as_str().expect("text").to_owned()))
            .collect();
        hookswitch_twin::sign::signature(
            token,
            record["request"]["url"].as_str().expect("a url"),
            &params,
        )
    };
    let between = stage.post("/twin/messages", inject.clone()).await;
    for record in [&before, &between] {
        assert_eq!(
            record["request"]["signature"],
            sign_by(common::TOKEN, record)
        );
    }
    assert_eq!(
        stage
            .rest("POST", "/accounts/v1/AuthTokens/Promote", &[])
            .await
            .0,
        200
    );
    let after = stage.post("/twin/messages", inject).await;
    assert_eq!(after["request"]["signature"], sign_by(&next, &after));
    assert_eq!(
        stage
            .rest("GET", &account_path("Messages.json"), &[])
            .await
            .0,
        401,
        "the old token is out"
    );
}

#[tokio::test]
async fn a_service_sends_from_its_pool_and_receives_at_its_url() {
    let stage = stage().await;
    let inbound = format!("{}/service", stage.app.origin);
    let (status, service) = stage
        .rest(
            "POST",
            "/messaging/v1/Services",
            &[("FriendlyName", "Acme"), ("InboundRequestUrl", &inbound)],
        )
        .await;
    assert_eq!(status, 201);
    let sid = service["sid"].as_str().expect("a sid").to_owned();
    let form = [
        ("To", "+15551234567"),
        ("MessagingServiceSid", sid.as_str()),
        ("Body", "x"),
    ];
    let (_, empty) = stage
        .rest("POST", &account_path("Messages.json"), &form)
        .await;
    assert_eq!(empty["code"], 21703);
    let (_, number) = stage
        .rest(
            "POST",
            &account_path("IncomingPhoneNumbers.json"),
            &[("PhoneNumber", "+15550002222")],
        )
        .await;
    let pool = format!("/messaging/v1/Services/{sid}/PhoneNumbers");
    assert_eq!(
        stage
            .rest(
                "POST",
                &pool,
                &[("PhoneNumberSid", number["sid"].as_str().expect("a sid"))]
            )
            .await
            .0,
        201
    );
    let (_, message) = stage
        .rest("POST", &account_path("Messages.json"), &form)
        .await;
    assert_eq!(
        (message["from"].as_str(), message["status"].as_str()),
        (Some("+15550002222"), Some("accepted"))
    );
    let answer = stage
        .post(
            "/twin/messages",
            json!({"to": "+15550002222", "from": "+15551234567", "body": "x"}),
        )
        .await;
    assert_eq!(answer["request"]["url"], json!(inbound));
    assert_eq!(
        answer["request"]["params"]["MessagingServiceSid"],
        json!(sid)
    );
}

#[tokio::test]
async fn content_lookup_and_tasks_answer_in_twilios_shape() {
    let stage = stage().await;
    let auth = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDp0d2luLWF1dGgtdG9rZW4=";
    let headers = [
        ("authorization", auth),
        ("content-type", "application/json"),
    ];
    let body =
        json!({"friendly_name": "hi", "language": "en", "types": {"twilio/text": {"body": "x"}}})
            .to_string();
    let (status, made) = stage
        .raw("POST", "/content/v1/Content", &headers, &body)
        .await
        .expect("an answer");
    assert_eq!(status, 201);
    let made: Value = serde_json::from_str(&made).expect("json");
    let approve = made["links"]["approval_create"].as_str().expect("a link");
    let path = approve
        .strip_prefix(&stage.twin.origin())
        .expect("the twin's own");
    let (status, _) = stage
        .raw(
            "POST",
            path,
            &headers,
            "{\"name\":\"hi\",\"category\":\"UTILITY\"}",
        )
        .await
        .expect("an answer");
    assert_eq!(status, 201);
    let (_, list) = stage
        .rest("GET", "/content/v1/ContentAndApprovals", &[])
        .await;
    assert_eq!(
        list["contents"][0]["approval_requests"]["status"],
        "approved"
    );
    let (_, lookup) = stage
        .rest(
            "GET",
            "/lookups/v2/PhoneNumbers/%2B447700900123?Fields=line_type_intelligence",
            &[],
        )
        .await;
    assert_eq!(
        (
            lookup["country_code"].as_str(),
            lookup["line_type_intelligence"]["type"].as_str()
        ),
        (Some("GB"), Some("mobile"))
    );
    let tasks = format!("/taskrouter/v1/Workspaces/WS{}/Tasks", "0".repeat(32));
    let (status, task) = stage
        .rest(
            "POST",
            &tasks,
            &[("Attributes", "{\"skill\":\"it\"}"), ("WorkflowSid", "WW1")],
        )
        .await;
    assert_eq!(
        (status, task["attributes"].as_str()),
        (201, Some("{\"skill\":\"it\"}"))
    );
}
