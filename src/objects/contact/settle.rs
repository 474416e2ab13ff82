//! What became of a POST that ended without an answer: Twilio's own list says.
//!
//! The list is asked for messages to this person; one that has our text, our sender, was
//! created no earlier than the POST and belongs to no other message of ours is ours.
//! - Found: Twilio has it.
//! - Absent twice, `SETTLE_SECONDS` apart: it was not taken, and is posted again.
//! - The list cannot be had: it is asked again, ever more slowly; after [`MAX_FAILED`] times
//!   the message is `unknown`, reported and never sent again.

use super::course::reason_name;
use super::message::{Delivery, Message};
use super::send::{MAX_ATTEMPTS, is_message};
use super::way::Look;
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::recovery::Reason;
use crate::messaging::sender::Channel;
use crate::messaging::status::MessageStatus;
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
            Delivery::Posting { .. } if message.channel() == Channel::Voice => {
                self.speak(&mut message).await
            }
            Delivery::Posting { .. } if message.channel() == Channel::Email => {
                self.mail_unknown(message)
            }
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
            Delivery::Taken | Delivery::Refused => self.next_attempt(&account, message).await,
            Delivery::Unknown | Delivery::Received => self.clear_due(id),
        }
    }

    /// POSTs once more what was never taken. Whatever forbids it meanwhile (a STOP, a newer
    /// message, the hour) does so now.
    async fn post_again(
        &self,
        account: &Account,
        mut message: Message,
        attempt: u32,
    ) -> Result<(), ObjectFault> {
        if attempt >= MAX_ATTEMPTS {
            return self.withhold(message, Reason::Exhausted);
        }
        match self.look_again(&mut message)? {
            Look::Ready => {}
            Look::Later(at) => {
                self.save_message(&message)?;
                return self.set_due(&message.id, at);
            }
            Look::Stopped(reason) => return self.withhold(message, reason),
        }
        if matches!(message.channel(), Channel::Voice | Channel::Email) {
            return self.launch(account, &mut message).await;
        }
        self.begin_post(&mut message, attempt.saturating_add(1))
            .await?;
        self.post(account, &mut message).await
    }

    /// Twilio does not have it and will not get it.
    fn withhold(&self, mut message: Message, reason: Reason) -> Result<(), ObjectFault> {
        message.delivery = Delivery::Refused;
        message.status = Some(match reason {
            Reason::Superseded => MessageStatus::Canceled,
            _ => MessageStatus::Failed,
        });
        message.course.stopped = Some(reason);
        message.note(self.now(), reason_name(reason), None);
        self.save_message(&message)?;
        self.tell_status(&message)?;
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
        let posted_at = message.course.posted_at;
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
            self.tell_status(&message)?;
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
            // A template's text is Twilio's: it cannot be compared.
            let same = candidate.to == message.to
                && (message.course.as_template || candidate.body == message.body)
                && candidate.created.is_none_or(|created| created >= earliest)
                && match &message.messaging_service_sid {
                    Some(service) => candidate.messaging_service_sid.as_ref() == Some(service),
                    None => candidate.from == message.from,
                };
            if same && !self.knows_sid(&candidate.sid)? {
                return Ok(Some(candidate.clone()));
            }
        }
        Ok(None)
    }
}
