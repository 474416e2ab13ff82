//! `<Dial>`: who is called, what becomes of it, and what the action is told.

use super::leg::{End, Flow, Heard, Leg, call_params, flow_of, progress_params};
use super::put;
use super::script::Step;
use super::twiml::{self, Node};
use crate::engine::join_url;
use crate::form::Params;
use crate::state::Call;
use serde_json::{Value, json};

/// What came of dialling.
struct Result {
    status: String,
    duration: u64,
    caller_gone: bool,
}

impl Leg {
    pub(super) async fn dial(&mut self, node: &Node, base: &str) -> Flow {
        let targets = targets(node);
        let heard = self.listen(0, |step| matches!(step, Step::Dial(_))).await;
        let result = match heard {
            Heard::Changed(update) => return flow_of(update),
            Heard::Step(Step::Hangup(_)) => Result {
                status: "canceled".to_owned(),
                duration: 0,
                caller_gone: true,
            },
            Heard::Step(Step::Dial(step)) => {
                let (status, duration, gone) = step.parts();
                Result {
                    status: status.to_owned(),
                    duration,
                    caller_gone: gone,
                }
            }
            Heard::Step(_) | Heard::Silence => self.usual_result(&targets),
        };
        let answered = matches!(result.status.as_str(), "completed" | "answered");
        let talk = if answered { result.duration } else { 0 };
        self.elapsed_ms += talk * 1000
            + if answered {
                3000
            } else {
                node.number("timeout", 30) * 1000
            };
        let child = self.child(node, &targets, &result.status, talk).await;
        self.note_dial(node, &targets, &result, talk);
        let mut params: Params = vec![("DialCallStatus".to_owned(), result.status.clone())];
        if let Some(child) = &child {
            params.push(("DialCallSid".to_owned(), child.clone()));
        }
        if answered {
            params.push(("DialCallDuration".to_owned(), talk.to_string()));
            params.push(("DialBridged".to_owned(), "true".to_owned()));
        } else {
            params.push(("DialBridged".to_owned(), "false".to_owned()));
        }
        let recorded = node
            .attr("record")
            .is_some_and(|r| r != "do-not-record" && r != "false");
        if recorded && answered {
            let recording = self.keep_recording(talk.max(1), "DialVerb", None);
            self.recording_callback(node, base, &recording);
            params.extend(self.recording_params(&recording));
        }
        self.after_dial(node, base, params, result.caller_gone)
            .await
    }

    async fn after_dial(
        &mut self,
        node: &Node,
        base: &str,
        mut params: Params,
        gone: bool,
    ) -> Flow {
        let Some(action) = node.attr("action") else {
            return if gone {
                Flow::Over(End::Caller)
            } else {
                Flow::On
            };
        };
        if !gone {
            return Flow::Goto(self.target(node, "method", action, base, params));
        }
        params.push(("CallStatus".to_owned(), "completed".to_owned()));
        let method = node.attr("method").unwrap_or("POST").to_owned();
        self.request("voice", &method, &join_url(base, action), params)
            .await;
        Flow::Over(End::Caller)
    }

    /// Without a step of the script, the called number's own script decides.
    fn usual_result(&self, targets: &[Target]) -> Result {
        let world = self.shared.world();
        let answer = targets
            .first()
            .and_then(|t| world.scripts.get(&t.address))
            .and_then(|s| s.answer.clone());
        let status = match answer.as_deref() {
            None | Some("human" | "machine" | "fax") => "completed",
            Some(other) => other,
        };
        Result {
            status: status.to_owned(),
            duration: 12,
            caller_gone: false,
        }
    }

    fn note_dial(&self, node: &Node, targets: &[Target], result: &Result, talk: u64) {
        let list: Vec<Value> = targets
            .iter()
            .map(|t| json!({"kind": t.kind, "to": t.address}))
            .collect();
        let mut entry = json!({
            "to": targets.first().map(|t| t.address.clone()),
            "targets": list,
            "status": result.status,
            "duration": talk,
        });
        for name in ["callerId", "timeout", "record", "answerOnBridge"] {
            if let Some(value) = node.attr(name) {
                put(&mut entry, name, json!(value));
            }
        }
        self.note(json!({"dial": entry}));
    }

    /// The called leg: its record, its whisper, its progress callbacks. Its SID.
    async fn child(
        &mut self,
        node: &Node,
        targets: &[Target],
        status: &str,
        talk: u64,
    ) -> Option<String> {
        let target = targets.first()?;
        if !matches!(
            target.kind.as_str(),
            "Number" | "Client" | "Sip" | "Sim" | "WhatsApp"
        ) {
            return None;
        }
        let (sid, params) = {
            let mut world = self.shared.world();
            let now = world.now();
            let own = world
                .call(&self.sid)
                .map(|c| (c.from.clone(), c.to.clone(), c.direction == "inbound"));
            let (from, to, inbound) = own.unwrap_or_default();
            let caller = node
                .attr("callerId")
                .map_or(if inbound { from } else { to }, str::to_owned);
            let call = Call {
                sid: world.ids.sid("CA"),
                from: caller,
                to: target.address.clone(),
                status: status.to_owned(),
                direction: "outbound-dial".to_owned(),
                parent: Some(self.sid.clone()),
                created: now,
                started: Some(now),
                ended: Some(now),
                updated: now,
                duration: Some(talk),
                ..Call::default()
            };
            let params = call_params(&call, world.account());
            let sid = call.sid.clone();
            world.add_call(call);
            (sid, params)
        };
        let answered = matches!(status, "completed" | "answered");
        if let Some(url) = target.whisper.as_ref().filter(|_| answered) {
            let mut params = params.clone();
            crate::json::set(&mut params, "CallStatus", "in-progress");
            self.whisper(&join_url_of(self, url), &sid, params).await;
        }
        self.child_progress(target, &sid, params, status, talk)
            .await;
        Some(sid)
    }

    /// What the called party hears before being connected.
    async fn whisper(&mut self, url: &str, sid: &str, params: Params) {
        let webhook = self
            .shared
            .world()
            .webhook("voice-whisper", sid, "POST", url, params);
        let record = self.send(webhook).await;
        match twiml::check_answer(&record) {
            Ok(nodes) => {
                let said: Vec<Value> = nodes
                    .iter()
                    .map(|n| json!({n.name.to_lowercase(): n.text.trim()}))
                    .collect();
                self.note(json!({"whisper": said}));
            }
            Err((code, detail)) => self.fault(code, url, &detail),
        }
    }

    async fn child_progress(
        &mut self,
        target: &Target,
        sid: &str,
        params: Params,
        status: &str,
        talk: u64,
    ) {
        let Some(url) = target.callback.clone() else {
            return;
        };
        let answered = matches!(status, "completed" | "answered");
        let now = self.shared.world().now();
        let mut sequence = 0;
        for (event, shown) in [
            ("initiated", "initiated"),
            ("ringing", "ringing"),
            ("answered", "in-progress"),
            ("completed", status),
        ] {
            if (event == "answered" && !answered) || !target.events.iter().any(|e| e == event) {
                continue;
            }
            let mut all = params.clone();
            crate::json::set(&mut all, "CallStatus", shown);
            all.extend(progress_params(now, sequence));
            if event == "completed" {
                crate::json::set(&mut all, "CallDuration", talk.to_string());
            }
            sequence += 1;
            let webhook = self
                .shared
                .world()
                .webhook("call-status", sid, "POST", &url, all);
            self.send(webhook).await;
        }
    }
}

fn join_url_of(leg: &Leg, url: &str) -> String {
    let world = leg.shared.world();
    let base = world
        .callbacks
        .iter()
        .rev()
        .find(|c| c.webhook.subject == leg.sid);
    join_url(base.map_or(world.origin.as_str(), |c| &c.webhook.url), url)
}

/// One party of a Dial.
struct Target {
    kind: String,
    address: String,
    whisper: Option<String>,
    callback: Option<String>,
    events: Vec<String>,
}

fn targets(node: &Node) -> Vec<Target> {
    let text = node.own_text.trim();
    let mut out = Vec::new();
    if !text.is_empty() {
        out.push(Target {
            kind: "Number".to_owned(),
            address: text.to_owned(),
            whisper: None,
            callback: None,
            events: Vec::new(),
        });
    }
    for child in &node.children {
        let identity = child
            .children
            .iter()
            .find(|c| c.name == "Identity" || c.name == "ApplicationSid");
        let events = child.attr("statusCallbackEvent").unwrap_or("completed");
        out.push(Target {
            kind: child.name.clone(),
            address: identity
                .map_or(child.own_text.trim(), |i| i.text.trim())
                .to_owned(),
            whisper: child.attr("url").map(str::to_owned),
            callback: child.attr("statusCallback").map(str::to_owned),
            events: events.split_whitespace().map(str::to_owned).collect(),
        });
    }
    out
}
