//! A message from a person: the webhook, the reply in TwiML, and what Twilio does with STOP.

mod reply;

use crate::config::Hook;
use crate::engine::{self, Shared};
use crate::form::Params;
use crate::rest::messages::{accept, is_callback_url};
use crate::rest::services;
use crate::state::{CallbackRecord, Media, Message, Signing, World};
use crate::voice::twiml::{self};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// At most so many replies to one inbound message (error 14109).
const MAX_REPLIES: usize = 10;
/// At most so many redirects inside one answer.
const MAX_REDIRECTS: usize = 10;
const DAY_MS: i64 = 86_400_000;

const STOP: [&str; 8] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
];
const START: [&str; 3] = ["START", "YES", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// `POST /twin/messages`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Injection {
    pub to: String,
    pub from: String,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub media: Vec<MediaInput>,
    /// Added to or put in place of the webhook's parameters.
    #[serde(default)]
    pub params: Map<String, Value>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub sign: Option<Signing>,
    /// Sent as `I-Twilio-Idempotency-Token`.
    #[serde(default)]
    pub token: Option<String>,
    /// The SID to use, to send the same message twice.
    #[serde(default)]
    pub sid: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum MediaInput {
    Url(String),
    Full(Media),
}

/// The keyword a whole body is, ignoring case and surrounding space.
fn keyword(body: &str) -> Option<&'static str> {
    let word = body.trim().to_uppercase();
    let is = |list: &[&str]| list.contains(&word.as_str());
    if is(&STOP) {
        Some("STOP")
    } else if is(&START) {
        Some("START")
    } else if is(&HELP) {
        Some("HELP")
    } else {
        None
    }
}

/// The business-scoped id of a WhatsApp address: itself, or one made from the number.
pub(crate) fn external_user_id(world: &World, address: &str) -> String {
    if let Some(given) = world.bsuids.get(address) {
        return given.clone();
    }
    let rest = address.strip_prefix("whatsapp:").unwrap_or(address);
    if !rest.starts_with('+') {
        return address.to_owned();
    }
    let hex = crate::ids::Ids::new(world.config.seed).keyed(rest);
    format!(
        "whatsapp:{}.{}",
        crate::rest::lookups::country(rest).0,
        hex.get(..20).unwrap_or_default()
    )
}

/// Whether free text may be sent: the person wrote within the last 24 hours.
pub(crate) fn window_open(world: &World, sender: &str, recipient: &str) -> bool {
    let identity = external_user_id(world, recipient);
    world
        .windows
        .get(&(sender.to_owned(), identity))
        .is_some_and(|at| world.now() - at < DAY_MS)
}

/// Takes the message in, calls the webhook, carries out the answer. The JSON for the control API.
pub(crate) async fn inject(shared: &Arc<Shared>, injection: Injection) -> Result<Value, String> {
    let (webhook, fallback, blocked_reply) = {
        let mut world = shared.world();
        prepare(&mut world, &injection)?
    };
    shared.wake.notify_one();
    let sid = webhook.subject.clone();
    let token = webhook.token.clone();
    let mut params = webhook.params.clone();
    let first = engine::deliver(shared, webhook).await;
    let mut shown = first.clone();
    let mut page = first;
    let mut replies = Vec::new();
    let mut errors = Vec::new();
    let mut tried_fallback = false;
    for _ in 0..MAX_REDIRECTS {
        let nodes = match twiml::check_answer(&page) {
            Ok(nodes) => nodes,
            Err((code, detail)) => {
                shared.world().alert(code, &sid, &page.webhook.url, &detail);
                errors.push(json!({"code": code, "detail": detail}));
                let Some(url) = fallback.clone().filter(|_| !tried_fallback) else {
                    break;
                };
                tried_fallback = true;
                crate::json::set(&mut params, "ErrorCode", code.to_string());
                crate::json::set(&mut params, "ErrorUrl", page.webhook.url.clone());
                page = fetch(shared, &injection, &sid, "POST", &url, params.clone()).await;
                shown = page.clone();
                continue;
            }
        };
        match reply::carry_out(shared, &injection, &page, &nodes, &mut replies) {
            Some((method, url)) => {
                page = fetch(shared, &injection, &sid, &method, &url, params.clone()).await
            }
            None => break,
        }
    }
    if replies.len() > MAX_REPLIES {
        errors.push(json!({"code": 14109, "detail": "more than 10 replies"}));
    }
    if let Some(error) = blocked_reply {
        errors.push(error);
    }
    shared.wake.notify_one();
    Ok(json!({
        "sid": sid,
        "status": shown.status,
        "headers": crate::json::params(&shown.headers),
        "body": shown.body,
        "error": shown.error,
        "replies": replies,
        "errors": errors,
        "request": {
            "index": shown.index,
            "method": shown.webhook.method,
            "url": shown.webhook.url,
            "params": crate::json::params(&shown.webhook.params),
            "signature": shown.signature,
            "idempotency_token": token,
        },
    }))
}

async fn fetch(
    shared: &Arc<Shared>,
    injection: &Injection,
    sid: &str,
    method: &str,
    url: &str,
    params: Params,
) -> CallbackRecord {
    let mut webhook = shared
        .world()
        .webhook("sms-inbound", sid, method, url, params);
    if let Some(sign) = injection.sign {
        webhook.signing = sign;
    }
    engine::deliver(shared, webhook).await
}

type Prepared = (crate::state::Webhook, Option<String>, Option<Value>);

fn prepare(world: &mut World, injection: &Injection) -> Result<Prepared, String> {
    let whatsapp = injection.from.starts_with("whatsapp:");
    let hook = if whatsapp { Hook::WhatsApp } else { Hook::Sms };
    let service = services::service_of(world, &injection.to)
        .filter(|s| !s.use_inbound_webhook_on_number)
        .and_then(|s| Some((s.inbound_request_url.clone()?, s.inbound_method.clone())));
    let url = match (&injection.url, &service) {
        (Some(url), _) => Some(url.clone()),
        (None, Some((url, _))) => Some(url.clone()),
        (None, None) => world.config.hook(hook, &injection.to),
    };
    let url = url.ok_or("no webhook: give `url`, or start the twin with --worker")?;
    if !is_callback_url(&url) {
        return Err(format!("not a URL the twin can call: {url}"));
    }
    let method = service.map_or_else(|| world.config.method(&injection.to), |(_, m)| m);
    if let Some(id) = injection
        .params
        .get("ExternalUserId")
        .and_then(Value::as_str)
    {
        world.bsuids.insert(injection.from.clone(), id.to_owned());
    }
    let message = store(world, injection);
    let known = world
        .config
        .lines
        .get(&injection.to)
        .and_then(|l| l.messaging_service_sid.clone());
    let service_sid = services::service_of(world, &injection.to)
        .map(|s| s.sid.clone())
        .or(known);
    let word = keyword(&injection.body);
    let mut blocked_reply = None;
    if !whatsapp {
        blocked_reply = opt_out(world, injection, word);
    } else {
        let identity = external_user_id(world, &injection.from);
        let now = world.now();
        world.windows.insert((injection.to.clone(), identity), now);
    }
    let mut params = inbound_params(world, &message, service_sid.as_deref());
    if let (Some(word), true) = (word, world.config.advanced_opt_out) {
        params.push(("OptOutType".to_owned(), word.to_owned()));
    }
    for (name, value) in crate::json::to_params(&injection.params) {
        params.retain(|(n, _)| *n != name || injection.params.get(n).is_some_and(Value::is_array));
        params.push((name, value));
    }
    let fallback = world.config.fallback(&injection.to);
    let mut webhook = world.webhook("sms-inbound", &message.sid, &method, &url, params);
    if let Some(sign) = injection.sign {
        webhook.signing = sign;
    }
    if let Some(token) = &injection.token {
        webhook.token.clone_from(token);
    }
    Ok((webhook, fallback, blocked_reply))
}

fn store(world: &mut World, injection: &Injection) -> Message {
    let now = world.now();
    let media: Vec<Media> = injection
        .media
        .iter()
        .map(|m| {
            let mut medium = match m {
                MediaInput::Url(url) => Media {
                    url: url.clone(),
                    content_type: "image/jpeg".to_owned(),
                    ..Media::default()
                },
                MediaInput::Full(full) => full.clone(),
            };
            if medium.sid.is_empty() {
                medium.sid = world.ids.sid("ME");
            }
            medium
        })
        .collect();
    let prefix = if media.is_empty() { "SM" } else { "MM" };
    let sid = injection
        .sid
        .clone()
        .unwrap_or_else(|| world.ids.sid(prefix));
    let message = Message {
        sid: sid.clone(),
        from: injection.from.clone(),
        to: injection.to.clone(),
        segments: crate::segments::count(&injection.body),
        body: injection.body.clone(),
        status: "received".to_owned(),
        direction: "inbound".to_owned(),
        media,
        created: now,
        sent: Some(now),
        updated: now,
        ..Message::default()
    };
    if world.message(&sid).is_none() {
        world.add_message(message.clone());
    }
    message
}

/// Twilio's own handling of the keywords, recorded before the webhook is called.
fn opt_out(world: &mut World, injection: &Injection, word: Option<&str>) -> Option<Value> {
    if !world.config.opt_out_handling {
        return None;
    }
    let pair = (injection.to.clone(), injection.from.clone());
    let text = match word? {
        "STOP" => {
            world.blocks.insert(pair);
            "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
        }
        "START" => {
            world.blocks.remove(&pair);
            "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
        }
        _ => "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    };
    let draft = reply::draft(&injection.to, &injection.from, text, Vec::new(), None);
    accept(world, draft)
        .ok()
        .map(|sid| json!({"automatic_reply": sid}))
}

fn inbound_params(world: &World, message: &Message, service: Option<&str>) -> Params {
    let mut out: Params = Vec::new();
    let mut add = |name: &str, value: &str| out.push((name.to_owned(), value.to_owned()));
    let whatsapp = message.from.starts_with("whatsapp:");
    if !whatsapp {
        for side in ["To", "From"] {
            let number = if side == "To" {
                &message.to
            } else {
                &message.from
            };
            add(
                &format!("{side}Country"),
                crate::rest::lookups::country(number).0,
            );
            add(&format!("{side}State"), "");
            add(&format!("{side}City"), "");
            add(&format!("{side}Zip"), "");
        }
    }
    add("SmsMessageSid", &message.sid);
    add("NumMedia", &message.media.len().to_string());
    for (i, media) in message.media.iter().enumerate() {
        let own = format!(
            "{}/api/2010-04-01/Accounts/{}/Messages/{}/Media/{}",
            world.origin,
            world.account(),
            message.sid,
            media.sid
        );
        let url = if media.url.is_empty() {
            &own
        } else {
            &media.url
        };
        add(&format!("MediaUrl{i}"), url);
        add(&format!("MediaContentType{i}"), &media.content_type);
    }
    add("SmsSid", &message.sid);
    add("SmsStatus", "received");
    add("Body", &message.body);
    add("To", &message.to);
    add("NumSegments", &message.segments.to_string());
    add("MessageSid", &message.sid);
    add("AccountSid", world.account());
    add("From", &message.from);
    add("ApiVersion", "2010-04-01");
    if let Some(service) = service {
        add("MessagingServiceSid", service);
    }
    if whatsapp {
        let rest = message.from.trim_start_matches("whatsapp:");
        add("ProfileName", "Twin Person");
        add("WaId", rest.strip_prefix('+').unwrap_or_default());
        add("MessageType", message_type(message));
        add("ExternalUserId", &external_user_id(world, &message.from));
    }
    out
}

fn message_type(message: &Message) -> &'static str {
    match message
        .media
        .first()
        .map(|m| m.content_type.split('/').next().unwrap_or_default())
    {
        None => "text",
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        Some(_) => "document",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_body_is_a_keyword() {
        assert_eq!(keyword(" stop \n"), Some("STOP"));
        assert_eq!(keyword("Optout"), Some("STOP"));
        assert_eq!(keyword("yes"), Some("START"));
        assert_eq!(keyword("info"), Some("HELP"));
        assert_eq!(keyword("stop please"), None);
        assert_eq!(keyword("opt out"), None);
    }
}
