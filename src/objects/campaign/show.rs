//! What the registry's list shows of the campaign. The list follows; the campaign is the truth.
//!
//! An order is shown at once, progress every few seconds at most; what was held back is shown by
//! the alarm. A registry that does not answer is told later, and nothing waits for it.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::{Campaign, ObjectFault};
use crate::campaign::state::{Reached, Status};
use crate::objects::peers::{Peers, ask};
use crate::objects::registry::{self, ShowCampaign};
use crate::ports::Millis;
use crate::time::{SECOND, rfc3339};

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
        let definition = &view.definition;
        let line = json!({
            "id": view.id,
            "name": definition.name,
            "status": view.status.as_str(),
            "reason": view.reason,
            "sender": definition.sender,
            "kind": definition.kind,
            "created_by": definition.by,
            "created_at": rfc3339(view.created_at),
            "started_at": view.started_at.map(rfc3339),
            "ended_at": view.ended_at.map(rfc3339),
            "accepted": view.report.accepted,
            "remaining": if over { 0 } else { count(Reached::Waiting) },
            "sent": count(Reached::Sent),
            "delivered": count(Reached::Delivered),
            "failed": count(Reached::Failed),
            "updated_at": rfc3339(now),
        });
        let command = ShowCampaign {
            at: view.created_at,
            active: matches!(view.status, Status::Running | Status::Paused),
            updated: now,
            line,
            id: view.id,
        };
        self.shown_at.store(now, Ordering::Relaxed);
        let shown = ask(&self.host, registry::INSTANCE, &command).await;
        if shown.is_err() && over {
            // Nothing else would show its end.
            self.host.set_alarm(now.saturating_add(10 * PAUSE)).await?;
        }
        Ok(())
    }
}
