//! The operator learns why a webhook was refused; its caller never does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::gateway::http::Response;
use crate::gateway::testing::{ACCOUNT, BASE, TOKEN, TestRequest, TestWorld, json_of};
use crate::time::MINUTE;
use crate::twilio::form::Form;
use crate::twilio::signature::{Key, body_sha256};

use super::{message, pointers};

const SID: &str = "SM00000000000000000000000000000001";
const SUB: &str = "AC000000000000000000000000000000ab";
const URL: &str = "https://gw.example/voice/incoming?flow=main&lang=en%20GB";
const PATH: &str = "/webhooks/sms/incoming";
const FORM: &str = "application/x-www-form-urlencoded";

fn world() -> TestWorld {
    TestWorld::with(&[
        ("TWILIO_AUTH_TOKEN_NEXT", "the-next-token"),
        ("TWILIO_AUTH_TOKEN_PREVIOUS", "the-old-token"),
        ("TWILIO_SUBACCOUNT_TOKENS", &format!("{SUB}:sub-token")),
    ])
}

fn sign(token: &str, url: &str, body: &str) -> String {
    Key::new(token).sign_form(url, &Form::parse(body.as_bytes()).unwrap())
}

/// The API's answer about a form POST.
fn ask(world: &TestWorld, url: &str, body: &str, signature: &str) -> Value {
    ask_more(world, url, body, signature, &json!({}))
}

/// The same with fields of its own.
fn ask_more(world: &TestWorld, url: &str, body: &str, signature: &str, more: &Value) -> Value {
    let mut asked = json!({
        "url": url, "method": "POST", "content_type": FORM, "body": body,
        "signature": signature,
    });
    for (name, value) in more.as_object().unwrap() {
        asked[name] = value.clone();
    }
    let response = world.api("POST", "/v1/doctor/signature", Some(&asked));
    assert_eq!(response.status, 200, "{}", response.body);
    json_of(&response)
}

fn codes(answer: &Value) -> Vec<&str> {
    let findings = answer["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

/// What was signed, what came, and what that is called: URL and body of each.
type Altered = (&'static str, (String, String), (String, String));

fn alterations() -> Vec<Altered> {
    let body = "Body=x&Digits=1";
    let url = |code, signed: &str, came: &str| {
        let pair = |url: &str| (url.to_owned(), body.to_owned());
        (code, pair(signed), pair(came))
    };
    let form = |code, signed: &str, came: &str| {
        let pair = |body: &str| (URL.to_owned(), body.to_owned());
        (code, pair(signed), pair(came))
    };
    vec![
        url("scheme", URL, &URL.replace("https:", "http:")),
        url("port", &URL.replace(".example", ".example:8443"), URL),
        url("host_case", URL, &URL.replace("gw.", "GW.")),
        url("user_info", URL, &URL.replace("gw.", "user:pw@gw.")),
        url("trailing_slash", URL, &URL.replace("incoming", "incoming/")),
        url("double_slash", URL, &URL.replace("/voice", "//voice")),
        url("path_prefix", URL, &URL.replace("/voice", "/app/voice")),
        url("query_added", URL, &format!("{URL}&utm=1")),
        url(
            "query_reencoded",
            "https://gw.example/x?a=x:y",
            "https://gw.example/x?a=x%3Ay",
        ),
        url(
            "query_reordered",
            URL,
            "https://gw.example/voice/incoming?lang=en%20GB&flow=main",
        ),
        form("trimmed", "Body=STOP+", "Body=STOP"),
        form("line_ends", "Body=a%0D%0Ab", "Body=a%0Ab"),
        form("plus_became_space", "From=%2B1415", "From=+1415"),
        form("charset", "Body=caf%C3%A9", "Body=caf%C3%83%C2%A9"),
        form("double_encoding", "Body=50%2525", "Body=50%25"),
        form("empty_parameters", "A=1", "A=1&FromCity="),
        form("repeats_collapsed", "Digits=1", "Digits=1&Digits=2"),
        form("parameter_added", "A=1&B=2", "A=1&B=2&C=3"),
        form("body_not_signed", "", "A=1&B=2"),
    ]
}

#[test]
fn each_known_alteration_on_the_way_is_named_with_what_to_change() {
    let world = world();
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut note = |code: &str, answer: &Value| {
        assert_eq!(answer["verdict"], "explained", "{code}: {answer}");
        assert_eq!(codes(answer), [code], "{answer}");
        let finding = &answer["findings"][0];
        assert!(finding["fix"].as_str().unwrap().len() > 20, "{answer}");
        named.insert(code.to_owned());
    };
    for (code, signed, came) in alterations() {
        let signature = sign(TOKEN, &signed.0, &signed.1);
        note(code, &ask(&world, &came.0, &came.1, &signature));
    }
    // What was lost can only be known from the URL as it stands in Twilio.
    let signature = sign(TOKEN, URL, "A=1");
    for (code, came) in [
        ("query_dropped", "https://gw.example/voice/incoming"),
        ("path", &URL.replace("voice/incoming", "webhook")),
        ("host", &URL.replace("gw.example", "10.0.0.7")),
    ] {
        let known = json!({ "known_urls": [URL] });
        note(code, &ask_more(&world, came, "A=1", &signature, &known));
    }
    // Signers that are not Twilio.
    for (code, text, body) in [
        ("signer_order", "b2a1", "b=2&a=1"),
        ("repeats_kept", "a1a1", "a=1&a=1"),
    ] {
        let signature = Key::new(TOKEN).sign_url(&format!("{URL}{text}"));
        note(code, &ask(&world, URL, body, &signature));
    }
    let quoted = format!("\"{}\"", sign(TOKEN, URL, "A=1"));
    note("header_altered", &ask(&world, URL, "A=1", &quoted));
    // A form against JSON, and the reverse.
    let text = json!({ "content_type": "text/plain" });
    let signature = sign(TOKEN, URL, "A=1");
    note(
        "form_with_other_type",
        &ask_more(&world, URL, "A=1", &signature, &text),
    );
    let is_json = json!({ "content_type": "application/json" });
    let signed = format!("{URL}&bodySHA256={}", body_sha256(b"{}"));
    let signature = sign(TOKEN, &signed, "");
    note(
        "body_altered",
        &ask_more(&world, &signed, "{ }", &signature, &is_json),
    );
    note(
        "body_hash_dropped",
        &ask_more(&world, URL, "{}", &signature, &is_json),
    );
    let get = json!({ "method": "GET", "content_type": null });
    let signature = sign(TOKEN, "https://gw.example/x", "A=1");
    note(
        "parameters_in_query",
        &ask_more(&world, "https://gw.example/x?A=1", "", &signature, &get),
    );
    // Tokens.
    let (of_main, of_sub) = (format!("AccountSid={ACCOUNT}"), format!("AccountSid={SUB}"));
    for (code, token, body) in [
        ("previous_token", "the-old-token", &of_main),
        ("other_account", "sub-token", &of_main),
        ("other_account", TOKEN, &of_sub),
    ] {
        note(code, &ask(&world, URL, body, &sign(token, URL, body)));
    }
    assert_eq!(named.len(), 31, "{named:?}");
}

#[test]
fn the_setting_to_change_is_named_where_it_is_one_of_ours() {
    let world = world();
    let signature = sign(TOKEN, URL, "A=1");
    let came = URL.replace("https:", "http:");
    let answer = ask(&world, &came, "A=1", &signature);
    assert_eq!(answer["findings"][0]["setting"], "PUBLIC_BASE_URL");
    let body = format!("AccountSid={ACCOUNT}");
    let answer = ask(&world, URL, &body, &sign("sub-token", URL, &body));
    assert_eq!(answer["findings"][0]["setting"], "TWILIO_SUBACCOUNT_TOKENS");
    let stranger = "AccountSid=AC00000000000000000000000000000009";
    let answer = ask(&world, URL, stranger, &sign("unknown", URL, stranger));
    assert_eq!(answer["verdict"], "unexplained");
    assert_eq!(codes(&answer), ["account_without_token"]);
}

#[test]
fn what_the_guard_accepts_the_doctor_calls_genuine() {
    let world = world();
    let stranger = "AccountSid=AC00000000000000000000000000000009";
    for (token, body) in [
        (TOKEN, "A=1"),
        ("the-next-token", "A=1"),
        ("sub-token", &format!("AccountSid={SUB}")),
        // An account without tokens of its own is checked with the main account's.
        (TOKEN, stranger),
    ] {
        let answer = ask(&world, URL, body, &sign(token, URL, body));
        assert_eq!(answer["verdict"], "genuine", "{answer}");
        assert_eq!(codes(&answer), [""; 0]);
    }
    // The configured base counts, as it does for the guard.
    let behind = TestWorld::with(&[("PUBLIC_BASE_URL", "https://public.example/gw")]);
    let public = "https://public.example/gw/voice/incoming";
    let inside = "http://10.0.0.7:8080/voice/incoming";
    let answer = ask(&behind, inside, "A=1", &sign(TOKEN, public, "A=1"));
    assert_eq!(
        (&answer["verdict"], &answer["checked_url"]),
        (&json!("genuine"), &json!(public))
    );
}

#[test]
fn a_request_to_the_doctor_is_read_strictly() {
    let world = world();
    let status = |body: Value| {
        let response = world.api("POST", "/v1/doctor/signature", Some(&body));
        (response.status, pointers(&json_of(&response)))
    };
    let at = |names: &[&str]| (400, names.iter().map(|n| (*n).to_owned()).collect());
    assert_eq!(status(json!({})), at(&["/url"]));
    let faulty = json!({
        "url": "/voice", "method": "PUT", "signature": "a".repeat(1025), "token": "x",
        "content_type": 1, "known_urls": ["ftp://x"],
    });
    let names = [
        "/url",
        "/method",
        "/content_type",
        "/signature",
        "/known_urls/0",
        "/token",
    ];
    assert_eq!(status(faulty), at(&names));
    let long = json!({ "url": format!("https://h/{}", "a".repeat(9_000)) });
    assert_eq!(status(long), at(&["/url"]));
    let long = json!({ "url": URL, "body": "a".repeat(64 * 1024 + 1) });
    assert_eq!(status(long).0, 413);
    let none = TestWorld::with(&[("TWILIO_AUTH_TOKEN", "")]);
    let response = none.api("POST", "/v1/doctor/signature", Some(&json!({ "url": URL })));
    assert_eq!(response.status, 500);
}

#[test]
fn neither_a_token_nor_the_right_signature_is_in_any_answer_or_line() {
    let world = world();
    let form = message(SID, "hello");
    let right = TestRequest::post(PATH).form(&form).signed(TOKEN);
    let right = right.header_of("x-twilio-signature");
    let body = crate::twilio::form::encode(form.iter().copied());
    let mut texts = Vec::new();
    for token in ["the-old-token", "sub-token", "unknown"] {
        let url = format!("{BASE}{PATH}");
        let wrong = sign(token, &url, &body);
        texts.push(ask(&world, &url, &body, &wrong).to_string());
        world.send(&TestRequest::post(PATH).form(&form).signed(token));
    }
    let log = world.log.borrow();
    texts.extend(log.iter().map(crate::log::Record::line));
    assert!(texts.len() >= 6);
    for text in texts {
        for secret in [
            &right,
            TOKEN,
            "the-old-token",
            "the-next-token",
            "sub-token",
        ] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(
            !text.contains("4155550100") && !text.contains("hello"),
            "{text}"
        );
    }
}

/// The line about the last webhook that was refused.
fn line(world: &TestWorld) -> Value {
    let log = world.log.borrow();
    let refused = log.iter().rfind(|one| one.event == "webhook.rejected");
    Value::Object(refused.expect("a line").fields.clone())
}

fn refused(world: &TestWorld, request: &TestRequest) -> Response {
    let response = world.send(request);
    assert_eq!(response.status, 403);
    response
}

#[test]
fn a_refused_webhook_is_explained_in_the_log_and_to_its_caller_never() {
    let form = message(SID, "hello");
    let post = || TestRequest::post(PATH).form(&form);
    let behind = TestWorld::with(&[("PUBLIC_BASE_URL", "http://GW.example")]);
    let elsewhere = format!("https://hooks.example{PATH}");
    let cases = [
        (world(), post().signed("the-old-token"), "previous_token"),
        (world(), post().signed("sub-token"), "other_account"),
        (
            world(),
            post().signed_as(TOKEN, &format!("http://gw.example{PATH}")),
            "scheme",
        ),
        // The base in the settings is not the one in Twilio; the request came by the right one.
        (behind, post().signed(TOKEN), "scheme,host_case"),
        // A proxy says by which address it was called.
        (
            world(),
            post()
                .signed_as(TOKEN, &elsewhere)
                .header("x-forwarded-host", "hooks.example"),
            "host",
        ),
        // With four tokens, a thousand tries are not all there is to try.
        (world(), post().signed("unknown"), "cut_short"),
        (
            world(),
            post().header("x-twilio-signature", "nothing"),
            "malformed",
        ),
    ];
    let mut answers = Vec::new();
    for (world, request, code) in cases {
        answers.push(refused(&world, &request));
        let line = line(&world);
        assert_eq!(line["cause_code"], code, "{line}");
        assert!(line["fix"].as_str().unwrap().len() > 20, "{line}");
        assert!(world.asked.borrow().is_empty() && world.read.borrow().is_empty());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn a_flood_of_forgeries_is_looked_into_a_few_times_a_minute_and_touches_nothing() {
    let world = TestWorld::new();
    let form = message(SID, "hello");
    let forged = TestRequest::post(PATH).form(&form).signed("unknown");
    let looked_into = || {
        let log = world.log.borrow();
        let tries = log.iter().filter_map(|one| one.fields.get("tries"));
        let tries: Vec<u64> = tries.map(|tries| tries.as_u64().unwrap()).collect();
        assert!(tries.iter().all(|tries| *tries <= 1_000), "{tries:?}");
        tries.len()
    };
    for _ in 0..200 {
        refused(&world, &forged);
    }
    assert_eq!(looked_into(), 6);
    world.advance(MINUTE);
    for _ in 0..20 {
        refused(&world, &forged);
    }
    assert_eq!(looked_into(), 12);
    assert_eq!(world.asked.borrow().len() + world.read.borrow().len(), 0);
    // No signature, nothing to look for: it does not use the minute up.
    world.advance(MINUTE);
    for _ in 0..20 {
        refused(&world, &TestRequest::post(PATH).form(&form));
    }
    refused(&world, &forged);
    assert_eq!(looked_into(), 13);
}

#[test]
fn a_form_of_a_thousand_parameters_is_not_looked_into() {
    let world = TestWorld::new();
    let body = "a&".repeat(1_000);
    let forged = TestRequest::post(PATH)
        .body(FORM, body.as_bytes())
        .header("x-twilio-signature", &sign("unknown", URL, "A=1"));
    refused(&world, &forged);
    let line = line(&world);
    assert_eq!(
        (&line["cause_code"], &line["tries"]),
        (&json!("cut_short"), &json!(1))
    );
}

#[test]
fn sampling_and_the_cap_are_settings() {
    let form = message(SID, "hello");
    let forged = TestRequest::post(PATH).form(&form).signed("unknown");
    let looked_into = |own: &[(&str, &str)]| {
        let world = TestWorld::with(own);
        for _ in 0..60 {
            refused(&world, &forged);
        }
        let log = world.log.borrow();
        log.iter()
            .filter(|one| one.fields.contains_key("tries"))
            .count()
    };
    let tries = ("DOCTOR_TRIES", "20");
    assert_eq!(looked_into(&[("DOCTOR_PER_MINUTE", "0")]), 0);
    assert_eq!(looked_into(&[("DOCTOR_PER_MINUTE", "9"), tries]), 9);
    let half = [
        ("DOCTOR_PER_MINUTE", "600"),
        ("DOCTOR_SAMPLE_PERCENT", "50"),
        tries,
    ];
    assert!((15..45).contains(&looked_into(&half)));
    assert_eq!(looked_into(&[("DOCTOR_SAMPLE_PERCENT", "0")]), 0);
    let wrong = TestWorld::with(&[("DOCTOR_SAMPLE_PERCENT", "101")]);
    use crate::gateway::world::World;
    assert_eq!(wrong.settings().faults[0].name, "DOCTOR_SAMPLE_PERCENT");
}

#[test]
fn what_a_forger_writes_as_an_account_is_not_logged() {
    let world = TestWorld::new();
    let mut form = message(SID, "hello");
    form[1].1 = "+14155550123\n{\"event\":\"all.well\"}";
    refused(
        &world,
        &TestRequest::post(PATH).form(&form).signed("unknown"),
    );
    assert_eq!(line(&world)["account_sid"], "");
}
