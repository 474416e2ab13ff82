//! Pieces of JSON Schema (2020-12), written once. Limits are the constants that the handlers
//! hold to.

use serde_json::{Map, Value, json};

/// Names and their schemas.
pub(super) type Members<'a> = &'a [(&'a str, Value)];

/// An object with these members and no others.
pub(super) fn object(required: Members<'_>, optional: Members<'_>) -> Value {
    let mut properties = Map::new();
    for (name, schema) in required.iter().chain(optional) {
        properties.insert((*name).to_owned(), schema.clone());
    }
    let names: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

/// A request's object: what may be left out may also be `null`.
pub(super) fn request(required: Members<'_>, optional: Vec<(&str, Value)>) -> Value {
    let optional: Vec<_> = optional
        .into_iter()
        .map(|(name, s)| (name, may(s)))
        .collect();
    object(required, &optional)
}

/// Text.
pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// Text of so many characters.
pub(super) fn text_of(least: usize, most: usize) -> Value {
    json!({"type": "string", "minLength": least, "maxLength": most})
}

/// Text of this form (ECMA 262), with an example of it.
pub(super) fn form(pattern: &str, example: &str) -> Value {
    json!({"type": "string", "pattern": pattern, "examples": [example]})
}

/// One of these words.
pub(super) fn word(words: &[&str]) -> Value {
    json!({"type": "string", "enum": words})
}

/// A whole number.
pub(super) fn int() -> Value {
    json!({"type": "integer"})
}

/// A whole number within bounds.
pub(super) fn int_in(low: i64, high: i64) -> Value {
    json!({"type": "integer", "minimum": low, "maximum": high})
}

/// `true` or `false`.
pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

/// A number.
pub(super) fn number() -> Value {
    json!({"type": "number"})
}

/// RFC 3339.
pub(super) fn time() -> Value {
    json!({"type": "string", "format": "date-time", "examples": ["2026-11-24T09:30:00Z"]})
}

/// RFC 3339 as a parameter: an empty one counts as left out.
pub(super) fn moment() -> Value {
    form(
        "^(20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?$",
        "2026-11-24T09:30:00Z",
    )
}

/// One of these words as a parameter: an empty one counts as left out.
pub(super) fn choice(words: &[&str]) -> Value {
    word(&[words, &[""]].concat())
}

/// A list.
pub(super) fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

/// A list of at most so many.
pub(super) fn list_of(of: Value, least: usize, most: usize) -> Value {
    json!({"type": "array", "items": of, "minItems": least, "maxItems": most})
}

/// An object whose names are the caller's or Twilio's.
pub(super) fn map(of: Value) -> Value {
    json!({"type": "object", "additionalProperties": of})
}

/// Any object.
pub(super) fn open() -> Value {
    json!({"type": "object"})
}

/// The same, or `null`.
pub(super) fn may(schema: Value) -> Value {
    match (schema.get("type").cloned(), schema.get("enum").cloned()) {
        (Some(Value::String(kind)), listed) => {
            let mut wider = schema;
            wider["type"] = json!([kind, "null"]);
            if let Some(Value::Array(mut words)) = listed {
                words.push(Value::Null);
                wider["enum"] = Value::Array(words);
            }
            wider
        }
        (Some(Value::Array(_)), _) => schema,
        _ => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

/// A component.
pub(super) fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// With a description.
pub(super) fn told(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

const PHONE: &str = r"\+[1-9][0-9]{1,14}";
const WHATSAPP: &str = r"whatsapp:(\+[1-9][0-9]{1,14}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})";
/// Twilio takes any text there; what is written by people is this.
const OTHER: &str = r"(rcs|messenger|client):[A-Za-z0-9_.@-]{1,100}";
const MAIL: &str = r"[A-Za-z0-9._-]{1,60}@[A-Za-z0-9-]{1,60}\.[A-Za-z]{2,20}";

/// A person's address on any channel.
pub(super) fn person() -> Value {
    form(
        &format!("^({PHONE}|{WHATSAPP}|{OTHER}|{MAIL}|[0-9]{{3,8}}|[A-Za-z][A-Za-z0-9 ]{{0,10}})$"),
        "+14155550100",
    )
}

/// A person's address on a channel of messages, with a number.
pub(super) fn recipient() -> Value {
    form(&format!("^({PHONE}|{WHATSAPP})$"), "+14155550100")
}

/// Where a code may go.
pub(super) fn destination() -> Value {
    form(&format!("^({PHONE}|{MAIL})$"), "+14155550100")
}

/// Who may be called.
pub(super) fn callee() -> Value {
    form(
        &format!("^({PHONE}|client:[A-Za-z0-9_.-]{{1,100}})$"),
        "+14155550100",
    )
}

/// An address of ours.
pub(super) fn ours() -> Value {
    form(
        &format!("^({PHONE}|whatsapp:{PHONE}|[0-9]{{3,8}})$"),
        "+15005550006",
    )
}

/// A number as it stands in a path.
pub(super) fn line() -> Value {
    form(
        &format!("^({PHONE}|whatsapp:{PHONE}|[0-9]{{3,8}}|MG[0-9a-f]{{32}})$"),
        "+15005550006",
    )
}

/// A SID of Twilio's.
pub(super) fn sid(prefix: &str) -> Value {
    form(
        &format!("^{prefix}[0-9a-f]{{32}}$"),
        &format!("{prefix}{}", "0123456789abcdef".repeat(2)),
    )
}

/// A name of a flow or sender.
pub(super) fn name() -> Value {
    form("^[a-z0-9_-]{1,64}$", "acme-ivr")
}

/// An id of ours in a path.
pub(super) fn id(example: &str) -> Value {
    json!({"type": "string", "minLength": 1, "examples": [example]})
}
