//! Scripted misbehaviour of the REST API.

use crate::error::ApiError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Misbehave so, for requests like that, so many times.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default, rename = "match")]
    pub matching: Match,
    /// How many requests are hit; 0 for all. Default 1.
    #[serde(default = "once")]
    pub times: u32,
    pub act: Act,
    /// Matching requests seen so far, hit or not.
    #[serde(default, skip_deserializing)]
    pub seen: u32,
    #[serde(default, skip_deserializing)]
    pub hits: u32,
}

fn once() -> u32 {
    1
}

/// Which requests. What is not given matches everything.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Match {
    pub method: Option<String>,
    /// Part of the path, e.g. `/Messages.json`.
    pub path: Option<String>,
    pub to: Option<String>,
    pub from: Option<String>,
    pub body_contains: Option<String>,
    /// Only from the n-th matching request on (1 is the first).
    pub nth: Option<u32>,
}

/// What happens.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Act {
    /// Answer with this status instead.
    pub status: Option<u16>,
    /// Twilio's code in the error body.
    pub code: Option<u32>,
    pub message: Option<String>,
    pub headers: Map<String, Value>,
    /// Answer with this text instead of JSON.
    pub body: Option<String>,
    pub content_type: Option<String>,
    /// Wait before anything else, in real milliseconds.
    pub delay_ms: Option<u64>,
    /// Take the connection and never answer; nothing is done.
    pub hang_before: bool,
    /// Close the connection without an answer; nothing is done.
    pub drop_before: bool,
    /// Do what was asked, never answer.
    pub accept_then_hang: bool,
    /// Do what was asked, close the connection without an answer.
    pub accept_then_drop: bool,
    /// Do what was asked, then answer with `status` or `body` all the same.
    pub accept: bool,
}

impl Fault {
    /// Whether this fault hits the request; counts it.
    pub(crate) fn hits(&mut self, method: &str, path: &str, params: &[(String, String)]) -> bool {
        if self.times > 0 && self.hits >= self.times {
            return false;
        }
        let m = &self.matching;
        let param = |name: &str| crate::form::get(params, name).unwrap_or_default();
        let equal = |want: &Option<String>, have: &str| want.as_deref().is_none_or(|w| w == have);
        let like = m
            .method
            .as_deref()
            .is_none_or(|w| w.eq_ignore_ascii_case(method))
            && m.path.as_deref().is_none_or(|p| path.contains(p))
            && equal(&m.to, param("To"))
            && equal(&m.from, param("From"))
            && m.body_contains
                .as_deref()
                .is_none_or(|p| param("Body").contains(p));
        if !like {
            return false;
        }
        self.seen += 1;
        if m.nth.is_some_and(|n| self.seen < n) {
            return false;
        }
        self.hits += 1;
        true
    }
}

/// Reads a fault script or a list of them.
pub(crate) fn parse(value: Value) -> Result<Vec<Fault>, String> {
    crate::json::list(value)
        .into_iter()
        .map(|one| serde_json::from_value(one).map_err(|e| e.to_string()))
        .collect()
}

impl Act {
    /// Whether an answer of its own is given.
    pub(crate) fn answers(&self) -> bool {
        self.status.is_some() || self.body.is_some()
    }

    /// Status, content type, body, headers of that answer.
    pub(crate) fn answer(&self) -> (u16, String, String, Vec<(String, String)>) {
        let status = self.status.unwrap_or(200);
        let headers = crate::json::to_params(&self.headers);
        if let Some(body) = &self.body {
            let kind = self.content_type.clone().unwrap_or_else(|| {
                let html = body.trim_start().starts_with('<');
                if html {
                    "text/html"
                } else {
                    "application/json"
                }
                .to_owned()
            });
            return (status, kind, body.clone(), headers);
        }
        let code = self.code.unwrap_or(match status {
            429 => 20429,
            401 => 20003,
            403 => 20403,
            404 => 20404,
            503 => 20503,
            500..=599 => 20500,
            _ => 20001,
        });
        let message = self
            .message
            .clone()
            .unwrap_or_else(|| crate::error::meaning(code).to_owned());
        let body = ApiError::new(status, code, message).body().to_string();
        (status, "application/json".to_owned(), body, headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault(value: Value) -> Fault {
        serde_json::from_value(value).expect("a fault")
    }

    #[test]
    fn a_fault_hits_as_often_as_it_says_and_from_the_nth_on() {
        let mut f = fault(
            json!({"match": {"path": "/Messages", "nth": 2}, "times": 2, "act": {"status": 429}}),
        );
        let hits: Vec<bool> = (0..5)
            .map(|_| f.hits("POST", "/x/Messages.json", &[]))
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert!(!f.hits("POST", "/x/Calls.json", &[]));
    }

    #[test]
    fn a_status_alone_gets_twilios_code_for_it() {
        let f = fault(json!({"act": {"status": 429, "headers": {"Retry-After": 2}}}));
        let (status, kind, body, headers) = f.act.answer();
        assert_eq!((status, kind.as_str()), (429, "application/json"));
        assert!(body.contains("20429"), "{body}");
        assert_eq!(headers, [("Retry-After".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn a_misspelt_act_is_refused() {
        let wrong: Result<Fault, _> = serde_json::from_value(json!({"act": {"hang": true}}));
        assert!(wrong.is_err());
    }
}
