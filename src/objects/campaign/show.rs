//! What the registry's list shows of the campaign. The list follows; the campaign is the truth.
//!
//! An order is shown at once, progress every few seconds at most; what was held back is shown by
//! the alarm. A registry that does not answer is told later, and nothing waits for it.

use std::sync::atomic::Ordering;

use super::{Campaign, ObjectFault};
use crate::campaign::state::{Reached, Status};
use crate::objects::campaign::commands::Purpose;
use crate::objects::peers::{Peers, ask};
use crate::objects::registry::{self, CampaignLine, ShowCampaign};
use crate::ports::Millis;
use crate::time::SECOND;

/// Between two showings of progress.
const PAUSE: Millis = 3 * SECOND;

impl<H: Peers> Campaign<H> {
    /// Something may have moved.
    pub(super) async fn show_progress(&self) -> Result<(), ObjectFault> {
        let shown = self.shown_at.load(Ordering::Relaxed);
        let now = self.now();
        if now.saturating_sub(shown) >= PAUSE {
            return self.show().await;
        }
        let Some(document) = self.document()? else {
            return Ok(());
        };
        // A campaign that runs is looked after by its alarm anyway.
        if document.status != Status::Running && !self.is_due.swap(true, Ordering::Relaxed) {
            self.host.set_alarm(now.saturating_add(PAUSE)).await?;
        }
        Ok(())
    }

    /// Shows the campaign as it is.
    pub(super) async fn show(&self) -> Result<(), ObjectFault> {
        self.is_due.store(false, Ordering::Relaxed);
        let Some(view) = self.view()? else {
            return Ok(());
        };
        let now = self.now();
        let count = |reached| -> u64 {
            let same = view.reached.iter().filter(|(state, ..)| *state == reached);
            same.map(|(_, _, n)| n).sum()
        };
        let over = matches!(view.status, Status::Completed | Status::Canceled);
        let line = CampaignLine {
            remaining: if over { 0 } else { count(Reached::Waiting) },
            sent: count(Reached::Sent),
            delivered: count(Reached::Delivered),
            failed: count(Reached::Failed),
            id: view.id,
            name: view.definition.name,
            status: view.status,
            reason: view.reason,
            sender: view.definition.sender,
            kind: match view.definition.kind {
                Purpose::Marketing => "marketing",
                Purpose::Transactional => "transactional",
            }
            .to_owned(),
            by: view.definition.by,
            created_at: view.created_at,
            started_at: view.started_at,
            ended_at: view.ended_at,
            accepted: view.report.accepted,
            updated_at: now,
        };
        self.shown_at.store(now, Ordering::Relaxed);
        let shown = ask(&self.host, registry::INSTANCE, &ShowCampaign { line }).await;
        if shown.is_err() && over {
            // Nothing else would show its end.
            self.host.set_alarm(now.saturating_add(10 * PAUSE)).await?;
        }
        Ok(())
    }
}
