use serde_json::{Value as Json, json};

use crate::gateway::http::Response;
use crate::gateway::testing::{TestRequest, TestWorld};
use crate::time::{MINUTE, SECOND};

const NUMBER: &str = "+14155552671";

/// A deployment with a Verify service.
fn deployment(more: &[(&str, &str)]) -> TestWorld {
    let mut settings = vec![("TWILIO_VERIFY_SID", "VA00000000000000000000000000000001")];
    settings.extend_from_slice(more);
    TestWorld::with(&settings)
}

fn takes(town: &TestWorld) {
    town.twilio_answers(201, r#"{"sid":"VE1","status":"pending"}"#);
}

fn judges(town: &TestWorld, status: &str) {
    let body = json!({"sid": "VE1", "status": status});
    town.twilio_answers(201, &body.to_string());
}

fn send(town: &TestWorld, body: &Json) -> Response {
    town.api("POST", "/v1/verify/send", Some(body))
}

fn check(town: &TestWorld, code: &str) -> Response {
    let body = json!({"to": NUMBER, "code": code});
    town.api("POST", "/v1/verify/check", Some(&body))
}

fn verbs(town: &TestWorld) -> Vec<&'static str> {
    town.asked.borrow().iter().map(|asked| asked.verb).collect()
}

fn body(response: &Response) -> Json {
    serde_json::from_str(&response.body).unwrap()
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    let found = response.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn a_send_is_answered_with_what_a_page_shows() {
    let town = deployment(&[]);
    takes(&town);
    let response = send(
        &town,
        &json!({"to": NUMBER, "locale": "de-AT", "client_ip": "203.0.113.9"}),
    );
    assert_eq!(response.status, 202);
    let body = body(&response);
    assert_eq!(
        (
            &body["status"],
            &body["channel"],
            &body["attempts_left"],
            &body["same_code"]
        ),
        (&json!("pending"), &json!("sms"), &json!(2), &json!(false))
    );
    assert_eq!(
        body["message"],
        "We are sending a code by text message to the number ending in 2671."
    );
    assert_eq!(body["expires_in_seconds"], 600);
    let sent = town.twilio_requests();
    assert!(sent[0].body.contains("Locale=de") && sent[0].body.contains("DeviceIp=203.0.113.9"));
}

#[test]
fn the_ordinary_path_is_the_guard_and_the_contact_and_without_the_guard_the_contact_alone() {
    let town = deployment(&[]);
    takes(&town);
    send(&town, &json!({"to": NUMBER}));
    judges(&town, "approved");
    let _ = check(&town, "123456");
    assert_eq!(verbs(&town), ["admit", "start-verification", "check-code"]);

    let town = deployment(&[
        ("VERIFY_GUARD", "off"),
        ("VERIFY_LIMIT_ACCOUNT", "off"),
        ("VERIFY_LIMIT_PREFIX", "off"),
    ]);
    takes(&town);
    assert_eq!(send(&town, &json!({"to": NUMBER})).status, 202);
    assert_eq!(verbs(&town), ["start-verification"]);
}

#[test]
fn over_the_limit_the_answer_says_when_and_what_else() {
    let town = deployment(&[]);
    for _ in 0..3 {
        takes(&town);
        let sent = send(
            &town,
            &json!({"to": NUMBER, "channel": "sms", "fallback": []}),
        );
        assert_eq!(sent.status, 202);
    }
    town.advance(MINUTE);
    let response = send(&town, &json!({"to": NUMBER}));
    assert_eq!(response.status, 429);
    assert_eq!(header(&response, "Retry-After"), Some("540"));
    let body = body(&response);
    assert_eq!(body["code"], "verify_limited");
    assert_eq!(
        (&body["retry_after_seconds"], &body["attempts_left"]),
        (&json!(540), &json!(0))
    );
    assert_eq!(body["alternatives"], json!(["call", "email"]));
    assert!(body["expires_at"].is_string());
    assert_eq!(
        body["message"],
        "You have asked for several codes already. Ask again in 9 minutes, or have us call you."
    );
    // Three were refused by the person's limit alone: the prefix was given its start back.
    takes(&town);
    let call = send(&town, &json!({"to": NUMBER, "channel": "call"}));
    assert_eq!(call.status, 202);
}

#[test]
fn the_clients_limit_is_told_apart_and_counts_nothing_that_twilio_refused_for_us() {
    let town = deployment(&[("VERIFY_LIMIT_IP", "2/600")]);
    let to = |n: u32| json!({"to": format!("+1415555{n:04}"), "client_ip": "203.0.113.9"});
    for n in 0..10 {
        town.twilio_answers(401, r#"{"code":20003,"message":"m","status":401}"#);
        let response = send(&town, &to(n));
        assert_eq!(
            (response.status, &body(&response)["code"]),
            (502, &json!("twilio_configuration"))
        );
    }
    for n in 0..2 {
        takes(&town);
        assert_eq!(send(&town, &to(n)).status, 202);
    }
    let response = send(&town, &to(3));
    assert_eq!(
        (response.status, &body(&response)["limit"]),
        (429, &json!("ip"))
    );
}

#[test]
fn a_country_that_is_not_listed_is_refused_before_anything_is_asked() {
    let town = deployment(&[("VERIFY_COUNTRIES", "US,CA")]);
    let response = send(&town, &json!({"to": "+18765552671"}));
    assert_eq!(
        (response.status, &body(&response)["code"]),
        (403, &json!("country_refused"))
    );
    assert!(town.asked.borrow().is_empty() && town.twilio_requests().is_empty());
    let town = deployment(&[("VERIFY_COUNTRIES", "US"), ("VERIFY_GUARD", "dry-run")]);
    takes(&town);
    assert_eq!(send(&town, &json!({"to": "+18765552671"})).status, 202);
    let log = town.log.borrow();
    assert!(
        log.iter()
            .any(|r| r.event == "verify.country_refused" && r.fields["dry_run"] == true)
    );
}

#[test]
fn fields_are_typed_per_channel() {
    let town = deployment(&[]);
    for (wrong, pointer) in [
        (json!({}), "/to"),
        (json!({"to": "4155552671"}), "/to"),
        (json!({"to": "whatsapp:US.13491208655"}), "/to"),
        (json!({"to": NUMBER, "channel": "voice"}), "/channel"),
        (json!({"to": NUMBER, "channel": "email"}), "/channel"),
        (json!({"to": "a@b.example", "channel": "sms"}), "/channel"),
        (json!({"to": NUMBER, "locale": "xx"}), "/locale"),
        (json!({"to": NUMBER, "fallback": ["voice"]}), "/fallback"),
        (
            json!({"to": NUMBER, "client_ip": "localhost"}),
            "/client_ip",
        ),
        (json!({"to": NUMBER, "code": "1"}), "/code"),
    ] {
        let response = send(&town, &wrong);
        assert_eq!(
            (response.status, &body(&response)["errors"][0]["pointer"]),
            (400, &json!(pointer)),
            "{wrong}"
        );
    }
    assert!(town.asked.borrow().is_empty());
}

#[test]
fn checks_tell_right_wrong_used_and_unjudged_apart() {
    let town = deployment(&[]);
    takes(&town);
    send(&town, &json!({"to": NUMBER}));
    judges(&town, "pending");
    let wrong = body(&check(&town, "111111"));
    assert_eq!(
        (&wrong["status"], &wrong["valid"], &wrong["attempts_left"]),
        (&json!("pending"), &json!(false), &json!(4))
    );
    town.twilio_answers(500, "");
    let unjudged = check(&town, "222222");
    assert_eq!(
        (unjudged.status, &body(&unjudged)["code"]),
        (503, &json!("not_judged"))
    );
    assert!(!unjudged.body.contains("222222"));
    judges(&town, "approved");
    let right = body(&check(&town, "333333"));
    assert_eq!(
        (&right["status"], &right["valid"]),
        (&json!("approved"), &json!(true))
    );
    town.twilio_answers(404, r#"{"code":20404,"message":"m","status":404}"#);
    let used = check(&town, "333333");
    assert_eq!((used.status, &body(&used)["status"]), (200, &json!("used")));
    assert_eq!(check(&town, "12").status, 400);
}

#[test]
fn stats_show_the_funnel_and_say_when_twilio_does_not() {
    let town = deployment(&[]);
    takes(&town);
    send(&town, &json!({"to": NUMBER}));
    judges(&town, "approved");
    let _ = check(&town, "123456");
    let stats = |query: &str| town.api("GET", &format!("/v1/verify/stats{query}"), None);
    let without = body(&stats(""));
    assert_eq!(
        (&without["started"], &without["approved"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(without["funnel"][0]["delivered"], Json::Null);
    assert_eq!(without["attempts"]["available"], false);
    let attempts = json!({"attempts": [{
        "sid": "VL1", "channel": "sms", "price": {"value": "0.05", "currency": "usd"},
        "channel_data": {"message_status": "delivered", "country": "US"},
    }]});
    town.twilio_answers(200, &attempts.to_string());
    let with = body(&stats("?hours=48"));
    assert_eq!(with["funnel"][0]["delivered"], 1);
    assert_eq!(with["funnel"][0]["cost"]["amount"], 0.05);
    assert_eq!(stats("?hours=0").status, 400);
}

fn page_town(more: &[(&str, &str)]) -> TestWorld {
    let mut settings = vec![
        ("VERIFY_ORIGINS", "https://shop.example"),
        ("TURNSTILE_SECRET", "turnstile"),
    ];
    settings.extend_from_slice(more);
    deployment(&settings)
}

fn from_page(path: &str, origin: &str, body: &Json) -> TestRequest {
    TestRequest::new("POST", path)
        .header("origin", origin)
        .header("cf-connecting-ip", "203.0.113.9")
        .body("application/json", body.to_string().as_bytes())
}

#[test]
fn a_page_needs_an_origin_that_is_configured_and_a_person() {
    let town = page_town(&[]);
    let shop = "https://shop.example";
    let ask = json!({"to": NUMBER, "turnstile_token": "good", "locale": "tlh"});
    let stranger = town.send(&from_page("/verify/send", "https://evil.example", &ask));
    assert_eq!(
        (
            stranger.status,
            header(&stranger, "Access-Control-Allow-Origin")
        ),
        (403, None)
    );
    let no_token = town.send(&from_page("/verify/send", shop, &json!({"to": NUMBER})));
    assert_eq!(
        (no_token.status, &body(&no_token)["code"]),
        (403, &json!("turnstile_failed"))
    );
    assert!(town.twilio_requests().is_empty());
    town.twilio_answers(
        200,
        r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#,
    );
    assert_eq!(
        town.send(&from_page("/verify/send", shop, &ask)).status,
        403
    );
    assert_eq!(
        town.send(&from_page("/verify/send", shop, &ask)).status,
        503
    );
    assert!(town.asked.borrow().is_empty());

    town.twilio_answers(200, r#"{"success":true}"#);
    takes(&town);
    let sent = town.send(&from_page("/verify/send", shop, &ask));
    assert_eq!(sent.status, 202, "{}", sent.body);
    assert_eq!(header(&sent, "Access-Control-Allow-Origin"), Some(shop));
    assert_eq!(header(&sent, "Vary"), Some("Origin"));
    town.twilio_answers(200, r#"{"success":true}"#);
    judges(&town, "approved");
    let code = json!({"to": NUMBER, "code": "123456", "turnstile_token": "good2"});
    let checked = town.send(&from_page("/verify/check", shop, &code));
    assert_eq!(body(&checked)["valid"], true);
    let requests = town.twilio_requests();
    let asked: Vec<_> = requests
        .iter()
        .filter(|r| r.url.contains("siteverify"))
        .collect();
    assert_eq!(asked.len(), 4);
    assert_eq!(
        asked[0].body,
        "secret=turnstile&response=good&remoteip=203.0.113.9"
    );
}

#[test]
fn a_page_may_not_name_its_client() {
    let town = page_town(&[]);
    let ask = json!({"to": NUMBER, "turnstile_token": "good", "client_ip": "198.51.100.1"});
    let response = town.send(&from_page("/verify/send", "https://shop.example", &ask));
    assert_eq!(
        (response.status, &body(&response)["errors"][0]["pointer"]),
        (400, &json!("/client_ip"))
    );
}

#[test]
fn a_preflight_is_answered_for_a_configured_origin_only() {
    let town = page_town(&[]);
    let ask = |origin| TestRequest::new("OPTIONS", "/verify/send").header("origin", origin);
    let good = town.send(&ask("https://shop.example"));
    assert_eq!(good.status, 204);
    assert_eq!(header(&good, "Access-Control-Allow-Methods"), Some("POST"));
    assert_eq!(
        header(&good, "Access-Control-Allow-Headers"),
        Some("Content-Type")
    );
    assert_eq!(
        town.send(&ask("https://shop.example.evil.example")).status,
        403
    );
}

#[test]
fn a_problem_can_be_read_by_the_page() {
    let town = page_town(&[]);
    let response = town.send(&from_page(
        "/verify/send",
        "https://shop.example",
        &json!({}),
    ));
    assert_eq!(response.status, 400);
    assert_eq!(
        header(&response, "Access-Control-Allow-Origin"),
        Some("https://shop.example")
    );
}

#[test]
fn without_configuration_there_is_no_page_and_without_a_secret_nobody_is_let_in() {
    let none = deployment(&[]);
    for path in ["/verify/send", "/verify/check"] {
        let ask = from_page(path, "https://shop.example", &json!({}));
        assert_eq!(none.send(&ask).status, 404);
    }
    assert_eq!(none.send(&TestRequest::new("GET", "/verify")).status, 404);
    let open = deployment(&[("VERIFY_ORIGINS", "https://shop.example")]);
    let ask = json!({"to": NUMBER, "turnstile_token": "x"});
    let response = open.send(&from_page("/verify/send", "https://shop.example", &ask));
    assert_eq!((response.status, open.twilio_requests().len()), (500, 0));
}

#[test]
fn the_page_that_is_served_may_ask_its_own_gateway() {
    let town = deployment(&[
        ("VERIFY_PAGE", "1"),
        ("TURNSTILE_SECRET", "turnstile"),
        ("TURNSTILE_SITE_KEY", "0x4AAA-b_c"),
    ]);
    let page = town.send(&TestRequest::new("GET", "/verify"));
    assert_eq!(
        (page.status, page.content_type),
        (200, "text/html; charset=utf-8")
    );
    assert!(page.body.contains("data-turnstile-site-key=\"0x4AAA-b_c\""));
    let ask = |origin| TestRequest::new("OPTIONS", "/verify/send").header("origin", origin);
    assert_eq!(town.send(&ask("https://gw.example")).status, 204);
    assert_eq!(town.send(&ask("https://shop.example")).status, 403);
}

#[test]
fn a_blocked_prefix_is_told_apart_from_a_limit() {
    let town = deployment(&[
        ("VERIFY_LIMIT_ADDRESS", "off"),
        ("VERIFY_LIMIT_ACCOUNT", "off"),
    ]);
    let to = |n: u32| json!({"to": format!("+1415555{n:04}")});
    for n in 0..50 {
        takes(&town);
        assert_eq!(send(&town, &to(n)).status, 202);
        town.advance(SECOND);
    }
    town.advance(5 * MINUTE);
    let response = send(&town, &to(77));
    assert_eq!(
        (response.status, &body(&response)["code"]),
        (403, &json!("verify_blocked"))
    );
    assert_eq!(body(&response)["alternatives"], json!(["email"]));
    assert!(header(&response, "Retry-After").is_some());
}
