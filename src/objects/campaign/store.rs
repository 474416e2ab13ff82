//! The campaign's document and its tables.

use serde::{Deserialize, Serialize};

use super::commands::{CreateCampaign, Definition, View};
use super::{Campaign, ObjectFault};
use crate::campaign::forecast::Tally;
use crate::campaign::recipients::Report;
use crate::campaign::state::{Reached, Status};
use crate::objects::peers::Peers;
use crate::objects::{read, write};
use crate::ports::{Millis, Value};
use crate::twilio::errors::Class;

/// Everything but the recipients.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) id: String,
    pub(super) definition: Definition,
    pub(super) status_callback: String,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    /// The list in force.
    pub(super) list: Option<u32>,
    /// The last list that was begun.
    pub(super) lists: u32,
    pub(super) report: Report,
    pub(super) tally: Tally,
    pub(super) created_at: Millis,
    pub(super) started_at: Option<Millis>,
    pub(super) ended_at: Option<Millis>,
}

impl Document {
    /// The table of the list in force.
    pub(super) fn table(&self) -> String {
        table(self.list.unwrap_or(0))
    }
}

/// The table of a list.
pub(super) fn table(list: u32) -> String {
    format!("recipients_{list}")
}

impl<H: Peers> Campaign<H> {
    pub(super) fn create(&self, command: CreateCampaign) -> Result<Option<View>, ObjectFault> {
        if self.document()?.is_none() {
            self.save(&Document {
                id: command.id,
                definition: command.definition,
                status_callback: command.status_callback,
                status: Status::Draft,
                reason: None,
                list: None,
                lists: 0,
                report: Report::default(),
                tally: Tally::default(),
                created_at: self.now(),
                started_at: None,
                ended_at: None,
            })?;
        }
        self.view()
    }

    pub(super) fn document(&self) -> Result<Option<Document>, ObjectFault> {
        let rows = self
            .host
            .exec("SELECT document FROM campaign", Vec::new())?;
        let text = rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::text);
        text.map(|text| read("campaign", text)).transpose()
    }

    pub(super) fn save(&self, document: &Document) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO campaign (id, document) VALUES (1, ?)
             ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            vec![write("campaign", document)?.into()],
        )?;
        Ok(())
    }

    pub(super) fn view(&self) -> Result<Option<View>, ObjectFault> {
        let Some(document) = self.document()? else {
            return Ok(None);
        };
        Ok(Some(View {
            reached: self.reached(document.report.accepted)?,
            id: document.id,
            definition: document.definition,
            status: document.status,
            reason: document.reason,
            report: document.report,
            tally: document.tally,
            created_at: document.created_at,
            started_at: document.started_at,
            ended_at: document.ended_at,
        }))
    }

    /// How many recipients stand where. Those who wait have no row of their own.
    fn reached(&self, accepted: u64) -> Result<Vec<(Reached, Option<Class>, u64)>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT state, class, n FROM tally WHERE state > 0 AND n > 0 ORDER BY state, class",
            Vec::new(),
        )?;
        let mut reached = Vec::new();
        let mut waiting = accepted;
        for row in &rows {
            let [state, class, n] = row.as_slice() else {
                continue;
            };
            let Some(state) = state.int().and_then(Reached::of) else {
                continue;
            };
            let n = n.int().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            waiting = waiting.saturating_sub(n);
            reached.push((state, class.text().and_then(class_of), n));
        }
        reached.insert(0, (Reached::Waiting, None, waiting));
        Ok(reached)
    }

    /// Moves the counts of one recipient.
    pub(super) fn recount(
        &self,
        state: Reached,
        class: Option<&str>,
        by: i64,
    ) -> Result<(), ObjectFault> {
        if by == 0 {
            return Ok(());
        }
        self.host.exec(
            "INSERT INTO tally (state, class, n) VALUES (?, ?, ?)
             ON CONFLICT (state, class) DO UPDATE SET n = n + excluded.n",
            vec![
                state.number().into(),
                class.unwrap_or_default().into(),
                by.into(),
            ],
        )?;
        Ok(())
    }

    /// The one number that a query gives.
    pub(super) fn number(
        &self,
        statement: &str,
        bindings: Vec<Value>,
    ) -> Result<Option<i64>, ObjectFault> {
        let rows = self.host.exec(statement, bindings)?;
        Ok(rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::int))
    }
}

/// A class by its stored name.
pub(super) fn class_of(name: &str) -> Option<Class> {
    [
        Class::Permanent,
        Class::Transient,
        Class::Configuration,
        Class::Compliance,
        Class::Rate,
    ]
    .into_iter()
    .find(|class| class.as_str() == name)
}
