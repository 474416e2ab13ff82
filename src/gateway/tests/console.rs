//! Sessions at the console: who gets one, what it may do, and every way in that is none.

use serde_json::{Value, json};

use crate::access::session::LASTS;
use crate::gateway::http::Response;
use crate::gateway::testing::{BASE, TestRequest, TestWorld, json_of};
use crate::time::{HOUR, MINUTE};

const OPERATOR: &str = "the-operators-own-key";
const VIEWER: &str = "the-viewers-own-key";

fn world() -> TestWorld {
    TestWorld::with(&[("CONSOLE_KEY", OPERATOR), ("CONSOLE_VIEWER_KEY", VIEWER)])
}

fn json_request(method: &str, target: &str, body: &Value) -> TestRequest {
    TestRequest::new(method, target).body("application/json", body.to_string().as_bytes())
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    let mut headers = response.headers.iter();
    let (_, value) = headers.find(|(known, _)| *known == name)?;
    Some(value)
}

fn log_in(world: &TestWorld, key: &str) -> Response {
    world.send(&json_request(
        "POST",
        "/console/session",
        &json!({ "key": key }),
    ))
}

/// The `Cookie` header of a session.
fn cookie(world: &TestWorld, key: &str) -> String {
    let response = log_in(world, key);
    assert_eq!(response.status, 204);
    let set = header(&response, "Set-Cookie").unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// A request as the console's page makes it.
fn from_page(method: &str, target: &str, cookie: &str) -> TestRequest {
    TestRequest::new(method, target)
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
}

/// A change as the console's page makes it.
fn change(target: &str, cookie: &str) -> TestRequest {
    from_page("PUT", target, cookie)
        .header("origin", BASE)
        .header("x-hookswitch-console", "1")
        .body("application/json", br#"{"voice_flow":"acme-ivr"}"#)
}

const NUMBER: &str = "/v1/numbers/+15005550006";

#[test]
fn a_key_opens_a_session_that_says_who_and_until_when_and_can_be_ended() {
    let world = world();
    let response = log_in(&world, OPERATOR);
    let set = header(&response, "Set-Cookie").unwrap();
    assert!(set.starts_with("__Host-hookswitch=1.operator."), "{set}");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"));
    assert_eq!(header(&response, "Cache-Control"), Some("no-store"));
    let cookie = cookie(&world, VIEWER);
    let shown = world.send(&from_page("GET", "/console/session", &cookie));
    let shown = json_of(&shown);
    assert_eq!(shown["role"], "viewer");
    assert_eq!(shown["actor"], "viewer");
    assert!(shown["expires_at"].as_str().unwrap().ends_with('Z'));
    let ended = world.send(&from_page("DELETE", "/console/session", &cookie));
    assert_eq!(ended.status, 204);
    let set = header(&ended, "Set-Cookie").unwrap();
    assert!(set.starts_with("__Host-hookswitch=;") && set.contains("Max-Age=0"));
    assert_eq!(*world.asked.borrow(), [], "nothing is stored");
}

#[test]
fn a_wrong_key_opens_nothing_and_a_deployment_without_keys_has_no_console() {
    let world = world();
    for key in ["", "the-operators-own-ke", "api-key", "operator"] {
        let response = log_in(&world, key);
        assert_eq!(response.status, 401, "{key}");
        assert_eq!(header(&response, "Set-Cookie"), None);
    }
    assert!(world.logged("console.unauthorized").is_some());
    world.requests_left.set(0);
    assert_eq!(log_in(&world, OPERATOR).status, 429, "guesses are limited");
    assert_eq!(log_in(&TestWorld::new(), OPERATOR).status, 404);
}

#[test]
fn an_operators_session_stands_in_for_a_key_and_a_viewers_for_looking() {
    let world = world();
    let (operator, viewer) = (cookie(&world, OPERATOR), cookie(&world, VIEWER));
    for cookie in [&operator, &viewer] {
        let response = world.send(&from_page("GET", "/v1/flows", cookie));
        assert_eq!(response.status, 200);
        assert_eq!(header(&response, "Cache-Control"), Some("no-store"));
    }
    let refused = world.send(&change(NUMBER, &viewer));
    assert_eq!(
        (refused.status, json_of(&refused)["code"].clone()),
        (403, json!("role_refused"))
    );
    assert_eq!(
        world.api("GET", NUMBER, None).status,
        404,
        "nothing was changed"
    );
    assert_eq!(world.send(&change(NUMBER, &operator)).status, 200);
    assert_eq!(world.api("GET", NUMBER, None).status, 200);
}

#[test]
fn a_viewer_writes_by_no_method_and_on_no_route() {
    let world = world();
    let viewer = cookie(&world, VIEWER);
    for (method, target) in [
        ("POST", "/v1/messages"),
        ("POST", "/v1/calls"),
        ("PUT", "/v1/flows/x"),
        ("POST", "/v1/flows/x/check"),
        ("PUT", "/v1/senders/x"),
        ("PUT", "/v1/contacts/+14155550100"),
        ("DELETE", "/v1/contacts/+14155550100"),
        ("POST", "/v1/contacts/import"),
        ("POST", "/v1/campaigns"),
        ("POST", "/v1/campaigns/cmp_0/start"),
        ("POST", "/v1/events/evt_0/replay"),
        ("POST", "/v1/verify/send"),
    ] {
        let request = from_page(method, target, &viewer).header("x-hookswitch-console", "1");
        let response = world.send(&request.body("application/json", b"{}"));
        assert_eq!(
            json_of(&response)["code"],
            "role_refused",
            "{method} {target}"
        );
    }
    assert_eq!(*world.asked.borrow(), []);
}

#[test]
fn another_sites_page_changes_nothing_with_an_operators_cookie() {
    let world = world();
    let cookie = cookie(&world, OPERATOR);
    let put = || {
        TestRequest::new("PUT", NUMBER)
            .header("cookie", &cookie)
            .body("application/json", br#"{"voice_flow":"acme-ivr"}"#)
    };
    let console = |request: TestRequest| request.header("x-hookswitch-console", "1");
    for (why, request) in [
        ("no header", put()),
        (
            "no header, of our own page",
            put().header("sec-fetch-site", "same-origin"),
        ),
        (
            "cross-site",
            console(put()).header("sec-fetch-site", "cross-site"),
        ),
        (
            "same-site",
            console(put()).header("sec-fetch-site", "same-site"),
        ),
        (
            "origin",
            console(put()).header("origin", "https://evil.example"),
        ),
        ("origin null", console(put()).header("origin", "null")),
    ] {
        let response = world.send(&request);
        assert_eq!(json_of(&response)["code"], "foreign_request", "{why}");
    }
    let look = TestRequest::new("GET", "/v1/flows").header("cookie", &cookie);
    let look = look.header("sec-fetch-site", "cross-site");
    assert_eq!(world.send(&look).status, 403, "not even a look");
    assert_eq!(*world.asked.borrow(), [], "nothing was touched");
    // What browsers that say nothing about sites, and programs, may do with the header.
    assert_eq!(world.send(&console(put())).status, 200);
}

#[test]
fn nobody_is_logged_in_or_out_by_another_sites_page() {
    let world = world();
    let body = json!({ "key": OPERATOR });
    for site in ["cross-site", "same-site"] {
        for method in ["POST", "DELETE"] {
            let request = json_request(method, "/console/session", &body);
            let response = world.send(&request.header("sec-fetch-site", site));
            assert_eq!(response.status, 403);
            assert_eq!(header(&response, "Set-Cookie"), None);
        }
    }
    let form =
        TestRequest::post("/console/session").body("text/plain", body.to_string().as_bytes());
    assert_eq!(world.send(&form).status, 415);
}

#[test]
fn a_forged_or_expired_cookie_is_a_401_and_a_key_in_the_header_is_all_that_counts() {
    let world = world();
    let good = cookie(&world, OPERATOR);
    let status = |cookie: &str| world.send(&from_page("GET", "/v1/flows", cookie)).status;
    assert_eq!(status(&good), 200);
    let viewers = cookie(&world, VIEWER).replace("viewer", "operator");
    for forged in [
        "",
        "__Host-hookswitch=",
        "__Host-hookswitch=1.operator.9999999999.AAAA",
        &viewers,
        &format!("{good}x"),
        // What a neighbour's page could put there.
        &good.replace("__Host-", ""),
    ] {
        assert_eq!(status(forged), 401, "{forged}");
    }
    let wrong_key = from_page("GET", "/v1/flows", &good).header("authorization", "Bearer wrong");
    assert_eq!(world.send(&wrong_key).status, 401);
    world.advance(LASTS - MINUTE);
    assert_eq!(status(&good), 200);
    world.advance(MINUTE);
    assert_eq!(status(&good), 401, "expired");
    let other = TestWorld::with(&[("CONSOLE_KEY", "the operators' new key")]);
    assert_eq!(
        other.send(&from_page("GET", "/v1/flows", &good)).status,
        401
    );
}

/// Tokens of Cloudflare Access.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/access.json")).unwrap()
}

fn behind_access() -> (TestWorld, Value) {
    let vectors = vectors();
    let world = TestWorld::with(&[
        ("ACCESS_TEAM", "acme"),
        ("ACCESS_AUD", vectors["audience"].as_str().unwrap()),
        ("ACCESS_OPERATORS", "anna@acme.example"),
    ]);
    (world, vectors)
}

fn by_access(world: &TestWorld, token: &Value) -> Response {
    let request = TestRequest::new("GET", "/console/session");
    world.send(&request.header("cf-access-jwt-assertion", token.as_str().unwrap()))
}

#[test]
fn a_token_of_access_is_a_session_with_the_role_of_its_address_and_its_keys_are_fetched_once() {
    let (world, vectors) = behind_access();
    world.twilio_answers(200, &vectors["certs"].to_string());
    let anna = json_of(&by_access(&world, &vectors["operator"]));
    assert_eq!(
        (&anna["actor"], &anna["role"]),
        (&json!("Anna@acme.example"), &json!("operator"))
    );
    assert_eq!(anna["expires_at"], "2100-01-01T00:00:00.000Z");
    let bo = json_of(&by_access(&world, &vectors["viewer"]));
    assert_eq!(bo["role"], "viewer");
    let requests = world.twilio_requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].url,
        "https://acme.cloudflareaccess.com/cdn-cgi/access/certs"
    );
    // A change is still the page's own to make.
    let put = TestRequest::new("PUT", NUMBER)
        .header(
            "cf-access-jwt-assertion",
            vectors["operator"].as_str().unwrap(),
        )
        .body("application/json", b"{}");
    assert_eq!(json_of(&world.send(&put))["code"], "foreign_request");
    assert_eq!(
        world.send(&put.header("x-hookswitch-console", "1")).status,
        200
    );
}

#[test]
fn a_token_that_is_expired_for_another_or_unsigned_is_a_401() {
    let (world, vectors) = behind_access();
    world.twilio_answers(200, &vectors["certs"].to_string());
    assert_eq!(by_access(&world, &vectors["operator"]).status, 200);
    let refused = vectors["refused"].as_object().unwrap();
    assert!(refused.len() >= 10);
    for (why, token) in refused {
        assert_eq!(by_access(&world, token).status, 401, "{why}");
    }
    let line = world.logged("console.unauthorized").unwrap();
    assert!(!line.contains('@'), "{line}");
    // A deployment that has no Access takes no such header from anybody.
    let local = self::world();
    assert_eq!(by_access(&local, &vectors["operator"]).status, 401);
}

#[test]
fn a_teams_list_that_cannot_be_had_lets_known_keys_go_on_for_a_day_and_is_asked_seldom() {
    let (world, vectors) = behind_access();
    for _ in 0..3 {
        assert_eq!(by_access(&world, &vectors["operator"]).status, 401);
    }
    assert_eq!(
        world.twilio_requests().len(),
        1,
        "asked once a minute at most"
    );
    world.advance(MINUTE);
    world.twilio_answers(200, &vectors["certs"].to_string());
    assert_eq!(by_access(&world, &vectors["operator"]).status, 200);
    world.advance(2 * HOUR);
    world.twilio_answers(503, "");
    assert_eq!(by_access(&world, &vectors["operator"]).status, 200);
    world.advance(24 * HOUR);
    world.twilio_answers(503, "");
    assert_eq!(by_access(&world, &vectors["operator"]).status, 401);
}
