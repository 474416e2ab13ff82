//! A message to the person.
//!
//! 1. The same id again: what became of the first is the answer.
//! 2. A way is found ([`way`](super::way)): consent, what the channel allows, the hour. No
//!    way: no row, no request.
//! 3. The journal: a row in phase `posting`, a due row at the end of the POST's lease and the
//!    alarm. All of it is durable before the request leaves (output gate).
//! 4. The POST. What comes back decides the phase; see [`Delivery`].
//!
//! A POST is cut off by the platform after [`LEASE`] at the latest, so a row that is found in
//! phase `posting` after that belongs to a POST that no longer runs.

use super::commands::{Failure, Received, Send, SendReply};
use super::course::Course;
use super::message::{Delivery, Direction, Message};
use super::way::Way;
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::segments;
use crate::messaging::sender::Channel;
use crate::messaging::status::MessageStatus;
use crate::objects::id::Id;
use crate::ports::{Host, Millis};
use crate::time::SECOND;
use crate::twilio::api::messages::{self, MessageResource, NewMessage};
use crate::twilio::api::{Account, ApiError, Outcome, outcome};
use crate::twilio::errors;

/// How long a POST may be under way: above the platform's time limit for one request.
const LEASE: Millis = 15 * SECOND;
/// A pause up to this long is taken within the request, a longer one by the alarm.
const SHORT_PAUSE: Millis = SECOND;
/// POSTs of one message that Twilio was too busy to take, before it is given up.
pub(super) const MAX_ATTEMPTS: u32 = 8;
/// First and longest back-off after a 429 (Twilio's advice: doubling, capped at 30 s).
const BACKOFF_FIRST: Millis = 100;
const BACKOFF_LONGEST: Millis = 30 * SECOND;

impl<H: Host> Contact<H> {
    pub(super) async fn send(&self, command: Send) -> Result<SendReply, ObjectFault> {
        if let Some(known) = self.message(&command.id)? {
            self.see_to(&known)?;
            self.arm().await?;
            return Ok(SendReply::Message(Box::new(known)));
        }
        let Some(account) = self.account() else {
            return Ok(SendReply::NotConfigured);
        };
        let now = self.now();
        self.remember_mails(&command)?;
        let mut message = journal_entry(command, now);
        let scheduled_at = message.options.scheduled_at.filter(|at| *at > now);
        let turn = match message.options.turn {
            Some(at) => (at > now).then_some(at),
            // The alarm asks the sender for one.
            None => message.options.is_paced.then_some(now),
        };
        let wait = match self.find_way(&mut message)? {
            Way::No(reply) => return Ok(*reply),
            Way::Open => scheduled_at.or(turn),
            // Whatever is true of the window or the hour now, it is looked at again then, and
            // so is the turn.
            Way::Later(at) => {
                message.options.turn = None;
                Some(scheduled_at.unwrap_or(at))
            }
        };
        self.supersede_older(&message)?;
        match wait {
            Some(at) => self.put_off(&mut message, at).await?,
            None => self.launch(&account, &mut message).await?,
        }
        Ok(SendReply::Message(Box::new(message)))
    }

    /// Waits, durably, for the moment at which the message may go out.
    async fn put_off(&self, message: &mut Message, at: Millis) -> Result<(), ObjectFault> {
        message.status = Some(MessageStatus::Scheduled);
        message.delivery = Delivery::Backoff { attempt: 0 };
        message.note(self.now(), "scheduled", None);
        self.save_message(message)?;
        self.set_due(&message.id, at)?;
        self.arm().await
    }

    /// Makes the current attempt, by whatever its channel takes.
    pub(super) async fn launch(
        &self,
        account: &Account,
        message: &mut Message,
    ) -> Result<(), ObjectFault> {
        match message.channel() {
            Channel::Voice => self.speak(message).await,
            Channel::Email => self.mail(message).await,
            _ => {
                self.begin_post(message, 1).await?;
                self.post(account, message).await
            }
        }
    }

    /// The Twilio account of this deployment.
    pub(super) fn account(&self) -> Option<Account> {
        self.host.settings().account()
    }

    /// Writes down that a POST begins and when its outcome must be known.
    pub(super) async fn begin_post(
        &self,
        message: &mut Message,
        attempt: u32,
    ) -> Result<(), ObjectFault> {
        let now = self.now();
        message.delivery = Delivery::Posting { attempt };
        message.course.posted_at = now;
        message.note(now, "post", None);
        self.save_message(message)?;
        if message.is_asked_for() {
            return Ok(());
        }
        self.set_due(&message.id, now.saturating_add(LEASE))?;
        self.arm().await
    }

    /// The first POST of a campaign's message has no due row: the campaign asks again for what
    /// it has no outcome of, and then there is one.
    fn see_to(&self, message: &Message) -> Result<(), ObjectFault> {
        if message.is_asked_for() {
            let over = message.course.posted_at.saturating_add(LEASE);
            self.set_due(&message.id, over)?;
        }
        Ok(())
    }

    /// Posts a message whose beginning is written down, and writes down what came of it.
    pub(super) async fn post(
        &self,
        account: &Account,
        message: &mut Message,
    ) -> Result<(), ObjectFault> {
        loop {
            let callback = callback(message);
            let request = messages::create(account, &new_message(message, &callback));
            let answer = outcome(self.host.send(request).await, MessageResource::read);
            // A callback may have come while we waited: go on from what is stored now. Nothing
            // is when the person was erased meanwhile.
            let Some(stored) = self.message(&message.id)? else {
                return Ok(());
            };
            *message = stored;
            let Delivery::Posting { attempt } = message.delivery else {
                return Ok(());
            };
            match answer {
                Outcome::Created(resource) => return self.taken(message, &resource),
                Outcome::Refused(error) => return self.refused(message, &error),
                Outcome::Ambiguous => return self.no_answer(message, attempt).await,
                Outcome::Throttled { retry_after } => {
                    if attempt >= MAX_ATTEMPTS {
                        let error = ApiError {
                            status: 429,
                            code: Some(20429),
                            message: String::new(),
                        };
                        return self.refused(message, &error);
                    }
                    let pause = self.backoff(attempt, retry_after);
                    message.note(self.now(), "throttled", Some(20429));
                    if pause > SHORT_PAUSE {
                        message.delivery = Delivery::Backoff { attempt };
                        self.save_message(message)?;
                        self.set_due(&message.id, self.now().saturating_add(pause))?;
                        return self.arm().await;
                    }
                    self.host.pause(pause).await;
                    self.begin_post(message, attempt.saturating_add(1)).await?;
                }
            }
        }
    }

    /// Full jitter over a doubling bound; Twilio's own wish is the least that is waited.
    pub(super) fn backoff(&self, attempt: u32, retry_after: Option<u32>) -> Millis {
        let doublings = attempt.saturating_sub(1).min(16);
        let bound = BACKOFF_FIRST
            .saturating_mul(1 << doublings)
            .min(BACKOFF_LONGEST);
        let jitter = self
            .host
            .below(u64::try_from(bound).unwrap_or(0).saturating_add(1));
        let wish = Millis::from(retry_after.unwrap_or(0)).saturating_mul(SECOND);
        wish.saturating_add(Millis::try_from(jitter).unwrap_or(bound))
    }

    /// Twilio has the message.
    pub(super) fn taken(
        &self,
        message: &mut Message,
        resource: &MessageResource,
    ) -> Result<(), ObjectFault> {
        message.sid = Some(resource.sid.clone());
        if message.from.is_none() {
            message.from.clone_from(&resource.from);
        }
        if !message.is_asked_for() {
            self.clear_due(&message.id)?;
        }
        message.delivery = Delivery::Taken;
        if let Some(status) = MessageStatus::parse(&resource.status) {
            self.advance(message, status, resource.error_code)?;
        }
        self.save_sid(message)
    }

    fn refused(&self, message: &mut Message, error: &ApiError) -> Result<(), ObjectFault> {
        let now = self.now();
        message.delivery = Delivery::Refused;
        message.failure = Some(Failure {
            code: error.code,
            http_status: Some(error.status),
            class: errors::class_of(error.code, Some(error.status)),
        });
        message.note(now, "refused", error.code);
        self.clear_due(&message.id)?;
        if let Some(code) = error.code {
            self.learn_opt_out(message, code)?;
        }
        self.after_failure(message)?;
        self.save_message(message)?;
        self.tell_status(message)?;
        self.host.log(
            Record::warn("message.refused")
                .with("id", message.id.as_str())
                .with("code", error.code)
                .with("status", error.status),
        );
        Ok(())
    }

    async fn no_answer(&self, message: &mut Message, attempt: u32) -> Result<(), ObjectFault> {
        let now = self.now();
        message.delivery = Delivery::Settling {
            attempt,
            absent: 0,
            failed: 0,
        };
        message.note(now, "no_answer", None);
        self.save_message(message)?;
        let settle_at = now.saturating_add(self.host.settings().settle_after);
        self.set_due(&message.id, settle_at)?;
        self.host
            .log(Record::warn("message.no_answer").with("id", message.id.as_str()));
        self.arm().await
    }
}

fn journal_entry(command: Send, now: Millis) -> Message {
    let size = segments::count(&command.body);
    let mut message = Message {
        id: command.id,
        sid: None,
        direction: Direction::Outbound,
        from: command.from,
        to: command.to,
        messaging_service_sid: command.messaging_service_sid,
        body: command.body,
        media_urls: command.media_urls,
        status: None,
        delivery: Delivery::Posting { attempt: 1 },
        failure: None,
        encoding: size.encoding,
        segments: size.count,
        status_callback: command.status_callback,
        options: command.options,
        course: Course::default(),
        details: serde_json::Value::Null,
        answer: Received::default(),
        created_at: now,
        updated_at: now,
        history: Vec::new(),
    };
    message.note(now, "accepted", None);
    message
}

/// The attempt's number travels in the URL: a late callback must not speak for a later one.
fn callback(message: &Message) -> String {
    match message.course.number() {
        1 => message.status_callback.clone(),
        number => format!("{}&a={number}", message.status_callback),
    }
}

fn new_message<'a>(message: &'a Message, callback: &'a str) -> NewMessage<'a> {
    let template = message.template().filter(|_| message.course.as_template);
    NewMessage {
        to: &message.to,
        from: message.from.as_deref(),
        messaging_service_sid: message.messaging_service_sid.as_deref(),
        body: Some(message.body.as_str()).filter(|body| !body.is_empty() && template.is_none()),
        media_urls: match template {
            Some(_) => &[],
            None => &message.media_urls,
        },
        content_sid: template.map(|template| template.content_sid.as_str()),
        content_variables: template
            .map(|template| template.variables.as_str())
            .filter(|variables| !variables.is_empty()),
        status_callback: Some(callback),
        more: &[],
    }
}

/// Ids of one contact's messages are kept apart from calls by their prefix.
pub(super) fn is_message(id: &Id) -> bool {
    id.as_str().starts_with("msg_")
}
