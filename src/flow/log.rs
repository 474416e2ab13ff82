//! The execution log: one entry per step, as Studio's own log shows it. Entries hold
//! personal data (numbers, message texts, keys), so what leaves the process is
//! [`LogEntry::masked`] unless someone asked for more on purpose.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One step: a widget was left by an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it was left, in milliseconds since the epoch.
    pub at: i64,
    /// Subflow SID or name; empty in the flow itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subflow: String,
    /// The state's name.
    pub name: String,
    /// The widget's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The event that left it.
    pub event: String,
    /// The state that follows; `None` when the flow ends here.
    pub next: Option<String>,
    /// Variables that the step set, by dotted path.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub changes: Map<String, Value>,
}

/// Keys whose values say nothing about a person.
const PLAIN_KEYS: [&str; 30] = [
    "AccountSid",
    "ApiVersion",
    "CallSid",
    "CallStatus",
    "Confidence",
    "content_type",
    "DialCallDuration",
    "DialCallSid",
    "DialCallStatus",
    "Direction",
    "ErrorCode",
    "FlowEvent",
    "MessageSid",
    "MessageStatus",
    "NumMedia",
    "NumSegments",
    "QueueResult",
    "QueueSid",
    "QueueTime",
    "RecordingDuration",
    "RecordingSid",
    "sid",
    "Sid",
    "SmsMessageSid",
    "SmsSid",
    "SmsStatus",
    "status",
    "Status",
    "status_code",
    "VirtualAgentStatus",
];

impl LogEntry {
    /// The same with every text masked that may be personal: it keeps SIDs, statuses
    /// and counts, and the last two characters of numbers.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut masked = self.clone();
        for (path, value) in &mut masked.changes {
            let key = path.rsplit('.').next().unwrap_or_default();
            if !PLAIN_KEYS.contains(&key) {
                mask(value);
            }
        }
        masked
    }
}

/// Masks every text and number in a value that may be personal; see [`LogEntry::masked`].
pub fn mask(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask_text(text),
        Value::Number(_) => *value = Value::from("***"),
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                if !PLAIN_KEYS.contains(&key.as_str()) {
                    mask(item);
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn mask_text(text: &str) -> String {
    let figures = text.strip_prefix("whatsapp:").unwrap_or(text);
    let is_number = figures.starts_with('+')
        && figures.len() > 6
        && figures.bytes().skip(1).all(|b| b.is_ascii_digit());
    if !is_number {
        return if text.is_empty() {
            String::new()
        } else {
            "***".to_owned()
        };
    }
    let hidden = text.len().saturating_sub(2);
    format!("***{}", text.get(hidden..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn masking_hides_people_and_keeps_statuses() {
        let Value::Object(changes) = json!({
            "widgets.ask.Digits": "4711",
            "widgets.ask.From": "+15551234567",
            "widgets.ask.CallStatus": "in-progress",
            "widgets.ask.parsed": {"name": "Ada", "status": "ok", "age": 36},
            "widgets.ask.To": "whatsapp:+15557654321",
        }) else {
            unreachable!()
        };
        let entry = LogEntry {
            at: 0,
            subflow: String::new(),
            name: "ask".into(),
            kind: "gather-input-on-call".into(),
            event: "keypress".into(),
            next: None,
            changes,
        };
        let wanted = json!({
            "widgets.ask.Digits": "***",
            "widgets.ask.From": "***67",
            "widgets.ask.CallStatus": "in-progress",
            "widgets.ask.parsed": {"name": "***", "status": "ok", "age": "***"},
            "widgets.ask.To": "***21",
        });
        assert_eq!(Value::Object(entry.masked().changes), wanted);
    }
}
