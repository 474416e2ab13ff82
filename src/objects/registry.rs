//! The registry: flows and numbers as they were published. The source of truth; KV holds
//! the copy that every request reads.
//!
//! **Invariant.** Revisions of a flow count up by one and a revision never changes: a call
//! that runs on `acme-ivr@7` finds the same definition until it ends. One object per
//! deployment gives out revisions, so two that publish at once cannot both get 7.
//!
//! Order: the row first, then KV (by the Worker that asked). A Worker that dies between the
//! two leaves KV behind by one; the next publication of that name, or a repeat of the same
//! one, mends it.
//!
//! Instance: `registry`. Storage: `flow(name, revision, definition, at, by)`,
//! `number(number, document, at, by)`, `document(kind, name, document, at, by)`, `campaign(id, at,
//! active, updated, document)`, `audit(id, document)`.

mod audit;
mod campaigns;
mod rotation;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use audit::{Audited, ListAudit, RecordAudit};
pub use campaigns::{ListCampaigns, ShowCampaign};

use super::{Command, Object, ObjectFault, read, schema, write};
use crate::ports::{Host, Millis, Value};

pub use rotation::{RotationView, TurnRotation};

/// The name of the one instance.
pub const INSTANCE: &str = "registry";

pub(super) const MIGRATIONS: [&str; 3] = [
    "
    CREATE TABLE flow (
        name TEXT NOT NULL, revision INTEGER NOT NULL, definition TEXT NOT NULL,
        at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (name, revision)
    ) WITHOUT ROWID;
    CREATE TABLE number (
        number TEXT PRIMARY KEY, document TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL
    ) WITHOUT ROWID
",
    "
    CREATE TABLE document (
        kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, at INTEGER NOT NULL,
        by TEXT NOT NULL, PRIMARY KEY (kind, name)
    ) WITHOUT ROWID
",
    "
    CREATE TABLE campaign (
        id TEXT PRIMARY KEY, at INTEGER NOT NULL, active INTEGER NOT NULL,
        updated INTEGER NOT NULL, document TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX campaign_at ON campaign (active, at);
    CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL)
",
];

/// Keeps a named document of some kind, such as a `sender`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PutDocument {
    /// Which kind.
    pub kind: String,
    /// Its name within the kind.
    pub name: String,
    /// The document, checked by the gateway.
    pub document: Json,
    /// The API key's name.
    pub by: String,
}

impl Command for PutDocument {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "put-document";
    type Reply = ();
}

/// The documents of a kind by name, or the one named.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchDocuments {
    /// Which kind.
    pub kind: String,
    /// Only this one.
    pub name: Option<String>,
}

impl Command for FetchDocuments {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "fetch-documents";
    type Reply = Vec<(String, Json)>;
}

/// Publishes a definition that was checked. The same definition as the newest revision's is
/// that revision again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishFlow {
    /// The flow's name in URLs.
    pub name: String,
    /// The definition, as it was sent.
    pub definition: Json,
    /// The API key's name.
    pub by: String,
}

impl Command for PublishFlow {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "publish-flow";
    type Reply = FlowRevision;
}

/// One line of the list of flows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRevision {
    /// The flow's name.
    pub name: String,
    /// 1, 2, 3, ...
    pub revision: u64,
    /// When this revision was published.
    pub at: Millis,
    /// By which API key.
    pub by: String,
}

/// The newest revision of every flow, by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListFlows {}

impl Command for ListFlows {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "list-flows";
    type Reply = Vec<FlowRevision>;
}

/// One flow: the newest revision, or the one named.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchFlow {
    /// The flow's name.
    pub name: String,
    /// Which revision; the newest when absent.
    pub revision: Option<u64>,
}

impl Command for FetchFlow {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "fetch-flow";
    type Reply = Option<StoredFlow>;
}

/// A flow as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredFlow {
    /// Which revision this is.
    pub revision: FlowRevision,
    /// The definition, as it was sent.
    pub definition: Json,
}

/// The revisions of one flow, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListRevisions {
    /// The flow's name.
    pub name: String,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListRevisions {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "list-revisions";
    type Reply = Vec<FlowRevision>;
}

/// Every number that something was set for, with its document, by number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListNumbers {}

impl Command for ListNumbers {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "list-numbers";
    type Reply = Vec<(String, Json)>;
}

/// Sets what a number does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PutNumber {
    /// E.164.
    pub number: String,
    /// The document, checked by the gateway.
    pub document: Json,
    /// The API key's name.
    pub by: String,
}

impl Command for PutNumber {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "put-number";
    type Reply = ();
}

/// What a number does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchNumber {
    /// E.164.
    pub number: String,
}

impl Command for FetchNumber {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "fetch-number";
    type Reply = Option<Json>;
}

/// The object.
pub struct Registry<H> {
    host: H,
}

impl<H: Host> Registry<H> {
    /// Opens the object.
    ///
    /// # Errors
    /// When its tables cannot be made.
    pub fn open(host: H) -> Result<Registry<H>, ObjectFault> {
        schema::migrate(&host, &MIGRATIONS)?;
        Ok(Registry { host })
    }

    /// Carries out one command.
    ///
    /// # Errors
    /// When the command is unknown or unreadable, or storage fails.
    pub fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        match verb {
            PublishFlow::VERB => write("reply", &self.publish(&read("command", body)?)?),
            ListFlows::VERB => write("reply", &self.list()?),
            ListRevisions::VERB => write("reply", &self.revisions(&read("command", body)?)?),
            ListNumbers::VERB => write("reply", &self.numbers()?),
            ShowCampaign::VERB => write("reply", &self.show_campaign(&read("command", body)?)?),
            ListCampaigns::VERB => write("reply", &self.campaigns(&read("command", body)?)?),
            RecordAudit::VERB => write("reply", &self.record_audit(&read("command", body)?)?),
            ListAudit::VERB => write("reply", &self.list_audit(&read("command", body)?)?),
            FetchFlow::VERB => write("reply", &self.fetch(&read("command", body)?)?),
            PutNumber::VERB => write("reply", &self.put_number(&read("command", body)?)?),
            FetchNumber::VERB => write("reply", &self.number(&read("command", body)?)?),
            PutDocument::VERB => write("reply", &self.put_document(&read("command", body)?)?),
            FetchDocuments::VERB => write("reply", &self.documents(&read("command", body)?)?),
            TurnRotation::VERB => write("reply", &self.turn_rotation(&read("command", body)?)?),
            _ => Err(ObjectFault::NoSuchCommand),
        }
    }

    fn publish(&self, command: &PublishFlow) -> Result<FlowRevision, ObjectFault> {
        let newest = self.fetch(&FetchFlow {
            name: command.name.clone(),
            revision: None,
        })?;
        if let Some(newest) = &newest
            && newest.definition == command.definition
        {
            return Ok(newest.revision.clone());
        }
        let revision = newest
            .map_or(0, |flow| flow.revision.revision)
            .saturating_add(1);
        let at = self.host.now();
        self.host.exec(
            "INSERT INTO flow (name, revision, definition, at, by) VALUES (?, ?, ?, ?, ?)",
            vec![
                command.name.as_str().into(),
                integer(revision).into(),
                write("definition", &command.definition)?.into(),
                at.into(),
                command.by.as_str().into(),
            ],
        )?;
        Ok(FlowRevision {
            name: command.name.clone(),
            revision,
            at,
            by: command.by.clone(),
        })
    }

    fn list(&self) -> Result<Vec<FlowRevision>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT name, MAX(revision), at, by FROM flow GROUP BY name ORDER BY name",
            Vec::new(),
        )?;
        Ok(rows.iter().filter_map(|row| flow_revision(row)).collect())
    }

    fn revisions(&self, command: &ListRevisions) -> Result<Vec<FlowRevision>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT name, revision, at, by FROM flow WHERE name = ? ORDER BY revision DESC LIMIT ?",
            vec![
                command.name.as_str().into(),
                i64::from(command.limit).into(),
            ],
        )?;
        Ok(rows.iter().filter_map(|row| flow_revision(row)).collect())
    }

    fn numbers(&self) -> Result<Vec<(String, Json)>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT number, document FROM number ORDER BY number LIMIT 1000",
            Vec::new(),
        )?;
        named(&rows)
    }

    fn fetch(&self, command: &FetchFlow) -> Result<Option<StoredFlow>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT name, revision, at, by, definition FROM flow
             WHERE name = ? AND (? IS NULL OR revision = ?) ORDER BY revision DESC LIMIT 1",
            vec![
                command.name.as_str().into(),
                command.revision.map(integer).into(),
                command.revision.map(integer).into(),
            ],
        )?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let definition = row.get(4).and_then(Value::text).unwrap_or_default();
        let definition = read("definition", definition)?;
        Ok(flow_revision(row).map(|revision| StoredFlow {
            revision,
            definition,
        }))
    }

    fn put_number(&self, command: &PutNumber) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO number (number, document, at, by) VALUES (?, ?, ?, ?)
             ON CONFLICT (number) DO UPDATE SET
                document = excluded.document, at = excluded.at, by = excluded.by",
            vec![
                command.number.as_str().into(),
                write("document", &command.document)?.into(),
                self.host.now().into(),
                command.by.as_str().into(),
            ],
        )?;
        Ok(())
    }

    fn put_document(&self, command: &PutDocument) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO document (kind, name, document, at, by) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (kind, name) DO UPDATE SET
                document = excluded.document, at = excluded.at, by = excluded.by",
            vec![
                command.kind.as_str().into(),
                command.name.as_str().into(),
                write("document", &command.document)?.into(),
                self.host.now().into(),
                command.by.as_str().into(),
            ],
        )?;
        Ok(())
    }

    fn documents(&self, command: &FetchDocuments) -> Result<Vec<(String, Json)>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT name, document FROM document
             WHERE kind = ? AND (? IS NULL OR name = ?) ORDER BY name",
            vec![
                command.kind.as_str().into(),
                command.name.as_deref().into(),
                command.name.as_deref().into(),
            ],
        )?;
        named(&rows)
    }

    fn number(&self, command: &FetchNumber) -> Result<Option<Json>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document FROM number WHERE number = ?",
            vec![command.number.as_str().into()],
        )?;
        rows.first()
            .and_then(|row| row.first())
            .and_then(Value::text)
            .map(|text| read("document", text))
            .transpose()
    }
}

/// Rows of a name and a document.
fn named(rows: &[Vec<Value>]) -> Result<Vec<(String, Json)>, ObjectFault> {
    rows.iter()
        .filter_map(|row| Some((row.first()?.text()?, row.get(1)?.text()?)))
        .map(|(name, text)| Ok((name.to_owned(), read("document", text)?)))
        .collect()
}

/// A revision as SQLite keeps it.
fn integer(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

fn flow_revision(row: &[Value]) -> Option<FlowRevision> {
    let [name, revision, at, by, ..] = row else {
        return None;
    };
    Some(FlowRevision {
        name: name.text()?.to_owned(),
        revision: u64::try_from(revision.int()?).ok()?,
        at: at.int()?,
        by: by.text()?.to_owned(),
    })
}
