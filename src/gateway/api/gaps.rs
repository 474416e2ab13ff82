//! `GET /v1/gaps`: how far Twilio's lists were walked, and what never reached us.

use serde_json::json;

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
    let mut tracks = Vec::new();
    for swept in &view.swept {
        let until = swept.until.map(rfc3339);
        tracks.push(json!({ "track": swept.track, "seen_until": until }));
    }
    let mut days = Vec::new();
    for (day, found) in view.days.iter().rev() {
        days.push(json!({ "day": day, "found": found }));
    }
    let enabled = world.settings().gap_after.is_some();
    Ok(Response::json(
        200,
        &json!({ "enabled": enabled, "tracks": tracks, "days": days }),
    ))
}
