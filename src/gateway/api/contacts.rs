//! `GET`, `PUT` and `DELETE /v1/contacts/{address}`: the person's consent and how it came to
//! be; `POST /v1/contacts/import`, `GET /v1/contacts`: lists of consents.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::super::events::Job;
use super::super::http::{BodyFault, Incoming, Response};
use super::super::people;
use super::super::problem::Problem;
use super::super::published;
use super::super::world::World;
use super::fields;
use super::query::Query;
use crate::messaging::consent::{Scope, Source};
use crate::messaging::import::{self, Format};
use crate::objects::contact::{ConsentState, Erase, FetchConsent, PutConsent};
use crate::objects::ledger::{ConsentRow, ListConsents, SHARDS};
use crate::time::{parse_rfc3339, rfc3339};
use crate::twilio::address::Address;

/// 50,000 lines of a list.
const LIST_LIMIT: usize = 8 * 1024 * 1024;
/// Lines of a list in one message of the queue: with the 20 messages of a batch, and a write to
/// each part of the ledger, below the thousand requests that one run of the Worker may make.
const CHUNK: usize = 25;
/// Bad lines that are told; the rest is counted.
const REPORTED: usize = 100;
pub(in crate::gateway) const PAGE: u32 = 1_000;

/// The person's consent.
///
/// # Errors
/// 400 for an address that is none, 404 for a person never met.
pub async fn fetch<W: World>(world: &W, address: &str) -> Result<Response, Problem> {
    let address = parse(address)?;
    let contact = people::contact(world, &address).await?;
    let state = world.ask(contact.as_str(), &FetchConsent {}).await?;
    if !state.known {
        return Err(Problem::not_found("Nobody of this address was ever met."));
    }
    Ok(Response::json(200, &view(&address, &state)))
}

/// Opts the person out or in: `{"opted_out": true, "reason": "...", "scope"?, "at"?,
/// "source"?}`.
///
/// # Errors
/// 400 for an address or a field.
pub async fn put<W: World>(
    world: &W,
    request: &impl Incoming,
    address: &str,
    caller: &str,
) -> Result<Response, Problem> {
    let address = parse(address)?;
    let mut fields = fields(request).await?;
    let opted_out = fields.flag("opted_out");
    let reason = fields.text("reason");
    let scope = fields.parsed("scope", Scope::parse);
    let at = fields.parsed("at", |text| {
        parse_rfc3339(text)
            .filter(|at| *at <= world.now())
            .ok_or("must be a past time as in 2026-11-24T09:30:00Z")
    });
    let source = fields.parsed("source", |text| match text {
        "api" => Ok(Source::Api),
        "console" => Ok(Source::Console),
        _ => Err("must be api or console"),
    });
    if opted_out.is_none() {
        fields.refuse("opted_out", "is required: true or false");
    }
    if reason.as_deref().is_none_or(str::is_empty) {
        fields.refuse("reason", "is required: it is kept as evidence");
    }
    fields.finish()?;
    let contact = people::contact(world, &address).await?;
    let command = PutConsent {
        contact: contact.clone(),
        address: address.to_string(),
        opted_out: opted_out.unwrap_or(true),
        scope: scope.unwrap_or(Scope::All),
        source: source.unwrap_or(Source::Api),
        at,
        reason: format!("{caller}: {}", reason.unwrap_or_default()),
    };
    let state = world.ask(contact.as_str(), &command).await?;
    Ok(Response::json(200, &view(&address, &state)))
}

/// Erases the person; what was opted out stays so. `?block=true` forbids writing to them
/// whatever they had said.
///
/// # Errors
/// 400 for an address or a parameter.
pub async fn erase<W: World>(
    world: &W,
    request: &impl Incoming,
    address: &str,
) -> Result<Response, Problem> {
    let address = parse(address)?;
    let query = Query::of(request, &["block"])?;
    let block = match query.get("block") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::invalid_field("block", "must be true or false")),
    };
    let contact = people::contact(world, &address).await?;
    let state = world.ask(contact.as_str(), &FetchConsent {}).await?;
    let command = Erase {
        contact: contact.clone(),
        block,
        hash: erased_hash(world, &address),
    };
    let erased = world.ask(contact.as_str(), &command).await?;
    for alias in &state.aliases {
        // A link to nobody: an empty person is no person.
        published::publish_alias(world, alias, "").await?;
    }
    Ok(Response::json(
        200,
        &json!({ "deleted": erased.deleted, "blocked": erased.blocked }),
    ))
}

/// HMAC-SHA-256 over the person, under a key of the deployment's own.
fn erased_hash<W: World>(world: &W, address: &Address) -> Option<String> {
    let settings = world.settings();
    let key = settings.messaging.erasure_key.as_ref();
    let key = key.or(settings.credentials.as_ref().map(|known| &known.password))?;
    let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    let mac = mac.chain_update("hookswitch erased ");
    let mac = mac.chain_update(address.person().as_str());
    let hash = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Some(format!("hmac-sha256:{hash}"))
}

fn parse(address: &str) -> Result<Address, Problem> {
    Address::parse(address).map_err(|error| Problem::invalid_field("address", error.to_string()))
}

fn view(address: &Address, state: &ConsentState) -> Value {
    let history: Vec<_> = state
        .history
        .iter()
        .map(|entry| {
            json!({
                "at": rfc3339(entry.at),
                "change": entry.change,
                "source": entry.source,
                "scope": entry.scope,
                "evidence": entry.evidence,
            })
        })
        .collect();
    json!({
        "address": address, "opted_out": state.opted_out, "aliases": state.aliases,
        "revocation_suspected": state.suspected, "history": history,
    })
}

/// Imports a list: 202 with how many lines were taken, and which were not and why. What was
/// taken is on the queue and with its persons soon after.
///
/// # Errors
/// 400 for a list that cannot be read at all, 415 for another type.
pub async fn import<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
) -> Result<Response, Problem> {
    let content_type = request.header("content-type").unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let format = match kind.to_ascii_lowercase().as_str() {
        "text/csv" => Format::Csv,
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Format::Ndjson,
        _ => {
            return Err(Problem::unsupported_media_type(
                "text/csv or application/x-ndjson",
            ));
        }
    };
    let body = request
        .body(LIST_LIMIT)
        .await
        .map_err(|fault| match fault {
            BodyFault::TooLarge => Problem::too_large(LIST_LIMIT),
            BodyFault::Broken => Problem::invalid_field("", "the body broke off"),
        })?;
    let text = std::str::from_utf8(&body)
        .map_err(|_| Problem::invalid_field("", "the list is not UTF-8"))?;
    let (good, bad) = import::parse(text, format)
        .map_err(|error| Problem::invalid_field("", error.to_string()))?;
    let now = world.now();
    let mut lines = Vec::with_capacity(good.len());
    for line in &good {
        lines.push(PutConsent {
            contact: people::contact(world, &line.address).await?,
            address: line.address.to_string(),
            opted_out: line.opted_out,
            scope: line.scope.clone(),
            source: Source::Import,
            at: Some(line.at.unwrap_or(now).min(now)),
            reason: format!("{caller}: {}", line.reason),
        });
    }
    let jobs: Vec<String> = lines
        .chunks(CHUNK)
        .filter_map(|chunk| serde_json::to_string(&Job::Import(chunk.to_vec())).ok())
        .collect();
    world.enqueue(&jobs).await?;
    let errors: Vec<Value> = bad
        .iter()
        .take(REPORTED)
        .map(|bad| json!({ "line": bad.line, "field": bad.field, "detail": bad.detail }))
        .collect();
    Ok(Response::json(
        202,
        &json!({ "imported": good.len(), "rejected": bad.len(), "errors": errors }),
    ))
}

/// Exports consents, a page at a time: `?format=ndjson|csv&cursor=&limit=`. The header
/// `next-cursor` leads to the next page; without it this was the last.
///
/// # Errors
/// 400 for a parameter.
pub async fn export<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let query = Query::of(request, &["format", "cursor", "limit"])?;
    let limit = query.limit(PAGE, i64::from(PAGE))?;
    let format = match query.get("format") {
        None | Some("ndjson") => Format::Ndjson,
        Some("csv") => Format::Csv,
        Some(_) => return Err(Problem::invalid_field("format", "must be ndjson or csv")),
    };
    let (mut shard, mut after) = match query.get("cursor") {
        None => (0, None),
        Some(text) => place(text)
            .ok_or_else(|| Problem::invalid_field("cursor", "is not a cursor of this list"))?,
    };
    let mut rows: Vec<ConsentRow> = Vec::new();
    while shard < SHARDS && rows.len() < limit as usize {
        let missing = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(limit));
        let command = ListConsents {
            after: after.take(),
            limit: missing,
        };
        let found = world.ask(&format!("consent-{shard}"), &command).await?;
        let is_last = found.len() < missing as usize;
        rows.extend(found);
        if is_last {
            shard += 1;
        }
    }
    let next = (shard < SHARDS).then(|| {
        rows.last().map_or_else(
            || format!("{shard}"),
            |row| format!("{shard}.{}.{}", row.contact.as_str(), row.scope),
        )
    });
    let mut response = Response {
        status: 200,
        content_type: match format {
            Format::Csv => "text/csv",
            Format::Ndjson => "application/x-ndjson",
        },
        headers: Vec::new(),
        body: written(&rows, format),
        relay: None,
    };
    if let Some(next) = next {
        response = response.with_header("next-cursor", next);
    }
    Ok(response)
}

type ExportPlace = (u8, Option<(String, String)>);

fn place(text: &str) -> Option<ExportPlace> {
    let mut parts = text.splitn(3, '.');
    let shard = parts.next()?.parse().ok().filter(|shard| *shard < SHARDS)?;
    let after = match (parts.next(), parts.next()) {
        (None, None) => None,
        (Some(contact), Some(scope)) => Some((contact.to_owned(), scope.to_owned())),
        _ => return None,
    };
    Some((shard, after))
}

fn written(rows: &[ConsentRow], format: Format) -> String {
    let mut text = String::new();
    if format == Format::Csv {
        text.push_str("address,status,scope,at,source\n");
    }
    for row in rows {
        let at = rfc3339(row.at);
        match format {
            Format::Csv => text.push_str(&import::csv_line(&[
                &row.address,
                &row.change,
                &row.scope,
                &at,
                &row.source,
            ])),
            Format::Ndjson => {
                let line = json!({
                    "address": row.address, "status": row.change, "scope": row.scope,
                    "at": at, "source": row.source,
                });
                text.push_str(&line.to_string());
                text.push('\n');
            }
        }
    }
    text
}
