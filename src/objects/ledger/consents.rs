//! Who is opted in or out, across persons: for the export. A decision is never made from
//! here; the person's own object decides.

use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::objects::id::ContactName;
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis};

/// Instances among which the contacts are divided.
pub const SHARDS: u8 = 16;

/// The instance that keeps a contact's consent.
pub fn consent_shard(contact: &ContactName) -> String {
    let sum = contact
        .as_str()
        .bytes()
        .fold(0_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
    format!("consent-{}", sum % u32::from(SHARDS))
}

/// The newest change of one scope of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRow {
    /// The person's object.
    pub contact: ContactName,
    /// The address that the change came from.
    pub address: String,
    /// `in` or `out`.
    pub change: String,
    /// `all`, `channel:…`, `service:…`, `sender:…`.
    pub scope: String,
    /// How it is known.
    pub source: String,
    /// When the person decided.
    pub at: Millis,
}

/// Keeps changes; an older one never replaces a newer one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordConsent {
    /// The changes.
    pub rows: Vec<ConsentRow>,
}

impl Command for RecordConsent {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "record-consent";
    type Reply = ();
}

/// The consents of a shard, by contact and scope.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListConsents {
    /// Only those behind this contact and scope.
    pub after: Option<(String, String)>,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListConsents {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "list-consents";
    type Reply = Vec<ConsentRow>;
}

/// Removes what is kept about a person: consent, rows of messages, events. What is still on
/// its way and older than the wish is not taken any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Forget {
    /// The person's object.
    pub contact: ContactName,
    /// When it was wished.
    #[serde(default)]
    pub at: Millis,
}

impl Command for Forget {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "forget";
    type Reply = ();
}

impl<H: Host> Ledger<H> {
    pub(super) fn record_consent(&self, command: &RecordConsent) -> Result<(), ObjectFault> {
        for row in &command.rows {
            self.host.exec(
                "INSERT INTO consent (contact, scope, at, document) VALUES (?, ?, ?, ?)
                 ON CONFLICT (contact, scope) DO UPDATE SET
                    at = excluded.at, document = excluded.document
                 WHERE excluded.at >= consent.at",
                vec![
                    row.contact.as_str().into(),
                    row.scope.as_str().into(),
                    row.at.into(),
                    write("consent", row)?.into(),
                ],
            )?;
        }
        Ok(())
    }

    pub(super) fn list_consents(
        &self,
        command: &ListConsents,
    ) -> Result<Vec<ConsentRow>, ObjectFault> {
        let (contact, scope) = command.after.clone().unwrap_or_default();
        let rows = self.host.exec(
            "SELECT document FROM consent WHERE (contact, scope) > (?, ?)
             ORDER BY contact, scope LIMIT ?",
            vec![
                contact.into(),
                scope.into(),
                i64::from(command.limit).into(),
            ],
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("consent", text))
            .collect()
    }

    pub(super) fn forget(&self, command: &Forget) -> Result<(), ObjectFault> {
        let contact = command.contact.as_str();
        for statement in [
            "DELETE FROM consent WHERE contact = ?",
            "DELETE FROM event WHERE contact = ?",
        ] {
            self.host.exec(statement, vec![contact.into()])?;
        }
        // An id begins with the name of the object that it leads to.
        let first = ["msg_", contact].concat();
        let behind = [&first, "~"].concat();
        self.host.exec(
            "DELETE FROM message WHERE id >= ? AND id < ?",
            vec![first.into(), behind.into()],
        )?;
        self.forget_executions(&command.contact)?;
        self.host.exec(
            "INSERT INTO gone (contact, at) VALUES (?, ?)
             ON CONFLICT (contact) DO UPDATE SET at = MAX(at, excluded.at)",
            vec![contact.into(), command.at.into()],
        )?;
        Ok(())
    }
}
