//! The audit log: who changed what, and what came of it. Bounded; no person's address is in it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Registry;
use crate::objects::{Command, Object, ObjectFault, read};
use crate::ports::{Host, Value};

/// Entries that are kept; the oldest go first.
const AUDIT_KEPT: i64 = 10_000;

/// Writes an entry down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordAudit {
    /// The entry, as the API shows it: written once, and read by nobody between.
    pub entry: Json,
}

impl Command for RecordAudit {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "record-audit";
    type Reply = ();
}

/// A page of the log, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListAudit {
    /// Only entries before this one.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// An entry with its number.
pub type Audited = (i64, Json);

impl Command for ListAudit {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "list-audit";
    type Reply = Vec<Audited>;
}

impl<H: Host> Registry<H> {
    pub(super) fn record_audit(&self, command: &RecordAudit) -> Result<(), ObjectFault> {
        let rows = self.host.exec(
            "INSERT INTO audit (document) VALUES (?) RETURNING id",
            vec![command.entry.to_string().into()],
        )?;
        if let Some(id) = rows.first().and_then(|row| row.first()?.int()) {
            self.host.exec(
                "DELETE FROM audit WHERE id <= ?",
                vec![id.saturating_sub(AUDIT_KEPT).into()],
            )?;
        }
        Ok(())
    }

    pub(super) fn list_audit(&self, command: &ListAudit) -> Result<Vec<Audited>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT id, document FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
            vec![
                command.before.unwrap_or(1 << 52).into(),
                i64::from(command.limit).into(),
            ],
        )?;
        rows.iter()
            .filter_map(|row| Some((row.first().and_then(Value::int)?, row.get(1)?.text()?)))
            .map(|(id, text)| Ok((id, read("entry", text)?)))
            .collect()
    }
}
