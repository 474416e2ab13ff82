//! An execution as it is kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::commands::{FlowStart, Snapshot};
use crate::flow::{Execution, Trigger};
use crate::objects::id::{ExecutionSid, Id};
use crate::ports::Millis;

/// What starts an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cause {
    /// An inbound message: its parameters, as a form.
    Message(String),
    /// The REST API.
    Request,
}

/// A message that came in for an execution and was not given to it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// Its `MessageSid`.
    pub(super) sid: String,
    /// Its parameters, as a form.
    pub(super) parameters: String,
    /// What it starts, should the execution end before it asks for a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<FlowStart>,
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) sid: ExecutionSid,
    /// What started it, so that the same again starts nothing.
    pub(super) key: String,
    /// Our address, or `MG…`.
    pub(super) ours: String,
    /// The person's.
    pub(super) theirs: String,
    /// The base that Twilio calls us by.
    pub(super) base: String,
    /// `AC…`.
    pub(super) account: String,
    /// Until the engine has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<Cause>,
    /// `flow.data`, until the engine has begun.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) data: Map<String, Value>,
    /// Where the engine stands.
    pub(super) execution: Execution,
    /// It has not ended.
    pub(super) active: bool,
    /// The Worker runs it on a call: only its log is here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) on_worker: bool,
    /// A request that must not be repeated is under way, or was when the process ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) began: bool,
    /// Looks in vain: at a definition that cannot be read, at an outcome that is not known.
    #[serde(default)]
    pub(super) looks: u32,
    /// The message that it last sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<Id>,
    /// The call that it placed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<Id>,
    /// Answers that its call was given.
    #[serde(default)]
    pub(super) turn: u32,
    /// The last of them, TwiML.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) answer: String,
    /// The call may come back without saying whose it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) keep: bool,
    /// Rows of its log.
    #[serde(default)]
    pub(super) logged: u32,
    /// Why it ended, when it did not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<String>,
    pub(super) created_at: Millis,
    pub(super) updated_at: Millis,
}

/// Between whom an execution runs, and in whose name.
#[derive(Debug, Clone)]
pub(super) struct Parties {
    /// Our address, or `MG…`.
    pub(super) ours: String,
    /// The person's.
    pub(super) theirs: String,
    /// The base that Twilio calls us by.
    pub(super) base: String,
    /// `AC…`.
    pub(super) account: String,
}

impl Run {
    /// An execution that goes on from where `execution` stands.
    pub(super) fn new(
        sid: ExecutionSid,
        key: String,
        parties: Parties,
        execution: Execution,
        now: Millis,
    ) -> Run {
        Run {
            sid,
            key,
            ours: parties.ours,
            theirs: parties.theirs,
            base: parties.base,
            account: parties.account,
            cause: None,
            data: Map::new(),
            execution,
            active: true,
            on_worker: false,
            began: false,
            looks: 0,
            message: None,
            call: None,
            turn: 0,
            answer: String::new(),
            keep: false,
            logged: 0,
            failure: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            sid: self.sid.clone(),
            flow: self.execution.flow.clone(),
            revision: self.execution.revision,
            ours: self.ours.clone(),
            theirs: self.theirs.clone(),
            active: self.active || self.on_worker,
            state: self.execution.state().to_owned(),
            failure: self.failure.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// How it started, in the engine's terms; `None` when it has.
    pub(super) fn trigger(&self) -> Option<Trigger> {
        Some(match self.cause.as_ref()? {
            Cause::Message(form) => Trigger::Message(parameters(form)),
            Cause::Request => Trigger::Request {
                to: self.theirs.clone(),
                from: self.ours.clone(),
            },
        })
    }

    /// What names the step that it stands in, and nothing else.
    pub(super) fn step_key(&self) -> String {
        let mut key = self.sid.to_string();
        key.push('/');
        key.push_str(&self.execution.steps.to_string());
        key
    }

    /// Whether it talks on a call, or calls.
    pub(super) fn is_about_a_call(&self) -> bool {
        use crate::flow::Waiting;
        self.execution.is_on_call()
            || matches!(self.execution.waiting(), Waiting::Callback | Waiting::Enter)
    }
}

/// A form's parameters, as flows read them.
pub(super) fn parameters(form: &str) -> Map<String, Value> {
    let form = crate::twilio::form::Form::parse(form.as_bytes()).unwrap_or_default();
    crate::flow::parameters(form.iter())
}
