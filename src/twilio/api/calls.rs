//! The Calls resource (Twilio OpenAPI, `api_v2010`, `Calls.json`).

use serde_json::Value;

use super::{Account, text};
use crate::ports::{HttpRequest, Millis};

/// What a new call is made of.
#[derive(Debug, Clone)]
pub struct NewCall<'a> {
    /// `To`: a number, `client:` or `sip:`.
    pub to: &'a str,
    /// `From`: a number of the account, or a verified one.
    pub from: &'a str,
    /// `Url`: where Twilio asks for TwiML when the call is answered.
    pub url: &'a str,
    /// `StatusCallback`, asked for all four events.
    pub status_callback: &'a str,
    /// Further parameters by Twilio's own names.
    pub more: &'a [(&'a str, String)],
}

/// The request that places a call.
pub fn create(account: &Account, call: &NewCall<'_>) -> HttpRequest {
    let mut parameters = vec![
        ("To", call.to),
        ("From", call.from),
        ("Url", call.url),
        ("Method", "POST"),
        ("StatusCallback", call.status_callback),
        ("StatusCallbackMethod", "POST"),
    ];
    // Without the list Twilio reports `completed` alone.
    parameters.extend(
        ["initiated", "ringing", "answered", "completed"]
            .map(|event| ("StatusCallbackEvent", event)),
    );
    parameters.extend(
        call.more
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    );
    account.post("/Calls.json", &parameters)
}

/// The request that lists calls to one number; the newest come first.
pub fn list(account: &Account, to: &str) -> HttpRequest {
    account.get("/Calls.json", &[("To", to), ("PageSize", "100")])
}

/// The request that starts recording a call in progress. Parameters are Twilio's own
/// (Twilio OpenAPI, `api_v2010`, `Calls/{CallSid}/Recordings.json`).
pub fn record(account: &Account, call_sid: &str, parameters: &[(&str, &str)]) -> HttpRequest {
    account.post(
        &["/Calls/", call_sid, "/Recordings.json"].concat(),
        parameters,
    )
}

/// The request that ends the recording of a call; Twilio knows the running one by this name.
pub fn stop_recording(account: &Account, call_sid: &str) -> HttpRequest {
    let path = ["/Calls/", call_sid, "/Recordings/Twilio.CURRENT.json"].concat();
    account.post(&path, &[("Status", "stopped")])
}

/// The request for the first page of all calls that began within a window of time.
pub fn list_window(account: &Account, from: Millis, until: Millis, size: u32) -> HttpRequest {
    let bounds = [super::second(from), super::second(until)];
    let names = ["StartTime>", "StartTime<"];
    account.get(
        "/Calls.json",
        &super::window(names, &bounds, &size.to_string()),
    )
}

/// A call as Twilio tells it, as far as it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallResource {
    /// `CA…`.
    pub sid: String,
    /// `status`, by Twilio's name.
    pub status: String,
}

impl CallResource {
    /// Reads one call; `None` without a SID and a status.
    pub fn read(value: &Value) -> Option<CallResource> {
        Some(CallResource {
            sid: text(value, "sid").filter(|sid| !sid.is_empty())?,
            status: text(value, "status")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_asks_for_every_event() {
        let account = Account::new("https://api.twilio.com", "AC1", "AC1", "token");
        let request = create(
            &account,
            &NewCall {
                to: "+15550100",
                from: "+15550111",
                url: "https://gw.example/voice/outbound-message?c=call_1",
                status_callback: "https://gw.example/voice/status?c=call_1",
                more: &[],
            },
        );
        for event in ["initiated", "ringing", "answered", "completed"] {
            assert!(
                request
                    .body
                    .contains(&format!("StatusCallbackEvent={event}"))
            );
        }
        assert!(request.body.contains("c%3Dcall_1"));
    }
}
