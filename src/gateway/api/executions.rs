//! `/v1/flows/{name}/executions`: executions as Studio's REST API has them (Twilio OpenAPI,
//! `studio_v2`), with the same names for everything. What is ours besides: `flow`, `revision`,
//! `flow_channel_address`, `failure`; in a step `widget_type`, `subflow`, `duration_ms`.
//!
//! What an execution knows about a person is masked, unless the caller asks to see it with a
//! key that may.

mod view;

use serde_json::{Map, Value, json};

use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::published::{self, FlowRef};
use super::super::route::ExecutionPart;
use super::super::world::World;
use super::query::Query;
use super::{claim_key, fields, public_base};
use crate::gateway::{ledger, people};
use crate::objects::contact::{
    EndExecution, FlowStart, ListExecutions, ShowExecution, Shown, Snapshot, StartExecution,
    Started,
};
use crate::objects::id::ExecutionSid;
use crate::objects::ledger::{ListExecutionRows, Place};
use crate::ports::Millis;
use crate::time::parse_rfc3339;
use crate::twilio::address::Address;
use crate::twilio::sid::MessagingServiceSid;
use view::Links;

/// Studio's own page sizes.
const PAGE: u32 = 50;
pub(in crate::gateway) const LONGEST_PAGE: i64 = 1_000;

/// Answers a request below a flow's executions.
///
/// # Errors
/// 400 for a field or parameter, 403 to see what a key may not, 404, 409 when one is active.
pub async fn answer<W: World>(
    world: &W,
    request: &impl Incoming,
    flow: &str,
    part: &ExecutionPart<'_>,
    caller: &str,
) -> Result<Response, Problem> {
    let links = Links {
        base: public_base(world, request),
        flow: flow.to_owned(),
        account: world.settings().account_sid.clone().unwrap_or_default(),
    };
    let writes = request.method() != "GET";
    match part {
        ExecutionPart::All if writes => start(world, request, links, caller).await,
        ExecutionPart::All => list(world, request, &links).await,
        ExecutionPart::One(sid) if writes => end(world, request, &links, sid).await,
        ExecutionPart::One(sid) => {
            Query::of(request, &[])?;
            let shown = show(world, &links, sid, false, false).await?;
            Ok(Response::json(200, &links.execution(&shown.execution)))
        }
        ExecutionPart::Context(sid) => {
            let reveals = reveals(world, request, caller, &[])?.1;
            let shown = show(world, &links, sid, true, false).await?;
            Ok(Response::json(200, &links.context(shown, reveals)))
        }
        ExecutionPart::Steps(sid) => {
            let known = ["PageSize", "Page", "PageToken"];
            let (query, reveals) = reveals(world, request, caller, &known)?;
            let shown = show(world, &links, sid, false, true).await?;
            let from = match query.get("PageToken").map(str::parse) {
                None => 0,
                Some(Ok(from)) => from,
                Some(Err(_)) => return Err(no_token()),
            };
            let size = page_size(&query)?;
            Ok(Response::json(
                200,
                &links.steps(&shown, from, size, reveals),
            ))
        }
        ExecutionPart::Step(sid, step) | ExecutionPart::StepContext(sid, step) => {
            let reveals = reveals(world, request, caller, &[])?.1;
            let shown = show(world, &links, sid, false, true).await?;
            let alone = matches!(part, ExecutionPart::StepContext(..));
            links
                .step_by_sid(&shown, step, alone, reveals)
                .map(|step| Response::json(200, &step))
                .ok_or_else(|| Problem::not_found("There is no step of this SID."))
        }
    }
}

/// Whether the caller asks to see everything, and may.
fn reveals<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
    known: &[&str],
) -> Result<(Query, bool), Problem> {
    let known: Vec<&str> = known.iter().copied().chain(["reveal"]).collect();
    let query = Query::of(request, &known)?;
    let wishes = match query.get("reveal") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::invalid_field("reveal", "must be true or false")),
    };
    let may = world.settings().reveal_keys.iter().any(|key| key == caller);
    if wishes && !may {
        return Err(Problem::new(
            403,
            "reveal_refused",
            "This key may not see personal data",
            "Leave `reveal` out, or use a key that REVEAL_KEYS names.",
        ));
    }
    Ok((query, wishes))
}

fn no_token() -> Problem {
    Problem::invalid_field("PageToken", "is not a token of this list")
}

fn page_size(query: &Query) -> Result<u32, Problem> {
    let Some(text) = query.get("PageSize") else {
        return Ok(PAGE);
    };
    let size = text.parse().ok().filter(|n| (1..=LONGEST_PAGE).contains(n));
    size.and_then(|size| u32::try_from(size).ok())
        .ok_or_else(|| Problem::invalid_field("PageSize", "must be a whole number from 1 to 1000"))
}

/// Starts an execution: 201.
async fn start<W: World>(
    world: &W,
    request: &impl Incoming,
    links: Links,
    caller: &str,
) -> Result<Response, Problem> {
    let mut fields = fields(request).await?;
    let to = fields.required("To", Address::parse);
    if matches!(to, Some(Address::ShortCode(_) | Address::Alphanumeric(_))) {
        fields.refuse("To", "must be a person's address");
    }
    let from = fields.text("From");
    let parameters = fields.json::<Value>("Parameters");
    let own = &world.settings().phone_number;
    let from = from.or_else(|| own.clone()).map(|from| {
        let address = Address::parse(&from).map(|address| address.to_string());
        match MessagingServiceSid::parse(&from) {
            Ok(_) => Ok(from),
            Err(_) => address,
        }
    });
    let from = match from {
        Some(Ok(from)) => from,
        Some(Err(error)) => {
            fields.refuse("From", error.to_string());
            String::new()
        }
        None => {
            fields.refuse(
                "From",
                "is required: the deployment has no number of its own",
            );
            String::new()
        }
    };
    let data = match parameters {
        None => Some(Map::new()),
        Some(Value::Object(data)) => Some(data),
        // As Studio's own API takes it.
        Some(Value::String(text)) => match crate::json::value(&text) {
            Ok(Value::Object(data)) => Some(data),
            _ => None,
        },
        Some(_) => None,
    };
    if data.is_none() {
        fields.refuse("Parameters", "must be an object, or one as text");
    }
    fields.finish()?;
    let to = to.ok_or_else(|| Problem::invalid_field("/To", "is required"))?;
    let flow = current(world, &links.flow).await?;
    let contact = people::contact(world, &to).await?;
    let to = to.to_string();
    let asked = json!([links.flow, to, from, data]).to_string();
    let command = StartExecution {
        contact: contact.clone(),
        key: claim_key(world, request, caller, "executions", &asked).await?,
        start: FlowStart {
            flow: flow.name,
            revision: flow.revision,
            data: data.unwrap_or_default(),
            base: links.base.clone(),
        },
        to,
        from,
    };
    match world.ask(contact.as_str(), &command).await? {
        Started::Started(execution) => Ok(Response::json(201, &links.execution(&execution))),
        // Twilio's 20409 says the same of Studio's own.
        Started::Active(sid) => Err(Problem::new(
            409,
            "execution_active",
            "An execution of this flow is active",
            "One execution of a flow is active between two addresses. End it, or wait.",
        )
        .with("execution_sid", sid.as_str())),
    }
}

async fn current<W: World>(world: &W, flow: &str) -> Result<FlowRef, Problem> {
    published::current(world, flow)
        .await?
        .ok_or_else(|| Problem::not_found("There is no flow of this name."))
}

/// One execution of the flow that the path names.
async fn show<W: World>(
    world: &W,
    links: &Links,
    sid: &str,
    context: bool,
    steps: bool,
) -> Result<Shown, Problem> {
    let sid = ExecutionSid::parse(sid).ok_or_else(not_found)?;
    let contact = sid.contact();
    let command = ShowExecution {
        sid,
        context,
        steps,
    };
    let shown = world.ask(contact.as_str(), &command).await?;
    shown
        .filter(|shown| shown.execution.flow == links.flow)
        .ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::not_found("This flow has no execution of this SID.")
}

/// Ends an execution: `{"Status": "ended"}`.
async fn end<W: World>(
    world: &W,
    request: &impl Incoming,
    links: &Links,
    sid: &str,
) -> Result<Response, Problem> {
    let mut fields = fields(request).await?;
    if fields.text("Status").as_deref() != Some("ended") {
        fields.refuse("Status", "must be ended");
    }
    fields.finish()?;
    // Of this flow, not of any.
    let shown = show(world, links, sid, false, false).await?;
    let sid = shown.execution.sid;
    let contact = sid.contact();
    let ended = world.ask(contact.as_str(), &EndExecution { sid }).await?;
    let ended = ended.ok_or_else(not_found)?;
    Ok(Response::json(200, &links.execution(&ended)))
}

/// Executions of a flow, newest first: one person's (`contact`), or everybody's from the
/// ledger, which follows within seconds.
async fn list<W: World>(
    world: &W,
    request: &impl Incoming,
    links: &Links,
) -> Result<Response, Problem> {
    let known = [
        "contact",
        "Status",
        "DateCreatedFrom",
        "DateCreatedTo",
        "PageSize",
        "Page",
        "PageToken",
    ];
    let query = Query::of(request, &known)?;
    let size = page_size(&query)?;
    let before = match query.get("PageToken") {
        Some(text) => Some(Place::read(text).ok_or_else(no_token)?),
        None => None,
    };
    if let Some(address) = query.get("contact") {
        // A `+` that was not escaped is a space by now.
        let address = Address::parse(&address.replace(' ', "+"))
            .map_err(|error| Problem::invalid_field("contact", error.to_string()))?;
        let contact = people::contact(world, &address).await?;
        let command = ListExecutions {
            flow: Some(links.flow.clone()),
            before: before.map(|place| (place.at, place.id)),
            limit: size,
        };
        let found: Vec<Snapshot> = world.ask(contact.as_str(), &command).await?;
        let next = found.last().filter(|_| found.len() == size as usize);
        let next = next.map(|last| place(last.created_at, last.sid.as_str()));
        let rows: Vec<Value> = found.iter().map(|found| links.execution(found)).collect();
        return Ok(Response::json(
            200,
            &links.page(&query, &rows, size, next.as_ref()),
        ));
    }
    let time = |name: &str| -> Result<Option<Millis>, Problem> {
        let parse = |text: &str| {
            parse_rfc3339(text).ok_or_else(|| {
                Problem::invalid_field(name, "must be a time as in 2026-11-24T09:30:00Z")
            })
        };
        query.get(name).map(parse).transpose()
    };
    let wanted = ListExecutionRows {
        flow: links.flow.clone(),
        status: query.get("Status").map(str::to_owned),
        since: time("DateCreatedFrom")?,
        until: time("DateCreatedTo")?,
        before,
        limit: size,
    };
    let (rows, next) = ledger::executions(world, wanted).await?;
    let rows: Vec<Value> = rows.iter().map(|found| links.row(found)).collect();
    Ok(Response::json(
        200,
        &links.page(&query, &rows, size, next.as_ref()),
    ))
}

fn place(at: Millis, sid: &str) -> Place {
    Place {
        at,
        id: sid.to_owned(),
    }
}
