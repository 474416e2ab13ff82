//! Executions: flows that run between the person and us by messages, and what the REST API
//! starts, on a call too.
//!
//! One row holds an execution: where the engine stands, what it waits for, what came in for
//! it. Every turn of the engine is one commit: the execution after it, the steps for the log,
//! when it must be looked at again. So an execution goes on from its last turn wherever it
//! was cut off.
//!
//! **What must never happen**
//! 1. A message that started or continues a flow is lost: it is in the row, with a due row,
//!    before Twilio is answered.
//! 2. A step acts twice. A message and a call have ids that follow from execution and step,
//!    and their own journals. Of other requests the row says that one began; found so after a
//!    crash, those that HTTP says may be repeated (GET, HEAD, PUT, DELETE: RFC 9110, 9.2.2) are,
//!    the others take the step's failed branch.
//! 3. Two turns of one execution run at once: [`Contact::hold`].
//! 4. A flow writes to a person who said stop: the STOP ends it, and its sends ask like any.

mod adopt;
mod begin;
mod call_log;
mod commands;
mod drive;
mod on_call;
mod perform;
mod run;
mod show;
mod store;

#[cfg(test)]
mod tests;

pub use adopt::AdoptExecution;
pub use call_log::LogCall;
pub use commands::{
    AnswerStep, EndExecution, FlowStart, ListExecutions, ShowExecution, Shown, Snapshot,
    StartExecution, Started, StepAnswer,
};
pub use on_call::{MARK, read_mark};
pub use perform::{command_of, resource};

pub(super) use begin::Arrived;
pub(super) use drive::Holds;
