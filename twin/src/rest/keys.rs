//! API keys: made, listed, deleted. A key cannot manage keys.

use super::{Ask, Outcome, Reply, accounts};
use crate::clock::rfc2822;
use crate::error::ApiError;
use crate::state::World;
use serde_json::{Value, json};

/// A key that was made here.
#[derive(Debug, Clone)]
pub struct ApiKey {
    pub sid: String,
    pub friendly_name: String,
    pub secret: String,
    pub created: i64,
}

impl ApiKey {
    fn json(&self) -> Value {
        let at = rfc2822(self.created);
        json!({
            "sid": self.sid, "friendly_name": self.friendly_name,
            "date_created": at, "date_updated": at,
        })
    }
}

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    accounts::needs_token(world, ask)?;
    match (ask.method.as_str(), rest) {
        ("POST", []) => {
            let key = ApiKey {
                sid: world.ids.sid("SK"),
                friendly_name: ask.given("FriendlyName").unwrap_or_default().to_owned(),
                secret: world.ids.hex("key"),
                created: world.now(),
            };
            let mut shown = key.json();
            if let Some(map) = shown.as_object_mut() {
                map.insert("secret".to_owned(), json!(key.secret));
            }
            world.keys.push(key);
            Ok(Reply::json(201, shown))
        }
        ("GET", []) => {
            let all = world.keys.iter().map(ApiKey::json).collect();
            super::page_2010(ask, world, "keys", all)
        }
        ("GET", [sid]) => {
            let key = world.keys.iter().find(|key| key.sid == *sid);
            let key = key.ok_or_else(|| ask.not_found())?;
            Ok(Reply::json(200, key.json()))
        }
        ("DELETE", [sid]) => {
            let before = world.keys.len();
            world.keys.retain(|key| key.sid != *sid);
            match world.keys.len() < before {
                true => Ok(Reply::no_content()),
                false => Err(ask.not_found()),
            }
        }
        _ => Err(ApiError::not_found(&ask.path)),
    }
}
