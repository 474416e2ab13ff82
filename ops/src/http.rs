//! One HTTP request and its answer.

use std::time::Duration;

use hookswitch::twilio::{api, form};
use serde_json::Value;

/// Pages of one list at most: what is beyond is said to be unknown.
const PAGES: usize = 20;

/// Who asks.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    authorization: String,
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// The header `Date`.
    pub date: Option<String>,
    /// The body; null when it is no JSON.
    pub body: Value,
}

impl Answer {
    /// A text of the body.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// The answer itself, when it is a success.
    ///
    /// # Errors
    /// What the server said.
    pub fn ok(self) -> Result<Self, String> {
        match self.status {
            200..=299 => Ok(self),
            status => {
                // Twilio's `message`, ours `detail`.
                let said = [self.text("message"), self.text("detail")].concat();
                Err(format!("{status} {said}"))
            }
        }
    }
}

impl Client {
    /// With HTTP Basic.
    #[must_use]
    pub fn basic(user: &str, password: &str, timeout: Duration) -> Self {
        Self::new(api::basic(user, password), timeout)
    }

    /// With a bearer token.
    #[must_use]
    pub fn bearer(key: &str, timeout: Duration) -> Self {
        Self::new(format!("Bearer {key}"), timeout)
    }

    fn new(authorization: String, timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: config.into(),
            authorization,
        }
    }

    /// GET.
    ///
    /// # Errors
    /// When nothing came back.
    pub fn get(&self, url: &str) -> Result<Answer, String> {
        let request = self.agent.get(url);
        let request = request.header("authorization", &self.authorization);
        read(request.call())
    }

    /// POST of a form.
    ///
    /// # Errors
    /// When nothing came back: it may have been taken.
    pub fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Answer, String> {
        let body = form::encode(fields.iter().copied());
        let kind = "application/x-www-form-urlencoded";
        self.post(url, kind, &body)
    }

    /// POST of JSON.
    ///
    /// # Errors
    /// When nothing came back: it may have been taken.
    pub fn post_json(&self, url: &str, body: &Value) -> Result<Answer, String> {
        self.post(url, "application/json", &body.to_string())
    }

    fn post(&self, url: &str, kind: &str, body: &str) -> Result<Answer, String> {
        let request = self.agent.post(url);
        let request = request.header("authorization", &self.authorization);
        read(request.header("content-type", kind).send(body))
    }

    /// DELETE; what is not there is deleted.
    ///
    /// # Errors
    /// When it is still there, or nobody can say.
    pub fn delete(&self, url: &str) -> Result<(), String> {
        let request = self.agent.delete(url);
        let request = request.header("authorization", &self.authorization);
        let answer = read(request.call())?;
        match answer.status {
            404 => Ok(()),
            _ => answer.ok().map(drop),
        }
    }

    /// Every item of a list, over its pages: `next_page_uri` (of the 2010 API, without its host) or
    /// `meta.next_page_url`.
    ///
    /// # Errors
    /// When a page cannot be had, leads to another host, or there are too many.
    pub fn list(&self, url: &str, key: &str) -> Result<Vec<Value>, String> {
        let (origin, _) = split(url);
        let mut next = url.to_owned();
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let answer = self.get(&next)?.ok()?;
            let page = answer.body[key].as_array();
            items.extend(
                page.ok_or_else(|| format!("the list has no {key}"))?
                    .clone(),
            );
            let uri = answer.body["next_page_uri"].as_str();
            let url = answer.body["meta"]["next_page_url"].as_str();
            next = match (uri, url) {
                (Some(uri), _) => {
                    let base = next.split("/2010-04-01/").next().unwrap_or_default();
                    format!("{base}{uri}")
                }
                (None, Some(url)) => url.to_owned(),
                (None, None) => return Ok(items),
            };
            // The credentials go along.
            if split(&next).0 != origin {
                return Err("the next page is at another host".to_owned());
            }
        }
        Err(format!("the list has more than {PAGES} pages"))
    }
}

/// Scheme and host, and the rest.
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    url.split_at(end)
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    let date = answer.headers().get("date");
    let date = date.and_then(|date| date.to_str().ok()).map(str::to_owned);
    let text = answer.body_mut().read_to_string();
    let text = text.map_err(|error| error.to_string())?;
    Ok(Answer {
        status: answer.status().as_u16(),
        date,
        body: serde_json::from_str(&text).unwrap_or_default(),
    })
}
