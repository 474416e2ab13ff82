use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::gateway::handle;
use crate::gateway::http::{BodyFault, Incoming, Response};
use crate::gateway::published::Memory;
use crate::gateway::world::{Unavailable, World};
use crate::log::Record;
use crate::objects::contact::Contact;
use crate::objects::guard::Guard;
use crate::objects::testing::{TestHost, run};
use crate::objects::{Command, Object};
use crate::ports::{Clock, Entropy, Host as _, Http, HttpFault, HttpRequest, HttpResponse, Millis};
use crate::settings::Settings;
use crate::time::{MINUTE, SECOND};

const NUMBER: &str = "+14155552671";

/// The gateway with real objects behind it, each on a SQLite of its own; one Twilio for all.
struct Town {
    host: TestHost,
    guard: TestHost,
    contacts: RefCell<BTreeMap<String, TestHost>>,
    settings: Vec<(String, String)>,
    memory: Memory,
    asked: RefCell<Vec<&'static str>>,
}

impl Town {
    fn new(more: &[(&str, &str)]) -> Town {
        let mut settings = vec![
            ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
            ("TWILIO_AUTH_TOKEN", "token"),
            ("TWILIO_VERIFY_SID", "VA00000000000000000000000000000001"),
            ("API_KEYS", "test:secret-key"),
        ];
        settings.extend_from_slice(more);
        Town {
            host: TestHost::new(&settings),
            guard: TestHost::new(&settings),
            contacts: RefCell::default(),
            settings: settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            memory: Memory::default(),
            asked: RefCell::default(),
        }
    }

    fn contact(&self, name: &str) -> TestHost {
        let mut contacts = self.contacts.borrow_mut();
        let settings: Vec<_> = self
            .settings
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let host = contacts.entry(name.to_owned()).or_insert_with(|| {
            let host = TestHost::new(&settings);
            let twilio = self.host.clone();
            *host.0.otherwise.borrow_mut() = Some(Box::new(move |request| {
                run(twilio.send(request.clone())).unwrap()
            }));
            host
        });
        host.0.now.set(self.host.now());
        host.clone()
    }

    fn tell_text(
        &self,
        name: &str,
        object: Object,
        verb: &str,
        body: &str,
    ) -> Result<String, Unavailable> {
        let reply = match object {
            Object::Contact => {
                let contact = Contact::open(self.contact(name)).unwrap();
                run(contact.handle(verb, body)).unwrap()
            }
            Object::Guard => {
                self.guard.0.now.set(self.host.now());
                Guard::open(self.guard.clone()).unwrap().handle(verb, body)
            }
            _ => return Err(Unavailable),
        };
        reply.map_err(|_| Unavailable)
    }

    fn answer(&self, request: &Ask) -> Response {
        run(handle(self, request)).unwrap()
    }

    fn post(&self, path: &'static str, body: &Json) -> Response {
        self.answer(
            &Ask::new("POST", path)
                .with("authorization", "Bearer secret-key")
                .json(body),
        )
    }

    fn send(&self, body: &Json) -> Response {
        self.post("/v1/verify/send", body)
    }

    fn takes(&self) {
        self.host.answer(201, r#"{"sid":"VE1","status":"pending"}"#);
    }

    fn judges(&self, status: &str) {
        self.host
            .answer(201, &json!({"sid": "VE1", "status": status}).to_string());
    }
}

impl Clock for Town {
    fn now(&self) -> Millis {
        self.host.now()
    }
}

impl Entropy for Town {
    fn fill(&self, bytes: &mut [u8]) {
        self.host.fill(bytes);
    }
}

impl Http for Town {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        Http::send(&self.host, request).await
    }

    async fn pause(&self, length: Millis) {
        self.host.pause(length).await;
    }
}

impl World for Town {
    fn settings(&self) -> &Settings {
        self.host.settings()
    }

    async fn ask<C: Command>(&self, name: &str, command: &C) -> Result<C::Reply, Unavailable> {
        self.asked.borrow_mut().push(C::VERB);
        let body = serde_json::to_string(command).unwrap();
        let reply = self.tell_text(name, C::OBJECT, C::VERB, &body)?;
        Ok(serde_json::from_str(&reply).unwrap())
    }

    async fn defer<C: Command>(&self, _: &str, _: &C) -> Result<(), Unavailable> {
        Err(Unavailable)
    }

    fn tell<C: Command>(&self, name: &str, command: &C) {
        let body = serde_json::to_string(command).unwrap();
        self.tell_text(name, C::OBJECT, C::VERB, &body).unwrap();
    }

    async fn published(&self, _: &str) -> Result<Option<String>, Unavailable> {
        Ok(None)
    }

    async fn publish(&self, _: &str, _: &str) -> Result<(), Unavailable> {
        Err(Unavailable)
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn log(&self, record: Record) {
        self.host.log(record);
    }
}

/// A request.
struct Ask {
    method: &'static str,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Ask {
    fn new(method: &'static str, path: &str) -> Ask {
        let url = format!("https://gw.example{path}");
        Ask {
            method,
            url,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Ask {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn json(mut self, body: &Json) -> Ask {
        self.body = body.to_string();
        self.with("content-type", "application/json")
    }
}

impl Incoming for Ask {
    fn method(&self) -> &str {
        self.method
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    }

    fn network(&self) -> Option<u32> {
        Some(64_500)
    }

    async fn body(&self, _: usize) -> Result<Vec<u8>, BodyFault> {
        Ok(self.body.clone().into_bytes())
    }
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
    let town = Town::new(&[]);
    town.takes();
    let response = town.send(&json!({"to": NUMBER, "locale": "de-AT", "client_ip": "203.0.113.9"}));
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
    let sent = town.host.0.requests.borrow();
    assert!(sent[0].body.contains("Locale=de") && sent[0].body.contains("DeviceIp=203.0.113.9"));
}

#[test]
fn the_ordinary_path_is_the_guard_and_the_contact_and_without_the_guard_the_contact_alone() {
    let town = Town::new(&[]);
    town.takes();
    town.send(&json!({"to": NUMBER}));
    town.judges("approved");
    town.post("/v1/verify/check", &json!({"to": NUMBER, "code": "123456"}));
    assert_eq!(
        *town.asked.borrow(),
        ["admit", "start-verification", "check-code"]
    );

    let town = Town::new(&[
        ("VERIFY_GUARD", "off"),
        ("VERIFY_LIMIT_ACCOUNT", "off"),
        ("VERIFY_LIMIT_PREFIX", "off"),
    ]);
    town.takes();
    assert_eq!(town.send(&json!({"to": NUMBER})).status, 202);
    assert_eq!(*town.asked.borrow(), ["start-verification"]);
}

#[test]
fn over_the_limit_the_answer_says_when_and_what_else() {
    let town = Town::new(&[]);
    for _ in 0..3 {
        town.takes();
        let sent = town.send(&json!({"to": NUMBER, "channel": "sms", "fallback": []}));
        assert_eq!(sent.status, 202);
    }
    town.host.advance(MINUTE);
    let response = town.send(&json!({"to": NUMBER}));
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
    town.takes();
    let call = town.send(&json!({"to": NUMBER, "channel": "call"}));
    assert_eq!(call.status, 202);
}

#[test]
fn the_clients_limit_is_told_apart_and_counts_nothing_that_twilio_refused_for_us() {
    let town = Town::new(&[("VERIFY_LIMIT_IP", "2/600")]);
    let to = |n: u32| json!({"to": format!("+1415555{n:04}"), "client_ip": "203.0.113.9"});
    for n in 0..10 {
        town.host
            .answer(401, r#"{"code":20003,"message":"m","status":401}"#);
        let response = town.send(&to(n));
        assert_eq!(
            (response.status, &body(&response)["code"]),
            (502, &json!("twilio_configuration"))
        );
    }
    for n in 0..2 {
        town.takes();
        assert_eq!(town.send(&to(n)).status, 202);
    }
    let response = town.send(&to(3));
    assert_eq!(
        (response.status, &body(&response)["limit"]),
        (429, &json!("ip"))
    );
}

#[test]
fn a_country_that_is_not_listed_is_refused_before_anything_is_asked() {
    let town = Town::new(&[("VERIFY_COUNTRIES", "US,CA")]);
    let response = town.send(&json!({"to": "+18765552671"}));
    assert_eq!(
        (response.status, &body(&response)["code"]),
        (403, &json!("country_refused"))
    );
    assert!(town.asked.borrow().is_empty() && town.host.posts() == 0);
    let town = Town::new(&[("VERIFY_COUNTRIES", "US"), ("VERIFY_GUARD", "dry-run")]);
    town.takes();
    assert_eq!(town.send(&json!({"to": "+18765552671"})).status, 202);
    let log = town.host.0.log.borrow();
    assert!(
        log.iter()
            .any(|r| r.event == "verify.country_refused" && r.fields["dry_run"] == true)
    );
}

#[test]
fn fields_are_typed_per_channel() {
    let town = Town::new(&[]);
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
        let response = town.send(&wrong);
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
    let town = Town::new(&[]);
    let check = |code: &str| town.post("/v1/verify/check", &json!({"to": NUMBER, "code": code}));
    town.takes();
    town.send(&json!({"to": NUMBER}));
    town.judges("pending");
    let wrong = body(&check("111111"));
    assert_eq!(
        (&wrong["status"], &wrong["valid"], &wrong["attempts_left"]),
        (&json!("pending"), &json!(false), &json!(4))
    );
    town.host.no_answer();
    let unjudged = check("222222");
    assert_eq!(
        (unjudged.status, &body(&unjudged)["code"]),
        (503, &json!("not_judged"))
    );
    assert!(!unjudged.body.contains("222222"));
    town.judges("approved");
    let right = body(&check("333333"));
    assert_eq!(
        (&right["status"], &right["valid"]),
        (&json!("approved"), &json!(true))
    );
    town.host
        .answer(404, r#"{"code":20404,"message":"m","status":404}"#);
    let used = check("333333");
    assert_eq!((used.status, &body(&used)["status"]), (200, &json!("used")));
    assert_eq!(check("12").status, 400);
}

#[test]
fn stats_show_the_funnel_and_say_when_twilio_does_not() {
    let town = Town::new(&[]);
    town.takes();
    town.send(&json!({"to": NUMBER}));
    town.judges("approved");
    town.post("/v1/verify/check", &json!({"to": NUMBER, "code": "123456"}));
    let stats = |query: &str| {
        let ask = Ask::new("GET", &format!("/v1/verify/stats{query}"));
        town.answer(&ask.with("authorization", "Bearer secret-key"))
    };
    town.host.no_answer();
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
    town.host.answer(200, &attempts.to_string());
    let with = body(&stats("?hours=48"));
    assert_eq!(with["funnel"][0]["delivered"], 1);
    assert_eq!(with["funnel"][0]["cost"]["amount"], 0.05);
    assert_eq!(stats("?hours=0").status, 400);
}

fn page_town(more: &[(&str, &str)]) -> Town {
    let mut settings = vec![
        ("VERIFY_ORIGINS", "https://shop.example"),
        ("TURNSTILE_SECRET", "turnstile"),
    ];
    settings.extend_from_slice(more);
    Town::new(&settings)
}

fn from_page(path: &str, origin: &str, body: &Json) -> Ask {
    Ask::new("POST", path)
        .with("origin", origin)
        .with("cf-connecting-ip", "203.0.113.9")
        .json(body)
}

#[test]
fn a_page_needs_an_origin_that_is_configured_and_a_person() {
    let town = page_town(&[]);
    let shop = "https://shop.example";
    let ask = json!({"to": NUMBER, "turnstile_token": "good", "locale": "tlh"});
    let stranger = town.answer(&from_page("/verify/send", "https://evil.example", &ask));
    assert_eq!(
        (
            stranger.status,
            header(&stranger, "Access-Control-Allow-Origin")
        ),
        (403, None)
    );
    let no_token = town.answer(&from_page("/verify/send", shop, &json!({"to": NUMBER})));
    assert_eq!(
        (no_token.status, &body(&no_token)["code"]),
        (403, &json!("turnstile_failed"))
    );
    assert!(town.host.0.requests.borrow().is_empty());
    town.host.answer(
        200,
        r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#,
    );
    assert_eq!(
        town.answer(&from_page("/verify/send", shop, &ask)).status,
        403
    );
    town.host.no_answer();
    assert_eq!(
        town.answer(&from_page("/verify/send", shop, &ask)).status,
        503
    );
    assert!(town.asked.borrow().is_empty());

    town.host.answer(200, r#"{"success":true}"#);
    town.takes();
    let sent = town.answer(&from_page("/verify/send", shop, &ask));
    assert_eq!(sent.status, 202, "{}", sent.body);
    assert_eq!(header(&sent, "Access-Control-Allow-Origin"), Some(shop));
    assert_eq!(header(&sent, "Vary"), Some("Origin"));
    town.host.answer(200, r#"{"success":true}"#);
    town.judges("approved");
    let code = json!({"to": NUMBER, "code": "123456", "turnstile_token": "good2"});
    let checked = town.answer(&from_page("/verify/check", shop, &code));
    assert_eq!(body(&checked)["valid"], true);
    let requests = town.host.0.requests.borrow();
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
    let response = town.answer(&from_page("/verify/send", "https://shop.example", &ask));
    assert_eq!(
        (response.status, &body(&response)["errors"][0]["pointer"]),
        (400, &json!("/client_ip"))
    );
}

#[test]
fn a_preflight_is_answered_for_a_configured_origin_only() {
    let town = page_town(&[]);
    let ask = |origin| Ask::new("OPTIONS", "/verify/send").with("origin", origin);
    let good = town.answer(&ask("https://shop.example"));
    assert_eq!(good.status, 204);
    assert_eq!(header(&good, "Access-Control-Allow-Methods"), Some("POST"));
    assert_eq!(
        header(&good, "Access-Control-Allow-Headers"),
        Some("Content-Type")
    );
    assert_eq!(
        town.answer(&ask("https://shop.example.evil.example"))
            .status,
        403
    );
}

#[test]
fn a_problem_can_be_read_by_the_page() {
    let town = page_town(&[]);
    let response = town.answer(&from_page(
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
    let none = Town::new(&[]);
    for path in ["/verify/send", "/verify/check"] {
        let ask = from_page(path, "https://shop.example", &json!({}));
        assert_eq!(none.answer(&ask).status, 404);
    }
    assert_eq!(none.answer(&Ask::new("GET", "/verify")).status, 404);
    let open = Town::new(&[("VERIFY_ORIGINS", "https://shop.example")]);
    let ask = json!({"to": NUMBER, "turnstile_token": "x"});
    let response = open.answer(&from_page("/verify/send", "https://shop.example", &ask));
    assert_eq!((response.status, open.host.posts()), (500, 0));
}

#[test]
fn the_page_that_is_served_may_ask_its_own_gateway() {
    let town = Town::new(&[
        ("VERIFY_PAGE", "1"),
        ("TURNSTILE_SECRET", "turnstile"),
        ("TURNSTILE_SITE_KEY", "0x4AAA-b_c"),
    ]);
    let page = town.answer(&Ask::new("GET", "/verify"));
    assert_eq!(
        (page.status, page.content_type),
        (200, "text/html; charset=utf-8")
    );
    assert!(page.body.contains("data-turnstile-site-key=\"0x4AAA-b_c\""));
    let ask = |origin| Ask::new("OPTIONS", "/verify/send").with("origin", origin);
    assert_eq!(town.answer(&ask("https://gw.example")).status, 204);
    assert_eq!(town.answer(&ask("https://shop.example")).status, 403);
}

#[test]
fn a_blocked_prefix_is_told_apart_from_a_limit() {
    let town = Town::new(&[
        ("VERIFY_LIMIT_ADDRESS", "off"),
        ("VERIFY_LIMIT_ACCOUNT", "off"),
    ]);
    let to = |n: u32| json!({"to": format!("+1415555{n:04}")});
    for n in 0..50 {
        town.takes();
        assert_eq!(town.send(&to(n)).status, 202);
        town.host.advance(SECOND);
    }
    town.host.advance(5 * MINUTE);
    let response = town.send(&to(77));
    assert_eq!(
        (response.status, &body(&response)["code"]),
        (403, &json!("verify_blocked"))
    );
    assert_eq!(body(&response)["alternatives"], json!(["email"]));
    assert!(header(&response, "Retry-After").is_some());
}
