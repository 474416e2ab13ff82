//! Running a flow offline against a script of inputs: keys, speech, replies, HTTP
//! answers, time. The transcript is text, so that it can be kept and compared.
//!
//! On a call the execution goes through its encoded form at every pause, as it does in
//! Twilio's URLs: what pruning would lose, a transcript would show.

mod describe;
mod script;

pub use script::{Event, Script};

use super::{
    context::Parameters,
    definition::Definition,
    effect::{Effect, Outcome},
    engine::advance,
    env::{DEFAULT_STEP_LIMIT, Env, Flows, StepUrl},
    execution::{Execution, Waiting},
    liquid::Clock,
    log::LogEntry,
    turn::{Input, Next, Trigger, Turn},
    verb::Verb,
};
use describe::{describe, describe_effect};
use serde_json::{Map, Value, json};

/// How a simulation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The flow is over.
    Ended,
    /// The caller hung up.
    HungUp,
    /// The flow failed.
    Failed(String),
    /// The script is over and the flow waits.
    Waiting,
    /// The script says something that the flow does not wait for.
    Mismatch(String),
}

/// What a simulation gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// What was said, done and heard, in order.
    pub lines: Vec<String>,
    /// The execution log.
    pub log: Vec<LogEntry>,
    /// How it ended.
    pub end: End,
}

impl std::fmt::Display for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

/// Runs `definition` against `script`.
#[must_use]
pub fn simulate(definition: &Definition, flows: &Flows, script: &Script) -> Transcript {
    let mut simulation = Simulation::new(definition, flows, script.clock);
    simulation.start(script.trigger.clone(), script.data.clone());
    let mut steps = script.steps.iter();
    while simulation.end.is_none() {
        match steps.next() {
            Some(event) => simulation.happen(event),
            None if simulation.answer_by_default() => {}
            None => simulation.finish(End::Waiting),
        }
    }
    simulation.transcript()
}

/// A flow in the middle of a simulation.
#[derive(Clone)]
pub(crate) struct Simulation<'a> {
    definition: &'a Definition,
    flows: &'a Flows,
    clock: Clock,
    /// What every voice request of the call repeats.
    call: Parameters,
    turn: Turn,
    lines: Vec<String>,
    log: Vec<LogEntry>,
    end: Option<End>,
}

impl<'a> Simulation<'a> {
    pub(crate) fn new(definition: &'a Definition, flows: &'a Flows, clock: Clock) -> Self {
        let turn = Turn {
            execution: Execution::new("simulated", 1),
            verbs: Vec::new(),
            next: Next::Ended,
            log: Vec::new(),
        };
        Self {
            definition,
            flows,
            clock,
            call: Map::new(),
            turn,
            lines: Vec::new(),
            log: Vec::new(),
            end: None,
        }
    }

    pub(crate) fn start(&mut self, trigger: Trigger, data: Parameters) {
        let line = match &trigger {
            Trigger::Call(call) => {
                self.call.clone_from(call);
                format!("call from {} to {}", text(call, "From"), text(call, "To"))
            }
            Trigger::Message(message) => {
                format!(
                    "message from {}: {}",
                    text(message, "From"),
                    text(message, "Body")
                )
            }
            Trigger::Conversation(message) => format!("conversation: {}", text(message, "Body")),
            Trigger::Request { to, from } => format!("request to {to} from {from}"),
        };
        self.lines.push(line);
        self.advance(Input::Start { trigger, data });
    }

    pub(crate) fn turn(&self) -> &Turn {
        &self.turn
    }

    pub(crate) fn log(&self) -> &[LogEntry] {
        &self.log
    }

    pub(crate) fn ended(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Drops the transcript so far, for walks that only count.
    pub(crate) fn forget_lines(&mut self) {
        self.lines.clear();
        self.log.clear();
    }

    fn transcript(self) -> Transcript {
        Transcript {
            lines: self.lines,
            log: self.log,
            end: self.end.unwrap_or(End::Waiting),
        }
    }

    fn finish(&mut self, end: End) {
        self.lines.push(match &end {
            End::Ended => "ended".to_owned(),
            End::HungUp => "the caller hung up".to_owned(),
            End::Failed(why) => format!("failed: {why}"),
            End::Waiting => format!("waiting in {}", self.turn.execution.state()),
            End::Mismatch(why) => format!("the script does not fit: {why}"),
        });
        self.end = Some(end);
    }

    /// Lets one thing happen. Effects that the script leaves out are answered first.
    pub(crate) fn happen(&mut self, event: &Event) {
        let effect = matches!(self.turn.next, Next::Effect(_));
        let answer = matches!(event, Event::Http(_) | Event::Ok(_) | Event::Fail(_));
        if effect && !answer {
            while self.end.is_none() && self.answer_by_default() {}
            if self.end.is_some() {
                return self.mismatch(event);
            }
        }
        match (event, &self.turn.next) {
            (Event::Http(answer), Next::Effect(_)) => {
                self.lines
                    .push(format!("> http {} {}", answer.status, answer.body));
                self.advance(Input::Done(Outcome::Http(answer.clone())));
            }
            (Event::Ok(resource), Next::Effect(_)) => {
                self.lines.push("> done".to_owned());
                self.advance(Input::Done(Outcome::Ok(resource.clone())));
            }
            (Event::Fail(error), Next::Effect(_)) => {
                self.lines.push("> failed".to_owned());
                self.advance(Input::Done(Outcome::Failed(error.clone())));
            }
            (Event::Reply(message), Next::WaitReply { .. }) => {
                self.lines
                    .push(format!("> reply: {}", text(message, "Body")));
                self.advance(Input::Reply(message.clone()));
            }
            (Event::TimeOut, Next::WaitReply { until }) => {
                self.clock.now_ms = *until;
                self.lines.push("> nobody replies in time".to_owned());
                self.advance(Input::Timeout);
            }
            (Event::Undelivered, Next::WaitReply { .. }) => {
                self.lines.push("> not delivered".to_owned());
                let status = super::context::parameters([("MessageStatus", "undelivered")]);
                self.advance(Input::DeliveryFailure(status));
            }
            (_, Next::Pause { .. }) => self.call_event(event),
            _ => self.mismatch(event),
        }
    }

    fn mismatch(&mut self, event: &Event) {
        let state = self.turn.execution.state().to_owned();
        self.finish(End::Mismatch(format!("{event:?} in state `{state}`")));
    }

    fn call_event(&mut self, event: &Event) {
        let listening = self.turn.verbs.iter().rev().find(|verb| {
            !matches!(
                verb,
                Verb::Redirect { .. } | Verb::Prompt(_) | Verb::StartStream(_)
            )
        });
        let mut parameters = Map::new();
        let mut set = |key: &str, value: &str| parameters.insert(key.into(), value.into());
        let mut noted = None;
        let line = match (event, listening) {
            (Event::Press(keys), Some(Verb::Gather(_))) => {
                set("Digits", keys);
                format!("> press {keys}")
            }
            (Event::Speak(words), Some(Verb::Gather(_))) => {
                set("SpeechResult", words);
                set("Confidence", "0.9");
                format!("> say {words}")
            }
            (Event::Silence, Some(Verb::Gather(_))) => "> silence".to_owned(),
            (Event::Record(0), Some(Verb::Record(_))) => {
                noted = self.turn.verbs.iter().rev().find_map(event_of);
                "> record nothing".to_owned()
            }
            (Event::Record(seconds), Some(Verb::Record(_))) => {
                set("RecordingUrl", "https://api.twilio.com/recordings/RE1");
                set("RecordingSid", "RE1");
                set("RecordingDuration", &seconds.to_string());
                format!("> record {seconds} seconds")
            }
            (Event::Dial(status), Some(Verb::Dial(_))) => {
                set("DialCallStatus", status);
                set("DialCallSid", "CA2");
                format!("> dial {status}")
            }
            (Event::HangUp, _) => {
                match listening {
                    Some(Verb::Record(_)) => {
                        set("RecordingUrl", "https://api.twilio.com/recordings/RE1");
                        set("Digits", "hangup");
                    }
                    Some(Verb::Dial(_)) => {
                        set("DialCallStatus", "completed");
                    }
                    Some(Verb::Pay(_) | Verb::Connect(_) | Verb::Enqueue(_)) => {}
                    _ => return self.finish(End::HungUp),
                }
                set("CallStatus", "completed");
                "> hang up".to_owned()
            }
            (Event::Call(status), None) => {
                set("CallStatus", status);
                set("CallSid", "CA1");
                set("Direction", "outbound-api");
                format!("> call {status}")
            }
            (Event::Voice(given), _) => {
                parameters.clone_from(given);
                format!("> {}", Value::Object(given.clone()))
            }
            _ => return self.mismatch(event),
        };
        self.lines.push(line);
        self.ask(parameters, noted);
    }

    /// A voice request with the call's parameters and these.
    fn ask(&mut self, parameters: Parameters, event: Option<String>) {
        let mut whole = self.call.clone();
        whole.extend(parameters);
        self.advance(Input::Voice {
            parameters: whole,
            event,
        });
    }

    /// Answers an effect as it usually goes, or follows a redirect of the engine's own.
    /// False when there is nothing to answer.
    pub(crate) fn answer_by_default(&mut self) -> bool {
        let outcome = match &self.turn.next {
            Next::Effect(Effect::HttpRequest(_) | Effect::RunFunction(_)) => {
                Outcome::Failed(Value::Null)
            }
            Next::Effect(_) => Outcome::Ok(json!({"sid": "SM1", "status": "queued"})),
            _ => return false,
        };
        let done = matches!(outcome, Outcome::Ok(_));
        self.lines
            .push(if done { "> done" } else { "> failed" }.to_owned());
        self.advance(Input::Done(outcome));
        true
    }

    fn advance(&mut self, input: Input) {
        let mut input = input;
        loop {
            let url = |step: &StepUrl<'_>| {
                format!(
                    "sim:{:?}?event={}",
                    step.kind,
                    step.event.unwrap_or_default()
                )
            };
            let env = Env {
                now: self.clock.now_ms,
                utc_offset_minutes: self.clock.utc_offset_minutes,
                account_sid: "AC1",
                flow_sid: "FW1",
                execution_sid: "FN1",
                step_limit: DEFAULT_STEP_LIMIT,
                lean: false,
                url: &url,
                flows: self.flows,
            };
            let mut execution = self.turn.execution.clone();
            if self.turn.next == (Next::Pause { keep: false })
                && let Ok(carried) = Execution::decode(&execution.encode())
            {
                execution = carried;
            }
            self.turn = advance(self.definition, execution, input, &env);
            self.show();
            if self.turn.execution.waiting() != Waiting::Enter {
                return;
            }
            // The engine's own redirect: Twilio comes back at once.
            input = Input::Voice {
                parameters: self.call.clone(),
                event: None,
            };
        }
    }

    fn show(&mut self) {
        for entry in &self.turn.log {
            let next = entry.next.as_deref().unwrap_or("end");
            self.lines
                .push(format!("  {} ({}) -> {next}", entry.name, entry.event));
        }
        self.log.append(&mut self.turn.log);
        if !matches!(self.turn.next, Next::Effect(_)) {
            for verb in &self.turn.verbs {
                self.lines.extend(describe(verb));
            }
        }
        match &self.turn.next {
            Next::Effect(effect) => self.lines.push(describe_effect(effect)),
            Next::WaitReply { until } => {
                let seconds = until.saturating_sub(self.clock.now_ms) / 1000;
                self.lines
                    .push(format!("waits {seconds} seconds for a reply"));
            }
            Next::Ended => self.finish(End::Ended),
            Next::Failed(error) => {
                let error = error.to_string();
                self.finish(End::Failed(error));
            }
            Next::Pause { .. } => {}
        }
    }
}

fn event_of(verb: &Verb) -> Option<String> {
    let Verb::Redirect { url, .. } = verb else {
        return None;
    };
    url.split_once("event=")
        .map(|(_, event)| event.to_owned())
        .filter(|event| !event.is_empty())
}

fn text<'m>(parameters: &'m Parameters, key: &str) -> &'m str {
    parameters
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
