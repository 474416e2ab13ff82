//! What a handler needs beyond the request: settings, objects, published configuration.
//! `platform` implements it over bindings, tests over values.

use crate::access::jwt::Jwk;
use crate::log::Record;
use crate::objects::Command;
use crate::ports::{Clock, Entropy, Http, HttpFault, HttpRequest, HttpResponse};
use crate::settings::Settings;

/// A call to an object or to KV that did not work. The cause was logged where it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// The world of one request.
pub trait World: Clock + Entropy + Http {
    /// The deployment's settings.
    fn settings(&self) -> &Settings;

    /// A variable or secret as it is set, for the console.
    fn variable(&self, name: &str) -> Option<String>;

    /// Asks one Durable Object, by its name within its class.
    fn ask<C: Command>(
        &self,
        name: &str,
        command: &C,
    ) -> impl Future<Output = Result<C::Reply, Unavailable>>;

    /// Leaves a command on the queue, for an object that does not answer now.
    fn defer<C: Command>(
        &self,
        name: &str,
        command: &C,
    ) -> impl Future<Output = Result<(), Unavailable>>;

    /// Tells an object something that the answer need not wait for. It is asked after the
    /// answer has left; when it does not take it, the command goes on the queue.
    fn tell<C: Command>(&self, name: &str, command: &C);

    /// Puts texts on the queue, as many as there are.
    fn enqueue(&self, texts: &[String]) -> impl Future<Output = Result<(), Unavailable>>;

    /// Sends a request with headers of its own, to the application.
    fn notify(
        &self,
        request: HttpRequest,
        headers: &[(&'static str, String)],
    ) -> impl Future<Output = Result<HttpResponse, HttpFault>>;

    /// Asks servers what is behind URLs, each of them by `HEAD` and all within so many
    /// milliseconds: a line with the type and one with the length for each, both empty for
    /// one that says nothing.
    fn look(&self, urls: &[String], within: u32) -> impl Future<Output = String>;

    /// Reads a published document from KV.
    fn published(&self, key: &str) -> impl Future<Output = Result<Option<String>, Unavailable>>;

    /// Writes a published document to KV; an empty one takes its key away.
    fn publish(&self, key: &str, document: &str) -> impl Future<Output = Result<(), Unavailable>>;

    /// Whether a signature by RS256 (RSASSA-PKCS1-v1_5 with SHA-256) is that of this key.
    fn verify_rs256(&self, key: &Jwk, signed: &str, signature: &[u8])
    -> impl Future<Output = bool>;

    /// Whether the holder of an API key may make another request now.
    fn allow(&self, key: &str) -> impl Future<Output = bool>;

    /// The isolate's memory of what was published.
    fn memory(&self) -> &super::published::Memory;

    /// Writes one log line.
    fn log(&self, record: Record);
}
