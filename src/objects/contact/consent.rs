//! The person's consent as it is kept: one row per change, never edited.

use serde_json::{Value as Json, json};

use super::commands::{ConsentState, PutConsent, Receive};
use super::fact::Kind as Fact;
use super::{Contact, Message, ObjectFault};
use crate::log::Record;
use crate::messaging::consent::{
    Change, Entry, Evidence, Path, Scope, Source, Standing, StopReach, learn,
};
use crate::messaging::revocation::Revocation;
use crate::messaging::sender::{Channel, SenderKind};
use crate::objects::{read, write};
use crate::ports::{Host, Value};
use crate::time::rfc3339;

impl<H: Host> Contact<H> {
    /// Every change, oldest first.
    fn ledger(&self) -> Result<Vec<Entry>, ObjectFault> {
        let rows = self
            .host
            .exec("SELECT entry FROM consent ORDER BY seq", Vec::new())?;
        rows.iter()
            .filter_map(|row| row.first().and_then(Value::text))
            .map(|text| read("consent entry", text))
            .collect()
    }

    pub(super) fn standing(&self) -> Result<Standing, ObjectFault> {
        Ok(Standing::of(self.ledger()?))
    }

    pub(super) fn record_consent(&self, entry: &Entry) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO consent (at, entry) VALUES (?, ?)",
            vec![entry.at.into(), write("consent entry", entry)?.into()],
        )?;
        Ok(())
    }

    /// Twilio refused or failed a message in a way that says the person has opted out. They
    /// said stop to one sender; as with a STOP that we hear ourselves, it holds for all.
    pub(super) fn learn_opt_out(&self, message: &Message, code: u32) -> Result<(), ObjectFault> {
        let path = Path {
            sender: message.from.as_deref(),
            service: message.messaging_service_sid.as_deref(),
            channel: channel_of(&message.to),
        };
        let Some(entry) = learn(code, &path, self.now(), message.sid.as_deref()) else {
            return Ok(());
        };
        // Twilio tells of one sender; how far a STOP reaches is the deployment's to say.
        let scope = match self.host.settings().messaging.stop_reach {
            StopReach::All => Scope::All,
            StopReach::Channel => Scope::Channel(message.channel()),
            StopReach::Sender => entry.scope,
        };
        let entry = Entry { scope, ..entry };
        self.record_consent(&entry)?;
        self.end_forbidden_runs()?;
        self.tell_consent(&message.id.contact(), &message.to, &[entry])?;
        self.host.log(
            Record::info("consent.learned")
                .with("code", code)
                .with("id", message.id.as_str()),
        );
        Ok(())
    }

    /// The person may have asked to be left alone: kept until they say it plainly, or somebody
    /// decides.
    pub(super) fn suspect(
        &self,
        command: &Receive,
        found: Option<&Revocation>,
    ) -> Result<(), ObjectFault> {
        let Some(found) = found else { return Ok(()) };
        let now = self.now();
        let value = json!({
            "at": rfc3339(now), "message_sid": command.sid, "rule": found.rule,
            "confidence": found.confidence,
        });
        self.keep_fact(Fact::Suspected, "", now, &value.to_string())
    }

    fn suspicion(&self) -> Result<Json, ObjectFault> {
        let fact = self.fact(Fact::Suspected, "")?;
        fact.map_or(Ok(Json::Null), |fact| read("suspicion", &fact.value))
    }

    pub(super) fn fetch_consent(&self) -> Result<ConsentState, ObjectFault> {
        let history = self.ledger()?;
        let everything = Path {
            sender: None,
            service: None,
            channel: Channel::Sms,
        };
        let standing = Standing::of(history.clone());
        let opted_out = !standing.decide(&everything).is_allowed();
        Ok(ConsentState {
            aliases: self.fact_keys(Fact::Alias)?,
            suspected: self.suspicion()?,
            opted_out,
            known: !history.is_empty() || self.has_met()?,
            history,
        })
    }

    /// Whether a message or call was ever exchanged.
    fn has_met(&self) -> Result<bool, ObjectFault> {
        let rows = self.host.exec(
            "SELECT EXISTS (SELECT 1 FROM message) OR EXISTS (SELECT 1 FROM call)",
            Vec::new(),
        )?;
        let met = rows.first().and_then(|row| row.first());
        Ok(met.and_then(Value::int) == Some(1))
    }

    /// Records a change that was not heard from the person. The same change again (a list
    /// that is imported twice) is the one that is there.
    pub(super) fn put_consent(&self, command: &PutConsent) -> Result<ConsentState, ObjectFault> {
        let entry = Entry {
            at: command.at.unwrap_or_else(|| self.now()),
            change: if command.opted_out {
                Change::Out
            } else {
                Change::In
            },
            source: command.source,
            scope: command.scope.clone(),
            evidence: Evidence {
                text: Some(command.reason.clone()).filter(|reason| !reason.is_empty()),
                ..Evidence::default()
            },
        };
        let is_import = entry.source == Source::Import;
        // Somebody has decided. A list says nothing about what the person wrote since.
        if !is_import {
            self.drop_fact(Fact::Suspected, "")?;
        }
        if !self.ledger()?.contains(&entry) {
            self.record_consent(&entry)?;
            if command.opted_out {
                self.end_forbidden_runs()?;
            }
            // A list of thousands must not become thousands of webhooks: whoever imports it
            // keeps the ledger.
            if !is_import {
                self.tell_consent(&command.contact, &command.address, &[entry])?;
            }
        }
        self.fetch_consent()
    }
}

/// The channel of an address, by its form.
pub(super) fn channel_of(address: &str) -> Channel {
    SenderKind::of(address).channel()
}
