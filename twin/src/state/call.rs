//! A call and its recordings.

use crate::clock::rfc2822;
use crate::form::Params;
use crate::voice::script::{CallUpdate, Step};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// A call. Times are milliseconds since the epoch.
#[derive(Debug, Default)]
pub struct Call {
    pub sid: String,
    pub from: String,
    pub to: String,
    pub status: String,
    pub direction: String,
    pub parent: Option<String>,
    pub answered_by: Option<String>,
    pub created: i64,
    pub started: Option<i64>,
    pub ended: Option<i64>,
    pub updated: i64,
    /// Seconds on the line.
    pub duration: Option<u64>,
    pub status_callback: Option<String>,
    pub status_callback_method: String,
    pub status_callback_events: Vec<String>,
    /// The next `SequenceNumber` of a progress callback.
    pub sequence: u32,
    /// The first document: a URL and its method, or the document itself.
    pub url: Option<String>,
    pub method: String,
    pub fallback_url: Option<String>,
    pub twiml: Option<String>,
    pub machine_detection: Option<String>,
    pub async_amd_callback: Option<String>,
    pub record: bool,
    pub recording_callback: Option<String>,
    pub send_digits: Option<String>,
    pub transcript: Vec<Value>,
    pub requests: Vec<Value>,
    /// How to reach a running call.
    pub control: Option<mpsc::UnboundedSender<CallUpdate>>,
    /// How to press keys on a live one.
    pub keypad: Option<mpsc::UnboundedSender<Step>>,
    /// Extra parameters of every request of this call.
    pub extra: Params,
}

impl Call {
    /// Twilio's representation.
    pub(crate) fn json(&self, account: &str) -> Value {
        let uri = format!("/2010-04-01/Accounts/{account}/Calls/{}", self.sid);
        let sub: serde_json::Map<String, Value> = [
            ("notifications", "Notifications"),
            ("recordings", "Recordings"),
            ("payments", "Payments"),
            ("events", "Events"),
            ("siprec", "Siprec"),
            ("streams", "Streams"),
            ("transcriptions", "Transcriptions"),
            (
                "user_defined_message_subscriptions",
                "UserDefinedMessageSubscriptions",
            ),
            ("user_defined_messages", "UserDefinedMessages"),
        ]
        .into_iter()
        .map(|(key, path)| (key.to_owned(), json!(format!("{uri}/{path}.json"))))
        .collect();
        json!({
            "account_sid": account,
            "answered_by": self.answered_by,
            "api_version": "2010-04-01",
            "caller_name": null,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.updated),
            "direction": self.direction,
            "duration": self.duration.map(|d| d.to_string()),
            "end_time": self.ended.map(rfc2822),
            "forwarded_from": null,
            "from": self.from,
            "from_formatted": self.from,
            "group_sid": null,
            "parent_call_sid": self.parent,
            "phone_number_sid": null,
            "price": null,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": self.sid,
            "start_time": self.started.map(rfc2822),
            "status": self.status,
            "subresource_uris": sub,
            "to": self.to,
            "to_formatted": self.to,
            "trunk_sid": null,
            "uri": format!("{uri}.json"),
        })
    }

    /// As the control API shows it.
    pub(crate) fn detail(&self, account: &str) -> Value {
        let mut out = self.json(account);
        if let Some(map) = out.as_object_mut() {
            map.insert("status_callback".into(), json!(self.status_callback));
            map.insert("transcript".into(), json!(self.transcript));
            map.insert("requests".into(), json!(self.requests));
            map.insert("live".into(), json!(self.keypad.is_some()));
        }
        out
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(
            self.status.as_str(),
            "completed" | "busy" | "failed" | "no-answer" | "canceled"
        )
    }
}

/// A recording and, when it was transcribed, its text.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    pub sid: String,
    pub call_sid: String,
    pub duration: u64,
    pub source: String,
    pub channels: u32,
    pub created: i64,
    pub text: Option<String>,
    pub transcription_sid: Option<String>,
    pub deleted: bool,
}
