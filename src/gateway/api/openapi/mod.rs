//! The OpenAPI 3.1 document of this API, put together from the routes, the handlers' limits and
//! what the handlers ask for. It is kept in `docs/openapi.json`, where the build takes it from to
//! serve it at `/openapi.json`; none of this is in the Worker.
//!
//! What must never happen: a document that says something else than the code does. So every
//! response that any native test gets from the gateway is held against it (`conforms`), and
//! every field and parameter that a handler asks for must be in it, and no other.

mod answers;
mod conform;
mod operations;
mod schema;
mod tests;

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::KEY_LIMIT;
use crate::gateway::route::Webhook;
use operations::Operation;
use schema::{named, object, text};

/// Why a route may refuse, by status.
const PROBLEMS: [(u16, &str); 13] = [
    (400, "A field or parameter is not valid"),
    (401, "No API key, or an unknown one"),
    (403, "Not allowed"),
    (404, "There is no such thing"),
    (
        409,
        "It cannot be done now, or the idempotency key belongs to another request",
    ),
    (410, "The link has expired"),
    (413, "The body is too large"),
    (415, "The content type is not supported"),
    (422, "Twilio or a policy refuses it"),
    (429, "Too many requests"),
    (500, "The deployment lacks a secret"),
    (502, "Twilio refused the deployment"),
    (503, "Not right now"),
];

/// The document.
pub(in crate::gateway) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(write)
}

fn write() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations::all() {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method.to_lowercase()] = written(&operation);
    }
    for (_, path) in Webhook::ALL {
        let item = json!({"get": webhook(path, "get"), "post": webhook(path, "post")});
        paths.insert(path.to_owned(), item);
    }
    let schemas: Map<String, Value> = answers::all()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hookswitch",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Messages, calls, verification, flows and campaigns in front of Twilio",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "One of API_KEYS."},
                "twilio": {"type": "apiKey", "in": "header", "name": "X-Twilio-Signature"},
            },
        },
    })
}

fn written(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = operations::path_parameters(operation.path)
        .into_iter()
        .map(|(name, schema)| json!({"name": name, "in": "path", "required": true, "schema": schema}))
        .collect();
    for (name, schema) in &operation.query {
        let required = schema["description"] == "required";
        parameters
            .push(json!({"name": name, "in": "query", "required": required, "schema": schema}));
    }
    if operation.is_once {
        let schema = json!({"type": "string", "minLength": 1, "maxLength": KEY_LIMIT, "pattern": "^[A-Za-z0-9_-]+$"});
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "schema": schema,
            "description": "The same key and body give the same answer and one effect, for three days."}));
    }
    let mut responses: Map<String, Value> = Map::new();
    for (status, kind, schema) in &operation.answers {
        let entry = responses
            .entry(status.to_string())
            .or_insert_with(|| json!({"description": "As asked"}));
        if !kind.is_empty() {
            entry["content"][*kind] = json!({"schema": schema});
        }
    }
    for status in problems(operation) {
        responses.insert(status.to_string(), refusal(status));
    }
    let mut written =
        json!({"operationId": operation.id, "summary": operation.summary, "responses": responses});
    if !parameters.is_empty() {
        written["parameters"] = parameters.into();
    }
    if let Some((kind, schema)) = &operation.body {
        written["requestBody"] = json!({"required": true, "content": {*kind: {"schema": schema}}});
    }
    if !operation.is_keyed {
        written["security"] = json!([]);
    }
    written
}

fn problems(operation: &Operation) -> Vec<u16> {
    let mut all = operation.problems.to_vec();
    if operation.is_keyed {
        all.extend([401, 403, 429, 500, 503]);
    } else if operation.method == "POST" {
        all.extend([429, 500, 503]);
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn refusal(status: u16) -> Value {
    let why = PROBLEMS
        .iter()
        .find(|(known, _)| *known == status)
        .expect("a reason")
        .1;
    json!({"description": why, "content": {"application/problem+json": {"schema": named("Problem")}}})
}

/// Twilio's side: what it sends is Twilio's to document.
fn webhook(path: &str, method: &str) -> Value {
    let name: String = path
        .split(['/', '-'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("_");
    let mut item = json!({
        "operationId": format!("{method}_{name}"),
        "summary": "Twilio's webhook, signed; also below /webhooks/twilio",
        "security": [{"twilio": []}],
        "responses": {
            "200": {"description": "TwiML", "content": {"text/xml": {"schema": text()}}},
            "204": {"description": "Taken"},
            "400": refusal(400), "403": refusal(403), "500": refusal(500), "413": refusal(413), "415": refusal(415), "503": refusal(503),
        },
    });
    if method == "post" {
        let form = object(&[], &[]);
        let mut form = form;
        form["additionalProperties"] = text();
        item["requestBody"] =
            json!({"content": {"application/x-www-form-urlencoded": {"schema": form}}});
    }
    item
}

/// The path of the document that a request's path is one of, and its item.
fn item_of(path: &str) -> Option<(&'static str, &'static Value)> {
    let paths = document()["paths"].as_object()?;
    let fits = |template: &str| {
        let (mut wanted, mut found) = (template.split('/'), path.split('/'));
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some(wanted), Some(found))
                    if wanted.starts_with('{') && !found.is_empty() || wanted == found => {}
                _ => return false,
            }
        }
    };
    // What is spelt out comes before what a name in braces may be.
    let exact = paths.get_key_value(path);
    let any = || paths.iter().find(|(template, _)| fits(template));
    exact
        .or_else(any)
        .map(|(template, item)| (template.as_str(), item))
}

/// Whether an answer is one that the document promises.
pub(in crate::gateway) fn conforms(
    method: &str,
    path: &str,
    status: u16,
    kind: &str,
    body: &str,
) -> Result<(), String> {
    let Some((template, item)) = item_of(path) else {
        return Ok(());
    };
    let Some(operation) = item.get(method.to_lowercase()) else {
        return if status == 405 {
            Ok(())
        } else {
            Err(format!("{method} {template} is not documented"))
        };
    };
    let answer = &operation["responses"][status.to_string()];
    if answer.is_null() {
        return Err(format!(
            "{method} {template} gives {status}, which is not documented: {body}"
        ));
    }
    if kind.is_empty() {
        return Ok(());
    }
    let content = answer["content"].as_object().cloned().unwrap_or_default();
    if content.contains_key("*/*") {
        return Ok(());
    }
    let schema = content.get(kind).ok_or_else(|| {
        format!("{method} {template} {status} gives {kind}, which is not documented")
    })?;
    if !kind.ends_with("json") || kind.contains("ndjson") {
        return Ok(());
    }
    let value: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let at = format!("{method} {template} {status}");
    conform::check(document(), &schema["schema"], &value, &at)
}
