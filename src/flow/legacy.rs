//! Exports of before 2019: states have SIDs, transitions name them, types have other
//! names, unset properties are explicit nulls. Converted to today's form, state by state
//! in the same order, so that pointers into the old document stay right.

use crate::sorted::SortedMap;
use serde_json::{Map, Value};

const TYPES: [(&str, &str); 13] = [
    ("InitialState", "trigger"),
    ("Branch", "split-based-on"),
    ("Message", "send-message"),
    ("MessagePrompt", "send-and-wait-for-reply"),
    ("SayPlay", "say-play"),
    ("Gather", "gather-input-on-call"),
    ("SetVariables", "set-variables"),
    ("Function", "run-function"),
    ("Webhook", "make-http-request"),
    ("Dial", "make-outgoing-call-v1"),
    ("DialV2", "make-outgoing-call-v2"),
    ("EnqueueCall", "enqueue-call"),
    ("SendToFlex", "send-to-flex"),
];

/// True for the old format: it names no initial state, and its states have SIDs.
pub(crate) fn is_legacy(definition: &Value) -> bool {
    let states = definition.get("states").and_then(Value::as_array);
    definition.get("initial_state").is_none()
        && states.is_some_and(|states| {
            states.iter().any(|state| {
                state
                    .get("type")
                    .and_then(Value::as_str)
                    .is_some_and(|kind| modern(kind).is_some())
            })
        })
}

fn modern(kind: &str) -> Option<&'static str> {
    TYPES
        .iter()
        .find(|(old, _)| *old == kind)
        .map(|(_, new)| *new)
}

/// The definition in today's form.
pub(crate) fn upgrade(definition: &Value) -> Value {
    let empty = Vec::new();
    let states = definition
        .get("states")
        .and_then(Value::as_array)
        .unwrap_or(&empty);
    let name_of = |state: &Value| state.get("name").and_then(Value::as_str).map(str::to_owned);
    let mut names = SortedMap::new();
    for state in states {
        if let (Some(sid), Some(name)) = (state.get("sid").and_then(Value::as_str), name_of(state))
        {
            names.insert(sid, name);
        }
    }
    let initial = states
        .iter()
        .find(|state| state.get("type").and_then(Value::as_str) == Some("InitialState"))
        .or(states.first())
        .and_then(name_of);
    let mut upgraded = Map::new();
    upgraded.insert(
        "states".into(),
        states
            .iter()
            .map(|state| upgrade_state(state, &names))
            .collect(),
    );
    if let Some(initial) = initial {
        upgraded.insert("initial_state".into(), initial.into());
    }
    if let Some(description) = definition.get("description") {
        upgraded.insert("description".into(), description.clone());
    }
    Value::Object(upgraded)
}

fn upgrade_state(state: &Value, names: &SortedMap<&str, String>) -> Value {
    let mut upgraded = state.clone();
    let Value::Object(map) = &mut upgraded else {
        return upgraded;
    };
    if let Some(kind) = map.get("type").and_then(Value::as_str) {
        let kind = modern(kind).unwrap_or(kind).to_owned();
        map.insert("type".into(), kind.into());
    }
    if let Some(Value::Array(transitions)) = map.get_mut("transitions") {
        for transition in transitions.iter_mut().filter_map(Value::as_object_mut) {
            if let Some(sid) = transition.get("next").and_then(Value::as_str) {
                // A SID that leads nowhere stays: it is reported as dangling.
                let next = names.get(sid).cloned().unwrap_or_else(|| sid.to_owned());
                transition.insert("next".into(), next.into());
            }
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.retain(|_, value| !value.is_null());
        for key in ["save_response_as", "flow_url"] {
            properties.remove(key);
        }
    }
    upgraded
}
