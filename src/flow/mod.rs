//! Twilio Studio flow definitions: parse, check, run. No I/O.

mod check;
mod condition;
mod context;
mod definition;
mod draw;
mod effect;
mod engine;
mod env;
mod envelope;
mod execution;
pub mod explore;
mod legacy;
pub mod liquid;
mod log;
mod pattern;
mod properties;
mod prune;
mod report;
mod scene;
pub mod simulate;
mod speech;
mod start;
mod text;
mod turn;
mod verb;
pub mod voice;
mod widget;

pub use check::check;
pub use context::{Context, Parameters, parameters};
pub use definition::{Definition, State, Transition};
pub use draw::draw;
pub use effect::{
    CreateTask, Effect, HttpAnswer, HttpRequest, MakeCall, Outcome, RecordCall, RunFunction,
    SendMessage, StartConversation,
};
pub use engine::advance;
pub use env::{DEFAULT_STEP_LIMIT, Env, Flows, QUERY_EVENT, QUERY_EXECUTION, StepKind, StepUrl};
pub use execution::{DecodeError, Execution, MAX_ENCODED, TriggerKind, Waiting};
pub use log::{LogEntry, mask};
pub use report::{Finding, Report};
pub use turn::{FlowError, Input, Next, Trigger, Turn};
pub use verb::{
    Agent, Connect, ConnectNoun, Dial, Enqueue, Gather, Noun, Pay, Prompt, QueueTarget, Record,
    Stream, Verb,
};
