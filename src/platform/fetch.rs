//! HTTP out: one request, at most [`TIME_LIMIT`], at most [`SIZE_LIMIT`] of answer.

use serde_json::Value as Json;
use wasm_bindgen::JsCast as _;

use super::border::{self, Answer, kept};
use crate::ports::{HttpFault, HttpRequest, HttpResponse, Millis};

/// Milliseconds. Below the lease of a POST, so that a lease that ran out means a POST that
/// ended.
const TIME_LIMIT: u32 = 10_000;
/// Bytes. Twilio's longest page of a list stays below this.
const SIZE_LIMIT: u32 = 2 * 1024 * 1024;

/// Sends one request.
pub(super) async fn send(request: HttpRequest) -> Result<HttpResponse, HttpFault> {
    send_with(request, &[]).await
}

/// The same with headers of its own.
pub(super) async fn send_with(
    request: HttpRequest,
    more: &[(&'static str, String)],
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
        TIME_LIMIT,
        SIZE_LIMIT,
    );
    match kept(promise).await {
        Ok(answer) => {
            let answer: Answer = answer.unchecked_into();
            Ok(HttpResponse {
                status: answer.status(),
                retry_after: answer.retry_after(),
                content_type: answer.content_type(),
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
