//! The campaign: one Durable Object per campaign, with its recipients in SQLite.
//!
//! It knows who is to be written to and what became of each; it sends nothing itself. The
//! [sender](super::sender) claims messages, hands each to its recipient's
//! [contact](super::contact) and settles the claim.
//!
//! **What must never happen**
//! 1. Two messages to one person. A message's id follows from campaign, line and attempt, and
//!    the contact sends an id once; so a message may be claimed any number of times. A new
//!    attempt begins only where it is certain that Twilio does not have the last one.
//! 2. A person left out by a crash. A claim is a row before its messages are given out, and
//!    it is given out again when its holder is gone or its lease over.
//! 3. Half a list. An upload fills a table of its own, which becomes the campaign's in one
//!    step when it is whole.
//!
//! **Instance**: the campaign's id. **Storage**: `campaign`, one JSON document; one table
//! `recipients_N` per list; `claim`, `again` (tries that are put off), `pending` (outcomes that
//! are being found out), `cursor` (how far each group was given out), `tally` (how many stand
//! where). **Alarm**: looks after what is pending, and ends the campaign.

mod claims;
mod commands;
mod orders;
mod results;
mod settle;
mod show;
mod store;
mod upload;
mod watch;

#[cfg(test)]
pub(super) mod stage;
#[cfg(test)]
mod tests;

pub use commands::*;
pub use watch::outcome_of;

use std::sync::atomic::{AtomicBool, AtomicI64};

use super::peers::Peers;
use super::{Command, ObjectFault, read, schema, write};
use crate::ports::Millis;

pub(super) const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE campaign (id INTEGER PRIMARY KEY, document TEXT NOT NULL);
    CREATE TABLE claim (
        id INTEGER PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL, lines TEXT NOT NULL
    );
    CREATE TABLE again (line INTEGER PRIMARY KEY, at INTEGER NOT NULL);
    CREATE INDEX again_at ON again (at);
    CREATE TABLE pending (line INTEGER PRIMARY KEY, at INTEGER NOT NULL);
    CREATE INDEX pending_at ON pending (at);
    CREATE TABLE cursor (place INTEGER PRIMARY KEY, line INTEGER NOT NULL);
    CREATE TABLE tally (
        state INTEGER NOT NULL, class TEXT NOT NULL, n INTEGER NOT NULL,
        PRIMARY KEY (state, class)
    ) WITHOUT ROWID
"];

/// The object.
pub struct Campaign<H> {
    host: H,
    /// When the list of campaigns was last told, and whether the alarm will tell it. (Atomics only
    /// because a Durable Object must bear a panic that unwinds through it.)
    shown_at: AtomicI64,
    is_due: AtomicBool,
}

impl<H: Peers> Campaign<H> {
    /// Opens the object and brings its tables up to date.
    ///
    /// # Errors
    /// When they cannot be.
    pub fn open(host: H) -> Result<Campaign<H>, ObjectFault> {
        schema::migrate(&host, &MIGRATIONS)?;
        Ok(Campaign {
            host,
            shown_at: AtomicI64::new(0),
            is_due: AtomicBool::new(false),
        })
    }

    /// Carries out one command.
    ///
    /// # Errors
    /// When the command is unknown or unreadable, or storage fails.
    pub async fn handle(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        let reply = self.carry_out(verb, body).await?;
        match verb {
            CreateCampaign::VERB | EndUpload::VERB | GiveOrder::VERB => self.show().await?,
            Settle::VERB | ReportRecipient::VERB => self.show_progress().await?,
            _ => {}
        }
        Ok(reply)
    }

    async fn carry_out(&self, verb: &str, body: &str) -> Result<String, ObjectFault> {
        match verb {
            CreateCampaign::VERB => write("reply", &self.create(read("command", body)?)?),
            BeginUpload::VERB => write("reply", &self.begin_upload()?),
            AddRecipients::VERB => write("reply", &self.add_recipients(body)?),
            EndUpload::VERB => write("reply", &self.end_upload(read("command", body)?)?),
            GiveOrder::VERB => write("reply", &self.order(&read("command", body)?).await?),
            FetchCampaign::VERB => write("reply", &self.view()?),
            Claim::VERB => write("reply", &self.claim(&read("command", body)?).await?),
            Settle::VERB => write("reply", &self.settle(&read("command", body)?).await?),
            ReportRecipient::VERB => {
                let ReportRecipient { outcome } = read("command", body)?;
                write("reply", &self.report(outcome).await?)
            }
            MayGoOn::VERB => write("reply", &self.going()?),
            ListResults::VERB => write("reply", &self.results(&read("command", body)?)?),
            _ => Err(ObjectFault::NoSuchCommand),
        }
    }

    fn now(&self) -> Millis {
        self.host.now()
    }
}
