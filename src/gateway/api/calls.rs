//! `POST` and `GET /v1/calls`, `GET /v1/calls/{id}`.

use serde::Serialize;
use serde_json::json;

use super::super::http::{Incoming, Response};
use super::super::problem::{Problem, TwilioFault};
use super::super::published;
use super::super::route::Webhook;
use super::super::world::World;
use super::query::Query;
use super::{claim_id, fields, public_base, twilio_fault, twilio_refused_own};
use crate::objects::contact::{
    Call, CallReply, CallState, Direction, FetchCall, ListCalls, PlaceCall, Script, Voicemail,
};
use crate::objects::id::{ContactName, Id, Kind};
use crate::time::rfc3339;
use crate::twilio::address::Address;

/// Twilio's limit for a spoken text (error 13521).
pub(in crate::gateway) const SAY_CHARACTERS: usize = 4_096;
/// Twilio's limit for TwiML in a REST request; kept here too, although ours is fetched.
pub(in crate::gateway) const TWIML_CHARACTERS: usize = 4_000;

/// Places a call: 202 with its id, its SID and its status.
///
/// # Errors
/// 400 for a field, 409 `idempotency_conflict`, and what Twilio refused.
pub async fn place<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
) -> Result<Response, Problem> {
    let (names_own, to, from, script) = parse(world, request).await?;
    let contact = ContactName::of(to.person().as_str());
    let asked = json!([to, from, script]).to_string();
    let (id, _) = claim_id(world, request, caller, Kind::Call, &contact, &asked).await?;
    let base = public_base(world, request);
    let command = PlaceCall {
        url: format!("{base}{}?c={id}", Webhook::OutboundMessage.path()),
        status_callback: format!("{base}{}?c={id}", Webhook::VoiceStatus.path()),
        id,
        to: to.to_string(),
        from: from.to_string(),
        script,
    };
    match world.ask(contact.as_str(), &command).await? {
        CallReply::Call(call) => match &call.failure {
            Some(failure) if call.state == CallState::Refused => {
                Err(twilio_refused_own(failure, names_own).with("id", call.id.as_str()))
            }
            _ => Ok(Response::json(202, &view(&call))),
        },
        CallReply::NotConfigured => Err(Problem::not_configured(
            "The deployment has no Twilio account or credentials.",
        )),
    }
}

async fn parse<W: World>(
    world: &W,
    request: &impl Incoming,
) -> Result<(bool, Address, Address, Script), Problem> {
    let mut fields = fields(request).await?;
    let names_own = fields.has_any(&["from"]);
    let to = fields.required("to", Address::parse);
    let from = fields.parsed("from", Address::parse);
    let message = fields.text("message");
    let flow = fields.text("flow");
    let twiml = fields.text("twiml");
    if let Some(to) = &to
        && !matches!(to, Address::Phone(_) | Address::Client(_) | Address::Sip(_))
    {
        fields.refuse("to", "must be a number in E.164 form, client: or sip:");
    }
    let own = world.settings().phone_number.as_deref();
    let from = from.or_else(|| Address::parse(own?).ok());
    if from.is_none() {
        fields.refuse(
            "from",
            "is required: the deployment has no number of its own",
        );
    }
    for (name, text, limit) in [
        ("message", &message, SAY_CHARACTERS),
        ("twiml", &twiml, TWIML_CHARACTERS),
    ] {
        let length = text.as_deref().map_or(0, |text| text.chars().count());
        if length > limit {
            fields.refuse(
                name,
                format!("has {length} characters; at most {limit} are allowed"),
            );
        }
    }
    let script = match (message, flow, twiml) {
        (Some(message), None, None) if !message.trim().is_empty() => Some(Script::Message(message)),
        (None, Some(flow), None) => match published::current(world, &flow).await? {
            Some(flow) => Some(Script::Flow(flow.to_string())),
            None => {
                fields.refuse("flow", "is not a published flow");
                None
            }
        },
        (None, None, Some(twiml)) if twiml.contains("<Response") => Some(Script::Twiml(twiml)),
        (None, None, Some(_)) => {
            fields.refuse(
                "twiml",
                "must be a TwiML document: <Response>...</Response>",
            );
            None
        }
        _ => {
            fields.refuse(
                "message",
                "give exactly one of message, flow and twiml, not empty",
            );
            None
        }
    };
    fields.finish()?;
    to.zip(from)
        .zip(script)
        .map(|((to, from), script)| (names_own, to, from, script))
        .ok_or_else(|| Problem::invalid_field("/to", "is required"))
}

#[derive(Serialize)]
struct CallView<'a> {
    id: &'a Id,
    sid: Option<&'a str>,
    status: &'static str,
    direction: Direction,
    to: &'a str,
    from: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sip_response_code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<TwilioFault>,
    #[serde(skip_serializing_if = "<[Voicemail]>::is_empty")]
    voicemails: &'a [Voicemail],
    created_at: String,
    updated_at: String,
    history: Vec<serde_json::Value>,
}

fn view(call: &Call) -> CallView<'_> {
    CallView {
        id: &call.id,
        sid: call.sid.as_deref(),
        status: call.status_name(),
        direction: call.direction,
        to: &call.to,
        from: &call.from,
        duration_seconds: call.duration,
        answered_by: call.answered_by.as_deref(),
        sip_response_code: call.sip_response_code,
        error: call.failure.as_ref().map(twilio_fault),
        voicemails: &call.voicemails,
        created_at: rfc3339(call.created_at),
        updated_at: rfc3339(call.updated_at),
        history: call
            .history
            .iter()
            .map(|entry| json!({ "at": rfc3339(entry.at), "event": entry.what }))
            .collect(),
    }
}

/// One call, with everything that happened to it.
///
/// # Errors
/// 404 when there is none of this id.
pub async fn fetch<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let not_found = || Problem::not_found("There is no call of this id.");
    let id = Id::parse(Kind::Call, id).ok_or_else(not_found)?;
    let contact = id.contact();
    let call = world.ask(contact.as_str(), &FetchCall { id }).await?;
    call.map(|call| Response::json(200, &view(&call)))
        .ok_or_else(not_found)
}

/// The newest calls with one person, those that came in among them: `?contact=+14155550100`.
///
/// # Errors
/// 400 when `contact` is missing or no address.
pub async fn list<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let query = Query::of(request, &["contact"])?;
    let contact = query
        .get("contact")
        .ok_or_else(|| Problem::invalid_field("contact", "is required: a person's address"))?;
    // In a query an unescaped `+` is a space, and no address begins with one.
    let contact = match contact.strip_prefix(' ') {
        Some(digits) => Address::parse(&format!("+{digits}")),
        None => Address::parse(contact),
    };
    let contact = contact.map_err(|error| Problem::invalid_field("contact", error.to_string()))?;
    let contact = ContactName::of(contact.person().as_str());
    let calls = world.ask(contact.as_str(), &ListCalls {}).await?;
    let views: Vec<_> = calls.iter().map(view).collect();
    Ok(Response::json(200, &json!({ "calls": views })))
}
