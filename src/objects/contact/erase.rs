//! Erasure on a person's request (GDPR, article 17): everything is deleted but what still
//! blocks. What is left is one row without an address, a number or a text, in an object that
//! is found by the platform's keyed hash of the person's name alone.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::consent::{Change, Entry, Evidence, Scope, Source, Standing};
use crate::objects::id::ContactName;
use crate::objects::{Command, Object};
use crate::ports::{Host, Value};

/// Erases the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Erase {
    /// Whose object this is.
    pub contact: ContactName,
    /// Keep writing to the person forbidden although they had not opted out.
    pub block: bool,
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
        let left = standing.erased();
        let deleted = self.count("message")?.saturating_add(self.count("call")?);
        for table in [
            "message",
            "call",
            "consent",
            "seen",
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
        let data = json!({ "blocked": is_blocked(&left) });
        self.emit(Some(command.contact.clone()), "internal.erased", data)?;
        Ok(Erased {
            deleted,
            blocked: is_blocked(&left),
        })
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
