//! Messages: create, fetch, list, cancel, redact, delete; media and feedback.

mod address;
mod create;
mod media;

pub(crate) use address::{is_callback_url, is_recipient, is_sid};
pub(crate) use create::{Draft, Text, accept, verdict};

use crate::clock::parse_span;
use crate::error::ApiError;
use crate::outcome;
use crate::rest::{Ask, Outcome, Reply};
use crate::state::{Job, World};
use serde_json::Value;

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("POST", []) => create::create(world, ask),
        ("GET", []) => list(world, ask),
        ("GET", [sid]) => {
            let message = world.message(sid).ok_or_else(|| ask.not_found())?;
            Ok(Reply::json(200, message.json(world.account())))
        }
        ("POST", [sid]) => update(world, ask, sid),
        ("DELETE", [sid]) => delete(world, ask, sid),
        ("GET", [sid, "Media"]) => media::list(world, ask, sid),
        ("GET", [sid, "Media", media]) => media::fetch(world, ask, sid, media),
        ("DELETE", [sid, "Media", media]) => media::delete(world, ask, sid, media),
        ("POST", [sid, "Feedback"]) => media::feedback(world, ask, sid),
        _ => Err(ask.not_found()),
    }
}

fn list(world: &World, ask: &Ask) -> Outcome {
    let mut first = i64::MIN;
    let mut last = i64::MAX;
    for (name, value) in &ask.query {
        let wrong = || ApiError::new(400, 20001, format!("Invalid {name}"));
        match name.as_str() {
            "DateSent" => {
                let (from, to) = parse_span(value).ok_or_else(wrong)?;
                first = first.max(from);
                last = last.min(to);
            }
            "DateSent>" | "DateSentAfter" => {
                first = first.max(parse_span(value).ok_or_else(wrong)?.0)
            }
            "DateSent<" | "DateSentBefore" => {
                last = last.min(parse_span(value).ok_or_else(wrong)?.1)
            }
            _ => {}
        }
    }
    let same = |name: &str, have: &str| ask.given(name).is_none_or(|want| want == have);
    let found: Vec<Value> = world
        .messages
        .iter()
        .rev()
        .filter(|m| !m.deleted && same("To", &m.to) && same("From", &m.from))
        .filter(|m| (first..=last).contains(&m.sent.unwrap_or(m.created)))
        .map(|m| m.json(world.account()))
        .collect();
    crate::rest::page_2010(ask, world, "messages", found)
}

fn update(world: &mut World, ask: &Ask, sid: &str) -> Outcome {
    let now = world.now();
    let status = ask.given("Status");
    let body = ask.param("Body");
    let message = world.message_mut(sid).ok_or_else(|| ask.not_found())?;
    match (status, body) {
        (Some("canceled"), None) => {
            if !matches!(message.status.as_str(), "scheduled" | "accepted" | "queued") {
                return Err(ApiError::bad(30409));
            }
            message.status = "canceled".to_owned();
            message.updated = now;
            message.history.push((now, "canceled".to_owned()));
            let message = message.clone();
            if let Some(webhook) = outcome::status_webhook(world, &message) {
                world.plan(now, Job::Send(Box::new(webhook)));
            }
        }
        (None, Some("")) => {
            if !message.is_terminal() && message.status != "sent" {
                return Err(ApiError::new(
                    400,
                    20009,
                    "Cannot redact a message that is not in a final state",
                ));
            }
            message.body.clear();
            message.updated = now;
        }
        _ => return Err(ApiError::bad(30400)),
    }
    let message = world.message(sid).ok_or_else(|| ask.not_found())?;
    Ok(Reply::json(200, message.json(world.account())))
}

fn delete(world: &mut World, ask: &Ask, sid: &str) -> Outcome {
    let message = world.message_mut(sid).ok_or_else(|| ask.not_found())?;
    if !message.is_terminal() && message.status != "sent" {
        return Err(ApiError::new(409, 20409, "Resource not complete"));
    }
    message.deleted = true;
    message.body.clear();
    Ok(Reply::no_content())
}
