//! Inbound messages and the status callbacks of outbound ones.

use super::super::guard::Signed;
use super::super::http::Response;
use super::super::problem::Problem;
use super::super::world::{Unavailable, World};
use super::{ask_or_defer, contact_name};
use crate::log::Record;
use crate::objects::contact::{Receive, ReportMessage};
use crate::objects::id::{Id, Kind};
use crate::twilio::event::{InboundMessage, MessageStatusCallback};
use crate::twilio::twiml::{EMPTY, Message, MessagingResponse};

/// The query parameter that carries a message's id in its callback URL.
pub const MESSAGE_PARAMETER: &str = "m";

/// An inbound SMS, MMS or WhatsApp message: one call to the person's object, which records
/// it and does what a keyword says, before the answer.
pub async fn incoming<W: World>(world: &W, signed: &Signed) -> Result<Response, Problem> {
    let form = signed.parameters();
    let event = InboundMessage::from_form(&form)?;
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
        sid: event.sid.to_string(),
    };
    match ask_or_defer(world, contact_name(&event.from).as_str(), &command).await {
        Ok(received) => Ok(Response::twiml(reply(world, &received.replies))),
        Err(Unavailable) => Ok(Response::twiml(EMPTY.to_owned())),
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
    };
    // Deferred at worst: a callback has no answer to wait for.
    let _ = ask_or_defer(world, contact.as_str(), &command).await;
    Ok(Response::no_content())
}
