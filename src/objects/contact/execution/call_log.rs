//! The log of a flow that the Worker runs on a call. It is told after each answer, where the
//! deployment wants it (`CALL_LOG`): the call does not wait for it, and nothing here drives it.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::run::{Parties, Run};
use crate::flow::{Execution, LogEntry};
use crate::log::Record;
use crate::objects::contact::Contact;
use crate::objects::id::ContactName;
use crate::objects::{Command, Object, ObjectFault};
use crate::ports::{Host, Millis};
use crate::time::HOUR;

/// A call of which nothing was heard for so long is over, though nobody said so: the caller
/// hung up (Twilio docs, "Call duration": four hours unless more was asked for).
const LONGEST_CALL: Millis = 4 * HOUR;

/// Keeps what a flow did for one answer on a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogCall {
    /// Whose object this is.
    pub contact: ContactName,
    /// The call.
    pub call_sid: String,
    /// The execution after it, encoded. Its steps so far, and whether it ended, name the answer:
    /// told again, it is kept once.
    pub execution: String,
    /// The steps taken.
    pub steps: Vec<LogEntry>,
    /// The flow is over, or goes on elsewhere.
    pub ended: bool,
    /// Why, when it did not end by itself.
    pub failure: Option<String>,
    /// The account whose call it is.
    pub account_sid: String,
    /// The base that Twilio calls us by.
    pub base: String,
    /// Our address.
    pub ours: String,
    /// The person's.
    pub theirs: String,
}

impl Command for LogCall {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "log-call";
    type Reply = ();
}

impl<H: Host> Contact<H> {
    pub(in crate::objects::contact) fn log_call(
        &self,
        command: LogCall,
    ) -> Result<(), ObjectFault> {
        let Ok(execution) = Execution::decode(&command.execution) else {
            self.host.log(Record::error("execution.unreadable"));
            return Ok(());
        };
        let key = ["call/", &command.call_sid].concat();
        let (sid, known) = self.sid_for(&command.contact, &key)?;
        self.host.exec(
            "INSERT INTO flow_turn (execution, number, steps) VALUES (?, ?, ?)
             ON CONFLICT (execution, number) DO NOTHING",
            vec![
                sid.as_str().into(),
                answer_number(&execution, command.ended).into(),
                json!(command.steps).to_string().into(),
            ],
        )?;
        let now = self.now();
        let is_new = known.is_none();
        let parties = Parties {
            ours: command.ours,
            theirs: command.theirs,
            base: command.base,
            account: command.account_sid,
        };
        let mut run = known.unwrap_or_else(|| Run {
            active: false,
            on_worker: true,
            ..Run::new(sid, key, parties, execution.clone(), now)
        });
        // What was told late says nothing new of where the flow stands.
        if execution.steps >= run.execution.steps {
            run.execution = execution;
            run.updated_at = now;
        }
        let ends = command.ended && run.on_worker;
        if ends {
            run.on_worker = false;
            run.failure = command.failure;
        }
        if is_new {
            self.forget_old_runs()?;
        }
        self.save_run(&run)?;
        if is_new {
            self.tell_run(&run, "execution.started")?;
        }
        if ends {
            self.tell_run(&run, "execution.ended")?;
        }
        Ok(())
    }

    /// An execution on a call that the Worker runs, and that nobody hung up on.
    pub(super) fn is_on_worker(&self, run: &Run) -> bool {
        run.on_worker && self.now().saturating_sub(run.updated_at) < LONGEST_CALL
    }
}

/// Numbers the answers of a call, in their order. The last widget is left for nowhere, which is
/// no step: the end has a number of its own beside the answer before it.
fn answer_number(execution: &Execution, ended: bool) -> i64 {
    2 * i64::from(execution.steps) + i64::from(ended)
}
