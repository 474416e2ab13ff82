//! Performs what a flow asks of other servers: HTTP requests, Twilio Functions, tasks and
//! recordings through Twilio's REST API. Messages and calls are not here: they go through the
//! object of the person they reach.
//!
//! What must never happen: a request to a host that the deployment does not allow, on the way of
//! a redirect either; the account's credentials sent to anybody but Twilio; a POST repeated here.
//! Who calls decides about repeats, and gives [`Ctx::token`] so that the other side can tell.

mod http;
mod policy;
mod rest;
#[cfg(test)]
mod tests;
mod url;

use std::pin::Pin;

use serde_json::Value;

use crate::flow::{Effect, Outcome};
use crate::log::Record;
use crate::ports::{Clock, Http, HttpFault, HttpRequest, HttpResponse, Limits, Millis};
use crate::time::SECOND;
use crate::twilio::signature::Key;

pub use policy::{Functions, Hosts, Policy};
pub use url::{Refused, Target};

/// How long Studio waits for an HTTP answer (Twilio docs, Studio "Make HTTP Request").
pub const TIME_LIMIT: Millis = 10 * SECOND;
/// Bytes of an answer that Studio takes; one more is read, so that the engine can tell.
pub const SIZE_LIMIT: u32 = 64 * 1024;

/// The account in whose name a flow acts.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    /// `AC…`: whose call or message it is.
    pub sid: &'a str,
    /// What REST requests prove themselves with: user and password.
    pub credentials: Option<(&'a str, &'a str)>,
    /// What requests to Twilio Functions are signed with.
    pub key: Option<&'a Key>,
    /// The base of Twilio's products; holds `{product}`.
    pub origin: &'a str,
}

impl Account<'_> {
    fn base(&self, product: &str) -> String {
        self.origin.replace("{product}", product)
    }
}

/// One effect's circumstances.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// In whose name.
    pub account: Account<'a>,
    /// The same whenever this effect is repeated, and never for another one: what other servers
    /// get as `Idempotency-Key`.
    pub token: &'a str,
    /// Milliseconds that it may take; [`TIME_LIMIT`] at most.
    pub time: Millis,
    /// Where log lines go.
    pub log: &'a dyn Fn(Record),
}

/// Performs one effect, once.
pub async fn perform<H: Http + Clock>(
    host: &H,
    policy: &Policy,
    effect: &Effect,
    context: &Ctx<'_>,
) -> Outcome {
    let wire = Wire {
        now: &|| host.now(),
        send: &|request, headers, limits| {
            Box::pin(async move { host.send_within(request, &headers, limits).await })
        },
    };
    perform_over(&wire, policy, effect, context).await
}

/// Names and values.
type Headers = Vec<(&'static str, String)>;
type Answer<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpFault>> + 'a>>;

/// The ports behind pointers: one copy of the code, whoever performs.
struct Wire<'a> {
    now: &'a dyn Fn() -> Millis,
    send: &'a dyn Fn(HttpRequest, Headers, Limits) -> Answer<'a>,
}

async fn perform_over(
    wire: &Wire<'_>,
    policy: &Policy,
    effect: &Effect,
    context: &Ctx<'_>,
) -> Outcome {
    let done = match effect {
        Effect::HttpRequest(request) => http::request(wire, policy, request, context).await,
        Effect::RunFunction(function) => http::function(wire, policy, function, context).await,
        Effect::CreateTask(task) => rest::task(wire, policy, task, context).await,
        Effect::RecordCall(recording) => rest::record(wire, recording, context).await,
        Effect::SendMessage(_) | Effect::MakeCall(_) => Err("the person's object does this"),
        Effect::Conversation(_) => Err("the widget is refused when a flow is published"),
    };
    done.unwrap_or_else(|why| {
        (context.log)(
            Record::warn("flow.effect_failed")
                .with("effect", name(effect))
                .with("why", why),
        );
        Outcome::Failed(Value::Null)
    })
}

/// The widget that asks for an effect.
pub fn name(effect: &Effect) -> &'static str {
    match effect {
        Effect::SendMessage(_) => "send-message",
        Effect::HttpRequest(_) => "make-http-request",
        Effect::RunFunction(_) => "run-function",
        Effect::CreateTask(_) => "send-to-flex",
        Effect::MakeCall(_) => "make-outgoing-call",
        Effect::RecordCall(_) => "record-call",
        Effect::Conversation(_) => "start-conversation",
    }
}

/// Why an effect failed, in words of ours that hold no value of a flow's.
type Done = Result<Outcome, &'static str>;
