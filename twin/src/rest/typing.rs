//! The WhatsApp typing indicator, which also marks the message read.

use super::{Ask, Outcome, Reply};
use crate::error::ApiError;
use crate::state::World;
use serde_json::json;

/// v2 takes a form, v3 JSON.
pub(crate) fn indicate(world: &mut World, ask: &Ask, version: &str) -> Outcome {
    if ask.method != "POST" {
        return Err(ask.not_found());
    }
    let field = |name: &str| match &ask.json {
        Some(json) if version == "v3" => json.get(name).and_then(|v| v.as_str()).map(str::to_owned),
        _ => ask.given(name).map(str::to_owned),
    };
    let channel = field("channel").unwrap_or_default();
    if !channel.eq_ignore_ascii_case("whatsapp") {
        return Err(ApiError::new(400, 20001, "channel must be whatsapp"));
    }
    let sid =
        field("messageId").ok_or_else(|| ApiError::new(400, 20001, "messageId is required"))?;
    let known = world
        .message(&sid)
        .is_some_and(|m| m.direction == "inbound" && m.from.starts_with("whatsapp:"));
    if !known {
        return Err(ApiError::new(
            404,
            20404,
            format!("The message {sid} was not found"),
        ));
    }
    let at = world.now();
    world.typing.push(json!({"at": at, "message_sid": sid}));
    Ok(Reply::json(200, json!({"success": true})))
}
