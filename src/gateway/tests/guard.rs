//! Nothing gets past the guard that Twilio did not sign, and nothing behind it runs.

use crate::gateway::http::Response;
use crate::gateway::testing::{ACCOUNT, BASE, TOKEN, TestRequest, TestWorld, json_of};
use crate::twilio::signature::{Key, body_sha256};

use super::{call, message, ok, pointers};

const SID: &str = "SM00000000000000000000000000000001";

/// Every path that Twilio calls.
const WEBHOOKS: [&str; 13] = [
    "/webhooks/sms/incoming",
    "/webhooks/whatsapp",
    "/webhooks/sms/status",
    "/voice/incoming",
    "/voice/menu-selection",
    "/voice/step",
    "/voice/voicemail-saved",
    "/voice/transcription",
    "/voice/recording-status",
    "/voice/outbound-message",
    "/voice/status",
    "/webhooks/twilio/voice/incoming",
    "/webhooks/twilio/webhooks/sms/incoming",
];

fn forgeries(path: &str) -> Vec<TestRequest> {
    let form = message(SID, "STOP");
    let signed = |token: &str| {
        let base = TestRequest::post(path).form(&form);
        base.signed(token)
    };
    let plain = || TestRequest::post(path).form(&form);
    let json = format!("{path}?bodySHA256={}", body_sha256(b"{}"));
    let json_signature = Key::new("another").sign_url(&format!("{BASE}{json}"));
    vec![
        plain(),
        plain().header("x-twilio-signature", ""),
        plain().header("x-twilio-signature", "no base64"),
        plain().header("x-twilio-signature", "c2hvcnQ="),
        signed("another-token"),
        plain().signed_as(TOKEN, &format!("{BASE}{path}?more=1")),
        TestRequest::new("GET", path),
        TestRequest::new("GET", path).signed("another-token"),
        TestRequest::post(path).body("application/json", b"{}"),
        TestRequest::post(&json)
            .body("application/json", b"{}")
            .header("x-twilio-signature", &json_signature),
        // A genuine signature of a JSON request, over another body.
        TestRequest::post(&json)
            .body("application/json", b"{\"a\":1}")
            .header(
                "x-twilio-signature",
                &Key::new(TOKEN).sign_url(&format!("{BASE}{json}")),
            ),
        plain().header("x-twilio-signature", &signature_of_no_parameters(path)),
    ]
}

fn signature_of_no_parameters(path: &str) -> String {
    Key::new(TOKEN).sign_url(&format!("{BASE}{path}"))
}

#[test]
fn a_forged_webhook_is_refused_on_every_route_alike_and_touches_nothing() {
    let world = TestWorld::new();
    let mut bodies: Vec<Response> = Vec::new();
    for path in WEBHOOKS {
        for forgery in forgeries(path) {
            let response = world.send(&forgery);
            assert_eq!(response.status, 403, "{forgery:?}");
            bodies.push(response);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(bodies[0].content_type, "application/problem+json");
    assert_eq!(world.asked.borrow().len(), 0);
    assert_eq!(world.read.borrow().len(), 0);
    assert_eq!(world.twilio_requests().len(), 0);
}

#[test]
fn the_operator_is_told_why_in_a_line_without_personal_data() {
    let world = TestWorld::new();
    let path = "/webhooks/sms/incoming";
    let causes = [
        TestRequest::post(path),
        TestRequest::post(path).header("x-twilio-signature", "no base64"),
        TestRequest::post(path).header("x-twilio-signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ];
    let form = message(SID, "my secret");
    let mut whys = Vec::new();
    for request in causes.clone() {
        world.forget();
        assert_eq!(world.send(&request.form(&form)).status, 403);
        let line = world.log.borrow()[0].line();
        assert!(line.contains(path), "{line}");
        assert!(
            !line.contains("4155550100") && !line.contains("secret"),
            "{line}"
        );
        whys.push(world.logged("webhook.rejected").expect("a line"));
    }
    whys.sort();
    whys.dedup();
    assert_eq!(whys.len(), causes.len(), "{whys:?}");
}

#[test]
fn a_signature_is_checked_over_the_configured_base_to_the_letter() {
    let world = TestWorld::with(&[("PUBLIC_BASE_URL", "https://Hooks.Example.org/gw")]);
    let form = message(SID, "hello");
    let target = "/webhooks/sms/incoming?a=%20b&c='";
    let request = |url: &str| TestRequest::post(target).form(&form).signed_as(TOKEN, url);
    let public = format!("https://Hooks.Example.org/gw{target}");
    assert_eq!(world.send(&request(&public)).status, 200);
    for other in [
        public.to_lowercase(),
        format!("{BASE}{target}"),
        public.replace("%20", " "),
    ] {
        assert_eq!(world.send(&request(&other)).status, 403, "{other}");
    }
}

#[test]
fn the_next_token_is_accepted_beside_the_current_one_and_noted() {
    let world = TestWorld::with(&[("TWILIO_AUTH_TOKEN_NEXT", "the-next-token")]);
    let form = message(SID, "hello");
    for token in [TOKEN, "the-next-token"] {
        let request = TestRequest::post("/webhooks/sms/incoming").form(&form);
        assert_eq!(world.send(&request.signed(token)).status, 200);
    }
    assert!(world.logged("webhook.next_token").is_some());
}

#[test]
fn a_sub_account_signs_with_its_own_token_and_no_other() {
    let sub = "AC000000000000000000000000000000ab";
    let world = TestWorld::with(&[(
        "TWILIO_SUBACCOUNT_TOKENS",
        "AC000000000000000000000000000000ab:sub-token",
    )]);
    let send = |account: &str, token: &str| {
        let mut form = message(SID, "hello");
        form[1].1 = account;
        let request = TestRequest::post("/webhooks/sms/incoming").form(&form);
        world.send(&request.signed(token)).status
    };
    assert_eq!(send(sub, "sub-token"), 200);
    assert_eq!(send(sub, TOKEN), 403);
    assert_eq!(send(ACCOUNT, "sub-token"), 403);
    assert_eq!(send(ACCOUNT, TOKEN), 200);
}

#[test]
fn without_a_token_every_webhook_is_a_500_with_a_clear_line() {
    let world = TestWorld::with(&[("TWILIO_AUTH_TOKEN", "")]);
    for path in WEBHOOKS {
        world.forget();
        let form = message(SID, "hello");
        let response = world.send(&TestRequest::post(path).form(&form).signed(TOKEN));
        assert_eq!(response.status, 500, "{path}");
        let why = world.logged("webhook.no_token").expect("a line");
        assert!(why.contains("TWILIO_AUTH_TOKEN is not set"), "{why}");
    }
    assert_eq!(world.asked.borrow().len(), 0);
}

#[test]
fn what_cannot_be_a_webhook_is_refused_by_kind() {
    let world = TestWorld::new();
    let status = |request: TestRequest| world.send(&request).status;
    assert_eq!(status(TestRequest::post("/voice/nothing")), 404);
    for method in ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] {
        let response = world.send(&TestRequest::new(method, "/voice/incoming"));
        assert_eq!(response.status, 405, "{method}");
        assert_eq!(response.headers, [("Allow", "GET, POST".to_owned())]);
    }
    let post = || TestRequest::post("/voice/incoming");
    let long = vec![b'a'; 64 * 1024 + 1];
    let form = "application/x-www-form-urlencoded";
    assert_eq!(status(post().body(form, &long)), 413);
    assert_eq!(status(post().body(form, &long[1..])), 403);
    assert_eq!(status(post().body("application/json", &long)), 413);
    for kind in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "text/xml",
        "",
    ] {
        assert_eq!(status(post().body(kind, b"a=b")), 415, "{kind}");
    }
    assert_eq!(status(post().body(form, b"a=%FF").broken()), 400);
    // What is no UTF-8 was not sent by Twilio.
    assert_eq!(status(post().body(form, b"a=%FF")), 403);
}

#[test]
fn a_compressed_body_is_never_unpacked() {
    let world = TestWorld::new();
    // `A=1`, as gzip has it.
    let packed: &[u8] = &[
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x73, 0xb4, 0x35, 4, 0, 0x2d, 0x9b, 0xf9, 0x37, 3, 0,
        0, 0,
    ];
    let signature = Key::new(TOKEN).sign_form(
        &format!("{BASE}/webhooks/sms/incoming"),
        &crate::twilio::form::Form::from_iter([("A", "1")]),
    );
    let webhook = TestRequest::post("/webhooks/sms/incoming")
        .body("application/x-www-form-urlencoded", packed)
        .header("content-encoding", "gzip")
        .header("x-twilio-signature", &signature);
    assert_eq!(world.send(&webhook).status, 403);
    let api = TestRequest::api("POST", "/v1/messages", None)
        .body("application/json", packed)
        .header("content-encoding", "gzip");
    assert_eq!(world.send(&api).status, 400);
    assert_eq!(world.asked.borrow().len(), 0);
}

#[test]
fn a_missing_parameter_is_named() {
    let world = TestWorld::new();
    type Form = Vec<(&'static str, &'static str)>;
    let cases: [(&str, Form, &str); 6] = [
        (
            "/webhooks/sms/incoming",
            message(SID, "hi")[1..].to_vec(),
            "MessageSid",
        ),
        ("/webhooks/whatsapp", message("SM1", "hi"), "MessageSid"),
        ("/webhooks/sms/status", message(SID, "hi"), "MessageStatus"),
        ("/voice/incoming", call(&[])[1..].to_vec(), "CallSid"),
        ("/voice/voicemail-saved", call(&[]), "RecordingUrl"),
        ("/voice/transcription", call(&[]), "TranscriptionSid"),
    ];
    for (path, form, name) in cases {
        let response = world.webhook(path, &form);
        assert_eq!(response.status, 400, "{path}: {}", response.body);
        assert_eq!(pointers(&json_of(&response)), [name], "{path}");
    }
    assert_eq!(world.asked.borrow().len(), 0);
}

#[test]
fn repeated_and_unknown_parameters_are_part_of_what_is_signed() {
    let world = TestWorld::new();
    let mut form = message(SID, "hello");
    form.extend([
        ("Zzz", "new"),
        ("Zzz", "twice"),
        ("Zzz", "new"),
        ("Empty", ""),
    ]);
    let request = TestRequest::post("/webhooks/sms/incoming").form(&form);
    ok(world.send(&request.clone().signed(TOKEN)));
    // One of them taken away, and the signature no longer fits.
    let signature = request
        .clone()
        .signed(TOKEN)
        .header_of("x-twilio-signature");
    form.retain(|(_, value)| *value != "twice");
    let shorter = TestRequest::post("/webhooks/sms/incoming").form(&form);
    let shorter = shorter.header("x-twilio-signature", &signature);
    assert_eq!(world.send(&shorter).status, 403);
}

#[test]
fn a_get_and_a_json_request_are_read_from_the_signed_query() {
    let world = TestWorld::new();
    let query = crate::twilio::form::encode(call(&[]));
    let target = format!("/voice/incoming?{query}");
    let twiml = ok(world.send(&TestRequest::new("GET", &target).signed(TOKEN)));
    assert!(twiml.contains("Press 1 for sales"), "{twiml}");

    let body = br#"{"any":"thing"}"#;
    let target = format!("{target}&bodySHA256={}", body_sha256(body));
    let signature = Key::new(TOKEN).sign_url(&format!("{BASE}{target}"));
    let request = TestRequest::post(&target)
        .body("application/json", body)
        .header("x-twilio-signature", &signature);
    assert!(ok(world.send(&request)).contains("Press 1 for sales"));
}
