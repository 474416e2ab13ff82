//! What the rules need from the world, as narrow traits: time, randomness, HTTP, SQL.
//!
//! `platform` implements them over Workers; tests implement them over plain values and
//! a real SQLite, so that the same code runs natively in milliseconds. Nothing in here
//! may name a platform type.

use std::fmt;
use std::rc::Rc;

use crate::flow::{Definition, Execution, Flows};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// The time of day.
pub trait Clock {
    /// Now. On Workers it moves only when I/O completes.
    fn now(&self) -> Millis;
}

/// Randomness.
pub trait Entropy {
    /// Fills `bytes` with random bytes fit for identifiers and jitter.
    fn fill(&self, bytes: &mut [u8]);

    /// A number in `0..bound`; 0 when `bound` is 0. The bias of the modulo is below
    /// 2⁻³² for the bounds used here (minutes in milliseconds).
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0)
    }
}

/// A request that leaves the Worker. The body is always text: a form or JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `DELETE`.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// Value of `Authorization`, when the call needs one. Never printed.
    pub authorization: Option<String>,
    /// Value of `Content-Type`, when there is a body.
    pub content_type: Option<&'static str>,
    /// The body, empty for none.
    pub body: String,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Value of `Retry-After`, as sent.
    pub retry_after: Option<String>,
    /// Value of `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// Value of `Location`, as sent: a redirect is an answer and is not followed.
    pub location: Option<String>,
    /// The body, cut at the size cap.
    pub body: String,
}

/// What one request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds until the whole answer must be there.
    pub time: Millis,
    /// Bytes of the body that are read.
    pub size: u32,
}

/// No usable answer. The request may or may not have been taken: a POST that ended so
/// is ambiguous and must never be repeated blindly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// The time limit passed.
    #[error("no answer within the time limit")]
    TimedOut,
    /// The connection failed before or while the answer was read.
    #[error("the connection failed")]
    Broken,
}

/// HTTP out, with a time limit and a size cap of the implementation's own.
pub trait Http {
    /// Sends one request.
    fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, HttpFault>>;

    /// The same with headers of its own, which win over the usual ones, and limits of its own.
    fn send_within(
        &self,
        request: HttpRequest,
        headers: &[(&'static str, String)],
        limits: Limits,
    ) -> impl Future<Output = Result<HttpResponse, HttpFault>>;

    /// Waits. Only for pauses under a second or two; longer ones belong to an alarm.
    fn pause(&self, length: Millis) -> impl Future<Output = ()>;
}

/// One SQL value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// An integer within ±2^53, since it crosses as a JavaScript number.
    Int(i64),
    /// A float.
    Real(f64),
    /// UTF-8 text.
    Text(String),
}

impl Value {
    /// The integer, when it is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            Value::Real(n) if n.fract() == 0.0 => Some(*n as i64),
            _ => None,
        }
    }

    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// A statement that failed, with SQLite's own words (never a bound value).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("storage: {0}")]
pub struct SqlFault(pub String);

/// A queue that did not take what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue did not take the events")]
pub struct QueueFault;

/// One e-mail, as plain text.
#[derive(Clone, Copy)]
pub struct Mail<'a> {
    /// A binding of the type `send_email`, by its name.
    pub binding: &'a str,
    /// From an address that the mail service knows.
    pub from: &'a str,
    /// To the person.
    pub to: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// Text.
    pub text: &'a str,
}

/// A mail that the platform's own mail service did not say it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// It was not taken, for a reason that the service gave.
    #[error("the mail was refused")]
    Refused,
    /// It may or may not have been taken.
    #[error("nobody can say whether the mail was taken")]
    Unknown,
}

/// The SQLite database of one Durable Object.
///
/// Statements that run with no `.await` between them are committed together
/// (Cloudflare docs, "Access Durable Objects Storage", write coalescing); an outgoing
/// request and the answer wait until they are durable (output gates).
pub trait Sql {
    /// Runs one statement and returns all its rows, values in column order.
    fn exec(&self, statement: &str, bindings: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlFault>;

    /// Runs statements that take no values and return no rows, divided by `;`.
    ///
    /// # Errors
    /// The first one that fails; those before it are done.
    fn script(&self, statements: &str) -> Result<(), SqlFault> {
        let statements = statements.split(';').map(str::trim);
        for statement in statements.filter(|text| !text.is_empty()) {
            self.exec(statement, Vec::new())?;
        }
        Ok(())
    }
}

/// A flow at one revision, and those that it runs as subflows.
#[derive(Debug, Clone)]
pub struct PublishedFlow {
    /// The flow.
    pub definition: Rc<Definition>,
    /// Its subflows, under the names that it calls them by.
    pub flows: Rc<Flows>,
}

/// What was published cannot be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("published flows cannot be read now")]
pub struct FlowFault;

/// What a Durable Object gets from its host.
pub trait Host: Clock + Entropy + Http + Sql {
    /// Sets the object's one alarm; an alarm set earlier is replaced.
    fn set_alarm(&self, at: Millis) -> impl Future<Output = Result<(), SqlFault>>;

    /// Puts events, each a JSON text, on the queue: all of them or none.
    fn enqueue(&self, events: &[String]) -> impl Future<Output = Result<(), QueueFault>>;

    /// The flow that an execution runs, at its revision, with the subflows that it may come to;
    /// `None` when there is none. Kept for good once it was read: a revision never changes.
    fn flow(
        &self,
        execution: &Execution,
    ) -> impl Future<Output = Result<Option<PublishedFlow>, FlowFault>>;

    /// Hands over an e-mail.
    fn mail(&self, mail: Mail<'_>) -> impl Future<Output = Result<(), MailFault>>;

    /// Writes one structured line; see [`crate::log`].
    fn log(&self, record: crate::log::Record);

    /// The deployment's settings.
    fn settings(&self) -> &crate::settings::Settings;
}
