//! HTTP out: one request, at most [`TIME_LIMIT`], at most [`SIZE_LIMIT`] of answer.

use std::time::Duration;

use futures_util::StreamExt as _;
use wasm_bindgen::JsValue;
use worker::{
    AbortSignal, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
    web_sys,
};

use crate::ports::{HttpFault, HttpRequest, HttpResponse, Millis};

/// Below the lease of a POST, so that a lease that ran out means a POST that ended.
const TIME_LIMIT: u32 = 10_000;
/// Twilio's longest page of a list stays below this.
const SIZE_LIMIT: usize = 2 * 1024 * 1024;

/// Sends one request. A redirect is not followed: Twilio's API has none, and following one
/// would carry credentials elsewhere.
pub(super) async fn send(request: HttpRequest) -> Result<HttpResponse, HttpFault> {
    let prepared = prepare(&request).map_err(|_| HttpFault::Broken)?;
    let signal = AbortSignal::from(web_sys::AbortSignal::timeout_with_u32(TIME_LIMIT));
    let sent = Fetch::Request(prepared).send_with_signal(&signal).await;
    let mut response = sent.map_err(|error| match error {
        worker::Error::UnknownJsError {
            name: Some(name), ..
        } if name == "TimeoutError" => HttpFault::TimedOut,
        _ => HttpFault::Broken,
    })?;
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let retry_after = header("retry-after");
    let content_type = header("content-type");
    let status = response.status_code();
    let body = read(&mut response).await?;
    Ok(HttpResponse {
        status,
        retry_after,
        content_type,
        body,
    })
}

fn prepare(request: &HttpRequest) -> worker::Result<Request> {
    let headers = Headers::new();
    if let Some(authorization) = &request.authorization {
        headers.set("authorization", authorization)?;
    }
    if let Some(content_type) = request.content_type {
        headers.set("content-type", content_type)?;
    }
    headers.set("accept", "application/json")?;
    headers.set(
        "user-agent",
        concat!("hookswitch/", env!("CARGO_PKG_VERSION")),
    )?;
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.to_owned()))
        .with_headers(headers);
    init.with_redirect(RequestRedirect::Manual);
    if !request.body.is_empty() {
        init.with_body(Some(JsValue::from_str(&request.body)));
    }
    Request::new_with_init(&request.url, &init)
}

/// The body, cut at the size limit; broken off, the answer is none.
async fn read(response: &mut Response) -> Result<String, HttpFault> {
    let Ok(mut stream) = response.stream() else {
        return Ok(String::new());
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(|_| HttpFault::Broken)?);
        if bytes.len() > SIZE_LIMIT {
            bytes.truncate(SIZE_LIMIT);
            break;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) async fn pause(length: Millis) {
    Delay::from(Duration::from_millis(u64::try_from(length).unwrap_or(0))).await;
}
