//! A message after it was accepted: cancelled, redacted, listed.

use serde::{Deserialize, Serialize};

use super::commands::Failure;
use super::message::{Delivery, Message};
use super::{Contact, ObjectFault};
use crate::messaging::status::MessageStatus;
use crate::objects::id::Id;
use crate::objects::{Command, Object, read};
use crate::ports::{Host, Millis};
use crate::twilio::api::messages::{self, MessageResource};
use crate::twilio::api::{Outcome, outcome};
use crate::twilio::errors;

/// Cancels a message that was not sent yet, or the further attempts of one that failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CancelMessage {
    /// Its id.
    pub id: Id,
}

impl Command for CancelMessage {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "cancel-message";
    type Reply = Changed;
}

/// Takes the text and media out of a message, at Twilio and here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RedactMessage {
    /// Its id.
    pub id: Id,
}

impl Command for RedactMessage {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "redact-message";
    type Reply = Changed;
}

/// What became of a wish to change a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Done; this is it now.
    Done(Box<Message>),
    /// It has come too far for that, or not far enough.
    NotNow(Box<Message>),
    /// Twilio refused it.
    Refused(Failure),
    /// Twilio gave no answer: nothing is known, and asking again is safe.
    NoAnswer,
    /// There is no message of this id.
    NotFound,
    /// The deployment has no Twilio credentials.
    NotConfigured,
}

/// The messages of one person, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListMessages {
    /// Only those older than this one's place: time and id.
    pub before: Option<(Millis, String)>,
    /// At most so many.
    pub limit: u32,
}

impl Command for ListMessages {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "list-messages";
    type Reply = Vec<Message>;
}

impl<H: Host> Contact<H> {
    pub(super) async fn cancel(&self, id: &Id) -> Result<Changed, ObjectFault> {
        let Some(mut message) = self.message(id)? else {
            return Ok(Changed::NotFound);
        };
        let now = self.now();
        if message.course.next.take().is_some() {
            message.note(now, "canceled", None);
            self.save_message(&message)?;
            self.tell_status(&message)?;
            self.clear_due(id)?;
            return Ok(Changed::Done(Box::new(message)));
        }
        match (message.delivery, message.status) {
            (Delivery::Backoff { .. }, _) => {
                message.delivery = Delivery::Refused;
                message.status = Some(MessageStatus::Canceled);
                message.note(now, "canceled", None);
                self.save_message(&message)?;
                self.tell_status(&message)?;
                self.clear_due(id)?;
                Ok(Changed::Done(Box::new(message)))
            }
            (
                Delivery::Taken,
                Some(MessageStatus::Accepted | MessageStatus::Queued | MessageStatus::Scheduled),
            ) => self.update(message, ("Status", "canceled")).await,
            _ => Ok(Changed::NotNow(Box::new(message))),
        }
    }

    pub(super) async fn redact(&self, id: &Id) -> Result<Changed, ObjectFault> {
        let Some(message) = self.message(id)? else {
            return Ok(Changed::NotFound);
        };
        let ended = message.status.is_some_and(MessageStatus::is_terminal) && !message.is_pending();
        match (&message.sid, ended) {
            (Some(_), true) => self.update(message, ("Body", "")).await,
            (None, true) => {
                let redacted = self.redacted(message)?;
                Ok(Changed::Done(Box::new(redacted)))
            }
            (_, false) => Ok(Changed::NotNow(Box::new(message))),
        }
    }

    /// One update at Twilio. Both are safe to repeat: a message is cancelled once, and an
    /// empty body is empty.
    async fn update(
        &self,
        message: Message,
        parameter: (&str, &str),
    ) -> Result<Changed, ObjectFault> {
        let Some(account) = self.account() else {
            return Ok(Changed::NotConfigured);
        };
        let sid = message.sid.as_deref().unwrap_or_default();
        let request = messages::update(&account, sid, parameter);
        let answer = outcome(self.host.send(request).await, MessageResource::read);
        let Some(mut message) = self.message(&message.id)? else {
            return Ok(Changed::NotFound);
        };
        match answer {
            Outcome::Created(_) if parameter.0 == "Body" => {
                let redacted = self.redacted(message)?;
                Ok(Changed::Done(Box::new(redacted)))
            }
            Outcome::Created(_) => {
                self.advance(&mut message, MessageStatus::Canceled, None)?;
                self.save_message(&message)?;
                Ok(Changed::Done(Box::new(message)))
            }
            // 30409: it has left meanwhile.
            Outcome::Refused(error) if error.code == Some(30_409) => {
                Ok(Changed::NotNow(Box::new(message)))
            }
            Outcome::Refused(error) => Ok(Changed::Refused(Failure {
                code: error.code,
                http_status: Some(error.status),
                class: errors::class_of(error.code, Some(error.status)),
            })),
            Outcome::Throttled { .. } | Outcome::Ambiguous => Ok(Changed::NoAnswer),
        }
    }

    fn redacted(&self, mut message: Message) -> Result<Message, ObjectFault> {
        message.body.clear();
        message.media_urls.clear();
        message.details = serde_json::Value::Null;
        message.note(self.now(), "redacted", None);
        self.save_message(&message)?;
        Ok(message)
    }

    pub(super) fn list_messages(
        &self,
        command: &ListMessages,
    ) -> Result<Vec<Message>, ObjectFault> {
        let (at, id) = match &command.before {
            Some((at, id)) => (*at, id.as_str()),
            None => (Millis::MAX >> 11, ""),
        };
        let rows = self.host.exec(
            "SELECT document FROM message WHERE (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?",
            vec![at.into(), id.into(), i64::from(command.limit).into()],
        )?;
        rows.iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("document", text))
            .collect()
    }
}
