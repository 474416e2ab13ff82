//! The audit log: who changed what. Written after the answer, kept by the registry.
//!
//! What must never happen: a person's address, a key or a text in an entry.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::api::query::Query;
use super::super::auth::Caller;
use super::super::http::{Incoming, Response, path_and_query};
use super::super::problem::Problem;
use super::super::route::Route;
use super::super::world::World;
use crate::access::Role;
use crate::objects::registry::{self, ListAudit, RecordAudit};
use crate::time::rfc3339;
use crate::twilio::address::Address;

/// Entries of a page.
const PAGE: u32 = 50;
const LONGEST_PAGE: u32 = 200;

/// Notes a request that was answered, if it is one for the log.
pub fn note<W: World>(
    world: &W,
    route: &Route<'_>,
    request: &impl Incoming,
    caller: &Caller<'_>,
    status: u16,
) {
    if request.method() == "GET"
        || !(caller.console.is_some() || concerns_all(route, request.method()))
    {
        return;
    }
    let name: &str = &caller.name;
    let (actor, role) = match caller.console {
        Some(role) => {
            let actor = name.strip_prefix("console:").unwrap_or(name);
            (Cow::Borrowed(actor), role.as_str())
        }
        None => (Cow::Owned(["key:", name].concat()), "key"),
    };
    let path = path_and_query(request.url());
    let path = path.split('?').next().unwrap_or(path);
    let path = match route {
        Route::Contact(address) => Cow::Owned(["/v1/contacts/", &masked(address)].concat()),
        _ => Cow::Borrowed(path),
    };
    write(world, &actor, role, request.method(), &path, status);
}

/// Notes that somebody has opened a session.
pub fn note_login<W: World>(world: &W, role: Role) {
    let actor = role.as_str();
    write(world, actor, actor, "POST", "/console/session", 204);
}

fn write<W: World>(world: &W, actor: &str, role: &str, method: &str, path: &str, status: u16) {
    let path: String = path.chars().take(200).collect();
    let entry = json!({
        "at": rfc3339(world.now()), "actor": actor, "role": role, "method": method, "path": path,
        "status": status,
    });
    world.tell(registry::INSTANCE, &RecordAudit { entry });
}

/// What an API key does to the deployment, as opposed to one message, call or verification:
/// those are many, and are in their own journals.
fn concerns_all(route: &Route<'_>, method: &str) -> bool {
    let is_erasure = matches!(route, Route::Contact(_)) && method == "DELETE";
    is_erasure
        || matches!(
            route,
            Route::Flow(_)
                | Route::FlowRollback(_)
                | Route::Number(_)
                | Route::Sender(_)
                | Route::Campaigns
                | Route::CampaignAction(..)
                | Route::Rotation
                | Route::EventReplay(_)
                | Route::ContactsImport
        )
}

fn masked(address: &str) -> String {
    Address::parse(address).map_or_else(|_| "•••".to_owned(), |address| address.masked())
}

/// `GET /v1/audit`.
///
/// # Errors
/// 400 for a parameter.
pub async fn list<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let query = Query::of(request, &["before", "limit"])?;
    let number = |name: &str| {
        let number = query.get(name).map(str::parse::<i64>).transpose();
        number.map_err(|_| Problem::invalid_field(name, "must be a whole number"))
    };
    let limit = number("limit")?.and_then(|limit| u32::try_from(limit).ok());
    let limit = limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let before = number("before")?;
    let command = ListAudit { before, limit };
    let entries = world.ask(registry::INSTANCE, &command).await?;
    let is_full = entries.len() >= limit as usize;
    let next = entries
        .last()
        .filter(|_| is_full)
        .map(|(id, _)| id.to_string());
    let entries: Vec<Value> = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(Response::json(
        200,
        &json!({ "entries": entries, "next": next }),
    ))
}
