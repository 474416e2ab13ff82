//! Secrets in a definition. Whoever may read a flow may read them, exports end up in
//! repositories, and execution logs show them. A finding never quotes what it found.

use crate::flow::report::{Report, child};
use serde_json::Value;

pub(super) fn check(document: &Value, report: &mut Report) {
    visit(document, "", 0, report);
}

fn visit(value: &Value, pointer: &str, depth: usize, report: &mut Report) {
    // serde_json reads no deeper than 128; text within text is not followed.
    if depth > 128 {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                let at = child(pointer, key);
                if let Value::String(text) = item
                    && names_a_secret(key)
                    && is_literal(text)
                {
                    report.warn(at.as_str(), "a password stands in the definition");
                }
                // `{"key": "auth_token", "value": "..."}`
                if let (Some(Value::String(name)), Some(Value::String(text))) =
                    (map.get("key"), map.get("value"))
                    && key == "value"
                    && names_a_secret(name)
                    && is_literal(text)
                {
                    report.warn(at.as_str(), "a secret stands in the definition");
                }
                visit(item, &at, depth + 1, report);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &child(pointer, &index.to_string()), depth + 1, report);
            }
        }
        Value::String(text) => {
            if let Some(what) = looks_like_a_secret(text) {
                report.warn(pointer, format!("{what} stands in the definition"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn names_a_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace(['-', ' '], "_");
    [
        "password",
        "passwd",
        "secret",
        "auth_token",
        "authtoken",
        "api_key",
        "apikey",
        "access_token",
    ]
    .iter()
    .any(|name| key.ends_with(name))
}

fn is_literal(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains("{{") && !text.contains("${")
}

fn looks_like_a_secret(text: &str) -> Option<&'static str> {
    // `https://user:password@host`
    if let Some((_, rest)) = text.split_once("://")
        && let Some((user, _)) = rest
            .split(['/', '?', ' '])
            .next()
            .unwrap_or_default()
            .split_once('@')
        && user
            .split_once(':')
            .is_some_and(|(_, password)| is_literal(password))
    {
        return Some("an address with a password");
    }
    let bearer = |scheme: &str| {
        text.split_once(scheme).is_some_and(|(_, rest)| {
            let token: String = rest
                .chars()
                .take_while(|c| !c.is_whitespace() && *c != '"')
                .collect();
            token.len() >= 16 && is_literal(&token)
        })
    };
    if bearer("Bearer ") || bearer("Basic ") {
        return Some("an authorization header");
    }
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    words.find_map(|word| {
        let hex = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        if word.len() == 32 && hex(word) && word.bytes().any(|b| b.is_ascii_alphabetic()) {
            Some("what looks like an auth token")
        } else if ["sk_live_", "sk-", "xoxb-", "ghp_", "SG."]
            .iter()
            .any(|start| word.starts_with(start))
            && word.len() >= 24
        {
            Some("what looks like an API key")
        } else if word.len() == 20 && word.starts_with("AKIA") {
            Some("what looks like an AWS key")
        } else {
            None
        }
    })
}
