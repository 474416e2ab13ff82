//! The gateway's own API, `/v1/...`: JSON in, JSON out, problems for everything else.

pub mod calls;
pub mod campaigns;
pub mod contacts;
pub(in crate::gateway) mod doctor;
pub mod events;
pub mod executions;
pub mod flows;
pub mod gaps;
pub mod messages;
pub mod numbers;
#[cfg(test)]
pub(in crate::gateway) mod openapi;
pub(super) mod query;
pub mod senders;
pub mod verify;

use serde_json::json;

use super::console;
use super::fields::Fields;
use super::guard::public_url;
use super::http::{BodyFault, Incoming, Response};
use super::problem::{Problem, TwilioFault};
use super::route::{MessageVerb, Route};
use super::world::{Unavailable, World};
use super::{checkup, metrics, rotation};
use crate::objects::contact::Failure;
use crate::objects::id::{ContactName, Id, Kind, derived_sid};
use crate::objects::idempotency::{Claim, Claimed};
use crate::ports::HttpResponse;
use crate::twilio::api::api_error;
use crate::twilio::errors;

/// A Studio definition may be long; nothing else comes near.
const BODY_LIMIT: usize = 1024 * 1024;
/// The longest `Idempotency-Key`.
const KEY_LIMIT: usize = 255;

/// Answers an API request whose caller is known.
///
/// # Errors
/// The problem to answer with.
pub async fn answer<W: World>(
    world: &W,
    route: &Route<'_>,
    request: &impl Incoming,
    caller: &str,
) -> Result<Response, Problem> {
    let writes = request.method() != "GET";
    match route {
        Route::Messages if writes => messages::send(world, request, caller).await,
        Route::Messages => messages::list(world, request).await,
        Route::MessageVerb(id, MessageVerb::Cancel) => messages::cancel(world, id).await,
        Route::MessageVerb(id, MessageVerb::Redact) => messages::redact(world, id).await,
        Route::MessageVerb(id, MessageVerb::Typing) => messages::typing(world, id).await,
        Route::Lint => messages::lint(world, request).await,
        Route::Senders => senders::list(world).await,
        Route::Sender(name) if writes => senders::put(world, request, name, caller).await,
        Route::Sender(name) => senders::fetch(world, name).await,
        Route::SenderStats(id) => senders::stats(world, request, id).await,
        Route::Events => events::list(world, request).await,
        Route::Event(id) => events::fetch(world, id).await,
        Route::EventReplay(id) => events::replay(world, id).await,
        Route::Contacts => contacts::export(world, request).await,
        Route::ContactsImport => contacts::import(world, request, caller).await,
        Route::Contact(address) if request.method() == "DELETE" => {
            contacts::erase(world, request, address).await
        }
        Route::Message(id) => messages::fetch(world, request, id).await,
        Route::Calls if writes => calls::place(world, request, caller).await,
        Route::Calls => calls::list(world, request).await,
        Route::Call(id) => calls::fetch(world, id).await,
        Route::Contact(address) if writes => contacts::put(world, request, address, caller).await,
        Route::Contact(address) => contacts::fetch(world, address).await,
        Route::Flows => flows::list(world).await,
        Route::Flow(name) if writes => flows::publish(world, request, name, caller).await,
        Route::Flow(name) => flows::fetch(world, request, name).await,
        Route::FlowCheck(name) => flows::check(world, request, name).await,
        Route::FlowVersions(name) => flows::versions(world, name).await,
        Route::FlowVersion(name, n) => flows::version(world, name, *n).await,
        Route::FlowRollback(name) => flows::roll_back(world, request, name, caller).await,
        Route::Executions(name, part) => {
            executions::answer(world, request, name, part, caller).await
        }
        Route::Numbers => numbers::list(world).await,
        Route::Number(number) if writes => numbers::put(world, request, number, caller).await,
        Route::Number(number) => numbers::fetch(world, number).await,
        Route::Gaps => gaps::fetch(world).await,
        Route::Overview | Route::Live | Route::Audit | Route::Settings => {
            console::answer(world, route, request).await
        }
        Route::Campaigns if !writes => campaigns::list(world).await,
        Route::Campaigns => campaigns::create(world, request, caller).await,
        Route::Campaign(id) => campaigns::fetch(world, id).await,
        Route::CampaignAction(id, action) => campaigns::act(world, request, id, *action).await,
        Route::VerifySend => verify::send(world, request).await,
        Route::VerifyCheck => verify::check(world, request).await,
        Route::VerifyStats => verify::stats(world, request).await,
        Route::Metrics => metrics::answer(world).await,
        Route::Doctor => checkup::answer(world, request).await,
        Route::Rotation if writes => rotation::step(world, request, caller).await,
        Route::Rotation => rotation::fetch(world).await,
        Route::DoctorSignature => doctor::signature(world, request).await,
        Route::Webhook(_)
        | Route::Health
        | Route::Ready
        | Route::Media(..)
        | Route::Session
        | Route::Page(_)
        | Route::Test(_) => Err(Problem::not_found("There is nothing here.")),
    }
}

/// The body's bytes.
async fn read(request: &impl Incoming) -> Result<Vec<u8>, Problem> {
    let content_type = request.header("content-type").unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_media_type("application/json"));
    }
    request.body(BODY_LIMIT).await.map_err(|fault| match fault {
        BodyFault::TooLarge => Problem::too_large(BODY_LIMIT),
        BodyFault::Broken => Problem::invalid_field("", "the body broke off"),
    })
}

pub(super) async fn fields(request: &impl Incoming) -> Result<Fields, Problem> {
    Fields::parse(&read(request).await?)
}

/// The base that Twilio calls us by.
fn public_base<W: World>(world: &W, request: &impl Incoming) -> String {
    public_url(world.settings().public_base_url.as_deref(), request.url()).1
}

/// The id of what a request makes: fresh, or the one that follows from its
/// `Idempotency-Key`, once the key is bound to this very request.
async fn claim_id<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
    kind: Kind,
    contact: &ContactName,
    asked: &str,
) -> Result<(Id, bool), Problem> {
    let Some(key) = request.header("idempotency-key") else {
        return Ok((Id::fresh(kind, contact, world), false));
    };
    if key.is_empty() || key.len() > KEY_LIMIT {
        return Err(Problem::invalid_field(
            "Idempotency-Key",
            format!("must have 1 to {KEY_LIMIT} characters"),
        ));
    }
    let resource = match kind {
        Kind::Message => "messages",
        Kind::Call => "calls",
    };
    let claim = Claim::new(caller, resource, &key, asked);
    match world.ask(&claim.shard(), &claim).await? {
        claimed @ (Claimed::Ours | Claimed::Again) => Ok((
            Id::derived(kind, contact, caller, &key),
            claimed == Claimed::Again,
        )),
        Claimed::Conflict => Err(idempotency_conflict()),
    }
}

/// What names a request: its `Idempotency-Key`, bound to this very request, or something that
/// no other has.
async fn claim_key<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
    resource: &str,
    asked: &str,
) -> Result<String, Problem> {
    let Some(key) = request.header("idempotency-key") else {
        let mut bytes = [0; 16];
        world.fill(&mut bytes);
        return Ok(derived_sid("", &[&json!(bytes).to_string()]));
    };
    if key.is_empty() || key.len() > KEY_LIMIT {
        return Err(Problem::invalid_field(
            "Idempotency-Key",
            format!("must have 1 to {KEY_LIMIT} characters"),
        ));
    }
    let claim = Claim::new(caller, resource, &key, asked);
    match world.ask(&claim.shard(), &claim).await? {
        Claimed::Ours | Claimed::Again => Ok([caller, "/", &key].concat()),
        Claimed::Conflict => Err(idempotency_conflict()),
    }
}

fn idempotency_conflict() -> Problem {
    Problem::new(
        409,
        "idempotency_conflict",
        "The idempotency key was used for another request",
        "This Idempotency-Key belongs to a request with another body. Use a new key.",
    )
}

impl From<Unavailable> for Problem {
    fn from(_: Unavailable) -> Problem {
        Problem::new(
            503,
            "unavailable",
            "The gateway cannot answer right now",
            "Storage did not answer. Try again with the same Idempotency-Key.",
        )
        .retry_after(1)
    }
}

/// Twilio's error answer as it is kept with a message.
fn failure(response: &HttpResponse) -> Failure {
    let error = api_error(response);
    Failure {
        code: error.code,
        http_status: Some(error.status),
        class: errors::class_of(error.code, Some(error.status)),
    }
}

/// What Twilio's refusal means, in the catalogue's words.
pub(super) fn twilio_fault(failure: &Failure) -> TwilioFault {
    let verdict = errors::describe(failure.code, failure.http_status);
    TwilioFault {
        code: failure.code,
        class: verdict.class.as_str().to_owned(),
        meaning: verdict.meaning.to_owned(),
        action: verdict.action.to_owned(),
    }
}

/// Twilio refused what was asked for. The status says whose turn it is: the caller's (422,
/// 409), the operator's (502), nobody's for a while (503).
fn twilio_refused(failure: &Failure) -> Problem {
    use errors::Class;
    let fault = twilio_fault(failure);
    let detail = format!("{}. {}", fault.meaning, fault.action);
    let (status, code, title) = match failure.class {
        Class::Compliance if failure.code == Some(21610) => {
            (409, "opted_out", "The person has opted out")
        }
        Class::Permanent | Class::Compliance => {
            (422, "twilio_refused", "Twilio refused this request")
        }
        Class::Configuration => (
            502,
            "twilio_configuration",
            "Twilio refused our configuration",
        ),
        Class::Rate | Class::Transient => (503, "twilio_busy", "Twilio cannot take it right now"),
    };
    let problem = Problem::new(status, code, title, detail).with_twilio(fault);
    if status == 503 {
        problem.retry_after(30)
    } else {
        problem
    }
}

/// The same for a request that named a sender or template of its own: one that is wrong is the
/// caller's to correct, and no fault of the deployment's.
fn twilio_refused_own(failure: &Failure, names_own: bool) -> Problem {
    let problem = twilio_refused(failure);
    if names_own && problem.status == 502 && failure.http_status == Some(400) {
        let (code, title) = ("twilio_refused", "Twilio refused this request");
        let detail = problem.detail.clone();
        return Problem::new(422, code, title, detail).with_twilio(twilio_fault(failure));
    }
    problem
}
