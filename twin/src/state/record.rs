//! What came in and what went out.

use crate::form::Params;
use serde_json::{Value, json};

/// A REST request that came in, and its answer.
#[derive(Debug, Clone)]
pub struct RestRecord {
    pub at: i64,
    pub method: String,
    pub path: String,
    pub query: Params,
    pub params: Params,
    pub json: Option<Value>,
    pub authorized_as: Option<String>,
    pub user_agent: Option<String>,
    pub status: Option<u16>,
    pub answer: Value,
    pub fault: Option<Value>,
}

/// What signs a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// The primary token, as Twilio does.
    #[default]
    Good,
    /// A signature by another token.
    Wrong,
    /// No signature at all.
    None,
    /// The secondary token (which Twilio never uses before promotion).
    Secondary,
}

/// A request to the application.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// E.g. `message-status`, `sms-inbound`, `voice`.
    pub kind: &'static str,
    /// The SID it is about.
    pub subject: String,
    pub method: String,
    pub url: String,
    pub params: Params,
    /// Sent as JSON in place of the parameters, with its hash in the query.
    pub json: Option<Value>,
    pub token: String,
    pub signing: Signing,
}

/// A request that the twin sent, and what came back.
#[derive(Debug, Clone)]
pub struct CallbackRecord {
    pub index: usize,
    pub at: i64,
    pub webhook: Webhook,
    pub signature: Option<String>,
    pub status: Option<u16>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub error: Option<String>,
    pub took_ms: u64,
    pub attempts: u32,
}

impl CallbackRecord {
    pub(crate) fn json(&self) -> Value {
        let body = if self.webhook.method == "GET" {
            String::new()
        } else {
            String::from_utf8_lossy(&crate::engine::payload(&self.webhook).1).into_owned()
        };
        json!({
            "index": self.index,
            "at": self.at,
            "kind": self.webhook.kind,
            "sid": self.webhook.subject,
            "method": self.webhook.method,
            "url": self.webhook.url,
            // As it was requested and signed.
            "sent_url": crate::engine::full_url(&self.webhook),
            "sent_body": body,
            "params": crate::json::params(&self.webhook.params),
            "json": self.webhook.json,
            "signature": self.signature,
            "idempotency_token": self.webhook.token,
            "status": self.status,
            "headers": crate::json::params(&self.headers),
            "body": self.body,
            "error": self.error,
            "took_ms": self.took_ms,
            "attempts": self.attempts,
        })
    }
}
