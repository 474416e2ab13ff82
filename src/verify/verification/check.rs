//! Checks: what a code came to, and what the person is told.

use serde::{Deserialize, Serialize};

use super::{Sent, Status, Verifications};
use crate::ports::Millis;
use crate::verify::channel::Channel;
use crate::verify::outcome::{CheckOutcome, MAX_CHECKS};

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
