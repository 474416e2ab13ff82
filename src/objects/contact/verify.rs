//! The person's verifications: starts, the fallback between channels, checks.
//!
//! 1. The person's limit is looked at; when it is reached nothing is asked of anybody.
//! 2. What is known of the last send's delivery is fetched, when that can change the channel.
//! 3. The start is counted and written down. Nothing is awaited between reading the state and
//!    writing it, so a hundred requests at once let exactly the limit through.
//! 4. The POST. A landline or a channel that is switched off moves on to the next channel
//!    within the same start; what failed for a reason of ours is given back.
//! 5. A POST without an answer is settled by reading the verification once. When that does
//!    not tell either, the start stays counted and the caller is told that nobody knows.
//!
//! A code passes through [`Contact::check_code`] into one form field. It is in no row, no log
//! record and no reply.

mod commands;

pub use commands::*;

use super::{Contact, Failure, ObjectFault};
use crate::log::Record;
use crate::objects::{read, write};
use crate::ports::{Host, Value};
use crate::time::SECOND;
use crate::twilio::api::verify::{
    self, AttemptResource, NewVerification, Service, Subject, VerificationResource,
};
use crate::twilio::api::{ApiError, Outcome, lookup};
use crate::twilio::errors;
use crate::verify::channel::Channel;
use crate::verify::locale::Locale;
use crate::verify::outcome::{CheckOutcome, Refusal};
use crate::verify::plan::{Delivery, Plan, Why};
use crate::verify::policy::{Mode, Policy};
use crate::verify::verification::{Begun, Sent, Verifications};

/// POSTs of one start: three channels, and once more without a locale.
const MAX_POSTS: u32 = 4;
/// A 429 that asks for no longer than this is waited for within the request, once.
const SHORT_WAIT: u32 = 1;

/// How a POST ended when it did not send a code.
enum NotSent {
    Refused(Refusal, Failure),
    Busy(Option<u32>),
    NobodyKnows,
}

impl<H: Host> Contact<H> {
    /// Starts a verification, or sends the code that lives once more.
    pub(super) async fn start_verification(
        &self,
        command: StartVerification,
    ) -> Result<StartReply, ObjectFault> {
        let Some(service) = self.verify_service() else {
            return Ok(StartReply::NotConfigured);
        };
        let policy = self.host.settings().verify.clone();
        let state = self.verifications()?;
        if let Some(limited) = state.limited(command.plan.wish(), &command.to, &policy, self.now())
        {
            return Ok(StartReply::Limited(limited));
        }
        if let Some(refused) = self.look_up(&command, &state, &policy).await? {
            return Ok(refused);
        }
        let delivery = self
            .last_delivery(&service, &state, &command.plan, &policy)
            .await;
        // Read again: others may have started while we asked.
        let mut state = self.verifications()?;
        let begun = state.begin(&command.plan, delivery, &command.to, &policy, self.now());
        let begun = match begun {
            Ok(begun) => begun,
            Err(limited) => return Ok(StartReply::Limited(limited)),
        };
        self.save_verifications(&state)?;
        self.send_code(&service, &command, &policy, begun).await
    }

    async fn send_code(
        &self,
        service: &Service,
        command: &StartVerification,
        policy: &Policy,
        begun: Begun,
    ) -> Result<StartReply, ObjectFault> {
        let Begun {
            ticket,
            mut channel,
            mut why,
            mut closed,
        } = begun;
        let mut locale = command.locale.filter(|_| channel != Channel::Email);
        let mut posts = 0;
        loop {
            posts += 1;
            let sent = self
                .post_code(service, command, channel, locale.is_some())
                .await?;
            let (refusal, failure) = match sent {
                Ok(resource) => {
                    let sent = Sent {
                        at: self.now(),
                        channel,
                        wish: command.plan.wish(),
                        permit: command.permit.clone(),
                    };
                    return self.code_taken(ticket, sent, &resource, why, policy);
                }
                Err(NotSent::Busy(retry_after)) => {
                    self.change(|state| state.give_back(ticket))?;
                    return Ok(StartReply::Busy { retry_after });
                }
                Err(NotSent::NobodyKnows) => return Ok(StartReply::NobodyKnows),
                Err(NotSent::Refused(refusal, failure)) => (refusal, failure),
            };
            self.host.log(
                Record::warn("verify.refused")
                    .with("channel", channel.as_str())
                    .with("code", failure.code)
                    .with("status", failure.http_status),
            );
            if refusal == Refusal::Locale && posts < MAX_POSTS {
                locale = None;
                continue;
            }
            if refusal == Refusal::Landline {
                let now = self.now();
                self.change(|state| state.note_landline(now))?;
            }
            if refusal.moves_on() && posts < MAX_POSTS {
                closed.push(channel);
                let landline = refusal == Refusal::Landline;
                if let Some(next) = command.plan.after_refusal(&closed, landline) {
                    channel = next;
                    why = if landline {
                        Why::Landline
                    } else {
                        Why::ChannelOff
                    };
                    continue;
                }
            }
            return self.code_not_sent(ticket, refusal, failure, policy);
        }
    }

    /// One POST; a short 429 is waited for once.
    async fn post_code(
        &self,
        service: &Service,
        command: &StartVerification,
        channel: Channel,
        localized: bool,
    ) -> Result<Result<VerificationResource, NotSent>, ObjectFault> {
        let to = command.to.to();
        let new = NewVerification {
            to: &to,
            channel: channel.as_str(),
            locale: command
                .locale
                .filter(|_| localized)
                .map(crate::verify::locale::Locale::as_str),
            locale: command.locale.filter(|_| localized).map(Locale::as_str),
            rate_limits: command.rate_limits.as_deref(),
            device_ip: command.device_ip.as_deref(),
        };
        let known = self.verifications()?;
        let known = known
            .live(self.now())
            .map(|live| (live.sid.clone(), live.sends.len()));
        for waited in [false, true] {
            let answer = self.host.send(verify::create(service, &new)).await;
            return Ok(match verify::outcome(answer, VerificationResource::read) {
                Outcome::Created(resource) => Ok(resource),
                Outcome::Refused(error) => Err(NotSent::Refused(
                    Refusal::of(&error, localized),
                    failure(&error),
                )),
                Outcome::Throttled { retry_after } => {
                    if !waited && retry_after.is_none_or(|wait| wait <= SHORT_WAIT) {
                        let jitter = self.host.below(500).try_into().unwrap_or(0);
                        let least = i64::from(retry_after.unwrap_or(0)) * SECOND;
                        self.host.pause(least + jitter).await;
                        continue;
                    }
                    Err(NotSent::Busy(retry_after))
                }
                Outcome::Ambiguous => {
                    self.host.log(Record::warn("verify.no_answer"));
                    self.settle_code(service, &to, known.as_ref()).await
                }
            });
        }
        Ok(Err(NotSent::Busy(None)))
    }

    /// Whether a POST that ended without an answer was taken: a verification that is new, or
    /// has one send more than before, says so.
    async fn settle_code(
        &self,
        service: &Service,
        to: &str,
        known: Option<&(String, usize)>,
    ) -> Result<VerificationResource, NotSent> {
        let Ok(response) = self.host.send(verify::fetch(service, to)).await else {
            return Err(NotSent::NobodyKnows);
        };
        match VerificationResource::read_fetch(&response) {
            Ok(Some(found)) => {
                let sends = known
                    .filter(|(sid, _)| *sid == found.sid)
                    .map_or(0, |(_, n)| *n);
                if found.sends.len() > sends {
                    Ok(found)
                } else {
                    Err(NotSent::Busy(None))
                }
            }
            Ok(None) => Err(NotSent::Busy(None)),
            Err(_) => Err(NotSent::NobodyKnows),
        }
    }

    fn code_taken(
        &self,
        ticket: u64,
        sent: Sent,
        resource: &VerificationResource,
        why: Why,
        policy: &Policy,
    ) -> Result<StartReply, ObjectFault> {
        let mut state = self.verifications()?;
        let channel = sent.channel;
        let same_code = state.taken(ticket, sent, resource, policy);
        self.save_verifications(&state)?;
        let now = self.now();
        Ok(StartReply::Sent(CodeSent {
            sid: resource.sid.clone(),
            channel,
            why,
            same_code,
            attempts_left: state.attempts_left(policy, now),
            expires_at: state.live(now).map_or(now, |live| live.expires_at),
        }))
    }

    fn code_not_sent(
        &self,
        ticket: u64,
        refusal: Refusal,
        failure: Failure,
        policy: &Policy,
    ) -> Result<StartReply, ObjectFault> {
        let now = self.now();
        let mut state = self.verifications()?;
        state.refused(ticket, refusal, now);
        self.save_verifications(&state)?;
        Ok(StartReply::Refused(CodeRefused {
            failure,
            kind: refusal.into(),
            counted: refusal.counts(),
            attempts_left: state.attempts_left(policy, now),
            expires_at: state.live(now).map(|live| live.expires_at),
        }))
    }

    /// Lookup's word on the line, before the first send of a verification: a landline goes to
    /// a call at once, a line that gets no codes is refused. A Lookup that fails keeps nobody
    /// out.
    async fn look_up(
        &self,
        command: &StartVerification,
        state: &Verifications,
        policy: &Policy,
    ) -> Result<Option<StartReply>, ObjectFault> {
        let settings = self.host.settings();
        let (true, Some(number)) = (policy.lookup, command.to.address().phone()) else {
            return Ok(None);
        };
        let Some(credentials) = &settings.credentials else {
            return Ok(None);
        };
        if state.live(self.now()).is_some() {
            return Ok(None);
        }
        let request = lookup::line_type(
            &settings.twilio_base("lookups"),
            number.as_str(),
            &credentials.user,
            credentials.password.expose(),
        );
        let answer = self.host.send(request).await.ok();
        let Some(line_type) = answer.as_ref().and_then(lookup::read_line_type) else {
            self.host.log(Record::warn("verify.lookup_failed"));
            return Ok(None);
        };
        if line_type == "landline" {
            let now = self.now();
            self.change(|state| state.note_landline(now))?;
        }
        if !policy.refused_line_types.contains(&line_type) || policy.guard == Mode::Off {
            return Ok(None);
        }
        let dry_run = policy.guard == Mode::DryRun;
        self.host.log(
            Record::warn("verify.line_type_refused")
                .with("line_type", line_type.as_str())
                .with("dry_run", dry_run),
        );
        Ok((!dry_run).then_some(StartReply::LineRefused { line_type }))
    }

    /// What became of the last send, where knowing it can change the channel.
    async fn last_delivery(
        &self,
        service: &Service,
        state: &Verifications,
        plan: &Plan,
        policy: &Policy,
    ) -> Delivery {
        let now = self.now();
        let Some(last) = state.last_send(Delivery::Unknown, now) else {
            return Delivery::Unknown;
        };
        let patient = now.saturating_sub(last.at) < policy.patience;
        let choice = plan.order().len() > 1 && plan.wish() == last.wish;
        let (true, Some(sid)) = (patient && choice, state.subject(now)) else {
            return Delivery::Unknown;
        };
        let answer = self.host.send(verify::attempts_of(service, sid)).await.ok();
        let attempts = answer
            .as_ref()
            .and_then(AttemptResource::read_list)
            .unwrap_or_default();
        let of_this = attempts.iter().filter(|attempt| {
            attempt.verification_sid == sid && attempt.channel == last.channel.as_str()
        });
        let newest = of_this.max_by_key(|attempt| attempt.created);
        Delivery::of(newest.and_then(|attempt| attempt.delivery.as_deref()))
    }

    /// Has Twilio judge a code.
    pub(super) async fn check_code(&self, command: CheckCode) -> Result<CheckReply, ObjectFault> {
        let Some(service) = self.verify_service() else {
            return Ok(CheckReply::NotConfigured);
        };
        let state = self.verifications()?;
        let outcome = if state.is_exhausted(self.now()) {
            CheckOutcome::TooManyTries
        } else {
            let to = command.to.to();
            let subject = state
                .subject(self.now())
                .map_or(Subject::To(&to), Subject::Sid);
            let request = verify::check(&service, subject, command.code.expose());
            drop(command);
            let answer = self.host.send(request).await;
            CheckOutcome::of(verify::outcome(answer, verify::CheckResource::read))
        };
        match &outcome {
            CheckOutcome::Busy { retry_after } => {
                return Ok(CheckReply::Busy {
                    retry_after: *retry_after,
                });
            }
            CheckOutcome::NotJudged(error) => {
                let failure = error.as_ref().map(failure);
                self.host.log(
                    Record::error("verify.not_judged")
                        .with("code", failure.as_ref().and_then(|failure| failure.code)),
                );
                return Ok(CheckReply::NotJudged(failure));
            }
            _ => {}
        }
        let now = self.now();
        let mut state = self.verifications()?;
        let checked = state.checked(&outcome, now);
        self.save_verifications(&state)?;
        Ok(checked.map_or(CheckReply::NotJudged(None), CheckReply::Checked))
    }

    fn verify_service(&self) -> Option<Service> {
        let settings = self.host.settings();
        let sid = settings.verify_sid.as_deref()?;
        let credentials = settings.credentials.as_ref()?;
        let origin = settings.twilio_base("verify");
        Some(Service::new(
            &origin,
            sid,
            &credentials.user,
            credentials.password.expose(),
        ))
    }

    fn verifications(&self) -> Result<Verifications, ObjectFault> {
        let rows = self
            .host
            .exec("SELECT document FROM verification", Vec::new())?;
        let document = rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::text);
        document.map_or(Ok(Verifications::default()), |text| {
            read("verification", text)
        })
    }

    fn save_verifications(&self, state: &Verifications) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO verification (one, document) VALUES (1, ?)
             ON CONFLICT (one) DO UPDATE SET document = excluded.document",
            vec![write("verification", state)?.into()],
        )?;
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut Verifications)) -> Result<(), ObjectFault> {
        let mut state = self.verifications()?;
        change(&mut state);
        self.save_verifications(&state)
    }
}

fn failure(error: &ApiError) -> Failure {
    Failure {
        code: error.code,
        http_status: Some(error.status),
        class: errors::class_of(error.code, Some(error.status)),
    }
}

#[cfg(test)]
mod tests;
