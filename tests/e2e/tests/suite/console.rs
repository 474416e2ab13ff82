//! The console's side under workerd: cookies, WebCrypto, and a stream that goes on after its
//! handler has answered.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hookswitch_e2e::{Options, Request, Response, Stack, eventually, fresh_number};
use serde_json::{Value, json};
use xtask::http::free_port;

const OPERATOR: &str = "the-operators-own-key";
const VIEWER: &str = "the-viewers-own-key";

fn with_keys() -> Options {
    Options::default()
        .var("CONSOLE_KEY", OPERATOR)
        .var("CONSOLE_VIEWER_KEY", VIEWER)
}

fn log_in(stack: &Stack, key: &str) -> String {
    let request = stack.request("POST", "/console/session");
    let answer = request.json(&json!({ "key": key })).send().expect(204);
    let set = answer.header("set-cookie").to_owned();
    assert!(
        set.contains("; HttpOnly; SameSite=Strict"),
        "no cookie for a browser alone: {set}"
    );
    set.split(';').next().unwrap().to_owned()
}

#[test]
fn a_session_opens_the_api_and_another_sites_page_cannot_use_it() {
    let stack = Stack::start(&with_keys());
    let (operator, viewer) = (log_in(&stack, OPERATOR), log_in(&stack, VIEWER));
    let number = format!("/v1/numbers/{}", fresh_number());
    let document = json!({ "voice_flow": "acme-ivr" });
    let get = |cookie: &str, target: &str| stack.request("GET", target).header("Cookie", cookie);
    let put = |cookie: &str| {
        stack
            .request("PUT", &number)
            .header("Cookie", cookie)
            .json(&document)
    };
    let own = |request: Request| request.header("X-Hookswitch-Console", "1");
    let code = |answer: Response| answer.expect(403).json()["code"].clone();

    let session = get(&viewer, "/console/session").send().expect(200).json();
    assert_eq!(session["role"], "viewer");
    let _ = get(&viewer, "/v1/settings").send().expect(200);
    assert_eq!(code(own(put(&viewer)).send()), "role_refused");
    // What a form or a script of another site sends along with the cookie.
    assert_eq!(code(put(&operator).send()), "foreign_request");
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let answer = own(put(&operator)).header(name, value).send();
        assert_eq!(code(answer), "foreign_request", "{name}: {value}");
    }
    let _ = stack.get(&number).send().expect(404);
    let forged = operator.replace("operator.", "operator.9");
    for cookie in ["", "hookswitch=1.operator.9999999999.AAAA", &forged] {
        let _ = own(put(cookie)).send().expect(401);
    }
    let page = own(put(&operator))
        .header("Origin", &stack.worker_url())
        .header("Sec-Fetch-Site", "same-origin");
    let _ = page.send().expect(200);
    let listed = get(&operator, "/v1/numbers").send().expect(200).json();
    assert_eq!(listed["numbers"].as_array().unwrap().len(), 1);

    let entries = eventually("the audit log", Duration::from_secs(20), || {
        let log = get(&viewer, "/v1/audit").send().expect(200).json();
        let entries = log["entries"].as_array().unwrap().clone();
        (entries.len() == 3).then_some(entries)
    });
    let paths: Vec<_> = entries
        .iter()
        .filter_map(|entry| entry["path"].as_str())
        .collect();
    assert_eq!(paths, [&number, "/console/session", "/console/session"]);
    assert_eq!(entries[0]["actor"], "operator");
}

/// The team, ended with its test.
struct Team {
    process: Child,
    origin: String,
}

impl Team {
    fn start() -> Team {
        let port = free_port().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/team.mjs");
        let mut node = Command::new("node");
        let process = node.args([script, &port.to_string()]).spawn().unwrap();
        let team = Team {
            process,
            origin: format!("http://127.0.0.1:{port}"),
        };
        eventually("the team", Duration::from_secs(30), || {
            Request::new("GET", &team.origin, "/fetched")
                .try_send()
                .ok()
        });
        team
    }

    fn get(&self, target: &str) -> String {
        Request::new("GET", &self.origin, target)
            .send()
            .expect(200)
            .text()
    }

    /// A token with these claims over the usual ones.
    fn token(&self, own: &Value, forged: &str) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut claims = json!({
            "iss": self.origin, "aud": ["ours"], "email": "anna@acme.example",
            "iat": now, "exp": now + 600,
        });
        for (name, value) in own.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        self.get(&format!("/token?{claims}{forged}"))
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_token_of_access_is_checked_by_webcrypto() {
    let team = Team::start();
    let stack = Stack::start(
        &Options::default()
            .var("ACCESS_TEAM", &team.origin)
            .var("ACCESS_AUD", "ours")
            .var("ACCESS_OPERATORS", "anna@acme.example"),
    );
    let session = |token: &str| {
        let request = stack.request("GET", "/console/session");
        request.header("Cf-Access-Jwt-Assertion", token).send()
    };
    let good = team.token(&json!({}), "");
    for _ in 0..3 {
        let anna = session(&good).expect(200).json();
        assert_eq!(
            (&anna["actor"], &anna["role"]),
            (&json!("anna@acme.example"), &json!("operator"))
        );
    }
    assert_eq!(team.get("/fetched"), "1");
    let bo = team.token(&json!({ "email": "bo@acme.example" }), "");
    assert_eq!(session(&bo).expect(200).json()["role"], "viewer");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let (_, claims) = bo.split_once('.').unwrap();
    let (claims, _) = claims.split_once('.').unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"k"}"#);
    let (_, own) = signed.split_once('.').unwrap();
    for (why, token) in [
        ("forged", team.token(&json!({}), "&forged")),
        ("another's claims", format!("{header}.{claims}.{signature}")),
        ("expired", team.token(&json!({ "exp": 1_700_000_000 }), "")),
        (
            "another application",
            team.token(&json!({ "aud": ["theirs"] }), ""),
        ),
        (
            "another team",
            team.token(&json!({ "iss": "https://evil.example" }), ""),
        ),
        ("alg none", format!("{none}.{own}.")),
        ("alg none, signed", format!("{none}.{own}.{signature}")),
    ] {
        assert_eq!(session(&token).status, 401, "{why}");
    }
    let put = stack
        .request("PUT", "/v1/numbers/+15005550009")
        .json(&json!({}));
    let put = put.header("Cf-Access-Jwt-Assertion", &good);
    let _ = put.clone().send().expect(403);
    let _ = put.header("X-Hookswitch-Console", "1").send().expect(200);
}

#[test]
fn the_overview_is_streamed_and_a_change_arrives() {
    let stack = Stack::start(&with_keys());
    let cookie = log_in(&stack, VIEWER);
    let host = stack.worker_url().replace("http://", "");
    let mut stream = TcpStream::connect(&host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        stream,
        "GET /v1/live HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"
    )
    .unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut next = |begins: &str| {
        let found = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.starts_with(begins));
        found.unwrap_or_else(|| panic!("the stream ended before {begins}"))
    };
    assert!(next("HTTP/1.1").contains("200"));
    let mut document = || -> Value {
        next("event: overview");
        let data = next("data: ");
        serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap()
    };
    let first = document();
    assert_eq!(first["minutes"].as_array().unwrap().len(), 60);
    assert_eq!(first["opt_outs"]["today"], 0);
    assert_eq!(first["rejections"]["today"], 0);

    let forged = stack.webhook("/voice/incoming").form(&[("CallSid", "CA1")]);
    let _ = forged.send().expect(403);
    let to = fresh_number();
    let sent = json!({ "to": to, "body": "Your order is on its way." });
    let _ = stack.post("/v1/messages", &sent).send().expect(202);
    let since = Instant::now();
    loop {
        let shown = document();
        let minutes = shown["minutes"].as_array().unwrap();
        let sent: u64 = minutes
            .iter()
            .filter_map(|minute| minute["sent"].as_u64())
            .sum();
        if sent == 1 && shown["rejections"]["by_cause"]["missing"] == 1 {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{shown}");
    }
    // A reader that goes does not take the Worker along.
    stream.shutdown(std::net::Shutdown::Both).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    std::thread::sleep(Duration::from_secs(3));
    let _ = stack.request("GET", "/healthz").send().expect(200);
    let _ = stack.get("/v1/overview").send().expect(200);
}
