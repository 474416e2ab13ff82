//! `POST /v1/messages`, `GET /v1/messages/{id}`.

use serde::Serialize;
use serde_json::json;

use super::super::http::{Incoming, Response};
use super::super::problem::{FieldError, Problem, TwilioFault};
use super::super::route::Webhook;
use super::super::world::World;
use super::{claim_id, fields, public_base, twilio_fault, twilio_refused};
use crate::messaging::consent::Entry;
use crate::objects::contact::{Delivery, FetchMessage, HistoryEntry, Message, Send, SendReply};
use crate::objects::id::{ContactName, Id, Kind};
use crate::time::rfc3339;
use crate::twilio::address::{Address, Channel};

/// Twilio's limit for a body, in characters (error 21617).
const BODY_CHARACTERS: usize = 1_600;
/// Twilio's limit for media (error 21623).
const MEDIA_ITEMS: usize = 10;

/// A request to send, parsed.
struct Wish {
    to: Address,
    from: Address,
    body: String,
    media_urls: Vec<String>,
}

/// Sends a message: 202 with its id, its SID, its status and its segments.
///
/// # Errors
/// 400 for a field, 409 `opted_out` or `idempotency_conflict`, and what Twilio refused.
pub async fn send<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
) -> Result<Response, Problem> {
    let wish = parse(world, request).await?;
    let contact = ContactName::of(wish.to.person().as_str());
    let asked = json!([wish.to, wish.from, wish.body, wish.media_urls]).to_string();
    let id = claim_id(world, request, caller, Kind::Message, &contact, &asked).await?;
    let base = public_base(world, request);
    let path = Webhook::MessageStatus.path();
    let command = Send {
        status_callback: format!("{base}{path}?m={id}"),
        id,
        to: wish.to.to_string(),
        from: Some(wish.from.to_string()),
        messaging_service_sid: None,
        body: wish.body,
        media_urls: wish.media_urls,
    };
    match world.ask(contact.as_str(), &command).await? {
        SendReply::Message(message) => accepted(&message),
        SendReply::OptedOut(entry) => Err(opted_out(&entry)),
        SendReply::NotConfigured => Err(Problem::not_configured(
            "The deployment has no Twilio account or credentials.",
        )),
    }
}

async fn parse<W: World>(world: &W, request: &impl Incoming) -> Result<Wish, Problem> {
    let mut fields = fields(request).await?;
    let to = fields.required("to", Address::parse);
    let from = fields.parsed("from", Address::parse);
    let body = fields.text("body").unwrap_or_default();
    let media_urls = fields.texts("media_urls", MEDIA_ITEMS);
    let length = body.chars().count();
    if length > BODY_CHARACTERS {
        let detail = format!("has {length} characters; Twilio takes {BODY_CHARACTERS}");
        fields.refuse("body", detail);
    }
    if body.is_empty() && media_urls.is_empty() {
        fields.refuse("body", "is required when there are no media_urls");
    }
    for (at, url) in media_urls.iter().enumerate() {
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            fields.refuse_item("media_urls", at, "must be an http(s) URL");
        }
    }
    if let Some(to) = &to
        && !matches!(
            to,
            Address::Phone(_) | Address::WhatsApp(_) | Address::WhatsAppUser(_)
        )
    {
        fields.refuse("to", "must be a number in E.164 form, such as +14155550100");
    }
    let from = from.or_else(|| default_sender(world, to.as_ref()?));
    if from.is_none() && to.is_some() {
        fields.refuse(
            "from",
            "is required: the deployment has no number of its own",
        );
    }
    fields.finish()?;
    match (to, from) {
        (Some(to), Some(from)) => Ok(Wish {
            to,
            from,
            body,
            media_urls,
        }),
        _ => Err(Problem::invalid(vec![FieldError::new(
            "/to",
            "is required",
        )])),
    }
}

/// The deployment's own number on the recipient's channel.
fn default_sender<W: World>(world: &W, to: &Address) -> Option<Address> {
    let settings = world.settings();
    if to.channel() == Channel::WhatsApp {
        let number = settings.whatsapp_number.as_deref()?;
        let bare = number.strip_prefix("whatsapp:").unwrap_or(number);
        return Address::parse(&format!("whatsapp:{bare}")).ok();
    }
    Address::parse(settings.phone_number.as_deref()?).ok()
}

/// The person said stop: the same answer whether we knew or Twilio told us.
fn opted_out(entry: &Entry) -> Problem {
    Problem::new(
        409,
        "opted_out",
        "The person has opted out",
        "Nothing was sent. The person must opt in again (START) before they are written to.",
    )
    .with("opted_out_at", rfc3339(entry.at))
    .with("source", json!(entry.source))
}

fn accepted(message: &Message) -> Result<Response, Problem> {
    match &message.failure {
        Some(failure) if message.delivery == Delivery::Refused => {
            Err(twilio_refused(failure).with("id", message.id.as_str()))
        }
        _ => Ok(Response::json(202, &view(message))),
    }
}

#[derive(Serialize)]
struct SegmentsView {
    encoding: &'static str,
    count: u32,
}

#[derive(Serialize)]
struct HistoryView<'a> {
    at: String,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
}

#[derive(Serialize)]
struct MessageView<'a> {
    id: &'a Id,
    sid: Option<&'a str>,
    status: &'static str,
    direction: crate::objects::contact::Direction,
    to: &'a str,
    from: Option<&'a str>,
    body: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    media_urls: &'a [String],
    segments: SegmentsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<TwilioFault>,
    created_at: String,
    updated_at: String,
    history: Vec<HistoryView<'a>>,
}

fn view(message: &Message) -> MessageView<'_> {
    MessageView {
        id: &message.id,
        sid: message.sid.as_deref(),
        status: message.status_name(),
        direction: message.direction,
        to: &message.to,
        from: message.from.as_deref(),
        body: &message.body,
        media_urls: &message.media_urls,
        segments: SegmentsView {
            encoding: message.encoding.as_str(),
            count: message.segments,
        },
        error: message.failure.as_ref().map(twilio_fault),
        created_at: rfc3339(message.created_at),
        updated_at: rfc3339(message.updated_at),
        history: message.history.iter().map(history_view).collect(),
    }
}

fn history_view(entry: &HistoryEntry) -> HistoryView<'_> {
    HistoryView {
        at: rfc3339(entry.at),
        event: &entry.what,
        code: entry.code,
    }
}

/// One message, with everything that happened to it.
///
/// # Errors
/// 404 when there is none of this id.
pub async fn fetch<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("There is no message of this id.");
    let id = Id::parse(Kind::Message, id).ok_or_else(not_found)?;
    let contact = id.contact();
    let message = world.ask(contact.as_str(), &FetchMessage { id }).await?;
    message
        .map(|message| Response::json(200, &view(&message)))
        .ok_or_else(not_found)
}
