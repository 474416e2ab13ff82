//! `GET /v1/gaps`: how far Twilio's lists were walked, and what never reached us.

use serde_json::{Value, json};

use super::super::http::Response;
use super::super::problem::Problem;
use super::super::world::World;
use crate::objects::ledger::{GAP, TurnGap};
use crate::time::rfc3339;

/// Where each track stands, and what was found, by day.
///
/// # Errors
/// When the ledger does not answer.
pub async fn fetch<W: World>(world: &W) -> Result<Response, Problem> {
    let view = world.ask(GAP, &TurnGap::default()).await?;
    let tracks: Vec<Value> = view
        .swept
        .iter()
        .map(|swept| json!({ "track": swept.track, "seen_until": swept.until.map(rfc3339) }))
        .collect();
    let days: Vec<Value> = view
        .days
        .iter()
        .map(|(day, found)| json!({ "day": day, "found": found }))
        .collect();
    let enabled = world.settings().gap_after.is_some();
    Ok(Response::json(
        200,
        &json!({ "enabled": enabled, "tracks": tracks, "days": days }),
    ))
}
