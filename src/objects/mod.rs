//! Durable Objects: what each keeps, the commands it takes, and the rules it keeps them by.
//!
//! An object's logic is generic over [`Host`](crate::ports::Host), so that it runs natively
//! on a real SQLite in tests, with a crash put between any two statements. `platform`
//! wraps it into a Durable Object class.

pub mod campaign;
pub mod contact;
pub mod guard;
pub mod id;
pub mod idempotency;
pub mod ledger;
pub mod paths;
pub mod peers;
pub mod registry;
pub mod schema;
pub mod sender;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod upgrade;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;
use crate::ports::SqlFault;

/// A command of one object: caller and object share this definition, so that they cannot
/// drift. It travels as `POST /{VERB}` with a JSON body; Rust classes have no RPC.
pub trait Command: Serialize + DeserializeOwned {
    /// The object that takes it.
    const OBJECT: Object;
    /// The path segment.
    const VERB: &'static str;
    /// What comes back.
    type Reply: Serialize + DeserializeOwned;
}

/// The Durable Object classes, by the name of their binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// One per person: [`contact`].
    Contact,
    /// One per deployment: [`registry`].
    Registry,
    /// A fixed number of shards: [`idempotency`].
    Idempotency,
    /// One per deployment: [`guard`].
    Guard,
    /// By day, by sender, and a fixed number of shards: [`ledger`].
    Ledger,
    /// One per campaign: [`campaign`].
    Campaign,
    /// One per address or Messaging Service that we send from: [`sender`].
    Sender,
}

impl Object {
    /// Every class.
    #[cfg(test)]
    pub(crate) const ALL: [Object; 7] = [
        Object::Contact,
        Object::Registry,
        Object::Idempotency,
        Object::Guard,
        Object::Ledger,
        Object::Campaign,
        Object::Sender,
    ];

    /// The binding in `wrangler.toml`.
    pub fn binding(self) -> &'static str {
        match self {
            Object::Contact => "CONTACT",
            Object::Registry => "REGISTRY",
            Object::Idempotency => "IDEMPOTENCY",
            Object::Guard => "GUARD",
            Object::Ledger => "LEDGER",
            Object::Campaign => "CAMPAIGN",
            Object::Sender => "SENDER",
        }
    }
}

/// Why an object could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectFault {
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] SqlFault),
    /// A command or a stored document cannot be read.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// Which.
        what: &'static str,
        /// The parser's words, which quote no value.
        why: String,
    },
    /// No such command.
    #[error("no command of this name")]
    NoSuchCommand,
    /// Another object did not answer.
    #[error("another object did not answer")]
    Unreachable,
}

fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, ObjectFault> {
    json::read(text).map_err(|error| ObjectFault::Unreadable {
        what,
        why: error.to_string(),
    })
}

fn write<T: Serialize>(what: &'static str, value: &T) -> Result<String, ObjectFault> {
    serde_json::to_string(value).map_err(|error| ObjectFault::Unreadable {
        what,
        why: error.to_string(),
    })
}
