//! Who calls the API: `Authorization: Bearer` with one of the keys in `API_KEYS`.

use super::http::Incoming;
use super::problem::Problem;
use super::world::World;
use crate::log::Record;

/// The name of the key that the caller holds.
///
/// Every key is compared, each in constant time, so that the time says nothing about which
/// one was close.
///
/// # Errors
/// 401 for a missing or unknown key, 500 when the deployment has no key at all.
pub fn caller<'w, W: World>(world: &'w W, request: &impl Incoming) -> Result<&'w str, Problem> {
    let keys = &world.settings().api_keys;
    if keys.is_empty() {
        world.log(Record::error("api.no_keys").with("why", "API_KEYS is not set"));
        return Err(Problem::not_configured("The deployment has no API keys."));
    }
    let header = request.header("authorization").unwrap_or_default();
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
    found.ok_or_else(|| {
        world.log(Record::warn("api.unauthorized"));
        Problem::unauthorized()
    })
}
