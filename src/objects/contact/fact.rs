//! Small facts about a person, one row each: kind, key, when, and a word or number.
//!
//! | kind | key | value |
//! |---|---|---|
//! | `attempt` | SID of an attempt that is over | the message's id |
//! | `window` | our WhatsApp address | (when the person last wrote to it) |
//! | `alias` | another address of the same person | |
//! | `failed` | channel and address | `failures:code` |
//! | `newest` | `supersede_key` | id of the newest message with it |
//! | `speaks` | id of a call | id of the message that it speaks |
//! | `suspected` | | what free text may have been an opt-out: a person has to look |

use super::{Contact, ObjectFault};
use crate::ports::{Host, Millis, Value};

/// Which kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Attempt,
    Window,
    Alias,
    Failed,
    Newest,
    Speaks,
    Suspected,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Attempt => "attempt",
            Kind::Window => "window",
            Kind::Alias => "alias",
            Kind::Failed => "failed",
            Kind::Newest => "newest",
            Kind::Speaks => "speaks",
            Kind::Suspected => "suspected",
        }
    }
}

/// A fact as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) at: Millis,
    pub(super) value: String,
}

impl<H: Host> Contact<H> {
    pub(super) fn fact(&self, kind: Kind, key: &str) -> Result<Option<Fact>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT at, value FROM fact WHERE kind = ? AND key = ?",
            vec![kind.name().into(), key.into()],
        )?;
        Ok(rows.first().and_then(|row| read(row)))
    }

    /// The latest fact of a kind, whatever its key.
    pub(super) fn latest_fact(&self, kind: Kind) -> Result<Option<Fact>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT at, value FROM fact WHERE kind = ? ORDER BY at DESC LIMIT 1",
            vec![kind.name().into()],
        )?;
        Ok(rows.first().and_then(|row| read(row)))
    }

    /// The keys of a kind, in their own order.
    pub(super) fn fact_keys(&self, kind: Kind) -> Result<Vec<String>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT key FROM fact WHERE kind = ? ORDER BY key",
            vec![kind.name().into()],
        )?;
        let keys = rows.iter().filter_map(|row| row.first()?.text());
        Ok(keys.map(str::to_owned).collect())
    }

    pub(super) fn keep_fact(
        &self,
        kind: Kind,
        key: &str,
        at: Millis,
        value: &str,
    ) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO fact (kind, key, at, value) VALUES (?, ?, ?, ?)
             ON CONFLICT (kind, key) DO UPDATE SET at = excluded.at, value = excluded.value",
            vec![kind.name().into(), key.into(), at.into(), value.into()],
        )?;
        Ok(())
    }

    pub(super) fn drop_fact(&self, kind: Kind, key: &str) -> Result<(), ObjectFault> {
        self.host.exec(
            "DELETE FROM fact WHERE kind = ? AND key = ?",
            vec![kind.name().into(), key.into()],
        )?;
        Ok(())
    }
}

fn read(row: &[Value]) -> Option<Fact> {
    let [at, value, ..] = row else { return None };
    Some(Fact {
        at: at.int()?,
        value: value.text()?.to_owned(),
    })
}
