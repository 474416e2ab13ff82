//! Idempotency keys of the API: one request, one effect, one answer.
//!
//! **Invariant.** A key of a caller is bound to one request body for [`KEPT`]; the id of
//! what it made follows from the key, so that a crash between the claim and the effect is
//! mended by the caller's own retry: it is led to the same id, and the object that keeps
//! that id acts once.
//!
//! Instances: [`SHARDS`] shards, `shard-0` to `shard-63`, by a hash of caller and key.
//! Storage: `claim(key, body, at)`; `key` and `body` are hashes. Rows older than [`KEPT`]
//! are none, and are removed now and then as new ones come.

use serde::{Deserialize, Serialize};

use super::id::{base32, digest};
use super::{Command, Object, ObjectFault, read, schema, write};
use crate::ports::{Host, Millis};
use crate::time::DAY;

/// How long a key is remembered.
pub const KEPT: Millis = 3 * DAY;
/// One object takes about a thousand requests a second (Cloudflare docs, "Durable Objects
/// limits"); 64 shards are far beyond what one Twilio account can send.
pub const SHARDS: u8 = 64;

/// One claim in so many tidies up.
const TIDY_ONE_IN: u64 = 64;

pub(super) const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE claim (key TEXT PRIMARY KEY, body TEXT NOT NULL, at INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE INDEX claim_at ON claim (at)
"];

/// Binds a key to a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Hash of caller and key.
    pub key: String,
    /// Hash of what the request asks for.
    pub body: String,
}

impl Command for Claim {
    const OBJECT: Object = Object::Idempotency;
    const VERB: &'static str = "claim";
    type Reply = Claimed;
}

/// Whether the key is free for this body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claimed {
    /// It is new.
    Ours,
    /// It was claimed for the same body before.
    Again,
    /// It was claimed for another body.
    Conflict,
}

impl Claim {
    /// A claim of `caller` for `key`, over the request in a form that does not depend on
    /// white space or the order of fields.
    pub fn new(caller: &str, resource: &str, key: &str, request: &str) -> Claim {
        Claim {
            key: base32(&digest("idempotency-key", &[caller, resource, key]), 40),
            body: base32(&digest("idempotency-body", &[request]), 40),
        }
    }

    /// The name of the shard that decides.
    pub fn shard(&self) -> String {
        let sum = self
            .key
            .bytes()
            .fold(0_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        format!("shard-{}", sum % u32::from(SHARDS))
    }
}

/// The object.
pub struct Idempotency<H> {
    host: H,
}

impl<H: Host> Idempotency<H> {
    /// Opens the object.
    ///
    /// # Errors
    /// When its tables cannot be made.
    pub fn open(host: H) -> Result<Idempotency<H>, ObjectFault> {
        schema::migrate(&host, &MIGRATIONS)?;
        Ok(Idempotency { host })
    }

    /// Carries out one command.
    ///
    /// # Errors
    /// When the command is unknown or unreadable, or storage fails.
    pub fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        match verb {
            Claim::VERB => write("reply", &self.claim(&read("command", body)?)?),
            _ => Err(ObjectFault::NoSuchCommand),
        }
    }

    fn claim(&self, claim: &Claim) -> Result<Claimed, ObjectFault> {
        let now = self.host.now();
        let forgotten = now.saturating_sub(KEPT);
        if self.host.below(TIDY_ONE_IN) == 0 {
            self.host
                .exec("DELETE FROM claim WHERE at < ?", vec![forgotten.into()])?;
        }
        // One statement for the key of most claims, which is new, or so old that it is again.
        let rows = self.host.exec(
            "INSERT INTO claim (key, body, at) VALUES (?, ?, ?)
             ON CONFLICT (key) DO UPDATE SET body = excluded.body, at = excluded.at
             WHERE at < ? RETURNING 1",
            vec![
                claim.key.as_str().into(),
                claim.body.as_str().into(),
                now.into(),
                forgotten.into(),
            ],
        )?;
        if !rows.is_empty() {
            return Ok(Claimed::Ours);
        }
        let rows = self.host.exec(
            "SELECT 1 FROM claim WHERE key = ? AND body = ?",
            vec![claim.key.as_str().into(), claim.body.as_str().into()],
        )?;
        Ok(if rows.is_empty() {
            Claimed::Conflict
        } else {
            Claimed::Again
        })
    }
}
