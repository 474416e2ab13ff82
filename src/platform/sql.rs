//! The SQL port over a Durable Object's SQLite. Values and rows cross as JSON: one crossing
//! for a statement, whatever it returns.

use serde_json::Value as Json;
use wasm_bindgen::JsValue;

use super::border::{self, Fault};
use crate::json;
use crate::ports::{SqlFault, Value};

pub(super) fn exec(
    sql: &JsValue,
    statement: &str,
    bindings: Vec<Value>,
) -> Result<Vec<Vec<Value>>, SqlFault> {
    let bindings = Json::Array(bindings.into_iter().map(bind).collect()).to_string();
    let rows = border::exec(sql, statement, &bindings)
        .map_err(|error| SqlFault(Fault::from(error).why()))?;
    let rows = json::value(&rows).map_err(|error| SqlFault(error.to_string()))?;
    Ok(items(rows)
        .map(|row| items(row).map(read).collect())
        .collect())
}

fn items(value: Json) -> std::vec::IntoIter<Json> {
    match value {
        Json::Array(items) => items.into_iter(),
        _ => Vec::new().into_iter(),
    }
}

fn bind(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => number.into(),
        Value::Real(number) => number.into(),
        Value::Text(text) => text.into(),
    }
}

fn read(value: Json) -> Value {
    match value {
        Json::Bool(flag) => Value::Int(flag.into()),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Real(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::Text(text),
        // A blob would be an object; no table of ours has one.
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}
