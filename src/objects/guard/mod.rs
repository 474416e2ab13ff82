//! The guard of verifications: limits that belong to no single person, the conversion watch
//! and the figures.
//!
//! **Invariant.** At every moment, for each client, prefix and the account, no window holds
//! more starts than its limit. A start is admitted and counted in one turn of the object, with
//! nothing awaited in between, so a race cannot pass it; it is counted until it is given back,
//! so a Worker that dies half-way leaves it counted.
//!
//! **One object per deployment**, `guard`: the limit of the account is one number, and exact
//! only in one place; the client's and the prefix's limits are kept beside it so that all
//! three cost one call. An object takes about a thousand requests a second (Cloudflare docs,
//! "Durable Objects limits"), some fifty times what one Verify service sends. A person's own
//! limit is kept with the person, in the contact.
//!
//! Storage: `start(key, at, id)`, one row per start and limit; `tally(key, size, ends_at,
//! starts, approved)`, see [`watch`]; `block(key, ...)`; `figure(hour, channel, country, ...)`.
//! No whole number, no address and no code is in any of them; a client's IP address is, for as
//! long as its window.

mod commands;
mod ledger;

#[cfg(test)]
mod tests;

pub use commands::*;

use super::id::base32;
use super::{Command, ObjectFault, read, schema, write};
use crate::log::Record;
use crate::ports::{Host, Millis};
use crate::verify::guard::Knock;
use crate::verify::policy::{Mode, Policy};
use crate::verify::watch;
use crate::verify::window::{Limit, Standing};

/// The name of the one instance.
pub const INSTANCE: &str = "guard";

pub(super) const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE start (
        key TEXT NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (key, at, id)
    ) WITHOUT ROWID;
    CREATE INDEX start_at ON start (at);
    CREATE TABLE tally (
        key TEXT NOT NULL, size INTEGER NOT NULL, ends_at INTEGER NOT NULL,
        starts INTEGER NOT NULL, approved INTEGER NOT NULL, PRIMARY KEY (key, size, ends_at)
    ) WITHOUT ROWID;
    CREATE INDEX tally_age ON tally (size, ends_at);
    CREATE TABLE block (
        key TEXT PRIMARY KEY, until INTEGER NOT NULL, document TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE figure (
        hour INTEGER NOT NULL, channel TEXT NOT NULL, country TEXT NOT NULL,
        started INTEGER NOT NULL, approved INTEGER NOT NULL,
        PRIMARY KEY (hour, channel, country)
    ) WITHOUT ROWID;
    CREATE TABLE reported (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX reported_at ON reported (at)
"];

/// The object.
pub struct Guard<H> {
    host: H,
}

impl<H: Host> Guard<H> {
    /// Opens the object.
    ///
    /// # Errors
    /// When its tables cannot be made.
    pub fn open(host: H) -> Result<Guard<H>, ObjectFault> {
        schema::migrate(&host, &MIGRATIONS)?;
        Ok(Guard { host })
    }

    /// Carries out one command.
    ///
    /// # Errors
    /// When the command is unknown or unreadable, or storage fails.
    pub fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        match verb {
            Admit::VERB => write("reply", &self.admit(read("command", body)?)?),
            Report::VERB => write("reply", &self.report(&read("command", body)?)?),
            Convert::VERB => write("reply", &self.convert(&read("command", body)?)?),
            Figures::VERB => write("reply", &self.figures(&read("command", body)?)?),
            _ => Err(ObjectFault::NoSuchCommand),
        }
    }

    fn now(&self) -> Millis {
        self.host.now()
    }

    fn policy(&self) -> &Policy {
        &self.host.settings().verify
    }

    /// 1. A block in force answers.
    /// 2. The watch looks at the prefix and the network; a collapse becomes a block.
    /// 3. Every limit is looked at before any is counted: a refusal leaves no trace.
    /// 4. The start counts everywhere at once.
    pub(crate) fn admit(&self, command: Admit) -> Result<Admitted, ObjectFault> {
        let now = self.now();
        self.forget_some()?;
        let knock = command.knock;
        for (kind, key) in watched(&knock) {
            if let Some(until) = self.blocked(kind, key, now)? {
                return Ok(Admitted::Blocked { by: kind, until });
            }
        }
        let limits = self.limits(&knock);
        for (by, key, limit) in &limits {
            if let Standing::Full { opens_at } = self.standing(key, *limit, now)? {
                return Ok(Admitted::Limited { by: *by, opens_at });
            }
        }
        let mut id = [0; 10];
        self.host.fill(&mut id);
        let permit = Permit {
            id: base32(&id, 16),
            at: now,
            knock,
        };
        for (_, key, _) in &limits {
            self.add_start(key, &permit)?;
        }
        if self.policy().guard != Mode::Off {
            self.tally(&permit, 1, 0)?;
        }
        Ok(Admitted::Yes {
            permit: write("permit", &permit)?,
        })
    }

    /// The limits that a start counts against, by the key of its window.
    fn limits(&self, knock: &Knock) -> Vec<(LimitKind, String, Limit)> {
        let policy = self.policy();
        let client = policy.per_ip.zip(knock.client.as_ref());
        let prefix = policy.per_prefix.zip(knock.prefix.as_ref());
        let mut limits = Vec::with_capacity(3);
        if let Some((limit, client)) = client {
            limits.push((LimitKind::Ip, format!("ip:{client}"), limit));
        }
        if let Some((limit, prefix)) = prefix {
            limits.push((LimitKind::Prefix, format!("prefix:{prefix}"), limit));
        }
        if let Some(limit) = policy.per_account {
            limits.push((LimitKind::Account, "account".to_owned(), limit));
        }
        limits
    }

    /// Until when a key is blocked. Looks at its conversion when it is not blocked yet.
    fn blocked(
        &self,
        kind: KeyKind,
        key: &str,
        now: Millis,
    ) -> Result<Option<Millis>, ObjectFault> {
        let mode = self.policy().guard;
        if mode == Mode::Off {
            return Ok(None);
        }
        if let Some(block) = self.block(kind, key, now)? {
            return Ok((!block.dry_run && mode == Mode::On).then_some(block.until));
        }
        let own = self.tallies(&watch_key(kind, key), now)?;
        if own.iter().map(|tally| tally.starts).sum::<u32>() < watch::LEAST_STARTS {
            return Ok(None);
        }
        let evidence = watch::weigh(&own, &self.tallies(EVERYBODY, now)?, now);
        if !evidence.has_collapsed() {
            return Ok(None);
        }
        let block = Block {
            kind,
            key: key.to_owned(),
            at: now,
            until: now.saturating_add(self.policy().block_for),
            evidence,
            dry_run: mode == Mode::DryRun,
        };
        self.save_block(&block)?;
        self.host.log(
            Record::warn("verify.blocked")
                .with(
                    "kind",
                    match kind {
                        KeyKind::Prefix => "prefix",
                        KeyKind::Network => "network",
                    },
                )
                .with("key", key)
                .with("starts", evidence.starts)
                .with("approved", evidence.approved)
                .with("expected", evidence.expected.round())
                .with("until", crate::time::rfc3339(block.until))
                .with("dry_run", block.dry_run),
        );
        Ok((!block.dry_run).then_some(block.until))
    }

    /// A start that is given back leaves every window and tally; one that was sent is counted
    /// in the figures. The first report of a permit is the only one.
    pub(crate) fn report(&self, report: &Report) -> Result<(), ObjectFault> {
        let permit: Permit = read("permit", &report.permit)?;
        if !self.first_report(&permit.id)? {
            return Ok(());
        }
        match report.fate {
            Fate::Sent(channel) => self.count(&permit, channel, 1, 0),
            Fate::GivenBack => {
                for (_, key, _) in self.limits(&permit.knock) {
                    self.remove_start(&key, &permit)?;
                }
                self.tally(&permit, -1, 0)
            }
        }
    }

    /// Approvals are counted where and when their starts were.
    pub(crate) fn convert(&self, command: &Convert) -> Result<(), ObjectFault> {
        for start in &command.starts {
            let permit: Permit = read("permit", &start.permit)?;
            if self.first_report(&format!("c{}", permit.id))? {
                self.tally(&permit, 0, 1)?;
                self.count(&permit, start.channel, 0, 1)?;
            }
        }
        Ok(())
    }
}

/// The tally of all starts.
const EVERYBODY: &str = "all";

fn watch_key(kind: KeyKind, key: &str) -> String {
    match kind {
        KeyKind::Prefix => format!("p:{key}"),
        KeyKind::Network => format!("n:{key}"),
    }
}

/// What of a start is watched.
fn watched(knock: &Knock) -> impl Iterator<Item = (KeyKind, &str)> {
    let prefix = knock.prefix.as_deref().map(|key| (KeyKind::Prefix, key));
    let network = knock.network.as_deref().map(|key| (KeyKind::Network, key));
    prefix.into_iter().chain(network)
}
