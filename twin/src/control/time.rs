//! The clock, and waiting for something to have happened.

use super::{Said, body, read};
use crate::engine::{self, Shared};
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Twin = State<Arc<Shared>>;

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
