//! `POST /v1/verify/send`, `POST /v1/verify/check`, `GET /v1/verify/stats`.

use serde_json::json;

use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::verify::{self, Ask, Client};
use super::super::world::World;
use super::fields;
use super::query::Query;
use crate::log::Record;
use crate::objects::guard::{Block, Figures, INSTANCE, KeyKind};
use crate::time::{HOUR, rfc3339};
use crate::twilio::api::verify::{AttemptResource, Service, attempts_since};
use crate::verify::funnel;

/// The longest look back, in hours: figures are kept for 90 days.
pub(in crate::gateway) const HOURS_LIMIT: i64 = 90 * 24;
const HOURS_DEFAULT: i64 = 24;
/// Attempts in one page of Twilio's.
const PAGE: usize = 1_000;

/// Sends a code: 202 with its channel, the starts left and the moment it expires.
///
/// # Errors
/// 400 for a field; 403, 422, 429, 502, 503 as the outcome is, each with a sentence for the
/// person.
pub async fn send<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let mut fields = fields(request).await?;
    let client = Client {
        ip: verify::client_ip(&mut fields),
        network: None,
    };
    let ask = Ask::read(fields, false, &world.settings().verify)?;
    verify::send(world, ask, &client).await
}

/// Checks a code: 200 with `status`, `valid` and the sentence for the person.
///
/// # Errors
/// 400 for a field, 503 when Twilio judged nothing.
pub async fn check<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    verify::check(world, fields(request).await?).await
}

/// The funnel by channel and country, and the blocks in force: `?hours=24`.
///
/// # Errors
/// 400 for `hours`.
pub async fn stats<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let hours = hours(request)?;
    let since = world.now().saturating_sub(hours * HOUR).div_euclid(HOUR) * HOUR;
    let figures = world.ask(INSTANCE, &Figures { since }).await?;
    let attempts = attempts(world, since).await;
    let known = attempts.as_deref().unwrap_or_default();
    let lines = funnel::lines(&figures.counts, known);
    let started: u32 = lines.iter().map(|line| line.started).sum();
    let approved: u32 = lines.iter().map(|line| line.approved).sum();
    let blocks: Vec<_> = figures.blocks.iter().map(block).collect();
    Ok(Response::json(
        200,
        &json!({
            "since": rfc3339(since),
            "started": started,
            "approved": approved,
            "funnel": lines,
            "blocks": blocks,
            // Delivered and cost come from Twilio's list; a full page is a sample.
            "attempts": {
                "available": attempts.is_some(),
                "read": known.len(),
                "complete": attempts.is_some() && known.len() < PAGE,
            },
        }),
    ))
}

fn hours(request: &impl Incoming) -> Result<i64, Problem> {
    let query = Query::of(request, &["hours"])?;
    let Some(text) = query.get("hours") else {
        return Ok(HOURS_DEFAULT);
    };
    let hours = text
        .parse()
        .ok()
        .filter(|hours| (1..=HOURS_LIMIT).contains(hours));
    hours.ok_or_else(|| {
        let detail = format!("must be a whole number from 1 to {HOURS_LIMIT}");
        Problem::invalid_field("hours", detail)
    })
}

/// Twilio's attempts since a moment, at most one page; `None` when they cannot be had.
async fn attempts<W: World>(world: &W, since: i64) -> Option<Vec<AttemptResource>> {
    let settings = world.settings();
    let sid = settings.verify_sid.as_deref()?;
    let credentials = settings.credentials.as_ref()?;
    let service = Service::new(
        &settings.twilio_base("verify"),
        sid,
        &credentials.user,
        credentials.password.expose(),
    );
    let answer = world.send(attempts_since(&service, since)).await.ok();
    let attempts = answer.as_ref().and_then(AttemptResource::read_list);
    if attempts.is_none() {
        world.log(Record::warn("verify.attempts_unavailable"));
    }
    attempts
}

fn block(block: &Block) -> serde_json::Value {
    json!({
        "kind": match block.kind {
            KeyKind::Prefix => "prefix",
            KeyKind::Network => "network",
        },
        "key": block.key,
        "at": rfc3339(block.at),
        "until": rfc3339(block.until),
        "starts": block.evidence.starts,
        "approved": block.evidence.approved,
        "expected": block.evidence.expected.round(),
        "dry_run": block.dry_run,
    })
}
