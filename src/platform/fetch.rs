//! HTTP out: one request, within [`Limits`].

use serde_json::Value as Json;
use wasm_bindgen::JsCast as _;

use super::border::{self, Answer, kept};
use crate::ports::{HttpFault, HttpRequest, HttpResponse, Limits, Millis};

/// The time is below the lease of a POST, so that a lease that ran out means a POST that ended.
/// Twilio's longest page of a list stays below the size.
pub(super) const USUAL: Limits = Limits {
    time: 10_000,
    size: 2 * 1024 * 1024,
};

/// Sends one request.
pub(super) async fn send(request: HttpRequest) -> Result<HttpResponse, HttpFault> {
    send_within(request, &[], USUAL).await
}

/// The same with headers and limits of its own.
pub(super) async fn send_within(
    request: HttpRequest,
    more: &[(&'static str, String)],
    limits: Limits,
) -> Result<HttpResponse, HttpFault> {
    let agent = concat!("hookswitch/", env!("CARGO_PKG_VERSION"));
    let mut headers = vec![("accept", "application/json"), ("user-agent", agent)];
    headers.extend(request.content_type.map(|value| ("content-type", value)));
    let authorization = request.authorization.as_deref();
    headers.extend(authorization.map(|value| ("authorization", value)));
    headers.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
    let headers = headers
        .into_iter()
        .map(|(name, value)| Json::from(vec![name, value]));
    let promise = border::send(
        request.method,
        &request.url,
        &Json::Array(headers.collect()).to_string(),
        Some(request.body.as_str()).filter(|body| !body.is_empty()),
        u32::try_from(limits.time).unwrap_or_default(),
        limits.size,
    );
    match kept(promise).await {
        Ok(answer) => {
            let answer: Answer = answer.unchecked_into();
            Ok(HttpResponse {
                status: answer.status(),
                retry_after: answer.retry_after(),
                content_type: answer.content_type(),
                location: answer.location(),
                body: answer.body(),
            })
        }
        Err(fault) if fault.is_timeout() => Err(HttpFault::TimedOut),
        Err(_) => Err(HttpFault::Broken),
    }
}

pub(super) async fn pause(length: Millis) {
    // A timer does not fail.
    let _ = kept(border::pause(length as f64)).await;
}
