//! Running a flow: `(execution, input) -> (execution, verbs, what comes next)`. No I/O,
//! no clock. An effect is data for the caller, who performs it and comes back.
//!
//! What must never happen: an endless loop (every step is counted, and the count travels
//! with the execution), silence on a live call that the flow did not ask for, or an
//! effect performed before the caller has heard what was said before it: when something
//! was said, the engine first lets Twilio say it and comes back by a redirect, as
//! Studio does. That also keeps one slow request per answer, within Twilio's 15 s.

use super::{
    context::{Context, Parameters, call_parameters, message_parameters},
    definition::{Definition, State},
    effect::{Effect, Outcome},
    execution::{Call, Execution, Frame, TriggerKind, Waiting},
    liquid::LiquidError,
    log::LogEntry,
    scene::{Scene, Step},
    verb::Verb,
    widget::Widget,
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Steps after which an execution fails; Studio's error 81000 ("too many steps").
pub const DEFAULT_STEP_LIMIT: u32 = 1000;
/// Subflows run no deeper.
const MAX_FRAMES: usize = 8;

/// What the engine must know from outside.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// Milliseconds since the epoch.
    pub now: i64,
    /// Minutes east of Greenwich for Liquid's `date`. Studio shows Pacific time.
    pub utc_offset_minutes: i32,
    /// The account (`AC...`).
    pub account_sid: &'a str,
    /// `flow.flow_sid`: the flow's SID.
    pub flow_sid: &'a str,
    /// `flow.sid`: the execution's SID.
    pub execution_sid: &'a str,
    /// Most steps of one execution; [`DEFAULT_STEP_LIMIT`] is Studio-like.
    pub step_limit: u32,
    /// Makes the address that Twilio asks next.
    pub url: &'a dyn Fn(&StepUrl<'_>) -> String,
    /// Subflows by the SID (or name) under which flows name them; one that is not here
    /// gives the event `failed`. See [`Definition::subflows`].
    pub flows: &'a Flows,
}

/// Flows that others run as subflows.
pub type Flows = BTreeMap<String, Rc<Definition>>;

/// What an address is for; the gateway has a route for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Action of a `<Gather>`.
    MenuSelection,
    /// Action of a `<Record>`.
    VoicemailSaved,
    /// Transcription of a recording.
    Transcription,
    /// Anything else that continues the flow.
    Step,
}

/// An address that the engine needs. The gateway puts `execution` and `event` into the
/// query (under [`QUERY_EXECUTION`] and [`QUERY_EVENT`]) or keeps the execution and puts
/// a key there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepUrl<'a> {
    /// Which route.
    pub kind: StepKind,
    /// The encoded, pruned execution, for [`Execution::decode`].
    pub execution: &'a str,
    /// The event that this address stands for; give it back with [`Input::Voice`].
    pub event: Option<&'static str>,
}

/// Query parameter for the encoded execution.
pub const QUERY_EXECUTION: &str = "x";
/// Query parameter for the event of a step address.
pub const QUERY_EVENT: &str = "event";

impl StepUrl<'_> {
    /// `x=...&event=...`; needs no further escaping.
    #[must_use]
    pub fn query(&self) -> String {
        let mut query = format!("{QUERY_EXECUTION}={}", self.execution);
        if let Some(event) = self.event {
            query.push_str(&format!("&{QUERY_EVENT}={event}"));
        }
        query
    }
}

/// How a flow starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A call's first voice request.
    Call(Parameters),
    /// An incoming message.
    Message(Parameters),
    /// A conversation's message.
    Conversation(Parameters),
    /// The REST API: `to` is the contact, `from` our address. Its `Parameters` are the
    /// `data` of [`Input::Start`].
    Request {
        /// The contact's address.
        to: String,
        /// Our address.
        from: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The flow begins; `data` becomes `flow.data`.
    Start {
        /// How.
        trigger: Trigger,
        /// `flow.data`: configuration of ours, or a REST execution's parameters.
        data: Parameters,
    },
    /// A voice request of Twilio: a callback that the flow waits for, or a status of a
    /// call that it placed.
    Voice {
        /// Body and query parameters together, without those of the step address.
        parameters: Parameters,
        /// The `event` of the step address, if it had one.
        event: Option<String>,
    },
    /// The contact's reply.
    Reply(Parameters),
    /// The wait for a reply is over.
    Timeout,
    /// The message that the flow waits on was not delivered: its status callback.
    DeliveryFailure(Parameters),
    /// An effect was performed.
    Done(Outcome),
}

/// What the caller does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Answer the verbs and wait for Twilio's voice request. `keep` means that it will
    /// come without the execution in its address: store the execution by its call.
    Pause {
        /// Store it.
        keep: bool,
    },
    /// Perform this and come back with [`Input::Done`]. Verbs are not lost.
    Effect(Effect),
    /// Store the execution until a reply comes or this time (milliseconds) has passed.
    WaitReply {
        /// Milliseconds since the epoch.
        until: i64,
    },
    /// The flow is over. On a live call the verbs end with a hang-up.
    Ended,
    /// The flow failed. On a live call the caller says so before it hangs up.
    Failed(FlowError),
}

/// What one `advance` gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The execution after it.
    pub execution: Execution,
    /// What a live call is told, when `next` is Pause, Ended or Failed.
    pub verbs: Vec<Verb>,
    /// What comes next.
    pub next: Next,
    /// One entry per widget left.
    pub log: Vec<LogEntry>,
}

/// Why a flow failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// Studio's error 81000.
    #[error("81000: more than {0} steps")]
    TooManySteps(u32),
    /// A template of this state cannot be rendered.
    #[error("state `{state}`: {source}")]
    Template {
        /// The state.
        state: String,
        /// Why.
        source: LiquidError,
    },
    /// A voice widget where there is no call.
    #[error("state `{state}` needs a call and there is none")]
    NoCall {
        /// The state.
        state: String,
    },
    /// The input is not what the execution waits for.
    #[error("state `{state}` does not wait for this")]
    Unexpected {
        /// The state.
        state: String,
    },
    /// The definition has no such state.
    #[error("the flow has no state `{0}`")]
    UnknownState(String),
    /// A subflow of the execution is gone.
    #[error("the subflow `{0}` is not known")]
    UnknownFlow(String),
    /// Subflows run too deep.
    #[error("subflows run more than {MAX_FRAMES} deep")]
    TooDeep,
    /// The variables exceed the size limit.
    #[error("the flow's variables are larger than 256 KiB")]
    ContextTooLarge,
}

/// Takes one input and runs until something must happen outside.
#[must_use]
pub fn advance(definition: &Definition, execution: Execution, input: Input, env: &Env<'_>) -> Turn {
    let mut engine = Engine {
        definition,
        env,
        execution,
        verbs: Vec::new(),
        log: Vec::new(),
    };
    engine.verbs = std::mem::take(&mut engine.execution.said);
    let mut step = engine.accept(&input);
    loop {
        match step.and_then(|step| engine.run(step)) {
            Ok(next) => return engine.finish(next),
            Err(error) if engine.is_fatal(&error) => return engine.finish(Next::Failed(error)),
            // A subflow that fails is an event of its parent.
            Err(_) => {
                engine.execution.frames.pop();
                step = Ok(Step::Event("failed"));
            }
        }
    }
}

struct Engine<'a> {
    definition: &'a Definition,
    env: &'a Env<'a>,
    execution: Execution,
    verbs: Vec<Verb>,
    log: Vec<LogEntry>,
}

impl<'a> Engine<'a> {
    fn accept(&mut self, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Start { trigger, data } => {
                if self.execution.trigger.is_some() {
                    return Err(self.unexpected());
                }
                self.start(trigger, data)
            }
            Input::Voice { parameters, .. } => {
                self.execution.performed = 0;
                self.hear(parameters);
                match self.execution.waiting {
                    Waiting::Enter => self.enter(),
                    Waiting::Callback => self.resume(input),
                    _ => Err(self.unexpected()),
                }
            }
            Input::Reply(_) | Input::Timeout | Input::DeliveryFailure(_) => {
                match self.execution.waiting {
                    Waiting::Reply(_) => self.resume(input),
                    _ => Err(self.unexpected()),
                }
            }
            Input::Done(_) => match self.execution.waiting {
                Waiting::Effect => self.resume(input),
                _ => Err(self.unexpected()),
            },
        }
    }

    fn is_fatal(&self, error: &FlowError) -> bool {
        let of_all = matches!(
            error,
            FlowError::TooManySteps(_) | FlowError::ContextTooLarge | FlowError::Unexpected { .. }
        );
        of_all || self.execution.frames.len() < 2
    }

    fn unexpected(&self) -> FlowError {
        FlowError::Unexpected {
            state: self.execution.state().to_owned(),
        }
    }

    fn start(&mut self, trigger: &Trigger, data: &Parameters) -> Result<Step, FlowError> {
        let initial = self.definition.initial();
        let mut frame = Frame {
            flow: String::new(),
            state: initial.name().to_owned(),
            context: Context::default(),
        };
        let context = &mut frame.context;
        context.set(&["flow", "data"], Value::Object(data.clone()));
        let text = |map: &Parameters, key: &str| map.get(key).cloned().unwrap_or_default();
        let (kind, event) = match trigger {
            Trigger::Call(parameters) => {
                self.execution.call = Call::Live;
                self.execution.trigger = Some(TriggerKind::Call);
                self.execution.frames = vec![frame];
                self.hear(parameters);
                return self.begin(initial, "incomingCall");
            }
            Trigger::Message(parameters) => {
                context.set(&["trigger", "message"], message_parameters(parameters));
                context.set(&["flow", "channel", "address"], text(parameters, "To"));
                context.set(&["contact", "channel", "address"], text(parameters, "From"));
                (TriggerKind::Message, "incomingMessage")
            }
            Trigger::Conversation(parameters) => {
                context.set(&["trigger", "conversation"], message_parameters(parameters));
                let ours = text(parameters, "MessagingBinding.ProxyAddress");
                let theirs = match text(parameters, "MessagingBinding.Address") {
                    Value::Null => text(parameters, "Author"),
                    address => address,
                };
                context.set(&["flow", "channel", "address"], ours);
                context.set(&["contact", "channel", "address"], theirs);
                (TriggerKind::Conversation, "incomingConversationMessage")
            }
            Trigger::Request { to, from } => {
                let request =
                    [("to", to), ("from", from)].map(|(k, v)| (k.to_owned(), v.as_str().into()));
                context.set(
                    &["trigger", "request"],
                    Value::Object(request.into_iter().collect()),
                );
                let parameters = Value::Object(data.clone());
                context.set(&["trigger", "request", "parameters"], parameters);
                context.set(&["flow", "channel", "address"], Value::from(from.as_str()));
                context.set(&["contact", "channel", "address"], Value::from(to.as_str()));
                (TriggerKind::Request, "incomingRequest")
            }
        };
        self.execution.trigger = Some(kind);
        self.execution.frames = vec![frame];
        self.begin(initial, event)
    }

    /// The trigger's event; a flow that starts at another widget enters that.
    fn begin(&mut self, initial: &State, event: &'static str) -> Result<Step, FlowError> {
        self.stamp();
        self.execution.steps += 1;
        match initial.widget() {
            Widget::Trigger(_) => Ok(Step::Event(event)),
            _ => self.enter(),
        }
    }

    /// Puts a voice request's lasting parameters where templates look for them.
    fn hear(&mut self, parameters: &Parameters) {
        let status = parameters
            .get("CallStatus")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if self.execution.call == Call::Live
            && matches!(
                status,
                "completed" | "busy" | "failed" | "no-answer" | "canceled"
            )
        {
            self.execution.call = Call::Over;
        }
        if self.execution.trigger != Some(TriggerKind::Call) {
            return;
        }
        let outgoing = parameters
            .get("Direction")
            .and_then(Value::as_str)
            .is_some_and(|direction| direction.starts_with("outbound"));
        let (ours, theirs) = if outgoing {
            ("From", "To")
        } else {
            ("To", "From")
        };
        let address = |key: &str| parameters.get(key).cloned().unwrap_or_default();
        for (index, frame) in self.execution.frames.iter_mut().enumerate() {
            if index == 0 {
                frame
                    .context
                    .set(&["trigger", "call"], call_parameters(parameters));
            }
            frame
                .context
                .set(&["flow", "channel", "address"], address(ours));
            frame
                .context
                .set(&["contact", "channel", "address"], address(theirs));
        }
    }

    /// Sets what follows from the environment in every frame.
    fn stamp(&mut self) {
        for frame in &mut self.execution.frames {
            let flow_sid = if frame.flow.is_empty() {
                self.env.flow_sid
            } else {
                &frame.flow
            };
            frame
                .context
                .set(&["flow", "flow_sid"], Value::from(flow_sid));
            frame
                .context
                .set(&["flow", "sid"], Value::from(self.env.execution_sid));
        }
    }

    fn definition_of(&self, flow: &str) -> Result<&'a Definition, FlowError> {
        if flow.is_empty() {
            return Ok(self.definition);
        }
        self.env
            .flows
            .get(flow)
            .map(Rc::as_ref)
            .ok_or_else(|| FlowError::UnknownFlow(flow.to_owned()))
    }

    fn current(&self) -> Result<(&'a Definition, &'a State), FlowError> {
        let Some(frame) = self.execution.frames.last() else {
            return Err(self.unexpected());
        };
        let definition = self.definition_of(&frame.flow)?;
        let state = definition
            .state(&frame.state)
            .ok_or_else(|| FlowError::UnknownState(frame.state.clone()))?;
        Ok((definition, state))
    }

    fn scene<'s>(&'s mut self, state: &'s State) -> Scene<'s> {
        Scene::new(
            self.definition,
            state,
            self.env,
            &mut self.execution,
            &mut self.verbs,
        )
    }

    fn enter(&mut self) -> Result<Step, FlowError> {
        let (_, state) = self.current()?;
        self.stamp();
        self.execution.waiting = Waiting::Nothing;
        let widget = state.widget();
        if widget.needs_call() {
            match self.execution.call {
                Call::Live => {}
                Call::Over => return Ok(Step::End),
                Call::None => {
                    return Err(FlowError::NoCall {
                        state: state.name().to_owned(),
                    });
                }
            }
        }
        let before = !self.verbs.is_empty() || self.execution.performed > 0;
        if widget.is_effect() && self.execution.call == Call::Live && before {
            self.execution.waiting = Waiting::Enter;
            let url = self.scene(state).here(StepKind::Step, None);
            self.verbs.push(Verb::Redirect { url, method: None });
            return Ok(Step::Return);
        }
        widget.enter(&mut self.scene(state))
    }

    fn resume(&mut self, input: &Input) -> Result<Step, FlowError> {
        let (_, state) = self.current()?;
        self.stamp();
        self.execution.waiting = Waiting::Nothing;
        let step = state.widget().resume(&mut self.scene(state), input)?;
        if matches!(step, Step::Unexpected) {
            Err(self.unexpected())
        } else {
            Ok(step)
        }
    }

    fn run(&mut self, mut step: Step) -> Result<Next, FlowError> {
        loop {
            step = match step {
                Step::Event(event) => self.leave(event)?,
                Step::Match(index) => self.follow(index)?,
                Step::End => self.end()?,
                Step::Subflow { flow, parameters } => self.descend(flow, parameters)?,
                Step::Over => return Ok(Next::Ended),
                Step::Unexpected => return Err(self.unexpected()),
                // Twilio comes back for what `waiting` already says.
                Step::Return => return Ok(Next::Pause { keep: false }),
                Step::Pause { keep } => {
                    self.execution.waiting = Waiting::Callback;
                    return Ok(Next::Pause { keep });
                }
                Step::Effect(effect) => {
                    self.execution.waiting = Waiting::Effect;
                    self.execution.performed += 1;
                    return Ok(Next::Effect(effect));
                }
                Step::WaitReply { until } => {
                    self.execution.waiting = Waiting::Reply(until);
                    return Ok(Next::WaitReply { until });
                }
            };
        }
    }

    /// Leaves the current state by an event.
    fn leave(&mut self, event: &'static str) -> Result<Step, FlowError> {
        let (definition, state) = self.current()?;
        let next = state
            .transition(event)
            .and_then(|transition| transition.next());
        self.note(state, event, next.map(|next| definition.at(next).name()));
        match next {
            Some(next) => self.go(definition.at(next)),
            None => self.end(),
        }
    }

    /// Leaves the current state by the transition at `index`.
    fn follow(&mut self, index: usize) -> Result<Step, FlowError> {
        let (definition, state) = self.current()?;
        let next = state
            .transitions()
            .get(index)
            .and_then(|transition| transition.next());
        self.note(state, "match", next.map(|next| definition.at(next).name()));
        match next {
            Some(next) => self.go(definition.at(next)),
            None => self.end(),
        }
    }

    fn go(&mut self, state: &State) -> Result<Step, FlowError> {
        let frame = self.execution.frames.last_mut();
        if let Some(frame) = frame {
            state.name().clone_into(&mut frame.state);
            if frame.context.size() > super::context::MAX_CONTEXT {
                return Err(FlowError::ContextTooLarge);
            }
        }
        self.execution.steps += 1;
        if self.execution.steps > self.env.step_limit {
            return Err(FlowError::TooManySteps(self.env.step_limit));
        }
        self.enter()
    }

    /// The running flow is over: back to the parent's `run-subflow`, or the end.
    fn end(&mut self) -> Result<Step, FlowError> {
        if self.execution.frames.len() < 2 {
            return Ok(Step::Over);
        }
        let ended = self.execution.frames.pop();
        let variables = ended
            .as_ref()
            .and_then(|ended| ended.context.get(&["flow", "variables"]));
        let outputs = match variables {
            Some(Value::Object(variables)) => variables.clone(),
            _ => Map::new(),
        };
        let (_, state) = self.current()?;
        self.scene(state).set_outputs(outputs);
        Ok(Step::Event("completed"))
    }

    fn descend(&mut self, flow: String, parameters: Parameters) -> Result<Step, FlowError> {
        if self.execution.frames.len() >= MAX_FRAMES {
            return Err(FlowError::TooDeep);
        }
        let Some(parent) = self.execution.frames.last() else {
            return Err(self.unexpected());
        };
        let Some(definition) = self.env.flows.get(&flow) else {
            return Ok(Step::Event("failed"));
        };
        let initial = definition.initial();
        let mut frame = Frame {
            flow,
            state: initial.name().to_owned(),
            context: Context::default(),
        };
        let text = |path: &[&str]| parent.context.get(path).cloned().unwrap_or_default();
        for path in [
            ["flow", "channel", "address"],
            ["contact", "channel", "address"],
        ] {
            frame.context.set(&path, text(&path));
        }
        let context = &mut frame.context;
        let data = Value::Object(parameters);
        context.set(&["flow", "data"], data.clone());
        context.set(&["trigger", "parent", "parameters"], data);
        context.set(
            &["trigger", "parent", "flow_sid"],
            text(&["flow", "flow_sid"]),
        );
        context.set(
            &["trigger", "parent", "execution_sid"],
            Value::from(self.env.execution_sid),
        );
        context.set(
            &["trigger", "parent", "trigger_type"],
            Value::from(self.trigger_name()),
        );
        self.execution.frames.push(frame);
        self.begin(initial, "incomingParent")
    }

    fn trigger_name(&self) -> &'static str {
        match self.execution.trigger {
            Some(TriggerKind::Call) => "incomingCall",
            Some(TriggerKind::Message) => "incomingMessage",
            Some(TriggerKind::Conversation) => "incomingConversationMessage",
            Some(TriggerKind::Parent) => "incomingParent",
            Some(TriggerKind::Request) | None => "incomingRequest",
        }
    }

    fn note(&mut self, state: &State, event: &str, next: Option<&str>) {
        let changes = std::mem::take(&mut self.execution.changes);
        self.log.push(LogEntry {
            at: self.env.now,
            subflow: self
                .execution
                .frames
                .last()
                .map_or_else(String::new, |f| f.flow.clone()),
            name: state.name().to_owned(),
            kind: state.kind().to_owned(),
            event: event.to_owned(),
            next: next.map(str::to_owned),
            changes,
        });
    }

    fn finish(mut self, next: Next) -> Turn {
        match &next {
            Next::Ended => {
                self.execution.waiting = Waiting::Nothing;
                match self.execution.call {
                    Call::Live => self.verbs.push(Verb::Hangup),
                    Call::Over => self.verbs.clear(),
                    Call::None => {}
                }
            }
            Next::Failed(_) => self.execution.waiting = Waiting::Nothing,
            Next::Effect(_) => self.execution.said = std::mem::take(&mut self.verbs),
            Next::Pause { keep: false } if self.execution.trigger == Some(TriggerKind::Call) => {
                self.execution = prune(self.definition, &self.execution, self.env);
            }
            Next::Pause { .. } | Next::WaitReply { .. } => {}
        }
        Turn {
            execution: self.execution,
            verbs: self.verbs,
            next,
            log: self.log,
        }
    }
}

/// The execution without what Twilio sends again with every voice request and without
/// what no template of a state that can still be reached reads.
pub(crate) fn prune(definition: &Definition, execution: &Execution, env: &Env<'_>) -> Execution {
    let mut pruned = execution.clone();
    let on_call = execution.trigger == Some(TriggerKind::Call);
    for (index, frame) in pruned.frames.iter_mut().enumerate() {
        let flow = if frame.flow.is_empty() {
            Some(definition)
        } else {
            env.flows.get(&frame.flow).map(Rc::as_ref)
        };
        let Some(flow) = flow else { continue };
        let mut paths = flow.paths_from(&frame.state);
        let address = |side: &str| [side, "channel", "address"].map(str::to_owned).to_vec();
        if !on_call {
            paths.extend([address("flow"), address("contact")]);
        }
        let paths: BTreeSet<_> = paths.into_iter().collect();
        let mut context = frame.context.pruned(&paths);
        context.remove(&["flow", "sid"]);
        context.remove(&["flow", "flow_sid"]);
        if on_call {
            context.remove(&["flow", "channel"]);
            context.remove(&["contact"]);
            if index == 0 {
                context.remove(&["trigger", "call"]);
            }
        }
        frame.context = context;
    }
    pruned
}
