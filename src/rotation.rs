//! A rotation of credentials: which steps are behind it, and whether the next may be taken.
//!
//! The Worker cannot write its own secrets and cannot ask Twilio for a token without spending
//! the one it has, so the steps are carried out outside (`cargo xtask rotate`). What is kept
//! here is what only the deployment knows: which tokens it accepts, which of them signed what
//! arrived, who took which step and when.
//!
//! What must never happen:
//! - a token is taken out of use while webhooks still come signed with it;
//! - a token's value, or anything it could be computed from: tokens appear as fingerprints.

use serde::{Deserialize, Serialize};

use crate::ports::Millis;
use crate::time::{HOUR, MINUTE, SECOND};

/// How long no webhook may have come with the old token before it is retired: the default.
pub const QUIET: Millis = 2 * MINUTE;
/// The shortest such time: an isolate tells of signatures every [`TOLD_EVERY`] at most.
pub const QUIET_LEAST: Millis = 2 * TOLD_EVERY;
/// The longest.
pub const QUIET_MOST: Millis = HOUR;
/// How often an isolate tells the registry which tokens signed.
pub const TOLD_EVERY: Millis = 10 * SECOND;
/// Steps that are remembered, those of earlier rotations included.
const LOG_KEPT: usize = 100;

/// What is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The account's Auth Token.
    AuthToken,
    /// The API key (`SK…`) of REST calls.
    ApiKey,
}

impl Kind {
    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::AuthToken => "auth_token",
            Kind::ApiKey => "api_key",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Kind> {
        [Kind::AuthToken, Kind::ApiKey]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A step that was taken, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It begins; nothing has changed.
    Start,
    /// The deployment has the new one; of tokens, it accepts both.
    Accept,
    /// Twilio signs with the new one.
    Promote,
    /// A webhook signed with the new token arrived, or a REST call with the new key worked.
    Prove,
    /// The old one is out of use: its secret may be deleted.
    Retire,
    /// The old one is gone.
    Finish,
    /// It ended before the promotion, and all is as it was.
    Abort,
}

impl Step {
    const ALL: [(Step, &'static str); 7] = [
        (Step::Start, "start"),
        (Step::Accept, "accept"),
        (Step::Promote, "promote"),
        (Step::Prove, "prove"),
        (Step::Retire, "retire"),
        (Step::Finish, "finish"),
        (Step::Abort, "abort"),
    ];

    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        let found = Step::ALL.iter().find(|(step, _)| *step == self);
        found.map_or("", |(_, name)| name)
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Step> {
        let found = Step::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(step, _)| *step)
    }

    fn is_last(self) -> bool {
        matches!(self, Step::Finish | Step::Abort)
    }

    /// The step after this one. A key needs no promotion: Twilio takes both all along.
    fn next(self, kind: Kind) -> Option<Step> {
        Some(match self {
            Step::Start => Step::Accept,
            Step::Accept if kind == Kind::ApiKey => Step::Prove,
            Step::Accept => Step::Promote,
            Step::Promote => Step::Prove,
            Step::Prove => Step::Retire,
            Step::Retire => Step::Finish,
            Step::Finish | Step::Abort => return None,
        })
    }
}

/// A step as it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Which.
    pub step: Step,
    /// When.
    pub at: Millis,
    /// The name of the API key that took it.
    pub by: String,
}

/// One rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The last step taken.
    pub step: Step,
    /// The old token's fingerprint, or the old key's SID.
    pub old: String,
    /// The new one's, once it is known.
    #[serde(default)]
    pub new: Option<String>,
    /// When the last change happened that webhooks or REST calls depend on.
    #[serde(default)]
    pub changed: Millis,
    /// Every step, of earlier rotations too, oldest first.
    pub log: Vec<Taken>,
}

/// Webhooks that a token signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The token's fingerprint.
    pub token: String,
    /// How many, at least: what an isolate had not told when it ended is not in it.
    pub count: u64,
    /// When the last one that was told of arrived.
    pub last: Millis,
}

/// What the isolate that is asked works with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The token or key that is used first.
    pub current: String,
    /// What is accepted beside it.
    #[serde(default)]
    pub also: Vec<String>,
}

impl Standing {
    fn has(&self, one: &str) -> bool {
        self.current == one || self.also.iter().any(|other| other == one)
    }
}

/// A step that somebody wants to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Of which rotation.
    pub kind: Kind,
    /// Which.
    pub step: Step,
    /// With [`Step::Accept`]: the new token's fingerprint, or the new key's SID.
    #[serde(default)]
    pub new: Option<String>,
    /// How long the old one must not have been seen.
    pub quiet: Millis,
    /// With [`Step::Prove`] of a key: a REST call with it worked.
    #[serde(default)]
    pub worked: bool,
    /// The API key's name.
    pub by: String,
    /// What the isolate works with.
    pub standing: Standing,
}

/// Why a step may not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Nothing was begun.
    #[error("no rotation is under way")]
    NotBegun,
    /// Another step comes first.
    #[error("another step comes first")]
    OutOfOrder,
    /// The deployment does not have both.
    #[error("the deployment does not have the new one yet, or no longer the old one")]
    NotAccepted,
    /// Nothing has shown yet that the new one works.
    #[error("no webhook with the new token, or REST call with the new key, has been seen yet")]
    NotProven,
    /// The old one is still in use, or was too short a time ago.
    #[error("the old one was in use too short a time ago")]
    StillInUse,
    /// The old one's secret is still there.
    #[error("the deployment still has the old one")]
    StillAccepted,
    /// Twilio signs with the new one: there is no way back.
    #[error("after the promotion there is no way back")]
    TooLate,
}

/// Takes a step. A step that was the last one taken is taken already: it changes nothing.
///
/// # Errors
/// Why it may not be taken now.
pub fn take(
    known: Option<Rotation>,
    wish: &Wish,
    seen: &[Sighting],
    now: Millis,
) -> Result<Rotation, Refusal> {
    let begins = wish.step == Step::Start;
    let mut rotation = match known {
        Some(rotation) if rotation.step == wish.step => return Ok(rotation),
        Some(rotation) if !begins => rotation,
        // A second one would lose the first one's tokens.
        Some(rotation) if !rotation.step.is_last() => return Err(Refusal::OutOfOrder),
        known if begins => Rotation {
            step: Step::Start,
            old: wish.standing.current.clone(),
            new: None,
            changed: now,
            log: known.map(|earlier| earlier.log).unwrap_or_default(),
        },
        _ => return Err(Refusal::NotBegun),
    };
    if !begins {
        advance(&mut rotation, wish, seen, now)?;
    }
    rotation.step = wish.step;
    rotation.log.push(Taken {
        step: wish.step,
        at: now,
        by: wish.by.clone(),
    });
    let surplus = rotation.log.len().saturating_sub(LOG_KEPT);
    rotation.log.drain(..surplus);
    Ok(rotation)
}

fn advance(
    rotation: &mut Rotation,
    wish: &Wish,
    seen: &[Sighting],
    now: Millis,
) -> Result<(), Refusal> {
    if wish.step == Step::Abort {
        return match (rotation.step, wish.kind) {
            (Step::Finish, _) => Err(Refusal::OutOfOrder),
            (Step::Promote | Step::Prove, Kind::AuthToken) | (Step::Retire, _) => {
                Err(Refusal::TooLate)
            }
            _ => Ok(()),
        };
    }
    if rotation.step.next(wish.kind) != Some(wish.step) {
        return Err(Refusal::OutOfOrder);
    }
    let is_token = wish.kind == Kind::AuthToken;
    let last = |token: &str| seen.iter().find(|known| known.token == token);
    let last = |token: &str| last(token).map(|known| known.last);
    let new = rotation.new.as_deref().unwrap_or_default();
    match wish.step {
        Step::Accept => {
            let new = wish.new.clone().unwrap_or_default();
            let has_old = !is_token || wish.standing.has(&rotation.old);
            if new.is_empty() || new == rotation.old || !wish.standing.has(&new) || !has_old {
                return Err(Refusal::NotAccepted);
            }
            rotation.new = Some(new);
            rotation.changed = now;
        }
        Step::Promote => rotation.changed = now,
        Step::Prove => {
            let proven = if is_token {
                // Twilio signs with a token only once it was promoted: any signature proves it.
                last(new).is_some()
            } else {
                wish.worked && wish.standing.current == new
            };
            if !proven {
                return Err(Refusal::NotProven);
            }
        }
        Step::Retire | Step::Finish => {
            let last_old = last(&rotation.old).unwrap_or(0).max(rotation.changed);
            if wish.step == Step::Retire && now.saturating_sub(last_old) < wish.quiet {
                return Err(Refusal::StillInUse);
            }
            if wish.step == Step::Finish && wish.standing.has(&rotation.old) {
                return Err(Refusal::StillAccepted);
            }
        }
        Step::Start | Step::Abort => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
