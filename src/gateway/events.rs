//! Events on their way from the queue to the application, as Standard Webhooks
//! (standardwebhooks.com): `webhook-id`, `webhook-timestamp`, `webhook-signature`.
//!
//! The queue gives an event at least once. Each time: the ledger is kept up to date, then the
//! event is delivered. What the application does not take is given back to the queue, with
//! pauses that double up to six hours, for 72 hours; after that it is dead, and can be
//! replayed for another day. The id is the same every time, so that the application can tell.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json as document};
use sha2::Sha256;

use super::world::{Unavailable, World};
use super::{gap, ledger, media, people};
use crate::json;
use crate::log::Record;
use crate::objects::contact::{Event, Listed, PutConsent};
use crate::objects::ledger::{EventState, KeepEvent, MarkEvent, day_shard};
use crate::ports::{HttpRequest, HttpResponse, Millis};
use crate::settings::Webhook;
use crate::time::{HOUR, SECOND, rfc3339};

/// How long an application may be down.
pub const PATIENCE: Millis = 72 * HOUR;
const SHORTEST_PAUSE: Millis = 5 * SECOND;
const LONGEST_PAUSE: Millis = 6 * HOUR;
/// Events with this in front are for the gateway alone.
const INTERNAL: &str = "internal.";

/// Something on the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// An event that is asked for again.
    Replay {
        /// The event.
        event: Box<Event>,
        /// When it was asked for.
        since: Millis,
    },
    /// Lines of a list that is imported, each for one person.
    Import(Vec<PutConsent>),
    /// Entries of one of Twilio's lists, to be compared with what we know.
    Compare(Vec<Listed>),
}

/// What becomes of a message of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done with.
    Done,
    /// It comes again after so many seconds.
    Again(u32),
}

/// Works on one message of the queue.
pub async fn consume<W: World>(world: &W, text: &str) -> Verdict {
    let (event, since) = match (json::read::<Event>(text), json::read::<Job>(text)) {
        (Ok(event), _) => {
            let since = event.at;
            (event, since)
        }
        (_, Ok(Job::Replay { event, since })) => (*event, since),
        (_, Ok(Job::Import(lines))) => return import(world, &lines).await,
        (_, Ok(Job::Compare(listed))) => {
            return match gap::compare(world, listed).await {
                Ok(()) => Verdict::Done,
                Err(Unavailable) => again(world, SHORTEST_PAUSE),
            };
        }
        _ => {
            world.log(Record::error("queue.unreadable"));
            return Verdict::Done;
        }
    };
    let is_replay = since != event.at;
    let kept = if is_replay {
        Ok(true)
    } else {
        keep(world, &event).await
    };
    match kept {
        Ok(false) => Verdict::Done,
        Ok(true) => deliver(world, &event, since).await,
        Err(Unavailable) => again(world, SHORTEST_PAUSE),
    }
}

async fn import<W: World>(world: &W, lines: &[PutConsent]) -> Verdict {
    for line in lines {
        // A line that was taken already is taken again without a trace.
        if world.ask(line.contact.as_str(), line).await.is_err() {
            return again(world, SHORTEST_PAUSE);
        }
    }
    match ledger::keep_imported(world, lines).await {
        Ok(()) => Verdict::Done,
        Err(Unavailable) => again(world, SHORTEST_PAUSE),
    }
}

/// Brings the ledger up to date. Whether the event is still to be delivered.
async fn keep<W: World>(world: &W, event: &Event) -> Result<bool, Unavailable> {
    let mut row = None;
    match event.kind.as_str() {
        "message.received" | "message.status" => {
            row = ledger::keep_message(world, event).await?;
        }
        "contact.opted_out" | "contact.opted_in" => {
            ledger::keep_consent(world, event).await?;
        }
        "execution.started" | "execution.ended" => ledger::keep_execution(world, event).await?,
        "internal.alias" => people::link(world, event).await?,
        "internal.erased" => ledger::forget(world, event).await?,
        _ => {}
    }
    if event.kind.starts_with(INTERNAL) {
        return Ok(false);
    }
    let state = match world.settings().messaging.webhook {
        Some(_) => EventState::Pending,
        None => EventState::Kept,
    };
    let command = KeepEvent {
        event: event.clone(),
        state,
        row,
    };
    let state = world.ask(&day_shard(event.id.day()), &command).await?;
    Ok(state == EventState::Pending)
}

async fn deliver<W: World>(world: &W, event: &Event, since: Millis) -> Verdict {
    let Some(webhook) = &world.settings().messaging.webhook else {
        return Verdict::Done;
    };
    let (request, headers) = sign(webhook, &with_links(world, event), world.now());
    let answer = world.notify(request, &headers).await.ok();
    let status = answer.as_ref().map(|answer| answer.status);
    let age = world.now().saturating_sub(since);
    let state = match status {
        Some(200..=299) => EventState::Delivered,
        // 410 Gone: the application wants no more.
        Some(410) => EventState::Dead,
        _ if age >= PATIENCE => EventState::Dead,
        _ => EventState::Pending,
    };
    let mark = MarkEvent {
        id: event.id.as_str().to_owned(),
        state,
        answer: status,
    };
    let marked = world.ask(&day_shard(event.id.day()), &mark).await;
    match state {
        EventState::Pending => again(world, pause(age, answer.as_ref())),
        // An event that cannot be marked as delivered is delivered again: at least once.
        _ if marked.is_err() => again(world, SHORTEST_PAUSE),
        EventState::Dead => {
            world.log(Record::error("event.dead").with("id", event.id.as_str()));
            Verdict::Done
        }
        EventState::Delivered | EventState::Kept => Verdict::Done,
    }
}

/// The event with links to its media, where the deployment knows what it is called by.
fn with_links<W: World>(world: &W, event: &Event) -> Event {
    let mut event = event.clone();
    let settings = world.settings();
    let Some(base) = settings.public_base_url.as_deref() else {
        return event;
    };
    let Some(data) = event.data.as_object_mut() else {
        return event;
    };
    let count = match data.get("media_urls") {
        Some(Json::Array(urls)) if event.kind == "message.received" => urls.len(),
        _ => 0,
    };
    let Some(id) = data.get("id").and_then(Json::as_str).map(str::to_owned) else {
        return event;
    };
    let links: Vec<Json> = (0..count)
        .filter_map(|at| media::link(settings, base, &id, at, world.now()))
        .map(Json::from)
        .collect();
    if !links.is_empty() {
        data.insert("media_links".to_owned(), Json::Array(links));
    }
    event
}

/// As long again as it has been tried, within bounds; what the application asks for is the
/// least that is waited.
fn pause(age: Millis, answer: Option<&HttpResponse>) -> Millis {
    let asked = answer
        .and_then(|answer| answer.retry_after.as_deref()?.trim().parse::<Millis>().ok())
        .unwrap_or(0)
        .saturating_mul(SECOND);
    age.max(asked).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

/// With a fifth of jitter, so that what failed together does not come back together.
fn again<W: World>(world: &W, pause: Millis) -> Verdict {
    let jitter = world.below(u64::try_from(pause / 5).unwrap_or(0).saturating_add(1));
    let pause = pause.saturating_add(Millis::try_from(jitter).unwrap_or(0));
    Verdict::Again(u32::try_from(pause / SECOND).unwrap_or(u32::MAX))
}

/// The request that delivers an event, and the headers that prove whose it is.
fn sign(
    webhook: &Webhook,
    event: &Event,
    now: Millis,
) -> (HttpRequest, [(&'static str, String); 3]) {
    let body = document!({
        "type": event.kind,
        "timestamp": rfc3339(event.at),
        "data": event.data,
    })
    .to_string();
    let timestamp = (now / SECOND).to_string();
    let signature = signature(&webhook.key, event.id.as_str(), &timestamp, &body);
    let request = HttpRequest {
        method: "POST",
        url: webhook.url.clone(),
        authorization: None,
        content_type: Some("application/json"),
        body,
    };
    let headers = [
        ("webhook-id", event.id.as_str().to_owned()),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signature),
    ];
    (request, headers)
}

/// `v1,` and HMAC-SHA256 over `id.timestamp.body`, in base64 (Standard Webhooks, "Signature
/// scheme").
fn signature(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    for part in [id, ".", timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_standard() {
        // The vector of the reference libraries of standardwebhooks.com.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let made = signature(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn pauses_double_until_six_hours_and_keep_what_was_asked_for() {
        assert_eq!(pause(0, None), SHORTEST_PAUSE);
        assert_eq!(pause(40 * SECOND, None), 40 * SECOND);
        assert_eq!(pause(20 * HOUR, None), LONGEST_PAUSE);
        let busy = HttpResponse {
            retry_after: Some("90".to_owned()),
            ..HttpResponse::default()
        };
        assert_eq!(pause(0, Some(&busy)), 90 * SECOND);
    }
}
