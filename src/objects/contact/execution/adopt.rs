//! Takes over an execution whose call is over: what it still has to do, nobody waits for.

use serde::{Deserialize, Serialize};

use super::run::{Parties, Run};
use crate::flow::Execution;
use crate::log::Record;
use crate::objects::contact::Contact;
use crate::objects::id::ContactName;
use crate::objects::{Command, Object, ObjectFault};
use crate::ports::Host;

/// Goes on with an execution that began on a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AdoptExecution {
    /// Whose object this is.
    pub contact: ContactName,
    /// What names the place where the call left it: the same again is taken over once.
    pub key: String,
    /// The execution, encoded. It waits for an effect, which nobody has begun, or for a reply.
    pub execution: String,
    /// The account whose call it was.
    pub account_sid: String,
    /// The base that Twilio calls us by.
    pub base: String,
    /// Our address.
    pub ours: String,
    /// The person's.
    pub theirs: String,
}

impl Command for AdoptExecution {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "adopt-execution";
    type Reply = ();
}

impl<H: Host> Contact<H> {
    pub(in crate::objects::contact) fn adopt_execution(
        &self,
        command: AdoptExecution,
    ) -> Result<(), ObjectFault> {
        let Ok(execution) = Execution::decode(&command.execution) else {
            self.host.log(Record::error("execution.unreadable"));
            return Ok(());
        };
        let (sid, known) = self.sid_for(&command.contact, &command.key)?;
        if known.is_some() {
            return Ok(());
        }
        let parties = Parties {
            ours: command.ours,
            theirs: command.theirs,
            base: command.base,
            account: command.account_sid,
        };
        self.start_run(&Run::new(sid, command.key, parties, execution, self.now()))
    }
}
