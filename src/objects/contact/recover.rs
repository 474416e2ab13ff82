//! What becomes of a message that failed: [`recovery::plan`] decides, this keeps the plan
//! durable and carries it out when its time has come.
//!
//! The plan is a row (`course.next` and a due row) before anything else happens; the attempt
//! that it leads to is journaled like the first one. So a crash at any point leaves either
//! the plan or the journal, and neither leads to a second copy.

use super::commands::{CallReply, PlaceCall};
use super::course::{How, Next, reason_name};
use super::fact::Kind;
use super::message::{Delivery, Message};
use super::way::{Look, failed_key};
use super::{Call, CallState, Contact, ObjectFault, Script};
use crate::messaging::lint;
use crate::messaging::recovery::{self, Case, Reason, Step, plan};
use crate::messaging::sender::Channel;
use crate::messaging::status::{CallStatus, MessageStatus};
use crate::objects::id::{Id, Kind as IdKind};
use crate::ports::{Host, Millis};
use crate::time::{MINUTE, SECOND};
use crate::twilio::api::Account;

/// A message that never arrives is given up after so many attempts, whatever the plan says.
const MOST_ATTEMPTS: u32 = 20;
/// Longest that placing a call or handing over an e-mail takes.
const LEASE: Millis = 2 * MINUTE;

impl<H: Host> Contact<H> {
    /// Plans what comes after a failure. The caller saves the message.
    pub(super) fn after_failure(&self, message: &mut Message) -> Result<(), ObjectFault> {
        let failure = message.failure.as_ref();
        let code = failure.and_then(|failure| failure.code);
        let http_status = failure.and_then(|failure| failure.http_status);
        let channel = message.channel();
        let before = self.failures(channel, &message.to)?;
        let hours = (message.options.kind == lint::Kind::Marketing)
            .then_some(message.options.quiet_hours)
            .flatten();
        let to = message.to.clone();
        let planned = plan(&Case {
            failure: recovery::Failure {
                code,
                http_status,
                ..recovery::Failure::default()
            },
            attempt: message.course.before_on_leg.saturating_add(1),
            failed_before: before.map_or(0, |(failures, _)| failures),
            one_time_code: message.options.kind == lint::Kind::Otp,
            stops: self.stops(message)?,
            quiet: hours.map(|hours| (to.as_str(), hours)),
            now: self.now(),
            random: self.host.below(u64::MAX),
        });
        // `plan` asks for suppression from the second failure on: the first is counted here.
        if speaks_of_address(code) {
            let failures = before.map_or(0, |(failures, _)| failures).saturating_add(1);
            let value = format!("{failures}:{}", code.unwrap_or(0));
            self.keep_fact(Kind::Failed, &failed_key(channel, &to), self.now(), &value)?;
        }
        if planned.page {
            self.tell_attention(message, code)?;
        }
        // The POST was thrown back for an hour's worth of tries: it is over on this way.
        let step = match planned.step {
            _ if http_status == Some(429) => Step::Fallback,
            step => step,
        };
        self.keep_plan(message, step, planned.reason)
    }

    fn keep_plan(
        &self,
        message: &mut Message,
        step: Step,
        reason: Reason,
    ) -> Result<(), ObjectFault> {
        let now = self.now();
        let template = message.template().is_some() && !message.course.as_template;
        let next = match step {
            Step::Retry { at } => Some((at, How::Same)),
            Step::Template if template => Some((now, How::Template)),
            Step::Template | Step::Fallback if message.has_next_leg() => Some((now, How::NextLeg)),
            Step::Template | Step::Fallback | Step::Stop | Step::Reconcile => None,
        };
        let next = next.filter(|_| message.course.before < MOST_ATTEMPTS);
        match next {
            Some((at, how)) => {
                message.course.next = Some(Next { at, reason, how });
                self.set_due(&message.id, at)
            }
            None => {
                message.course.stopped = Some(reason);
                Ok(())
            }
        }
    }

    /// The next attempt of a message that failed, when its time has come.
    pub(super) async fn next_attempt(
        &self,
        account: &Account,
        mut message: Message,
    ) -> Result<(), ObjectFault> {
        let Some(next) = message.course.next else {
            return self.clear_due(&message.id);
        };
        if next.at > self.now() {
            return self.set_due(&message.id, next.at);
        }
        if let Some(reason) = self.stops(&message)?.at(self.now()) {
            return self.stop(message, reason);
        }
        let ended = message.clone();
        message.turn(next.how, next.reason);
        match self.look_again(&mut message)? {
            Look::Ready => {}
            Look::Later(at) => {
                message = ended;
                message.course.next = Some(Next { at, ..next });
                self.save_message(&message)?;
                return self.set_due(&message.id, at);
            }
            Look::Stopped(reason) => return self.stop(ended, reason),
        }
        if let Some(sid) = &ended.sid {
            self.keep_fact(Kind::Attempt, sid, self.now(), message.id.as_str())?;
        }
        let what = match next.how {
            How::Same | How::Template => "retry",
            How::NextLeg => "fallback",
        };
        message.note(self.now(), what, None);
        self.launch(account, &mut message).await
    }

    /// There is no further attempt; the message stays as its last one left it.
    pub(super) fn stop(&self, mut message: Message, reason: Reason) -> Result<(), ObjectFault> {
        message.course.next = None;
        message.course.stopped = Some(reason);
        message.note(self.now(), reason_name(reason), None);
        self.save_message(&message)?;
        self.tell_status(&message)?;
        self.clear_due(&message.id)
    }

    /// An attempt that had been given up has arrived: the plan for another is dropped. The
    /// caller saves the message.
    pub(super) fn arrived_late(&self, message: &mut Message) -> Result<(), ObjectFault> {
        message.course.arrived = true;
        if message.course.next.take().is_some() {
            self.clear_due(&message.id)?;
        }
        message.course.stopped = Some(Reason::Arrived);
        message.note(self.now(), "arrived_late", None);
        self.forgive(message)?;
        self.tell_status(message)
    }

    /// An address that a message reached is good, whatever was held against it.
    pub(super) fn forgive(&self, message: &Message) -> Result<(), ObjectFault> {
        self.drop_fact(Kind::Failed, &failed_key(message.channel(), &message.to))
    }

    /// Speaks the text on the phone. The call is journaled under an id that follows from the
    /// message's, so that it is placed once however often this runs.
    pub(super) async fn speak(&self, message: &mut Message) -> Result<(), ObjectFault> {
        let (Some(speech), Some(from)) = (message.options.speech.clone(), message.from.clone())
        else {
            return self.clear_due(&message.id);
        };
        let key = format!("{}/{}", message.id, message.course.number());
        let id = Id::derived(IdKind::Call, &message.id.contact(), "speaks", &key);
        self.begin_other(message, "call").await?;
        self.keep_fact(Kind::Speaks, id.as_str(), self.now(), message.id.as_str())?;
        let command = PlaceCall {
            url: format!("{}{id}", speech.url),
            status_callback: format!("{}{id}", speech.status_callback),
            id,
            to: message.to.clone(),
            from,
            script: Script::Message(message.body.clone()),
        };
        let CallReply::Call(call) = self.place_call(command).await? else {
            return Ok(());
        };
        let Some(stored) = self.message(&message.id)? else {
            return Ok(());
        };
        *message = stored;
        if message.delivery != (Delivery::Posting { attempt: 1 }) {
            return Ok(());
        }
        self.clear_due(&message.id)?;
        message.sid.clone_from(&call.sid);
        match call.state {
            CallState::Refused => {
                message.delivery = Delivery::Refused;
                message.failure.clone_from(&call.failure);
                self.after_failure(message)?;
            }
            CallState::Unknown => message.delivery = Delivery::Unknown,
            // A call of which nothing is known yet is settled by its own alarm.
            CallState::Taken | CallState::Posting => {
                message.delivery = Delivery::Taken;
                message.status = Some(MessageStatus::Queued);
            }
        }
        self.save_message(message)?;
        self.tell_status(message)
    }

    /// A call that may speak a message has come further.
    pub(super) fn call_moved(&self, call: &Call) -> Result<(), ObjectFault> {
        let status = match call.status {
            Some(CallStatus::Completed) => MessageStatus::Delivered,
            Some(
                CallStatus::Busy | CallStatus::NoAnswer | CallStatus::Failed | CallStatus::Canceled,
            ) => MessageStatus::Undelivered,
            _ => return Ok(()),
        };
        let Some(mut message) = self.spoken_by(call)? else {
            return Ok(());
        };
        message.sid.clone_from(&call.sid);
        message.delivery = Delivery::Taken;
        self.clear_due(&message.id)?;
        self.advance(&mut message, status, None)?;
        self.save_message(&message)
    }

    /// Nobody can say whether a call that speaks a message was placed.
    pub(super) fn call_lost(&self, call: &Call) -> Result<(), ObjectFault> {
        let Some(mut message) = self.spoken_by(call)? else {
            return Ok(());
        };
        message.status = None;
        message.delivery = Delivery::Unknown;
        message.note(self.now(), "unknown", None);
        self.save_message(&message)?;
        self.tell_status(&message)
    }

    /// The message that a call speaks, unless it has gone another way since.
    fn spoken_by(&self, call: &Call) -> Result<Option<Message>, ObjectFault> {
        let fact = self.fact(Kind::Speaks, call.id.as_str())?;
        let id = fact.and_then(|fact| Id::parse(IdKind::Message, &fact.value));
        let message = id.map(|id| self.message(&id)).transpose()?.flatten();
        Ok(message.filter(|message| message.channel() == Channel::Voice))
    }

    /// Writes down that something other than a POST of a message begins.
    pub(super) async fn begin_other(
        &self,
        message: &mut Message,
        what: &str,
    ) -> Result<(), ObjectFault> {
        let now = self.now();
        message.delivery = Delivery::Posting { attempt: 1 };
        message.course.posted_at = now;
        message.note(now, what, None);
        self.save_message(message)?;
        self.set_due(&message.id, now.saturating_add(LEASE + 5 * SECOND))?;
        self.arm().await
    }
}

/// Codes that say something about the address itself.
fn speaks_of_address(code: Option<u32>) -> bool {
    matches!(
        code,
        Some(21211 | 21214 | 21217 | 21614 | 30005 | 30006 | 63003 | 63024 | 63036)
    )
}
