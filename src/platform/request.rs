//! A request of the runtime's as the gateway reads it, and its answer back. What every webhook
//! needs, the body included, comes in the crossing that brings the request.

use std::cell::{OnceCell, RefCell};

use js_sys::Uint8Array;
use js_sys::futures::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use worker::web_sys;

use super::bindings::Bindings;
use super::border::{self, Fault, kept};
use crate::gateway::console::Live;
use crate::gateway::http::{BodyFault, Incoming, Response};

/// The headers that come with the request, in the order of `entry.js`.
const HEADERS: [&str; 3] = [
    "content-type",
    "x-twilio-signature",
    "i-twilio-idempotency-token",
];

/// One request.
pub(super) struct Received {
    /// Method, URL, and one line for each of [`HEADERS`].
    head: String,
    /// The body, where it came with the request; it is given away once.
    body: RefCell<Option<Vec<u8>>>,
    request: web_sys::Request,
    /// Reads the body piece by piece, once somebody wants that.
    reader: OnceCell<JsValue>,
}

impl Received {
    pub(super) fn new(head: String, body: Option<Vec<u8>>, request: web_sys::Request) -> Received {
        Received {
            head,
            body: RefCell::new(body),
            request,
            reader: OnceCell::new(),
        }
    }

    fn line(&self, number: usize) -> &str {
        self.head.split('\n').nth(number).unwrap_or_default()
    }
}

impl Incoming for Received {
    fn method(&self) -> &str {
        self.line(0)
    }

    fn url(&self) -> &str {
        self.line(1)
    }

    fn header(&self, name: &str) -> Option<String> {
        match HEADERS.iter().position(|known| *known == name) {
            // What is there begins with `=`.
            Some(at) => self.line(at + 2).strip_prefix('=').map(str::to_owned),
            None => self.request.headers().get(name).ok().flatten(),
        }
    }

    fn network(&self) -> Option<u32> {
        border::network(&self.request)
    }

    async fn body(&self, limit: usize) -> Result<Vec<u8>, BodyFault> {
        if let Some(body) = self.body.take() {
            return if body.len() > limit {
                Err(BodyFault::TooLarge)
            } else {
                Ok(body)
            };
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let body = kept(border::body(&self.request, limit))
            .await
            .map_err(|_| BodyFault::Broken)?;
        if body.is_undefined() {
            return Err(BodyFault::TooLarge);
        }
        Ok(body.unchecked_into::<Uint8Array>().to_vec())
    }

    async fn piece(&self) -> Result<Option<Vec<u8>>, BodyFault> {
        if let Some(body) = self.body.take() {
            return Ok(Some(body));
        }
        // A body that came with its request was used before anybody read it here; one that is
        // read piece by piece is in use from its first piece on.
        if self.reader.get().is_none() && self.request.body_used() {
            return Ok(None);
        }
        let reader = self.reader.get_or_init(|| border::reader(&self.request));
        let piece = kept(border::next_piece(reader))
            .await
            .map_err(|_| BodyFault::Broken)?;
        if piece.is_undefined() {
            return Ok(None);
        }
        Ok(Some(piece.unchecked_into::<Uint8Array>().to_vec()))
    }
}

/// Milliseconds that a medium of 16 MB may take.
const RELAY_LIMIT: u32 = 60_000;

/// Writes an answer, or passes on that of another server.
///
/// # Errors
/// When a header is none that HTTP can carry (ours are valid by construction), or the other
/// server does not answer.
pub(super) async fn respond(response: &Response) -> Result<web_sys::Response, Fault> {
    if let Some(relay) = &response.relay {
        let authorization = relay.authorization.as_deref();
        let promise = border::relay(&relay.url, authorization, RELAY_LIMIT);
        return Ok(kept(promise).await?.unchecked_into());
    }
    let headers = head_of(response);
    Ok(border::respond(response.status, &headers, &response.body)?)
}

/// Begins a stream of events, which goes on after the answer has left, until it has lasted long
/// enough or nobody reads any more.
///
/// # Errors
/// As [`respond`].
pub(super) fn begin_live(response: &Response, world: Bindings) -> Result<web_sys::Response, Fault> {
    let stream = border::open_stream(response.status, &head_of(response))?;
    let answer = stream.response();
    spawn_local(async move {
        let mut live = Live::default();
        while let Some(text) = live.next(&world).await {
            if kept(border::write_piece(&stream, &text)).await.is_err() {
                return;
            }
        }
        // A reader that has just gone is none to be told.
        let _ = kept(border::end_stream(&stream)).await;
    });
    Ok(answer)
}

/// Names and values in turn, in lines.
fn head_of(response: &Response) -> String {
    let mut headers = String::new();
    if !response.content_type.is_empty() {
        headers.push_str("content-type\n");
        headers.push_str(response.content_type);
    }
    for (name, value) in &response.headers {
        headers.push_str(if headers.is_empty() { "" } else { "\n" });
        headers.push_str(name);
        headers.push('\n');
        headers.push_str(value);
    }
    headers
}
