//! Rows of executions: one each, one for each turn's steps, one while it is due.

use serde_json::json;

use super::run::{Run, Waiting};
use crate::flow::LogEntry;
use crate::objects::contact::Contact;
use crate::objects::id::ExecutionSid;
use crate::objects::{ObjectFault, read, write};
use crate::ports::{Host, Millis, Value};
use crate::time::DAY;

/// How long an execution is kept after it ended; Studio keeps its own as long (Twilio docs,
/// "Studio Execution Resource").
const KEPT: Millis = 30 * DAY;

impl<H: Host> Contact<H> {
    pub(super) fn run(&self, sid: &ExecutionSid) -> Result<Option<Run>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document FROM flow_execution WHERE sid = ?",
            vec![sid.as_str().into()],
        )?;
        text_at(&rows)
            .map(|text| read("execution", text))
            .transpose()
    }

    /// Every execution that has not ended. A person has a handful.
    pub(super) fn active_runs(&self) -> Result<Vec<Run>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document FROM flow_execution WHERE active = 1 ORDER BY at, sid",
            Vec::new(),
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("execution", text))
            .collect()
    }

    pub(super) fn save_run(&self, run: &Run) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO flow_execution (sid, flow, at, updated, active, document)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (sid) DO UPDATE SET updated = excluded.updated,
                active = excluded.active, document = excluded.document",
            vec![
                run.sid.as_str().into(),
                run.execution.flow.as_str().into(),
                run.created_at.into(),
                run.updated_at.into(),
                i64::from(run.active).into(),
                write("execution", run)?.into(),
            ],
        )?;
        Ok(())
    }

    /// What came in for an execution and was not given to it yet, oldest first.
    pub(super) fn inbox(&self, sid: &ExecutionSid) -> Result<Vec<Waiting>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT inbox FROM flow_execution WHERE sid = ?",
            vec![sid.as_str().into()],
        )?;
        text_at(&rows).map_or(Ok(Vec::new()), |text| read("inbox", text))
    }

    pub(super) fn save_inbox(
        &self,
        sid: &ExecutionSid,
        inbox: &[Waiting],
    ) -> Result<(), ObjectFault> {
        let text = match inbox {
            [] => None,
            _ => Some(write("inbox", &inbox)?),
        };
        self.host.exec(
            "UPDATE flow_execution SET inbox = ? WHERE sid = ?",
            vec![text.into(), sid.as_str().into()],
        )?;
        Ok(())
    }

    /// Keeps the steps of one turn.
    pub(super) fn log_steps(&self, run: &mut Run, steps: &[LogEntry]) -> Result<(), ObjectFault> {
        if steps.is_empty() {
            return Ok(());
        }
        self.host.exec(
            "INSERT INTO flow_turn (execution, number, steps) VALUES (?, ?, ?)",
            vec![
                run.sid.as_str().into(),
                i64::from(run.logged).into(),
                json!(steps).to_string().into(),
            ],
        )?;
        run.logged = run.logged.saturating_add(1);
        Ok(())
    }

    /// Every step of an execution, oldest first.
    pub(super) fn steps(&self, sid: &ExecutionSid) -> Result<Vec<LogEntry>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT steps FROM flow_turn WHERE execution = ? ORDER BY number",
            vec![sid.as_str().into()],
        )?;
        let mut steps = Vec::new();
        for text in rows.iter().filter_map(|row| row.first()?.text()) {
            steps.extend(read::<Vec<LogEntry>>("steps", text)?);
        }
        Ok(steps)
    }

    /// Forgets what ended long ago. Asked when one starts, so that nothing waits for it.
    pub(super) fn forget_old_runs(&self) -> Result<(), ObjectFault> {
        let old = self.now().saturating_sub(KEPT);
        let rows = self.host.exec(
            "DELETE FROM flow_execution WHERE active = 0 AND updated < ? RETURNING sid",
            vec![old.into()],
        )?;
        for sid in rows.iter().filter_map(|row| row.first()) {
            self.host.exec(
                "DELETE FROM flow_turn WHERE execution = ?",
                vec![sid.clone()],
            )?;
        }
        Ok(())
    }

    /// Sees to it that an execution is looked at then, and no earlier.
    pub(in crate::objects::contact) fn set_run_due(
        &self,
        sid: &str,
        at: Millis,
    ) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO due (id, at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            vec![sid.into(), at.into()],
        )?;
        self.owe(at);
        Ok(())
    }

    pub(super) fn clear_run_due(&self, sid: &ExecutionSid) -> Result<(), ObjectFault> {
        self.host
            .exec("DELETE FROM due WHERE id = ?", vec![sid.as_str().into()])?;
        Ok(())
    }

    /// Executions that are due, the longest first. Ids of messages and calls begin with a small
    /// letter, SIDs do not.
    pub(super) fn runs_due(&self) -> Result<Vec<ExecutionSid>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT id FROM due WHERE at <= ? AND id < 'a' ORDER BY at LIMIT 20",
            vec![self.now().into()],
        )?;
        Ok(rows
            .iter()
            .filter_map(|row| ExecutionSid::parse(row.first()?.text()?))
            .collect())
    }
}

fn text_at(rows: &[Vec<Value>]) -> Option<&str> {
    rows.first()?.first()?.text()
}
