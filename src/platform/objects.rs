//! Durable Object classes: each wraps an object's logic, hands commands to it and turns a
//! fault into a status that the caller understands.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use wasm_bindgen::JsValue;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::border::{self, kept};
use super::{bindings, fetch, sql};
use crate::log::Record;
use crate::objects::campaign::Campaign as CampaignLogic;
use crate::objects::contact::Contact as ContactLogic;
use crate::objects::guard::Guard as GuardLogic;
use crate::objects::idempotency::Idempotency as IdempotencyLogic;
use crate::objects::ledger::Ledger as LedgerLogic;
use crate::objects::peers::Peers;
use crate::objects::registry::Registry as RegistryLogic;
use crate::objects::schema::Lazily;
use crate::objects::sender::Sender as SenderLogic;
use crate::objects::{Object, ObjectFault};
use crate::ports::{
    Clock, Entropy, Host, Http, HttpFault, HttpRequest, HttpResponse, Millis, QueueFault, Sql,
    SqlFault, Value,
};
use crate::settings::Settings;

/// What an object's logic gets from Workers.
pub(super) struct ObjectHost {
    state: JsValue,
    sql: JsValue,
    env: Env,
    settings: Rc<Settings>,
}

impl ObjectHost {
    fn new(state: State, env: &Env) -> ObjectHost {
        let state = state._inner().into();
        ObjectHost {
            sql: border::sql_of(&state),
            state,
            env: env.clone(),
            settings: bindings::settings(env),
        }
    }
}

impl Clock for ObjectHost {
    fn now(&self) -> Millis {
        bindings::now()
    }
}

impl Entropy for ObjectHost {
    fn fill(&self, bytes: &mut [u8]) {
        bindings::fill(bytes);
    }
}

impl Http for ObjectHost {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        fetch::send(request).await
    }

    async fn pause(&self, length: Millis) {
        fetch::pause(length).await;
    }
}

impl Sql for ObjectHost {
    fn exec(&self, statement: &str, bindings: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlFault> {
        sql::exec(&self.sql, statement, bindings)
    }

    fn script(&self, statements: &str) -> Result<(), SqlFault> {
        sql::exec(&self.sql, statements, Vec::new()).map(drop)
    }
}

impl Host for ObjectHost {
    async fn set_alarm(&self, at: Millis) -> Result<(), SqlFault> {
        let set = kept(border::set_alarm(&self.state, at as f64)).await;
        set.map(drop).map_err(|fault| SqlFault(fault.why()))
    }

    async fn enqueue(&self, events: &[String]) -> Result<(), QueueFault> {
        bindings::enqueue(&self.env, events).await.map_err(|fault| {
            bindings::log(&Record::error("binding.failed").with("why", fault.why()));
            QueueFault
        })
    }

    fn log(&self, record: Record) {
        bindings::log(&record);
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl Peers for ObjectHost {
    async fn ask_text(
        &self,
        object: Object,
        name: &str,
        verb: &str,
        body: String,
    ) -> Result<String, ObjectFault> {
        let reply = kept(border::ask(&self.env, object.binding(), name, verb, &body)).await;
        reply
            .map(|reply| reply.as_string().unwrap_or_default())
            .map_err(|fault| {
                bindings::log(&Record::warn("peer.silent").with("why", fault.why()));
                ObjectFault::Unreachable
            })
    }
}

/// The verb and the body of a command.
async fn command(request: &mut Request) -> worker::Result<(String, String)> {
    let verb = request.path().trim_start_matches('/').to_owned();
    Ok((verb, request.text().await?))
}

fn reply(verb: &str, outcome: Result<String, ObjectFault>) -> worker::Result<Response> {
    match outcome {
        Ok(body) => Response::ok(body),
        Err(fault) => {
            bindings::log(
                &Record::error("object.failed")
                    .with("verb", verb)
                    .with("why", fault.to_string()),
            );
            Response::error(
                "",
                if fault == ObjectFault::NoSuchCommand {
                    404
                } else {
                    500
                },
            )
        }
    }
}

/// An object that could not be opened says so on each request; a panic would repeat for ever.
type Opened<T> = Result<T, ObjectFault>;

#[durable_object(alarm)]
struct Contact {
    logic: Opened<ContactLogic<Lazily<ObjectHost>>>,
}

// A panic leaves one flag behind, which says that the outbox owes an alarm; at worst it is said
// again.
impl std::panic::RefUnwindSafe for Contact {}

impl DurableObject for Contact {
    fn new(state: State, env: Env) -> Self {
        Contact {
            logic: ContactLogic::open(ObjectHost::new(state, &env)),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (verb, body) = command(&mut request).await?;
        let outcome = match &self.logic {
            Ok(logic) => logic.handle(&verb, &body).await,
            Err(fault) => Err(fault.clone()),
        };
        reply(&verb, outcome)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let outcome = match &self.logic {
            Ok(logic) => logic.alarm().await,
            Err(fault) => Err(fault.clone()),
        };
        alarm_done(outcome)
    }
}

fn alarm_done(outcome: Result<(), ObjectFault>) -> worker::Result<Response> {
    match outcome {
        Ok(()) => Response::empty(),
        // The platform runs the alarm again, up to six times.
        Err(fault) => {
            bindings::log(&Record::error("alarm.failed").with("why", fault.to_string()));
            Err(worker::Error::RustError("alarm failed".to_owned()))
        }
    }
}

#[durable_object(fetch)]
struct Registry {
    logic: Opened<RegistryLogic<ObjectHost>>,
}

impl DurableObject for Registry {
    fn new(state: State, env: Env) -> Self {
        Registry {
            logic: RegistryLogic::open(ObjectHost::new(state, &env)),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (verb, body) = command(&mut request).await?;
        reply(
            &verb,
            self.logic
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|l| l.handle(&verb, &body)),
        )
    }
}

#[durable_object(fetch)]
struct Idempotency {
    logic: Opened<IdempotencyLogic<ObjectHost>>,
}

impl DurableObject for Idempotency {
    fn new(state: State, env: Env) -> Self {
        Idempotency {
            logic: IdempotencyLogic::open(ObjectHost::new(state, &env)),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (verb, body) = command(&mut request).await?;
        reply(
            &verb,
            self.logic
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|l| l.handle(&verb, &body)),
        )
    }
}

#[durable_object(fetch)]
struct Guard {
    logic: Opened<GuardLogic<ObjectHost>>,
}

impl DurableObject for Guard {
    fn new(state: State, env: Env) -> Self {
        Guard {
            logic: GuardLogic::open(ObjectHost::new(state, &env)),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (verb, body) = command(&mut request).await?;
        reply(
            &verb,
            self.logic
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|l| l.handle(&verb, &body)),
        )
    }
}

#[durable_object(fetch)]
struct Ledger {
    logic: Opened<LedgerLogic<ObjectHost>>,
}

impl DurableObject for Ledger {
    fn new(state: State, env: Env) -> Self {
        Ledger {
            logic: LedgerLogic::open(ObjectHost::new(state, &env)),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (verb, body) = command(&mut request).await?;
        reply(
            &verb,
            self.logic
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|l| l.handle(&verb, &body)),
        )
    }
}

#[durable_object(alarm)]
struct Campaign {
    logic: Opened<CampaignLogic<ObjectHost>>,
}

impl DurableObject for Campaign {
    fn new(state: State, env: Env) -> Self {
        Campaign {
            logic: CampaignLogic::open(ObjectHost::new(state, &env)),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (verb, body) = command(&mut request).await?;
        let outcome = match &self.logic {
            Ok(logic) => logic.handle(&verb, &body).await,
            Err(fault) => Err(fault.clone()),
        };
        reply(&verb, outcome)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let outcome = match &self.logic {
            Ok(logic) => logic.alarm().await,
            Err(fault) => Err(fault.clone()),
        };
        alarm_done(outcome)
    }
}

#[durable_object(alarm)]
struct Sender {
    /// What a panic leaves in memory is whole: it is changed between two calls, never across
    /// one.
    logic: AssertUnwindSafe<Opened<SenderLogic<ObjectHost>>>,
}

impl DurableObject for Sender {
    fn new(state: State, env: Env) -> Self {
        Sender {
            logic: AssertUnwindSafe(SenderLogic::open(ObjectHost::new(state, &env))),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (verb, body) = command(&mut request).await?;
        let outcome = match &*self.logic {
            Ok(logic) => logic.handle(&verb, &body).await,
            Err(fault) => Err(fault.clone()),
        };
        reply(&verb, outcome)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        let outcome = match &*self.logic {
            Ok(logic) => logic.alarm().await,
            Err(fault) => Err(fault.clone()),
        };
        alarm_done(outcome)
    }
}
