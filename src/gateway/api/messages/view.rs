//! A message as the API shows it.

use serde::Serialize;
use serde_json::{Value, json};

use super::super::super::problem::TwilioFault;
use super::super::twilio_fault;
use crate::messaging::recovery::Reason;
use crate::messaging::segments::{self, Forcing};
use crate::messaging::status::MessageStatus;
use crate::objects::contact::{Attempt, Delivery, HistoryEntry, Message};
use crate::objects::id::Id;
use crate::time::rfc3339;

/// What a text takes as SMS.
#[derive(Serialize)]
pub(super) struct SegmentsView {
    encoding: &'static str,
    count: u32,
}

/// What a text takes as SMS, and which characters make it take more.
#[derive(Serialize)]
pub(super) struct SegmentReport {
    encoding: &'static str,
    count: u32,
    units: u32,
    remaining: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forced_by: Vec<Forcing>,
}

pub(super) fn segments(body: &str) -> SegmentReport {
    let size = segments::count(body);
    SegmentReport {
        encoding: size.encoding.as_str(),
        count: size.count,
        units: size.units,
        remaining: size.remaining,
        forced_by: segments::forcing(body),
    }
}

#[derive(Serialize)]
struct HistoryView<'a> {
    at: String,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct MessageView<'a> {
    id: &'a Id,
    sid: Option<&'a str>,
    status: &'static str,
    direction: crate::objects::contact::Direction,
    channel: &'static str,
    to: &'a str,
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaging_service_sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    body: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    media_urls: &'a [String],
    /// Links that the application can follow, for media behind Twilio's credentials.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    details: &'a Value,
    segments: SegmentsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<TwilioFault>,
    attempt: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier_attempts: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_why: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<Reason>,
    created_at: String,
    updated_at: String,
    history: Vec<HistoryView<'a>>,
}

pub(super) fn view(message: &Message) -> MessageView<'_> {
    view_with(message, Vec::new())
}

/// With links to its media.
pub(super) fn view_with(message: &Message, media: Vec<Value>) -> MessageView<'_> {
    let course = &message.course;
    let waiting = matches!(message.delivery, Delivery::Backoff { attempt: 0 });
    MessageView {
        id: &message.id,
        sid: message.sid.as_deref(),
        status: message.status_name(),
        direction: message.direction,
        channel: message.channel().as_str(),
        to: &message.to,
        from: message.from.as_deref(),
        messaging_service_sid: message.messaging_service_sid.as_deref(),
        sender: message.options.sender.as_deref(),
        body: &message.body,
        media_urls: &message.media_urls,
        media,
        content_sid: message.content_sid(),
        details: &message.details,
        segments: SegmentsView {
            encoding: message.encoding.as_str(),
            count: message.segments,
        },
        error: message.failure.as_ref().map(twilio_fault),
        attempt: course.number(),
        earlier_attempts: course.past.iter().map(attempt).collect(),
        scheduled_at: message
            .options
            .scheduled_at
            .or(message.options.turn)
            .filter(|_| waiting)
            .map(rfc3339),
        next_attempt_at: course.next.map(|next| rfc3339(next.at)),
        next_attempt_why: course.next.map(|next| next.reason),
        stopped: course.stopped,
        created_at: rfc3339(message.created_at),
        updated_at: rfc3339(message.updated_at),
        history: message.history.iter().map(history_view).collect(),
    }
}

/// What `POST /v1/messages` answers, the first time and each time its key comes again: what
/// was accepted, not what has become of it since.
#[derive(Serialize)]
pub(super) struct Receipt<'a> {
    id: &'a Id,
    sid: Option<&'a str>,
    status: &'static str,
    channel: &'static str,
    to: &'a str,
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messaging_service_sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
    body: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    media_urls: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    content_sid: Option<&'a str>,
    segments: SegmentsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<String>,
    created_at: String,
}

pub(super) fn receipt(message: &Message) -> Receipt<'_> {
    let first = message.course.past.first();
    // The first entry is our own "accepted".
    let accepted = message
        .history
        .iter()
        .skip(1)
        .find_map(|entry| MessageStatus::parse(&entry.what));
    Receipt {
        id: &message.id,
        sid: first.map_or(message.sid.as_deref(), |first| first.sid.as_deref()),
        status: accepted.map_or(message.status_name(), MessageStatus::as_str),
        channel: first
            .map_or(message.channel(), |first| first.channel)
            .as_str(),
        to: first.map_or(&message.to, |first| &first.to),
        from: first.map_or(message.from.as_deref(), |first| first.from.as_deref()),
        messaging_service_sid: message.messaging_service_sid.as_deref(),
        sender: message.options.sender.as_deref(),
        body: &message.body,
        media_urls: &message.media_urls,
        content_sid: message.content_sid(),
        segments: SegmentsView {
            encoding: message.encoding.as_str(),
            count: message.segments,
        },
        scheduled_at: message
            .options
            .scheduled_at
            .or(message.options.turn)
            .map(rfc3339),
        created_at: rfc3339(message.created_at),
    }
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "attempt": attempt.number,
        "at": rfc3339(attempt.at),
        "channel": attempt.channel,
        "to": attempt.to,
        "from": attempt.from,
        "sid": attempt.sid,
        "status": attempt.status,
        "code": attempt.code,
        "then": attempt.then,
    })
}

fn history_view(entry: &HistoryEntry) -> HistoryView<'_> {
    HistoryView {
        at: rfc3339(entry.at),
        event: &entry.what,
        code: entry.code,
    }
}
