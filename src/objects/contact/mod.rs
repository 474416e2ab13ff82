//! The contact: one Durable Object per person, whatever the channel.
//!
//! It keeps the person's consent and every message and call between the person and us, so
//! that each decision about the person is made in one place, one at a time.
//!
//! **What must never happen**
//! 1. A message leaves after a STOP was answered. The STOP is a row before its answer leaves
//!    (output gate), and a send reads that row in the same object before it is journaled.
//! 2. A message is lost or doubled by a crash. Its row is written before the POST; a POST
//!    that ended without an answer is settled against Twilio's own list, never repeated
//!    blindly. The callback's URL carries our id, so a callback settles it as well.
//! 3. A webhook acts twice. A message has one row, by its SID, with what it was answered.
//!
//! **Instance**: [`ContactName::of`](super::id::ContactName::of) the person. **Storage**: see
//! [`MIGRATIONS`] and [`LATER`]; documents are JSON, so that a release can add a member. **Alarm**:
//! one, at the earliest row of `due` and `outbox`.

mod bulk;
mod call;
mod commands;
mod compare;
mod consent;
mod course;
mod due;
mod erase;
mod execution;
mod fact;
mod mail;
mod manage;
mod message;
mod outbox;
mod receive;
mod recover;
mod send;
mod settle;
mod status;
mod store;
mod verify;
mod way;

#[cfg(test)]
mod care_tests;
#[cfg(test)]
mod course_tests;
#[cfg(test)]
mod edge_tests;
#[cfg(test)]
mod tests;

pub use call::{Call, CallState, Script, Voicemail};
pub use commands::*;
pub use compare::{Compare, Compared, Listed};
pub use course::{Attempt, Course, How, Leg, Next, Options, Speech, Template};
pub use erase::{Erase, Erased};
pub use execution::{
    AdoptExecution, AnswerStep, EndExecution, FlowStart, ListExecutions, LogCall, MARK,
    ShowExecution, Shown, Snapshot, StartExecution, Started, StepAnswer, command_of, read_mark,
    resource,
};
pub use manage::{CancelMessage, Changed, ListMessages, RedactMessage, Wake};
pub use message::{Delivery, Direction, HistoryEntry, Message};
pub use outbox::Event;
pub use verify::{
    CheckCode, CheckReply, CodeRefused, CodeSent, RefusedKind, StartReply, StartVerification,
};

use std::cell::Cell;

use super::peers::Peers;
use super::schema::Lazily;
use super::{Command, ObjectFault, read, schema, write};
use crate::ports::{Host, Millis};

/// A row that is written costs a thousand times one that is read (Cloudflare docs, "Durable
/// Objects pricing"): lists look through all of a person's messages, and no index of their times
/// is written with each.
pub(super) const MIGRATIONS: [&str; 4] = [
    "
    CREATE TABLE message (
        id TEXT PRIMARY KEY, sid TEXT, at INTEGER NOT NULL, document TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX message_sid ON message (sid) WHERE sid IS NOT NULL;
    CREATE TABLE consent (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL)
",
    "
    CREATE TABLE fact (
        kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (kind, key)
    ) WITHOUT ROWID
",
    "
    CREATE TABLE flow_execution (
        sid TEXT PRIMARY KEY, flow TEXT NOT NULL, at INTEGER NOT NULL, updated INTEGER NOT NULL,
        active INTEGER NOT NULL, document TEXT NOT NULL, inbox TEXT
    ) WITHOUT ROWID;
    CREATE INDEX flow_execution_active ON flow_execution (active) WHERE active = 1
",
    "
    CREATE TABLE flow_turn (
        execution TEXT NOT NULL, number INTEGER NOT NULL, steps TEXT NOT NULL,
        PRIMARY KEY (execution, number)
    ) WITHOUT ROWID
",
];

/// What a contact that is only written to does without: see [`Lazily`](schema::Lazily).
pub(super) const LATER: [&str; 4] = [
    "
    CREATE TABLE IF NOT EXISTS due (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS due_at ON due (at);
    CREATE TABLE IF NOT EXISTS outbox (
        seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL
    )
",
    "
    CREATE TABLE IF NOT EXISTS call (
        id TEXT PRIMARY KEY, sid TEXT, at INTEGER NOT NULL, document TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS call_sid ON call (sid)
",
    "
    CREATE TABLE IF NOT EXISTS execution (
        call_sid TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, execution TEXT NOT NULL,
        PRIMARY KEY (call_sid, key)
    ) WITHOUT ROWID
",
    "
    CREATE TABLE IF NOT EXISTS verification (one INTEGER PRIMARY KEY, document TEXT NOT NULL)
",
];

/// The object.
pub struct Contact<H> {
    host: H,
    alarm: due::Alarm,
    /// How far a test has put the clock forward.
    ahead: Cell<Millis>,
    /// Executions that are being driven.
    holds: execution::Holds,
}

impl<H: Host> Contact<Lazily<H>> {
    /// Opens the object and brings its tables up to date.
    ///
    /// # Errors
    /// When they cannot be.
    pub fn open(host: H) -> Result<Contact<Lazily<H>>, ObjectFault> {
        schema::migrate(&host, &MIGRATIONS)?;
        Ok(Contact {
            host: Lazily::new(host, &LATER),
            alarm: due::Alarm::default(),
            ahead: Cell::new(0),
            holds: execution::Holds::default(),
        })
    }
}

impl<H: Peers> Contact<H> {
    /// Carries out one command.
    ///
    /// # Errors
    /// When the command is unknown or unreadable, or storage fails.
    pub async fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        let reply = self.carry_out(verb, body).await?;
        if self.alarm.is_owing() {
            self.arm().await?;
        }
        Ok(reply)
    }

    async fn carry_out(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        match verb {
            Receive::VERB => write("reply", &self.receive(read("command", body)?)?),
            Send::VERB => write("reply", &self.send(read("command", body)?).await?),
            ReportMessage::VERB => write("reply", &self.report_message(&read("command", body)?)?),
            FetchMessage::VERB => {
                let FetchMessage { id } = read("command", body)?;
                write("reply", &self.message(&id)?)
            }
            PlaceCall::VERB => write("reply", &self.place_call(read("command", body)?).await?),
            ReportCall::VERB => write("reply", &self.report_call(&read("command", body)?)?),
            FetchCall::VERB => {
                let FetchCall { id } = read("command", body)?;
                write("reply", &self.call(&id)?)
            }
            ListCalls::VERB => write("reply", &self.calls()?),
            SaveVoicemail::VERB => write("reply", &self.save_voicemail(read("command", body)?)?),
            SaveTranscript::VERB => write("reply", &self.save_transcript(read("command", body)?)?),
            KeepExecution::VERB => write("reply", &self.keep_execution(&read("command", body)?)?),
            FetchExecution::VERB => write("reply", &self.execution(&read("command", body)?)?),
            FetchConsent::VERB => write("reply", &self.fetch_consent()?),
            PutConsent::VERB => write("reply", &self.put_consent(&read("command", body)?)?),
            StartVerification::VERB => {
                let reply = self.start_verification(read("command", body)?).await?;
                write("reply", &reply)
            }
            CheckCode::VERB => write("reply", &self.check_code(read("command", body)?).await?),
            CancelMessage::VERB => {
                let CancelMessage { id } = read("command", body)?;
                write("reply", &self.cancel(&id).await?)
            }
            RedactMessage::VERB => {
                let RedactMessage { id } = read("command", body)?;
                write("reply", &self.redact(&id).await?)
            }
            ListMessages::VERB => write("reply", &self.list_messages(&read("command", body)?)?),
            Wake::VERB => {
                let Wake { ahead } = read("command", body)?;
                self.ahead.set(ahead);
                write("reply", &self.alarm().await?)
            }
            StartExecution::VERB => write("reply", &self.start_execution(read("command", body)?)?),
            ShowExecution::VERB => write("reply", &self.show_execution(&read("command", body)?)?),
            ListExecutions::VERB => write("reply", &self.list_executions(&read("command", body)?)?),
            EndExecution::VERB => write("reply", &self.end_execution(&read("command", body)?)?),
            AdoptExecution::VERB => write("reply", &self.adopt_execution(read("command", body)?)?),
            LogCall::VERB => write("reply", &self.log_call(read("command", body)?)?),
            AnswerStep::VERB => write("reply", &self.answer_step(read("command", body)?).await?),
            Compare::VERB => write("reply", &self.compare(&read("command", body)?)?),
            Erase::VERB => write("reply", &self.erase(&read("command", body)?)?),
            _ => Err(ObjectFault::NoSuchCommand),
        }
    }

    /// Does what is due and sets the next alarm.
    ///
    /// Safe to run again from any point: each step first writes down that it begins and by
    /// when it must be looked at again.
    ///
    /// # Errors
    /// When storage fails; the platform then runs the alarm again.
    pub async fn alarm(&self) -> Result<(), ObjectFault> {
        // Whatever it was set to is over; what is due next, the outbox says with its events.
        self.alarm.forget();
        // First, so that what is told does not wait for Twilio's answers.
        self.flush().await?;
        if self.alarm.is_due(self.now()) {
            self.resume_due().await?;
        }
        self.arm().await
    }

    /// Goes on with messages, calls and executions that are due.
    async fn resume_due(&self) -> Result<(), ObjectFault> {
        let due = self.due_now()?;
        for id in &due {
            if self.may_go_on(id).await? {
                self.resume(id).await?;
            }
        }
        let ran = self.resume_runs().await?;
        if !due.is_empty() || ran {
            self.flush().await?;
        }
        self.alarm.forget();
        Ok(())
    }
}

impl<H: Host> Contact<H> {
    fn now(&self) -> Millis {
        self.host.now().saturating_add(self.ahead.get())
    }
}
