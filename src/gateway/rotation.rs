//! `GET /v1/rotation`, `POST /v1/rotation`, and the count of which token signed what.
//!
//! The count costs a webhook nothing while one token is in force. During a rotation the isolate
//! adds up, and tells the registry after the answer has left, at most every
//! [`TOLD_EVERY`](crate::rotation::TOLD_EVERY).

use std::cell::Cell;

use serde_json::{Value, json};

use super::api::fields;
use super::http::{Incoming, Response};
use super::problem::Problem;
use super::world::World;
use crate::log::Record;
use crate::objects::registry::{INSTANCE, RotationView, TurnRotation};
use crate::ports::Millis;
use crate::rotation::{
    Kind, QUIET, QUIET_LEAST, QUIET_MOST, Rotation, Sighting, Standing, Step, TOLD_EVERY, Wish,
};
use crate::settings::Settings;
use crate::time::{SECOND, rfc3339};
use crate::twilio::signature::Key;

/// What an isolate has counted of one token and not told.
#[derive(Debug, Default)]
struct Untold {
    count: Cell<u64>,
    last: Cell<Millis>,
}

/// What an isolate has counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// The current token, and the other one.
    tokens: [Untold; 2],
    /// When the registry was told of each.
    told: [Cell<Millis>; 2],
}

impl Tally {
    /// What is to be told, and no longer untold.
    fn take(&self, settings: &Settings) -> Vec<Sighting> {
        let counted = settings.signing.iter().zip(&self.tokens);
        let counted = counted.filter(|(_, untold)| untold.count.get() > 0);
        counted
            .map(|(key, untold)| Sighting {
                token: key.fingerprint(),
                count: untold.count.replace(0),
                last: untold.last.get(),
            })
            .collect()
    }
}

/// Counts a webhook that one of the account's tokens signed. A token that was not seen for a
/// while is told of at once.
pub(super) fn note<W: World>(world: &W, signer: Option<&Key>) {
    let (settings, tally, now) = (world.settings(), &world.memory().signatures, world.now());
    let ours = settings.signing.iter();
    let at = ours
        .zip(tally.tokens.iter().zip(&tally.told))
        .find(|(key, _)| signer.is_some_and(|signer| std::ptr::eq(*key, signer)));
    // A sub-account's tokens are not rotated here.
    let Some((_, (untold, told))) = at else {
        return;
    };
    untold.count.set(untold.count.get() + 1);
    untold.last.set(now);
    if now.saturating_sub(told.get()) >= TOLD_EVERY {
        told.set(now);
        let command = TurnRotation {
            seen: tally.take(settings),
            wish: None,
        };
        world.tell(INSTANCE, &command);
    }
}

/// What this isolate works with.
fn standing(settings: &Settings, kind: Kind) -> Option<Standing> {
    match kind {
        Kind::AuthToken => {
            let mut prints = settings.signing.iter().map(Key::fingerprint);
            Some(Standing {
                current: prints.next()?,
                also: prints.collect(),
            })
        }
        Kind::ApiKey => {
            let own = settings.credentials.as_ref()?;
            let is_key = own.user.starts_with("SK");
            is_key.then(|| Standing {
                current: own.user.clone(),
                also: Vec::new(),
            })
        }
    }
}

/// Where the rotations stand, and which tokens signed.
///
/// # Errors
/// When the registry does not answer.
pub async fn fetch<W: World>(world: &W) -> Result<Response, Problem> {
    let command = TurnRotation {
        seen: world.memory().signatures.take(world.settings()),
        wish: None,
    };
    let view = world.ask(INSTANCE, &command).await?;
    Ok(Response::json(200, &shown(world.settings(), &view)))
}

/// Takes a step: `{kind, step, new?, quiet_seconds?}`.
///
/// # Errors
/// 400 for a field, 409 `rotation_refused` with the reason.
pub async fn step<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
) -> Result<Response, Problem> {
    let mut fields = fields(request).await?;
    let kind = fields.required("kind", |name| {
        Kind::parse(name).ok_or("must be auth_token or api_key")
    });
    let step = fields.required("step", |name| {
        Step::parse(name).ok_or("must be start, accept, promote, prove, retire, finish or abort")
    });
    let new = fields.text("new");
    let (least, most) = (QUIET_LEAST / SECOND, QUIET_MOST / SECOND);
    let quiet = fields.integer("quiet_seconds", least, most);
    fields.finish()?;
    let (Some(kind), Some(step)) = (kind, step) else {
        return Err(Problem::invalid_field("/kind", "is needed"));
    };
    let settings = world.settings();
    let Some(standing) = standing(settings, kind) else {
        let what = "The deployment has none of what is to be rotated.";
        return Err(Problem::not_configured(what));
    };
    let worked = (kind, step) == (Kind::ApiKey, Step::Prove)
        && super::checkup::rest_works(world).await == 200;
    let command = TurnRotation {
        seen: world.memory().signatures.take(settings),
        wish: Some(Wish {
            kind,
            step,
            new,
            quiet: quiet.map_or(QUIET, |seconds| seconds * SECOND),
            worked,
            by: caller.to_owned(),
            standing,
        }),
    };
    let view = world.ask(INSTANCE, &command).await?;
    let view_shown = shown(settings, &view);
    if let Some(refusal) = view.refused {
        let problem = Problem::new(
            409,
            "rotation_refused",
            "This step may not be taken now",
            refusal.to_string(),
        );
        return Err(problem
            .with("reason", json!(refusal))
            .with("rotation", view_shown));
    }
    world.log(
        Record::info("rotation.step")
            .with("kind", kind.as_str())
            .with("step", step.as_str())
            .with("by", caller),
    );
    Ok(Response::json(200, &view_shown))
}

fn shown(settings: &Settings, view: &RotationView) -> Value {
    let mut tokens = Vec::new();
    let roles = ["current", "other"];
    for (role, key) in roles.into_iter().zip(&settings.signing) {
        let print = key.fingerprint();
        tokens.push(json!({ "role": role, "fingerprint": print }));
    }
    let mut signed = Vec::new();
    for seen in &view.signed {
        signed.push(json!({
            "fingerprint": seen.token, "webhooks": seen.count, "last_at": rfc3339(seen.last),
        }));
    }
    let key = standing(settings, Kind::ApiKey).map(|standing| standing.current);
    json!({
        "accepts": tokens,
        "signed": signed,
        "api_key_sid": key,
        "auth_token": view.auth_token.as_ref().map(rotation),
        "api_key": view.api_key.as_ref().map(rotation),
    })
}

fn rotation(rotation: &Rotation) -> Value {
    let mut log = Vec::new();
    for taken in &rotation.log {
        let at = rfc3339(taken.at);
        log.push(json!({ "step": taken.step.as_str(), "at": at, "by": taken.by }));
    }
    json!({
        "step": rotation.step.as_str(),
        "old": rotation.old,
        "new": rotation.new,
        "changed_at": rfc3339(rotation.changed),
        "log": log,
    })
}
