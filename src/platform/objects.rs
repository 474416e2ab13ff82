//! Durable Object classes: each wraps an object's logic and hands commands and alarms to it.
//! `entry.js` has the classes that the runtime sees.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use worker::Env;

use super::bindings::Bindings;
use super::border::{self, kept};
use super::entry::{Given, at_once};
use super::{bindings, fetch, sql};
use crate::flow::Execution;
use crate::gateway::subflows;
use crate::gateway::world::Unavailable;
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
    Clock, Entropy, FlowFault, Host, Http, HttpFault, HttpRequest, HttpResponse, Limits, Mail,
    MailFault, Millis, PublishedFlow, QueueFault, Sql, SqlFault, Value,
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
    fn new(state: JsValue, env: &Env) -> ObjectHost {
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

    async fn send_within(
        &self,
        request: HttpRequest,
        headers: &[(&'static str, String)],
        limits: Limits,
    ) -> Result<HttpResponse, HttpFault> {
        fetch::send_within(request, headers, limits).await
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
        border::set_alarm(&self.state, at as f64);
        Ok(())
    }

    async fn enqueue(&self, events: &[String]) -> Result<(), QueueFault> {
        bindings::enqueue(&self.env, events).await.map_err(|fault| {
            bindings::log(&Record::error("binding.failed").with("why", fault.why()));
            QueueFault
        })
    }

    async fn flow(&self, execution: &Execution) -> Result<Option<PublishedFlow>, FlowFault> {
        let world = Bindings::new(self.env.clone());
        let found = subflows::with_subflows(&world, execution).await;
        found.map_err(|Unavailable| FlowFault)
    }

    async fn mail(&self, mail: Mail<'_>) -> Result<(), MailFault> {
        let Mail {
            binding,
            from,
            to,
            subject,
            text,
        } = mail;
        let promise = border::mail(&self.env, binding, from, to, subject, text);
        let answer = kept(promise).await.map_err(|_| MailFault::Unknown)?;
        let Some(code) = answer.as_string() else {
            return Ok(());
        };
        bindings::log(&Record::warn("mail.refused").with("code", code.as_str()));
        // Codes that say what is wrong with the mail say that it was not taken; these do not
        // (Cloudflare docs, "Email Service: Workers API: Error codes").
        match code.as_str() {
            "" | "E_INTERNAL_SERVER_ERROR" | "E_DELIVERY_FAILED" => Err(MailFault::Unknown),
            _ => Err(MailFault::Refused),
        }
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

/// What a class hands its events to.
trait Logic: Sized + 'static {
    fn open(host: ObjectHost) -> Result<Self, ObjectFault>;

    async fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault>;

    async fn alarm(&self) -> Result<(), ObjectFault>;
}

/// An object that could not be opened says so on each request; a panic would repeat for ever.
type Opened<T> = Rc<Result<T, ObjectFault>>;

fn opened<T: Logic>(state: JsValue, env: &Env) -> Opened<T> {
    Rc::new(T::open(ObjectHost::new(state, env)))
}

/// Carries out a command; `null` when it could not be.
fn command<T: Logic>(logic: &Opened<T>, verb: String, body: String) -> Given {
    let logic = Rc::clone(logic);
    at_once(Box::pin(async move {
        let outcome = match logic.as_ref() {
            Ok(logic) => logic.handle(&verb, &body).await,
            Err(fault) => Err(fault.clone()),
        };
        Ok(match outcome {
            Ok(reply) => reply.into(),
            Err(fault) => {
                bindings::log(
                    &Record::error("object.failed")
                        .with("verb", verb)
                        .with("why", fault.to_string()),
                );
                JsValue::NULL
            }
        })
    }))
}

/// What is due. The platform runs an alarm that failed again, up to six times.
fn alarm<T: Logic>(logic: &Opened<T>) -> Given {
    let logic = Rc::clone(logic);
    at_once(Box::pin(async move {
        let outcome = match logic.as_ref() {
            Ok(logic) => logic.alarm().await,
            Err(fault) => Err(fault.clone()),
        };
        match outcome {
            Ok(()) => Ok(JsValue::UNDEFINED),
            Err(fault) => {
                bindings::log(&Record::error("alarm.failed").with("why", fault.to_string()));
                Err(js_sys::Error::new("alarm failed").into())
            }
        }
    }))
}

/// A class, and the logic behind it; whether that logic waits for anything.
macro_rules! class {
    ($class:ident, $logic:ty $(, $waits:ident)?) => {
        #[wasm_bindgen]
        pub struct $class {
            // A panic that unwinds leaves whole what is in memory: each logic changes that
            // between two waits only.
            logic: AssertUnwindSafe<Opened<$logic>>,
        }

        #[wasm_bindgen]
        impl $class {
            #[wasm_bindgen(constructor)]
            pub fn new(state: JsValue, env: Env) -> $class {
                $class {
                    logic: AssertUnwindSafe(opened(state, &env)),
                }
            }

            pub fn command(&self, verb: String, body: String) -> Given {
                command(&self.logic, verb, body)
            }

            pub fn alarm(&self) -> Given {
                alarm(&self.logic)
            }
        }

        impl Logic for $logic {
            fn open(host: ObjectHost) -> Result<Self, ObjectFault> {
                <$logic>::open(host)
            }

            async fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
                <$logic>::handle(self, verb, body) $(.$waits)?
            }

            async fn alarm(&self) -> Result<(), ObjectFault> {
                class!(@alarm self, $logic $(, $waits)?)
            }
        }
    };
    (@alarm $self:ident, $logic:ty) => { Ok(()) };
    (@alarm $self:ident, $logic:ty, await) => { <$logic>::alarm($self).await };
}

class!(Contact, ContactLogic<Lazily<ObjectHost>>, await);
class!(Registry, RegistryLogic<ObjectHost>);
class!(Idempotency, IdempotencyLogic<ObjectHost>);
class!(Guard, GuardLogic<ObjectHost>);
class!(Ledger, LedgerLogic<ObjectHost>, await);
class!(Campaign, CampaignLogic<ObjectHost>, await);
class!(Sender, SenderLogic<ObjectHost>, await);
