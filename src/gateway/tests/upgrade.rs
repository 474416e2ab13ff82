//! State that a release has written is read, and written on, by this one.
//!
//! `tests/data/upgrade/{version}.sql` is what [`story`] left behind under that release. With
//! HOOKSWITCH_BLESS=1 the present release writes its own; one that has landed is never written
//! again.

use serde_json::{Value, json};

use super::{call, message, ok};
use crate::gateway::testing::{PERSON, TestRequest, TestWorld, US, json_of};
use crate::objects::Object;
use crate::time::{HOUR, MINUTE};

const SETTINGS: [(&str, &str); 3] = [
    ("EVENTS_URL", "https://app.example/hook"),
    ("EVENTS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("TWILIO_VERIFY_SID", "VA00000000000000000000000000000001"),
];
/// Somebody who said stop.
const STOPPED: &str = "+14155550177";
/// Somebody with a code under way.
const VERIFYING: &str = "+14155550188";

fn inbound(world: &TestWorld, number: u32, from: &str, body: &str) {
    let sid = format!("SM{number:032x}");
    let mut form = message(&sid, body);
    for (name, value) in &mut form {
        if *name == "From" {
            *value = from;
        }
    }
    ok(world.webhook("/webhooks/sms/incoming", &form));
}

fn put(world: &TestWorld, target: &str, body: &Value) {
    ok(world.api("PUT", target, Some(body)));
}

fn post(world: &TestWorld, target: &str, body: &Value) -> Value {
    let response = world.api("POST", target, Some(body));
    assert!(
        (200..300).contains(&response.status),
        "{target}: {}",
        response.body
    );
    json_of(&response)
}

fn get(world: &TestWorld, target: &str) -> Value {
    let response = world.api("GET", target, None);
    assert_eq!(response.status, 200, "{target}: {}", response.body);
    json_of(&response)
}

/// A little of everything that is kept.
fn story() -> TestWorld {
    let world = TestWorld::with(&SETTINGS);
    put(&world, "/v1/senders/shop", &json!({"address": US}));
    let flow: Value = serde_json::from_str(include_str!("../../../flows/acme-ivr.json")).unwrap();
    put(&world, "/v1/flows/front-desk", &flow);
    let number = format!("/v1/numbers/{}", US.replace('+', "%2B"));
    put(&world, &number, &json!({"voice_flow": "front-desk"}));
    inbound(&world, 1, PERSON, "hello");
    inbound(&world, 2, STOPPED, "STOP");
    post(
        &world,
        "/v1/messages",
        &json!({"to": PERSON, "body": "Your order has left."}),
    );
    ok(world.webhook("/voice/incoming", &call(&[])));
    let ended = world.webhook("/voice/status", &call(&[("CallDuration", "5")]));
    assert_eq!(ended.status, 204);
    let made = post(
        &world,
        "/v1/campaigns",
        &json!({"name": "spring", "sender": US, "kind": "transactional", "body": "Hi {{name}}"}),
    );
    let upload = format!("/v1/campaigns/{}/recipients", made["id"].as_str().unwrap());
    let upload = TestRequest::api("PUT", &upload, None);
    let list = "to,name\n+14155550101,Ann\n+14155550102,Bob\n";
    ok(world.send(&upload.body("text/csv", list.as_bytes())));
    world.twilio_answers(
        201,
        r#"{"sid":"VE00000000000000000000000000000001","status":"pending"}"#,
    );
    post(&world, "/v1/verify/send", &json!({"to": VERIFYING}));
    post(
        &world,
        "/v1/rotation",
        &json!({"kind": "auth_token", "step": "start"}),
    );
    world.settle();
    world
}

fn path() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{}/tests/data/upgrade/{version}.sql",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// Every release's state, the present one's included.
fn releases() -> Vec<(String, String)> {
    if std::env::var_os("HOOKSWITCH_BLESS").is_some() {
        std::fs::write(path(), story().dump()).unwrap();
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/upgrade");
    let files = std::fs::read_dir(folder).unwrap();
    let mut all: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.display().to_string(), text)
        })
        .collect();
    all.sort();
    all
}

/// Ids of what a list of the API has.
fn ids(list: &Value, key: &str) -> Vec<String> {
    let items = list[key].as_array().cloned().unwrap_or_default();
    let ids = items.iter().filter_map(|item| item["id"].as_str());
    ids.map(str::to_owned).collect()
}

#[test]
fn what_every_release_has_written_is_read_and_goes_on() {
    let releases = releases();
    assert!(!releases.is_empty());
    for (release, dump) in releases {
        for class in Object::ALL {
            let section = format!("-- object {} ", class.binding());
            // No sender's object is needed for the story.
            assert!(
                dump.contains(&section) || class == Object::Sender,
                "{section}"
            );
        }
        let world = TestWorld::of_dump(&dump, &SETTINGS, HOUR);
        // Who said stop is not written to, whoever asks.
        let body = json!({"to": STOPPED, "body": "Hello again"});
        let refused = world.api("POST", "/v1/messages", Some(&body));
        assert_eq!(refused.status, 409, "{release}: {}", refused.body);
        // Every message is there, and what became of it is taken in.
        let messages = ids(&get(&world, "/v1/messages"), "messages");
        assert_eq!(messages.len(), 3, "{release}");
        let mut outbound = messages
            .iter()
            .map(|id| get(&world, &format!("/v1/messages/{id}")));
        let sent = outbound.find(|one| one["direction"] == "outbound").unwrap();
        let sid = sent["sid"].as_str().unwrap().to_owned();
        let target = format!("/webhooks/sms/status?m={}", sent["id"].as_str().unwrap());
        let account = crate::gateway::testing::ACCOUNT;
        let form = [
            ("MessageSid", sid.as_str()),
            ("AccountSid", account),
            ("MessageStatus", "delivered"),
        ];
        assert_eq!(world.webhook(&target, &form).status, 204, "{release}");
        let now = get(
            &world,
            &format!("/v1/messages/{}", sent["id"].as_str().unwrap()),
        );
        assert_eq!(now["status"], "delivered", "{release}");
        // Calls, flows, senders, campaigns.
        let person = PERSON.replace('+', "%2B");
        let calls = get(&world, &format!("/v1/calls?contact={person}"));
        assert_eq!(ids(&calls, "calls").len(), 1, "{release}: {calls}");
        assert_eq!(get(&world, "/v1/flows/front-desk")["revision"], 1);
        let twiml = ok(world.webhook("/voice/incoming", &call(&[])));
        assert!(twiml.contains("Press 1"), "{release}: {twiml}");
        assert_eq!(get(&world, "/v1/senders/shop")["address"], US);
        let campaign = dump.split("-- object CAMPAIGN ").nth(1).unwrap();
        let campaign = campaign.lines().next().unwrap();
        let shown = get(&world, &format!("/v1/campaigns/{campaign}"));
        assert_eq!(shown["name"], "spring", "{release}: {shown}");
        // A code that was under way is judged.
        world.twilio_answers(
            200,
            r#"{"sid":"VE00000000000000000000000000000001","status":"approved","valid":true}"#,
        );
        let check = json!({"to": VERIFYING, "code": "123456"});
        let checked = post(&world, "/v1/verify/check", &check);
        assert!(checked["status"].is_string(), "{release}: {checked}");
        // A rotation goes on, and what is new is written beside what was.
        assert_eq!(get(&world, "/v1/rotation")["auth_token"]["step"], "start");
        inbound(&world, 9, STOPPED, "START");
        post(
            &world,
            "/v1/messages",
            &json!({"to": STOPPED, "body": "Welcome back"}),
        );
        world.advance(MINUTE);
        world.settle();
        assert_eq!(
            ids(&get(&world, "/v1/messages"), "messages").len(),
            5,
            "{release}"
        );
        let log = world.log.borrow();
        let bad = log.iter().find(|line| line.event.contains("unreadable"));
        assert_eq!(bad, None, "{release}");
    }
}
