//! The ledger of what must be looked at again, and when. A row is written before the work
//! that it guards, and removed with the row that says the work is done.

use std::cell::Cell;

use super::{Contact, ObjectFault};
use crate::objects::id::{Id, Kind};
use crate::ports::{Host, Millis, Value};

/// No row is due at any time.
const NEVER: Millis = Millis::MAX;

/// What is known of the object's alarm without asking the tables: every webhook leaves a row
/// that an alarm must see to, and would ask them each time.
#[derive(Default)]
pub(super) struct Alarm {
    /// No row is due earlier, [`NEVER`] where there is none; `None` until the tables were asked.
    next: Cell<Option<Millis>>,
    /// Rows were written since the alarm was set.
    is_owing: Cell<bool>,
}

impl Alarm {
    /// The alarm must be set anew, for a row that is due then. One that is due later than the
    /// next may have been the next until now.
    fn owe(&self, at: Millis) {
        self.is_owing.set(true);
        self.next
            .set(self.next.get().filter(|next| at <= *next).and(Some(at)));
    }

    /// All that is due from now on, as the tables have it.
    pub(super) fn learn(&self, next: Option<Millis>) {
        self.next.set(Some(next.unwrap_or(NEVER)));
    }

    /// The tables are to be asked again.
    pub(super) fn forget(&self) {
        self.next.set(None);
    }

    pub(super) fn is_owing(&self) -> bool {
        self.is_owing.get()
    }

    /// Whether a row may be due.
    pub(super) fn is_due(&self, now: Millis) -> bool {
        self.next.get().is_none_or(|next| next <= now)
    }
}

/// How many due messages one alarm works through; the rest follow at once.
const BATCH: i64 = 20;

impl<H: Host> Contact<H> {
    /// Sees to it that a message or call is looked at again.
    pub(super) fn set_due(&self, id: &Id, at: Millis) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO due (id, at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            vec![id.as_str().into(), at.into()],
        )?;
        self.owe(at);
        Ok(())
    }

    /// The alarm must be set anew before this command is answered.
    pub(super) fn owe(&self, at: Millis) {
        self.alarm.owe(at);
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
        self.alarm.is_owing.set(false);
        let next = match self.alarm.next.get() {
            Some(next) => next,
            None => {
                let rows = self.host.exec(
                    "SELECT MIN(at) FROM (SELECT at FROM due UNION ALL SELECT at FROM outbox)",
                    Vec::new(),
                )?;
                let first = rows.first().and_then(|row| row.first());
                self.alarm.learn(first.and_then(Value::int));
                first.and_then(Value::int).unwrap_or(NEVER)
            }
        };
        if next == NEVER {
            return Ok(());
        }
        let set = self.host.set_alarm(next).await;
        if set.is_err() {
            self.alarm.forget();
        }
        Ok(set?)
    }
}
