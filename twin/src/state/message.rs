//! A message and its media.

use crate::clock::rfc2822;
use serde_json::{Value, json};

/// A message, inbound or outbound. Times are milliseconds since the epoch.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub sid: String,
    pub from: String,
    pub to: String,
    pub body: String,
    pub status: String,
    pub direction: String,
    pub messaging_service_sid: Option<String>,
    pub media: Vec<Media>,
    pub segments: u32,
    pub error_code: Option<u32>,
    pub status_callback: Option<String>,
    pub content_sid: Option<String>,
    pub content_variables: Option<String>,
    pub created: i64,
    pub sent: Option<i64>,
    pub updated: i64,
    pub deleted: bool,
    /// Statuses passed through, with their times.
    pub history: Vec<(i64, String)>,
}

/// A medium of a message.
#[derive(Debug, Clone, Default, serde::Deserialize, serde::Serialize)]
pub struct Media {
    #[serde(default)]
    pub sid: String,
    pub url: String,
    #[serde(default = "default_media_type")]
    pub content_type: String,
}

fn default_media_type() -> String {
    "image/jpeg".to_owned()
}

impl Message {
    /// Twilio's representation.
    pub(crate) fn json(&self, account: &str) -> Value {
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", self.sid);
        json!({
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": rfc2822(self.created),
            "date_sent": self.sent.map(rfc2822),
            "date_updated": rfc2822(self.updated),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": self.error_code.map(crate::error::meaning),
            "from": self.from,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": self.media.len().to_string(),
            "num_segments": self.segments.to_string(),
            "price": null,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {
                "media": format!("{uri}/Media.json"),
                "feedback": format!("{uri}/Feedback.json"),
            },
            "to": self.to,
            "uri": format!("{uri}.json"),
        })
    }

    /// As the control API shows it: Twilio's fields and what only the twin knows.
    pub(crate) fn detail(&self, account: &str) -> Value {
        let mut out = self.json(account);
        if let Some(map) = out.as_object_mut() {
            map.insert("status_callback".into(), json!(self.status_callback));
            map.insert("content_sid".into(), json!(self.content_sid));
            map.insert("content_variables".into(), json!(self.content_variables));
            map.insert("media".into(), json!(self.media));
            map.insert("created_ms".into(), json!(self.created));
            let history: Vec<Value> = self
                .history
                .iter()
                .map(|(at, status)| json!({"at": at, "status": status}))
                .collect();
            map.insert("history".into(), Value::Array(history));
        }
        out
    }

    /// Whether nothing but a read receipt can still happen.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(
            self.status.as_str(),
            "delivered" | "undelivered" | "failed" | "canceled" | "read" | "received"
        )
    }
}
