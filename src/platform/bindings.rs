//! Bindings, settings and the ports over them.

use std::rc::Rc;

use serde_json::Value as Json;
use worker::{Context, Env};

use super::border::{self, Fault, kept};
use super::fetch;
use super::queue::Job;
use crate::access::jwt::Jwk;
use crate::gateway::published::Memory;
use crate::gateway::world::{Unavailable, World};
use crate::json;
use crate::log::{Level, Record};
use crate::objects::Command;
use crate::ports::{Clock, Entropy, Http, HttpFault, HttpRequest, HttpResponse, Limits, Millis};
use crate::settings::Settings;

/// KV namespace of published configuration.
const PUBLISHED: &str = "PUBLISHED";
/// Rate limit of API keys.
const API_RATE: &str = "API_RATE";
/// Queue of commands whose object did not answer.
const EVENTS: &str = "EVENTS";

thread_local! {
    /// Parsed once per isolate: bindings do not change while it lives.
    static SETTINGS: std::cell::RefCell<Option<Rc<Settings>>> = const { std::cell::RefCell::new(None) };
    static MEMORY: Rc<Memory> = Rc::default();
}

/// The deployment's settings. Their faults are logged the first time.
pub(super) fn settings(env: &Env) -> Rc<Settings> {
    SETTINGS.with_borrow_mut(|known| {
        if let Some(known) = known {
            return Rc::clone(known);
        }
        let settings = Rc::new(Settings::read(|name| border::variable(env, name)));
        for fault in &settings.faults {
            log(&Record::error("setting.refused")
                .with("name", fault.name)
                .with("why", fault.reason));
        }
        *known = Some(Rc::clone(&settings));
        settings
    })
}

/// Writes one line to Workers Logs.
pub(super) fn log(record: &Record) {
    let line = record.line();
    match record.level {
        Level::Info => border::log_info(&line),
        Level::Warn => border::log_warn(&line),
        Level::Error => border::log_error(&line),
    }
}

pub(super) fn now() -> Millis {
    js_sys::Date::now() as Millis
}

pub(super) fn fill(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(4) {
        // 32 random bits of the runtime's generator; `Math.random` is a CSPRNG on Workers.
        let random = (js_sys::Math::random() * 4_294_967_296.0) as u32;
        for (byte, random) in chunk.iter_mut().zip(random.to_le_bytes()) {
            *byte = random;
        }
    }
}

/// The world of one request.
pub(super) struct Bindings {
    env: Env,
    settings: Rc<Settings>,
    memory: Rc<Memory>,
    /// What keeps work alive after the answer; only a request has one.
    context: Option<Context>,
}

impl Bindings {
    pub(super) fn new(env: Env) -> Bindings {
        let settings = settings(&env);
        Bindings {
            env,
            settings,
            memory: MEMORY.with(Rc::clone),
            context: None,
        }
    }

    pub(super) fn of_request(env: Env, context: Context) -> Bindings {
        let context = Some(context);
        Bindings {
            context,
            ..Bindings::new(env)
        }
    }
}

impl Clock for Bindings {
    fn now(&self) -> Millis {
        now()
    }
}

impl Entropy for Bindings {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

impl Http for Bindings {
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

impl World for Bindings {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn variable(&self, name: &str) -> Option<String> {
        border::variable(&self.env, name)
    }

    async fn ask<C: Command>(&self, name: &str, command: &C) -> Result<C::Reply, Unavailable> {
        let body = serde_json::to_string(command).map_err(|_| Unavailable)?;
        let reply = self
            .ask_text(C::OBJECT.binding(), name, C::VERB, &body)
            .await?;
        json::read(&reply).map_err(|error| self.unreadable(C::VERB, &error.to_string()))
    }

    async fn defer<C: Command>(&self, name: &str, command: &C) -> Result<(), Unavailable> {
        self.put_off(&job(name, command)?).await
    }

    fn tell<C: Command>(&self, name: &str, command: &C) {
        let (Some(context), Ok(job)) = (&self.context, job(name, command)) else {
            self.log(Record::error("object.untold").with("verb", C::VERB));
            return;
        };
        let later = Bindings::new(self.env.clone());
        context.wait_until(async move {
            let told = later
                .ask_text(&job.object, &job.name, &job.verb, &job.body)
                .await;
            if told.is_err() && later.put_off(&job).await.is_err() {
                later.log(Record::error("object.untold").with("verb", job.verb));
            }
        });
    }

    async fn enqueue(&self, texts: &[String]) -> Result<(), Unavailable> {
        enqueue(&self.env, texts)
            .await
            .map_err(|fault| self.broken("queue", &fault))
    }

    async fn notify(
        &self,
        request: HttpRequest,
        headers: &[(&'static str, String)],
    ) -> Result<HttpResponse, HttpFault> {
        fetch::send_within(request, headers, fetch::USUAL).await
    }

    async fn look(&self, urls: &[String], within: u32) -> String {
        let said = kept(border::look(&urls.join("\n"), within)).await.ok();
        said.and_then(|said| said.as_string()).unwrap_or_default()
    }

    async fn published(&self, key: &str) -> Result<Option<String>, Unavailable> {
        let value = kept(border::read_key(&self.env, PUBLISHED, key)).await;
        value
            .map(|value| value.as_string())
            .map_err(|fault| self.broken("kv", &fault))
    }

    async fn publish(&self, key: &str, document: &str) -> Result<(), Unavailable> {
        let written = kept(border::write_key(&self.env, PUBLISHED, key, document)).await;
        written.map(drop).map_err(|fault| self.broken("kv", &fault))
    }

    async fn verify_rs256(&self, key: &Jwk, signed: &str, signature: &[u8]) -> bool {
        let promise = border::verify_rs256(&key.n, &key.e, signed, signature);
        match kept(promise).await {
            Ok(verdict) => verdict.as_bool().unwrap_or(false),
            // A key that is none.
            Err(fault) => {
                self.broken("webcrypto", &fault);
                false
            }
        }
    }

    async fn allow(&self, key: &str) -> bool {
        match kept(border::allow(&self.env, API_RATE, key)).await {
            Ok(allowed) => allowed.as_bool().unwrap_or(true),
            // A limit that cannot be asked must not stop everybody.
            Err(fault) => {
                self.broken("rate limit", &fault);
                true
            }
        }
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn log(&self, record: Record) {
        log(&record);
    }
}

impl Bindings {
    /// One command to one object, as text. A stub is spent after an error: each call makes
    /// its own.
    pub(super) async fn ask_text(
        &self,
        binding: &str,
        name: &str,
        verb: &str,
        body: &str,
    ) -> Result<String, Unavailable> {
        let reply = kept(border::ask(&self.env, binding, name, verb, body)).await;
        reply
            .map(|reply| reply.as_string().unwrap_or_default())
            .map_err(|fault| self.broken("object", &fault))
    }

    async fn put_off(&self, job: &Job) -> Result<(), Unavailable> {
        let text = serde_json::to_string(job).map_err(|_| Unavailable)?;
        World::enqueue(self, &[text]).await
    }

    /// Apart, and not once for each command.
    #[inline(never)]
    fn unreadable(&self, verb: &'static str, why: &str) -> Unavailable {
        self.log(
            Record::error("object.unreadable")
                .with("verb", verb)
                .with("why", why),
        );
        Unavailable
    }

    fn broken(&self, what: &'static str, fault: &Fault) -> Unavailable {
        self.log(
            Record::error("binding.failed")
                .with("what", what)
                .with("why", fault.why()),
        );
        Unavailable
    }
}

/// Puts texts on the queue.
pub(super) async fn enqueue(env: &Env, texts: &[String]) -> Result<(), Fault> {
    let texts = Json::from(texts).to_string();
    kept(border::enqueue(env, EVENTS, &texts)).await.map(drop)
}

/// A command on its way.
fn job<C: Command>(name: &str, command: &C) -> Result<Job, Unavailable> {
    Ok(Job {
        object: C::OBJECT.binding().to_owned(),
        name: name.to_owned(),
        verb: C::VERB.to_owned(),
        body: serde_json::to_string(command).map_err(|_| Unavailable)?,
    })
}
