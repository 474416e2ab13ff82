//! Making a message: the checks in Twilio's order, and what follows from acceptance.

use super::address::{is_callback_url, is_recipient, is_sender};
use crate::clock::parse_span;
use crate::error::ApiError;
use crate::form;
use crate::outcome;
use crate::rest::{Ask, Outcome, Reply, content, services};
use crate::segments;
use crate::state::{Job, Media, Message, World};

/// A text may have so many characters (Twilio docs, Messages resource, `Body`).
const MAX_BODY: usize = 1600;
const MAX_MEDIA: usize = 10;
const MINUTE: i64 = 60_000;

pub(super) fn create(world: &mut World, ask: &Ask) -> Outcome {
    let to = ask.given("To").ok_or_else(|| ApiError::bad(21604))?;
    let service = ask.given("MessagingServiceSid");
    if ask.given("From").is_none() && service.is_none() {
        return Err(ApiError::bad(21603));
    }
    let content = content_of(world, ask)?;
    check_recipient(world, to)?;
    let from = sender_of(world, ask, to, service)?;
    if from == to {
        let code = if to.contains(':') { 63031 } else { 21211 };
        return Err(ApiError::new(
            400,
            code,
            "'To' and 'From' cannot be the same",
        ));
    }
    let callback = status_callback(world, ask, service)?;
    if let Some(period) = ask.given("ValidityPeriod") {
        let seconds: u32 = period.parse().unwrap_or(0);
        if !(1..=36_000).contains(&seconds) {
            return Err(ApiError::bad(90007));
        }
    }
    let send_at = schedule(world, ask, service)?;
    if world.blocks.contains(&(from.clone(), to.to_owned())) {
        return Err(ApiError::bad(21610));
    }
    let draft = Draft {
        from,
        to: to.to_owned(),
        content,
        service: service.map(str::to_owned),
        callback,
        send_at,
        validity_s: ask
            .given("ValidityPeriod")
            .and_then(|v| v.parse().ok())
            .unwrap_or(36_000),
        direction: "outbound-api",
    };
    let sid = accept(world, draft)?;
    let message = world.message(&sid).ok_or_else(|| ask.not_found())?;
    Ok(Reply::json(201, message.json(world.account())))
}

/// What a message says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pub body: String,
    pub media: Vec<Media>,
    pub content_sid: Option<String>,
    pub content_variables: Option<String>,
}

/// A message that passed the checks.
pub(crate) struct Draft {
    pub from: String,
    pub to: String,
    pub content: Text,
    pub service: Option<String>,
    pub callback: Option<String>,
    pub send_at: Option<i64>,
    pub validity_s: i64,
    pub direction: &'static str,
}

fn content_of(world: &mut World, ask: &Ask) -> Result<Text, ApiError> {
    let body = ask.param("Body").unwrap_or_default().to_owned();
    let urls = form::all(&ask.params, "MediaUrl");
    let variables = ask.given("ContentVariables");
    if let Some(sid) = ask.given("ContentSid") {
        let body = content::render(world, sid, variables)?;
        return Ok(Text {
            body,
            media: Vec::new(),
            content_sid: Some(sid.to_owned()),
            content_variables: variables.map(str::to_owned),
        });
    }
    if variables.is_some() {
        return Err(ApiError::bad(21654));
    }
    if body.is_empty() && urls.is_empty() {
        return Err(ApiError::bad(21602));
    }
    if body.chars().count() > MAX_BODY {
        return Err(ApiError::bad(21617));
    }
    if urls.len() > MAX_MEDIA {
        return Err(ApiError::bad(21623));
    }
    if urls.iter().any(|u| crate::client::split_url(u).is_none()) {
        return Err(ApiError::bad(21620));
    }
    let media = urls
        .into_iter()
        .map(|url| Media {
            sid: world.ids.sid("ME"),
            url: url.to_owned(),
            content_type: media_type(url).to_owned(),
        })
        .collect();
    Ok(Text {
        body,
        media,
        ..Text::default()
    })
}

fn media_type(url: &str) -> &'static str {
    let path = url
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match path.rsplit('.').next().unwrap_or_default() {
        "png" => "image/png",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "vcf" => "text/vcard",
        _ => "image/jpeg",
    }
}

fn invalid_to(to: &str) -> ApiError {
    ApiError::new(400, 21211, format!("Invalid 'To' Phone Number: {to}"))
}

fn check_recipient(world: &World, to: &str) -> Result<(), ApiError> {
    if !is_recipient(to) {
        return Err(invalid_to(to));
    }
    match to {
        "+15005550001" => Err(invalid_to(to)),
        "+15005550002" => Err(ApiError::bad(21612)),
        "+15005550003" => Err(ApiError::bad(21408)),
        "+15005550004" => Err(ApiError::bad(21610)),
        "+15005550009" => Err(ApiError::bad(21614)),
        _ if world.config.landlines.iter().any(|l| l == to) => Err(ApiError::bad(21614)),
        _ => Ok(()),
    }
}

fn sender_of(
    world: &World,
    ask: &Ask,
    to: &str,
    service: Option<&str>,
) -> Result<String, ApiError> {
    let chosen = match (ask.given("From"), service) {
        (Some(from), _) => from.to_owned(),
        (None, Some(service)) => {
            let from = services::sender_for(world, service)?;
            match to.split_once(':') {
                Some((channel, _)) if !from.contains(':') => format!("{channel}:{from}"),
                _ => from,
            }
        }
        (None, None) => return Err(ApiError::bad(21603)),
    };
    check_sender(world, &chosen)?;
    let channel = |address: &str| address.split_once(':').map(|(c, _)| c.to_owned());
    if channel(&chosen) != channel(to) {
        return Err(ApiError::new(
            400,
            if chosen.contains(':') { 63007 } else { 21212 },
            format!("'From' {chosen} and 'To' are not of one channel"),
        ));
    }
    Ok(chosen)
}

fn check_sender(world: &World, from: &str) -> Result<(), ApiError> {
    let invalid = || {
        ApiError::new(
            400,
            21212,
            format!("Invalid From Number (caller ID): {from}"),
        )
    };
    if !is_sender(from) {
        return Err(invalid());
    }
    match from {
        "+15005550001" => return Err(invalid()),
        "+15005550007" => return Err(ApiError::bad(21606)),
        "+15005550008" => return Err(ApiError::bad(21611)),
        _ => {}
    }
    let known = &world.config.senders;
    if !known.is_empty() && from != "+15005550006" && !known.iter().any(|s| s == from) {
        let code = if from.starts_with("whatsapp:") {
            63007
        } else {
            21606
        };
        return Err(ApiError::bad(code));
    }
    Ok(())
}

fn status_callback(
    world: &World,
    ask: &Ask,
    service: Option<&str>,
) -> Result<Option<String>, ApiError> {
    match ask.given("StatusCallback") {
        Some(url) if is_callback_url(url) => Ok(Some(url.to_owned())),
        Some(_) => Err(ApiError::bad(21609)),
        None => Ok(service.and_then(|sid| services::status_callback(world, sid))),
    }
}

fn schedule(world: &World, ask: &Ask, service: Option<&str>) -> Result<Option<i64>, ApiError> {
    let kind = ask.given("ScheduleType");
    let at = ask.given("SendAt");
    if kind.is_none() && at.is_none() {
        return Ok(None);
    }
    if service.is_none() {
        return Err(ApiError::new(
            400,
            35118,
            "MessagingServiceSid is required to schedule a message",
        ));
    }
    let Some(at) = at else {
        return Err(ApiError::new(400, 35111, "SendAt timestamp is missing"));
    };
    if kind != Some("fixed") {
        return Err(ApiError::new(400, 35112, "ScheduleType must be fixed"));
    }
    let unsupported = || ApiError::new(400, 35114, "Scheduling does not support this timestamp");
    let (when, _) = parse_span(at).ok_or_else(unsupported)?;
    let wait = when - world.now();
    // A second of grace at the near end: the request has travelled.
    if !(15 * MINUTE - 1000..=35 * 24 * 60 * MINUTE).contains(&wait) {
        return Err(unsupported());
    }
    Ok(Some(when))
}

/// Puts an outbound message into the store and on its way; its SID.
pub(crate) fn accept(world: &mut World, draft: Draft) -> Result<String, ApiError> {
    let now = world.now();
    let count = segments::count(&draft.content.body);
    let queue_ms = queue(world, &draft, count)?;
    let sid = world.ids.sid(if draft.content.media.is_empty() {
        "SM"
    } else {
        "MM"
    });
    let status = match (&draft.send_at, &draft.service) {
        (Some(_), _) => "scheduled",
        (None, Some(_)) => "accepted",
        (None, None) => "queued",
    };
    world.add_message(Message {
        sid: sid.clone(),
        from: draft.from,
        to: draft.to,
        body: draft.content.body,
        status: status.to_owned(),
        direction: draft.direction.to_owned(),
        messaging_service_sid: draft.service,
        media: draft.content.media,
        segments: count,
        status_callback: draft.callback,
        content_sid: draft.content.content_sid,
        content_variables: draft.content.content_variables,
        created: now,
        updated: now,
        ..Message::default()
    });
    match draft.send_at {
        Some(at) => world.plan(at, Job::Release { sid: sid.clone() }),
        None => {
            let late = match queue_ms {
                None => Some(30001),
                Some(ms) if ms > draft.validity_s * 1000 => Some(30036),
                Some(_) => verdict(world, &sid),
            };
            outcome::plan(world, &sid, queue_ms.unwrap_or(0), late);
        }
    }
    Ok(sid)
}

/// What the sender's rate makes a message wait, in milliseconds; `None` when a service's queue
/// is full (30001), an error when a single number's is (21611).
fn queue(world: &mut World, draft: &Draft, segments: u32) -> Result<Option<i64>, ApiError> {
    let Some(rate) = world
        .config
        .rates
        .get(&draft.from)
        .copied()
        .filter(|r| *r > 0.0)
    else {
        return Ok(Some(0));
    };
    let now = world.now();
    let free = world
        .queues
        .get(&draft.from)
        .copied()
        .unwrap_or(now)
        .max(now);
    let wait = free - now;
    if wait > world.config.queue_limit_s * 1000 {
        return match draft.service {
            Some(_) => Ok(None),
            None => Err(ApiError::bad(21611)),
        };
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a few seconds fit in an i64"
    )]
    let takes = (f64::from(segments) * 1000.0 / rate).ceil() as i64;
    world.queues.insert(draft.from.clone(), free + takes);
    Ok(Some(wait))
}

/// The failure that Twilio or the carrier will report later, if one can be foreseen.
pub(crate) fn verdict(world: &World, sid: &str) -> Option<u32> {
    let message = world.message(sid)?;
    if world
        .config
        .filtered_words
        .iter()
        .any(|w| message.body.contains(w.as_str()))
    {
        return Some(30007);
    }
    if let Some(rest) = message.to.strip_prefix("whatsapp:") {
        if let Some(code) = content::approval_error(world, message.content_sid.as_deref(), rest) {
            return Some(code);
        }
        if message.content_sid.is_none()
            && world.config.whatsapp_window
            && !crate::inbound::window_open(world, &message.from, &message.to)
        {
            return Some(63016);
        }
    }
    None
}
