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
use crate::ports::{HttpFault, HttpRequest, HttpResponse, Millis};

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

    /// A request that shows whether Twilio takes these credentials, standard API keys included
    /// (which may not read the account itself): the newest message.
    pub fn probe(&self) -> HttpRequest {
        self.get("/Messages.json", &[("PageSize", "1")])
    }

    /// The request for the next page of a list, by the `next_page_uri` of the one before;
    /// `None` when that leads out of the account.
    pub fn follow(&self, uri: &str) -> Option<HttpRequest> {
        let (origin, own) = self.base.split_at(self.base.find("/2010-04-01/")?);
        let within = uri.strip_prefix(own)?.starts_with('/');
        let mut request = self.get("", &[]);
        request.url = [origin, uri].concat();
        within.then_some(request)
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

/// A page of a list of the 2010 API.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its entries, as they came.
    pub entries: Vec<Value>,
    /// `next_page_uri`; `None` on the last page.
    pub next: Option<String>,
}

impl Page {
    /// Reads a page whose entries stand under `key`; `None` when it is not one.
    pub fn read(response: &HttpResponse, key: &str) -> Option<Page> {
        if response.status != 200 {
            return None;
        }
        let mut body: Value = serde_json::from_str(&response.body).ok()?;
        let next = text(&body, "next_page_uri").filter(|uri| !uri.is_empty());
        match body.get_mut(key)?.take() {
            Value::Array(entries) => Some(Page { entries, next }),
            _ => None,
        }
    }
}

/// The parameters of a list's first page: what began within a window, in UTC. Twilio counts
/// whole seconds and both ends in.
fn window<'a>(
    name: [&'a str; 2],
    bounds: &'a [String; 2],
    size: &'a str,
) -> [(&'a str, &'a str); 3] {
    let [from, until] = bounds;
    let [after, before] = name;
    [(after, from), (before, until), ("PageSize", size)]
}

/// A moment as the lists' filters take it: no fraction of a second.
fn second(at: Millis) -> String {
    let text = crate::time::rfc3339(at);
    let mut text = text.split('.').next().unwrap_or_default().to_owned();
    text.push('Z');
    text
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
    fn the_next_page_is_asked_for_where_twilio_says_but_never_outside_the_account() {
        let account = Account::new("https://api.twilio.com", "AC1", "SK1", "secret");
        let next = "/2010-04-01/Accounts/AC1/Messages.json?PageSize=2&Page=1";
        let request = account.follow(next).unwrap();
        assert_eq!(request.url, ["https://api.twilio.com", next].concat());
        assert_eq!(request.authorization, Some(basic("SK1", "secret")));
        for outside in [
            "https://evil.example/x",
            "/2010-04-01/Accounts/AC12/Messages.json",
            "",
        ] {
            assert_eq!(account.follow(outside), None, "{outside}");
        }
        let page = |body: &str| Page::read(&response(200, body).unwrap(), "calls");
        assert_eq!(
            page(r#"{"calls":[1],"next_page_uri":null}"#).unwrap().next,
            None
        );
        let more = page(r#"{"calls":[1,2],"next_page_uri":"/n"}"#).unwrap();
        assert_eq!((more.entries.len(), more.next.as_deref()), (2, Some("/n")));
        assert_eq!(page(r#"{"messages":[]}"#), None);
        assert_eq!(Page::read(&response(429, "{}").unwrap(), "calls"), None);
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
