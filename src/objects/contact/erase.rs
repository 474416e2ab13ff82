//! Erasure on a person's request (GDPR, article 17): everything is deleted but what still
//! blocks. What is left is a row for each opt-out, without an address, a number or a text, and
//! with a keyed hash of the address, by which whoever has the key can tell whose it is. The
//! row blocks whatever becomes of the key: it lies in the person's own object.
//!
//! The lists across persons are told of it, with the days on which the person has rows: a row's
//! id holds the name of this object, which a guess at the number would lead to.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::consent::{Change, Entry, Evidence, Scope, Source, Standing};
use crate::objects::id::{ContactName, day};
use crate::objects::{Command, Object};
use crate::ports::{Host, Value};
use crate::time::DAY;

/// Erases the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Erase {
    /// Whose object this is.
    pub contact: ContactName,
    /// Keep writing to the person forbidden although they had not opted out.
    pub block: bool,
    /// The keyed hash of the address that is left with what blocks.
    #[serde(default)]
    pub hash: Option<String>,
}

impl Command for Erase {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "erase";
    type Reply = Erased;
}

/// What an erasure left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Messages and calls that were deleted.
    pub deleted: u32,
    /// Whether the person is still not written to.
    pub blocked: bool,
}

impl<H: Host> Contact<H> {
    pub(super) fn erase(&self, command: &Erase) -> Result<Erased, ObjectFault> {
        let mut standing = self.standing()?;
        if command.block {
            standing.record(Entry {
                at: self.now(),
                change: Change::Out,
                source: Source::Api,
                scope: Scope::All,
                evidence: Evidence::default(),
            });
        }
        // A scope may hold one of our addresses, which is no personal data of theirs.
        let mut left = standing.erased();
        for entry in left.entries_mut() {
            entry.evidence.text.clone_from(&command.hash);
        }
        let days = self.days()?;
        let deleted = self.count("message")?.saturating_add(self.count("call")?);
        for table in [
            "message",
            "call",
            "consent",
            "execution",
            "flow_execution",
            "flow_turn",
            "due",
            "fact",
            "outbox",
            "verification",
        ] {
            self.host
                .exec(&format!("DELETE FROM {table}"), Vec::new())?;
        }
        for entry in left.entries() {
            self.record_consent(entry)?;
        }
        self.host
            .log(Record::info("contact.erased").with("deleted", deleted));
        let data = json!({ "blocked": is_blocked(&left), "days": days });
        self.emit(Some(command.contact.clone()), "internal.erased", data)?;
        Ok(Erased {
            deleted,
            blocked: is_blocked(&left),
        })
    }

    /// The days on which the person has messages and executions, as the ledger names them.
    fn days(&self) -> Result<Vec<String>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT at / ? FROM message UNION SELECT at / ? FROM flow_execution",
            vec![DAY.into(), DAY.into()],
        )?;
        let days = rows.iter().filter_map(|row| row.first()?.int());
        Ok(days.map(|number| day(number.saturating_mul(DAY))).collect())
    }

    fn count(&self, table: &str) -> Result<u32, ObjectFault> {
        let rows = self
            .host
            .exec(&format!("SELECT COUNT(*) FROM {table}"), Vec::new())?;
        let count = rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::int);
        Ok(count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(0))
    }
}

fn is_blocked(standing: &Standing) -> bool {
    !standing.entries().is_empty()
}
