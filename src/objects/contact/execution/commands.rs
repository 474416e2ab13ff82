//! What a contact can be asked about executions, and what it answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::flow::LogEntry;
use crate::objects::id::{ContactName, ExecutionSid};
use crate::objects::{Command, Object};
use crate::ports::Millis;

/// The flow that an inbound message starts, when none waits for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStart {
    /// The flow's name.
    pub flow: String,
    /// Its revision.
    pub revision: u64,
    /// The address's own `flow.data`, over the deployment's.
    pub data: Map<String, Value>,
    /// The base that Twilio calls us by.
    pub base: String,
}

/// Starts an execution, as Studio's REST API does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartExecution {
    /// Whose object this is.
    pub contact: ContactName,
    /// What names the request: the same again is the same execution.
    pub key: String,
    /// The flow.
    pub start: FlowStart,
    /// `To`: the person's address.
    pub to: String,
    /// `From`: our address, or `MG…`.
    pub from: String,
}

impl Command for StartExecution {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "start-execution";
    type Reply = Started;
}

/// What became of a wish to start an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Started {
    /// This is it.
    Started(Box<Snapshot>),
    /// One of this flow is active between these two addresses.
    Active(ExecutionSid),
}

/// An execution, without what it knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// `FN…`.
    pub sid: ExecutionSid,
    /// The flow's name.
    pub flow: String,
    /// Its revision.
    pub revision: u64,
    /// Our address.
    pub ours: String,
    /// The person's.
    pub theirs: String,
    /// It has not ended.
    pub active: bool,
    /// The state it stands in.
    pub state: String,
    /// Why it ended, when it did not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When it started.
    pub created_at: Millis,
    /// When it last went on.
    pub updated_at: Millis,
}

/// One execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShowExecution {
    /// Which.
    pub sid: ExecutionSid,
    /// With what it knows.
    pub context: bool,
    /// With its steps.
    pub steps: bool,
}

impl Command for ShowExecution {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "show-execution";
    type Reply = Option<Shown>;
}

/// An execution as it is shown. Nothing is masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// What it is.
    pub execution: Snapshot,
    /// What it knows; `null` when that was not asked for.
    #[serde(default)]
    pub context: Value,
    /// Its steps, oldest first; none when they were not asked for.
    #[serde(default)]
    pub steps: Vec<LogEntry>,
}

/// The executions of one person, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListExecutions {
    /// Only of this flow.
    pub flow: Option<String>,
    /// Only those older than this one's place: time and SID.
    pub before: Option<(Millis, String)>,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListExecutions {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "list-executions";
    type Reply = Vec<Snapshot>;
}

/// Ends an execution; one that has ended stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EndExecution {
    /// Which.
    pub sid: ExecutionSid,
}

impl Command for EndExecution {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "end-execution";
    type Reply = Option<Snapshot>;
}

/// A voice request about a call that an execution placed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnswerStep {
    /// Whose call it is.
    pub sid: ExecutionSid,
    /// Which answer of the execution is asked for, counted from 0.
    pub turn: u32,
    /// The request's parameters, as a form.
    pub parameters: String,
    /// The event that its address stands for.
    pub event: Option<String>,
}

impl Command for AnswerStep {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "answer-step";
    type Reply = StepAnswer;
}

/// What the call hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepAnswer {
    /// TwiML; `None` when the execution has ended or does not wait for this.
    pub twiml: Option<String>,
    /// What stands for the execution when the call comes back without saying whose it is.
    pub keep: Option<String>,
}
