//! Calls: the TwiML reader, the caller's script, and the machine that plays one against the other.

mod dial;
mod gather;
pub(crate) mod leg;
mod listen;
pub(crate) mod outbound;
mod play;
mod record;
pub(crate) mod script;
pub(crate) mod twiml;
mod verbs;

use serde_json::Value;

/// Sets a field of a JSON object.
pub(crate) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(name.to_owned(), value);
    }
}
