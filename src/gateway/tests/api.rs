//! The API's own manners: keys, methods, bodies, flows and numbers.

use serde_json::json;

use crate::gateway::published;
use crate::gateway::testing::{TestRequest, TestWorld, US, json_of};

use super::pointers;

#[test]
fn without_a_key_there_is_nothing_to_see() {
    let world = TestWorld::new();
    for (method, target) in [
        ("POST", "/v1/messages"),
        ("GET", "/v1/messages/msg_0"),
        ("POST", "/v1/calls"),
        ("GET", "/v1/calls?contact=+14155550100"),
        ("GET", "/v1/flows"),
        ("PUT", "/v1/flows/x"),
        ("POST", "/v1/flows/x/check"),
        ("GET", "/v1/numbers/+15005550006"),
        ("POST", "/v1/doctor/signature"),
        ("PUT", "/v1/contacts/+14155550100"),
    ] {
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer api-ke",
            "Bearer api-key2",
            "Basic api-key",
            "api-key",
        ] {
            let request = TestRequest::new(method, target).header("authorization", header);
            let response = world.send(&request);
            assert_eq!(response.status, 401, "{method} {target} {header}");
            assert_eq!(
                response.headers,
                [("WWW-Authenticate", "Bearer".to_owned())]
            );
        }
    }
    assert_eq!(*world.asked.borrow(), []);
    assert_eq!(*world.read.borrow(), [] as [String; 0]);
}

#[test]
fn a_deployment_without_keys_lets_nobody_in() {
    let world = TestWorld::with(&[("API_KEYS", "")]);
    let response = world.api("GET", "/v1/flows", None);
    assert_eq!(response.status, 500);
    assert!(world.logged("api.no_keys").is_some());
}

#[test]
fn bodies_that_are_too_long_of_another_type_or_no_json_are_refused() {
    let world = TestWorld::new();
    let post = || TestRequest::api("POST", "/v1/messages", None);
    let status = |request: TestRequest| world.send(&request).status;
    assert_eq!(status(post().body("text/plain", b"{}")), 415);
    assert_eq!(status(post()), 415);
    assert_eq!(
        status(post().body("application/json", &vec![b' '; 1024 * 1024 + 1])),
        413
    );
    assert_eq!(status(post().body("application/json", b"{").broken()), 400);
    for body in ["", "{", "[]", "null", "\u{feff}{}", "{\"to\":}"] {
        assert_eq!(
            status(post().body("application/json", body.as_bytes())),
            400,
            "{body}"
        );
    }
}

#[test]
fn a_definition_with_errors_is_refused_with_the_list_that_check_gives() {
    let world = TestWorld::new();
    let mut definition = published::built_in_definition();
    definition["states"][4]["type"] = json!("make-coffee");
    definition["states"][6]["transitions"][0]["next"] = json!("nowhere");
    let checked = world.api("POST", "/v1/flows/broken/check", Some(&definition));
    assert_eq!(checked.status, 200, "{}", checked.body);
    let checked = json_of(&checked);
    let errors = checked["errors"].as_array().unwrap().clone();
    assert!(errors.len() >= 2, "{checked}");
    for error in &errors {
        assert!(
            error["pointer"].as_str().unwrap().starts_with("/states/"),
            "{error}"
        );
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    let put = world.api("PUT", "/v1/flows/broken", Some(&definition));
    assert_eq!(put.status, 422);
    let problem = json_of(&put);
    assert_eq!(problem["errors"], checked["errors"]);
    assert_eq!(problem["warnings"], checked["warnings"]);
    assert_eq!(world.api("GET", "/v1/flows/broken", None).status, 404);
}

#[test]
fn flows_are_listed_and_read_at_every_revision() {
    let world = TestWorld::new();
    let one = published::built_in_definition();
    let mut two = one.clone();
    two["description"] = json!("The second");
    let revision = |definition| {
        json_of(&world.api("PUT", "/v1/flows/menu", Some(definition)))["revision"].clone()
    };
    assert_eq!(revision(&one), 1);
    assert_eq!(revision(&two), 2);
    // The same again is no new revision.
    assert_eq!(revision(&two), 2);
    let list = json_of(&world.api("GET", "/v1/flows", None));
    let names: Vec<_> = list["flows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flow| (flow["name"].clone(), flow["revision"].clone()))
        .collect();
    assert_eq!(
        names,
        [(json!("acme-ivr"), json!(0)), (json!("menu"), json!(2))]
    );
    let get = |target: &str| json_of(&world.api("GET", target, None));
    assert_eq!(get("/v1/flows/menu")["definition"], two);
    assert_eq!(get("/v1/flows/menu?revision=1")["definition"], one);
    assert_eq!(get("/v1/flows/acme-ivr")["definition"], one);
    assert_eq!(
        world.api("GET", "/v1/flows/menu?revision=3", None).status,
        404
    );
    assert_eq!(
        world.api("GET", "/v1/flows/menu?revision=x", None).status,
        400
    );
    assert_eq!(world.api("PUT", "/v1/flows/Menu", Some(&one)).status, 400);
}

#[test]
fn a_number_takes_a_published_flow_and_nothing_else() {
    let world = TestWorld::new();
    let target = format!("/v1/numbers/{US}");
    assert_eq!(world.api("GET", &target, None).status, 404);
    let put = |body| world.api("PUT", &target, Some(&body));
    let refused = put(json!({"voice_flow": "nothing", "data": {"A": 1}, "x": 1}));
    assert_eq!(refused.status, 400);
    let mut found = pointers(&json_of(&refused));
    found.sort();
    assert_eq!(found, ["/data/A", "/voice_flow", "/x"]);
    let document = json!({"voice_flow": "acme-ivr", "data": {"SALES_PHONE": "+12025550100"}});
    assert_eq!(put(document.clone()).status, 200);
    let mut expected = document;
    expected["number"] = json!(US);
    assert_eq!(json_of(&world.api("GET", &target, None)), expected);
    assert_eq!(world.api("GET", "/v1/numbers/sales", None).status, 400);
}

#[test]
fn a_widget_that_cannot_be_run_is_refused_by_name_and_path_when_a_flow_is_published() {
    let world = TestWorld::new();
    let definition = json!({
        "description": "",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": true},
        "states": [
            {
                "name": "Trigger", "type": "trigger", "properties": {},
                "transitions": [{"event": "incomingRequest", "next": "ask"}],
            },
            {
                "name": "ask", "type": "start-conversation",
                "properties": {"conversation_service_sid": "IS1"},
                "transitions": [{"event": "created"}, {"event": "failed"}],
            },
        ],
    });
    let refused = world.api("PUT", "/v1/flows/asks", Some(&definition));
    assert_eq!(refused.status, 422, "{}", refused.body);
    let error = &json_of(&refused)["errors"][0];
    assert_eq!(error["pointer"], "/states/1/type");
    assert!(
        error.to_string().contains("`start-conversation`"),
        "{error}"
    );
    assert_eq!(world.api("GET", "/v1/flows/asks", None).status, 404);
    let checked = world.api("POST", "/v1/flows/asks/check", Some(&definition));
    assert_eq!(checked.status, 200);
    assert_eq!(json_of(&checked)["errors"][0]["pointer"], "/states/1/type");
}
