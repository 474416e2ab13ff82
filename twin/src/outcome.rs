//! What becomes of a message: the statuses it goes through and the callbacks they cause.

use crate::clock::dlr_time;
use crate::form::Params;
use crate::state::{Job, Message, Webhook, World};
use serde::Deserialize;
use serde_json::Value;

/// One step of a message's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WayStep {
    pub status: String,
    pub error: Option<u32>,
    /// After the step before, in milliseconds.
    pub delay_ms: i64,
    /// Lost when false.
    pub callback: bool,
    /// Sent so many times, with the same idempotency token.
    pub repeat: u32,
    /// The callback is late by so much, and may be overtaken.
    pub late_ms: i64,
}

impl WayStep {
    pub(crate) fn new(status: &str, delay_ms: i64) -> Self {
        Self {
            status: status.to_owned(),
            error: None,
            delay_ms,
            callback: true,
            repeat: 1,
            late_ms: 0,
        }
    }

    pub(crate) fn failing(status: &str, error: u32, delay_ms: i64) -> Self {
        Self {
            error: Some(error),
            ..Self::new(status, delay_ms)
        }
    }
}

/// A scripted way for messages that match.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub body_contains: Option<String>,
    pub statuses: Vec<Status>,
    /// Between steps that say nothing else.
    #[serde(default)]
    pub delay_ms: Option<i64>,
    /// How many messages; none for all.
    #[serde(default)]
    pub times: Option<u32>,
}

/// A status: `"sent"`, `{"failed": 30003}` or `{"status": ..., ...}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Status {
    Name(String),
    Full(FullStatus),
    Failing(std::collections::BTreeMap<String, u32>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FullStatus {
    pub status: String,
    #[serde(default)]
    pub error_code: Option<u32>,
    #[serde(default)]
    pub delay_ms: Option<i64>,
    #[serde(default)]
    pub callback: Option<bool>,
    #[serde(default)]
    pub repeat: Option<u32>,
    #[serde(default)]
    pub late_ms: Option<i64>,
}

const STATUSES: [&str; 12] = [
    "accepted",
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "read",
    "canceled",
    "receiving",
    "received",
    "partially_delivered",
];

impl Outcome {
    /// The first status that Twilio does not have, if any.
    pub(crate) fn fault(&self) -> Option<String> {
        self.way(0)
            .into_iter()
            .map(|s| s.status)
            .find(|s| !STATUSES.contains(&s.as_str()))
    }

    pub(crate) fn matches(&self, message: &Message) -> bool {
        let same = |want: &Option<String>, have: &str| want.as_deref().is_none_or(|w| w == have);
        same(&self.to, &message.to)
            && same(&self.from, &message.from)
            && self
                .body_contains
                .as_deref()
                .is_none_or(|part| message.body.contains(part))
            && self.times != Some(0)
    }

    pub(crate) fn way(&self, step_ms: i64) -> Vec<WayStep> {
        let delay = self.delay_ms.unwrap_or(step_ms);
        self.statuses
            .iter()
            .flat_map(|status| match status {
                Status::Name(name) => vec![WayStep::new(name, delay)],
                Status::Full(full) => vec![WayStep {
                    status: full.status.clone(),
                    error: full.error_code,
                    delay_ms: full.delay_ms.unwrap_or(delay),
                    callback: full.callback.unwrap_or(true),
                    repeat: full.repeat.unwrap_or(1),
                    late_ms: full.late_ms.unwrap_or(0),
                }],
                Status::Failing(map) => map
                    .iter()
                    .map(|(name, code)| WayStep::failing(name, *code, delay))
                    .collect(),
            })
            .collect()
    }
}

/// Plans the way of a message that has just been accepted.
///
/// `queue_ms` is what it waits for its sender's rate; `verdict` a failure known beforehand.
pub(crate) fn plan(world: &mut World, sid: &str, queue_ms: i64, verdict: Option<u32>) {
    let Some(message) = world.message(sid).cloned() else {
        return;
    };
    let step_ms = world.config.step_ms;
    let scripted = world
        .outcomes
        .iter_mut()
        .find(|o| o.matches(&message))
        .map(|o| {
            if let Some(times) = &mut o.times {
                *times -= 1;
            }
            o.way(step_ms)
        });
    let mut way = match (verdict, scripted) {
        (Some(code), _) => failing_way(code, step_ms),
        (None, Some(way)) => way,
        (None, None) => default_way(world, &message),
    };
    if message.messaging_service_sid.is_some() && way.first().is_some_and(|s| s.status != "queued")
    {
        way.insert(0, WayStep::new("queued", step_ms));
    }
    if let Some(step) = way.iter_mut().find(|s| s.status != "queued") {
        step.delay_ms += queue_ms;
    }
    let first = way.first().map(|s| s.delay_ms);
    world.ways.insert(sid.to_owned(), way);
    if let Some(delay) = first {
        let due = world.now() + delay;
        world.plan(
            due,
            Job::Advance {
                sid: sid.to_owned(),
                step: 0,
            },
        );
    }
}

fn default_way(world: &World, message: &Message) -> Vec<WayStep> {
    let step_ms = world.config.step_ms;
    let mut names = vec!["sending", "sent", "delivered"];
    if world.config.whatsapp_read && message.to.starts_with("whatsapp:") {
        names.push("read");
    }
    names
        .into_iter()
        .map(|name| WayStep::new(name, step_ms))
        .collect()
}

fn failing_way(code: u32, step_ms: i64) -> Vec<WayStep> {
    match code {
        // Refused before anything left: never sent.
        30001 | 30002 | 30036 | 63015 | 63016 | 63024 | 63003 | 21610 => {
            vec![WayStep::failing("failed", code, step_ms)]
        }
        _ => vec![
            WayStep::new("sending", step_ms),
            WayStep::new("sent", step_ms),
            WayStep::failing("undelivered", code, step_ms),
        ],
    }
}

/// A scheduled message's time has come: it is accepted, and goes its way.
pub(crate) fn release(world: &mut World, sid: &str) {
    let now = world.now();
    let Some(message) = world.message_mut(sid) else {
        return;
    };
    if message.status != "scheduled" {
        return;
    }
    message.status = "accepted".to_owned();
    message.updated = now;
    message.history.push((now, "accepted".to_owned()));
    let verdict = crate::rest::messages::verdict(world, sid);
    plan(world, sid, 0, verdict);
}

/// Takes a message one step on; the callbacks to send now.
pub(crate) fn advance(world: &mut World, sid: &str, index: usize) -> Vec<Webhook> {
    let now = world.now();
    let Some(way) = world.ways.get(sid) else {
        return Vec::new();
    };
    let next = way.get(index + 1).map(|s| s.delay_ms);
    let Some(step) = way.get(index).cloned() else {
        return Vec::new();
    };
    let Some(message) = world.message_mut(sid) else {
        return Vec::new();
    };
    if message.status == "canceled" {
        return Vec::new();
    }
    message.status.clone_from(&step.status);
    message.updated = now;
    message.error_code = step.error;
    if step.status == "sent" && message.sent.is_none() {
        message.sent = Some(now);
    }
    message.history.push((now, step.status.clone()));
    let message = message.clone();
    if let Some(delay) = next {
        world.plan(
            now + delay,
            Job::Advance {
                sid: sid.to_owned(),
                step: index + 1,
            },
        );
    }
    if !step.callback {
        return Vec::new();
    }
    let Some(webhook) = status_webhook(world, &message) else {
        return Vec::new();
    };
    let copies = vec![webhook; usize::try_from(step.repeat).unwrap_or(1)];
    if step.late_ms <= 0 {
        return copies;
    }
    for copy in copies {
        world.plan(now + step.late_ms, Job::Send(Box::new(copy)));
    }
    Vec::new()
}

/// The status callback for the message as it is now.
pub(crate) fn status_webhook(world: &mut World, message: &Message) -> Option<Webhook> {
    let url = message.status_callback.clone()?;
    let params = status_params(world, message);
    Some(world.webhook("message-status", &message.sid, "POST", &url, params))
}

fn status_params(world: &World, message: &Message) -> Params {
    let mut out: Params = Vec::new();
    let mut add = |name: &str, value: &str| out.push((name.to_owned(), value.to_owned()));
    add("AccountSid", world.account());
    add("ApiVersion", "2010-04-01");
    add("MessageSid", &message.sid);
    add("SmsSid", &message.sid);
    add("MessageStatus", &message.status);
    add("SmsStatus", &message.status);
    add("From", &message.from);
    add("To", &message.to);
    if let Some(service) = &message.messaging_service_sid {
        add("MessagingServiceSid", service);
    }
    if let Some(code) = message.error_code {
        add("ErrorCode", &code.to_string());
    }
    let channel = message.to.split_once(':');
    match channel {
        Some((prefix @ ("whatsapp" | "rcs"), _)) => {
            add("ChannelPrefix", prefix);
            add("ChannelInstallSid", &format!("XE{}", &"0".repeat(32)));
            if message.status == "read" {
                add("EventType", "READ");
            }
            if let Some(code) = message.error_code {
                add("ChannelStatusMessage", crate::error::meaning(code));
            }
            if prefix == "whatsapp" {
                add(
                    "ExternalUserId",
                    &crate::inbound::external_user_id(world, &message.to),
                );
            }
        }
        _ => {
            if matches!(message.status.as_str(), "delivered" | "undelivered") {
                add("RawDlrDoneDate", &dlr_time(message.updated));
            }
        }
    }
    out
}

/// Reads an outcome script or a list of them.
pub(crate) fn parse(value: Value) -> Result<Vec<Outcome>, String> {
    crate::json::list(value)
        .into_iter()
        .map(|one| {
            let outcome: Outcome = serde_json::from_value(one).map_err(|e| e.to_string())?;
            match outcome.fault() {
                Some(status) => Err(format!("no such message status: {status}")),
                None => Ok(outcome),
            }
        })
        .collect()
}
