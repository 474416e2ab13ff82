//! Running a flow: `(execution, input) -> (execution, verbs, what comes next)`. No I/O,
//! no clock. An effect is data for the caller, who performs it and comes back.
//!
//! What must never happen: an endless loop (every step is counted, and the count travels
//! with the execution), silence on a live call that the flow did not ask for, or an
//! effect performed before the caller has heard what was said before it: when something
//! was said, the engine first lets Twilio say it and comes back by a redirect, as
//! Studio does. That also keeps one slow request per answer, within Twilio's 15 s.

use super::{
    definition::{Definition, State, Transition},
    env::{Env, QUERY_EVENT, QUERY_EXECUTION, StepKind},
    execution::{Call, Execution, TriggerKind, Waiting},
    log::LogEntry,
    prune::prune,
    scene::{Scene, Step},
    turn::{FlowError, Input, Next, Turn},
    verb::{Prompt, Verb},
};
use serde_json::{Map, Value};
use std::rc::Rc;

/// Said on a live call when the flow fails.
const APOLOGY: &str = "We are sorry, an application error has occurred. Goodbye.";

/// Takes one input and runs until something must happen outside.
#[must_use]
pub fn advance(
    definition: &Definition,
    execution: Execution,
    mut input: Input,
    env: &Env<'_>,
) -> Turn {
    let mut engine = Engine {
        definition,
        env,
        execution,
        verbs: Vec::new(),
        log: Vec::new(),
    };
    engine.verbs = std::mem::take(&mut engine.execution.said);
    if let Input::Voice { parameters, .. } = &mut input {
        // Of the step's address, not of the call.
        parameters.remove(QUERY_EXECUTION);
        parameters.remove(QUERY_EVENT);
    }
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

pub(super) struct Engine<'a> {
    pub(super) definition: &'a Definition,
    pub(super) env: &'a Env<'a>,
    pub(super) execution: Execution,
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
            Input::Again => match self.execution.waiting {
                Waiting::Effect => {
                    self.execution.performed = 0;
                    self.enter()
                }
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

    pub(super) fn unexpected(&self) -> FlowError {
        FlowError::Unexpected {
            state: self.execution.state().to_owned(),
        }
    }

    /// Sets what follows from the environment in every frame.
    pub(super) fn stamp(&mut self) {
        for frame in &mut self.execution.frames {
            let flow_sid = if frame.flow.is_empty() {
                self.env.flow_sid
            } else {
                // As flows call it, without its revision.
                frame.flow.split('@').next().unwrap_or_default()
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

    pub(super) fn enter(&mut self) -> Result<Step, FlowError> {
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
                Step::Subflow { flow, parameters } => self.descend(&flow, parameters)?,
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
        let next = state.transition(event).and_then(Transition::next);
        self.note(state, event, next.map(|next| definition.at(next).name()));
        match next {
            Some(next) => self.go(definition.at(next)),
            None => self.end(),
        }
    }

    /// Leaves the current state by the transition at `index`.
    fn follow(&mut self, index: usize) -> Result<Step, FlowError> {
        let (definition, state) = self.current()?;
        let next = state.transitions().get(index).and_then(Transition::next);
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
            Next::Failed(_) => {
                self.execution.waiting = Waiting::Nothing;
                if self.execution.call == Call::Live {
                    // Never silence: what Twilio itself says when an application fails.
                    self.verbs.push(Verb::Prompt(Prompt::Say {
                        text: APOLOGY.to_owned(),
                        voice: None,
                        language: None,
                        times: None,
                    }));
                    self.verbs.push(Verb::Hangup);
                }
            }
            Next::Effect(_) => self.execution.said = std::mem::take(&mut self.verbs),
            Next::Pause { keep: false } if self.execution.trigger == Some(TriggerKind::Call) => {
                self.execution = prune(self.definition, &self.execution, self.env.flows);
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

#[cfg(test)]
mod tests;
