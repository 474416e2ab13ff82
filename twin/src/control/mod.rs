//! The control API under `/twin`: JSON in, JSON out, for people with curl and for tests.
//!
//! An unknown field is refused by name, so that a misspelt script does not pass a test.

mod act;
mod script;
mod see;
mod time;

use crate::engine::Shared;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode, header};
use axum::routing::{get, post, put};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// JSON, or why not.
pub(crate) enum Said {
    Json(Value),
    Wrong(String),
    Unknown,
}

impl axum::response::IntoResponse for Said {
    fn into_response(self) -> Response<Body> {
        let (status, body) = match self {
            Said::Json(value) => (StatusCode::OK, value),
            Said::Wrong(why) => (StatusCode::BAD_REQUEST, json!({"error": why})),
            Said::Unknown => (StatusCode::NOT_FOUND, json!({"error": "no such thing"})),
        };
        let mut response = Response::new(Body::from(format!("{body:#}\n")));
        *response.status_mut() = status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/json"),
        );
        response
    }
}

/// Reads a body; an empty one is an empty object.
pub(crate) fn read<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Said> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text).map_err(|e| Said::Wrong(e.to_string()))
}

/// Reads the body or answers what is wrong with it.
macro_rules! body {
    ($bytes:expr) => {
        match read(&$bytes) {
            Ok(value) => value,
            Err(said) => return said,
        }
    };
}
pub(crate) use body;

/// Every route of the control API.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/twin", get(see::summary))
        .route("/twin/reset", post(act::reset))
        .route(
            "/twin/config",
            get(see::config).put(act::configure).post(act::configure),
        )
        .route("/twin/clock", get(see::clock).post(time::clock))
        .route("/twin/wait", post(time::wait))
        .route("/twin/messages", get(see::messages).post(act::message))
        .route("/twin/messages/{sid}", get(see::message))
        .route("/twin/messages/{sid}/status", post(act::message_status))
        .route("/twin/calls", get(see::calls).post(act::call))
        .route("/twin/calls/{sid}", get(see::call))
        .route("/twin/calls/{sid}/input", post(act::call_input))
        .route(
            "/twin/scripts",
            get(see::scripts)
                .post(script::scripts)
                .delete(script::forget_scripts),
        )
        .route(
            "/twin/outcomes",
            post(script::outcomes).delete(script::forget_outcomes),
        )
        .route(
            "/twin/faults",
            get(see::faults)
                .post(script::faults)
                .delete(script::forget_faults),
        )
        .route(
            "/twin/blocks",
            get(see::blocks).post(script::block).delete(script::unblock),
        )
        .route(
            "/twin/templates",
            get(see::templates).post(script::template),
        )
        .route("/twin/requests", get(see::requests))
        .route("/twin/callbacks", get(see::callbacks))
        .route("/twin/replay", post(act::replay))
        .route("/twin/webhook", post(act::webhook))
        .route("/twin/alerts", get(see::alerts))
        .route("/twin/recordings", get(see::recordings))
        .route("/twin/tasks", get(see::tasks))
        .route("/twin/typing", get(see::typing))
        .route("/twin/verify", put(script::verify).post(script::verify))
        .route("/twin/verify/codes", get(see::codes))
        .route("/handset", get(see::handset))
        .route("/handset/handset.js", get(see::handset_script))
        .route("/handset/handset.css", get(see::handset_style))
        .with_state(shared)
}
