//! Turnstile: is there a person in front of the page? (Cloudflare docs, "Turnstile: validate
//! the token").
//!
//! A token is good once and for five minutes. A check that cannot be made lets nobody in: the
//! routes behind it cost money.

use serde_json::Value;

use super::super::problem::Problem;
use super::super::world::World;
use crate::log::Record;
use crate::ports::HttpRequest;
use crate::secret::Secret;
use crate::twilio::form;

/// Twice what Cloudflare says that a token may have.
const TOKEN_LIMIT: usize = 4_096;

/// Lets a request with a good token through.
///
/// # Errors
/// 403 for a missing or bad token, 503 when it could not be checked.
pub(super) async fn admit<W: World>(
    world: &W,
    secret: &Secret,
    token: Option<&str>,
    ip: Option<&str>,
) -> Result<(), Problem> {
    let Some(token) = token.filter(|token| !token.is_empty() && token.len() <= TOKEN_LIMIT) else {
        return Err(refused());
    };
    let origin = &world.settings().verify_page.turnstile_origin;
    let mut parameters = vec![("secret", secret.expose()), ("response", token)];
    parameters.extend(ip.map(|ip| ("remoteip", ip)));
    let request = HttpRequest {
        method: "POST",
        url: format!("{origin}/turnstile/v0/siteverify"),
        authorization: None,
        content_type: Some("application/x-www-form-urlencoded"),
        body: form::encode(parameters),
    };
    let answer = world.send(request).await.ok();
    let body = answer.and_then(|answer| serde_json::from_str::<Value>(&answer.body).ok());
    let success = body
        .as_ref()
        .and_then(|body| body.get("success")?.as_bool());
    match success {
        Some(true) => Ok(()),
        Some(false) => {
            let codes = body
                .as_ref()
                .and_then(|body| body.get("error-codes"))
                .cloned();
            world.log(
                Record::warn("verify.turnstile_refused").with("codes", codes.unwrap_or_default()),
            );
            Err(refused())
        }
        None => {
            world.log(Record::error("verify.turnstile_unavailable"));
            Err(Problem::new(
                503,
                "unavailable",
                "The gateway cannot answer right now",
                "We could not make sure that you are a person. Try again in a moment.",
            )
            .retry_after(2))
        }
    }
}

fn refused() -> Problem {
    Problem::new(
        403,
        "turnstile_failed",
        "The Turnstile token is missing or not valid",
        "We could not make sure that you are a person. Reload the page and try again.",
    )
}
