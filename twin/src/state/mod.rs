//! Everything the twin remembers: plain structs behind one mutex.
//!
//! The mutex is never held over an await. Whatever has to happen later is a [`Job`].

mod call;
mod message;
mod record;

pub use call::{Call, Recording};
pub use message::{Media, Message};
pub use record::{CallbackRecord, RestRecord, Signing, Webhook};

use crate::clock::Clock;
use crate::config::Config;
use crate::fault::Fault;
use crate::form::Params;
use crate::ids::Ids;
use crate::outcome::Outcome;
use crate::rest::content::Template;
use crate::rest::keys::ApiKey;
use crate::rest::services::{NumberResource, Service};
use crate::rest::verify::Verify;
use crate::voice::script::CallScript;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::sync::oneshot;

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
    pub(crate) keys: Vec<ApiKey>,
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
            keys: Vec::new(),
            safe_list: BTreeSet::new(),
        };
        if let Some(at) = world.config.freeze_at {
            world.clock.freeze(Some(at));
        }
        // Checked before a configuration is taken.
        if let Ok(scripts) = world.config.read_scripts() {
            world.faults = scripts.faults;
            world.outcomes = scripts.outcomes;
            for call in scripts.calls {
                world.scripts.insert(call.to.clone(), call);
            }
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
            json: None,
            token: self.ids.uuid(),
            signing: self.config.signing,
        }
    }
}
