//! Inputs made from a flow: what its conditions compare with, and the fields that its
//! templates read from triggers, HTTP answers and subflows.

use super::plan;
use crate::flow::{
    context::{Parameters, parameters},
    definition::Definition,
    effect::{Effect, HttpAnswer},
    env::Flows,
    simulate::Event,
    turn::{Next, Trigger, Turn},
    verb::Verb,
    widget::Widget,
};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Objects with several fields set at random.
const MIXES: usize = 8;
/// Most texts tried at one place.
const MAX_TEXTS: usize = 40;
/// Most HTTP answers tried at one place.
const MAX_ANSWERS: usize = 120;
/// A Tuesday afternoon, a Sunday night, a New Year's noon; UTC.
const TIMES: [i64; 3] = [1_773_154_800_000, 1_773_022_200_000, 1_767_268_800_000];

pub(super) struct Inputs<'a> {
    definition: &'a Definition,
    /// For a path that conditions test: texts that satisfy them.
    by_path: BTreeMap<Vec<String>, Vec<String>>,
    /// For each way out: values of fields with which the splits before it lead there.
    plans: Vec<BTreeMap<Vec<String>, String>>,
    /// Every path that templates read.
    paths: BTreeSet<Vec<String>>,
}

impl<'a> Inputs<'a> {
    pub(super) fn of(definition: &'a Definition) -> Self {
        let mut inputs = Self {
            definition,
            by_path: BTreeMap::new(),
            plans: plan::plans(definition),
            paths: BTreeSet::new(),
        };
        for state in definition.states() {
            for (_, survey) in state.surveys() {
                inputs.paths.extend(survey.paths.iter().cloned());
            }
            for transition in state.transitions() {
                for condition in transition.conditions() {
                    let texts = plan::around(condition);
                    for path in plan::tested(definition, state, condition) {
                        let known = inputs.by_path.entry(path).or_default();
                        known.extend(texts.iter().cloned());
                    }
                }
            }
        }
        for list in inputs.by_path.values_mut() {
            list.sort();
            list.dedup();
        }
        inputs
    }

    /// How the flow may start: every event that leads somewhere, with parameters that
    /// the conditions ask for, at several times of the week.
    pub(super) fn starts(&self, root: &Definition) -> Vec<(Trigger, Parameters, i64)> {
        let mut starts = Vec::new();
        let address = |ours: &str, theirs: &str| {
            parameters([
                ("To", ours),
                ("From", theirs),
                ("CallSid", "CA1"),
                ("MessageSid", "SM1"),
            ])
        };
        let mut datas = self.objects(&["flow", "data"]);
        if !root.initial().leads_on("incomingRequest") {
            datas.extend(self.objects(&["trigger", "parent", "parameters"]));
        }
        for transition in root.initial().transitions() {
            if transition.next().is_none() {
                continue;
            }
            let base = address("+15552220000", "+15551110000");
            match transition.event() {
                "incomingCall" => {
                    for given in self.objects(&["trigger", "call"]) {
                        let mut call = base.clone();
                        call.extend(given);
                        starts.push((Trigger::Call(call), Map::new()));
                    }
                }
                "incomingMessage" => {
                    for given in self.objects(&["trigger", "message"]) {
                        let mut message = base.clone();
                        message.extend(given);
                        starts.push((Trigger::Message(message), Map::new()));
                    }
                }
                "incomingConversationMessage" => {
                    for given in self.objects(&["trigger", "conversation"]) {
                        let mut message = base.clone();
                        message.extend(given);
                        starts.push((Trigger::Conversation(message), Map::new()));
                    }
                }
                // A parent starts a flow only through `Inputs::parent`.
                "incomingRequest" => {
                    for data in self.objects(&["trigger", "request", "parameters"]) {
                        let (to, from) = ("+15551110000".to_owned(), "+15552220000".to_owned());
                        starts.push((Trigger::Request { to, from }, data));
                    }
                }
                _ => {}
            }
        }
        let mut all = Vec::new();
        for (index, (trigger, parameters)) in starts.iter().enumerate() {
            for data in &datas {
                let mut merged = data.clone();
                merged.extend(parameters.clone());
                // Other times of the week only once for each: they multiply otherwise.
                let times = if index < 6 {
                    TIMES.as_slice()
                } else {
                    TIMES.get(..1).unwrap_or(&[])
                };
                for now in times {
                    all.push((trigger.clone(), merged.clone(), *now));
                }
            }
        }
        all
    }

    /// Flows that stand in for subflows: each asks an HTTP server (the explorer) for the
    /// variables that this flow reads from it, and fails when that fails.
    pub(super) fn stand_ins(&self) -> Flows {
        let mut flows = Flows::new();
        for state in self.definition.states() {
            let Widget::RunSubflow(run) = state.widget() else {
                continue;
            };
            let Some(sid) = run.flow_sid() else { continue };
            let variables: Vec<Value> = self
                .below(&["widgets", state.name()])
                .filter_map(|rest| rest.first())
                .map(
                    |key| json!({"key": key, "value": format!("{{{{widgets.ask.parsed.{key}}}}}")}),
                )
                .collect();
            let stand_in = json!({
                "initial_state": "Trigger",
                "states": [
                    {"name": "Trigger", "type": "trigger",
                     "transitions": [{"event": "incomingParent", "next": "ask"}]},
                    {"name": "ask", "type": "make-http-request",
                     "transitions": [{"event": "success", "next": "give"}, {"event": "failed", "next": "fail"}],
                     "properties": {"method": "GET", "url": format!("explore:{}", state.name()),
                                    "content_type": "application/json"}},
                    {"name": "give", "type": "set-variables", "transitions": [],
                     "properties": {"variables": variables}},
                    {"name": "fail", "type": "set-variables", "transitions": [],
                     "properties": {"variables": [{"key": "x", "value":
                        "{% for a in (1..999999999) %}{% endfor %}"}]}},
                ],
            });
            if let Ok(definition) = Definition::parse(&stand_in) {
                flows.insert(sid.to_owned(), Rc::new(definition));
            }
        }
        flows
    }

    /// A flow that runs this one as a subflow, on a call or a message, with the
    /// parameters that it reads.
    pub(super) fn parent(&self, flow_sid: &str) -> Option<Definition> {
        let read =
            |prefix: &'static [&'static str]| self.below(prefix).filter_map(|rest| rest.first());
        let keys: BTreeSet<&String> = read(&["trigger", "parent", "parameters"])
            .chain(read(&["flow", "data"]))
            .collect();
        let parameters: Vec<Value> = keys
            .iter()
            .map(|key| json!({"key": key, "value": format!("{{{{flow.data.{key}}}}}")}))
            .collect();
        let events: Vec<Value> = [
            "incomingCall",
            "incomingMessage",
            "incomingConversationMessage",
        ]
        .iter()
        .map(|event| json!({"event": event, "next": "run"}))
        .collect();
        let parent = json!({
            "initial_state": "Trigger",
            "states": [
                {"name": "Trigger", "type": "trigger", "transitions": events},
                {"name": "run", "type": "run-subflow", "transitions": [],
                 "properties": {"flow_sid": flow_sid, "parameters": parameters}},
            ],
        });
        Definition::parse(&parent).ok()
    }

    /// What may happen where an execution waits.
    pub(super) fn for_turn(&self, turn: &Turn) -> Vec<Event> {
        match &turn.next {
            Next::Effect(effect) => self.for_effect(effect, turn.execution.state()),
            Next::WaitReply { .. } => {
                let texts = self.texts_for(turn.execution.state(), &["inbound", "Body"]);
                let reply = |text: &String| Event::Reply(parameters([("Body", text.as_str())]));
                let mut events: Vec<Event> = texts.iter().map(reply).collect();
                events.extend([Event::TimeOut, Event::Undelivered]);
                events
            }
            Next::Pause { .. } => self.for_call(&turn.verbs, turn.execution.state()),
            Next::Ended | Next::Failed(_) => Vec::new(),
        }
    }

    /// What a person may answer in a state: what conditions ask of this very answer, or
    /// of any when nothing tests it directly; and something else.
    fn texts_for(&self, state: &str, field: &[&str]) -> Vec<String> {
        let mut path = vec!["widgets".to_owned(), state.to_owned()];
        path.extend(field.iter().map(|key| (*key).to_owned()));
        let mut texts = match self.by_path.get(&path) {
            Some(texts) => texts.iter().take(MAX_TEXTS).cloned().collect(),
            None if self.paths.contains(&path) => vec!["1".to_owned(), "yes".to_owned()],
            None => Vec::new(),
        };
        texts.push(plan::OTHER.to_owned());
        texts
    }

    fn for_call(&self, verbs: &[Verb], state: &str) -> Vec<Event> {
        let voice = |key: &str, values: &[&str]| -> Vec<Event> {
            values
                .iter()
                .map(|value| Event::Voice(parameters([(key, *value)])))
                .collect()
        };
        let listening = verbs.iter().rev().find(|verb| {
            !matches!(
                verb,
                Verb::Prompt(_) | Verb::StartStream(_) | Verb::StopStream { .. }
            ) && !matches!(verb, Verb::Redirect { url, .. } if url.starts_with("sim:"))
        });
        let mut events = match listening {
            Some(Verb::Gather(gather)) => {
                let keys = |text: &&String| {
                    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || "*#".contains(c))
                };
                let mut events = vec![Event::Silence];
                if gather.dtmf {
                    let texts = self.texts_for(state, &["Digits"]);
                    events.extend(texts.iter().filter(keys).cloned().map(Event::Press));
                    events.extend(["0", "99"].map(|keys| Event::Press(keys.to_owned())));
                }
                if gather.speech {
                    let texts = self.texts_for(state, &["SpeechResult"]);
                    events.extend(texts.into_iter().map(Event::Speak));
                }
                events
            }
            Some(Verb::Record(_)) => vec![Event::Record(5), Event::Record(0)],
            Some(Verb::Dial(_)) => ["completed", "busy", "no-answer", "failed"]
                .map(|status| Event::Dial(status.to_owned()))
                .to_vec(),
            Some(Verb::Enqueue(_)) => {
                voice("QueueResult", &["bridged", "queue-full", "system-error"])
            }
            Some(Verb::Pay(_)) => voice(
                "Result",
                &[
                    "success",
                    "too-many-failed-attempts",
                    "payment-connector-error",
                    "caller-interrupted-with-star",
                    "caller-hung-up",
                    "validation-error",
                ],
            ),
            Some(Verb::Connect(_)) => {
                let agents = [
                    "completed",
                    "live-agent-handoff",
                    "failed",
                    "paused",
                    "timeout",
                ];
                let mut events = voice("VirtualAgentStatus", &agents);
                events.extend(voice("SessionStatus", &["failed"]));
                events
            }
            Some(Verb::Redirect { .. }) => voice("FlowEvent", &["return", "timeout", "fail"]),
            None => self.placed_call(state),
            _ => Vec::new(),
        };
        events.push(Event::HangUp);
        events
    }

    /// A call that the flow placed: how it ends, and who answers it.
    fn placed_call(&self, state: &str) -> Vec<Event> {
        let mut events = ["in-progress", "busy", "no-answer", "failed"]
            .map(|status| Event::Call(status.to_owned()))
            .to_vec();
        let mut who = self.texts_for(state, &["AnsweredBy"]);
        who.push("machine_start".to_owned());
        events.extend(who.into_iter().map(|who| {
            let answered = ("CallStatus", "in-progress".to_owned());
            Event::Voice(parameters([answered, ("AnsweredBy", who)]))
        }));
        events
    }

    fn for_effect(&self, effect: &Effect, state: &str) -> Vec<Event> {
        let (prefix, subflow): (Vec<&str>, bool) = match effect {
            Effect::HttpRequest(request) => match request.url.strip_prefix("explore:") {
                Some(run) => (vec!["widgets", run], true),
                None => (vec!["widgets", state, "parsed"], false),
            },
            Effect::RunFunction(_) => (vec!["widgets", state, "parsed"], false),
            _ => return vec![Event::Ok(json!({"sid": "SM1"})), Event::Fail(Value::Null)],
        };
        let answer = |status, content_type: &str, body: String| {
            Event::Http(HttpAnswer {
                status,
                content_type: content_type.to_owned(),
                body,
            })
        };
        let mut events: Vec<Event> = self
            .objects(&prefix)
            .into_iter()
            .take(MAX_ANSWERS)
            .map(|object| answer(200, "application/json", Value::Object(object).to_string()))
            .collect();
        if !subflow {
            // The whole answer is tested.
            let whole: Vec<String> = prefix.iter().map(|key| (*key).to_owned()).collect();
            for text in self.by_path.get(&whole).into_iter().flatten() {
                let json = Value::from(text.as_str()).to_string();
                events.push(answer(200, "application/json", json));
            }
            let body = ["widgets", state, "body"].map(str::to_owned).to_vec();
            for text in self.by_path.get(&body).into_iter().flatten() {
                events.push(answer(200, "text/plain", text.clone()));
            }
        }
        events.push(answer(500, "text/plain", "error".to_owned()));
        events
    }

    /// What follows `prefix` in the paths that templates read.
    fn below<'s>(&'s self, prefix: &'s [&str]) -> impl Iterator<Item = &'s [String]> {
        self.paths.iter().filter_map(move |path| {
            let starts = prefix
                .iter()
                .enumerate()
                .all(|(i, key)| path.get(i).is_some_and(|k| k == key));
            if starts {
                path.get(prefix.len()..).filter(|rest| !rest.is_empty())
            } else {
                None
            }
        })
    }

    /// Objects with the fields below `prefix`: one with plain values, then each field
    /// with each text that a condition on it asks for, then mixtures.
    fn objects(&self, prefix: &[&str]) -> Vec<Parameters> {
        let fields: Vec<Vec<String>> = self.below(prefix).map(<[String]>::to_vec).collect();
        let plain: Vec<(&Vec<String>, String)> =
            fields.iter().map(|field| (field, "7".to_owned())).collect();
        let mut objects = vec![object(&plain)];
        let mut rounds = 0;
        let mut texts_of = Vec::with_capacity(fields.len());
        for field in &fields {
            let whole: Vec<String> = prefix
                .iter()
                .map(|key| (*key).to_owned())
                .chain(field.iter().cloned())
                .collect();
            let texts = self.by_path.get(&whole).cloned().unwrap_or_default();
            rounds = rounds.max(texts.len());
            texts_of.push(texts);
        }
        for (index, texts) in texts_of.iter().enumerate() {
            for text in texts {
                let mut values = plain.clone();
                if let Some(value) = values.get_mut(index) {
                    value.1.clone_from(text);
                }
                objects.push(object(&values));
            }
        }
        // Mixed: splits in a row test one field each, and a way through them needs all.
        let mixes = if rounds == 0 || fields.len() < 2 {
            0
        } else {
            MIXES
        };
        for mix in 0..mixes {
            let mut values = plain.clone();
            for (index, (value, texts)) in values.iter_mut().zip(&texts_of).enumerate() {
                let pick = scatter(mix, index) % (texts.len() + 1);
                if let Some(text) = texts.get(pick) {
                    value.1.clone_from(text);
                }
            }
            objects.push(object(&values));
        }
        for plan in &self.plans {
            let mut values = plain.clone();
            let mut is_planned = false;
            for (path, text) in plan {
                let rest = path.get(prefix.len()..).unwrap_or_default();
                let inside = prefix.iter().zip(path).all(|(a, b)| a == b) && !rest.is_empty();
                if let Some(value) = values.iter_mut().find(|value| inside && *value.0 == rest) {
                    value.1.clone_from(text);
                    is_planned = true;
                }
            }
            if is_planned {
                objects.push(object(&values));
            }
        }
        if !fields.is_empty() {
            objects.push(Map::new());
        }
        let mut seen = BTreeSet::new();
        objects.retain(|object| seen.insert(Value::Object(object.clone()).to_string()));
        objects
    }
}

/// A number that looks random and is always the same.
fn scatter(a: usize, b: usize) -> usize {
    let mixed = (a as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (b as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    usize::try_from((mixed ^ (mixed >> 29)) >> 33).unwrap_or(0)
}

fn object(fields: &[(&Vec<String>, String)]) -> Parameters {
    let mut whole = crate::flow::context::Context::default();
    for (path, text) in fields {
        let keys: Vec<&str> = path
            .iter()
            .map(String::as_str)
            .filter(|key| *key != "size")
            .collect();
        if !keys.is_empty() {
            // "true" and "7" are what flows compare with, and what JSON has as such.
            let value = serde_json::from_str(text)
                .ok()
                .filter(|value: &Value| value.is_boolean() || value.is_number())
                .unwrap_or_else(|| Value::from(text.as_str()));
            whole.set(&keys, value);
        }
    }
    whole.as_value().as_object().cloned().unwrap_or_default()
}
