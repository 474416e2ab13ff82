//! Scripts: how a flow starts and what happens then.

use crate::flow::{
    context::{Parameters, parameters},
    effect::HttpAnswer,
    liquid::{Clock, parse_date},
    report::Finding,
    turn::Trigger,
};
use serde_json::Value;

/// A script: how the flow starts and what happens then, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    pub(super) trigger: Trigger,
    pub(super) data: Parameters,
    pub(super) clock: Clock,
    pub(super) steps: Vec<Event>,
}

/// One thing that happens, as the script says it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The caller presses keys.
    Press(String),
    /// The caller speaks.
    Speak(String),
    /// The caller stays silent.
    Silence,
    /// The caller leaves a recording of so many seconds; 0 is an empty one.
    Record(u32),
    /// A dialled call ends with this `DialCallStatus`.
    Dial(String),
    /// A placed call gets this `CallStatus`.
    Call(String),
    /// The caller hangs up.
    HangUp,
    /// Twilio asks with these parameters, for everything else.
    Voice(Parameters),
    /// The contact replies.
    Reply(Parameters),
    /// Nobody replies in time.
    TimeOut,
    /// The message is not delivered.
    Undelivered,
    /// An HTTP answer.
    Http(HttpAnswer),
    /// An effect works, with this resource.
    Ok(Value),
    /// An effect fails, with this error.
    Fail(Value),
}

impl Script {
    /// Reads a script:
    ///
    /// ```json
    /// {
    ///   "start": {"call": {"From": "+15550001111", "To": "+15552223333"}},
    ///   "data": {"SALES_PHONE": "+15554445555"},
    ///   "now": "2026-03-09T14:05:07Z",
    ///   "steps": [{"press": "1"}, {"dial": "completed"}]
    /// }
    /// ```
    ///
    /// `start` is one of `call`, `message`, `conversation` (with parameters) and
    /// `request` (with `to` and `from`). A step is one of `press`, `speak`, `silence`,
    /// `record` (seconds), `dial`, `call` (statuses), `hangup`, `voice` (parameters),
    /// `reply` (text or parameters), `timeout`, `undelivered`, `http` (`status`, and
    /// `json` or `body` and `content_type`), `ok` and `fail` (a resource or an error).
    ///
    /// # Errors
    /// The place and the reason.
    pub fn parse(script: &Value) -> Result<Self, Finding> {
        let trigger = parse_start(script)?;
        let data = script
            .get("data")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let utc_offset_minutes = script.get("utc_offset_minutes").and_then(Value::as_i64);
        let mut clock = Clock {
            now_ms: 1_767_225_600_000,
            utc_offset_minutes: utc_offset_minutes
                .and_then(|m| i32::try_from(m).ok())
                .unwrap_or(0),
        };
        if let Some(now) = script.get("now").and_then(Value::as_str) {
            let utc = Clock {
                now_ms: 0,
                utc_offset_minutes: 0,
            };
            let seconds = parse_date(now, utc).ok_or_else(|| wrong("/now", "not a date"))?;
            clock.now_ms = seconds.saturating_mul(1000);
        }
        let empty = Vec::new();
        let raw = script
            .get("steps")
            .and_then(Value::as_array)
            .unwrap_or(&empty);
        let mut steps = Vec::with_capacity(raw.len());
        for (index, step) in raw.iter().enumerate() {
            steps.push(parse_step(step).ok_or_else(|| {
                wrong(
                    format!("/steps/{index}"),
                    "not a step that the simulator knows",
                )
            })?);
        }
        Ok(Self {
            trigger,
            data,
            clock,
            steps,
        })
    }
}

fn wrong(pointer: impl Into<String>, message: &str) -> Finding {
    Finding {
        pointer: pointer.into(),
        message: message.to_owned(),
    }
}

fn parse_start(script: &Value) -> Result<Trigger, Finding> {
    let start = script.get("start").and_then(Value::as_object);
    let Some((kind, value)) = start.and_then(|start| start.iter().next()) else {
        return Err(wrong(
            "/start",
            "the script does not say how the flow starts",
        ));
    };
    let given = value.as_object().cloned().unwrap_or_default();
    let of = |key: &str| super::text(&given, key).to_owned();
    Ok(match kind.as_str() {
        "call" => Trigger::Call(given),
        "message" => Trigger::Message(given),
        "conversation" => Trigger::Conversation(given),
        "request" => Trigger::Request {
            to: of("to"),
            from: of("from"),
        },
        _ => {
            return Err(wrong(
                "/start",
                "a flow starts by call, message, conversation or request",
            ));
        }
    })
}

fn parse_step(step: &Value) -> Option<Event> {
    let (kind, value) = step.as_object()?.iter().next()?;
    let text = || {
        value
            .as_str()
            .map(str::to_owned)
            .or_else(|| value.as_i64().map(|n| n.to_string()))
    };
    Some(match kind.as_str() {
        "press" => Event::Press(text()?),
        "speak" => Event::Speak(text()?),
        "silence" => Event::Silence,
        "record" => Event::Record(u32::try_from(value.as_u64()?).ok()?),
        "dial" => Event::Dial(text()?),
        "call" => Event::Call(text()?),
        "hangup" => Event::HangUp,
        "voice" => Event::Voice(value.as_object()?.clone()),
        "reply" => Event::Reply(match value {
            Value::Object(given) => given.clone(),
            _ => parameters([("Body", text()?)]),
        }),
        "timeout" => Event::TimeOut,
        "undelivered" => Event::Undelivered,
        "http" => Event::Http(parse_http(value)?),
        "ok" => Event::Ok(value.clone()),
        "fail" => Event::Fail(value.clone()),
        _ => return None,
    })
}

fn parse_http(value: &Value) -> Option<HttpAnswer> {
    let status = value.get("status").and_then(Value::as_u64).unwrap_or(200);
    let (content_type, body) = match value.get("json") {
        Some(json) => ("application/json", json.to_string()),
        None => {
            let field = |key| value.get(key).and_then(Value::as_str);
            (
                field("content_type").unwrap_or("text/plain"),
                field("body").unwrap_or("").to_owned(),
            )
        }
    };
    Some(HttpAnswer {
        status: u16::try_from(status).ok()?,
        content_type: content_type.to_owned(),
        body,
    })
}
