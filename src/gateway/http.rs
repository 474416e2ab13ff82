//! A request as the gateway reads it and a response as it writes it.
//!
//! Reading a header or the body crosses the border between wasm and JavaScript, so both
//! are asked for one by one, when a route needs them.

use crate::ports::HttpRequest;

/// What the platform hands in. Header names are given in lower case.
pub trait Incoming {
    /// `GET`, `POST`, ...
    fn method(&self) -> &str;
    /// The URL as the runtime saw it: absolute, query included, nothing decoded.
    fn url(&self) -> &str;
    /// One header's value; repeated headers come joined by `, `.
    fn header(&self, name: &str) -> Option<String>;
    /// The number of the client's network, where the platform knows it.
    fn network(&self) -> Option<u32> {
        None
    }
    /// The body, never more than `limit` bytes of it.
    fn body(&self, limit: usize) -> impl Future<Output = Result<Vec<u8>, BodyFault>>;
    /// The next piece of a body that is too long to be kept; `None` at its end. Not to be used
    /// beside [`Incoming::body`].
    fn piece(&self) -> impl Future<Output = Result<Option<Vec<u8>>, BodyFault>>;
}

/// Why a body could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// It is longer than the limit.
    TooLarge,
    /// It broke off.
    Broken,
}

/// The path of an absolute URL with its query, verbatim: `/voice/incoming?flow=x`.
pub fn path_and_query(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(after_scheme..).unwrap_or_default();
    match rest.find('/') {
        Some(at) => rest.get(at..).unwrap_or("/"),
        None => "/",
    }
}

const EVENT_STREAM: &str = "text/event-stream";

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// `Content-Type`, empty for a response with no body.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// Instead of all that: whatever this request gives, passed on as it comes.
    pub relay: Option<Box<HttpRequest>>,
}

impl Response {
    /// What a request to another server gives, passed on as it comes.
    pub fn relay(request: HttpRequest) -> Response {
        Response {
            status: 200,
            content_type: "",
            headers: Vec::new(),
            body: String::new(),
            relay: Some(Box::new(request)),
        }
    }

    /// TwiML, status 200.
    pub fn twiml(body: String) -> Response {
        Response {
            status: 200,
            content_type: "text/xml",
            headers: Vec::new(),
            body,
            relay: None,
        }
    }

    /// JSON.
    pub fn json(status: u16, value: &impl serde::Serialize) -> Response {
        // A value of ours always serialises: maps have string keys, floats are finite.
        Response::json_text(status, serde_json::to_string(value).unwrap_or_default())
    }

    /// JSON that is written already.
    pub fn json_text(status: u16, body: String) -> Response {
        Response {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body,
            relay: None,
        }
    }

    /// The console's stream of events. The platform writes it, by `console::Live`.
    pub fn live() -> Response {
        Response {
            status: 200,
            content_type: EVENT_STREAM,
            ..Response::no_content()
        }
    }

    /// Whether this is that stream.
    pub fn is_live(&self) -> bool {
        self.content_type == EVENT_STREAM
    }

    /// Status 204.
    pub fn no_content() -> Response {
        Response {
            status: 204,
            content_type: "",
            headers: Vec::new(),
            body: String::new(),
            relay: None,
        }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::path_and_query;

    #[test]
    fn path_and_query_are_verbatim() {
        assert_eq!(
            path_and_query("https://h.example/a%20b?x=%27&y=1+2"),
            "/a%20b?x=%27&y=1+2"
        );
        assert_eq!(path_and_query("http://h.example:8787//a"), "//a");
        assert_eq!(path_and_query("http://h.example"), "/");
    }
}
