//! A host on a real SQLite, a settable clock and a scripted Twilio, with a crash that can be
//! put before any statement or request.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use rusqlite::Connection;
use rusqlite::types::Value as SqliteValue;

use crate::flow::Execution;
use crate::log::Record;
use crate::objects::peers::Peers;
use crate::objects::{Object, ObjectFault};
use crate::ports::{
    Clock, Entropy, FlowFault, Host, Http, HttpFault, HttpRequest, HttpResponse, Limits, Mail,
    MailFault, Millis, PublishedFlow, QueueFault, Sql, SqlFault, Value,
};
use crate::settings::Settings;

/// What a scripted Twilio does with one request.
pub(crate) type Answer = Box<dyn FnMut(&HttpRequest) -> Result<HttpResponse, HttpFault>>;

/// Another object: takes class, name, verb and body.
pub(crate) type Peer = dyn Fn(Object, &str, &str, &str) -> Result<String, ObjectFault>;

/// What was published: takes the execution that runs it.
pub(crate) type Library = dyn Fn(&Execution) -> Result<Option<PublishedFlow>, FlowFault>;

/// What outlives a crash, and the levers of the test.
pub(crate) struct Shared {
    pub(crate) database: Connection,
    pub(crate) now: Cell<Millis>,
    pub(crate) alarm: Cell<Option<Millis>>,
    pub(crate) requests: RefCell<Vec<HttpRequest>>,
    pub(crate) twilio: RefCell<VecDeque<Answer>>,
    pub(crate) otherwise: RefCell<Option<Answer>>,
    pub(crate) log: RefCell<Vec<Record>>,
    /// What went on the queue; `None` while the queue is down.
    pub(crate) queue: RefCell<Option<Vec<String>>>,
    /// Mails that the binding was given, `to: text`.
    pub(crate) mails: RefCell<Vec<String>>,
    /// What the binding says to the next ones.
    pub(crate) mail_answer: Cell<Result<(), MailFault>>,
    /// The other objects.
    pub(crate) peers: RefCell<Option<Rc<Peer>>>,
    /// What was published; nothing without.
    pub(crate) library: RefCell<Option<Rc<Library>>>,
    /// Operations (statements and requests) left before the process dies.
    pub(crate) operations_left: Cell<Option<u32>>,
    /// Statements run so far.
    pub(crate) statements: Cell<u32>,
    random: Cell<u64>,
    settings: Settings,
}

/// One life of the object's process.
#[derive(Clone)]
pub(crate) struct TestHost(pub(crate) Rc<Shared>);

impl TestHost {
    pub(crate) fn new(settings: &[(&str, &str)]) -> TestHost {
        let settings = Settings::read(|name| {
            settings
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        });
        TestHost(Rc::new(Shared {
            database: Connection::open_in_memory().unwrap(),
            now: Cell::new(1_795_512_600_000),
            alarm: Cell::new(None),
            requests: RefCell::default(),
            twilio: RefCell::default(),
            otherwise: RefCell::default(),
            log: RefCell::default(),
            queue: RefCell::new(Some(Vec::new())),
            mails: RefCell::default(),
            mail_answer: Cell::new(Ok(())),
            peers: RefCell::default(),
            library: RefCell::default(),
            operations_left: Cell::new(None),
            statements: Cell::new(0),
            random: Cell::new(7),
            settings,
        }))
    }

    /// A host with an account and credentials.
    pub(crate) fn configured() -> TestHost {
        TestHost::new(&[
            ("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001"),
            ("TWILIO_AUTH_TOKEN", "token"),
            ("HELP_TEXT", "Acme: reply STOP to end."),
        ])
    }

    /// Other random numbers than every other host has.
    pub(crate) fn seed(&self, seed: u64) {
        self.0.random.set(seed | 1);
    }

    /// The next request is answered so.
    pub(crate) fn answer(&self, status: u16, body: &str) {
        let body = body.to_owned();
        self.0.twilio.borrow_mut().push_back(Box::new(move |_| {
            Ok(HttpResponse {
                status,
                body: body.clone(),
                ..HttpResponse::default()
            })
        }));
    }

    /// The next request gets no answer.
    pub(crate) fn no_answer(&self) {
        self.0
            .twilio
            .borrow_mut()
            .push_back(Box::new(|_| Err(HttpFault::TimedOut)));
    }

    pub(crate) fn advance(&self, by: Millis) {
        self.0.now.set(self.0.now.get() + by);
    }

    pub(crate) fn posts(&self) -> usize {
        self.0
            .requests
            .borrow()
            .iter()
            .filter(|request| request.method == "POST")
            .count()
    }

    /// Counts one operation; false when the process is dead.
    fn alive(&self) -> bool {
        match self.0.operations_left.get() {
            None => true,
            Some(0) => false,
            Some(left) => {
                self.0.operations_left.set(Some(left - 1));
                true
            }
        }
    }
}

impl Clock for TestHost {
    fn now(&self) -> Millis {
        self.0.now.get()
    }
}

impl Entropy for TestHost {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            // xorshift: any fixed sequence will do.
            let mut state = self.0.random.get();
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            self.0.random.set(state);
            *byte = state.to_le_bytes()[0];
        }
    }
}

impl Http for TestHost {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        if !self.alive() {
            return std::future::pending().await;
        }
        self.0.requests.borrow_mut().push(request.clone());
        let scripted = self.0.twilio.borrow_mut().pop_front();
        let answer = match scripted {
            Some(mut answer) => answer(&request),
            None => match self.0.otherwise.borrow_mut().as_mut() {
                Some(answer) => answer(&request),
                None => Err(HttpFault::Broken),
            },
        };
        // The process may die while it waits for the answer.
        if !self.alive() {
            return std::future::pending().await;
        }
        answer
    }

    async fn send_within(
        &self,
        request: HttpRequest,
        _headers: &[(&'static str, String)],
        _limits: Limits,
    ) -> Result<HttpResponse, HttpFault> {
        self.send(request).await
    }

    async fn pause(&self, length: Millis) {
        if self.0.operations_left.get() == Some(0) {
            return std::future::pending().await;
        }
        self.advance(length);
    }
}

impl Sql for TestHost {
    fn exec(&self, statement: &str, bindings: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlFault> {
        self.0.statements.set(self.0.statements.get() + 1);
        let fault = |error: rusqlite::Error| SqlFault(error.to_string());
        let mut prepared = self.0.database.prepare(statement).map_err(fault)?;
        let columns = prepared.column_count();
        let bindings = bindings.into_iter().map(|value| match value {
            Value::Null => SqliteValue::Null,
            Value::Int(n) => SqliteValue::Integer(n),
            Value::Real(n) => SqliteValue::Real(n),
            Value::Text(text) => SqliteValue::Text(text),
        });
        let mut rows = prepared
            .query(rusqlite::params_from_iter(bindings))
            .map_err(fault)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(fault)? {
            let values = (0..columns).map(|at| match row.get_unwrap(at) {
                SqliteValue::Integer(n) => Value::Int(n),
                SqliteValue::Real(n) => Value::Real(n),
                SqliteValue::Text(text) => Value::Text(text),
                SqliteValue::Null | SqliteValue::Blob(_) => Value::Null,
            });
            all.push(values.collect());
        }
        Ok(all)
    }
}

impl Host for TestHost {
    async fn set_alarm(&self, at: Millis) -> Result<(), SqlFault> {
        self.0.alarm.set(Some(at));
        Ok(())
    }

    async fn enqueue(&self, events: &[String]) -> Result<(), QueueFault> {
        if !self.alive() {
            return std::future::pending().await;
        }
        match self.0.queue.borrow_mut().as_mut() {
            Some(queue) => queue.extend(events.iter().cloned()),
            None => return Err(QueueFault),
        }
        if !self.alive() {
            return std::future::pending().await;
        }
        Ok(())
    }

    async fn flow(&self, execution: &Execution) -> Result<Option<PublishedFlow>, FlowFault> {
        if !self.alive() {
            return std::future::pending().await;
        }
        let library = self.0.library.borrow().clone();
        library.map_or(Ok(None), |library| library(execution))
    }

    async fn mail(&self, mail: Mail<'_>) -> Result<(), MailFault> {
        if !self.alive() {
            return std::future::pending().await;
        }
        let text = format!("{} {}: {}", mail.binding, mail.to, mail.text);
        self.0.mails.borrow_mut().push(text);
        if !self.alive() {
            return std::future::pending().await;
        }
        self.0.mail_answer.get()
    }

    fn log(&self, record: Record) {
        self.0.log.borrow_mut().push(record);
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl Peers for TestHost {
    async fn ask_text(
        &self,
        object: Object,
        name: &str,
        verb: &str,
        body: String,
    ) -> Result<String, ObjectFault> {
        if !self.alive() {
            return std::future::pending().await;
        }
        let peers = self.0.peers.borrow().clone();
        let answer = match peers {
            Some(peers) => peers(object, name, verb, &body),
            None => Err(ObjectFault::Unreachable),
        };
        // The process may die before the answer comes.
        if !self.alive() {
            return std::future::pending().await;
        }
        answer
    }
}

/// Runs a future that never waits for anything but the test host, to its end or to the
/// process's death (`None`).
pub(crate) fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    // More than once: what is slow is ready the second time, what is dead never is.
    for _ in 0..3 {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
    }
    None
}
