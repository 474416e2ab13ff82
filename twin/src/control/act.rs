//! What can be made to happen.

use super::{Said, read};
use crate::config::Config;
use crate::engine::{self, Shared};
use crate::fault::Fault;
use crate::inbound::{self, Injection};
use crate::outcome;
use crate::rest::content::Template;
use crate::state::{Signing, World};
use crate::voice::outbound::{self, Placement};
use crate::voice::script::{CallScript, Step};
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Twin = State<Arc<Shared>>;

/// Reads the body or answers what is wrong with it.
macro_rules! body {
    ($bytes:expr) => {
        match read(&$bytes) {
            Ok(value) => value,
            Err(said) => return said,
        }
    };
}

/// One or a list.
fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        one => vec![one],
    }
}

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
    let Value::Object(mut settings) = json!(world.config) else {
        return Said::Unknown;
    };
    for (name, value) in changes {
        if value.is_null() {
            settings.remove(&name);
        } else {
            settings.insert(name, value);
        }
    }
    match serde_json::from_value::<Config>(Value::Object(settings)) {
        Ok(config) => world.config = config,
        Err(e) => return Said::Wrong(e.to_string()),
    }
    Said::Json(json!(world.config))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance_ms: Option<i64>,
    freeze: Option<bool>,
    /// Milliseconds since the epoch; not in the past.
    at: Option<i64>,
    /// Advances until nothing is planned any more (at most 36 days).
    #[serde(default)]
    run_all: bool,
}

/// Freezes, moves and frees the clock. Answers when all that became due has been done.
pub(super) async fn clock(State(twin): Twin, bytes: Bytes) -> Said {
    const FAR_MS: i64 = 36 * 86_400_000;
    let change: ClockChange = body!(bytes);
    if change.freeze == Some(true) {
        twin.world().clock.freeze(None);
    }
    let mut ran = 0;
    if let Some(at) = change.at {
        let ms = at - twin.world().now();
        ran += engine::advance(&twin, ms).await;
    }
    if let Some(ms) = change.advance_ms {
        ran += engine::advance(&twin, ms).await;
    }
    let limit = if change.run_all {
        twin.world().now() + FAR_MS
    } else {
        i64::MIN
    };
    loop {
        let next = twin.world().jobs.keys().next().map(|(at, _)| *at);
        let Some(at) = next.filter(|at| *at <= limit) else {
            break;
        };
        let ms = at - twin.world().now();
        ran += engine::advance(&twin, ms).await;
    }
    if change.freeze == Some(false) {
        twin.world().clock.unfreeze();
        twin.wake.notify_one();
    }
    let mut out = super::see::clock_json(&twin);
    crate::voice::put(&mut out, "ran", json!(ran));
    Said::Json(out)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Awaited {
    /// `callbacks` (default), `requests`, `messages`, `calls` or `alerts`.
    #[serde(default)]
    of: Option<String>,
    /// Fields that must be equal; `path` and `url` must only occur; `params` is compared by name.
    #[serde(default)]
    matching: Map<String, Value>,
    #[serde(default = "one")]
    count: usize,
    #[serde(default = "patience")]
    timeout_ms: u64,
}

fn one() -> usize {
    1
}

fn patience() -> u64 {
    5000
}

fn fits(item: &Value, matching: &Map<String, Value>) -> bool {
    matching
        .iter()
        .all(|(name, want)| match (item.get(name), want) {
            (Some(Value::Object(have)), Value::Object(want)) => {
                want.iter().all(|(n, v)| have.get(n) == Some(v))
            }
            (Some(Value::String(have)), Value::String(want)) if name == "url" || name == "path" => {
                have.contains(want.as_str())
            }
            (have, want) => have == Some(want),
        })
}

/// Waits (in real time) until so many records match; answers them.
pub(super) async fn wait(State(twin): Twin, bytes: Bytes) -> Said {
    let awaited: Awaited = body!(bytes);
    let until = Instant::now() + Duration::from_millis(awaited.timeout_ms);
    loop {
        let found: Vec<Value> = {
            let world = twin.world();
            let all: Vec<Value> = match awaited.of.as_deref().unwrap_or("callbacks") {
                "callbacks" => world.callbacks.iter().map(crate::state::CallbackRecord::json).collect(),
                "messages" => world.messages.iter().map(|m| m.detail(world.account())).collect(),
                "calls" => world.calls.iter().map(|c| c.detail(world.account())).collect(),
                "requests" => world
                    .requests
                    .iter()
                    .map(|r| json!({"method": r.method, "path": r.path, "params": crate::json::params(&r.params), "status": r.status, "answer": r.answer}))
                    .collect(),
                "alerts" => world.alerts.clone(),
                other => return Said::Wrong(format!("cannot wait for {other}")),
            };
            all.into_iter()
                .filter(|item| fits(item, &awaited.matching))
                .collect()
        };
        if found.len() >= awaited.count {
            return Said::Json(json!({"met": true, "found": found}));
        }
        if Instant::now() >= until {
            return Said::Json(json!({"met": false, "found": found}));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
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
    let steps: Result<Vec<Step>, _> = list(value)
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

/// What numbers do when they are called.
pub(super) async fn scripts(State(twin): Twin, bytes: Bytes) -> Said {
    let value: Value = body!(bytes);
    let scripts: Result<Vec<CallScript>, _> = list(value)
        .into_iter()
        .map(serde_json::from_value)
        .collect();
    match scripts {
        Ok(scripts) => {
            if let Some(bad) = scripts.iter().find(|s| !known_answer(s.answer.as_deref())) {
                return Said::Wrong(format!(
                    "no such answer: {}",
                    bad.answer.clone().unwrap_or_default()
                ));
            }
            let mut world = twin.world();
            for script in scripts {
                world.scripts.insert(script.to.clone(), script);
            }
            Said::Json(json!({"scripts": world.scripts.len()}))
        }
        Err(e) => Said::Wrong(e.to_string()),
    }
}

fn known_answer(answer: Option<&str>) -> bool {
    matches!(
        answer,
        None | Some(
            "human" | "machine" | "fax" | "busy" | "no-answer" | "failed" | "canceled" | "live"
        )
    )
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
    let faults: Result<Vec<Fault>, _> = list(value)
        .into_iter()
        .map(serde_json::from_value)
        .collect();
    match faults {
        Ok(faults) => {
            let mut world = twin.world();
            world.faults.extend(faults);
            Said::Json(json!({"faults": world.faults.len()}))
        }
        Err(e) => Said::Wrong(e.to_string()),
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifySettings {
    /// Channels switched off (60223).
    disabled: Option<Vec<String>>,
    /// Prefixes blocked as fraud (60410).
    blocked: Option<Vec<String>>,
    /// Prefixes outside the geo permissions (60605).
    forbidden: Option<Vec<String>>,
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
    Said::Json(json!({
        "disabled": world.verify.disabled,
        "blocked": world.verify.blocked,
        "forbidden": world.verify.forbidden,
    }))
}
