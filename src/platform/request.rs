//! A request of the runtime's as the gateway reads it, and its answer back.

use std::cell::RefCell;

use futures_util::StreamExt as _;
use worker::{Headers, Request, Response as WorkerResponse, ResponseBody, ResponseBuilder};

use crate::gateway::http::{BodyFault, Incoming, Response};

/// One request.
pub(super) struct Received {
    method: String,
    url: String,
    request: RefCell<Request>,
}

impl Received {
    pub(super) fn new(request: Request) -> Received {
        Received {
            method: request.method().as_ref().to_owned(),
            // The runtime's own text: no parser of ours comes between.
            url: request.inner().url(),
            request: RefCell::new(request),
        }
    }
}

impl Incoming for Received {
    fn method(&self) -> &str {
        &self.method
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn header(&self, name: &str) -> Option<String> {
        self.request.borrow().headers().get(name).ok().flatten()
    }

    fn network(&self) -> Option<u32> {
        self.request.borrow().cf().and_then(worker::Cf::asn)
    }

    async fn body(&self, limit: usize) -> Result<Vec<u8>, BodyFault> {
        let announced = self
            .header("content-length")
            .and_then(|text| text.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Err(BodyFault::TooLarge);
        }
        let stream = {
            let mut request = self.request.borrow_mut();
            if request.inner().body().is_none() {
                return Ok(Vec::new());
            }
            request.stream()
        };
        let mut stream = stream.map_err(|_| BodyFault::Broken)?;
        let mut bytes = Vec::with_capacity(announced.unwrap_or(0));
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.map_err(|_| BodyFault::Broken)?);
            if bytes.len() > limit {
                return Err(BodyFault::TooLarge);
            }
        }
        Ok(bytes)
    }
}

/// Writes an answer. Headers of ours are valid by construction; one that is not is left out
/// rather than losing the answer.
pub(super) fn respond(response: Response) -> worker::Result<WorkerResponse> {
    let headers = Headers::new();
    if !response.content_type.is_empty() {
        headers.set("content-type", response.content_type)?;
    }
    for (name, value) in &response.headers {
        let _ = headers.set(name, value);
    }
    let body = match response.status {
        204 => ResponseBody::Empty,
        _ => ResponseBody::Body(response.body.into_bytes()),
    };
    Ok(ResponseBuilder::new()
        .with_status(response.status)
        .with_headers(headers)
        .body(body))
}
