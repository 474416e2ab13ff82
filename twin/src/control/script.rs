//! What is set up beforehand: scripts of numbers, outcomes, faults, blocks, templates.

use super::{Said, body, read};
use crate::engine::Shared;
use crate::fault;
use crate::outcome;
use crate::rest::content::Template;
use crate::voice::script;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

type Twin = State<Arc<Shared>>;

/// What numbers do when they are called.
pub(super) async fn scripts(State(twin): Twin, bytes: Bytes) -> Said {
    let value: Value = body!(bytes);
    match script::parse(value) {
        Ok(scripts) => {
            let mut world = twin.world();
            for script in scripts {
                world.scripts.insert(script.to.clone(), script);
            }
            Said::Json(json!({"scripts": world.scripts.len()}))
        }
        Err(why) => Said::Wrong(why),
    }
}

pub(super) async fn forget_scripts(State(twin): Twin) -> Said {
    twin.world().scripts.clear();
    Said::Json(json!({"scripts": 0}))
}

/// What becomes of messages.
pub(super) async fn outcomes(State(twin): Twin, bytes: Bytes) -> Said {
    let value: Value = body!(bytes);
    match outcome::parse(value) {
        Ok(outcomes) => {
            let mut world = twin.world();
            // The newest script is asked first.
            world.outcomes.splice(0..0, outcomes);
            Said::Json(json!({"outcomes": world.outcomes.len()}))
        }
        Err(why) => Said::Wrong(why),
    }
}

pub(super) async fn forget_outcomes(State(twin): Twin) -> Said {
    twin.world().outcomes.clear();
    Said::Json(json!({"outcomes": 0}))
}

/// How the REST API misbehaves.
pub(super) async fn faults(State(twin): Twin, bytes: Bytes) -> Said {
    let value: Value = body!(bytes);
    match fault::parse(value) {
        Ok(faults) => {
            let mut world = twin.world();
            world.faults.extend(faults);
            Said::Json(json!({"faults": world.faults.len()}))
        }
        Err(why) => Said::Wrong(why),
    }
}

pub(super) async fn forget_faults(State(twin): Twin) -> Said {
    twin.world().faults.clear();
    Said::Json(json!({"faults": 0}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// The sender.
    from: String,
    /// The person.
    to: String,
}

/// The person has said STOP to the sender (21610).
pub(super) async fn block(State(twin): Twin, bytes: Bytes) -> Said {
    let pair: Pair = body!(bytes);
    twin.world().blocks.insert((pair.from, pair.to));
    super::see::blocks(State(twin)).await
}

pub(super) async fn unblock(State(twin): Twin, bytes: Bytes) -> Said {
    if bytes.is_empty() {
        twin.world().blocks.clear();
    } else {
        let pair: Pair = body!(bytes);
        twin.world().blocks.remove(&(pair.from, pair.to));
    }
    super::see::blocks(State(twin)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TemplateInput {
    sid: Option<String>,
    friendly_name: String,
    language: String,
    types: Value,
    variables: Value,
    approval: String,
    category: String,
}

impl Default for TemplateInput {
    fn default() -> Self {
        Self {
            sid: None,
            friendly_name: String::new(),
            language: "en".to_owned(),
            types: json!({"twilio/text": {"body": ""}}),
            variables: json!({}),
            approval: "approved".to_owned(),
            category: "UTILITY".to_owned(),
        }
    }
}

/// Makes a template, or one with this SID anew.
pub(super) async fn template(State(twin): Twin, bytes: Bytes) -> Said {
    let input: TemplateInput = body!(bytes);
    let mut world = twin.world();
    let now = world.now();
    let sid = match input.sid {
        Some(sid) => sid,
        None => world.ids.sid("HX"),
    };
    world.templates.retain(|t| t.sid != sid);
    world.templates.push(Template {
        sid: sid.clone(),
        friendly_name: input.friendly_name,
        language: input.language,
        variables: input.variables,
        types: input.types,
        created: now,
        updated: now,
        approval: input.approval,
        category: input.category,
        ..Template::default()
    });
    Said::Json(json!({"sid": sid}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifySettings {
    /// Channels switched off (60223).
    disabled: Option<Vec<String>>,
    /// Prefixes blocked as fraud (60410).
    blocked: Option<Vec<String>>,
    /// Prefixes outside the geo permissions (60605).
    forbidden: Option<Vec<String>>,
    /// Channel to the status that its sends come to, such as `{"sms": "undelivered"}`.
    deliveries: Option<BTreeMap<String, String>>,
}

pub(super) async fn verify(State(twin): Twin, bytes: Bytes) -> Said {
    let settings: VerifySettings = body!(bytes);
    let mut world = twin.world();
    if let Some(list) = settings.disabled {
        world.verify.disabled = list.into_iter().collect();
    }
    if let Some(list) = settings.blocked {
        world.verify.blocked = list.into_iter().collect();
    }
    if let Some(list) = settings.forbidden {
        world.verify.forbidden = list.into_iter().collect();
    }
    if let Some(map) = settings.deliveries {
        world.verify.deliveries = map;
    }
    Said::Json(json!({
        "deliveries": world.verify.deliveries,
        "disabled": world.verify.disabled,
        "blocked": world.verify.blocked,
        "forbidden": world.verify.forbidden,
    }))
}
