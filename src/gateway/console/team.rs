//! The team's public keys at Cloudflare Access: fetched, remembered by the isolate, and used to
//! check a token.

use std::cell::{Cell, RefCell};

use super::super::world::World;
use crate::access::jwt::{self, Jwk, Refused, Token};
use crate::access::{Role, Session};
use crate::log::Record;
use crate::ports::{HttpRequest, Millis};
use crate::settings::Access;
use crate::time::{DAY, HOUR, MINUTE};

/// How long keys are used without asking again. Access changes them every six weeks and keeps
/// the old ones for a week (Cloudflare docs, "Validate JWTs").
const FRESH: Millis = HOUR;
/// How long they are used when the team's list cannot be had.
const TRUSTED: Millis = DAY;
/// Until the list is asked for again, whoever sends tokens that no known key has signed.
const PATIENCE: Millis = MINUTE;

/// What an isolate remembers of the team's keys.
#[derive(Debug, Default)]
pub struct Keys {
    known: RefCell<Vec<Jwk>>,
    fetched_at: Cell<Option<Millis>>,
    asked_at: Cell<Option<Millis>>,
}

impl Keys {
    fn find(&self, kid: &str, now: Millis, age: Millis) -> Option<Jwk> {
        let fetched_at = self.fetched_at.get()?;
        if now.saturating_sub(fetched_at) >= age {
            return None;
        }
        let known = self.known.borrow();
        known.iter().find(|key| key.kid == kid).cloned()
    }
}

/// The session that a token stands for.
///
/// # Errors
/// Why it does not count.
pub async fn session<W: World>(
    world: &W,
    access: &Access,
    token: &str,
) -> Result<Session, Refused> {
    let token = Token::read(token)?;
    let key = key(world, access, &token.kid).await?;
    if !world
        .verify_rs256(&key, token.signed, &token.signature)
        .await
    {
        return Err(Refused::Signature);
    }
    let (actor, expires_at) = token.check(&access.team, &access.audience, world.now())?;
    let is_operator = access.operators.contains(&actor.to_lowercase());
    Ok(Session {
        actor,
        role: if is_operator {
            Role::Operator
        } else {
            Role::Viewer
        },
        expires_at,
    })
}

async fn key<W: World>(world: &W, access: &Access, kid: &str) -> Result<Jwk, Refused> {
    let keys = &world.memory().team;
    let now = world.now();
    if let Some(key) = keys.find(kid, now, FRESH) {
        return Ok(key);
    }
    let asked = keys.asked_at.get();
    if asked.is_none_or(|asked| now.saturating_sub(asked) >= PATIENCE) {
        keys.asked_at.set(Some(now));
        let request = HttpRequest {
            method: "GET",
            url: [&access.team, "/cdn-cgi/access/certs"].concat(),
            authorization: None,
            content_type: None,
            body: String::new(),
        };
        let answer = world.send(request).await.ok();
        let answer = answer.filter(|answer| answer.status == 200);
        match answer.and_then(|answer| jwt::keys(&answer.body)) {
            Some(fetched) => {
                *keys.known.borrow_mut() = fetched;
                keys.fetched_at.set(Some(now));
            }
            None => world.log(Record::error("console.team_keys_unavailable")),
        }
    }
    keys.find(kid, now, TRUSTED).ok_or(Refused::UnknownKey)
}
