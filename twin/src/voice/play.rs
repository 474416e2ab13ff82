//! The verbs that need no file of their own.

use super::leg::{End, Flow, Heard, Leg, Target, flow_of};
use super::put;
use super::script::Step;
use super::twiml::{self, Node};
use crate::engine::join_url;
use crate::form::Params;
use serde_json::{Value, json};

/// Milliseconds that a character takes to say.
const MS_PER_CHAR: u64 = 65;

impl Leg {
    pub(super) async fn verb(&mut self, node: &Node, base: &str) -> Flow {
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

fn target_url(target: &Target) -> String {
    match target {
        Target::Url { url, .. } => url.clone(),
        Target::Document(_) => String::new(),
    }
}

/// An element as JSON: attributes, text, and what is inside.
fn describe(node: &Node) -> Value {
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
