//! Messages across persons, as far as a list shows them. No text and no full address: who
//! needs those asks the person's object.

use serde::{Deserialize, Serialize};

use super::{Ledger, MIGRATIONS};
use crate::objects::schema::{self, Level};
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis, Value};

/// A message in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// `msg_…`.
    pub id: String,
    /// When it was made.
    pub at: Millis,
    /// When this became true.
    pub updated: Millis,
    /// The configured sender's name.
    pub sender: Option<String>,
    /// Our address.
    pub ours: Option<String>,
    /// `MG…`.
    pub service: Option<String>,
    /// As the API shows it.
    pub status: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// The channel.
    pub channel: String,
    /// `From`; a person's is masked.
    pub from: Option<String>,
    /// `To`; a person's is masked.
    pub to: String,
    /// Twilio's error code.
    pub code: Option<u32>,
}

/// Keeps or updates a row; an older state never replaces a newer one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Index {
    /// The row.
    pub row: Row,
}

impl Command for Index {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "index";
    type Reply = ();
}

/// Which messages are wanted; each given filter must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// A configured sender's name, an address of ours or a service's SID.
    pub sender: Option<String>,
    /// A status.
    pub status: Option<String>,
    /// `inbound` or `outbound`.
    pub direction: Option<String>,
    /// Made at or after this.
    pub since: Option<Millis>,
    /// Made before this.
    pub until: Option<Millis>,
}

/// Where a page ended: the last row's time and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// When the row was made.
    pub at: Millis,
    /// Its id; empty for the very beginning of that moment.
    pub id: String,
}

impl Place {
    /// As a cursor.
    pub fn write(&self) -> String {
        format!("{}.{}", self.at, self.id)
    }

    /// Reads a cursor.
    pub fn read(text: &str) -> Option<Place> {
        let (at, id) = text.split_once('.')?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let at = at.parse().ok().filter(|at| (0..1 << 52).contains(at))?;
        (id.len() <= 64 && id.bytes().all(plain)).then(|| Place {
            at,
            id: id.to_owned(),
        })
    }
}

/// The rows of a day that are wanted, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListRows {
    /// Which.
    pub wanted: Wanted,
    /// Only those before this place.
    pub before: Option<Place>,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListRows {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "list-rows";
    type Reply = Vec<Row>;
}

/// Above every time and id.
pub(super) fn end() -> Place {
    Place {
        at: Millis::MAX >> 11,
        id: String::new(),
    }
}

/// What a day comes to, in numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CountDay {}

impl Command for CountDay {
    const OBJECT: Object = Object::Ledger;
    const VERB: &'static str = "count-day";
    type Reply = DayCount;
}

/// The numbers of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// Messages made on it: direction, status, how many.
    pub messages: Vec<(String, String, i64)>,
    /// Events that happened on it: what became of them, how many, when the oldest was.
    pub events: Vec<(String, i64, Millis)>,
    /// How far the ledger's tables are.
    pub schema: Level,
}

impl<H: Host> Ledger<H> {
    pub(super) fn index(&self, row: &Row) -> Result<(), ObjectFault> {
        let known = self.host.exec(
            "SELECT status FROM message WHERE id = ?",
            vec![row.id.as_str().into()],
        )?;
        let before = known.first().and_then(|row| row.first()?.text());
        let kept = self.host.exec(
            "INSERT INTO message
                (id, at, updated, sender, ours, service, status, direction, document)
             SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?
             WHERE NOT EXISTS
                (SELECT 1 FROM gone WHERE contact = substr(?, 5, 20) AND at >= ?)
             ON CONFLICT (id) DO UPDATE SET
                updated = excluded.updated, sender = excluded.sender, ours = excluded.ours,
                service = excluded.service, status = excluded.status,
                document = excluded.document
             WHERE excluded.updated >= message.updated RETURNING id",
            vec![
                row.id.as_str().into(),
                row.at.into(),
                row.updated.into(),
                row.sender.as_deref().into(),
                row.ours.as_deref().into(),
                row.service.as_deref().into(),
                row.status.as_str().into(),
                row.direction.as_str().into(),
                write("row", row)?.into(),
                row.id.as_str().into(),
                row.updated.into(),
            ],
        )?;
        if kept.is_empty() {
            return Ok(());
        }
        self.tally_row(row, before)
    }

    pub(super) fn list_rows(&self, command: &ListRows) -> Result<Vec<Row>, ObjectFault> {
        let wanted = &command.wanted;
        let before = command.before.clone().unwrap_or_else(end);
        let sender = wanted.sender.as_deref();
        let rows = self.host.exec(
            "SELECT document FROM message
             WHERE (at, id) < (?, ?) AND at >= ? AND at < ?
                AND (? IS NULL OR ? IN (sender, ours, service))
                AND (? IS NULL OR status = ?) AND (? IS NULL OR direction = ?)
             ORDER BY at DESC, id DESC LIMIT ?",
            vec![
                before.at.into(),
                before.id.into(),
                wanted.since.unwrap_or(0).into(),
                wanted.until.unwrap_or(end().at).into(),
                sender.into(),
                sender.into(),
                wanted.status.as_deref().into(),
                wanted.status.as_deref().into(),
                wanted.direction.as_deref().into(),
                wanted.direction.as_deref().into(),
                i64::from(command.limit).into(),
            ],
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("row", text))
            .collect()
    }

    pub(super) fn count_day(&self) -> Result<DayCount, ObjectFault> {
        let query = |statement: &str| self.host.exec(statement, Vec::new());
        let text = |row: &[Value], at: usize| Some(row.get(at)?.text()?.to_owned());
        let number = |row: &[Value], at: usize| row.get(at).and_then(Value::int);
        let messages =
            query("SELECT direction, status, COUNT(*) FROM message GROUP BY 1, 2 ORDER BY 1, 2")?;
        let events = query("SELECT state, COUNT(*), MIN(at) FROM event GROUP BY 1 ORDER BY 1")?;
        let messages = messages.iter();
        let events = events.iter();
        Ok(DayCount {
            messages: messages
                .filter_map(|row| Some((text(row, 0)?, text(row, 1)?, number(row, 2)?)))
                .collect(),
            events: events
                .filter_map(|row| Some((text(row, 0)?, number(row, 1)?, number(row, 2)?)))
                .collect(),
            schema: schema::level(&self.host, &MIGRATIONS)?,
        })
    }
}
