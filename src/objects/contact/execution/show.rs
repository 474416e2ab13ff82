//! Executions as they are shown.

use serde_json::Value;

use super::commands::{ListExecutions, ShowExecution, Shown, Snapshot};
use super::run::Run;
use crate::flow::Context;
use crate::objects::contact::Contact;
use crate::objects::{ObjectFault, read};
use crate::ports::{Host, Millis};

impl<H: Host> Contact<H> {
    pub(in crate::objects::contact) fn show_execution(
        &self,
        command: &ShowExecution,
    ) -> Result<Option<Shown>, ObjectFault> {
        let Some(run) = self.run(&command.sid)? else {
            return Ok(None);
        };
        let context = if command.context {
            let context = run.execution.context().map(Context::as_value);
            context.cloned().unwrap_or_default()
        } else {
            Value::Null
        };
        let steps = if command.steps {
            self.steps(&command.sid)?
        } else {
            Vec::new()
        };
        Ok(Some(Shown {
            execution: self.snapshot(&run),
            context,
            steps,
        }))
    }

    pub(in crate::objects::contact) fn list_executions(
        &self,
        command: &ListExecutions,
    ) -> Result<Vec<Snapshot>, ObjectFault> {
        let (at, sid) = match &command.before {
            Some((at, sid)) => (*at, sid.as_str()),
            None => (Millis::MAX >> 11, ""),
        };
        let flow = command.flow.as_deref();
        let rows = self.host.exec(
            "SELECT document FROM flow_execution
             WHERE (at, sid) < (?, ?) AND (? IS NULL OR flow = ?)
             ORDER BY at DESC, sid DESC LIMIT ?",
            vec![
                at.into(),
                sid.into(),
                flow.into(),
                flow.into(),
                i64::from(command.limit).into(),
            ],
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read::<Run>("execution", text).map(|run| self.snapshot(&run)))
            .collect()
    }

    fn snapshot(&self, run: &Run) -> Snapshot {
        Snapshot {
            active: run.active || self.is_on_worker(run),
            ..run.snapshot()
        }
    }
}
