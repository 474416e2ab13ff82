//! The twin's answers against Twilio's own OpenAPI description, when it is at hand:
//! `TWILIO_OPENAPI_DIR=... cargo test -p hookswitch-twin --test openapi -- --ignored`.

mod common;

use common::{Stage, account_path, nothing};
use serde_json::Value;
use std::collections::BTreeSet;

struct Spec(Value);

impl Spec {
    fn read(name: &str) -> Self {
        let dir = std::env::var("TWILIO_OPENAPI_DIR")
            .expect("TWILIO_OPENAPI_DIR names the folder of twilio_*.json");
        let text =
            std::fs::read_to_string(format!("{dir}/twilio_{name}.json")).expect("the description");
        Self(serde_json::from_str(&text).expect("json"))
    }

    /// The names of the properties of the answer with this status.
    fn properties(&self, method: &str, path: &str, status: &str) -> BTreeSet<String> {
        let schema = &self.0["paths"][path][method]["responses"][status]["content"]["application/json"]
            ["schema"];
        let schema = self.resolve(schema);
        let properties = schema["properties"].as_object();
        let properties =
            properties.unwrap_or_else(|| panic!("{method} {path} {status} is described"));
        properties.keys().cloned().collect()
    }

    /// The properties of the items of a list.
    fn items(&self, path: &str, key: &str) -> BTreeSet<String> {
        let schema = &self.0["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
            ["schema"];
        let list = &self.resolve(schema)["properties"][key]["items"];
        let item = self.resolve(list);
        item["properties"]
            .as_object()
            .expect("described items")
            .keys()
            .cloned()
            .collect()
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self
                .0
                .pointer(reference.trim_start_matches('#'))
                .expect("a schema"),
            None => schema,
        }
    }
}

fn keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect()
}

/// Every property that Twilio describes is there, and none that it does not.
fn same(what: &str, answer: &Value, described: &BTreeSet<String>, wrong: &mut Vec<String>) {
    let have = keys(answer);
    for missing in described.difference(&have) {
        wrong.push(format!("{what}: {missing} is missing"));
    }
    for extra in have.difference(described) {
        wrong.push(format!("{what}: {extra} is not Twilio's"));
    }
}

const ACCOUNT: &str = "/2010-04-01/Accounts/{AccountSid}";

#[tokio::test]
#[ignore = "needs Twilio's OpenAPI files: set TWILIO_OPENAPI_DIR"]
async fn messages_and_calls_have_twilios_fields() {
    let spec = Spec::read("api_v2010");
    let stage = Stage::new(|_| nothing()).await;
    let mut wrong = Vec::new();
    let (_, message) = stage.send_sms("+15551234567", "x").await;
    same(
        "message",
        &message,
        &spec.properties("post", &format!("{ACCOUNT}/Messages.json"), "201"),
        &mut wrong,
    );
    let (_, list) = stage.rest("GET", &account_path("Messages.json"), &[]).await;
    same(
        "messages",
        &list,
        &spec.properties("get", &format!("{ACCOUNT}/Messages.json"), "200"),
        &mut wrong,
    );
    let (_, call) = stage
        .rest(
            "POST",
            &account_path("Calls.json"),
            &[
                ("To", "+15551234567"),
                ("From", "+15550001111"),
                ("Twiml", "<Response><Record/></Response>"),
            ],
        )
        .await;
    same(
        "call",
        &call,
        &spec.properties("post", &format!("{ACCOUNT}/Calls.json"), "201"),
        &mut wrong,
    );
    let (_, list) = stage.rest("GET", &account_path("Calls.json"), &[]).await;
    same(
        "calls",
        &list,
        &spec.properties("get", &format!("{ACCOUNT}/Calls.json"), "200"),
        &mut wrong,
    );
    let (_, number) = stage
        .rest(
            "POST",
            &account_path("IncomingPhoneNumbers.json"),
            &[("PhoneNumber", "+15550002222")],
        )
        .await;
    same(
        "number",
        &number,
        &spec.properties(
            "post",
            &format!("{ACCOUNT}/IncomingPhoneNumbers.json"),
            "201",
        ),
        &mut wrong,
    );
    let (_, media) = stage
        .rest(
            "POST",
            &account_path("Messages.json"),
            &[
                ("To", "+15551234567"),
                ("From", "+15550001111"),
                ("MediaUrl", "http://x.test/a.png"),
            ],
        )
        .await;
    let path = account_path(&format!(
        "Messages/{}/Media.json",
        media["sid"].as_str().expect("a sid")
    ));
    let (_, list) = stage.rest("GET", &path, &[]).await;
    same(
        "medium",
        &list["media_list"][0],
        &spec.items(
            &format!("{ACCOUNT}/Messages/{{MessageSid}}/Media.json"),
            "media_list",
        ),
        &mut wrong,
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs Twilio's OpenAPI files: set TWILIO_OPENAPI_DIR"]
async fn the_newer_products_have_twilios_fields() {
    let stage = Stage::new(|_| nothing()).await;
    let mut wrong = Vec::new();
    let spec = Spec::read("verify_v2");
    let (_, service) = stage
        .rest("POST", "/verify/v2/Services", &[("FriendlyName", "Acme")])
        .await;
    let service = service["sid"].as_str().expect("a sid");
    let base = format!("/verify/v2/Services/{service}");
    let (_, made) = stage
        .rest(
            "POST",
            &format!("{base}/Verifications"),
            &[("To", "+15551234567"), ("Channel", "sms")],
        )
        .await;
    same(
        "verification",
        &made,
        &spec.properties("post", "/v2/Services/{ServiceSid}/Verifications", "201"),
        &mut wrong,
    );
    let (_, check) = stage
        .rest(
            "POST",
            &format!("{base}/VerificationCheck"),
            &[("To", "+15551234567"), ("Code", "wrong")],
        )
        .await;
    same(
        "check",
        &check,
        &spec.properties("post", "/v2/Services/{ServiceSid}/VerificationCheck", "201"),
        &mut wrong,
    );
    let (_, attempts) = stage.rest("GET", "/verify/v2/Attempts", &[]).await;
    same(
        "attempt",
        &attempts["attempts"][0],
        &spec.items("/v2/Attempts", "attempts"),
        &mut wrong,
    );

    let spec = Spec::read("messaging_v1");
    let (_, service) = stage
        .rest(
            "POST",
            "/messaging/v1/Services",
            &[("FriendlyName", "Acme")],
        )
        .await;
    same(
        "service",
        &service,
        &spec.properties("post", "/v1/Services", "201"),
        &mut wrong,
    );
    let pool = format!(
        "/messaging/v1/Services/{}/PhoneNumbers",
        service["sid"].as_str().expect("a sid")
    );
    let (_, sender) = stage
        .rest("POST", &pool, &[("PhoneNumberSid", "+15550002222")])
        .await;
    same(
        "sender",
        &sender,
        &spec.properties("post", "/v1/Services/{ServiceSid}/PhoneNumbers", "201"),
        &mut wrong,
    );

    let spec = Spec::read("accounts_v1");
    let (_, token) = stage
        .rest("POST", "/accounts/v1/AuthTokens/Secondary", &[])
        .await;
    same(
        "secondary",
        &token,
        &spec.properties("post", "/v1/AuthTokens/Secondary", "201"),
        &mut wrong,
    );
    let (_, token) = stage
        .rest("POST", "/accounts/v1/AuthTokens/Promote", &[])
        .await;
    same(
        "promoted",
        &token,
        &spec.properties("post", "/v1/AuthTokens/Promote", "200"),
        &mut wrong,
    );
    assert_eq!(wrong, Vec::<String>::new());
}
