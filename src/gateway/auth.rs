//! Who calls the API: `Authorization: Bearer` with one of the keys in `API_KEYS`, or somebody at
//! the console (`super::console`).

use std::borrow::Cow;

use super::console;
use super::http::Incoming;
use super::problem::Problem;
use super::world::World;
use crate::access::Role;
use crate::log::Record;

/// Who calls.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller<'w> {
    /// The key's name, or `console:` and the actor's; a key's name has no colon. It stands in
    /// logs, in the scope of idempotency keys and as who did a thing.
    pub name: Cow<'w, str>,
    /// The role of a console session; `None` for a key, which may do everything.
    pub console: Option<Role>,
}

/// The caller.
///
/// A key in the header is all that is looked at where there is one. Every key is compared, each
/// in constant time, so that the time says nothing about which one was close.
///
/// # Errors
/// 401 for a missing or unknown key or session, 403 for what a session may not do or did not ask
/// for itself, 500 when the deployment has no key at all.
pub async fn caller<'w, W: World>(
    world: &'w W,
    request: &impl Incoming,
) -> Result<Caller<'w>, Problem> {
    let settings = world.settings();
    let header = request.header("authorization").unwrap_or_default();
    if header.is_empty() && settings.console.is_open() {
        let session = console::admitted(world, request).await?;
        return Ok(Caller {
            name: Cow::Owned(["console:", &session.actor].concat()),
            console: Some(session.role),
        });
    }
    let keys = &settings.api_keys;
    if keys.is_empty() {
        world.log(Record::error("api.no_keys").with("why", "API_KEYS is not set"));
        return Err(Problem::not_configured("The deployment has no API keys."));
    }
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(Problem::unauthorized()),
    };
    let mut found = None;
    for known in keys {
        if known.key.matches(token) {
            found = Some(known.name.as_str());
        }
    }
    let name = found.ok_or_else(|| {
        world.log(Record::warn("api.unauthorized"));
        Problem::unauthorized()
    })?;
    Ok(Caller {
        name: Cow::Borrowed(name),
        console: None,
    })
}
