//! Whether a value is what a schema says. Only what the document uses of JSON Schema: a word
//! that is not known here fails, so that nothing is passed over in silence.

use serde_json::Value;

/// The first thing that is not as it should be.
pub(in crate::gateway) fn check(
    document: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
) -> Result<(), String> {
    let wrong = |why: String| Err(format!("{at}: {why}: {value}"));
    let words = schema.as_object().ok_or("no schema")?;
    for (word, wanted) in words {
        let fits = match word.as_str() {
            "$ref" => {
                let path = wanted.as_str().unwrap_or_default().trim_start_matches('#');
                let target = document.pointer(path).ok_or(format!("no {path}"))?;
                check(document, target, value, at)?;
                true
            }
            "type" => is_of(wanted, value),
            "enum" => wanted.as_array().is_some_and(|all| all.contains(value)),
            "const" => wanted == value,
            "anyOf" | "oneOf" => {
                let ways = wanted.as_array().ok_or("no list")?;
                let fitting = ways
                    .iter()
                    .filter(|way| check(document, way, value, at).is_ok())
                    .count();
                if word == "oneOf" {
                    fitting == 1
                } else {
                    fitting > 0
                }
            }
            "required" => value.as_object().is_none_or(|object| {
                let names = wanted.as_array().into_iter().flatten();
                names
                    .filter_map(Value::as_str)
                    .all(|name| object.contains_key(name))
            }),
            "properties" => {
                for (name, inner) in wanted.as_object().into_iter().flatten() {
                    if let Some(found) = value.get(name) {
                        check(document, inner, found, &format!("{at}/{name}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (name, found) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.contains_key(name)) {
                        continue;
                    }
                    match wanted {
                        Value::Bool(true) => {}
                        Value::Bool(false) => return wrong(format!("{name} is not documented")),
                        inner => check(document, inner, found, &format!("{at}/{name}"))?,
                    }
                }
                true
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, wanted, item, &format!("{at}/{n}"))?;
                }
                true
            }
            "minItems" => value
                .as_array()
                .is_none_or(|all| all.len() as u64 >= wanted.as_u64().unwrap_or(0)),
            "maxItems" => value
                .as_array()
                .is_none_or(|all| all.len() as u64 <= wanted.as_u64().unwrap_or(0)),
            "minLength" => length(value).is_none_or(|n| n >= wanted.as_u64().unwrap_or(0)),
            "maxLength" => length(value).is_none_or(|n| n <= wanted.as_u64().unwrap_or(0)),
            "minimum" => value
                .as_f64()
                .is_none_or(|n| n >= wanted.as_f64().unwrap_or(0.0)),
            "maximum" => value
                .as_f64()
                .is_none_or(|n| n <= wanted.as_f64().unwrap_or(0.0)),
            // Forms are schemathesis's to look at: no regular expressions here.
            "pattern" | "format" | "description" | "examples" | "title" => true,
            other => return Err(format!("{at}: the word {other} is not known")),
        };
        if !fits {
            return wrong(format!("not {word} {wanted}"));
        }
    }
    Ok(())
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}
