//! `POST /v1/messages`, `GET /v1/messages[/{id}]`, and what can be done to a message:
//! `cancel`, `redact`, `typing`. `POST /v1/lint`.

mod view;
mod weight;
pub(in crate::gateway) mod wish;

use serde_json::{Value, json};

use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::route::Webhook;
use super::super::world::World;
use super::{claim_id, public_base, query, twilio_refused, twilio_refused_own};
use crate::campaign::pace::Turn;
use crate::gateway::{media, people, typing};
use crate::messaging::consent::Entry;
use crate::messaging::segments;
use crate::objects::contact::{
    Block, CancelMessage, Changed, Delivery, Direction, FetchMessage, ListMessages, Message,
    RedactMessage, Send, SendReply,
};
use crate::objects::id::{Id, Kind};
use crate::objects::sender::Reserve;
use crate::objects::{Command, ledger};
use crate::ports::Millis;
use crate::time::{parse_rfc3339, rfc3339};
use crate::twilio::address::Address;

/// Messages of one page, unless fewer are asked for.
const PAGE: u32 = 50;
pub(in crate::gateway) const LONGEST_PAGE: i64 = 200;

/// Sends a message: 202 with its id, its SID, its status and its segments.
///
/// # Errors
/// 400 for a field, 409 `opted_out`, `window_closed`, `unreachable`, `suppressed` or
/// `idempotency_conflict`, 422 `lint_refused`, and what Twilio refused.
pub async fn send<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
) -> Result<Response, Problem> {
    let mut wish = wish::parse(world, request).await?;
    let contact = people::contact(world, &wish.to).await?;
    people::join_mails(world, &contact, &wish.options.fallback).await?;
    let asked = wish.canonical();
    let (id, again) = claim_id(world, request, caller, Kind::Message, &contact, &asked).await?;
    if wish.options.is_paced && wish.options.scheduled_at.is_none() && !again {
        wish.options.turn = Some(turn(world, &wish).await);
    }
    let base = public_base(world, request);
    let path = Webhook::MessageStatus.path();
    let command = Send {
        status_callback: format!("{base}{path}?m={id}"),
        id,
        to: wish.to.to_string(),
        from: wish.from,
        messaging_service_sid: wish.service,
        body: wish.body,
        media_urls: wish.media_urls,
        options: wish.options,
    };
    match world.ask(contact.as_str(), &command).await? {
        SendReply::Message(message) => {
            let mut accepted = accepted(&message, wish.names_own)?;
            if let Some(fields) = accepted.as_object_mut() {
                let report = view::segments(&message.body);
                fields.insert("segment_report".to_owned(), json!(report));
                if !wish.findings.is_empty() {
                    fields.insert("warnings".to_owned(), json!(wish.findings));
                }
            }
            Ok(Response::json(202, &accepted))
        }
        SendReply::OptedOut(entry) => Err(opted_out(&entry)),
        SendReply::Blocked(block) => Err(blocked(block)),
        SendReply::NotConfigured => Err(no_credentials()),
    }
}

/// When the message may go. A sender that has a pace keeps it for single messages too; they are
/// given its next free moment, and campaigns move back. Nothing waits here: a message whose
/// moment is not now is journaled and leaves by alarm. One that waits for another reason, or
/// that was asked for before, gets its moment when it is due, by the contact's alarm.
async fn turn<W: World>(world: &W, wish: &wish::Wish) -> Millis {
    let Some(way) = wish.service.as_ref().or(wish.from.as_ref()) else {
        return world.now();
    };
    let command = Reserve {
        sender: way.clone(),
        segments: segments::count(&wish.body).count.max(1),
    };
    match world.ask(way, &command).await {
        Ok(Turn::At(at) | Turn::Ask(at)) => at,
        // A sender's object that does not answer holds no message up.
        Err(_) => world.now(),
    }
}

fn no_credentials() -> Problem {
    Problem::not_configured("The deployment has no Twilio account or credentials.")
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
    .with("scope", json!(entry.scope))
}

/// It cannot arrive, so it was not sent.
fn blocked(block: Block) -> Problem {
    match block {
        Block::WindowClosed { closed_at } => Problem::new(
            409,
            "window_closed",
            "WhatsApp's window is closed",
            match closed_at {
                Some(_) => {
                    "Free text arrives within 24 hours of the person's last message. \
                            Send an approved template."
                }
                None => "The person has never written to this sender. Send an approved template.",
            },
        )
        .with("closed_at", json!(closed_at.map(rfc3339))),
        Block::Unreachable(refusal) => Problem::new(
            409,
            "unreachable",
            "WhatsApp does not deliver this",
            format!("{refusal}."),
        )
        .with("refusal", json!(refusal)),
        Block::Suppressed { code } => Problem::new(
            409,
            "suppressed",
            "The address has failed for good",
            "It failed more than once on this channel. A message from the person lifts this.",
        )
        .with("twilio_code", json!(code)),
        Block::Suspected => Problem::new(
            409,
            "revocation_suspected",
            "The person may have asked to be left alone",
            "No marketing is sent until somebody has looked: PUT /v1/contacts/{address}.",
        ),
        Block::NotConfigured => {
            Problem::not_configured("The deployment lacks what this channel needs.")
        }
    }
}

fn accepted(message: &Message, names_own: bool) -> Result<Value, Problem> {
    match &message.failure {
        Some(failure) if message.delivery == Delivery::Refused && !message.is_pending() => {
            Err(twilio_refused_own(failure, names_own).with("id", message.id.as_str()))
        }
        _ => Ok(json!(view::receipt(message))),
    }
}

fn no_message() -> Problem {
    Problem::not_found("There is no message of this id.")
}

fn parse_id(id: &str) -> Result<Id, Problem> {
    Id::parse(Kind::Message, id).ok_or_else(no_message)
}

async fn find<W: World>(world: &W, id: &str) -> Result<Message, Problem> {
    let id = parse_id(id)?;
    let contact = id.contact();
    let message = world.ask(contact.as_str(), &FetchMessage { id }).await?;
    message.ok_or_else(no_message)
}

/// One message, with everything that happened to it.
///
/// # Errors
/// 404 when there is none of this id.
pub async fn fetch<W: World>(
    world: &W,
    request: &impl Incoming,
    id: &str,
) -> Result<Response, Problem> {
    let message = find(world, id).await?;
    let links = match message.direction {
        Direction::Inbound => {
            let base = public_base(world, request);
            media::links(world.settings(), &base, &message, world.now())
        }
        Direction::Outbound => Vec::new(),
    };
    Ok(Response::json(200, &view::view_with(&message, links)))
}

/// Cancels a message that was not sent yet, or the further attempts of one that failed.
///
/// # Errors
/// 404, 409 `too_late`, and what Twilio refused.
pub async fn cancel<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let id = parse_id(id)?;
    let too_late = "The message has left. Only one that still waits can be cancelled.";
    change(world, &id.contact(), &CancelMessage { id }, too_late).await
}

/// Takes the text and media out of a message, at Twilio and here.
///
/// # Errors
/// 404, 409 `too_early` while it is under way, and what Twilio refused.
pub async fn redact<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let id = parse_id(id)?;
    let too_early = "The message is under way. It can be redacted once it has ended.";
    change(world, &id.contact(), &RedactMessage { id }, too_early).await
}

async fn change<W: World, C: Command<Reply = Changed>>(
    world: &W,
    contact: &crate::objects::id::ContactName,
    command: &C,
    not_now: &'static str,
) -> Result<Response, Problem> {
    match world.ask(contact.as_str(), command).await? {
        Changed::Done(message) => Ok(Response::json(200, &view::view(&message))),
        Changed::NotNow(message) => Err(Problem::new(
            409,
            "wrong_state",
            "The message is not in a state for that",
            not_now,
        )
        .with("message_status", message.status_name())),
        Changed::Refused(failure) => Err(twilio_refused(&failure)),
        Changed::NoAnswer => Err(Problem::new(
            503,
            "twilio_busy",
            "Twilio cannot take it right now",
            "Twilio gave no answer. Asking again is safe.",
        )
        .retry_after(5)),
        Changed::NotFound => Err(no_message()),
        Changed::NotConfigured => Err(no_credentials()),
    }
}

/// Shows the person that a reply is being written, and marks their message as read.
///
/// # Errors
/// 404, 409 for a message that is not an inbound one of WhatsApp, and what Twilio refused.
pub async fn typing<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let message = find(world, id).await?;
    let sid = message.sid.as_deref().unwrap_or_default();
    let of_whatsapp = message
        .from
        .as_deref()
        .is_some_and(|from| from.starts_with("whatsapp:"));
    if message.direction != Direction::Inbound || !of_whatsapp {
        return Err(Problem::new(
            409,
            "wrong_state",
            "The message is not in a state for that",
            "Only an inbound WhatsApp message can be answered with a typing indicator.",
        ));
    }
    let request = typing::request(world.settings(), sid).ok_or_else(no_credentials)?;
    match world.send(request).await {
        Ok(answer) if (200..300).contains(&answer.status) => {
            Ok(Response::json(200, &json!({ "typing": true })))
        }
        Ok(answer) => Err(twilio_refused(&super::failure(&answer))),
        Err(_) => Err(Problem::new(
            503,
            "twilio_busy",
            "Twilio cannot take it right now",
            "Twilio gave no answer.",
        )
        .retry_after(5)),
    }
}

/// `POST /v1/lint`.
///
/// # Errors
/// 400 for a field.
pub async fn lint<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let answer = wish::lint_request(world, request).await?;
    Ok(Response::json(200, &answer))
}

/// Lists messages, newest first: one person's in full (`contact`), or everybody's by sender,
/// status and time, from the ledger, which follows within seconds.
///
/// # Errors
/// 400 for a parameter.
pub async fn list<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let query = query::Query::of(
        request,
        &[
            "contact",
            "sender",
            "status",
            "direction",
            "since",
            "until",
            "cursor",
            "limit",
        ],
    )?;
    let limit = query.limit(PAGE, LONGEST_PAGE)?;
    let time = |name: &str| -> Result<Option<Millis>, Problem> {
        let parse = |text: &str| {
            parse_rfc3339(text).ok_or_else(|| {
                Problem::invalid_field(name, "must be a time as in 2026-11-24T09:30:00Z")
            })
        };
        query.get(name).map(parse).transpose()
    };
    let wanted = ledger::Wanted {
        sender: query.get("sender").map(str::to_owned),
        status: query.get("status").map(str::to_owned),
        direction: query.get("direction").map(str::to_owned),
        since: time("since")?,
        until: time("until")?,
    };
    if let Some(address) = query.get("contact") {
        // A `+` that was not escaped is a space by now.
        let address = address.replace(' ', "+");
        let address = Address::parse(&address)
            .map_err(|error| Problem::invalid_field("contact", error.to_string()))?;
        return list_of_person(world, &address, &wanted, query.cursor()?, limit).await;
    }
    let cursor = query.cursor()?;
    let page = crate::gateway::ledger::messages(world, &wanted, cursor, limit).await?;
    let rows: Vec<Value> = page.rows.iter().map(row).collect();
    Ok(Response::json(
        200,
        &json!({ "messages": rows, "next_cursor": page.next.map(|place| place.write()) }),
    ))
}

fn row(row: &ledger::Row) -> Value {
    json!({
        "id": row.id, "direction": row.direction, "channel": row.channel,
        "sender": row.sender, "from": row.from, "to": row.to, "status": row.status,
        "error_code": row.code, "created_at": rfc3339(row.at), "updated_at": rfc3339(row.updated),
    })
}

async fn list_of_person<W: World>(
    world: &W,
    address: &Address,
    wanted: &ledger::Wanted,
    cursor: Option<ledger::Place>,
    limit: u32,
) -> Result<Response, Problem> {
    let contact = people::contact(world, address).await?;
    let command = ListMessages {
        before: cursor.map(|place| (place.at, place.id)),
        limit,
    };
    let messages = world.ask(contact.as_str(), &command).await?;
    let next = messages.last().filter(|_| messages.len() == limit as usize);
    let next = next.map(|last| {
        ledger::Place {
            at: last.created_at,
            id: last.id.as_str().to_owned(),
        }
        .write()
    });
    // One person's messages are few: the other filters look at what was found.
    let fits = |message: &&Message| {
        let direction = match message.direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        };
        let is =
            |wish: &Option<String>, have: &str| wish.as_deref().is_none_or(|wish| wish == have);
        let sender = wanted.sender.as_deref();
        let names = [
            message.from.as_deref(),
            message.options.sender.as_deref(),
            message.messaging_service_sid.as_deref(),
        ];
        is(&wanted.status, message.status_name())
            && is(&wanted.direction, direction)
            && (sender.is_none() || names.contains(&sender))
            && wanted.since.is_none_or(|since| message.created_at >= since)
            && wanted.until.is_none_or(|until| message.created_at < until)
    };
    let found: Vec<_> = messages.iter().filter(fits).map(view::view).collect();
    Ok(Response::json(
        200,
        &json!({ "messages": found, "next_cursor": next }),
    ))
}
