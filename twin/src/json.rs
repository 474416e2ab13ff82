//! Parameters as JSON objects, for the control API.

use serde_json::{Map, Value, json};

/// One or a list, as a list.
pub(crate) fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        one => vec![one],
    }
}

/// Parameters as an object; a repeated name has an array.
pub(crate) fn params(params: &[(String, String)]) -> Value {
    let mut out: Map<String, Value> = Map::new();
    for (name, value) in params {
        match out.get_mut(name) {
            None => {
                out.insert(name.clone(), json!(value));
            }
            Some(Value::Array(list)) => list.push(json!(value)),
            Some(old) => *old = json!([old.clone(), value]),
        }
    }
    Value::Object(out)
}

/// The reverse: strings, numbers, booleans, and arrays of them.
pub(crate) fn to_params(object: &Map<String, Value>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (name, value) in object {
        match value {
            Value::Array(list) => out.extend(list.iter().map(|v| (name.clone(), text(v)))),
            other => out.push((name.clone(), text(other))),
        }
    }
    out
}

fn text(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Sets or replaces a parameter.
pub(crate) fn set(params: &mut Vec<(String, String)>, name: &str, value: impl Into<String>) {
    params.retain(|(n, _)| n != name);
    params.push((name.to_owned(), value.into()));
}
