//! Verify v2 (Twilio OpenAPI, `verify_v2`): verifications, checks, attempts.
//!
//! A wrong code is a success with status `pending`; a check of a verification that has
//! expired, was used or never existed is a 404 (20404). A 429 with a code of Verify's own
//! (60202, 60203, 60212) is about this person and not about our pace: only the others may be
//! repeated after a while.

use serde_json::Value;

use super::{ApiError, Outcome, api_error, basic, text};
use crate::ports::{HttpFault, HttpRequest, HttpResponse, Millis};
use crate::time::{parse_rfc2822, parse_rfc3339, rfc3339};
use crate::twilio::form;

/// A Verify service and the right to use it.
pub struct Service {
    origin: String,
    sid: String,
    authorization: String,
}

impl Service {
    /// `origin` is the product's own, such as `https://verify.twilio.com`; `sid` is `VA…`.
    pub fn new(origin: &str, sid: &str, user: &str, password: &str) -> Service {
        Service {
            origin: origin.to_owned(),
            sid: sid.to_owned(),
            authorization: basic(user, password),
        }
    }

    fn post(&self, path: &str, parameters: &[(&str, &str)]) -> HttpRequest {
        HttpRequest {
            method: "POST",
            url: format!("{}/v2/Services/{}{path}", self.origin, self.sid),
            authorization: Some(self.authorization.clone()),
            content_type: Some("application/x-www-form-urlencoded"),
            body: form::encode(parameters.iter().copied()),
        }
    }

    fn get(&self, url: String) -> HttpRequest {
        HttpRequest {
            method: "GET",
            url,
            authorization: Some(self.authorization.clone()),
            content_type: None,
            body: String::new(),
        }
    }
}

/// What a new verification, or one more send of the one that lives, is made of.
#[derive(Debug, Clone, Default)]
pub struct NewVerification<'a> {
    /// `To`: E.164 or e-mail, never with a channel's prefix.
    pub to: &'a str,
    /// `Channel`: `sms`, `call`, `email` or `whatsapp`.
    pub channel: &'a str,
    /// `Locale`; a language that Verify does not know is a 404.
    pub locale: Option<&'a str>,
    /// `RateLimits`: a JSON object of unique name to value.
    pub rate_limits: Option<&'a str>,
    /// `DeviceIp`.
    pub device_ip: Option<&'a str>,
}

/// The request that sends a code. While a verification lives it sends the same code again.
pub fn create(service: &Service, new: &NewVerification<'_>) -> HttpRequest {
    let mut parameters = vec![("To", new.to), ("Channel", new.channel)];
    let optional = [
        ("Locale", new.locale),
        ("RateLimits", new.rate_limits),
        ("DeviceIp", new.device_ip),
    ];
    parameters.extend(
        optional
            .iter()
            .filter_map(|(name, value)| value.map(|v| (*name, v))),
    );
    service.post("/Verifications", &parameters)
}

/// Which verification a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// `VerificationSid`, `VE…`.
    Sid(&'a str),
    /// `To`: the newest of this address.
    To(&'a str),
}

/// The request that checks a code. Its body is the only place that holds one.
pub fn check(service: &Service, subject: Subject<'_>, code: &str) -> HttpRequest {
    let subject = match subject {
        Subject::Sid(sid) => ("VerificationSid", sid),
        Subject::To(to) => ("To", to),
    };
    service.post("/VerificationCheck", &[subject, ("Code", code)])
}

/// The request that reads a pending verification by SID or address. Twilio limits it to 60 a
/// minute, 180 an hour and 250 a day per service: it settles doubts, it does not poll.
pub fn fetch(service: &Service, key: &str) -> HttpRequest {
    let key = key
        .replace('%', "%25")
        .replace('+', "%2B")
        .replace('/', "%2F");
    service.get(format!(
        "{}/v2/Services/{}/Verifications/{key}",
        service.origin, service.sid
    ))
}

/// The request that lists the sends of one verification with what became of them.
pub fn attempts_of(service: &Service, verification: &str) -> HttpRequest {
    attempts(
        service,
        &[("VerificationSid", verification), ("PageSize", "20")],
    )
}

/// The request that lists the newest sends of the service made after `since`, at most 1000.
pub fn attempts_since(service: &Service, since: Millis) -> HttpRequest {
    let since = rfc3339(since);
    attempts(
        service,
        &[
            ("VerifyServiceSid", &service.sid),
            ("DateCreatedAfter", &since),
            ("PageSize", "1000"),
        ],
    )
}

fn attempts(service: &Service, parameters: &[(&str, &str)]) -> HttpRequest {
    let query = form::encode(parameters.iter().copied());
    service.get(format!("{}/v2/Attempts?{query}", service.origin))
}

/// Sorts the answer to a POST; `read` understands the body of a success.
pub fn outcome<T>(
    answer: Result<HttpResponse, HttpFault>,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Outcome<T> {
    if let Ok(response) = &answer
        && response.status == 429
    {
        let error = api_error(response);
        if error.code.is_some_and(|code| code != 20429) {
            return Outcome::Refused(error);
        }
    }
    super::outcome(answer, read)
}

/// One send of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendAttempt {
    /// `time`.
    pub at: Option<Millis>,
    /// `channel`, in lower case.
    pub channel: String,
    /// `attempt_sid`, `VL…`.
    pub sid: String,
}

/// A verification as Twilio tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationResource {
    /// `VE…`.
    pub sid: String,
    /// `status`: `pending`, `approved`, `canceled`, `max_attempts_reached`, `deleted`,
    /// `failed` or `expired`.
    pub status: String,
    /// `date_created`: the code lives from here.
    pub created: Option<Millis>,
    /// `send_code_attempts`, oldest first.
    pub sends: Vec<SendAttempt>,
}

impl VerificationResource {
    /// Reads one; `None` without a SID and a status.
    pub fn read(value: &Value) -> Option<VerificationResource> {
        let sends = value.get("send_code_attempts").and_then(Value::as_array);
        let mut sends: Vec<SendAttempt> = sends
            .into_iter()
            .flatten()
            .map(|send| SendAttempt {
                at: date(send, "time"),
                channel: text(send, "channel")
                    .unwrap_or_default()
                    .to_ascii_lowercase(),
                sid: text(send, "attempt_sid").unwrap_or_default(),
            })
            .collect();
        sends.sort_by_key(|send| send.at);
        Some(VerificationResource {
            sid: text(value, "sid").filter(|sid| !sid.is_empty())?,
            status: text(value, "status")?,
            created: date(value, "date_created"),
            sends,
        })
    }

    /// Reads the answer to [`fetch`]: the verification, `None` when there is none (expired and
    /// approved ones are deleted), an error when the answer says neither.
    ///
    /// # Errors
    /// When nothing can be concluded.
    pub fn read_fetch(response: &HttpResponse) -> Result<Option<VerificationResource>, ApiError> {
        let body = || serde_json::from_str::<Value>(&response.body).ok();
        let found = body().as_ref().and_then(VerificationResource::read);
        match (response.status, found) {
            (200, Some(found)) => Ok(Some(found)),
            (404, _) => Ok(None),
            _ => Err(api_error(response)),
        }
    }
}

/// What a check came to, when it was answered with a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResource {
    /// `VE…`.
    pub sid: String,
    /// `status`, by Twilio's name.
    pub status: String,
    /// `date_created` of the check's verification.
    pub created: Option<Millis>,
}

impl CheckResource {
    /// Reads one; `None` without a status.
    pub fn read(value: &Value) -> Option<CheckResource> {
        Some(CheckResource {
            sid: text(value, "sid").unwrap_or_default(),
            status: text(value, "status")?,
            created: date(value, "date_created"),
        })
    }
}

/// One send as `/v2/Attempts` tells it, later than the send itself.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptResource {
    /// `VL…`.
    pub sid: String,
    /// `verification_sid`.
    pub verification_sid: String,
    /// `date_created`.
    pub created: Option<Millis>,
    /// `channel`, in lower case.
    pub channel: String,
    /// `conversion_status` is `converted`.
    pub converted: bool,
    /// `channel_data.message_status` or `channel_data.call_status`.
    pub delivery: Option<String>,
    /// `channel_data.error_code`.
    pub error_code: Option<u32>,
    /// `channel_data.country`, ISO 3166-1.
    pub country: Option<String>,
    /// `price.value`, in the account's currency; absent while it is not known.
    pub price: Option<f64>,
    /// `price.currency`, in lower case.
    pub currency: Option<String>,
}

impl AttemptResource {
    /// Reads one; `None` without a SID.
    pub fn read(value: &Value) -> Option<AttemptResource> {
        let nothing = Value::Null;
        let data = value.get("channel_data").unwrap_or(&nothing);
        let price = value.get("price").unwrap_or(&nothing);
        let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
        let lower = |value: &Value, name| text(value, name).map(|text| text.to_ascii_lowercase());
        Some(AttemptResource {
            sid: text(value, "sid").filter(|sid| !sid.is_empty())?,
            verification_sid: text(value, "verification_sid").unwrap_or_default(),
            created: date(value, "date_created"),
            channel: lower(value, "channel").unwrap_or_default(),
            converted: lower(value, "conversion_status").as_deref() == Some("converted"),
            delivery: lower(data, "message_status").or_else(|| lower(data, "call_status")),
            error_code: data
                .get("error_code")
                .and_then(number)
                .map(|code| code as u32),
            country: text(data, "country"),
            price: price
                .get("value")
                .and_then(number)
                .filter(|price| price.is_finite()),
            currency: lower(price, "currency"),
        })
    }

    /// Reads a page; `None` when it is not one. An entry that cannot be read is left out: the
    /// list informs, nothing is sent or withheld for what is missing from it.
    pub fn read_list(response: &HttpResponse) -> Option<Vec<AttemptResource>> {
        if response.status != 200 {
            return None;
        }
        let body: Value = serde_json::from_str(&response.body).ok()?;
        let attempts = body.get("attempts")?.as_array()?;
        Some(attempts.iter().filter_map(AttemptResource::read).collect())
    }
}

/// Verify writes ISO 8601, and RFC 2822 by its documents' own words in places.
fn date(value: &Value, name: &str) -> Option<Millis> {
    let date = text(value, name)?;
    parse_rfc3339(&date).or_else(|| parse_rfc2822(&date))
}

#[cfg(test)]
mod tests;
