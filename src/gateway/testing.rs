//! A whole deployment in memory: the gateway over the real objects, each on a SQLite of its
//! own, with a scripted Twilio and levers for what may fail. A test of a route takes
//! milliseconds here.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::api::openapi::conforms;
use super::events::{self, Verdict};
use super::http::{BodyFault, Incoming, Response, path_and_query};
use super::published::Memory;
use super::subflows;
use super::world::{Unavailable, World};
use crate::access::jwt::Jwk;
use crate::log::Record;
use crate::objects::campaign::Campaign;
use crate::objects::contact::Contact;
use crate::objects::guard::Guard;
use crate::objects::idempotency::Idempotency;
use crate::objects::ledger::Ledger;
use crate::objects::registry::Registry;
use crate::objects::sender::Sender;
use crate::objects::testing::{TestHost, run};
use crate::objects::{Command, Object, ObjectFault};
use crate::ports::{
    Clock, Entropy, FlowFault, Http, HttpFault, HttpRequest, HttpResponse, Limits, Millis, Sql as _,
};
use crate::settings::Settings;
use crate::twilio::form::{Form, encode};
use crate::twilio::signature::Key;

pub(super) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(super) const TOKEN: &str = "the-auth-token";
pub(super) const BASE: &str = "https://gw.example";
pub(super) const US: &str = "+15005550006";
pub(super) const PERSON: &str = "+14155550100";

const USUAL: [(&str, &str); 7] = [
    ("TWILIO_ACCOUNT_SID", ACCOUNT),
    ("TWILIO_AUTH_TOKEN", TOKEN),
    ("TWILIO_PHONE_NUMBER", US),
    ("SALES_PHONE", "+12025550143"),
    ("SUPPORT_PHONE", "+12025550178"),
    ("API_KEYS", "test:api-key"),
    ("HELP_TEXT", "Acme: reply STOP to end."),
];

/// One request to an object that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) object: Object,
    pub(super) verb: &'static str,
}

/// What the application was sent: headers and body.
pub(super) type Notified = (Headers, String);

/// Names and values.
pub(super) type Headers = Vec<(&'static str, String)>;

/// A command on the queue.
struct Deferred {
    object: Object,
    name: String,
    verb: &'static str,
    body: String,
}

/// What isolates share.
#[derive(Default)]
struct Stored {
    objects: RefCell<BTreeMap<(&'static str, String), TestHost>>,
    kv: RefCell<BTreeMap<String, String>>,
    queue: RefCell<VecDeque<Deferred>>,
    /// Texts on the queue: events and jobs, with the time from which each is given out.
    texts: RefCell<VecDeque<(Millis, String)>>,
}

/// One isolate of the deployment.
pub(super) struct TestWorld {
    variables: Vec<(String, String)>,
    settings: Settings,
    memory: Memory,
    now: Cell<Millis>,
    stored: Rc<Stored>,
    twilio: Rc<RefCell<VecDeque<(u16, String)>>>,
    requests: Rc<RefCell<Vec<HttpRequest>>>,
    /// How long each of those takes.
    pub(super) slow: Cell<Millis>,
    /// Headers and time limits of requests that had their own.
    pub(super) sent_with: RefCell<Vec<(Headers, Millis)>>,
    /// What the application answers, in turn; 200 without.
    pub(super) application: RefCell<VecDeque<Option<u16>>>,
    /// What the application was sent: headers and body.
    pub(super) notified: RefCell<Vec<Notified>>,
    /// Every object that was asked since [`TestWorld::forget`].
    pub(super) asked: RefCell<Vec<Asked>>,
    /// Every key that was read from KV since then.
    pub(super) read: RefCell<Vec<String>>,
    /// Every line logged since then.
    pub(super) log: RefCell<Vec<Record>>,
    /// Requests that an API key may still make.
    pub(super) requests_left: Cell<u32>,
    /// No object answers.
    pub(super) objects_down: Cell<bool>,
    /// KV does not answer.
    pub(super) kv_down: Cell<bool>,
    /// The queue takes nothing.
    pub(super) queue_down: Cell<bool>,
    /// The next object that is asked takes longer than anything else under way.
    pub(super) next_is_slow: Cell<bool>,
    /// What servers say about media, by the ending of their links: type and size. Others
    /// cannot be reached.
    pub(super) media: RefCell<Vec<(&'static str, &'static str, u64)>>,
}

impl TestWorld {
    pub(super) fn new() -> TestWorld {
        TestWorld::with(&[])
    }

    /// With these variables over the usual ones; an empty one is not set.
    pub(super) fn with(own: &[(&str, &str)]) -> TestWorld {
        let usual = USUAL
            .iter()
            .filter(|(name, _)| !own.iter().any(|(other, _)| other == name));
        let variables: Vec<(String, String)> = usual
            .chain(own)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        TestWorld::over(variables, Rc::default())
    }

    /// Another isolate of the same deployment, which remembers nothing yet.
    pub(super) fn another_isolate(&self) -> TestWorld {
        let other = TestWorld::over(self.variables.clone(), Rc::clone(&self.stored));
        other.now.set(self.now.get());
        other
    }

    /// The same deployment after its variables were changed; an empty one is taken away.
    pub(super) fn redeployed(&self, own: &[(&str, &str)]) -> TestWorld {
        let mut variables = self.variables.clone();
        variables.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        let own = own.iter().filter(|(_, value)| !value.is_empty());
        variables.extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let other = TestWorld::over(variables, Rc::clone(&self.stored));
        other.now.set(self.now.get());
        other
    }

    fn over(variables: Vec<(String, String)>, stored: Rc<Stored>) -> TestWorld {
        let settings = Settings::read(|name| {
            variables
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        });
        TestWorld {
            variables,
            settings,
            memory: Memory::default(),
            now: Cell::new(1_795_512_600_000),
            stored,
            twilio: Rc::default(),
            requests: Rc::default(),
            slow: Cell::default(),
            sent_with: RefCell::default(),
            application: RefCell::default(),
            notified: RefCell::default(),
            asked: RefCell::default(),
            read: RefCell::default(),
            log: RefCell::default(),
            requests_left: Cell::new(u32::MAX),
            objects_down: Cell::new(false),
            kv_down: Cell::new(false),
            queue_down: Cell::new(false),
            next_is_slow: Cell::new(false),
            media: RefCell::default(),
        }
    }

    /// Twilio's next answer. Without one, every request is taken under a SID of its own.
    pub(super) fn twilio_answers(&self, status: u16, body: &str) {
        self.twilio
            .borrow_mut()
            .push_back((status, body.to_owned()));
    }

    /// What was asked of Twilio.
    pub(super) fn twilio_requests(&self) -> Vec<HttpRequest> {
        self.requests.borrow().clone()
    }

    /// Forgets what was counted.
    pub(super) fn forget(&self) {
        self.asked.borrow_mut().clear();
        self.read.borrow_mut().clear();
        self.log.borrow_mut().clear();
    }

    pub(super) fn advance(&self, by: Millis) {
        self.now.set(self.now.get() + by);
    }

    /// Carries out what is on the queue.
    pub(super) fn drain_queue(&self) -> usize {
        let mut done = 0;
        let jobs = std::mem::take(&mut *self.stored.queue.borrow_mut());
        for job in jobs {
            self.object(job.object, &job.name, job.verb, &job.body)
                .expect("the object answers");
            done += 1;
        }
        done
    }

    /// Lets every contact's alarm ring that is due by now, and hands out what is on the queue,
    /// until nothing is left to do at this moment.
    pub(super) fn settle(&self) {
        for _ in 0..50 {
            let names: Vec<String> = {
                let objects = self.stored.objects.borrow();
                let contacts = objects.keys().filter(|(class, _)| *class == "CONTACT");
                contacts.map(|(_, name)| name.clone()).collect()
            };
            let mut rang = false;
            for name in names {
                let host = self.host(Object::Contact, &name);
                if host.0.alarm.get().is_some_and(|at| at <= self.now.get()) {
                    host.0.alarm.set(None);
                    run(async { Contact::open(host.clone()).unwrap().alarm().await })
                        .expect("nothing here waits")
                        .expect("storage works");
                    rang = true;
                }
                let queue = std::mem::take(host.0.queue.borrow_mut().as_mut().unwrap());
                let mut texts = self.stored.texts.borrow_mut();
                texts.extend(queue.into_iter().map(|text| (0, text)));
            }
            let worked = self.consume();
            if !rang && !worked {
                return;
            }
        }
        panic!("there is always more to do");
    }

    /// Hands out the texts whose time has come. Whether there were any.
    fn consume(&self) -> bool {
        let texts = std::mem::take(&mut *self.stored.texts.borrow_mut());
        let now = self.now.get();
        let (ready, later): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(at, _)| *at <= now);
        self.stored.texts.borrow_mut().extend(later);
        let worked = !ready.is_empty();
        for (_, text) in ready {
            let verdict = run(events::consume(self, &text)).expect("nothing here waits");
            if let Verdict::Again(seconds) = verdict {
                let at = self.now.get() + Millis::from(seconds) * 1_000;
                self.stored.texts.borrow_mut().push_back((at, text));
            }
        }
        worked
    }

    /// Every table of every object of these classes, with its rows as text.
    pub(super) fn rows_of(&self, classes: &[Object]) -> Vec<(String, String)> {
        let objects = self.stored.objects.borrow();
        let hosts = objects
            .iter()
            .filter(|((class, _), _)| classes.iter().any(|known| known.binding() == *class));
        let mut all = Vec::new();
        for (_, host) in hosts {
            let query = |statement: &str| host.exec(statement, Vec::new()).unwrap();
            for table in query("SELECT name FROM sqlite_master WHERE type = 'table'") {
                let table = table[0].text().unwrap().to_owned();
                let rows = format!("{:?}", query(&format!("SELECT * FROM {table}")));
                all.push((table, rows));
            }
        }
        all
    }

    /// Everything that is stored: a line that names each object, and its database as SQL; then KV.
    pub(super) fn dump(&self) -> String {
        let mut text = String::new();
        for ((class, name), host) in self.stored.objects.borrow().iter() {
            text += &format!("-- object {class} {name}\n");
            let query = |statement: &str| host.exec(statement, Vec::new()).unwrap();
            let words = |row: &[crate::ports::Value]| row[0].text().unwrap_or_default().to_owned();
            for row in query(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid",
            ) {
                text += &format!(
                    "{};\n",
                    words(&row).split_whitespace().collect::<Vec<_>>().join(" ")
                );
            }
            for table in query("SELECT name FROM sqlite_master WHERE type = 'table'") {
                let table = words(&table);
                // SQLite keeps its own by itself.
                if table.starts_with("sqlite") {
                    continue;
                }
                let columns = query(&format!("SELECT name FROM pragma_table_info('{table}')"));
                let columns: Vec<String> = columns.iter().map(|row| words(row)).collect();
                let quoted: Vec<String> = columns
                    .iter()
                    .map(|name| format!("quote({name})"))
                    .collect();
                let quoted = quoted.join(" || ', ' || ");
                for row in query(&format!("SELECT {quoted} FROM {table} ORDER BY 1")) {
                    text += &format!("INSERT INTO {table} VALUES ({});\n", words(&row));
                }
            }
        }
        for (key, value) in self.stored.kv.borrow().iter() {
            text += &format!("-- kv {key}\n{value}\n");
        }
        text
    }

    /// A deployment over what a dump holds, some time later.
    pub(super) fn of_dump(dump: &str, own: &[(&str, &str)], later: Millis) -> TestWorld {
        let world = TestWorld::with(own);
        world.advance(later);
        let sections = dump.split("-- object ").skip(1);
        for section in sections {
            let section = section.split("-- kv ").next().unwrap_or_default();
            let (head, sql) = section.split_once('\n').unwrap();
            let (class, name) = head.split_once(' ').unwrap();
            let object = Object::ALL
                .into_iter()
                .find(|object| object.binding() == class);
            let host = world.host(object.expect("a class"), name);
            host.0.database.execute_batch(sql).expect("SQL");
        }
        for entry in dump.split("-- kv ").skip(1) {
            let (key, value) = entry.split_once('\n').unwrap();
            let value = value.trim_end_matches('\n').to_owned();
            world.stored.kv.borrow_mut().insert(key.to_owned(), value);
        }
        world
    }

    /// The keys of KV.
    pub(super) fn keys(&self) -> Vec<String> {
        self.stored.kv.borrow().keys().cloned().collect()
    }

    /// Whether a line of this event was logged; its `why`.
    pub(super) fn logged(&self, event: &str) -> Option<String> {
        let log = self.log.borrow();
        let record = log.iter().find(|record| record.event == event)?;
        let why = record.fields.get("why").and_then(Value::as_str);
        Some(why.unwrap_or_default().to_owned())
    }

    fn host(&self, object: Object, name: &str) -> TestHost {
        let mut objects = self.stored.objects.borrow_mut();
        let key = (object.binding(), name.to_owned());
        let host = objects.entry(key).or_insert_with(|| {
            let variables: Vec<(&str, &str)> = self
                .variables
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let host = TestHost::new(&variables);
            let seed = name.bytes().fold(7_u64, |seed, byte| {
                seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
            });
            host.seed(seed);
            self.connect(&host);
            let (twilio, requests) = (Rc::clone(&self.twilio), Rc::clone(&self.requests));
            *host.0.otherwise.borrow_mut() = Some(Box::new(move |request| {
                requests.borrow_mut().push(request.clone());
                let taken = requests.borrow().len();
                Ok(twilio.borrow_mut().pop_front().map_or_else(
                    || HttpResponse {
                        status: 201,
                        body: format!(r#"{{"sid":"SM{taken:032}","status":"queued"}}"#),
                        ..HttpResponse::default()
                    },
                    |(status, body)| HttpResponse {
                        status,
                        body,
                        ..HttpResponse::default()
                    },
                ))
            }));
            host
        });
        host.0.now.set(self.now.get());
        host.clone()
    }

    /// Lets an object ask others and read what was published.
    fn connect(&self, host: &TestHost) {
        let (variables, stored) = (self.variables.clone(), Rc::downgrade(&self.stored));
        let (twilio, requests) = (Rc::clone(&self.twilio), Rc::clone(&self.requests));
        let clock = host.clone();
        let clock = Rc::downgrade(&clock.0);
        let world = move || {
            let mut world = TestWorld::over(variables.clone(), stored.upgrade()?);
            world.twilio = Rc::clone(&twilio);
            world.requests = Rc::clone(&requests);
            world.now.set(clock.upgrade()?.now.get());
            Some(world)
        };
        let library = world.clone();
        *host.0.peers.borrow_mut() = Some(Rc::new(move |object, name, verb, body| {
            let reply = world().and_then(|world| world.object(object, name, verb, body));
            reply.ok_or(ObjectFault::Unreachable)
        }));
        *host.0.library.borrow_mut() = Some(Rc::new(move |execution| {
            let world = library().ok_or(FlowFault)?;
            let found = run(subflows::with_subflows(&world, execution)).ok_or(FlowFault)?;
            found.map_err(|Unavailable| FlowFault)
        }));
    }

    fn object(&self, object: Object, name: &str, verb: &str, body: &str) -> Option<String> {
        let host = self.host(object, name);
        let reply = match object {
            Object::Contact => run(async {
                Contact::open(host.clone())
                    .ok()?
                    .handle(verb, body)
                    .await
                    .ok()
            })?,
            Object::Guard => Guard::open(host.clone()).ok()?.handle(verb, body).ok(),
            Object::Campaign => run(async {
                Campaign::open(host.clone())
                    .ok()?
                    .handle(verb, body)
                    .await
                    .ok()
            })?,
            Object::Sender => run(async {
                Sender::open(host.clone())
                    .ok()?
                    .handle(verb, body)
                    .await
                    .ok()
            })?,
            Object::Registry => Registry::open(host.clone()).ok()?.handle(verb, body).ok(),
            Object::Idempotency => Idempotency::open(host.clone())
                .ok()?
                .handle(verb, body)
                .ok(),
            Object::Ledger => run(async {
                Ledger::open(host.clone())
                    .ok()?
                    .handle(verb, body)
                    .await
                    .ok()
            })?,
        };
        self.log.borrow_mut().append(&mut host.0.log.borrow_mut());
        self.now.set(host.now());
        reply
    }

    /// Sends a request through the gateway. Time goes by between two of them.
    pub(super) fn send(&self, request: &TestRequest) -> Response {
        self.advance(10);
        let response = run(super::handle(self, request)).expect("nothing here waits");
        if response.relay.is_none() {
            let path = path_and_query(&request.url);
            let path = path.split('?').next().unwrap_or(path);
            let (status, kind) = (response.status, response.content_type);
            if let Err(why) = conforms(&request.method, path, status, kind, &response.body) {
                panic!("not as docs/openapi.json says: {why}");
            }
        }
        response
    }

    /// A webhook that Twilio signed.
    pub(super) fn webhook(&self, target: &str, form: &[(&str, &str)]) -> Response {
        self.send(&TestRequest::post(target).form(form).signed(TOKEN))
    }

    /// A request to the API.
    pub(super) fn api(&self, method: &str, target: &str, body: Option<&Value>) -> Response {
        self.send(&TestRequest::api(method, target, body))
    }
}

impl Clock for TestWorld {
    fn now(&self) -> Millis {
        self.now.get()
    }
}

impl Entropy for TestWorld {
    fn fill(&self, bytes: &mut [u8]) {
        TestHost::fill(&self.host(Object::Idempotency, "entropy"), bytes);
    }
}

impl Http for TestWorld {
    /// A request of the gateway's own gets a scripted answer or none.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        self.requests.borrow_mut().push(request);
        let (status, body) = self
            .twilio
            .borrow_mut()
            .pop_front()
            .ok_or(HttpFault::Broken)?;
        Ok(HttpResponse {
            status,
            body,
            content_type: Some("application/json".to_owned()),
            ..HttpResponse::default()
        })
    }

    async fn send_within(
        &self,
        request: HttpRequest,
        headers: &[(&'static str, String)],
        limits: Limits,
    ) -> Result<HttpResponse, HttpFault> {
        self.sent_with
            .borrow_mut()
            .push((headers.to_vec(), limits.time));
        self.advance(self.slow.get());
        Http::send(self, request).await
    }

    async fn pause(&self, length: Millis) {
        self.advance(length);
    }
}

impl World for TestWorld {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn variable(&self, name: &str) -> Option<String> {
        let mut variables = self.variables.iter();
        let (_, value) = variables.find(|(known, _)| known == name)?;
        Some(value.clone())
    }

    async fn ask<C: Command>(&self, name: &str, command: &C) -> Result<C::Reply, Unavailable> {
        self.asked.borrow_mut().push(Asked {
            object: C::OBJECT,
            verb: C::VERB,
        });
        if self.objects_down.get() {
            return Err(Unavailable);
        }
        if self.next_is_slow.take() {
            let mut polled = false;
            std::future::poll_fn(|_| match std::mem::replace(&mut polled, true) {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            })
            .await;
        }
        let body = serde_json::to_string(command).map_err(|_| Unavailable)?;
        let reply = self.object(C::OBJECT, name, C::VERB, &body);
        serde_json::from_str(&reply.ok_or(Unavailable)?).map_err(|_| Unavailable)
    }

    async fn defer<C: Command>(&self, name: &str, command: &C) -> Result<(), Unavailable> {
        if self.queue_down.get() {
            return Err(Unavailable);
        }
        self.stored.queue.borrow_mut().push_back(Deferred {
            object: C::OBJECT,
            name: name.to_owned(),
            verb: C::VERB,
            body: serde_json::to_string(command).map_err(|_| Unavailable)?,
        });
        Ok(())
    }

    fn tell<C: Command>(&self, name: &str, command: &C) {
        let body = serde_json::to_string(command).expect("a command");
        if self.objects_down.get() {
            self.stored.queue.borrow_mut().push_back(Deferred {
                object: C::OBJECT,
                name: name.to_owned(),
                verb: C::VERB,
                body,
            });
        } else {
            let told = self.object(C::OBJECT, name, C::VERB, &body);
            told.expect("the object answers");
        }
    }

    async fn enqueue(&self, texts: &[String]) -> Result<(), Unavailable> {
        if self.queue_down.get() {
            return Err(Unavailable);
        }
        let texts = texts.iter().map(|text| (0, text.clone()));
        self.stored.texts.borrow_mut().extend(texts);
        Ok(())
    }

    async fn notify(
        &self,
        request: HttpRequest,
        headers: &[(&'static str, String)],
    ) -> Result<HttpResponse, HttpFault> {
        self.notified
            .borrow_mut()
            .push((headers.to_vec(), request.body));
        let answer = self.application.borrow_mut().pop_front();
        let status = answer.unwrap_or(Some(200)).ok_or(HttpFault::TimedOut)?;
        Ok(HttpResponse {
            status,
            ..HttpResponse::default()
        })
    }

    async fn look(&self, urls: &[String], _within: u32) -> String {
        let media = self.media.borrow();
        let said = urls.iter().map(|url| {
            let mut known = media.iter();
            let found = known.find(|(ending, _, _)| url.ends_with(ending));
            found.map_or("\n".to_owned(), |(_, kind, bytes)| {
                format!("{kind}\n{bytes}")
            })
        });
        said.collect::<Vec<_>>().join("\n")
    }

    async fn published(&self, key: &str) -> Result<Option<String>, Unavailable> {
        self.read.borrow_mut().push(key.to_owned());
        if self.kv_down.get() {
            return Err(Unavailable);
        }
        Ok(self.stored.kv.borrow().get(key).cloned())
    }

    async fn publish(&self, key: &str, document: &str) -> Result<(), Unavailable> {
        if self.kv_down.get() {
            return Err(Unavailable);
        }
        let mut kv = self.stored.kv.borrow_mut();
        match document {
            "" => kv.remove(key),
            document => kv.insert(key.to_owned(), document.to_owned()),
        };
        Ok(())
    }

    async fn verify_rs256(&self, key: &Jwk, signed: &str, signature: &[u8]) -> bool {
        super::tests::rsa::verify(key, signed, signature)
    }

    async fn allow(&self, _key: &str) -> bool {
        let left = self.requests_left.get();
        self.requests_left.set(left.saturating_sub(1));
        left > 0
    }

    fn memory(&self) -> &Memory {
        &self.memory
    }

    fn log(&self, record: Record) {
        self.log.borrow_mut().push(record);
    }
}

/// A request, built step by step.
#[derive(Debug, Clone)]
pub(super) struct TestRequest {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    broken: bool,
    /// How much of the body was handed out.
    read: Cell<usize>,
}

impl TestRequest {
    pub(super) fn new(method: &str, target: &str) -> TestRequest {
        TestRequest {
            method: method.to_owned(),
            url: format!("{BASE}{target}"),
            headers: Vec::new(),
            body: Vec::new(),
            broken: false,
            read: Cell::new(0),
        }
    }

    pub(super) fn post(target: &str) -> TestRequest {
        TestRequest::new("POST", target)
    }

    pub(super) fn api(method: &str, target: &str, body: Option<&Value>) -> TestRequest {
        let request = TestRequest::new(method, target).header("authorization", "Bearer api-key");
        match body {
            Some(body) => request.body("application/json", body.to_string().as_bytes()),
            None => request,
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> TestRequest {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn body(mut self, content_type: &str, body: &[u8]) -> TestRequest {
        self.body = body.to_vec();
        self.header("content-type", content_type)
    }

    pub(super) fn form(self, form: &[(&str, &str)]) -> TestRequest {
        let body = encode(form.iter().copied());
        self.body("application/x-www-form-urlencoded", body.as_bytes())
    }

    /// The body breaks off.
    pub(super) fn broken(mut self) -> TestRequest {
        self.broken = true;
        self
    }

    /// Signed as Twilio signs a form POST, or a GET when there is no body.
    pub(super) fn signed(self, token: &str) -> TestRequest {
        let url = self.url.clone();
        self.signed_as(token, &url)
    }

    /// Signed over another spelling of the URL.
    pub(super) fn signed_as(self, token: &str, url: &str) -> TestRequest {
        let form = Form::parse(&self.body).expect("a form");
        let signature = Key::new(token).sign_form(url, &form);
        self.header("x-twilio-signature", &signature)
    }

    /// A header that was set, empty when it was not.
    pub(super) fn header_of(&self, name: &str) -> String {
        Incoming::header(self, name).unwrap_or_default()
    }
}

impl Incoming for TestRequest {
    fn method(&self) -> &str {
        &self.method
    }

    fn url(&self) -> &str {
        &self.url
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    async fn body(&self, limit: usize) -> Result<Vec<u8>, BodyFault> {
        if self.broken {
            Err(BodyFault::Broken)
        } else if self.body.len() > limit {
            Err(BodyFault::TooLarge)
        } else {
            Ok(self.body.clone())
        }
    }

    /// Pieces of seven bytes, so that every line is cut somewhere.
    async fn piece(&self) -> Result<Option<Vec<u8>>, BodyFault> {
        let from = self.read.get();
        let piece = self.body.get(from..).unwrap_or_default();
        let piece = piece.get(..7).unwrap_or(piece).to_vec();
        self.read.set(from + piece.len());
        match piece.is_empty() {
            true if self.broken => Err(BodyFault::Broken),
            true => Ok(None),
            false => Ok(Some(piece)),
        }
    }
}

/// A response's body as JSON.
pub(super) fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.body).expect("JSON")
}
