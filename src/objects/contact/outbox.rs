//! What the application is told: events are rows here, in the same commit as what they tell
//! of, and leave for the queue from the alarm. So none is lost in a crash, and nothing that
//! waits for an answer waits for the queue.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::message::{Direction, Message};
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::consent::{Change, Entry, Scope};
use crate::messaging::status::MessageStatus;
use crate::objects::id::{ContactName, EventId};
use crate::objects::write;
use crate::ports::{Host, Millis, Value};
use crate::time::SECOND;

/// How many events leave at once: a queue takes 100 in one call.
const BATCH: i64 = 50;
/// How long a queue that did not take them is left alone.
const PAUSE: Millis = 5 * SECOND;

/// An event on its way to the application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`: also the `webhook-id`.
    pub id: EventId,
    /// When it happened.
    pub at: Millis,
    /// `message.received`, `message.status`, ...
    pub kind: String,
    /// Whose; absent for what concerns nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactName>,
    /// What the application is told.
    pub data: Json,
}

impl<H: Host> Contact<H> {
    /// Puts an event into the outbox.
    pub(super) fn emit(
        &self,
        contact: Option<ContactName>,
        kind: &str,
        data: Json,
    ) -> Result<(), ObjectFault> {
        let now = self.now();
        let event = Event {
            id: EventId::fresh(now, &self.host),
            at: now,
            kind: kind.to_owned(),
            contact,
            data,
        };
        self.host.exec(
            "INSERT INTO outbox (at, event) VALUES (?, ?)",
            vec![now.into(), write("event", &event)?.into()],
        )?;
        self.owe(now);
        Ok(())
    }

    /// A message has a new status, or will have no further attempt.
    pub(super) fn tell_status(&self, message: &Message) -> Result<(), ObjectFault> {
        if let Some(sid) = &message.options.execution
            && message.status.is_none_or(MessageStatus::has_failed)
        {
            self.wake_run(sid)?;
        }
        let is_last = message.status.is_none_or(MessageStatus::is_terminal);
        if message.options.campaign.is_some() && !is_last {
            return Ok(());
        }
        self.emit(
            Some(message.id.contact()),
            "message.status",
            summary(message),
        )
    }

    /// Twilio has had a message for long and says nothing final.
    pub(super) fn tell_stuck(&self, message: &Message) -> Result<(), ObjectFault> {
        let data = summary(message);
        self.emit(Some(message.id.contact()), "message.stuck", data)
    }

    pub(super) fn tell_received(&self, message: &Message) -> Result<(), ObjectFault> {
        let mut data = summary(message);
        if let Some(data) = data.as_object_mut() {
            data.insert("body".to_owned(), message.body.as_str().into());
            data.insert("media_urls".to_owned(), json!(message.media_urls));
            if !message.details.is_null() {
                data.insert("details".to_owned(), message.details.clone());
            }
        }
        self.emit(Some(message.id.contact()), "message.received", data)
    }

    /// Consent has changed.
    pub(super) fn tell_consent(
        &self,
        contact: &ContactName,
        address: &str,
        entries: &[Entry],
    ) -> Result<(), ObjectFault> {
        let Some(first) = entries.first() else {
            return Ok(());
        };
        let kind = match first.change {
            Change::Out => "contact.opted_out",
            Change::In => "contact.opted_in",
        };
        let scopes: Vec<&Scope> = entries.iter().map(|entry| &entry.scope).collect();
        let data = json!({
            "address": address,
            "change": first.change,
            "scopes": scopes,
            "source": first.source,
            "at": crate::time::rfc3339(first.at),
        });
        self.emit(Some(contact.clone()), kind, data)
    }

    /// Somebody has to look: the account, a sender, a text that is filtered.
    pub(super) fn tell_attention(
        &self,
        message: &Message,
        code: Option<u32>,
    ) -> Result<(), ObjectFault> {
        self.host.log(
            Record::error("message.attention")
                .with("id", message.id.as_str())
                .with("code", code),
        );
        self.emit(
            Some(message.id.contact()),
            "message.attention",
            summary(message),
        )
    }

    /// Sends to the queue what is due. A crash after that and before the rows are gone sends
    /// them twice, under the same ids.
    pub(super) async fn flush(&self) -> Result<(), ObjectFault> {
        loop {
            let now = self.now();
            // The last row is when more is due, so that an alarm need not ask for that.
            let mut rows = self.host.exec(
                "SELECT * FROM (SELECT seq, event FROM outbox WHERE at <= ?1 ORDER BY seq LIMIT ?2)
                 UNION ALL SELECT MIN(at), NULL FROM
                    (SELECT at FROM due UNION ALL SELECT at FROM outbox WHERE at > ?1)",
                vec![now.into(), BATCH.into()],
            )?;
            let next = rows.pop();
            self.alarm
                .learn(next.and_then(|row| row.first().and_then(Value::int)));
            let events: Vec<String> = rows
                .iter()
                .filter_map(|row| row.get(1)?.text().map(str::to_owned))
                .collect();
            let last = rows.last().and_then(|row| row.first()).and_then(Value::int);
            let Some(last) = last else { return Ok(()) };
            if self.host.enqueue(&events).await.is_err() {
                self.host.log(Record::error("outbox.stuck"));
                let later = self.now().saturating_add(PAUSE);
                self.host
                    .exec("UPDATE outbox SET at = ?", vec![later.into()])?;
                self.owe(later);
                return Ok(());
            }
            // Rows that were put off while the queue was stuck have a later time: they stay.
            self.host.exec(
                "DELETE FROM outbox WHERE seq <= ? AND at <= ?",
                vec![last.into(), now.into()],
            )?;
            if events.len() < BATCH as usize {
                return Ok(());
            }
        }
    }
}

/// A message as an event tells it.
fn summary(message: &Message) -> Json {
    let inbound = message.direction == Direction::Inbound;
    let is_final = !message.is_pending()
        && (message.course.stopped.is_some()
            || message.status.is_some_and(MessageStatus::is_terminal)
            || message.status.is_none());
    let failure = message.failure.as_ref();
    let mut data = json!({
        "id": message.id,
        "sid": message.sid,
        "direction": message.direction,
        "channel": message.channel(),
        "from": message.from,
        "to": message.to,
        "status": message.status_name(),
        "created_at": crate::time::rfc3339(message.created_at),
        "updated_at": crate::time::rfc3339(message.updated_at),
    });
    let Some(fields) = data.as_object_mut() else {
        return data;
    };
    if !inbound {
        fields.insert("attempt".to_owned(), message.course.number().into());
        fields.insert("final".to_owned(), is_final.into());
    }
    if let Some(service) = &message.messaging_service_sid {
        fields.insert("messaging_service_sid".to_owned(), service.as_str().into());
    }
    if let Some(sender) = &message.options.sender {
        fields.insert("sender".to_owned(), sender.as_str().into());
    }
    if let Some(line) = &message.options.line_type {
        fields.insert("line_type".to_owned(), line.as_str().into());
    }
    if let Some(failure) = failure {
        fields.insert(
            "error".to_owned(),
            json!({ "code": failure.code, "class": failure.class }),
        );
    }
    if let Some(reason) = message.course.stopped {
        fields.insert("stopped".to_owned(), json!(reason));
    }
    data
}
