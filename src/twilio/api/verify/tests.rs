use serde_json::json;

use super::*;

fn service() -> Service {
    Service::new("https://verify.twilio.com", "VA1", "SK1", "secret")
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    HttpResponse {
        status,
        body: body.to_string(),
        ..HttpResponse::default()
    }
}

#[test]
fn a_start_is_a_form_with_twilios_names() {
    let request = create(
        &service(),
        &NewVerification {
            to: "+14155552671",
            channel: "call",
            locale: Some("pt-BR"),
            rate_limits: Some(r#"{"end_user_ip":"1.2.3.4"}"#),
            ..NewVerification::default()
        },
    );
    assert_eq!(
        request.url,
        "https://verify.twilio.com/v2/Services/VA1/Verifications"
    );
    assert_eq!(
        request.body,
        "To=%2B14155552671&Channel=call&Locale=pt-BR\
         &RateLimits=%7B%22end_user_ip%22%3A%221.2.3.4%22%7D"
    );
}

#[test]
fn a_check_names_the_verification_and_its_debug_shows_no_code() {
    let by_sid = check(&service(), Subject::Sid("VE1"), "123456");
    assert_eq!(by_sid.body, "VerificationSid=VE1&Code=123456");
    assert_eq!(
        check(&service(), Subject::To("+1"), "1234").body,
        "To=%2B1&Code=1234"
    );
    assert!(by_sid.url.ends_with("/Services/VA1/VerificationCheck"));
    assert!(!format!("{by_sid:?}").contains("123456"));
}

#[test]
fn reads_are_made_by_sid_or_address() {
    assert!(
        fetch(&service(), "+1415")
            .url
            .ends_with("/Verifications/%2B1415")
    );
    let attempts = attempts_of(&service(), "VE1");
    assert_eq!(
        attempts.url,
        "https://verify.twilio.com/v2/Attempts?VerificationSid=VE1&PageSize=20"
    );
}

#[test]
fn only_a_429_about_our_pace_may_be_repeated() {
    let sort = |code: u32| {
        let body = json!({"code": code, "message": "m", "status": 429});
        outcome(Ok(answer(429, &body)), VerificationResource::read)
    };
    for code in [60202, 60203, 60212] {
        assert!(
            matches!(sort(code), Outcome::Refused(e) if e.code == Some(code)),
            "{code}"
        );
    }
    assert_eq!(sort(20429), Outcome::Throttled { retry_after: None });
    let html = HttpResponse {
        status: 429,
        body: "<p>".to_owned(),
        ..HttpResponse::default()
    };
    assert!(matches!(
        outcome(Ok(html), VerificationResource::read),
        Outcome::Throttled { .. }
    ));
}

#[test]
fn a_verification_is_read_with_its_sends_oldest_first() {
    let body = json!({
        "sid": "VE1", "status": "pending", "date_created": "2026-11-24T09:30:00Z",
        "send_code_attempts": [
            {"time": "2026-11-24T09:31:00Z", "channel": "CALL", "attempt_sid": "VL2"},
            {"time": "2026-11-24T09:30:00Z", "channel": "SMS", "attempt_sid": "VL1"},
            {"time": null, "channel": null},
        ],
    });
    let read = VerificationResource::read(&body).unwrap();
    let channels: Vec<_> = read
        .sends
        .iter()
        .map(|send| send.channel.as_str())
        .collect();
    assert_eq!(channels, ["", "sms", "call"]);
    assert_eq!(read.created, Some(1_795_512_600_000));
    assert_eq!(VerificationResource::read(&json!({"sid": "VE1"})), None);
    assert_eq!(VerificationResource::read(&json!([])), None);
}

#[test]
fn a_fetch_that_says_nothing_is_no_evidence() {
    let none = VerificationResource::read_fetch(&answer(404, &json!({"code": 20404})));
    assert_eq!(none, Ok(None));
    assert!(VerificationResource::read_fetch(&answer(200, &json!({}))).is_err());
    assert!(VerificationResource::read_fetch(&answer(503, &json!("x"))).is_err());
}

#[test]
fn attempts_tell_delivery_country_and_price() {
    let body = json!({"attempts": [
        {"sid": "VL1", "verification_sid": "VE1", "date_created": "2026-11-24T09:30:00Z",
         "conversion_status": "CONVERTED", "channel": "sms",
         "price": {"value": "0.005", "currency": "usd"},
         "channel_data": {"message_status": "undelivered", "error_code": "30008",
                          "country": "CO"}},
        {"sid": "VL2", "channel": "call", "price": {}, "channel_data": {"call_status": "busy"}},
        "nonsense",
    ]});
    let list = AttemptResource::read_list(&answer(200, &body)).unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[0].delivery.as_deref(), Some("undelivered"));
    assert_eq!(
        (list[0].error_code, list[0].price),
        (Some(30008), Some(0.005))
    );
    assert!(list[0].converted && !list[1].converted);
    assert_eq!(
        (list[1].delivery.as_deref(), list[1].price),
        (Some("busy"), None)
    );
    assert_eq!(AttemptResource::read_list(&answer(500, &body)), None);
}
