//! The document is what the code does.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{document, item_of};
use crate::gateway::fields::ASKED;
use crate::gateway::route::Route;
use crate::gateway::testing::TestWorld;

fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json")
}

#[test]
fn the_kept_document_is_the_one_that_the_code_writes() {
    let text = format!("{:#}\n", document());
    if std::env::var_os("HOOKSWITCH_WRITE_OPENAPI").is_some() {
        fs::write(kept(), &text).unwrap();
    }
    let found = fs::read_to_string(kept()).unwrap_or_default();
    assert!(
        found == text,
        "run HOOKSWITCH_WRITE_OPENAPI=1 cargo test -p hookswitch --lib openapi"
    );
}

/// A path with something in its braces.
fn sample(template: &str) -> String {
    let id = format!("{}{}", "FN", "0123456789abcdef".repeat(2));
    template
        .replace("{n}", "7")
        .replace("{sid}", &id)
        .replace("{number}", "+15005550006")
        .replace("{address}", "+14155550100")
        .replace(['{', '}'], "")
}

#[test]
fn each_path_takes_the_methods_that_its_route_takes() {
    let paths = document()["paths"].as_object().unwrap();
    for (template, item) in paths {
        let path = sample(template);
        let route = Route::parse(&path).unwrap_or_else(|| panic!("no route {path}"));
        let allowed: BTreeSet<String> = route.allow().split(", ").map(str::to_lowercase).collect();
        let documented: BTreeSet<String> = item.as_object().unwrap().keys().cloned().collect();
        assert_eq!(documented, allowed, "{template}");
    }
}

/// `/v1/messages/{id}` of a comment on a route, with anything in its braces.
fn commented() -> BTreeSet<String> {
    let source = include_str!("../../route.rs");
    let source = source.split("#[cfg(test)]").next().unwrap();
    let comments = source
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("/// `/"));
    let paths = comments.filter_map(|rest| rest.split('`').next());
    paths
        .map(|path| format!("/{path}"))
        .filter(|path| !path.ends_with("..."))
        .collect()
}

#[test]
fn every_route_is_in_the_document() {
    let templates: Vec<Vec<&str>> = document()["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(|path| path.split('/').collect())
        .collect();
    let commented = commented();
    assert!(commented.len() > 35, "{commented:?}");
    for path in commented
        .iter()
        .filter(|path| !path.starts_with("/__test/"))
    {
        let wanted: Vec<&str> = path.split('/').collect();
        let fits = |template: &Vec<&str>| {
            template.len() == wanted.len()
                && template
                    .iter()
                    .zip(&wanted)
                    .all(|(have, want)| have == want || want.starts_with('{'))
        };
        assert!(
            templates.iter().any(fits),
            "{path}: add it to operations.rs"
        );
    }
}

/// A value that a schema takes, with every member of every object.
fn example(schema: &Value) -> Value {
    if let Some(first) = schema["examples"].get(0).or(schema["enum"].get(0)) {
        return first.clone();
    }
    if let Some(way) = schema["oneOf"].get(0).or(schema["anyOf"].get(0)) {
        return example(way);
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str());
    match kind.unwrap_or_default() {
        "object" => {
            let members = schema["properties"].as_object().into_iter().flatten();
            Value::Object(
                members
                    .map(|(name, inner)| (name.clone(), example(inner)))
                    .collect(),
            )
        }
        "array" => json!([example(&schema["items"])]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(true),
        _ if schema["format"] == "date" => json!("2026-11-24"),
        _ => json!("text"),
    }
}

/// Where a schema has members: `/template/content_sid`, `/fallback/0/to`.
fn pointers(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    for way in schema["oneOf"].as_array().into_iter().flatten() {
        pointers(way, at, found);
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        pointers(inner, &at, found);
        pointers(&inner["items"], &format!("{at}/0"), found);
        found.insert(at);
    }
}

/// Members that serde reads by a type of their own, so that nobody asks for them one by one.
const BY_TYPE: [&str; 4] = ["/quiet_hours/", "/lint/", "/alert/", "/template/"];

#[test]
fn handlers_ask_for_the_fields_and_parameters_that_are_documented_and_for_no_others() {
    let settings = [
        ("VERIFY_ORIGINS", "https://shop.example"),
        ("TWILIO_VERIFY_SID", "VA00000000000000000000000000000001"),
    ];
    let mut compared = 0;
    for (template, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let mut documented = BTreeSet::new();
            pointers(body, "", &mut documented);
            let query = operation["parameters"].as_array().into_iter().flatten();
            let query = query.filter(|parameter| parameter["in"] == "query");
            documented.extend(
                query.filter_map(|parameter| Some(format!("?/{}", parameter["name"].as_str()?))),
            );
            let world = TestWorld::with(&settings);
            ASKED.take();
            let request = crate::gateway::testing::TestRequest::api(
                &method.to_uppercase(),
                &sample(template),
                body.is_object().then(|| example(body)).as_ref(),
            );
            let request = request.header("origin", "https://shop.example");
            let _ = world.send(&request);
            let asked = ASKED.take();
            let unknown: Vec<_> = asked.difference(&documented).collect();
            assert!(
                unknown.is_empty(),
                "{method} {template} asks for {unknown:?}"
            );
            // A handler that reads its query by hand leaves no trace of it.
            if asked.is_empty() {
                continue;
            }
            compared += 1;
            let idle: Vec<_> = documented
                .difference(&asked)
                .filter(|at| !at.starts_with("?/") || asked.iter().any(|at| at.starts_with("?/")))
                .filter(|at| !BY_TYPE.iter().any(|typed| at.contains(typed)))
                .collect();
            assert!(
                idle.is_empty(),
                "{method} {template} never asks for {idle:?}"
            );
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn a_path_that_is_spelt_out_is_not_taken_for_a_name() {
    assert_eq!(
        item_of("/v1/contacts/import").unwrap().0,
        "/v1/contacts/import"
    );
    assert_eq!(
        item_of("/v1/contacts/+14155550100").unwrap().0,
        "/v1/contacts/{address}"
    );
    assert!(item_of("/v1/nothing").is_none());
}
