//! Calls of Twilio's REST API as values: what is asked, and what an answer means.
//! No I/O: a call is an [`HttpRequest`], and a reading takes an [`HttpResponse`].
//!
//! Parameters are those of Twilio's OpenAPI documents; bodies are forms, dates are
//! RFC 2822 in the 2010 API, numbers often come as strings.

pub mod calls;
pub mod lookup;
pub mod messages;
pub mod tasks;
pub mod typing;
pub mod verify;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::form;
use crate::ports::{HttpFault, HttpRequest, HttpResponse};

/// An account of the 2010 API and the right to use it.
pub struct Account {
    base: String,
    sid: String,
    authorization: String,
}

impl Account {
    /// `origin` is the API's own, such as `https://api.twilio.com`.
    pub fn new(origin: &str, sid: &str, user: &str, password: &str) -> Account {
        Account {
            base: format!("{origin}/2010-04-01/Accounts/{sid}"),
            sid: sid.to_owned(),
            authorization: basic(user, password),
        }
    }

    /// `AC…`.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    fn post(&self, path: &str, parameters: &[(&str, &str)]) -> HttpRequest {
        HttpRequest {
            method: "POST",
            url: format!("{}{path}", self.base),
            authorization: Some(self.authorization.clone()),
            content_type: Some("application/x-www-form-urlencoded"),
            body: form::encode(parameters.iter().copied()),
        }
    }

    fn get(&self, path: &str, parameters: &[(&str, &str)]) -> HttpRequest {
        let query = form::encode(parameters.iter().copied());
        let mark = if query.is_empty() { "" } else { "?" };
        HttpRequest {
            method: "GET",
            url: format!("{}{path}{mark}{query}", self.base),
            authorization: Some(self.authorization.clone()),
            content_type: None,
            body: String::new(),
        }
    }
}

/// The value of `Authorization` for HTTP Basic.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Twilio's error body, read with care: a proxy may answer with HTML, and `code` can be
/// missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Twilio's code.
    pub code: Option<u32>,
    /// Twilio's words; they may quote what was sent, so they are not for a log.
    pub message: String,
}

/// What became of a request that creates something.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// Done; this is it.
    Created(T),
    /// Not processed, because there were too many requests. Safe to repeat after a while.
    Throttled {
        /// What `Retry-After` asked for, in seconds.
        retry_after: Option<u32>,
    },
    /// Refused; repeating it as it is makes no sense.
    Refused(ApiError),
    /// It may or may not have been taken. Never repeated before Twilio was asked.
    Ambiguous,
}

/// Sorts the answer to a POST. `read` understands the body of a success.
///
/// Twilio's POST has no idempotency key: a 5xx, a time-out or a success that cannot be
/// read says nothing about whether it was taken (Twilio docs, "Best practices: retries").
pub fn outcome<T>(
    answer: Result<HttpResponse, HttpFault>,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Outcome<T> {
    let Ok(response) = answer else {
        return Outcome::Ambiguous;
    };
    match response.status {
        200..=299 => serde_json::from_str(&response.body)
            .ok()
            .and_then(|body| read(&body))
            .map_or(Outcome::Ambiguous, Outcome::Created),
        429 => Outcome::Throttled {
            retry_after: response
                .retry_after
                .and_then(|text| text.trim().parse().ok()),
        },
        400..=499 => Outcome::Refused(api_error(&response)),
        _ => Outcome::Ambiguous,
    }
}

/// Reads an error body.
pub fn api_error(response: &HttpResponse) -> ApiError {
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    ApiError {
        status: response.status,
        code: body
            .get("code")
            .and_then(Value::as_u64)
            .and_then(|code| u32::try_from(code).ok()),
        message: text(&body, "message").unwrap_or_default(),
    }
}

/// A string member of a JSON object.
fn text(body: &Value, name: &str) -> Option<String> {
    body.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Result<HttpResponse, HttpFault> {
        Ok(HttpResponse {
            status,
            body: body.to_owned(),
            ..HttpResponse::default()
        })
    }

    fn sort(answer: Result<HttpResponse, HttpFault>) -> Outcome<String> {
        outcome(answer, |body| text(body, "sid"))
    }

    #[test]
    fn only_a_refusal_and_a_throttle_say_that_nothing_was_created() {
        assert_eq!(
            sort(response(201, r#"{"sid":"SM1"}"#)),
            Outcome::Created("SM1".to_owned())
        );
        assert_eq!(
            sort(response(429, "")),
            Outcome::Throttled { retry_after: None }
        );
        assert_eq!(
            sort(response(
                400,
                r#"{"code":21211,"message":"m","status":400}"#
            )),
            Outcome::Refused(ApiError {
                status: 400,
                code: Some(21211),
                message: "m".to_owned()
            })
        );
        for unclear in [
            response(500, ""),
            response(503, "<html>"),
            response(201, "<html>"),
            response(302, ""),
            Err(HttpFault::TimedOut),
            Err(HttpFault::Broken),
        ] {
            assert_eq!(sort(unclear), Outcome::Ambiguous);
        }
    }

    #[test]
    fn a_refusal_without_a_code_keeps_its_status() {
        assert_eq!(
            sort(response(403, "<html>no</html>")),
            Outcome::Refused(ApiError {
                status: 403,
                code: None,
                message: String::new()
            })
        );
    }
}
