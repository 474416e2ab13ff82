//! Who is opted in or out, across persons: for the export. A decision is never made from
//! here; the person's own object decides.

use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::messaging::consent::{Change, Entry, Evidence, Path, Scope, Source, Standing};
use crate::messaging::sender::Channel;
use crate::objects::id::ContactName;
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis, Value};

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

impl ConsentRow {
    /// As the person's own object has it, as far as a decision goes. A scope that cannot be
    /// read is taken to be the widest.
    fn entry(&self) -> Entry {
        Entry {
            at: self.at,
            change: if self.change == "out" {
                Change::Out
            } else {
                Change::In
            },
            // Who said so makes no difference to what it says.
            source: Source::Api,
            scope: Scope::parse(&self.scope).unwrap_or(Scope::All),
            evidence: Evidence::default(),
        }
    }
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

/// Counts who would be refused a message, as far as the ledger has heard: a forecast, not a
/// decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CountOptedOut {
    /// Persons of this shard, each with the channel of the address that is written to.
    pub people: Vec<(ContactName, Channel)>,
    /// Our address.
    pub sender: Option<String>,
    /// Our Messaging Service.
    pub service: Option<String>,
}

impl Command for CountOptedOut {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "count-opted-out";
    type Reply = u64;
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

    pub(super) fn count_opted_out(&self, command: &CountOptedOut) -> Result<u64, ObjectFault> {
        let rows = self.host.exec(
            "SELECT p.key, p.value ->> 1, c.document FROM json_each(?) AS p
             JOIN consent AS c ON c.contact = p.value ->> 0 ORDER BY p.key",
            vec![write("people", &command.people)?.into()],
        )?;
        let mut count = 0;
        // One person's rows stand together.
        for rows in rows.chunk_by(|a, b| a.first() == b.first()) {
            let mut standing = Standing::default();
            let mut channel = Channel::Sms;
            for row in rows {
                let [_, Value::Text(name), Value::Text(document)] = row.as_slice() else {
                    continue;
                };
                channel = Channel::parse(name).unwrap_or(channel);
                standing.record(read::<ConsentRow>("consent", document)?.entry());
            }
            let path = Path {
                sender: command.sender.as_deref(),
                service: command.service.as_deref(),
                channel,
            };
            count += u64::from(!standing.decide(&path).is_allowed());
        }
        Ok(count)
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
