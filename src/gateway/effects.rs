//! Performs what a flow asks the world to do while a caller waits.

use serde_json::{Value, json};

use super::flow_run::Line;
use super::route::Webhook;
use super::world::{Unavailable, World};
use crate::flow::{Effect, Outcome, SendMessage};
use crate::log::Record;
use crate::objects::contact::{Delivery, Message, Options, Send, SendReply};
use crate::objects::id::{ContactName, Id, Kind};
use crate::twilio::address::Address;

/// Widgets that the engine runs and this gateway does not yet: their effects, waits and
/// subflows. A definition that has one is refused when it is published.
pub(super) const NOT_PERFORMED: [&str; 9] = [
    "make-http-request",
    "run-function",
    "run-subflow",
    "send-and-wait-for-reply",
    "make-outgoing-call-v1",
    "make-outgoing-call-v2",
    "record-call",
    "start-conversation",
    "resume-conversation",
];

/// Performs one effect. `step` counts the flow's steps: with the call it names what the
/// effect makes, so that a request that Twilio repeats makes it once.
pub async fn perform<W: World>(line: &Line<'_, W>, effect: &Effect, step: u32) -> Outcome {
    match effect {
        Effect::SendMessage(message) => send(line, message, step).await.unwrap_or_else(|why| {
            line.world
                .log(Record::warn("flow.message_failed").with("why", why));
            Outcome::Failed(Value::Null)
        }),
        other => {
            line.world
                .log(Record::error("flow.effect_refused").with("effect", kind(other)));
            Outcome::Failed(Value::Null)
        }
    }
}

fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::SendMessage(_) => "send-message",
        Effect::HttpRequest(_) => "make-http-request",
        Effect::RunFunction(_) => "run-function",
        Effect::CreateTask(_) => "send-to-flex",
        Effect::MakeCall(_) => "make-outgoing-call",
        Effect::RecordCall(_) => "record-call",
        Effect::Conversation(_) => "start-conversation",
    }
}

async fn send<W: World>(
    line: &Line<'_, W>,
    message: &SendMessage,
    step: u32,
) -> Result<Outcome, &'static str> {
    let to = Address::parse(&message.to).map_err(|_| "the recipient is no address")?;
    let settings = line.world.settings();
    let from = Some(message.from.clone())
        .filter(|from| !from.is_empty())
        .or_else(|| settings.phone_number.clone());
    let contact = ContactName::of(to.person().as_str());
    let id = Id::derived(
        Kind::Message,
        &contact,
        "flow",
        &format!("{}/{step}", line.call_sid()),
    );
    let command = Send {
        status_callback: format!("{}{}?m={id}", line.base(), Webhook::MessageStatus.path()),
        id,
        to: to.to_string(),
        from,
        messaging_service_sid: message.service.clone().filter(|sid| sid.starts_with("MG")),
        body: message.body.clone(),
        media_urls: message.media_urls.clone(),
        options: Options::default(),
    };
    match line.world.ask(contact.as_str(), &command).await {
        Ok(SendReply::Message(sent)) if sent.delivery == Delivery::Refused => Ok(Outcome::Failed(
            json!({ "code": sent.failure.as_ref().and_then(|f| f.code) }),
        )),
        Ok(SendReply::Message(sent)) => Ok(Outcome::Ok(resource(&sent))),
        Ok(SendReply::OptedOut(_)) => Err("the person has opted out"),
        Ok(SendReply::Blocked(_)) => Err("the message cannot arrive on this channel"),
        Ok(SendReply::NotConfigured) => Err("the deployment has no Twilio credentials"),
        Err(Unavailable) => Err("storage did not answer"),
    }
}

/// The Message resource as a flow reads it (`outbound.Sid`).
fn resource(message: &Message) -> Value {
    json!({
        "Sid": message.sid, "sid": message.sid,
        "Status": message.status_name(), "status": message.status_name(),
        "Body": message.body, "body": message.body,
        "To": message.to, "to": message.to,
        "From": message.from, "from": message.from,
    })
}
