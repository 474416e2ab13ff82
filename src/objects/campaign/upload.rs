//! A list of recipients as it comes in: batch by batch into a table of its own.

use super::commands::{EndUpload, Upload};
use super::store::{Document, table};
use super::{Campaign, ObjectFault};
use crate::campaign::state::Status;
use crate::objects::peers::Peers;
use crate::ports::Value;

impl<H: Peers> Campaign<H> {
    pub(super) fn begin_upload(&self) -> Result<Option<Upload>, ObjectFault> {
        let Some(mut document) = self.document()? else {
            return Ok(None);
        };
        if document.status != Status::Draft {
            return Ok(Some(Upload::Closed(document.status)));
        }
        let abandoned = document.lists;
        document.lists = document.lists.saturating_add(1);
        self.save(&document)?;
        if document.list != Some(abandoned) {
            self.host.exec(
                &format!("DROP TABLE IF EXISTS {}", table(abandoned)),
                Vec::new(),
            )?;
        }
        let name = table(document.lists);
        self.host.exec(
            &format!(
                "CREATE TABLE {name} (
                    line INTEGER PRIMARY KEY, place INTEGER NOT NULL, person TEXT NOT NULL,
                    address TEXT NOT NULL, variables TEXT NOT NULL, segments INTEGER NOT NULL,
                    state INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0,
                    class TEXT, code INTEGER, sid TEXT, at INTEGER
                )"
            ),
            Vec::new(),
        )?;
        self.host.exec(
            &format!("CREATE UNIQUE INDEX {name}_person ON {name} (person)"),
            Vec::new(),
        )?;
        if document.definition.quiet_hours.is_some() {
            self.host.exec(
                &format!("CREATE INDEX {name}_place ON {name} (place)"),
                Vec::new(),
            )?;
        }
        Ok(Some(Upload::Open {
            number: document.lists,
            definition: Box::new(document.definition),
        }))
    }

    /// The document, when `number` is the list that is being uploaded.
    fn uploading(&self, number: u32) -> Result<Option<Document>, ObjectFault> {
        let document = self.document()?;
        Ok(document
            .filter(|d| d.status == Status::Draft && d.lists == number && d.list != Some(number)))
    }

    /// The rows stay text all the way into SQLite: nothing is copied field by field.
    pub(super) fn add_recipients(&self, body: &str) -> Result<Option<Vec<u64>>, ObjectFault> {
        let number = self.number("SELECT ? ->> '$.number'", vec![body.into()])?;
        let number = number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(0);
        if self.uploading(number)?.is_none() {
            return Ok(None);
        }
        let name = table(number);
        self.host.exec(
            &format!(
                "INSERT OR IGNORE INTO {name} (line, place, person, address, variables, segments)
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
                 FROM json_each(?, '$.rows')"
            ),
            vec![body.into()],
        )?;
        let rows = self.host.exec(
            &format!(
                "SELECT value ->> 0 FROM json_each(?, '$.rows')
                 WHERE value ->> 0 NOT IN (SELECT line FROM {name})"
            ),
            vec![body.into()],
        )?;
        let lines = rows
            .iter()
            .filter_map(|row| row.first().and_then(Value::int));
        Ok(Some(
            lines.filter_map(|line| u64::try_from(line).ok()).collect(),
        ))
    }

    pub(super) fn end_upload(&self, command: EndUpload) -> Result<bool, ObjectFault> {
        let Some(mut document) = self.uploading(command.number)? else {
            return Ok(false);
        };
        let before = document.list.replace(command.number);
        document.report = command.report;
        document.tally = command.tally;
        // What is counted is what is there.
        let statement = format!("SELECT COUNT(*) FROM {}", document.table());
        let accepted = self.number(&statement, Vec::new())?.unwrap_or(0);
        document.report.accepted = u64::try_from(accepted).unwrap_or(0);
        self.save(&document)?;
        if let Some(before) = before {
            self.host.exec(
                &format!("DROP TABLE IF EXISTS {}", table(before)),
                Vec::new(),
            )?;
        }
        Ok(true)
    }
}
