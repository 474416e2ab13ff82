//! Signed webhooks over HTTP: who gets in, who does not, and what they learn.

use hookswitch_e2e::{
    AUTH_TOKEN, Options, PHONE_NUMBER, Request, Stack, account_sid, body_sha256, eventually,
    fresh_number, shared,
};
use serde_json::{Value, json};

use crate::acts::{SOON, calls_with, logged, problem, ring, seen, send, twin, until, write};

/// Every path that Twilio calls.
const PATHS: [&str; 11] = [
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
];

fn each_path_by_both_names() -> impl Iterator<Item = String> {
    let longer = PATHS.map(|path| format!("/webhooks/twilio{path}"));
    PATHS.map(str::to_owned).into_iter().chain(longer)
}

const MESSAGE_SID: &str = "SM0000000000000000000000000000e2e0";

fn message<'a>(account: &'a str, from: &'a str, body: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("MessageSid", MESSAGE_SID),
        ("AccountSid", account),
        ("From", from),
        ("To", PHONE_NUMBER),
        ("Body", body),
    ]
}

fn call<'a>(account: &'a str, from: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("CallSid", "CA0000000000000000000000000000e2e0"),
        ("AccountSid", account),
        ("From", from),
        ("To", PHONE_NUMBER),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
    ]
}

/// The published figures, as the gateway judges them behind HTTP.
#[test]
fn every_published_signature_gets_its_verdict_under_workerd() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../vectors/signature.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 63);
    let mut accepted = 0;
    for case in cases {
        let (kind, body) = match (&case["form"], &case["raw"]) {
            (Value::Array(pairs), _) => ("application/x-www-form-urlencoded", form_body(pairs)),
            (_, Value::String(raw)) => ("application/json", raw.clone()),
            _ => ("", String::new()),
        };
        let question = json!({
            "token": case["token"], "url": case["url"], "signature": case["signature"],
            "content_type": kind, "body_base64": base64(body.as_bytes()),
        });
        let ask = shared()
            .request("POST", "/__test/signature")
            .json(&question);
        let verdict = ask.send().expect(200).json();
        let expected = case["verdict"] == "accepted";
        assert_eq!(verdict["accepted"], expected, "{}", case["name"]);
        accepted += u32::from(expected);
    }
    assert_eq!(accepted, 48);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Everything but letters and digits escaped.
fn form_body(pairs: &[Value]) -> String {
    let escape = |text: &Value| -> String {
        let bytes = text.as_str().unwrap().bytes();
        let escaped = bytes.map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        });
        escaped.collect()
    };
    let pairs = pairs
        .iter()
        .map(|pair| format!("{}={}", escape(&pair[0]), escape(&pair[1])));
    pairs.collect::<Vec<_>>().join("&")
}

#[test]
fn a_forged_webhook_is_the_same_403_on_every_route_whatever_is_wrong_with_it() {
    let stack = shared();
    let (account, victim) = (account_sid(), fresh_number());
    let form = message(&account, &victim, "STOP");
    let json = json!({"Body": "STOP", "From": victim});
    let mut bodies = Vec::new();
    for path in each_path_by_both_names() {
        let post = || stack.webhook(&path).form(&form);
        let genuine_elsewhere = hookswitch_e2e::Signer::new(AUTH_TOKEN)
            .sign(&format!("{}/another/path", stack.worker_url()), &[]);
        for forgery in [
            post(),
            post().header("X-Twilio-Signature", ""),
            post().header("X-Twilio-Signature", "not base64 at all"),
            post().header("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            post().header("X-Twilio-Signature", &genuine_elsewhere),
            post().signed_with("another-token", &stack.worker_url()),
            post().signed_with(AUTH_TOKEN, "https://elsewhere.example"),
            stack.webhook(&path).method("GET"),
            stack
                .webhook(&path)
                .method("GET")
                .signed_with("another-token", &stack.worker_url()),
            stack.webhook(&path).json(&json),
            stack
                .webhook(&path)
                .json(&json)
                .signed_with("another-token", &stack.worker_url()),
        ] {
            let answer = forgery.send();
            assert_eq!(answer.status, 403, "{path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "application/problem+json");
            bodies.push(answer.text());
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    for word in [AUTH_TOKEN, "base64", "token", "http", victim.as_str()] {
        assert!(!bodies[0].contains(word), "{}", bodies[0]);
    }
    // Nobody was opted out, and nobody was even met.
    let _ = stack
        .get(&format!("/v1/contacts/{victim}"))
        .send()
        .expect(404);
    let why = eventually("a line for the operator", SOON, || {
        let log = stack.worker_log();
        let line = log.lines().find(|line| line.contains("webhook.rejected"));
        line.map(str::to_owned)
    });
    assert!(why.contains("\"why\""), "{why}");
    // Of ours; wrangler itself logs the path of every request.
    let log = stack.worker_log();
    let ours = log.lines().filter(|line| line.contains("\"event\""));
    for line in ours {
        assert!(!line.contains(victim.trim_start_matches('+')), "{line}");
    }
}

#[test]
fn a_genuine_webhook_is_answered_by_both_of_its_names() {
    let stack = shared();
    let account = account_sid();
    for path in [
        "/webhooks/sms/incoming",
        "/webhooks/twilio/webhooks/sms/incoming",
        "/webhooks/twilio/sms/incoming",
    ] {
        let from = fresh_number();
        let answer = stack
            .webhook(path)
            .form(&message(&account, &from, "hello"))
            .signed()
            .send();
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), "text/xml");
    }
    for path in ["/voice/incoming", "/webhooks/twilio/voice/incoming"] {
        let from = fresh_number();
        let answer = stack
            .webhook(path)
            .form(&call(&account, &from))
            .signed()
            .send()
            .expect(200);
        assert!(answer.text().contains("Press 1 for sales"), "{path}");
    }
}

#[test]
fn get_and_json_webhooks_get_in_when_twilio_signed_them() {
    let stack = shared();
    let account = account_sid();
    let query = format!(
        "CallSid=CA0000000000000000000000000000e2e1&AccountSid={account}&From=%2B12025550100\
         &To=%2B15005550006&CallStatus=ringing&Note=it's+a%20test~"
    );
    let target = format!("/voice/incoming?{query}");
    let get = stack
        .webhook(&target)
        .method("GET")
        .signed()
        .send()
        .expect(200);
    assert!(get.text().contains("Press 1 for sales"));
    let json = stack
        .webhook(&target)
        .json(&json!({"any": "thing"}))
        .signed()
        .send()
        .expect(200);
    assert!(json.text().contains("Press 1 for sales"));

    // The hash of one body does not carry another.
    let other = format!("{target}&bodySHA256={}", body_sha256(b"{}"));
    let signature = hookswitch_e2e::Signer::new(AUTH_TOKEN)
        .sign(&format!("{}{other}", stack.worker_url()), &[]);
    let swapped = stack.webhook(&other).body("application/json", b"[]");
    let _ = swapped
        .header("X-Twilio-Signature", &signature)
        .send()
        .expect(403);
    // The twin makes its own signatures, of its own making.
    let hook = json!({"url": target, "json": {"any": "thing"}});
    assert_eq!(twin(stack, "/twin/webhook", &hook)["status"], 200);
}

#[test]
fn repeated_and_unknown_parameters_are_kept_as_they_came() {
    let account = account_sid();
    let from = fresh_number();
    let mut form = message(&account, &from, "hello");
    form.extend([
        ("NewThing", "b"),
        ("NewThing", "a"),
        ("NewThing", "b"),
        ("Empty", ""),
        (" ", " x "),
    ]);
    let _ = shared()
        .webhook("/webhooks/sms/incoming")
        .form(&form)
        .signed()
        .send()
        .expect(200);
}

#[test]
fn what_cannot_be_a_webhook_is_refused_by_kind() {
    let stack = shared();
    problem(stack.webhook("/voice/nothing").form(&[]).send(), 404);
    problem(stack.webhook("/webhooks/twilio/").form(&[]).send(), 404);
    for method in ["PUT", "DELETE", "PATCH"] {
        let answer = stack
            .webhook("/voice/incoming")
            .method(method)
            .send()
            .expect(405);
        assert_eq!(answer.header("allow"), "GET, POST", "{method}");
    }
    let post = |kind: &str, body: &[u8]| stack.webhook("/voice/incoming").body(kind, body).send();
    let long = vec![b'a'; 64 * 1024 + 1];
    for kind in ["application/x-www-form-urlencoded", "application/json"] {
        problem(post(kind, &long), 413);
    }
    problem(post("application/x-www-form-urlencoded", &long[1..]), 403);
    for kind in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/xml",
    ] {
        problem(post(kind, b"a=b"), 415);
    }
}

#[test]
fn a_genuine_webhook_without_a_parameter_is_told_which() {
    let stack = shared();
    let account = account_sid();
    let from = fresh_number();
    let mut call = call(&account, &from);
    let lacking = |path: &str, form: &[(&str, &str)]| {
        let answer = stack.webhook(path).form(form).signed().send();
        problem(answer, 400)["errors"][0]["pointer"].clone()
    };
    let message = message(&account, &from, "hello");
    assert_eq!(
        lacking("/webhooks/sms/incoming", &message[1..]),
        "MessageSid"
    );
    assert_eq!(lacking("/webhooks/sms/status", &message), "MessageStatus");
    assert_eq!(lacking("/voice/voicemail-saved", &call), "RecordingUrl");
    assert_eq!(lacking("/voice/transcription", &call), "TranscriptionSid");
    assert_eq!(lacking("/voice/outbound-message", &call), "c");
    call.remove(0);
    assert_eq!(lacking("/voice/incoming", &call), "CallSid");
}

/// One Worker with every way to be signed: a public base URL whose letter case counts, the
/// next token, a sub-account's.
#[test]
fn the_configured_base_url_the_next_token_and_a_sub_accounts_token_decide() {
    const BASE: &str = "https://Hooks.Example.org";
    let sub = format!("AC{}", "5b".repeat(16));
    let api_key = format!("SK{}", "0".repeat(32));
    let stack = Stack::start(
        &Options::default()
            .var("PUBLIC_BASE_URL", BASE)
            .var("TWILIO_AUTH_TOKEN_NEXT", "the-next-token")
            .var("TWILIO_API_KEY_SID", &api_key)
            .var("TWILIO_API_KEY_SECRET", "twin-api-secret")
            .var(
                "TWILIO_SUBACCOUNT_TOKENS",
                &format!("{sub}:sub-account-token"),
            ),
    );
    let account = account_sid();
    let status = |account: &str, token: &str, base: &str| {
        let from = fresh_number();
        let form = message(account, &from, "hello");
        let hook = stack.webhook("/webhooks/sms/incoming?a='b+c").form(&form);
        hook.signed_with(token, base).send().status
    };
    assert_eq!(status(&account, AUTH_TOKEN, BASE), 200);
    assert_eq!(status(&account, AUTH_TOKEN, &BASE.to_lowercase()), 403);
    assert_eq!(status(&account, AUTH_TOKEN, &stack.worker_url()), 403);
    assert_eq!(status(&account, "the-next-token", BASE), 200);
    assert_eq!(status(&sub, "sub-account-token", BASE), 200);
    assert_eq!(status(&sub, AUTH_TOKEN, BASE), 403);
    assert_eq!(status(&account, "sub-account-token", BASE), 403);
    logged(&stack, "webhook.next_token");

    // Every callback URL that we hand out begins with that base: Twilio calls it, and signs
    // what it was given.
    let public = json!({"public_base_url": BASE});
    let _ = stack
        .twin("PUT", "/twin/config")
        .json(&public)
        .send()
        .expect(200);
    let sent = send(&stack, &fresh_number(), "Hello.");
    until(&stack, "messages", &sent, "delivered");
    let script = json!([{"digits": "3"}, {"record": {"duration": 7, "text": "Hello?"}}]);
    let caller = fresh_number();
    let call = ring(&stack, PHONE_NUMBER, &caller, &script);
    let urls = call["requests"].as_array().unwrap().iter();
    assert!(urls.clone().count() >= 3, "{call}");
    for request in urls {
        let url = request["url"].as_str().unwrap();
        assert!(url.starts_with(&format!("{BASE}/voice/")), "{url}");
    }
    let kept = calls_with(&stack, &caller);
    assert_eq!(kept[0]["voicemails"][0]["transcription"], "Hello?");
    // Twilio is asked with the API key, which a new Auth Token does not touch.
    let asked = seen(&stack, "/twin/requests?method=POST");
    assert!(
        asked
            .iter()
            .all(|request| request["authorized_as"] == api_key),
        "{asked:?}"
    );
}

#[test]
fn without_a_token_nothing_gets_in_and_the_log_says_why() {
    let stack = Stack::start(
        &Options::default()
            .without("TWILIO_AUTH_TOKEN")
            .without_twin(),
    );
    let account = account_sid();
    let from = fresh_number();
    for path in PATHS {
        let hook: Request = stack.webhook(path).form(&message(&account, &from, "hello"));
        let answer = problem(hook.signed().send(), 500);
        assert_eq!(answer["code"], "not_configured", "{path}");
    }
    logged(&stack, "TWILIO_AUTH_TOKEN is not set");
}

#[test]
fn a_webhook_delivered_twice_acts_once_and_is_answered_the_same() {
    let stack = shared();
    let from = fresh_number();
    let first = write(stack, &from, "HELP");
    let replay = json!({"callback_index": first["request"]["index"]});
    let again = twin(stack, "/twin/replay", &replay);
    assert_eq!(
        (&again["status"], &again["body"]),
        (&first["status"], &first["body"])
    );
    assert!(
        again["body"]
            .as_str()
            .is_some_and(|body| body.contains("<Message>")),
        "{again}"
    );

    // A late second delivery of the STOP does not undo the START after it.
    let stop = write(stack, &from, "STOP");
    write(stack, &from, "START");
    for fresh_token in [false, true] {
        let replay =
            json!({"callback_index": stop["request"]["index"], "fresh_token": fresh_token});
        assert_eq!(twin(stack, "/twin/replay", &replay)["status"], 200);
    }
    let contact = stack
        .get(&format!("/v1/contacts/{from}"))
        .send()
        .expect(200)
        .json();
    assert_eq!(contact["opted_out"], false);
    assert_eq!(
        contact["history"].as_array().map(Vec::len),
        Some(2),
        "{contact}"
    );
}
