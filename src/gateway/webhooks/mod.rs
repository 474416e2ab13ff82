//! What each webhook leads to, once the guard has let it through.
//!
//! A genuine webhook never gets a 5xx because a later step failed: Twilio would read an
//! error to the caller, and would not send a message's webhook again. A call hears an
//! apology; a message is put on the queue and acted on as soon as its object answers.

mod messaging;
mod voice;

pub use messaging::campaign_outcome;

use super::guard::Signed;
use super::http::Response;
use super::problem::{FieldError, Problem};
use super::route::Webhook;
use super::world::{Unavailable, World};
use crate::log::Record;
use crate::objects::Command;
use crate::twilio::address::Address;
use crate::twilio::event::EventError;
use crate::twilio::twiml::{EMPTY, Say, VoiceResponse};

/// Answers a webhook that Twilio signed.
///
/// # Errors
/// 400, naming the parameter that is missing or wrong. Nothing else.
pub async fn answer<W: World>(
    world: &W,
    webhook: Webhook,
    signed: &Signed,
) -> Result<Response, Problem> {
    match webhook {
        Webhook::SmsIncoming | Webhook::WhatsApp => messaging::incoming(world, signed).await,
        Webhook::MessageStatus => messaging::status(world, signed).await,
        Webhook::VoiceIncoming => voice::incoming(world, signed).await,
        Webhook::MenuSelection | Webhook::VoiceStep => voice::step(world, signed).await,
        Webhook::VoicemailSaved => voice::voicemail_saved(world, signed).await,
        Webhook::Transcription => voice::transcription(world, signed).await,
        Webhook::RecordingStatus => voice::recording_status(world, signed),
        Webhook::OutboundMessage => voice::outbound(world, signed).await,
        Webhook::VoiceStatus => voice::status(world, signed).await,
    }
}

impl From<EventError> for Problem {
    fn from(error: EventError) -> Problem {
        Problem::invalid(vec![FieldError::new(
            error.parameter,
            error.reason.to_string(),
        )])
    }
}

/// How often an object is asked before its command goes on the queue. A stub is spent after
/// an error, so each time is a new one (Cloudflare docs, "Durable Objects: error handling").
const TRIES: u32 = 2;

/// Asks an object; when it does not answer, leaves the command on the queue, so that nothing
/// that Twilio told us is lost.
async fn ask_or_defer<W: World, C: Command>(
    world: &W,
    name: &str,
    command: &C,
) -> Result<C::Reply, Unavailable> {
    for _ in 0..TRIES {
        if let Ok(reply) = world.ask(name, command).await {
            return Ok(reply);
        }
    }
    let kept = world.defer(name, command).await.is_ok();
    world.log(
        Record::error("webhook.deferred")
            .with("verb", C::VERB)
            .with("kept", kept),
    );
    Err(Unavailable)
}

/// The person's contact object, by an address that Twilio wrote.
fn contact_name(address: &Address) -> crate::objects::id::ContactName {
    crate::objects::id::ContactName::of(address.person().as_str())
}

/// An apology, and the line is closed.
fn apology<W: World>(world: &W) -> Response {
    let spoken = VoiceResponse::new()
        .say(&Say::text(&world.settings().apology))
        .hangup()
        .finish();
    Response::twiml(spoken.unwrap_or_else(|_| EMPTY.to_owned()))
}
