//! One call being played: fetches documents, carries out verbs, listens to the caller.
//!
//! Seconds on the line are counted, not slept, unless the call is live (somebody holds a
//! handset). The number of documents and verbs is limited, so a menu that loops ends.

use super::script::{CallUpdate, Step};
use super::twiml::{self, Node};
use crate::clock::rfc2822;
use crate::engine::{self, Activity, Shared, join_url};
use crate::form::Params;
use crate::state::{CallbackRecord, Signing, Webhook};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const MAX_DOCUMENTS: u32 = 60;
const MAX_VERBS: u32 = 400;

/// Where the call goes next.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Url {
        url: String,
        method: String,
        params: Params,
    },
    Document(String),
}

/// Why the call is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The document ran out, or said Hangup.
    Twiml(&'static str),
    /// The caller hung up.
    Caller,
    /// Refused before it was answered, with this status.
    Rejected(&'static str),
    /// Ended through the REST API.
    Api,
    /// No document could be had.
    Broken,
}

/// What a verb leads to.
#[derive(Debug, Clone)]
pub(crate) enum Flow {
    On,
    Goto(Target),
    Over(End),
}

/// What came from the caller.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    Step(Step),
    Silence,
    Changed(CallUpdate),
}

/// A call under way.
pub(crate) struct Leg {
    pub shared: Arc<Shared>,
    pub sid: String,
    pub script: VecDeque<Step>,
    pub keypad: Option<UnboundedReceiver<Step>>,
    pub updates: UnboundedReceiver<CallUpdate>,
    pub activity: Option<Activity>,
    pub signing: Option<Signing>,
    /// Milliseconds on the line.
    pub elapsed_ms: u64,
    documents: u32,
    verbs: u32,
    /// Whether anything has been answered: a Reject must come before.
    pub answered: bool,
    /// Sent when the call is over.
    pub afterwards: Vec<(i64, Webhook)>,
    /// Parameters of a recording, for the last callback.
    pub recording: Params,
}

/// How to reach a leg from outside.
pub(crate) struct Handles {
    pub control: UnboundedSender<CallUpdate>,
    pub keypad: Option<UnboundedSender<Step>>,
}

impl Leg {
    pub(crate) fn new(
        shared: Arc<Shared>,
        sid: String,
        script: Vec<Step>,
        live: bool,
        activity: Activity,
    ) -> (Self, Handles) {
        let (control, updates) = unbounded_channel();
        let (keypad_in, keypad) = unbounded_channel();
        let leg = Self {
            shared,
            sid,
            script: script.into(),
            keypad: live.then_some(keypad),
            updates,
            activity: Some(activity),
            signing: None,
            elapsed_ms: 0,
            documents: 0,
            verbs: 0,
            answered: false,
            afterwards: Vec::new(),
            recording: Vec::new(),
        };
        let handles = Handles {
            control,
            keypad: live.then_some(keypad_in),
        };
        (leg, handles)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.keypad.is_some()
    }

    /// Adds to the transcript.
    pub(crate) fn note(&self, entry: Value) {
        if let Some(call) = self.shared.world().call_mut(&self.sid) {
            call.transcript.push(entry);
        }
    }

    pub(crate) fn fault(&self, code: u32, url: &str, detail: &str) {
        self.shared.world().alert(code, &self.sid, url, detail);
        self.note(json!({"error": {"code": code, "message": crate::error::meaning(code), "detail": detail, "url": url}}));
    }

    /// Plays until the call is over.
    pub(crate) async fn run(&mut self, first: Target) -> End {
        let mut target = first;
        loop {
            self.documents += 1;
            if self.documents > MAX_DOCUMENTS {
                self.note(json!({"error": {"code": "step_limit", "message": "too many documents: the call loops"}}));
                return End::Broken;
            }
            let (base, nodes) = match self.document(target).await {
                Ok(found) => found,
                Err(end) => return end,
            };
            match self.play(&nodes, &base).await {
                Flow::Goto(next) => target = next,
                Flow::Over(end) => return end,
                Flow::On => return End::Twiml("end of document"),
            }
        }
    }

    /// The verbs of the next document and its URL.
    async fn document(&mut self, target: Target) -> Result<(String, Vec<Node>), End> {
        let (url, method, params) = match target {
            Target::Document(text) => {
                let base = self.shared.world().origin.clone();
                return match twiml::parse(&text) {
                    Ok(nodes) => Ok((base, nodes)),
                    Err((code, detail)) => {
                        self.fault(code, "", &detail);
                        Err(End::Broken)
                    }
                };
            }
            Target::Url {
                url,
                method,
                params,
            } => (url, method, params),
        };
        let record = self.request("voice", &method, &url, params.clone()).await;
        let (code, detail) = match twiml::check_answer(&record) {
            Ok(nodes) => return Ok((self.seen(&record, &nodes), nodes)),
            Err(wrong) => wrong,
        };
        self.fault(code, &url, &detail);
        let fallback = {
            let world = self.shared.world();
            let call = world.call(&self.sid);
            call.and_then(|c| c.fallback_url.clone())
        };
        let Some(fallback) = fallback.filter(|f| *f != url) else {
            self.note(
                json!({"say": "An application error has occurred. Goodbye.", "by": "twilio"}),
            );
            return Err(End::Broken);
        };
        let mut params = params;
        params.push(("ErrorCode".to_owned(), code.to_string()));
        params.push(("ErrorUrl".to_owned(), url));
        let record = self
            .request("voice-fallback", "POST", &fallback, params)
            .await;
        match twiml::check_answer(&record) {
            Ok(nodes) => Ok((self.seen(&record, &nodes), nodes)),
            Err((code, detail)) => {
                self.fault(code, &fallback, &detail);
                Err(End::Broken)
            }
        }
    }

    fn seen(&self, record: &CallbackRecord, nodes: &[Node]) -> String {
        let url = record
            .webhook
            .url
            .split('#')
            .next()
            .unwrap_or_default()
            .to_owned();
        for warning in twiml::voice_warnings(nodes) {
            self.shared.world().alert(12200, &self.sid, &url, &warning);
        }
        url
    }

    /// The parameters every request of this call has, and these.
    pub(crate) fn params(&self, extra: Params) -> Params {
        let world = self.shared.world();
        let mut out = world
            .call(&self.sid)
            .map(|c| call_params(c, world.account()))
            .unwrap_or_default();
        for (name, value) in extra {
            crate::json::set(&mut out, &name, value);
        }
        out
    }

    /// Makes a request of this call, and keeps it with the call.
    pub(crate) async fn request(
        &self,
        kind: &'static str,
        method: &str,
        url: &str,
        extra: Params,
    ) -> CallbackRecord {
        let params = self.params(extra);
        let mut webhook = self
            .shared
            .world()
            .webhook(kind, &self.sid, method, url, params);
        if let Some(signing) = self.signing {
            webhook.signing = signing;
        }
        self.send(webhook).await
    }

    pub(crate) async fn send(&self, webhook: Webhook) -> CallbackRecord {
        let record = engine::deliver(&self.shared, webhook).await;
        if let Some(call) = self.shared.world().call_mut(&self.sid) {
            call.requests.push(record.json());
        }
        record
    }

    async fn play(&mut self, nodes: &[Node], base: &str) -> Flow {
        for node in nodes {
            self.verbs += 1;
            if self.verbs > MAX_VERBS {
                self.note(json!({"error": {"code": "step_limit", "message": "too many verbs: the call loops"}}));
                return Flow::Over(End::Broken);
            }
            if let Some(flow) = self.interrupted() {
                return flow;
            }
            if !self.answered && !matches!(node.name.as_str(), "Reject") {
                self.answer().await;
            }
            match self.verb(node, base).await {
                Flow::On => {}
                other => return other,
            }
        }
        Flow::On
    }

    /// The call is picked up by what is neither Reject nor nothing.
    async fn answer(&mut self) {
        self.answered = true;
        {
            let mut world = self.shared.world();
            let now = world.now();
            if let Some(call) = world.call_mut(&self.sid)
                && call.status == "ringing"
            {
                call.status = "in-progress".to_owned();
                call.started = Some(now);
                call.updated = now;
            }
        }
    }

    /// A target named by a URL in the document, with this call's parameters and these.
    pub(crate) fn target(
        &self,
        node: &Node,
        method: &str,
        url: &str,
        base: &str,
        params: Params,
    ) -> Target {
        Target::Url {
            url: join_url(base, url.trim()),
            method: node.attr(method).unwrap_or("POST").to_owned(),
            params,
        }
    }
}

pub(crate) fn flow_of(update: CallUpdate) -> Flow {
    match update {
        CallUpdate::Cancel | CallUpdate::Complete => Flow::Over(End::Api),
        CallUpdate::Goto { url, method } => Flow::Goto(Target::Url {
            url,
            method,
            params: Vec::new(),
        }),
        CallUpdate::Twiml(text) => Flow::Goto(Target::Document(text)),
    }
}

/// The parameters of every voice request.
pub(crate) fn call_params(call: &crate::state::Call, account: &str) -> Params {
    let mut out: Params = Vec::new();
    let mut add = |name: &str, value: &str| out.push((name.to_owned(), value.to_owned()));
    add("AccountSid", account);
    add("ApiVersion", "2010-04-01");
    add("CallSid", &call.sid);
    add("CallStatus", &call.status);
    add("Direction", &call.direction);
    add("From", &call.from);
    add("To", &call.to);
    add("Caller", &call.from);
    add("Called", &call.to);
    for (side, number) in [
        ("From", &call.from),
        ("To", &call.to),
        ("Caller", &call.from),
        ("Called", &call.to),
    ] {
        add(
            &format!("{side}Country"),
            crate::rest::lookups::country(number).0,
        );
        add(&format!("{side}State"), "");
        add(&format!("{side}City"), "");
        add(&format!("{side}Zip"), "");
    }
    if let Some(parent) = &call.parent {
        add("ParentCallSid", parent);
    }
    if let Some(by) = call
        .answered_by
        .as_ref()
        .filter(|_| call.async_amd_callback.is_none())
    {
        add("AnsweredBy", by);
    }
    for (name, value) in &call.extra {
        crate::json::set(&mut out, name, value.clone());
    }
    out
}

/// The parameters of a call progress callback, besides those of every request.
pub(crate) fn progress_params(now: i64, sequence: u32) -> Params {
    vec![
        ("Timestamp".to_owned(), rfc2822(now)),
        (
            "CallbackSource".to_owned(),
            "call-progress-events".to_owned(),
        ),
        ("SequenceNumber".to_owned(), sequence.to_string()),
    ]
}
