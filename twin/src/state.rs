//! Everything the twin remembers: plain structs behind one mutex.
//!
//! The mutex is never held over an await. Whatever has to happen later is a [`Job`].

use crate::clock::{Clock, rfc2822};
use crate::config::Config;
use crate::fault::Fault;
use crate::form::Params;
use crate::ids::Ids;
use crate::outcome::Outcome;
use crate::rest::content::Template;
use crate::rest::services::{NumberResource, Service};
use crate::rest::verify::Verify;
use crate::voice::script::{CallScript, CallUpdate, Step};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::sync::{mpsc, oneshot};

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
            "annotation": null,
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
        json!({
            "index": self.index,
            "at": self.at,
            "kind": self.webhook.kind,
            "sid": self.webhook.subject,
            "method": self.webhook.method,
            "url": self.webhook.url,
            "params": crate::json::params(&self.webhook.params),
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

/// Something that is due at a time of the twin's clock.
#[derive(Debug)]
pub(crate) enum Job {
    /// The n-th step of a message's way.
    Advance { sid: String, step: usize },
    /// A scheduled message's time has come.
    Release { sid: String },
    /// A request to send.
    Send(Box<Webhook>),
    /// Somebody sleeps in virtual time.
    Wake(oneshot::Sender<()>),
    /// An outbound call starts to ring.
    Dial { sid: String },
}

/// The whole state.
#[derive(Debug)]
pub struct World {
    pub(crate) config: Config,
    /// The twin's own origin, e.g. `http://127.0.0.1:8788`.
    pub(crate) origin: String,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) jobs: BTreeMap<(i64, u64), Job>,
    pub(crate) job_count: u64,
    pub(crate) messages: Vec<Message>,
    pub(crate) message_index: HashMap<String, usize>,
    /// The planned ways of messages under way.
    pub(crate) ways: HashMap<String, Vec<crate::outcome::WayStep>>,
    pub(crate) calls: Vec<Call>,
    pub(crate) call_index: HashMap<String, usize>,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) requests: Vec<RestRecord>,
    pub(crate) callbacks: Vec<CallbackRecord>,
    /// What Twilio's debugger would list: code, message, and the request in question.
    pub(crate) alerts: Vec<Value>,
    pub(crate) scripts: HashMap<String, CallScript>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) outcomes: Vec<Outcome>,
    /// (sender, recipient) pairs that said STOP.
    pub(crate) blocks: BTreeSet<(String, String)>,
    /// Last inbound WhatsApp message by (sender, identity of the user).
    pub(crate) windows: HashMap<(String, String), i64>,
    /// Business-scoped user id given for a WhatsApp number by an injected message.
    pub(crate) bsuids: HashMap<String, String>,
    /// When each sender's queue will be empty.
    pub(crate) queues: HashMap<String, i64>,
    pub(crate) services: Vec<Service>,
    pub(crate) numbers: Vec<NumberResource>,
    pub(crate) templates: Vec<Template>,
    pub(crate) verify: Verify,
    pub(crate) tasks: Vec<Value>,
    pub(crate) typing: Vec<Value>,
    pub(crate) secondary_token: Option<String>,
    pub(crate) safe_list: BTreeSet<String>,
}

impl World {
    pub(crate) fn new(config: Config, origin: String) -> Self {
        let ids = Ids::new(config.seed);
        let mut world = Self {
            config,
            origin,
            clock: Clock::default(),
            ids,
            jobs: BTreeMap::new(),
            job_count: 0,
            messages: Vec::new(),
            message_index: HashMap::new(),
            ways: HashMap::new(),
            calls: Vec::new(),
            call_index: HashMap::new(),
            recordings: Vec::new(),
            requests: Vec::new(),
            callbacks: Vec::new(),
            alerts: Vec::new(),
            scripts: HashMap::new(),
            faults: Vec::new(),
            outcomes: Vec::new(),
            blocks: BTreeSet::new(),
            windows: HashMap::new(),
            bsuids: HashMap::new(),
            queues: HashMap::new(),
            services: Vec::new(),
            numbers: Vec::new(),
            templates: Vec::new(),
            verify: Verify::default(),
            tasks: Vec::new(),
            typing: Vec::new(),
            secondary_token: None,
            safe_list: BTreeSet::new(),
        };
        if let Some(at) = world.config.freeze_at {
            world.clock.freeze(Some(at));
        }
        world
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    pub(crate) fn account(&self) -> &str {
        &self.config.account_sid
    }

    /// Plans a job; the caller has to wake the pump.
    pub(crate) fn plan(&mut self, due: i64, job: Job) {
        self.job_count += 1;
        self.jobs.insert((due, self.job_count), job);
    }

    pub(crate) fn message(&self, sid: &str) -> Option<&Message> {
        self.messages
            .get(*self.message_index.get(sid)?)
            .filter(|m| !m.deleted)
    }

    pub(crate) fn message_mut(&mut self, sid: &str) -> Option<&mut Message> {
        self.messages
            .get_mut(*self.message_index.get(sid)?)
            .filter(|m| !m.deleted)
    }

    pub(crate) fn add_message(&mut self, mut message: Message) {
        message
            .history
            .push((message.created, message.status.clone()));
        self.message_index
            .insert(message.sid.clone(), self.messages.len());
        self.messages.push(message);
    }

    pub(crate) fn call(&self, sid: &str) -> Option<&Call> {
        self.calls.get(*self.call_index.get(sid)?)
    }

    pub(crate) fn call_mut(&mut self, sid: &str) -> Option<&mut Call> {
        self.calls.get_mut(*self.call_index.get(sid)?)
    }

    pub(crate) fn add_call(&mut self, call: Call) {
        self.call_index.insert(call.sid.clone(), self.calls.len());
        self.calls.push(call);
    }

    /// Notes what Twilio's debugger would note.
    pub(crate) fn alert(&mut self, code: u32, subject: &str, url: &str, text: &str) {
        let at = self.now();
        let level = if code == 12200 { "WARNING" } else { "ERROR" };
        self.alerts.push(json!({
            "at": at, "code": code, "level": level, "message": crate::error::meaning(code),
            "sid": subject, "url": url, "detail": text,
        }));
    }

    /// A webhook with a fresh idempotency token.
    pub(crate) fn webhook(
        &mut self,
        kind: &'static str,
        subject: &str,
        method: &str,
        url: &str,
        params: Params,
    ) -> Webhook {
        Webhook {
            kind,
            subject: subject.to_owned(),
            method: method.to_ascii_uppercase(),
            url: url.to_owned(),
            params,
            token: self.ids.uuid(),
            signing: self.config.signing,
        }
    }
}
