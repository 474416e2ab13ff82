//! What became of a POST that ended without an answer: Twilio's own list says.
//!
//! The list is asked for messages to this person; one that has our text, our sender, was
//! created no earlier than the POST and belongs to no other message of ours is ours.
//! - Found: Twilio has it.
//! - Absent twice, `SETTLE_SECONDS` apart: it was not taken, and is posted again.
//! - The list cannot be had: it is asked again, ever more slowly; after [`MAX_FAILED`] times
//!   the message is `unknown`, reported and never sent again.

use super::message::{Delivery, Message};
use super::send::{MAX_ATTEMPTS, is_message};
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::objects::id::Id;
use crate::ports::{Host, Millis};
use crate::time::{MINUTE, SECOND};
use crate::twilio::api::Account;
use crate::twilio::api::messages::{self, MessageResource};

/// Looks that must find nothing before it is said that nothing was taken.
const ABSENT_NEEDED: u32 = 2;
/// Looks that may fail, pauses doubling from `settle_after` up to ten minutes: over a day.
const MAX_FAILED: u32 = 150;
const LONGEST_PAUSE: Millis = 10 * MINUTE;
/// Twilio's clock against ours.
const CLOCK_SKEW: Millis = 5 * SECOND;

impl<H: Host> Contact<H> {
    /// Goes on with a message or call that is due.
    pub(super) async fn resume(&self, id: &Id) -> Result<(), ObjectFault> {
        if !is_message(id) {
            return self.resume_call(id).await;
        }
        let Some(mut message) = self.message(id)? else {
            return self.clear_due(id);
        };
        let Some(account) = self.account() else {
            let later = self.now().saturating_add(LONGEST_PAUSE);
            return self.set_due(id, later);
        };
        match message.delivery {
            Delivery::Posting { attempt } => {
                message.delivery = Delivery::Settling {
                    attempt,
                    absent: 0,
                    failed: 0,
                };
                message.note(self.now(), "no_answer", None);
                self.settle(&account, message).await
            }
            Delivery::Settling { .. } => self.settle(&account, message).await,
            Delivery::Backoff { attempt } => self.post_again(&account, message, attempt).await,
            Delivery::Taken | Delivery::Refused | Delivery::Unknown | Delivery::Received => {
                self.clear_due(id)
            }
        }
    }

    /// A STOP that came meanwhile stops the message for good.
    async fn post_again(
        &self,
        account: &Account,
        mut message: Message,
        attempt: u32,
    ) -> Result<(), ObjectFault> {
        let service = message.messaging_service_sid.as_deref();
        if self
            .opted_out(&message.to, message.from.as_deref(), service)?
            .is_some()
        {
            return self.withhold(message, "opted_out");
        }
        if attempt >= MAX_ATTEMPTS {
            return self.withhold(message, "given_up");
        }
        self.begin_post(&mut message, attempt.saturating_add(1))
            .await?;
        self.post(account, &mut message).await
    }

    /// Twilio does not have it and will not get it.
    fn withhold(&self, mut message: Message, why: &str) -> Result<(), ObjectFault> {
        message.delivery = Delivery::Refused;
        message.note(self.now(), why, None);
        self.save_message(&message)?;
        self.clear_due(&message.id)
    }

    async fn settle(&self, account: &Account, mut message: Message) -> Result<(), ObjectFault> {
        let Delivery::Settling {
            attempt,
            absent,
            failed,
        } = message.delivery
        else {
            return Ok(());
        };
        // Written before the request, so that a crash here leaves a row that is due again.
        self.save_message(&message)?;
        self.set_due(&message.id, self.now().saturating_add(MINUTE))?;
        let posted_at = last_post(&message);
        let request = messages::list(account, &message.to, posted_at.saturating_sub(CLOCK_SKEW));
        let list = self.host.send(request).await.ok();
        let list = list.and_then(|response| MessageResource::read_list(&response));
        // A callback may have settled it while we asked.
        match self.message(&message.id)? {
            Some(stored) if stored.delivery == message.delivery => message = stored,
            _ => return Ok(()),
        }
        let Some(list) = list else {
            return self.ask_again(message, failed);
        };
        if let Some(found) = self.find(&message, posted_at, &list)? {
            message.note(self.now(), "settled", None);
            return self.taken(&mut message, &found);
        }
        let absent = absent.saturating_add(1);
        if absent >= ABSENT_NEEDED {
            message.note(self.now(), "not_taken", None);
            return self.post_again(account, message, attempt).await;
        }
        message.delivery = Delivery::Settling {
            attempt,
            absent,
            failed,
        };
        self.save_message(&message)?;
        self.set_due(
            &message.id,
            self.now().saturating_add(self.host.settings().settle_after),
        )
    }

    fn ask_again(&self, mut message: Message, failed: u32) -> Result<(), ObjectFault> {
        let Delivery::Settling {
            attempt, absent, ..
        } = message.delivery
        else {
            return Ok(());
        };
        let failed = failed.saturating_add(1);
        if failed >= MAX_FAILED {
            message.delivery = Delivery::Unknown;
            message.note(self.now(), "unknown", None);
            self.save_message(&message)?;
            self.host
                .log(Record::error("message.unknown").with("id", message.id.as_str()));
            return self.clear_due(&message.id);
        }
        message.delivery = Delivery::Settling {
            attempt,
            absent,
            failed,
        };
        self.save_message(&message)?;
        let pause = self.host.settings().settle_after.max(SECOND);
        let pause = pause.saturating_mul(1 << failed.min(10)).min(LONGEST_PAUSE);
        self.set_due(&message.id, self.now().saturating_add(pause))
    }

    /// The message in Twilio's list that is this one and no other of ours.
    fn find(
        &self,
        message: &Message,
        posted_at: Millis,
        list: &[MessageResource],
    ) -> Result<Option<MessageResource>, ObjectFault> {
        let earliest = posted_at.saturating_sub(CLOCK_SKEW);
        for candidate in list {
            let same = candidate.to == message.to
                && candidate.body == message.body
                && candidate.created.is_none_or(|created| created >= earliest)
                && match &message.messaging_service_sid {
                    Some(service) => candidate.messaging_service_sid.as_ref() == Some(service),
                    None => candidate.from == message.from,
                };
            if same && self.message_by_sid(&candidate.sid)?.is_none() {
                return Ok(Some(candidate.clone()));
            }
        }
        Ok(None)
    }
}

/// When the latest POST began.
fn last_post(message: &Message) -> Millis {
    let post = message
        .history
        .iter()
        .rev()
        .find(|entry| entry.what == "post");
    post.map_or(message.created_at, |entry| entry.at)
}
