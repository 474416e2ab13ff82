//! The list of campaigns. Each campaign's own object shows its line here when it changes, so
//! that the list is one question, however many there are.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Registry;
use crate::objects::{Command, Object, ObjectFault, read};
use crate::ports::{Host, Millis};
use crate::time::DAY;

/// How long the line of a campaign that is over is kept.
const KEPT: Millis = 400 * DAY;

/// Keeps or updates a line; an older state never replaces a newer one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShowCampaign {
    /// The campaign's id.
    pub id: String,
    /// When it was made.
    pub at: Millis,
    /// Whether it runs or is paused.
    pub active: bool,
    /// When the line was so.
    pub updated: Millis,
    /// The line, as the API shows it: written once, and read by nobody between.
    pub line: Json,
}

impl Command for ShowCampaign {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "show-campaign";
    type Reply = ();
}

/// The lines, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListCampaigns {
    /// Only those that run or are paused.
    pub active: bool,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListCampaigns {
    const OBJECT: Object = Object::Registry;
    const VERB: &'static str = "list-campaigns";
    type Reply = Vec<Json>;
}

impl<H: Host> Registry<H> {
    pub(super) fn show_campaign(&self, command: &ShowCampaign) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO campaign (id, at, active, updated, document) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET
                active = excluded.active, updated = excluded.updated, document = excluded.document
             WHERE excluded.updated >= campaign.updated",
            vec![
                command.id.as_str().into(),
                command.at.into(),
                i64::from(command.active).into(),
                command.updated.into(),
                command.line.to_string().into(),
            ],
        )?;
        if !command.active {
            self.host.exec(
                "DELETE FROM campaign WHERE active = 0 AND at < ?",
                vec![self.host.now().saturating_sub(KEPT).into()],
            )?;
        }
        Ok(())
    }

    pub(super) fn campaigns(&self, command: &ListCampaigns) -> Result<Vec<Json>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document FROM campaign WHERE active >= ? ORDER BY at DESC, id LIMIT ?",
            vec![
                i64::from(command.active).into(),
                i64::from(command.limit).into(),
            ],
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("line", text))
            .collect()
    }
}
