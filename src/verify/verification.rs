//! The verifications of one person: what was started, what lives, what is left.
//!
//! A value that is read, changed and written back with no wait in between, so that the limit
//! is exact: the start is in the value before anything is asked of Twilio. A start that dies
//! half-way (a crash, no answer) stays counted, since it may have been taken.

use serde::{Deserialize, Serialize};

use super::channel::{Channel, Destination};
use super::outcome::{CheckOutcome, MAX_CHECKS, MAX_SENDS, Refusal};
use super::plan::{Delivery, LastSend, Plan, Why, Wish};
use super::policy::Policy;
use super::window::Standing;
use crate::ports::Millis;
use crate::time::DAY;
use crate::twilio::api::verify::VerificationResource;

/// How long a number is taken for a landline once Twilio said so.
const LANDLINE_KEPT: Millis = DAY;

/// One start that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Start {
    ticket: u64,
    at: Millis,
    channel: Channel,
}

/// A code that Twilio took to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// When.
    pub at: Millis,
    /// On which channel.
    pub channel: Channel,
    /// What was asked for.
    pub wish: Wish,
    /// What the guard calls this start; it is told when the code is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<String>,
}

impl Sent {
    fn converted(&self) -> Option<Converted> {
        let permit = self.permit.clone()?;
        Some(Converted {
            channel: self.channel,
            permit,
        })
    }
}

/// How a verification stands, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A code is out.
    Pending,
    /// It came back.
    Approved,
    /// Five wrong codes.
    MaxAttempts,
    /// It ended otherwise.
    Ended,
}

/// One verification at Twilio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// `VE…`.
    pub sid: String,
    /// When the code ceases to live. One more send does not prolong it.
    pub expires_at: Millis,
    /// Every send of its code.
    pub sends: Vec<Sent>,
    /// Wrong codes that were tried.
    pub wrong: u32,
    /// How it stands.
    pub status: Status,
}

impl Verification {
    fn lives(&self, now: Millis) -> bool {
        self.status == Status::Pending && now < self.expires_at
    }
}

/// What is kept of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifications {
    #[serde(default)]
    tickets: u64,
    #[serde(default)]
    starts: Vec<Start>,
    #[serde(default)]
    current: Option<Verification>,
    #[serde(default)]
    landline_until: Option<Millis>,
}

/// A start that was let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Names it until it is settled.
    pub ticket: u64,
    /// Where the code goes.
    pub channel: Channel,
    /// Why there.
    pub why: Why,
    /// Channels that are known not to work for this number.
    pub closed: Vec<Channel>,
}

/// A start that was not let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limited {
    /// When one may be made again.
    pub opens_at: Millis,
    /// What is open now: `call` to this number, `email` to another address.
    pub alternatives: Vec<Channel>,
    /// When the code that lives ceases to, if one does.
    pub expires_at: Option<Millis>,
}

/// What a check came to for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The code was right.
    Approved,
    /// The code was wrong.
    Pending,
    /// The code has expired.
    Expired,
    /// The code was used before.
    Used,
    /// Twilio knows no verification that lives: expired, used or never started.
    ExpiredOrUsed,
    /// Too many wrong codes.
    MaxAttemptsReached,
}

/// A start whose code came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Converted {
    /// Its channel.
    pub channel: Channel,
    /// What the guard calls it.
    pub permit: String,
}

/// The outcome of a check with what the person needs to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// What it came to.
    pub verdict: Verdict,
    /// Tries left for this code.
    pub tries_left: u32,
    /// When the code ceases to live, when that is known.
    pub expires_at: Option<Millis>,
    /// The channel of the newest send.
    pub channel: Option<Channel>,
    /// The starts that led to it; only with an approval, and only once.
    #[serde(default)]
    pub converted: Vec<Converted>,
}

impl Verifications {
    /// Lets a start through and counts it, or says when one may be made.
    ///
    /// # Errors
    /// [`Limited`] when the person's limit, or Twilio's own, is reached.
    pub fn begin(
        &mut self,
        plan: &Plan,
        delivery: Delivery,
        to: &Destination,
        policy: &Policy,
        now: Millis,
    ) -> Result<Begun, Limited> {
        if let Some(limited) = self.limited(plan.wish(), to, policy, now) {
            return Err(limited);
        }
        let landline = self.is_landline(now);
        let closed = if landline {
            vec![Channel::Sms, Channel::WhatsApp]
        } else {
            Vec::new()
        };
        let (channel, why) = self.choose(plan, delivery, &closed, landline, policy, now);
        self.forget_old(policy, now);
        self.tickets += 1;
        let ticket = self.tickets;
        self.starts.push(Start {
            ticket,
            at: now,
            channel,
        });
        Ok(Begun {
            ticket,
            channel,
            why,
            closed,
        })
    }

    fn choose(
        &self,
        plan: &Plan,
        delivery: Delivery,
        closed: &[Channel],
        landline: bool,
        policy: &Policy,
        now: Millis,
    ) -> (Channel, Why) {
        if let Some(last) = self.last_send(delivery, now)
            && let Some(chosen) = plan.again(&last, closed, now, policy.patience)
        {
            return chosen;
        }
        let asked = plan.order().first().copied().unwrap_or(Channel::Sms);
        if !closed.contains(&asked) {
            return (asked, Why::Asked);
        }
        // Nothing else is allowed: Twilio says so again, and the person is told.
        plan.after_refusal(closed, landline)
            .map_or((asked, Why::Asked), |to| (to, Why::Landline))
    }

    /// Why a start would be refused now; `None` when it would be let through.
    pub fn limited(
        &self,
        wish: Wish,
        to: &Destination,
        policy: &Policy,
        now: Millis,
    ) -> Option<Limited> {
        let e_mail = policy.channels.contains(&Channel::Email) && !to.takes(Channel::Email);
        let expires_at = self.live(now).map(|live| live.expires_at);
        let limited = |opens_at, call: bool| Limited {
            opens_at,
            alternatives: [(call, Channel::Call), (e_mail, Channel::Email)]
                .into_iter()
                .filter_map(|(open, channel)| open.then_some(channel))
                .collect(),
            expires_at,
        };
        if let Some(current) = self.live(now)
            && current.sends.len() >= MAX_SENDS as usize
        {
            return Some(limited(current.expires_at, false));
        }
        let Standing::Full { opens_at } = self.standing(policy, now) else {
            return None;
        };
        let call = self.last_call_is_open(to, policy, now);
        let asked = wish == Wish::Channel(Channel::Call);
        (!(call && asked)).then(|| limited(opens_at, call))
    }

    /// Texts alone have used the limit up: a call is another matter, once.
    fn last_call_is_open(&self, to: &Destination, policy: &Policy, now: Millis) -> bool {
        let Some(limit) = policy.per_address else {
            return false;
        };
        let past = limit.left_behind(now);
        let inside = || self.starts.iter().filter(|start| start.at > past);
        policy.last_call
            && policy.channels.contains(&Channel::Call)
            && to.takes(Channel::Call)
            && inside().count() == limit.max as usize
            && inside().all(|start| start.channel != Channel::Call)
    }

    fn standing(&self, policy: &Policy, now: Millis) -> Standing {
        match policy.per_address {
            Some(limit) => limit.standing(self.starts.iter().map(|start| start.at), now),
            None => Standing::Open { left: MAX_SENDS },
        }
    }

    /// Starts that may still be made: ours, and never more than Twilio's own limit leaves.
    pub fn attempts_left(&self, policy: &Policy, now: Millis) -> u32 {
        let sent = self.live(now).map_or(0, |current| current.sends.len());
        let twilio = MAX_SENDS.saturating_sub(u32::try_from(sent).unwrap_or(MAX_SENDS));
        self.standing(policy, now).left().min(twilio)
    }

    /// The verification whose code lives.
    pub fn live(&self, now: Millis) -> Option<&Verification> {
        self.current.as_ref().filter(|current| current.lives(now))
    }

    /// The last send of the verification that lives, with what is known of its delivery.
    pub fn last_send(&self, delivery: Delivery, now: Millis) -> Option<LastSend> {
        let last = self.live(now)?.sends.last()?;
        Some(LastSend {
            at: last.at,
            channel: last.channel,
            wish: last.wish,
            delivery,
        })
    }

    fn is_landline(&self, now: Millis) -> bool {
        self.landline_until.is_some_and(|until| now < until)
    }

    /// Twilio sent the code. Answers whether it is the one that was sent before.
    pub fn taken(
        &mut self,
        ticket: u64,
        sent: Sent,
        resource: &VerificationResource,
        policy: &Policy,
    ) -> bool {
        if let Some(start) = self.starts.iter_mut().find(|start| start.ticket == ticket) {
            start.channel = sent.channel;
        }
        match &mut self.current {
            Some(current) if current.sid == resource.sid => {
                current.sends.push(sent);
                true
            }
            _ => {
                // Twilio's clock may be off, or its date unreadable: a countdown must neither
                // begin in the past nor outlast the code.
                let newest = sent.at;
                let created = resource.created.unwrap_or(newest);
                let created = created.clamp(newest.saturating_sub(policy.lifetime), newest);
                // Sends that Twilio knows and we do not (started elsewhere, or settled late).
                let known = resource.sends.len() > 1;
                self.current = Some(Verification {
                    sid: resource.sid.clone(),
                    expires_at: created.saturating_add(policy.lifetime),
                    sends: vec![sent],
                    wrong: 0,
                    status: Status::Pending,
                });
                known
            }
        }
    }

    /// Twilio did not send it. Only what failed for a reason of ours is given back.
    pub fn refused(&mut self, ticket: u64, refusal: Refusal, now: Millis) {
        if refusal == Refusal::Landline {
            self.landline_until = Some(now.saturating_add(LANDLINE_KEPT));
        }
        if !refusal.counts() {
            self.give_back(ticket);
        }
    }

    /// The number is a landline (Twilio refused a text, or Lookup says so).
    pub fn note_landline(&mut self, now: Millis) {
        self.landline_until = Some(now.saturating_add(LANDLINE_KEPT));
    }

    /// The start never was.
    pub fn give_back(&mut self, ticket: u64) {
        self.starts.retain(|start| start.ticket != ticket);
    }

    fn forget_old(&mut self, policy: &Policy, now: Millis) {
        if let Some(limit) = policy.per_address {
            let past = limit.left_behind(now);
            self.starts.retain(|start| start.at > past);
        } else {
            self.starts.clear();
        }
    }

    /// The SID that a check is about; `None` when Twilio must find it by the address.
    pub fn subject(&self, now: Millis) -> Option<&str> {
        self.live(now).map(|current| current.sid.as_str())
    }

    /// Five wrong codes were tried and the verification still lives: Twilio need not be asked.
    pub fn is_exhausted(&self, now: Millis) -> bool {
        self.current.as_ref().is_some_and(|current| {
            now < current.expires_at
                && (current.status == Status::MaxAttempts || current.wrong >= MAX_CHECKS)
        })
    }

    /// Takes the outcome of a check; `None` when Twilio judged nothing.
    pub fn checked(&mut self, outcome: &CheckOutcome, now: Millis) -> Option<Checked> {
        let was = self
            .current
            .as_ref()
            .map(|current| (current.status, current.expires_at));
        let verdict = match outcome {
            CheckOutcome::Approved => Verdict::Approved,
            CheckOutcome::WrongCode => Verdict::Pending,
            CheckOutcome::TooManyTries => Verdict::MaxAttemptsReached,
            CheckOutcome::Ended => match was {
                Some((_, expires_at)) if now >= expires_at => Verdict::Expired,
                Some((Status::Approved, _)) => Verdict::Used,
                _ => Verdict::ExpiredOrUsed,
            },
            CheckOutcome::NotJudged(_) | CheckOutcome::Busy { .. } => return None,
        };
        let mut converted = Vec::new();
        if let Some(current) = &mut self.current {
            match verdict {
                Verdict::Approved if current.status != Status::Approved => {
                    current.status = Status::Approved;
                    converted = current.sends.iter().filter_map(Sent::converted).collect();
                }
                Verdict::Pending => current.wrong = current.wrong.saturating_add(1),
                Verdict::MaxAttemptsReached => current.status = Status::MaxAttempts,
                Verdict::ExpiredOrUsed | Verdict::Expired if current.status == Status::Pending => {
                    current.status = Status::Ended;
                }
                _ => {}
            }
        }
        let current = self.current.as_ref();
        let lives = verdict == Verdict::Pending;
        Some(Checked {
            verdict,
            tries_left: match (lives, current) {
                (true, Some(current)) => MAX_CHECKS.saturating_sub(current.wrong),
                (true, None) => MAX_CHECKS - 1,
                (false, _) => 0,
            },
            expires_at: current
                .filter(|_| lives || verdict == Verdict::MaxAttemptsReached)
                .map(|current| current.expires_at),
            channel: current
                .and_then(|current| current.sends.last())
                .map(|sent| sent.channel),
            converted,
        })
    }
}

impl Verdict {
    /// The status in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Approved => "approved",
            Verdict::Pending => "pending",
            Verdict::Expired => "expired",
            Verdict::Used => "used",
            Verdict::ExpiredOrUsed => "expired_or_used",
            Verdict::MaxAttemptsReached => "max_attempts_reached",
        }
    }
}

impl Checked {
    /// The sentence for the person.
    pub fn sentence(&self, now: Millis) -> String {
        let fixed = match self.verdict {
            Verdict::Approved => "Thank you. The code is right.",
            Verdict::Expired => "This code has expired. Ask for a new one.",
            Verdict::Used => "This code was already used. Ask for a new one.",
            Verdict::ExpiredOrUsed => {
                "This code has expired or was already used. Ask for a new one."
            }
            Verdict::Pending => match self.tries_left {
                0 => "That code is not right. Ask for a new one.",
                1 => "That code is not right. You have one try left.",
                left => {
                    return format!("That code is not right. You have {left} tries left.");
                }
            },
            Verdict::MaxAttemptsReached => {
                let wait = self
                    .expires_at
                    .map(|at| at.saturating_sub(now))
                    .filter(|ms| *ms > 0);
                let Some(wait) = wait else {
                    return "Too many wrong codes. Ask for a new code in a few minutes.".to_owned();
                };
                let minutes = wait.unsigned_abs().div_ceil(60_000);
                let unit = if minutes == 1 { "minute" } else { "minutes" };
                return format!("Too many wrong codes. Ask for a new code in {minutes} {unit}.");
            }
        };
        fixed.to_owned()
    }
}

#[cfg(test)]
mod tests;
