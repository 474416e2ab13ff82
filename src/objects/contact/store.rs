//! Rows of a contact: messages, calls, executions.

use serde::de::DeserializeOwned;

use super::commands::{CALLS_LISTED, FetchExecution, KeepExecution};
use super::fact::Kind as Fact;
use super::{Call, Contact, Message};
use crate::objects::id::Id;
use crate::objects::{ObjectFault, read, write};
use crate::ports::{Host, Millis, Value};
use crate::time::DAY;

/// How long an execution that does not travel in a URL is kept.
const EXECUTION_KEPT: Millis = 3 * DAY;

impl<H: Host> Contact<H> {
    pub(super) fn message(&self, id: &Id) -> Result<Option<Message>, ObjectFault> {
        self.document("SELECT document FROM message WHERE id = ?", id.as_str())
    }

    pub(super) fn message_by_sid(&self, sid: &str) -> Result<Option<Message>, ObjectFault> {
        self.document("SELECT document FROM message WHERE sid = ?", sid)
    }

    /// Whether a SID is that of an attempt of ours, current or past.
    pub(super) fn knows_sid(&self, sid: &str) -> Result<bool, ObjectFault> {
        Ok(self.message_by_sid(sid)?.is_some() || self.fact(Fact::Attempt, sid)?.is_some())
    }

    /// Writes a message that is not there yet.
    pub(super) fn add_message(&self, message: &Message) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO message (id, sid, at, document) VALUES (?, ?, ?, ?)",
            vec![
                message.id.as_str().into(),
                message.sid.as_deref().into(),
                message.created_at.into(),
                write("message", message)?.into(),
            ],
        )?;
        Ok(())
    }

    /// Writes a message that Twilio has just given its SID.
    pub(super) fn save_sid(&self, message: &Message) -> Result<(), ObjectFault> {
        self.host.exec(
            "UPDATE message SET sid = ?, document = ? WHERE id = ?",
            vec![
                message.sid.as_deref().into(),
                write("message", message)?.into(),
                message.id.as_str().into(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn save_message(&self, message: &Message) -> Result<(), ObjectFault> {
        let document = write("message", message)?;
        if let Some(sid) = &message.sid {
            // Where the SID stays, its index is not written again: a row less for each callback.
            let stays = self.host.exec(
                "UPDATE message SET document = ? WHERE id = ? AND sid = ? RETURNING 1",
                vec![
                    document.as_str().into(),
                    message.id.as_str().into(),
                    sid.as_str().into(),
                ],
            )?;
            if !stays.is_empty() {
                return Ok(());
            }
        }
        self.host.exec(
            "INSERT INTO message (id, sid, at, document) VALUES (?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET sid = excluded.sid, document = excluded.document",
            vec![
                message.id.as_str().into(),
                message.sid.as_deref().into(),
                message.created_at.into(),
                document.into(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn call(&self, id: &Id) -> Result<Option<Call>, ObjectFault> {
        self.document("SELECT document FROM call WHERE id = ?", id.as_str())
    }

    /// The newest calls, newest first.
    pub(super) fn calls(&self) -> Result<Vec<Call>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document FROM call ORDER BY at DESC, id LIMIT ?",
            vec![CALLS_LISTED.into()],
        )?;
        rows.iter()
            .filter_map(|row| row.first().and_then(Value::text))
            .map(|text| read("document", text))
            .collect()
    }

    pub(super) fn call_by_sid(&self, sid: &str) -> Result<Option<Call>, ObjectFault> {
        self.document("SELECT document FROM call WHERE sid = ?", sid)
    }

    pub(super) fn save_call(&self, call: &Call) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO call (id, sid, at, document) VALUES (?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET sid = excluded.sid, document = excluded.document",
            vec![
                call.id.as_str().into(),
                call.sid.as_deref().into(),
                call.created_at.into(),
                write("call", call)?.into(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn keep_execution(&self, command: &KeepExecution) -> Result<(), ObjectFault> {
        let now = self.now();
        self.host.exec(
            "DELETE FROM execution WHERE at < ?",
            vec![now.saturating_sub(EXECUTION_KEPT).into()],
        )?;
        self.host.exec(
            "INSERT INTO execution (call_sid, key, at, execution) VALUES (?, ?, ?, ?)
             ON CONFLICT (call_sid, key) DO UPDATE SET
                at = excluded.at, execution = excluded.execution",
            vec![
                command.call_sid.as_str().into(),
                command.key.as_str().into(),
                now.into(),
                command.execution.as_str().into(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn execution(
        &self,
        command: &FetchExecution,
    ) -> Result<Option<String>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT execution FROM execution WHERE call_sid = ? AND key = ?",
            vec![
                command.call_sid.as_str().into(),
                command.key.as_str().into(),
            ],
        )?;
        Ok(rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::text)
            .map(str::to_owned))
    }

    fn document<T: DeserializeOwned>(
        &self,
        statement: &str,
        key: &str,
    ) -> Result<Option<T>, ObjectFault> {
        let rows = self.host.exec(statement, vec![key.into()])?;
        rows.first()
            .and_then(|row| row.first())
            .and_then(Value::text)
            .map(|text| read("document", text))
            .transpose()
    }
}
