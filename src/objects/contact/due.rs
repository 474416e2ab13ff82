//! The ledger of what must be looked at again, and when. A row is written before the work
//! that it guards, and removed with the row that says the work is done.

use super::{Contact, ObjectFault};
use crate::objects::id::{Id, Kind};
use crate::ports::{Host, Millis, Value};

/// How many due messages one alarm works through; the rest follow at once.
const BATCH: i64 = 20;

impl<H: Host> Contact<H> {
    /// Sees to it that a message or call is looked at again.
    pub(super) fn set_due(&self, id: &Id, at: Millis) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO due (id, at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            vec![id.as_str().into(), at.into()],
        )?;
        self.owe();
        Ok(())
    }

    /// Nothing more is to be done about it.
    pub(super) fn clear_due(&self, id: &Id) -> Result<(), ObjectFault> {
        self.host
            .exec("DELETE FROM due WHERE id = ?", vec![id.as_str().into()])?;
        Ok(())
    }

    /// Messages and calls that are due; executions have SIDs, which begin with a capital.
    pub(super) fn due_now(&self) -> Result<Vec<Id>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT id FROM due WHERE at <= ? AND id >= 'a' ORDER BY at LIMIT ?",
            vec![self.now().into(), BATCH.into()],
        )?;
        Ok(rows
            .iter()
            .filter_map(|row| row.first()?.text())
            .filter_map(|id| Id::parse(Kind::Message, id).or_else(|| Id::parse(Kind::Call, id)))
            .collect())
    }

    /// Sets the alarm to the earliest row. Called wherever rows were added, and by each
    /// alarm, so that an alarm that got lost is found again.
    pub(super) async fn arm(&self) -> Result<(), ObjectFault> {
        let rows = self.host.exec(
            "SELECT MIN(at) FROM (SELECT at FROM due UNION ALL SELECT at FROM outbox)",
            Vec::new(),
        )?;
        if let Some(at) = rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::int)
        {
            self.host.set_alarm(at).await?;
        }
        Ok(())
    }
}
