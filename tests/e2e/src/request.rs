//! One HTTP request, built step by step, and its answer.

use std::time::Duration;

use serde_json::Value;
use ureq::http;

use crate::signer::{Signer, body_sha256};

/// Longer than anything the Worker may take; a hanging request fails its test, not the suite.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request on its way to be built. It borrows nothing, so it can move into a thread.
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    base: String,
    target: String,
    method: String,
    headers: Vec<(String, String)>,
    form: Option<Vec<(String, String)>>,
    body: Vec<u8>,
    signing: Option<Signing>,
    patience: Duration,
}

#[derive(Debug, Clone)]
struct Signing {
    signer: Signer,
    base: String,
}

impl Request {
    /// A request to `target`, a raw path with its query, of the server at `base`, such as
    /// `http://127.0.0.1:8787`. Both go out as they are.
    pub fn new(method: &str, base: &str, target: &str) -> Self {
        Self {
            base: base.to_owned(),
            target: target.to_owned(),
            method: method.to_owned(),
            headers: Vec::new(),
            form: None,
            body: Vec::new(),
            signing: None,
            patience: TIMEOUT,
        }
    }

    /// How long the answer may take, when that is longer than usual.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Another method.
    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The header that makes a repeated POST act once.
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// A body of form parameters, in this order; names may repeat.
    pub fn form(mut self, parameters: &[(&str, &str)]) -> Self {
        let owned: Vec<(String, String)> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.body = form_encoded(&owned).into_bytes();
        self.form = Some(owned);
        self.header(
            "Content-Type",
            "application/x-www-form-urlencoded; charset=UTF-8",
        )
    }

    /// A JSON body.
    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string().as_bytes())
    }

    /// A body of any type.
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Type", content_type)
    }

    /// `X-Twilio-Signature` as Twilio would send it, over the URL that the request goes to.
    pub fn signed(self) -> Self {
        let base = self.base.clone();
        self.signed_with(crate::AUTH_TOKEN, &base)
    }

    /// `X-Twilio-Signature` by another token or over another base URL.
    pub fn signed_with(mut self, auth_token: &str, base: &str) -> Self {
        self.signing = Some(Signing {
            signer: Signer::new(auth_token),
            base: base.to_owned(),
        });
        self
    }

    /// Sends it.
    ///
    /// # Panics
    /// When no HTTP answer comes; any status is an answer.
    pub fn send(self) -> Response {
        let what = format!("{} {}{}", self.method, self.base, self.target);
        match self.try_send() {
            Ok(response) => response,
            Err(error) => panic!("{what}: {error}"),
        }
    }

    /// Sends it, where the server may be killed meanwhile.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn try_send(mut self) -> Result<Response, ureq::Error> {
        self.add_signature();
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(format!("{}{}", self.base, self.target));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            // The server may have been killed and started anew since the last request.
            .max_idle_connections(0)
            .timeout_global(Some(self.patience))
            .build()
            .into();
        let answer = if self.body.is_empty() && self.method != "POST" {
            agent.run(request.body(())?)?
        } else {
            agent.run(request.body(self.body.as_slice())?)?
        };
        let (parts, mut body) = answer.into_parts();
        Ok(Response {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.read_to_vec()?,
        })
    }

    /// Twilio signs a form's parameters; of any other body only its hash, in the query.
    fn add_signature(&mut self) {
        let Some(Signing { signer, base }) = self.signing.take() else {
            return;
        };
        let form = self.form.clone().unwrap_or_default();
        if self.form.is_none() && !self.body.is_empty() {
            let separator = if self.target.contains('?') { '&' } else { '?' };
            let hash = body_sha256(&self.body);
            self.target = format!("{}{separator}bodySHA256={hash}", self.target);
        }
        let signature = signer.sign(&format!("{base}{}", self.target), &form);
        self.headers
            .push(("X-Twilio-Signature".to_owned(), signature));
    }
}

/// `application/x-www-form-urlencoded`, with `+` for a space as Twilio writes it.
fn form_encoded(parameters: &[(String, String)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                    char::from(byte).to_string()
                }
                b' ' => "+".to_owned(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    headers: http::HeaderMap,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value, empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }

    /// The answer itself, when its status is the expected one.
    ///
    /// # Panics
    /// When it is not, with the body.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "unexpected status; body: {}",
            self.text()
        );
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_twilio_writes_it() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let form = [
            pair("Body", "Hi & bye"),
            pair("From", "+1415"),
            pair("City", "Zürich"),
        ];
        assert_eq!(
            form_encoded(&form),
            "Body=Hi+%26+bye&From=%2B1415&City=Z%C3%BCrich"
        );
    }

    #[test]
    fn a_json_body_puts_its_hash_in_the_signed_query() {
        let mut request = Request::new("POST", "http://x", "/hook?a=1")
            .json(&serde_json::json!({}))
            .signed();
        request.add_signature();
        let target = format!("/hook?a=1&bodySHA256={}", body_sha256(b"{}"));
        assert_eq!(request.target, target);
        let expected = Signer::new(crate::AUTH_TOKEN).sign(&format!("http://x{target}"), &[]);
        let header = ("X-Twilio-Signature".to_owned(), expected);
        assert!(request.headers.contains(&header));
    }
}
