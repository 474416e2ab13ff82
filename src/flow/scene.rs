//! What a widget sees while it runs: its own state, templates rendered in the context,
//! verbs to add, addresses to ask for. A widget answers with a [`Step`].

use super::{
    context::Parameters,
    definition::{Definition, State},
    effect::Effect,
    env::{Env, StepKind, StepUrl},
    execution::{Call, Execution, Waiting},
    liquid::Clock,
    properties::Pair,
    prune::{paths_of, prune, reached},
    text::{Text, count, flag},
    turn::FlowError,
    verb::Verb,
};
use serde_json::{Map, Value};

/// What a widget wants next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Leave by this event.
    Event(&'static str),
    /// Leave by the transition at this index.
    Match(usize),
    /// Wait for Twilio's voice callback.
    Pause { keep: bool },
    /// Wait for the voice request that enters the state again.
    Return,
    /// Ask the caller to do something.
    Effect(Effect),
    /// Wait for a reply.
    WaitReply { until: i64 },
    /// Run another flow.
    Subflow {
        flow: String,
        parameters: Parameters,
    },
    /// The flow is over, as if the event had no next state.
    End,
    /// The whole execution is over.
    Over,
    /// The widget did not ask for this input.
    Unexpected,
}

pub(crate) struct Scene<'a> {
    definition: &'a Definition,
    state: &'a State,
    env: &'a Env<'a>,
    execution: &'a mut Execution,
    verbs: &'a mut Vec<Verb>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        definition: &'a Definition,
        state: &'a State,
        env: &'a Env<'a>,
        execution: &'a mut Execution,
        verbs: &'a mut Vec<Verb>,
    ) -> Self {
        Self {
            definition,
            state,
            env,
            execution,
            verbs,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.env.now
    }

    pub(crate) fn on_call(&self) -> bool {
        self.execution.is_on_call()
    }

    /// The call's parameters, or the variables at a path, as text.
    pub(crate) fn variable(&self, path: &[&str]) -> String {
        let frame = self.execution.frames.last();
        frame.map_or_else(String::new, |frame| frame.context.text(path).to_owned())
    }

    pub(crate) fn call_sid(&self) -> String {
        let context = self.execution.context();
        context.map_or_else(String::new, |c| {
            c.text(&["trigger", "call", "CallSid"]).to_owned()
        })
    }

    /// The contact's address: who called or wrote.
    pub(crate) fn contact(&self) -> String {
        self.variable(&["contact", "channel", "address"])
    }

    /// Our address.
    pub(crate) fn ours(&self) -> String {
        self.variable(&["flow", "channel", "address"])
    }

    pub(crate) fn clock(&self) -> Clock {
        Clock {
            now_ms: self.env.now,
            utc_offset_minutes: self.env.utc_offset_minutes,
        }
    }

    pub(crate) fn say(&mut self, verb: Verb) {
        self.verbs.push(verb);
    }

    /// The state that runs.
    pub(crate) fn state(&self) -> &'a State {
        self.state
    }

    /// Whether an event leads to another state.
    pub(crate) fn leads_on(&self, event: &str) -> bool {
        self.state.leads_on(event)
    }

    /// The caller has hung up.
    pub(crate) fn hang_up(&mut self) {
        if self.execution.call == Call::Live {
            self.execution.call = Call::Over;
        }
    }

    pub(crate) fn make_call_live(&mut self) {
        self.execution.call = Call::Live;
    }

    pub(crate) fn render(&self, text: &Text) -> Result<String, FlowError> {
        let failed = |source| FlowError::Template {
            state: self.execution.state().to_owned(),
            source,
        };
        match self.execution.frames.last() {
            Some(frame) => text
                .render(frame.context.as_value(), self.clock())
                .map_err(failed),
            None => text.render(&Value::Null, self.clock()).map_err(failed),
        }
    }

    /// Rendered, trimmed; `None` when absent or empty.
    pub(crate) fn optional(&self, text: Option<&Text>) -> Result<Option<String>, FlowError> {
        let Some(text) = text else { return Ok(None) };
        let rendered = self.render(text)?;
        let trimmed = rendered.trim();
        Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
    }

    pub(crate) fn number(&self, text: Option<&Text>) -> Result<Option<u32>, FlowError> {
        Ok(self.optional(text)?.and_then(|text| count(&text)))
    }

    pub(crate) fn flag(&self, text: Option<&Text>) -> Result<Option<bool>, FlowError> {
        Ok(self.optional(text)?.and_then(|text| flag(&text)))
    }

    pub(crate) fn pairs(&self, pairs: &[Pair]) -> Result<Vec<(String, String)>, FlowError> {
        pairs
            .iter()
            .map(|pair| Ok((self.render(&pair.key)?, self.render(&pair.value)?)))
            .collect()
    }

    /// Pairs as an object; rows of type `json_object` are parsed.
    pub(crate) fn object(&self, pairs: &[Pair]) -> Result<Parameters, FlowError> {
        let mut object = Map::new();
        for pair in pairs {
            let text = self.render(&pair.value)?;
            let parsed = if pair.json {
                serde_json::from_str(&text).ok()
            } else {
                None
            };
            object.insert(
                self.render(&pair.key)?,
                parsed.unwrap_or(Value::String(text)),
            );
        }
        Ok(object)
    }

    /// An address at which the flow goes on in the present state.
    pub(crate) fn here(&self, kind: StepKind, event: Option<&'static str>) -> String {
        let mut here = prune(self.definition, self.execution, self.env.flows);
        if here.waiting == Waiting::Nothing {
            here.waiting = Waiting::Callback;
        }
        let execution = here.encode();
        (self.env.url)(&StepUrl {
            kind,
            execution: &execution,
            event,
        })
    }

    /// An address that does not continue the flow.
    pub(crate) fn aside(&self, kind: StepKind) -> String {
        (self.env.url)(&StepUrl {
            kind,
            execution: "",
            event: None,
        })
    }

    /// Sets `widgets.<this state>` to what Twilio told about it.
    pub(crate) fn set_parameters(&mut self, parameters: &Parameters) {
        let frame = self.execution.frames.last();
        let outputs = match frame.filter(|_| self.env.lean) {
            Some(frame) => match paths_of(self.definition, self.env.flows, frame) {
                Some(paths) => reached(parameters, &["widgets", &frame.state], paths),
                None => Parameters::new(),
            },
            None => parameters.clone(),
        };
        self.set_outputs(outputs);
    }

    /// Sets `widgets.<this state>` to `outputs`.
    pub(crate) fn set_outputs(&mut self, outputs: Map<String, Value>) {
        let Some(frame) = self.execution.frames.last_mut() else {
            return;
        };
        let state = frame.state.clone();
        if !self.env.lean {
            for (key, value) in &outputs {
                self.execution
                    .changes
                    .insert(format!("widgets.{state}.{key}"), value.clone());
            }
        }
        frame
            .context
            .set(&["widgets", &state], Value::Object(outputs));
    }

    /// Sets one key of `widgets.<this state>` and leaves the others.
    pub(crate) fn set_output(&mut self, key: &str, value: Value) {
        let Some(frame) = self.execution.frames.last_mut() else {
            return;
        };
        let state = frame.state.clone();
        if !self.env.lean {
            self.execution
                .changes
                .insert(format!("widgets.{state}.{key}"), value.clone());
        }
        frame.context.set(&["widgets", &state, key], value);
    }

    pub(crate) fn set_variable(&mut self, key: &str, value: Value) {
        let Some(frame) = self.execution.frames.last_mut() else {
            return;
        };
        if !self.env.lean {
            self.execution
                .changes
                .insert(format!("flow.variables.{key}"), value.clone());
        }
        frame.context.set(&["flow", "variables", key], value);
    }
}
