//! What can be made to happen.

use super::{Said, body, read};
use crate::engine::{self, Shared};
use crate::inbound::{self, Injection};
use crate::outcome;
use crate::state::{Signing, World};
use crate::voice::outbound::{self, Placement};
use crate::voice::script::Step;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

type Twin = State<Arc<Shared>>;

/// Forgets everything but the configuration.
pub(super) async fn reset(State(twin): Twin) -> Said {
    let mut world = twin.world();
    let fresh = World::new(world.config.clone(), world.origin.clone());
    *world = fresh;
    drop(world);
    twin.wake.notify_one();
    Said::Json(json!({"reset": true}))
}

/// Changes the settings that are given; `null` puts a default back.
pub(super) async fn configure(State(twin): Twin, bytes: Bytes) -> Said {
    let changes: Map<String, Value> = body!(bytes);
    let mut world = twin.world();
    match world.config.changed(changes) {
        Ok(config) => {
            world.config = config;
            Said::Json(json!(world.config))
        }
        Err(why) => Said::Wrong(why),
    }
}

pub(super) async fn message(State(twin): Twin, bytes: Bytes) -> Said {
    let injection: Injection = body!(bytes);
    inbound::inject(&twin, injection)
        .await
        .map_or_else(Said::Wrong, Said::Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForcedStatus {
    status: String,
    #[serde(default)]
    error_code: Option<u32>,
    /// Change the message but tell nobody.
    #[serde(default)]
    silent: bool,
}

/// Puts a message into a status now, and calls back.
pub(super) async fn message_status(
    State(twin): Twin,
    Path(sid): Path<String>,
    bytes: Bytes,
) -> Said {
    let forced: ForcedStatus = body!(bytes);
    let webhook = {
        let mut world = twin.world();
        let now = world.now();
        let Some(message) = world.message_mut(&sid) else {
            return Said::Unknown;
        };
        message.status.clone_from(&forced.status);
        message.error_code = forced.error_code;
        message.updated = now;
        message.history.push((now, forced.status));
        let message = message.clone();
        outcome::status_webhook(&mut world, &message).filter(|_| !forced.silent)
    };
    match webhook {
        Some(webhook) => Said::Json(engine::deliver(&twin, webhook).await.json()),
        None => Said::Json(json!({"callback": null})),
    }
}

/// Places a call and answers its transcript; a live one answers at once.
pub(super) async fn call(State(twin): Twin, bytes: Bytes) -> Said {
    let placement: Placement = body!(bytes);
    match outbound::ring_in(&twin, placement).await {
        Ok(sid) => super::see::call(State(twin), Path(sid)).await,
        Err(why) => Said::Wrong(why),
    }
}

/// Presses keys, speaks, records or hangs up on a live call.
pub(super) async fn call_input(State(twin): Twin, Path(sid): Path<String>, bytes: Bytes) -> Said {
    let value: Value = body!(bytes);
    let steps: Result<Vec<Step>, _> = crate::json::list(value)
        .into_iter()
        .map(serde_json::from_value)
        .collect();
    let steps = match steps {
        Ok(steps) => steps,
        Err(e) => return Said::Wrong(e.to_string()),
    };
    let keypad = match twin.world().call(&sid) {
        Some(call) => call.keypad.clone(),
        None => return Said::Unknown,
    };
    let Some(keypad) = keypad else {
        return Said::Wrong("the call is over, or not live".to_owned());
    };
    for step in steps {
        if keypad.send(step).is_err() {
            return Said::Wrong("the call is over".to_owned());
        }
    }
    Said::Json(json!({"sent": true}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    callback_index: usize,
    /// Parameters to change.
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    sign: Option<Signing>,
    /// A fresh idempotency token instead of the same.
    #[serde(default)]
    fresh_token: bool,
}

/// Sends a request once more.
pub(super) async fn replay(State(twin): Twin, bytes: Bytes) -> Said {
    let replay: Replay = body!(bytes);
    let webhook = {
        let mut world = twin.world();
        let Some(record) = world.callbacks.get(replay.callback_index) else {
            return Said::Unknown;
        };
        let mut webhook = record.webhook.clone();
        for (name, value) in crate::json::to_params(&replay.params) {
            crate::json::set(&mut webhook.params, &name, value);
        }
        if let Some(sign) = replay.sign {
            webhook.signing = sign;
        }
        if replay.fresh_token {
            webhook.token = world.ids.uuid();
        }
        webhook
    };
    Said::Json(engine::deliver(&twin, webhook).await.json())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnyWebhook {
    /// Absolute, or a path of the application.
    url: String,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    params: Map<String, Value>,
    /// A JSON body in place of `params`; `bodySHA256` is added to the query.
    #[serde(default)]
    json: Option<Value>,
    #[serde(default)]
    sign: Option<Signing>,
    #[serde(default)]
    token: Option<String>,
}

/// Sends any signed request to the application.
pub(super) async fn webhook(State(twin): Twin, bytes: Bytes) -> Said {
    let input: AnyWebhook = body!(bytes);
    let webhook = {
        let mut world = twin.world();
        let base = world
            .config
            .public_base_url
            .clone()
            .or_else(|| world.config.worker.clone());
        let url = match (input.url.starts_with('/'), base) {
            (true, Some(base)) => format!("{}{}", base.trim_end_matches('/'), input.url),
            (true, None) => return Said::Wrong("a path needs a worker".to_owned()),
            (false, _) => input.url,
        };
        let params = crate::json::to_params(&input.params);
        let method = input.method.unwrap_or_else(|| "POST".to_owned());
        let mut webhook = world.webhook("other", "", &method, &url, params);
        webhook.json = input.json;
        if let Some(sign) = input.sign {
            webhook.signing = sign;
        }
        if let Some(token) = input.token {
            webhook.token = token;
        }
        webhook
    };
    Said::Json(engine::deliver(&twin, webhook).await.json())
}
