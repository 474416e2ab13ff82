//! What a campaign's message owes its campaign: before each further attempt the campaign is
//! asked, so that a cancel or a pause wins over a retry that was planned before it.

use super::message::Delivery;
use super::{Contact, ObjectFault};
use crate::objects::campaign::{Going, MayGoOn};
use crate::objects::id::Id;
use crate::objects::peers::{Peers, ask};
use crate::ports::Millis;
use crate::time::MINUTE;

/// Until a campaign that is paused, or did not answer, is asked again.
const LATER: Millis = MINUTE;

impl<H: Peers> Contact<H> {
    /// Whether what is due may be done. Only what may lead to a POST is the campaign's to
    /// decide, and only a campaign's message.
    pub(super) async fn may_go_on(&self, id: &Id) -> Result<bool, ObjectFault> {
        let Some(message) = self.message(id)? else {
            return Ok(true);
        };
        let Some(campaign) = &message.options.campaign else {
            return Ok(true);
        };
        if matches!(message.delivery, Delivery::Posting { .. }) {
            // What became of a POST is found out in any case.
            return Ok(true);
        }
        match ask(&self.host, campaign, &MayGoOn {}).await {
            Ok(Going::On) => Ok(true),
            Ok(Going::Over) => self.end(id),
            Ok(Going::Paused) | Err(_) => self.wait_for_campaign(id, message.delivery),
        }
    }

    /// The campaign was cancelled, or its deadline has come: no further attempt. A POST without
    /// an answer is still settled, and not repeated.
    fn end(&self, id: &Id) -> Result<bool, ObjectFault> {
        if let Some(mut message) = self.message(id)? {
            message.options.give_up_at = Some(self.now());
            self.save_message(&message)?;
        }
        Ok(true)
    }

    fn wait_for_campaign(&self, id: &Id, before: Delivery) -> Result<bool, ObjectFault> {
        // Looking into Twilio's list harms nobody, but what follows it may be a POST.
        let unchanged = self
            .message(id)?
            .is_some_and(|message| message.delivery == before);
        if unchanged {
            self.set_due(id, self.now().saturating_add(LATER))?;
        }
        Ok(false)
    }
}
