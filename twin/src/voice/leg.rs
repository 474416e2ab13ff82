//! One call being played: fetches documents, carries out verbs, listens to the caller.
//!
//! Seconds on the line are counted, not slept, unless the call is live (somebody holds a
//! handset). The number of documents and verbs is limited, so a menu that loops ends.

use super::put;
use super::script::{CallUpdate, Step};
use super::twiml::{self, Node};
use crate::clock::rfc2822;
use crate::engine::{self, Activity, Shared, join_url};
use crate::form::Params;
use crate::state::{CallbackRecord, Signing, Webhook};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const MAX_DOCUMENTS: u32 = 60;
const MAX_VERBS: u32 = 400;
/// Milliseconds that a character takes to say.
const MS_PER_CHAR: u64 = 65;

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
    keypad: Option<UnboundedReceiver<Step>>,
    updates: UnboundedReceiver<CallUpdate>,
    activity: Option<Activity>,
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

    async fn verb(&mut self, node: &Node, base: &str) -> Flow {
        match node.name.as_str() {
            "Say" | "Play" | "Pause" => self.hear(node, base).await,
            "Gather" => self.gather(node, base).await,
            "Record" => self.record(node, base).await,
            "Dial" => self.dial(node, base).await,
            "Redirect" => {
                let target = self.target(node, "method", &node.text, base, Vec::new());
                self.note(json!({"redirect": target_url(&target)}));
                Flow::Goto(target)
            }
            "Hangup" => Flow::Over(End::Twiml("hangup")),
            "Reject" => self.reject(node),
            "Enqueue" => self.enqueue(node, base).await,
            "Pay" => self.with_action(node, base, "pay", |step| match step {
                Step::Pay(params) => Some(crate::json::to_params(params)),
                _ => None,
            }),
            "Connect" => self.with_action(node, base, "connect", |step| match step {
                Step::Connect(params) => Some(crate::json::to_params(params)),
                _ => None,
            }),
            "Sms" | "Message" => self.text(node, base),
            "Start" | "Stop" | "Leave" | "Echo" | "Refer" => {
                self.note(json!({node.name.to_lowercase(): describe(node)}));
                if node.name == "Leave" {
                    Flow::Over(End::Twiml("leave"))
                } else {
                    Flow::On
                }
            }
            _ => Flow::On,
        }
    }

    fn reject(&mut self, node: &Node) -> Flow {
        let reason = node.attr("reason").unwrap_or("rejected");
        self.note(json!({"reject": reason}));
        if self.answered {
            // Too late to refuse: the call is simply ended.
            return Flow::Over(End::Twiml("reject"));
        }
        Flow::Over(End::Rejected(if reason == "busy" {
            "busy"
        } else {
            "no-answer"
        }))
    }

    /// Say, Play and Pause, alone or inside a Gather.
    pub(crate) async fn hear(&mut self, node: &Node, base: &str) -> Flow {
        let took_ms = match node.name.as_str() {
            "Say" => {
                let text: String = node.text.split_whitespace().collect::<Vec<_>>().join(" ");
                let chars = u64::try_from(text.chars().count()).unwrap_or(0);
                let mut entry = json!({"say": text});
                for name in ["voice", "language", "loop"] {
                    if let Some(value) = node.attr(name) {
                        put(&mut entry, name, json!(value));
                    }
                }
                if chars > 4096 {
                    self.fault(13521, base, "more than 4096 characters");
                }
                self.note(entry);
                chars * MS_PER_CHAR
            }
            "Play" => {
                let mut entry = match node.attr("digits") {
                    Some(digits) => json!({"play_digits": digits}),
                    None => json!({"play": join_url(base, node.text.trim())}),
                };
                if let Some(count) = node.attr("loop") {
                    put(&mut entry, "loop", json!(count));
                }
                self.note(entry);
                2000
            }
            _ => {
                let seconds = node.number("length", 1);
                self.note(json!({"pause": seconds}));
                seconds * 1000
            }
        };
        self.pass(took_ms).await;
        if node.name == "Pause" && matches!(self.script.front(), Some(Step::Hangup(_))) {
            self.script.pop_front();
            return Flow::Over(End::Caller);
        }
        self.interrupted().unwrap_or(Flow::On)
    }

    /// Lets time on the line pass; really, when somebody listens, until a key is pressed.
    async fn pass(&mut self, ms: u64) {
        self.elapsed_ms += ms;
        if !self.script.is_empty() {
            return;
        }
        if let Some(keypad) = &mut self.keypad {
            let resting = self.activity.take().is_some();
            tokio::select! {
                step = keypad.recv() => self.script.extend(step),
                () = tokio::time::sleep(Duration::from_millis(ms)) => {}
            }
            self.activity = resting.then(|| Activity::new(&self.shared));
        }
    }

    /// What came from outside without being waited for.
    pub(crate) fn interrupted(&mut self) -> Option<Flow> {
        if let Ok(update) = self.updates.try_recv() {
            return Some(flow_of(update));
        }
        if let Some(keypad) = &mut self.keypad {
            while let Ok(step) = keypad.try_recv() {
                self.script.push_back(step);
            }
            if matches!(self.script.front(), Some(Step::Hangup(_))) {
                self.script.pop_front();
                return Some(Flow::Over(End::Caller));
            }
        }
        None
    }

    /// Waits for the caller; `fits` says which steps this verb takes. A scripted step that is
    /// meant for a later verb stays, and is silence to this one.
    pub(crate) async fn listen(&mut self, seconds: u64, fits: fn(&Step) -> bool) -> Heard {
        loop {
            match self.script.front() {
                Some(Step::WaitMs(ms)) => {
                    let ms = *ms;
                    self.script.pop_front();
                    if let Some(update) = self.wait(Some(ms)).await {
                        return Heard::Changed(update);
                    }
                }
                Some(Step::Hold(_)) => {
                    self.script.pop_front();
                    if let Some(update) = self.wait(None).await {
                        return Heard::Changed(update);
                    }
                }
                Some(Step::Silence(_)) => {
                    self.script.pop_front();
                    return Heard::Silence;
                }
                Some(step) if fits(step) || matches!(step, Step::Hangup(_)) => {
                    return self.script.pop_front().map_or(Heard::Silence, Heard::Step);
                }
                Some(_) if self.is_live() => {
                    // A key pressed where nobody listens is lost.
                    self.script.pop_front();
                }
                Some(_) => return Heard::Silence,
                None => match self.listen_live(seconds).await {
                    Some(heard) => return heard,
                    None if self.script.is_empty() => return Heard::Silence,
                    None => {}
                },
            }
        }
    }

    /// Waits for a key of the handset; `None` when one has come or the time is over.
    async fn listen_live(&mut self, seconds: u64) -> Option<Heard> {
        let keypad = self.keypad.as_mut()?;
        let resting = self.activity.take().is_some();
        let heard = tokio::select! {
            step = keypad.recv() => {
                match step {
                    Some(step) => self.script.push_back(step),
                    None => self.keypad = None,
                }
                None
            }
            Some(update) = self.updates.recv() => Some(Heard::Changed(update)),
            () = tokio::time::sleep(Duration::from_secs(seconds)) => None,
        };
        self.activity = resting.then(|| Activity::new(&self.shared));
        heard
    }

    /// Waits in the twin's time, or without end, for a change from outside.
    pub(crate) async fn wait(&mut self, ms: Option<i64>) -> Option<CallUpdate> {
        let resting = self.activity.take().is_some();
        let shared = Arc::clone(&self.shared);
        let pause = async move {
            match ms {
                Some(ms) => engine::sleep(&shared, ms).await,
                None => tokio::time::sleep(Duration::from_secs(3600)).await,
            }
        };
        let update = tokio::select! {
            update = self.updates.recv() => update,
            () = pause => None,
        };
        self.activity = resting.then(|| Activity::new(&self.shared));
        self.elapsed_ms += ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
        update
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

    /// Notes a verb whose inside the twin does not play, and goes on with its action.
    fn with_action(
        &mut self,
        node: &Node,
        base: &str,
        name: &str,
        take: fn(&Step) -> Option<Params>,
    ) -> Flow {
        self.note(json!({name: describe(node)}));
        let params = match self.script.front().and_then(take) {
            Some(params) => {
                self.script.pop_front();
                params
            }
            None => Vec::new(),
        };
        match node.attr("action") {
            Some(action) => Flow::Goto(self.target(node, "method", action, base, params)),
            None => Flow::On,
        }
    }

    async fn enqueue(&mut self, node: &Node, base: &str) -> Flow {
        let mut entry = describe(node);
        let workflow = node.attr("workflowSid").map(str::to_owned);
        if let Some(workflow) = &workflow {
            let attributes = node
                .children
                .iter()
                .find(|c| c.name == "Task")
                .map_or("{}", |c| c.text.trim())
                .to_owned();
            let mut world = self.shared.world();
            let task = crate::rest::taskrouter::add(
                &mut world,
                workflow,
                &attributes,
                json!({"call_sid": self.sid}),
            );
            put(
                &mut entry,
                "task_sid",
                task.get("sid").cloned().unwrap_or_default(),
            );
        }
        self.note(json!({"enqueue": entry}));
        if let Some(wait_url) = node.attr("waitUrl") {
            let params = vec![
                ("QueuePosition".to_owned(), "1".to_owned()),
                ("QueueTime".to_owned(), "0".to_owned()),
            ];
            let method = node.attr("waitUrlMethod").unwrap_or("POST").to_owned();
            let record = self
                .request("voice-wait", &method, &join_url(base, wait_url), params)
                .await;
            for sound in twiml::check_answer(&record).unwrap_or_default() {
                if matches!(sound.name.as_str(), "Say" | "Play" | "Pause") {
                    self.hear(&sound, &record.webhook.url).await;
                }
            }
        }
        let heard = self.listen(30, |step| matches!(step, Step::Queue(_))).await;
        let result = match heard {
            Heard::Changed(update) => return flow_of(update),
            Heard::Step(Step::Queue(result)) => result,
            Heard::Step(Step::Hangup(_)) => "hangup".to_owned(),
            Heard::Step(_) | Heard::Silence => "bridged".to_owned(),
        };
        self.elapsed_ms += 10_000;
        self.note(json!({"queue_result": result}));
        let gone = result == "hangup";
        let queue_sid = self.shared.world().ids.sid("QU");
        let params = vec![
            ("QueueResult".to_owned(), result),
            ("QueueSid".to_owned(), queue_sid),
            ("QueueTime".to_owned(), "10".to_owned()),
        ];
        match node.attr("action") {
            Some(action) if gone => {
                let method = node.attr("method").unwrap_or("POST").to_owned();
                self.request("voice", &method, &join_url(base, action), params)
                    .await;
                Flow::Over(End::Caller)
            }
            Some(action) => Flow::Goto(self.target(node, "method", action, base, params)),
            None if gone => Flow::Over(End::Caller),
            None => Flow::On,
        }
    }

    /// A message sent from inside a call.
    fn text(&mut self, node: &Node, base: &str) -> Flow {
        let (from, to) = {
            let world = self.shared.world();
            let call = world.call(&self.sid);
            let ends = call.map(|c| (c.from.clone(), c.to.clone(), c.direction == "inbound"));
            let (from, to, inbound) = ends.unwrap_or_default();
            if inbound { (to, from) } else { (from, to) }
        };
        let to = node.attr("to").map_or(to, str::to_owned);
        let from = node.attr("from").map_or(from, str::to_owned);
        let body = node.text.trim().to_owned();
        let draft = crate::rest::messages::Draft {
            from: from.clone(),
            to: to.clone(),
            content: crate::rest::messages::Text {
                body: body.clone(),
                ..Default::default()
            },
            service: None,
            callback: node.attr("statusCallback").map(|u| join_url(base, u)),
            send_at: None,
            validity_s: 36_000,
            direction: "outbound-call",
        };
        let mut world = self.shared.world();
        let sid = crate::rest::messages::accept(&mut world, draft).ok();
        drop(world);
        self.shared.wake.notify_one();
        self.note(json!({"message": {"to": to, "from": from, "body": body, "sid": sid}}));
        Flow::On
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

fn target_url(target: &Target) -> String {
    match target {
        Target::Url { url, .. } => url.clone(),
        Target::Document(_) => String::new(),
    }
}

/// An element as JSON: attributes, text, and what is inside.
pub(crate) fn describe(node: &Node) -> Value {
    let mut out = json!({});
    for (name, value) in &node.attrs {
        put(&mut out, name, json!(value));
    }
    let text = node.own_text.trim();
    if !text.is_empty() {
        put(&mut out, "text", json!(text));
    }
    if !node.children.is_empty() {
        let inner: Vec<Value> = node
            .children
            .iter()
            .map(|c| json!({&c.name: describe(c)}))
            .collect();
        put(&mut out, "inside", Value::Array(inner));
    }
    out
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
