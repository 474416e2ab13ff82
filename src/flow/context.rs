//! The variables of an execution, as Liquid sees them: `trigger`, `widgets`, `flow`,
//! `contact`. Exactly one `trigger.*` subtree exists.
//!
//! What must never happen: a context that grows without bound (a flow that appends to a
//! variable in a loop), or one that carries through a URL what no template reads.

use super::liquid::Path;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Parameters of a webhook or of a REST execution: names to values.
pub type Parameters = Map<String, Value>;

/// The largest context, in bytes of JSON, about. Studio's own limit is not published;
/// this is what a Durable Object row keeps comfortably.
pub(crate) const MAX_CONTEXT: usize = 256 * 1024;

/// Parameters from form pairs; the last of a repeated name wins, as in Studio.
pub fn parameters<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Parameters
where
    K: Into<String>,
    V: Into<String>,
{
    let mut parameters = Parameters::new();
    for (key, value) in pairs {
        parameters.insert(key.into(), Value::from(value.into()));
    }
    parameters
}

/// The variables of one flow's run: always a JSON object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Context(Value);

impl Default for Context {
    fn default() -> Self {
        Self(Value::Object(Map::new()))
    }
}

impl Context {
    /// The value at `path`, if there is one.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.0, |value, key| value.get(*key))
    }

    /// The text at `path`; empty when there is none.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> &str {
        self.get(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// All of it, as the API shows it.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Puts `value` at `path`, making objects on the way.
    pub(crate) fn set(&mut self, path: &[&str], value: Value) {
        let mut place = &mut self.0;
        for key in path {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(map) = place else { return };
            place = map.entry(*key).or_insert(Value::Null);
        }
        *place = value;
    }

    pub(crate) fn remove(&mut self, path: &[&str]) {
        let Some((last, parents)) = path.split_last() else {
            return;
        };
        let place = parents
            .iter()
            .try_fold(&mut self.0, |value, key| value.get_mut(*key));
        if let Some(Value::Object(map)) = place {
            map.remove(*last);
        }
    }

    /// Roughly how many bytes of JSON this is.
    pub(crate) fn size(&self) -> usize {
        size(&self.0)
    }

    /// What is left when only `paths` are ever read.
    pub(crate) fn pruned<'p>(&self, paths: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut kept = Value::Object(Map::new());
        for path in paths {
            keep(&self.0, path, &mut kept);
        }
        Self(kept)
    }
}

/// Copies what `path` reaches in `value` into `kept`.
fn keep(value: &Value, path: &[String], kept: &mut Value) {
    let Some((key, rest)) = path.split_first() else {
        *kept = value.clone();
        return;
    };
    let Value::Object(map) = value else {
        // A list or a scalar below which a template looks (`.size`, `[0]`): all of it.
        *kept = value.clone();
        return;
    };
    let Some(child) = map.get(key) else { return };
    if !kept.is_object() {
        *kept = Value::Object(Map::new());
    }
    if let Value::Object(target) = kept {
        let mut below = target.remove(key).unwrap_or(Value::Null);
        keep(child, rest, &mut below);
        if !below.is_null() || child.is_null() {
            target.insert(key.clone(), below);
        }
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 5,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<usize>(),
        Value::Object(map) => {
            2 + map
                .iter()
                .map(|(key, item)| key.len() + 4 + size(item))
                .sum::<usize>()
        }
    }
}

/// Parameters that belong to one callback, not to the call: they are outputs of the
/// widget that asked, and never part of `trigger.call`.
const OF_ONE_CALLBACK: [&str; 12] = [
    "Digits",
    "SpeechResult",
    "Confidence",
    "FinishedOnKey",
    "Recording",
    "Dial",
    "Queue",
    "Transcription",
    "FlowEvent",
    "Payment",
    "msg",
    "Language",
];

/// The part of a voice request that every request of the call repeats.
pub(crate) fn call_parameters(parameters: &Parameters) -> Parameters {
    let mut repeated = parameters.clone();
    repeated.retain(|key, _| !OF_ONE_CALLBACK.iter().any(|start| key.starts_with(start)));
    repeated
}

/// A message's parameters, with the JSON texts in it parsed, as Studio does.
pub(crate) fn message_parameters(parameters: &Parameters) -> Value {
    let mut parsed = parameters.clone();
    for key in [
        "ChannelAttributes",
        "AddOns",
        "Attributes",
        "ChannelMetadata",
    ] {
        if let Some(Value::String(text)) = parameters.get(key)
            && let Ok(value @ Value::Object(_)) = serde_json::from_str(text)
        {
            parsed.insert(key.to_owned(), value);
        }
    }
    Value::Object(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn context(value: Value) -> Context {
        serde_json::from_value(value).unwrap()
    }

    fn path(dotted: &str) -> Path {
        dotted.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn pruning_keeps_what_is_read_and_nothing_else() {
        let full = context(json!({
            "trigger": {"call": {"From": "+1", "To": "+2"}},
            "widgets": {"menu": {"Digits": "1", "CallSid": "CA"}, "list": {"parsed": [1, 2]}},
            "flow": {"data": {"a": 1, "b": 2}, "variables": {"n": 3}},
        }));
        let read = [
            "widgets.menu.Digits",
            "widgets.list.parsed.size",
            "flow.data",
            "flow.data.a",
            "nobody.home",
        ]
        .map(path);
        let wanted = json!({
            "widgets": {"menu": {"Digits": "1"}, "list": {"parsed": [1, 2]}},
            "flow": {"data": {"a": 1, "b": 2}},
        });
        assert_eq!(full.pruned(&read), context(wanted));
    }

    #[test]
    fn setting_goes_through_missing_objects() {
        let mut context = Context::default();
        context.set(&["flow", "variables", "n"], json!(1));
        assert_eq!(
            *context.as_value(),
            json!({"flow": {"variables": {"n": 1}}})
        );
        context.remove(&["flow", "variables"]);
        assert_eq!(*context.as_value(), json!({"flow": {}}));
    }

    #[test]
    fn channel_attributes_are_parsed() {
        let given = parameters([("Body", "{}"), ("ChannelAttributes", r#"{"a":{"b":1}}"#)]);
        let wanted = json!({"Body": "{}", "ChannelAttributes": {"a": {"b": 1}}});
        assert_eq!(message_parameters(&given), wanted);
    }
}
