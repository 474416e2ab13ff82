//! What is asked before an attempt that the alarm makes: a campaign whether its message may go
//! on, so that a cancel or a pause wins over a retry that was planned before it; and a sender
//! that keeps a pace for the moment.

use super::message::{Delivery, Message};
use super::{Contact, ObjectFault};
use crate::campaign::pace::Turn;
use crate::objects::campaign::{Going, MayGoOn};
use crate::objects::id::Id;
use crate::objects::peers::{Peers, ask};
use crate::objects::sender::Reserve;
use crate::ports::Millis;
use crate::time::MINUTE;

/// Until a campaign that is paused, or did not answer, is asked again.
const LATER: Millis = MINUTE;

impl<H: Peers> Contact<H> {
    /// Whether what is due may be done. Only what may lead to a POST is the campaign's or the
    /// sender's to decide.
    pub(super) async fn may_go_on(&self, id: &Id) -> Result<bool, ObjectFault> {
        let Some(message) = self.message(id)? else {
            return Ok(true);
        };
        if matches!(message.delivery, Delivery::Posting { .. }) {
            // What became of a POST is found out in any case.
            return Ok(true);
        }
        let Some(campaign) = &message.options.campaign else {
            return match message.options.is_paced {
                true => self.take_turn(message).await,
                false => Ok(true),
            };
        };
        match ask(&self.host, campaign, &MayGoOn {}).await {
            Ok(Going::On) => self.take_turn(message).await,
            Ok(Going::Over) => self.end(id),
            Ok(Going::Paused) | Err(_) => self.wait_for_campaign(id, message.delivery),
        }
    }

    /// A further attempt keeps its sender's pace as the first one did.
    async fn take_turn(&self, mut message: Message) -> Result<bool, ObjectFault> {
        let sender = message
            .messaging_service_sid
            .as_ref()
            .or(message.from.as_ref());
        let (Some(sender), false) = (sender.cloned(), is_settling(&message)) else {
            return Ok(true);
        };
        if message
            .options
            .turn
            .take()
            .is_some_and(|at| at <= self.now())
        {
            self.save_message(&message)?;
            return Ok(true);
        }
        let segments = message.segments.max(1);
        let command = Reserve {
            sender: sender.clone(),
            segments,
        };
        let at = match ask(&self.host, &sender, &command).await {
            Ok(Turn::At(at) | Turn::Ask(at)) => at,
            Err(_) => self.now().saturating_add(LATER),
        };
        let Some(mut stored) = self.message(&message.id)? else {
            return Ok(true);
        };
        if at <= self.now() {
            return Ok(true);
        }
        stored.options.turn = Some(at);
        self.save_message(&stored)?;
        self.set_due(&stored.id, at)?;
        Ok(false)
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

/// Whether it is still to be found out what became of the last POST.
fn is_settling(message: &Message) -> bool {
    matches!(message.delivery, Delivery::Settling { .. })
}
