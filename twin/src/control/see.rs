//! What can be looked at.

use super::Said;
use crate::engine::Shared;
use crate::form::{self, Params};
use crate::state::RestRecord;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;

type Twin = State<Arc<Shared>>;

fn query(raw: Option<String>) -> Params {
    form::decode(&raw.unwrap_or_default())
}

/// Keeps the objects whose fields equal what the query asks for, the last `limit` of them.
fn filter(all: Vec<Value>, query: &Params) -> Value {
    let matches = |item: &Value| {
        query
            .iter()
            .filter(|(n, _)| n != "limit")
            .all(|(name, want)| match item.get(name) {
                Some(Value::String(have)) => {
                    have == want
                        || (name == "url" || name == "path") && have.contains(want.as_str())
                }
                Some(Value::Null) | None => want.is_empty(),
                Some(other) => want == other.to_string().as_str(),
            })
    };
    let mut found: Vec<Value> = all.into_iter().filter(matches).collect();
    if let Some(limit) = form::get(query, "limit").and_then(|l| l.parse::<usize>().ok()) {
        let skip = found.len().saturating_sub(limit);
        found.drain(..skip);
    }
    Value::Array(found)
}

pub(super) async fn summary(State(twin): Twin) -> Said {
    let world = twin.world();
    Said::Json(json!({
        "twin": env!("CARGO_PKG_VERSION"),
        "origin": world.origin,
        "twilio_origin": format!("{}/{{product}}", world.origin),
        "account_sid": world.account(),
        "worker": world.config.worker,
        "now_ms": world.now(),
        "frozen": world.clock.is_frozen(),
        "handset": format!("{}/handset", world.origin),
        "counts": {
            "messages": world.messages.len(), "calls": world.calls.len(), "requests": world.requests.len(),
            "callbacks": world.callbacks.len(), "alerts": world.alerts.len(), "jobs": world.jobs.len(),
        },
    }))
}

pub(super) async fn config(State(twin): Twin) -> Said {
    Said::Json(json!(twin.world().config))
}

pub(super) async fn clock(State(twin): Twin) -> Said {
    Said::Json(clock_json(&twin))
}

pub(super) fn clock_json(twin: &Shared) -> Value {
    let world = twin.world();
    json!({
        "now_ms": world.now(),
        "now": crate::clock::iso8601(world.now()),
        "frozen": world.clock.is_frozen(),
        "jobs": world.jobs.len(),
        "next_ms": world.jobs.keys().next().map(|(at, _)| at),
    })
}

pub(super) async fn messages(State(twin): Twin, RawQuery(raw): RawQuery) -> Said {
    let world = twin.world();
    let all = world
        .messages
        .iter()
        .filter(|m| !m.deleted)
        .map(|m| m.detail(world.account()))
        .collect();
    Said::Json(filter(all, &query(raw)))
}

pub(super) async fn message(State(twin): Twin, Path(sid): Path<String>) -> Said {
    let world = twin.world();
    world
        .message(&sid)
        .map_or(Said::Unknown, |m| Said::Json(m.detail(world.account())))
}

pub(super) async fn calls(State(twin): Twin, RawQuery(raw): RawQuery) -> Said {
    let world = twin.world();
    let all = world
        .calls
        .iter()
        .map(|c| c.detail(world.account()))
        .collect();
    Said::Json(filter(all, &query(raw)))
}

pub(super) async fn call(State(twin): Twin, Path(sid): Path<String>) -> Said {
    let world = twin.world();
    world
        .call(&sid)
        .map_or(Said::Unknown, |c| Said::Json(c.detail(world.account())))
}

pub(super) async fn scripts(State(twin): Twin) -> Said {
    let world = twin.world();
    let mut all: Vec<_> = world.scripts.values().collect();
    all.sort_by(|a, b| a.to.cmp(&b.to));
    Said::Json(json!(all))
}

pub(super) async fn faults(State(twin): Twin) -> Said {
    Said::Json(json!(twin.world().faults))
}

pub(super) async fn blocks(State(twin): Twin) -> Said {
    let world = twin.world();
    let all = world
        .blocks
        .iter()
        .map(|(from, to)| json!({"from": from, "to": to}))
        .collect();
    Said::Json(Value::Array(all))
}

pub(super) async fn templates(State(twin): Twin) -> Said {
    let world = twin.world();
    let all = world
        .templates
        .iter()
        .map(|t| {
            json!({
                "sid": t.sid, "friendly_name": t.friendly_name, "language": t.language, "types": t.types,
                "variables": t.variables, "approval": t.approval, "category": t.category,
            })
        })
        .collect();
    Said::Json(Value::Array(all))
}

fn rest_json(index: usize, r: &RestRecord) -> Value {
    json!({
        "index": index,
        "at": r.at,
        "method": r.method,
        "path": r.path,
        "query": crate::json::params(&r.query),
        "params": crate::json::params(&r.params),
        "json": r.json,
        "authorized_as": r.authorized_as,
        "user_agent": r.user_agent,
        "status": r.status,
        "answer": r.answer,
        "fault": r.fault,
    })
}

pub(super) async fn requests(State(twin): Twin, RawQuery(raw): RawQuery) -> Said {
    let world = twin.world();
    let all = world
        .requests
        .iter()
        .enumerate()
        .map(|(i, r)| rest_json(i, r))
        .collect();
    Said::Json(filter(all, &query(raw)))
}

pub(super) async fn callbacks(State(twin): Twin, RawQuery(raw): RawQuery) -> Said {
    let world = twin.world();
    let all = world
        .callbacks
        .iter()
        .map(crate::state::CallbackRecord::json)
        .collect();
    Said::Json(filter(all, &query(raw)))
}

pub(super) async fn alerts(State(twin): Twin, RawQuery(raw): RawQuery) -> Said {
    let all = twin.world().alerts.clone();
    Said::Json(filter(all, &query(raw)))
}

pub(super) async fn recordings(State(twin): Twin) -> Said {
    let world = twin.world();
    let all = world
        .recordings
        .iter()
        .map(|r| {
            json!({
                "sid": r.sid, "call_sid": r.call_sid, "duration": r.duration, "source": r.source,
                "text": r.text, "transcription_sid": r.transcription_sid, "deleted": r.deleted,
            })
        })
        .collect();
    Said::Json(Value::Array(all))
}

pub(super) async fn tasks(State(twin): Twin) -> Said {
    Said::Json(Value::Array(twin.world().tasks.clone()))
}

pub(super) async fn typing(State(twin): Twin) -> Said {
    Said::Json(Value::Array(twin.world().typing.clone()))
}

pub(super) async fn codes(State(twin): Twin, RawQuery(raw): RawQuery) -> Said {
    let Value::Array(all) = crate::rest::verify::codes(&twin.world()) else {
        return Said::Unknown;
    };
    Said::Json(filter(all, &query(raw)))
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], text)
}

pub(super) async fn handset() -> impl IntoResponse {
    asset(
        "text/html; charset=utf-8",
        include_str!("../../handset/handset.html"),
    )
}

pub(super) async fn handset_script() -> impl IntoResponse {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../../handset/handset.js"),
    )
}

pub(super) async fn handset_style() -> impl IntoResponse {
    asset(
        "text/css; charset=utf-8",
        include_str!("../../handset/handset.css"),
    )
}
