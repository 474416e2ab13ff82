//! `GET /readyz`: whether the deployment can do its work. `/healthz` says only that the Worker
//! runs.
//!
//! It is open to everybody, so it names settings and never shows a value; and it asks KV at
//! most once in ten seconds, whoever asks.

use serde_json::json;

use super::http::Response;
use super::problem::{FieldError, Problem};
use super::published;
use super::world::World;
use crate::settings::Settings;

/// Seconds after which asking again makes sense: what KV's answer is trusted for.
const ASK_AGAIN: u64 = 10;

/// 200 `{"status": "ready"}`.
///
/// # Errors
/// 503 `not_ready`, with the settings and bindings at fault.
pub async fn answer<W: World>(world: &W) -> Result<Response, Problem> {
    let mut missing = missing(world.settings());
    if !published::answers(world).await {
        missing.push(FieldError::new("PUBLISHED", "KV does not answer"));
    }
    if missing.is_empty() {
        return Ok(Response::json(200, &json!({ "status": "ready" })));
    }
    let problem = Problem::new(
        503,
        "not_ready",
        "The gateway is not ready",
        "What is named here is missing or cannot be used.",
    );
    Err(problem.with_errors(missing).retry_after(ASK_AGAIN))
}

/// Settings that nothing works without, and those that cannot be used.
fn missing(settings: &Settings) -> Vec<FieldError> {
    let needed = [
        ("TWILIO_ACCOUNT_SID", settings.account_sid.is_some()),
        ("TWILIO_AUTH_TOKEN", !settings.signing.is_empty()),
        ("API_KEYS", !settings.api_keys.is_empty()),
    ];
    let unset = needed.into_iter().filter(|(_, set)| !set);
    let unset = unset.map(|(name, _)| FieldError::new(name, "is not set"));
    let faults = settings.faults.iter();
    let faults = faults.map(|fault| FieldError::new(fault.name, fault.reason));
    unset.chain(faults).collect()
}
