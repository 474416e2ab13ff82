//! `GET /v1/events[/{id}]`, `POST /v1/events/{id}/replay`.

use serde_json::{Value, json};

use super::super::events::Job;
use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::world::World;
use super::query::Query;
use crate::objects::id::{EventId, day};
use crate::objects::ledger::{EventRow, EventState, FetchEvent, ListEvents, Place, day_shard};
use crate::time::{DAY, rfc3339};

const PAGE: u32 = 50;
pub(in crate::gateway) const LONGEST_PAGE: i64 = 200;
/// Days that hold events which can still be replayed.
const DAYS: u32 = 5;

/// Events of the last days, newest first, with what became of each.
///
/// # Errors
/// 400 for a parameter.
pub async fn list<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let query = Query::of(request, &["type", "state", "cursor", "limit"])?;
    let limit = query.limit(PAGE, LONGEST_PAGE)?;
    let state = match query.get("state") {
        None => None,
        Some("pending") => Some(EventState::Pending),
        Some("delivered") => Some(EventState::Delivered),
        Some("dead") => Some(EventState::Dead),
        Some("kept") => Some(EventState::Kept),
        Some(_) => {
            return Err(Problem::invalid_field(
                "state",
                "must be pending, delivered, dead or kept",
            ));
        }
    };
    let mut before = query.cursor()?;
    let now = world.now();
    let start = before.as_ref().map_or(now, |place| place.at.min(now));
    let mut rows: Vec<EventRow> = Vec::new();
    for back in 0..DAYS {
        let missing = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(limit));
        if missing == 0 {
            break;
        }
        let command = ListEvents {
            kind: query.get("type").map(str::to_owned),
            state,
            before: before.take(),
            limit: missing,
        };
        let shard = day_shard(&day(start - i64::from(back) * DAY));
        rows.extend(world.ask(&shard, &command).await?);
    }
    let next = rows.last().filter(|_| rows.len() >= limit as usize);
    let next = next.map(|last| {
        Place {
            at: last.event.at,
            id: last.event.id.as_str().to_owned(),
        }
        .write()
    });
    let events: Vec<Value> = rows.iter().map(view).collect();
    Ok(Response::json(
        200,
        &json!({ "events": events, "next_cursor": next }),
    ))
}

/// One event.
///
/// # Errors
/// 404 when there is none of this id, or it is older than can be replayed.
pub async fn fetch<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let row = find(world, id).await?;
    Ok(Response::json(200, &view(&row)))
}

/// Delivers an event again, under the same id.
///
/// # Errors
/// 404, and 409 when no application is configured.
pub async fn replay<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let row = find(world, id).await?;
    if world.settings().messaging.webhook.is_none() {
        return Err(Problem::new(
            409,
            "no_application",
            "There is no application to tell",
            "Set EVENTS_URL and EVENTS_SECRET.",
        ));
    }
    let job = Job::Replay {
        event: Box::new(row.event),
        since: world.now(),
    };
    let text = serde_json::to_string(&job).unwrap_or_default();
    world.enqueue(&[text]).await?;
    Ok(Response::json(202, &json!({ "id": id, "replayed": true })))
}

async fn find<W: World>(world: &W, id: &str) -> Result<EventRow, Problem> {
    let not_found = || Problem::not_found("There is no event of this id in the last 72 hours.");
    let id = EventId::parse(id).ok_or_else(not_found)?;
    let fetch = FetchEvent {
        id: id.as_str().to_owned(),
    };
    let row = world.ask(&day_shard(id.day()), &fetch).await?;
    row.ok_or_else(not_found)
}

fn view(row: &EventRow) -> Value {
    json!({
        "id": row.event.id, "type": row.event.kind, "timestamp": rfc3339(row.event.at),
        "data": row.event.data, "state": row.state, "tries": row.tries, "answer": row.answer,
    })
}
