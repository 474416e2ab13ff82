//! The ledger: what is asked across persons. It follows the contacts' own rows by the events
//! that tell of them, and is never the truth about one.
//!
//! Instances:
//! - `day-20261124`: the messages that were made on that day, and the events that happened on
//!   it, kept for a replay, and the day's figures. Lists go from the newest day back.
//! - `sender-{hash}`: one sender's delivery figures and its alarm.
//! - `gap`: how far Twilio's own lists were walked, and what was found in them.
//! - `consent-0` to `consent-15`, by a hash of the contact: who is opted in or out, for the
//!   export.
//!
//! **Alarm** of a day: when its events can no longer be replayed, and when its messages are no
//! longer listed.
//!
//! **Invariant.** Every command may be carried out twice: an event that comes again changes
//! nothing and counts nothing.

mod consents;
mod events;
mod executions;
mod figures;
mod gap;
mod rows;
mod tally;

#[cfg(test)]
mod tests;

pub use consents::{
    ConsentRow, CountOptedOut, Forget, ListConsents, RecordConsent, SHARDS, consent_shard,
};
pub use events::{EventRow, EventState, FetchEvent, KeepEvent, ListEvents, MarkEvent};
pub use executions::{ExecutionRow, IndexExecution, ListExecutionRows};
pub use figures::{AlertRow, Count, FetchFigures, Figure, FigureRow, Told, sender_shard};
pub use gap::Place as SweptPlace;
pub use gap::{GAP, GapView, Swept, TurnGap};
pub use rows::{CountDay, DayCount, Index, ListRows, Place, Row, Wanted};
pub use tally::{CountRejections, FetchTally};

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Command, ObjectFault, read, schema, write};
use crate::ports::{Host, Millis};
use crate::time::{DAY, HOUR};

/// How long an event is kept: the days it can be replayed, and one more.
const EVENTS_KEPT: Millis = 4 * DAY;
/// How far back lists of messages go.
pub const LISTED: Millis = 400 * DAY;

pub(super) const MIGRATIONS: [&str; 5] = [
    "
    CREATE TABLE message (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL,
        sender TEXT, ours TEXT, service TEXT, status TEXT NOT NULL, direction TEXT NOT NULL,
        document TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX message_at ON message (at, id);
    CREATE TABLE event (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, contact TEXT,
        document TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, answer INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX event_at ON event (at, id);
    CREATE TABLE consent (
        contact TEXT NOT NULL, scope TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (contact, scope)
    ) WITHOUT ROWID;
    CREATE TABLE counted (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX counted_at ON counted (at);
    CREATE TABLE figure (
        slot INTEGER NOT NULL, country TEXT NOT NULL, channel TEXT NOT NULL,
        code INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL,
        canceled INTEGER NOT NULL, PRIMARY KEY (slot, country, channel, code)
    ) WITHOUT ROWID;
    CREATE TABLE alert (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, document TEXT NOT NULL, told INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE alarm_state (one INTEGER PRIMARY KEY, state TEXT NOT NULL)
",
    "
    CREATE TABLE gone (contact TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE figure_by_line (
        slot INTEGER NOT NULL, country TEXT NOT NULL, channel TEXT NOT NULL, line TEXT NOT NULL,
        code INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL,
        canceled INTEGER NOT NULL, PRIMARY KEY (slot, country, channel, line, code)
    ) WITHOUT ROWID;
    INSERT INTO figure_by_line
        SELECT slot, country, channel, '', code, delivered, failed, canceled FROM figure;
    DROP TABLE figure;
    ALTER TABLE figure_by_line RENAME TO figure
",
    "
    CREATE TABLE execution (
        sid TEXT PRIMARY KEY, at INTEGER NOT NULL, updated INTEGER NOT NULL, flow TEXT NOT NULL,
        status TEXT NOT NULL, document TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX execution_at ON execution (flow, at, sid)
",
    "
    CREATE TABLE gap (key INTEGER PRIMARY KEY, document TEXT NOT NULL)
",
    "
    CREATE TABLE tally (
        kind TEXT NOT NULL, key TEXT NOT NULL, sent INTEGER NOT NULL, delivered INTEGER NOT NULL,
        failed INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID
",
];

/// The instance that keeps a day, as in `20261124`.
pub fn day_shard(day: &str) -> String {
    format!("day-{day}")
}

/// The object.
pub struct Ledger<H> {
    host: H,
    /// The alarm was set since the object woke up. (An atomic only because a Durable Object
    /// must bear a panic that unwinds through it.)
    is_armed: AtomicBool,
}

impl<H: Host> Ledger<H> {
    /// Opens the object.
    ///
    /// # Errors
    /// When its tables cannot be made.
    pub fn open(host: H) -> Result<Ledger<H>, ObjectFault> {
        schema::migrate(&host, &MIGRATIONS)?;
        Ok(Ledger {
            host,
            is_armed: AtomicBool::new(false),
        })
    }

    /// Carries out one command.
    ///
    /// # Errors
    /// When the command is unknown or unreadable, or storage fails.
    pub async fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        let reply = self.carry_out(verb, body)?;
        // A day's texts are cleared away whether anybody asks for that day again or not.
        if verb == KeepEvent::VERB && !self.is_armed.swap(true, Ordering::Relaxed) {
            self.host.set_alarm(self.now() + EVENTS_KEPT).await?;
        }
        Ok(reply)
    }

    /// Clears away what is older than it is kept, and sets the alarm for the rest.
    ///
    /// # Errors
    /// When storage fails; the platform then runs the alarm again.
    pub async fn alarm(&self) -> Result<(), ObjectFault> {
        let now = self.now();
        for (statement, kept) in [
            ("DELETE FROM event WHERE at < ?", EVENTS_KEPT),
            ("DELETE FROM gone WHERE at < ?", EVENTS_KEPT),
            ("DELETE FROM message WHERE at < ?", LISTED),
            ("DELETE FROM execution WHERE at < ?", LISTED),
        ] {
            self.host
                .exec(statement, vec![now.saturating_sub(kept).into()])?;
        }
        self.host.exec(
            "DELETE FROM tally WHERE NOT EXISTS (SELECT 1 FROM message)",
            Vec::new(),
        )?;
        let rows = self.host.exec(
            "SELECT MIN(at) FROM (SELECT MIN(at) + ? AS at FROM event
                UNION ALL SELECT MIN(at) + ? FROM gone UNION ALL SELECT MIN(at) + ? FROM message
                UNION ALL SELECT MIN(at) + ? FROM execution)",
            vec![
                EVENTS_KEPT.into(),
                EVENTS_KEPT.into(),
                LISTED.into(),
                LISTED.into(),
            ],
        )?;
        if let Some(at) = rows.first().and_then(|row| row.first()?.int()) {
            self.host.set_alarm(at.max(now + HOUR)).await?;
        }
        Ok(())
    }

    fn carry_out(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        match verb {
            Index::VERB => {
                let Index { row } = read("command", body)?;
                write("reply", &self.index(&row)?)
            }
            ListRows::VERB => write("reply", &self.list_rows(&read("command", body)?)?),
            IndexExecution::VERB => write("reply", &self.index_execution(&read("command", body)?)?),
            ListExecutionRows::VERB => {
                write("reply", &self.list_execution_rows(&read("command", body)?)?)
            }
            KeepEvent::VERB => write("reply", &self.keep_event(&read("command", body)?)?),
            MarkEvent::VERB => write("reply", &self.mark_event(&read("command", body)?)?),
            FetchEvent::VERB => write("reply", &self.event(&read("command", body)?)?),
            ListEvents::VERB => write("reply", &self.list_events(&read("command", body)?)?),
            Count::VERB => write("reply", &self.count(&read("command", body)?)?),
            Told::VERB => write("reply", &self.told(&read("command", body)?)?),
            FetchFigures::VERB => write("reply", &self.figures(&read("command", body)?)?),
            RecordConsent::VERB => write("reply", &self.record_consent(&read("command", body)?)?),
            ListConsents::VERB => write("reply", &self.list_consents(&read("command", body)?)?),
            FetchTally::VERB => write("reply", &self.fetch_tally(&read("command", body)?)?),
            CountRejections::VERB => {
                write("reply", &self.count_rejections(&read("command", body)?)?)
            }
            TurnGap::VERB => write("reply", &self.turn_gap(&read("command", body)?)?),
            CountOptedOut::VERB => write("reply", &self.count_opted_out(&read("command", body)?)?),
            CountDay::VERB => write("reply", &self.count_day()?),
            Forget::VERB => write("reply", &self.forget(&read("command", body)?)?),
            _ => Err(ObjectFault::NoSuchCommand),
        }
    }

    fn now(&self) -> Millis {
        self.host.now()
    }
}
