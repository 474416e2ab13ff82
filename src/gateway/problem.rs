//! Problems: every outcome that is not the one asked for, as RFC 9457 has it.
//!
//! The only place that turns an outcome into a status and a body. A problem shows the
//! peer what it can mend and nothing of our insides.

use serde::Serialize;

use super::http::Response;

/// One thing wrong with one place of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer into the body (`/to`), or the name of a parameter or header.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl FieldError {
    /// An error at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// What Twilio said, when it is Twilio that refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct TwilioFault {
    /// Twilio's error code; absent when its answer had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// `permanent`, `transient`, `configuration`, `compliance` or `rate`.
    pub class: String,
    /// What the code means.
    pub meaning: String,
    /// What to do.
    pub action: String,
}

/// A problem, before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Status code.
    pub status: u16,
    /// Stable name: `opted_out`.
    pub code: &'static str,
    /// The same for every problem of this code.
    pub title: &'static str,
    /// This one, in a sentence.
    pub detail: String,
    more: Box<More>,
}

/// What few problems have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct More {
    errors: Vec<FieldError>,
    twilio: Option<TwilioFault>,
    retry_after: Option<u64>,
    allow: Option<&'static str>,
    extra: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem with a sentence of its own.
    pub fn new(
        status: u16,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Problem {
        Problem {
            status,
            code,
            title,
            detail: detail.into(),
            more: Box::default(),
        }
    }

    /// 400: the body or a parameter cannot be read as what it should be.
    pub fn invalid(errors: Vec<FieldError>) -> Problem {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.detail),
            many => format!("{} fields are not valid.", many.len()),
        };
        Problem::new(400, "invalid", "The request is not valid", detail).with_errors(errors)
    }

    /// 400 for one field.
    pub fn invalid_field(pointer: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::invalid(vec![FieldError::new(pointer, detail)])
    }

    /// 401.
    pub fn unauthorized() -> Problem {
        Problem::new(
            401,
            "unauthorized",
            "A key is needed",
            "Send `Authorization: Bearer` with one of the deployment's API keys.",
        )
    }

    /// 403 for a webhook: the same for every cause, so that there is nothing to learn.
    pub fn forbidden() -> Problem {
        Problem::new(
            403,
            "forbidden",
            "Forbidden",
            "The request is not signed as it must be.",
        )
    }

    /// 404.
    pub fn not_found(what: impl Into<String>) -> Problem {
        Problem::new(404, "not_found", "Not found", what)
    }

    /// 405.
    pub fn method_not_allowed(allow: &'static str) -> Problem {
        let detail = format!("This resource takes {allow}.");
        let mut problem = Problem::new(405, "method_not_allowed", "Method not allowed", detail);
        problem.more.allow = Some(allow);
        problem
    }

    /// 413.
    pub fn too_large(limit: usize) -> Problem {
        Problem::new(
            413,
            "too_large",
            "The body is too large",
            format!("At most {limit} bytes are read."),
        )
    }

    /// 415.
    pub fn unsupported_media_type(expected: &str) -> Problem {
        Problem::new(
            415,
            "unsupported_media_type",
            "The content type is not supported",
            format!("Send {expected}."),
        )
    }

    /// 429: this API key makes too many requests. Ten seconds is the limit's own period.
    pub fn rate_limited() -> Problem {
        Problem::new(
            429,
            "rate_limited",
            "Too many requests",
            "This API key has made too many requests. Wait for Retry-After.",
        )
        .retry_after(10)
    }

    /// 500: a secret or variable that this route cannot do without is not set.
    pub fn not_configured(what: &str) -> Problem {
        Problem::new(500, "not_configured", "The gateway is not configured", what)
    }

    /// The places at fault.
    pub fn errors(&self) -> &[FieldError] {
        &self.more.errors
    }

    /// Names the places at fault.
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Problem {
        self.more.errors = errors;
        self
    }

    /// Says what Twilio's part in it is.
    pub fn with_twilio(mut self, fault: TwilioFault) -> Problem {
        self.more.twilio = Some(fault);
        self
    }

    /// Says after how many seconds trying again makes sense.
    pub fn retry_after(mut self, seconds: u64) -> Problem {
        self.more.retry_after = Some(seconds);
        self
    }

    /// Adds a member to the document.
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Problem {
        self.more.extra.insert(name.to_owned(), value.into());
        self
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    code: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    twilio: Option<&'a TwilioFault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(flatten)]
    extra: &'a serde_json::Map<String, serde_json::Value>,
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Response {
        let document = Document {
            r#type: format!("urn:hookswitch:problem:{}", problem.code),
            code: problem.code,
            title: problem.title,
            status: problem.status,
            detail: &problem.detail,
            errors: &problem.more.errors,
            twilio: problem.more.twilio.as_ref(),
            retry_after_seconds: problem.more.retry_after,
            extra: &problem.more.extra,
        };
        let mut response = Response {
            content_type: "application/problem+json",
            ..Response::json(problem.status, &document)
        };
        if let Some(allow) = problem.more.allow {
            response = response.with_header("Allow", allow);
        }
        if let Some(seconds) = problem.more.retry_after {
            response = response.with_header("Retry-After", seconds.to_string());
        }
        if problem.status == 401 {
            response = response.with_header("WWW-Authenticate", "Bearer");
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_the_field_and_carries_its_headers() {
        let response = Response::from(Problem::invalid_field("/to", "must be E.164"));
        assert_eq!(
            (response.status, response.content_type),
            (400, "application/problem+json")
        );
        let body: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(body["type"], "urn:hookswitch:problem:invalid");
        assert_eq!(body["errors"][0]["pointer"], "/to");
        assert_eq!(body["detail"], "/to: must be E.164");
        assert!(body.get("twilio").is_none());

        let response = Response::from(Problem::method_not_allowed("GET, POST"));
        assert_eq!(response.headers, [("Allow", "GET, POST".to_owned())]);
    }
}
