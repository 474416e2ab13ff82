//! Inbound messages and the status callbacks of outbound ones.

use serde_json::{Map, Value, json};

use super::super::guard::Signed;
use super::super::http::Response;
use super::super::message_flow;
use super::super::people;
use super::super::problem::Problem;
use super::super::typing;
use super::super::world::{Unavailable, World};
use super::{ask_or_defer, contact_name};
use crate::campaign::state::Reached;
use crate::log::Record;
use crate::messaging::status::MessageStatus;
use crate::objects::campaign::{Outcome, ReportRecipient};
use crate::objects::contact::{Receive, ReportMessage};
use crate::objects::id::{Id, Kind, is_campaign_id};
use crate::twilio::address::Address;
use crate::twilio::errors;
use crate::twilio::event::{InboundMessage, MessageStatusCallback};
use crate::twilio::form::{Form, encode};
use crate::twilio::twiml::{EMPTY, Message, MessagingResponse};

/// The query parameter that carries a message's id in its callback URL.
pub const MESSAGE_PARAMETER: &str = "m";
/// The query parameter that says which attempt a callback is about; absent for the first.
const ATTEMPT_PARAMETER: &str = "a";

/// An inbound SMS, MMS or WhatsApp message: one call to the person's object, which records
/// it and does what a keyword says, before the answer.
pub async fn incoming<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let event = InboundMessage::from_form(&form)?;
    // KV, and only for a WhatsApp user whose number does not show.
    let contact = people::contact(world, &event.from)
        .await
        .unwrap_or_else(|Unavailable| contact_name(&event.from));
    let command = Receive {
        from: event.from.to_string(),
        to: event.to.to_string(),
        body: event.body.to_owned(),
        media_urls: event
            .media
            .iter()
            .map(|media| media.url.to_owned())
            .collect(),
        messaging_service_sid: event.messaging_service_sid.map(|sid| sid.to_string()),
        opt_out_type: event.form().get("OptOutType").map(str::to_owned),
        alias: event.external_user_id.as_ref().map(ToString::to_string),
        contact: Some(contact.clone()),
        details: details(&event),
        sid: event.sid.to_string(),
        parameters: encode(event.form().iter()),
        flow: message_flow::of(world, signed, &event).await,
        recovered_from: None,
    };
    let answer = ask_or_defer(world, contact.as_str(), &command);
    let answer = match &event.from {
        Address::WhatsApp(_) | Address::WhatsAppUser(_) => {
            typing::while_it_takes(world, &command.sid, answer).await
        }
        _ => answer.await,
    };
    match answer {
        Ok(received) => Ok(Response::twiml(reply(world, &received.replies))),
        Err(Unavailable) => Ok(Response::twiml(EMPTY.to_owned())),
    }
}

/// What came besides the text, under names of its own, typed: `null` when nothing did.
fn details(event: &InboundMessage<'_>) -> Value {
    let mut details = Map::new();
    let mut put = |name: &str, value: Value| {
        details.insert(name.to_owned(), value);
    };
    if let Some(button) = &event.button {
        put(
            "button",
            json!({ "text": button.text, "payload": button.payload, "type": button.kind }),
        );
    }
    if let Some(list) = &event.list {
        put(
            "list",
            json!({ "id": list.id, "title": list.title, "description": list.description }),
        );
    }
    if let Some(place) = &event.location {
        put(
            "location",
            json!({
                "latitude": place.latitude, "longitude": place.longitude,
                "address": place.address, "label": place.label,
            }),
        );
    }
    if let Some(reply) = &event.replied_to {
        put(
            "replied_to",
            json!({ "sid": reply.sid, "sender": reply.sender }),
        );
    }
    if let Some(referral) = &event.referral {
        put(
            "referral",
            json!({
                "source_id": referral.source_id, "source_type": referral.source_type,
                "source_url": referral.source_url, "headline": referral.headline,
                "body": referral.body, "click_id": referral.click_id,
            }),
        );
    }
    let types: Vec<_> = event.media.iter().map(|media| media.content_type).collect();
    if !types.is_empty() {
        put("media_types", json!(types));
    }
    for (name, value) in [
        ("message_type", event.message_type),
        ("profile_name", event.profile_name),
    ] {
        if let Some(value) = value {
            put(name, value.into());
        }
    }
    if event.is_forwarded() {
        put("forwarded", true.into());
    }
    if details.is_empty() {
        Value::Null
    } else {
        Value::Object(details)
    }
}

fn reply<W: World>(world: &W, texts: &[String]) -> String {
    let mut response = MessagingResponse::new();
    for text in texts {
        response.message(&Message::text(text));
    }
    response.finish().unwrap_or_else(|error| {
        world.log(Record::error("reply.refused").with("why", error.to_string()));
        EMPTY.to_owned()
    })
}

/// A status callback. Its query carries our id, so the object is found without an index; a
/// message that something else sent is looked up by its SID at the person it went to.
pub async fn status<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let event = MessageStatusCallback::from_form(&form)?;
    let query = signed.query();
    let id = query
        .get(MESSAGE_PARAMETER)
        .and_then(|text| Id::parse(Kind::Message, text));
    let contact = match (&id, &event.to) {
        (Some(id), _) => id.contact(),
        (None, Some(to)) => contact_name(to),
        (None, None) => return Ok(Response::no_content()),
    };
    let command = ReportMessage {
        id,
        sid: event.sid.to_string(),
        status: event.status.to_owned(),
        error_code: event.error_code,
        from: event.from.as_ref().map(ToString::to_string),
        attempt: query.get(ATTEMPT_PARAMETER).and_then(|n| n.parse().ok()),
    };
    // Deferred at worst: a callback has no answer to wait for.
    let _ = ask_or_defer(world, contact.as_str(), &command).await;
    let sid = event.sid.to_string();
    if let Some((campaign, outcome)) = campaign_outcome(&query, event.status, event.error_code, sid)
    {
        world.tell(&campaign, &ReportRecipient { outcome });
    }
    Ok(Response::no_content())
}

/// What a last status means to the campaign that the message belongs to: its callback's query
/// carries campaign, line and attempt.
pub fn campaign_outcome(
    query: &Form<'_>,
    status: &str,
    code: Option<u32>,
    sid: String,
) -> Option<(String, Outcome)> {
    let campaign = query.get("c").filter(|id| is_campaign_id(id))?;
    let status = MessageStatus::parse(status).filter(|status| status.is_terminal())?;
    let failed = !status.has_arrived();
    let class = failed.then(|| errors::class_of(code, None));
    let outcome = Outcome {
        line: query.get("l")?.parse().ok()?,
        attempt: query.get("t")?.parse().ok()?,
        reached: if failed {
            Reached::Failed
        } else {
            Reached::Delivered
        },
        code,
        class,
        sid: Some(sid),
        again: None,
    };
    Some((campaign.to_owned(), outcome))
}
