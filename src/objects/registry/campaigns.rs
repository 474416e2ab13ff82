//! The list of campaigns. Each campaign's own object shows its line here when it changes, so
//! that the list is one question, however many there are.

use serde::{Deserialize, Serialize};

use super::Registry;
use crate::campaign::state::Status;
use crate::objects::{Command, Object, ObjectFault, read, write};
use crate::ports::{Host, Millis};
use crate::time::DAY;

/// How long the line of a campaign that is over is kept.
const KEPT: Millis = 400 * DAY;

/// A campaign as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// Why it stopped.
    pub reason: Option<String>,
    /// By which address or service it is sent.
    pub sender: String,
    /// `marketing` or `transactional`.
    pub kind: String,
    /// By which API key or session.
    pub by: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it first ran.
    pub started_at: Option<Millis>,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// Recipients on its list.
    pub accepted: u64,
    /// Of these: not written to yet.
    pub remaining: u64,
    /// Twilio has it, and nothing final is known.
    pub sent: u64,
    /// Delivered.
    pub delivered: u64,
    /// Failed.
    pub failed: u64,
    /// When all this was so.
    pub updated_at: Millis,
}

/// Keeps or updates a line; an older state never replaces a newer one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ShowCampaign {
    /// The line.
    pub line: CampaignLine,
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
    type Reply = Vec<CampaignLine>;
}

impl<H: Host> Registry<H> {
    pub(super) fn show_campaign(&self, command: &ShowCampaign) -> Result<(), ObjectFault> {
        let line = &command.line;
        let active = matches!(line.status, Status::Running | Status::Paused);
        self.host.exec(
            "INSERT INTO campaign (id, at, active, updated, document) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET
                active = excluded.active, updated = excluded.updated, document = excluded.document
             WHERE excluded.updated >= campaign.updated",
            vec![
                line.id.as_str().into(),
                line.created_at.into(),
                i64::from(active).into(),
                line.updated_at.into(),
                write("line", line)?.into(),
            ],
        )?;
        if !active {
            self.host.exec(
                "DELETE FROM campaign WHERE active = 0 AND at < ?",
                vec![self.host.now().saturating_sub(KEPT).into()],
            )?;
        }
        Ok(())
    }

    pub(super) fn campaigns(
        &self,
        command: &ListCampaigns,
    ) -> Result<Vec<CampaignLine>, ObjectFault> {
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
