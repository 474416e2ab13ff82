//! Media of a message, and feedback on it.

use crate::clock::rfc2822;
use crate::error::ApiError;
use crate::rest::{Ask, Content, Outcome, Reply, page_2010};
use crate::state::{Media, Message, World};
use serde_json::{Value, json};

fn media_json(world: &World, message: &Message, media: &Media) -> Value {
    json!({
        "account_sid": world.account(),
        "content_type": media.content_type,
        "date_created": rfc2822(message.created),
        "date_updated": rfc2822(message.updated),
        "parent_sid": message.sid,
        "sid": media.sid,
        "uri": format!("/2010-04-01/Accounts/{}/Messages/{}/Media/{}.json", world.account(), message.sid, media.sid),
    })
}

pub(super) fn list(world: &World, ask: &Ask, sid: &str) -> Outcome {
    let message = world.message(sid).ok_or_else(|| ask.not_found())?;
    let all = message
        .media
        .iter()
        .map(|m| media_json(world, message, m))
        .collect();
    page_2010(ask, world, "media_list", all)
}

/// With `.json` the description, without it the medium itself.
pub(super) fn fetch(world: &World, ask: &Ask, sid: &str, media: &str) -> Outcome {
    let message = world.message(sid).ok_or_else(|| ask.not_found())?;
    let found = message
        .media
        .iter()
        .find(|m| m.sid == media)
        .ok_or_else(|| ask.not_found())?;
    if ask.path.ends_with(".json") {
        return Ok(Reply::json(200, media_json(world, message, found)));
    }
    let kind = match found.content_type.as_str() {
        "image/png" => "image/png",
        "image/gif" => "image/gif",
        "application/pdf" => "application/pdf",
        "audio/mpeg" => "audio/mpeg",
        "audio/ogg" => "audio/ogg",
        "video/mp4" => "video/mp4",
        "text/vcard" => "text/vcard",
        _ => "image/jpeg",
    };
    Ok(Reply {
        status: 200,
        content: Content::Bytes(kind, format!("twin medium {media}").into_bytes()),
        headers: Vec::new(),
    })
}

pub(super) fn delete(world: &mut World, ask: &Ask, sid: &str, media: &str) -> Outcome {
    let message = world.message_mut(sid).ok_or_else(|| ask.not_found())?;
    let before = message.media.len();
    message.media.retain(|m| m.sid != media);
    if message.media.len() == before {
        return Err(ask.not_found());
    }
    Ok(Reply::no_content())
}

pub(super) fn feedback(world: &World, ask: &Ask, sid: &str) -> Outcome {
    let message = world.message(sid).ok_or_else(|| ask.not_found())?;
    let outcome = ask.given("Outcome").unwrap_or("confirmed");
    if !matches!(outcome, "confirmed" | "unconfirmed") {
        return Err(ApiError::new(400, 20001, "Invalid Outcome"));
    }
    Ok(Reply::json(
        201,
        json!({
            "account_sid": world.account(),
            "date_created": rfc2822(world.now()),
            "date_updated": rfc2822(world.now()),
            "message_sid": message.sid,
            "outcome": outcome,
            "uri": format!("/2010-04-01/Accounts/{}/Messages/{}/Feedback.json", world.account(), message.sid),
        }),
    ))
}
