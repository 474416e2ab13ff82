//! `PUT /v1/flows/{name}`, `GET /v1/flows[/{name}]`, `POST /v1/flows/{name}/check`.

use serde_json::{Value, json};

use super::super::flow_check;
use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::published::{self, BUILT_IN_FLOW, FlowRef, valid_name};
use super::super::world::World;
use super::query::Query;
use super::{fields, read};
use crate::flow;
use crate::objects::registry::{
    self, FetchFlow, FlowRevision, ListFlows, ListRevisions, PublishFlow, PutDocument,
};
use crate::sorted::SortedSet;
use crate::time::rfc3339;

/// Revisions of a list at most.
const VERSIONS: u32 = 200;

/// Publishes a definition: 200 with its revision and the warnings. A flow's SID at Studio, where
/// the request says it, is what other flows may call it by.
///
/// # Errors
/// 422 with every error and its JSON pointer.
pub async fn publish<W: World>(
    world: &W,
    request: &impl Incoming,
    name: &str,
    caller: &str,
) -> Result<Response, Problem> {
    let definition = definition(request, name).await?;
    let sid = studio_sid(request, &definition)?;
    put_in_force(world, name, definition, sid, caller).await
}

/// Checks a definition and publishes it as the flow's newest revision.
async fn put_in_force<W: World>(
    world: &W,
    name: &str,
    definition: Value,
    sid: Option<String>,
    caller: &str,
) -> Result<Response, Problem> {
    let report = checked(world, &definition).await?;
    if !report.errors.is_empty() {
        let detail = format!(
            "The definition has {} errors. Nothing was published.",
            report.errors.len()
        );
        let problem = Problem::new(
            422,
            "flow_invalid",
            "The flow definition is not valid",
            detail,
        );
        // The very list that a check gives, so that one reader reads both.
        return Err(problem
            .with("errors", json!(report.errors))
            .with("warnings", json!(report.warnings)));
    }
    let text = definition.to_string();
    let command = PublishFlow {
        name: name.to_owned(),
        definition,
        by: caller.to_owned(),
    };
    let revision = world.ask(registry::INSTANCE, &command).await?;
    let flow = FlowRef {
        name: name.to_owned(),
        revision: revision.revision,
    };
    published::publish_flow(world, &flow, &text).await?;
    let mut body = view(&revision);
    if let Some(sid) = sid {
        let command = PutDocument {
            kind: "flow-sid".to_owned(),
            name: sid.clone(),
            document: json!(name),
            by: caller.to_owned(),
        };
        world.ask(registry::INSTANCE, &command).await?;
        published::publish_sid(world, &sid, name).await?;
        body.insert("sid".to_owned(), json!(sid));
    }
    body.insert("warnings".to_owned(), json!(report.warnings));
    Ok(Response::json(200, &body))
}

/// Checks a definition without publishing it: 200 with errors and warnings.
///
/// # Errors
/// 400 when the body is not JSON or the name is none.
pub async fn check<W: World>(
    world: &W,
    request: &impl Incoming,
    name: &str,
) -> Result<Response, Problem> {
    let report = checked(world, &definition(request, name).await?).await?;
    Ok(Response::json(200, &report))
}

/// The report on a definition, with what this deployment knows of its subflows.
async fn checked<W: World>(world: &W, definition: &Value) -> Result<flow::Report, Problem> {
    let mut known = SortedSet::new();
    if let Ok(parsed) = flow::Definition::parse(definition) {
        for name in parsed.subflows() {
            if published::called(world, name).await?.is_some() {
                known.insert(name.to_owned());
            }
        }
    }
    Ok(flow_check::check(definition, &|name| known.contains(name)))
}

/// The SID that the flow has at Studio: `?sid=FW…`, or what Studio's REST API says around the
/// definition.
fn studio_sid(request: &impl Incoming, document: &Value) -> Result<Option<String>, Problem> {
    let query = Query::of(request, &["sid"])?;
    let well_formed = |sid: &str| {
        let digits = sid.strip_prefix("FW");
        digits.is_some_and(|d| d.len() == 32 && d.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let told = document.get("definition").and(document.get("sid"));
    match query.get("sid") {
        Some(sid) if !well_formed(sid) => Err(Problem::invalid_field(
            "sid",
            "must be FW and 32 hexadecimal digits",
        )),
        Some(sid) => Ok(Some(sid.to_owned())),
        // An export that was made anonymous says `FWxxx`: then it has none.
        None => Ok(told
            .and_then(Value::as_str)
            .filter(|sid| well_formed(sid))
            .map(str::to_owned)),
    }
}

async fn definition(request: &impl Incoming, name: &str) -> Result<Value, Problem> {
    if !valid_name(name) {
        return Err(Problem::invalid_field(
            "name",
            "must be 1 to 64 of a-z, 0-9, - and _",
        ));
    }
    crate::json::value_in(&read(request).await?)
        .map_err(|error| Problem::invalid_field("", format!("the body is {error}")))
}

/// Every flow at its newest revision.
///
/// # Errors
/// 503 when the registry does not answer.
pub async fn list<W: World>(world: &W) -> Result<Response, Problem> {
    let flows = world.ask(registry::INSTANCE, &ListFlows {}).await?;
    let mut views: Vec<_> = flows.iter().map(view).collect();
    if !flows.iter().any(|flow| flow.name == BUILT_IN_FLOW) {
        views.insert(0, view(&built_in()));
    }
    Ok(Response::json(200, &json!({ "flows": views })))
}

/// One flow with its definition; `?revision=7` for an older one.
///
/// # Errors
/// 404 when there is none.
pub async fn fetch<W: World>(
    world: &W,
    request: &impl Incoming,
    name: &str,
) -> Result<Response, Problem> {
    let query = Query::of(request, &["revision"])?;
    let revision = query
        .get("revision")
        .map(|text| {
            text.parse()
                .map_err(|_| Problem::invalid_field("revision", "must be a whole number"))
        })
        .transpose()?;
    let (revision, definition) = stored(world, name, revision).await?;
    let mut body = view(&revision);
    body.insert("definition".to_owned(), definition);
    Ok(Response::json(200, &body))
}

/// A flow at the revision named, or at its newest.
async fn stored<W: World>(
    world: &W,
    name: &str,
    revision: Option<u64>,
) -> Result<(FlowRevision, Value), Problem> {
    let fetch = FetchFlow {
        name: name.to_owned(),
        revision,
    };
    if let Some(stored) = world.ask(registry::INSTANCE, &fetch).await? {
        return Ok((stored.revision, stored.definition));
    }
    if name == BUILT_IN_FLOW && revision.is_none_or(|revision| revision == 0) {
        return Ok((built_in(), published::built_in_definition()));
    }
    Err(Problem::not_found(
        "There is no flow of this name and revision.",
    ))
}

/// A flow's revisions, newest first.
///
/// # Errors
/// 404 when there is no such flow.
pub async fn versions<W: World>(world: &W, name: &str) -> Result<Response, Problem> {
    let command = ListRevisions {
        name: name.to_owned(),
        limit: VERSIONS,
    };
    let mut revisions = world.ask(registry::INSTANCE, &command).await?;
    if name == BUILT_IN_FLOW {
        revisions.push(built_in());
    }
    if revisions.is_empty() {
        return Err(Problem::not_found("There is no flow of this name."));
    }
    let versions: Vec<_> = revisions.iter().map(view).collect();
    Ok(Response::json(200, &json!({ "versions": versions })))
}

/// One revision with its definition.
///
/// # Errors
/// 404 when there is none.
pub async fn version<W: World>(world: &W, name: &str, revision: u64) -> Result<Response, Problem> {
    let (revision, definition) = stored(world, name, Some(revision)).await?;
    let mut body = view(&revision);
    body.insert("definition".to_owned(), definition);
    Ok(Response::json(200, &body))
}

/// Publishes an older revision's definition anew: `{"version": 3}`. A revision never changes and
/// never comes back, so calls under way go on with theirs.
///
/// # Errors
/// 404 when there is no such revision, 422 when it would not be published today.
pub async fn roll_back<W: World>(
    world: &W,
    request: &impl Incoming,
    name: &str,
    caller: &str,
) -> Result<Response, Problem> {
    let mut fields = fields(request).await?;
    let version = fields.integer("version", 0, i64::MAX);
    if version.is_none() {
        fields.refuse("version", "is required");
    }
    fields.finish()?;
    let version = version.and_then(|version| u64::try_from(version).ok());
    let (_, definition) = stored(world, name, version).await?;
    put_in_force(world, name, definition, None, caller).await
}

fn built_in() -> FlowRevision {
    FlowRevision {
        name: BUILT_IN_FLOW.to_owned(),
        revision: 0,
        at: 0,
        by: "built in".to_owned(),
    }
}

fn view(flow: &FlowRevision) -> serde_json::Map<String, Value> {
    let mut view = serde_json::Map::new();
    view.insert("name".to_owned(), json!(flow.name));
    view.insert("revision".to_owned(), json!(flow.revision));
    view.insert("published_at".to_owned(), json!(rfc3339(flow.at)));
    view.insert("published_by".to_owned(), json!(flow.by));
    view
}
