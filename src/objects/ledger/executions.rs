//! Executions of flows across persons, as far as a list shows them: no variables and no full
//! address.

use serde::{Deserialize, Serialize};

use super::Ledger;
use super::rows::{Place, end};
use crate::objects::id::{ContactName, ExecutionSid};
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis};

/// An execution in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRow {
    /// `FN…`.
    pub sid: String,
    /// The flow's name.
    pub flow: String,
    /// Its revision.
    pub revision: u64,
    /// Our address.
    pub ours: String,
    /// The person's, masked.
    pub theirs: String,
    /// `active` or `ended`.
    pub status: String,
    /// When it started.
    pub at: Millis,
    /// When this became true.
    pub updated: Millis,
}

/// Keeps or updates a row; an older state never replaces a newer one, and an end stays one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IndexExecution {
    /// The row.
    pub row: ExecutionRow,
}

impl Command for IndexExecution {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "index-execution";
    type Reply = ();
}

/// Executions of a day, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListExecutionRows {
    /// Of this flow.
    pub flow: String,
    /// Only `active` or `ended` ones.
    pub status: Option<String>,
    /// Only those that started at or after this.
    pub since: Option<Millis>,
    /// Only those that started before this.
    pub until: Option<Millis>,
    /// Only those before this place.
    pub before: Option<Place>,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListExecutionRows {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "list-execution-rows";
    type Reply = Vec<ExecutionRow>;
}

impl<H: Host> Ledger<H> {
    pub(super) fn index_execution(&self, command: &IndexExecution) -> Result<(), ObjectFault> {
        let row = &command.row;
        let contact = ExecutionSid::parse(&row.sid).map(|sid| sid.contact());
        self.host.exec(
            "INSERT INTO execution (sid, at, updated, flow, status, document)
             SELECT ?, ?, ?, ?, ?, ?
             WHERE NOT EXISTS (SELECT 1 FROM gone WHERE contact = ? AND at >= ?)
             ON CONFLICT (sid) DO UPDATE SET
                updated = excluded.updated, status = excluded.status,
                document = excluded.document
             WHERE excluded.updated >= execution.updated AND execution.status <> 'ended'",
            vec![
                row.sid.as_str().into(),
                row.at.into(),
                row.updated.into(),
                row.flow.as_str().into(),
                row.status.as_str().into(),
                write("row", row)?.into(),
                contact.as_ref().map(ContactName::as_str).into(),
                row.at.into(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn list_execution_rows(
        &self,
        command: &ListExecutionRows,
    ) -> Result<Vec<ExecutionRow>, ObjectFault> {
        let before = command.before.clone().unwrap_or_else(end);
        let status = command.status.as_deref();
        let rows = self.host.exec(
            "SELECT document FROM execution
             WHERE flow = ? AND (at, sid) < (?, ?) AND at >= ? AND at < ?
                AND (? IS NULL OR status = ?)
             ORDER BY at DESC, sid DESC LIMIT ?",
            vec![
                command.flow.as_str().into(),
                before.at.into(),
                before.id.into(),
                command.since.unwrap_or(0).into(),
                command.until.unwrap_or(end().at).into(),
                status.into(),
                status.into(),
                i64::from(command.limit).into(),
            ],
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("row", text))
            .collect()
    }

    /// Removes a person's rows: their SIDs lead to the person's object.
    pub(super) fn forget_executions(&self, contact: &ContactName) -> Result<(), ObjectFault> {
        let first = ExecutionSid::prefix(contact);
        // Above every hexadecimal digit.
        let behind = [&first, "g"].concat();
        self.host.exec(
            "DELETE FROM execution WHERE sid >= ? AND sid < ?",
            vec![first.into(), behind.into()],
        )?;
        Ok(())
    }
}
