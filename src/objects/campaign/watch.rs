//! The alarm: asks the journals about what is pending, and ends the campaign when nobody is
//! left.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::claims::message_id;
use super::commands::Outcome;
use super::store::Document;
use super::{Campaign, ObjectFault};
use crate::campaign::state::{Reached, Status};
use crate::objects::contact::{CancelMessage, Changed, Delivery, FetchMessage, Message};
use crate::objects::id::Id;
use crate::objects::peers::{Peers, ask};
use crate::ports::{Millis, Value};
use crate::time::SECOND;

/// Journals that are asked at a time; the rest follow at once.
const BATCH: i64 = 50;
/// Until a message that is still pending is asked about again.
const PAUSE: Millis = 10 * SECOND;

impl<H: Peers> Campaign<H> {
    /// Looks after what the sender is not concerned with.
    ///
    /// # Errors
    /// When storage fails; the platform then runs the alarm again.
    pub async fn alarm(&self) -> Result<(), ObjectFault> {
        self.look_after().await?;
        self.show().await
    }

    async fn look_after(&self) -> Result<(), ObjectFault> {
        let Some(document) = self.document()? else {
            return Ok(());
        };
        self.look_into(&document).await?;
        let Some(document) = self.document()? else {
            return Ok(());
        };
        if document.status == Status::Running {
            if self.nobody_is_left(&document)? {
                self.complete(document, None)?;
            } else if self
                .number("SELECT 1 FROM pending LIMIT 1", Vec::new())?
                .is_none()
            {
                // The sender may not have heard that there is something to do.
                return self.tell_sender(&document).await;
            }
        }
        self.arm_watch().await
    }

    pub(super) async fn arm_watch(&self) -> Result<(), ObjectFault> {
        if let Some(at) = self.number("SELECT MIN(at) FROM pending", Vec::new())? {
            self.host.set_alarm(at.max(self.now())).await?;
        }
        Ok(())
    }

    pub(super) fn nobody_is_left(&self, document: &Document) -> Result<bool, ObjectFault> {
        let accepted = i64::try_from(document.report.accepted).unwrap_or(i64::MAX);
        let open = [
            Reached::Waiting.number().into(),
            Reached::Pending.number().into(),
        ];
        let statement = "SELECT SUM(n) FROM tally WHERE state NOT IN (?, ?)";
        Ok(self.number(statement, open.to_vec())?.unwrap_or(0) >= accepted)
    }

    async fn look_into(&self, document: &Document) -> Result<(), ObjectFault> {
        let rows = self.host.exec(
            &format!(
                "SELECT r.line, r.attempt, r.person FROM pending
                 JOIN {} AS r ON r.line = pending.line
                 WHERE pending.at <= ? ORDER BY pending.at LIMIT ?",
                document.table()
            ),
            vec![self.now().into(), BATCH.into()],
        )?;
        let mut looks: FuturesUnordered<_> =
            rows.iter().map(|row| self.look(document, row)).collect();
        let mut outcomes = Vec::new();
        while let Some(outcome) = looks.next().await {
            outcomes.extend(outcome);
        }
        drop(looks);
        for outcome in &outcomes {
            let line = i64::try_from(outcome.line).unwrap_or(0);
            let later = self.now().saturating_add(PAUSE);
            self.host.exec(
                "UPDATE pending SET at = ? WHERE line = ?",
                vec![
                    outcome.again.unwrap_or(later).max(later).into(),
                    line.into(),
                ],
            )?;
        }
        self.take_in(document, &outcomes)?;
        Ok(())
    }

    async fn look(&self, document: &Document, row: &[Value]) -> Option<Outcome> {
        let [line, attempt, person] = row else {
            return None;
        };
        let line = u64::try_from(line.int()?).ok()?;
        let attempt = u32::try_from(attempt.int()?).ok()?;
        let id = message_id(document, person.text()?, line, attempt.into());
        let person = person.text()?;
        let message = if document.status == Status::Canceled {
            self.call_off(person, id).await
        } else {
            let fetched = ask(&self.host, person, &FetchMessage { id }).await;
            fetched.ok().flatten()
        };
        Some(match message {
            Some(message) => outcome_of(line, attempt, &message),
            // Asked again later.
            None => plain(line, attempt, Reached::Pending),
        })
    }

    /// A message of a cancelled campaign that its contact would try again is not tried again.
    /// (Should the contact be about to do so, it asks first: [`MayGoOn`](super::MayGoOn).)
    async fn call_off(&self, person: &str, id: Id) -> Option<Message> {
        match ask(&self.host, person, &CancelMessage { id }).await.ok()? {
            Changed::Done(message) | Changed::NotNow(message) => Some(*message),
            Changed::Refused(_)
            | Changed::NoAnswer
            | Changed::NotFound
            | Changed::NotConfigured => None,
        }
    }
}

impl<H: Peers> Campaign<H> {
    /// What the journal says of a recipient whom a callback called failed.
    pub(super) async fn look_up(
        &self,
        document: &Document,
        told: Outcome,
    ) -> Result<Outcome, ObjectFault> {
        let statement = format!(
            "SELECT line, attempt, person FROM {} WHERE line = ? AND attempt = ?",
            document.table()
        );
        let line = i64::try_from(told.line).unwrap_or(0);
        let rows = self.host.exec(
            &statement,
            vec![line.into(), i64::from(told.attempt).into()],
        )?;
        let Some(row) = rows.first() else {
            return Ok(told);
        };
        let found = self.look(document, row).await;
        Ok(found.unwrap_or(told))
    }
}

fn plain(line: u64, attempt: u32, reached: Reached) -> Outcome {
    Outcome {
        line,
        attempt,
        reached,
        code: None,
        class: None,
        sid: None,
        again: None,
    }
}

/// Where a recipient stands by the journal of their message.
pub fn outcome_of(line: u64, attempt: u32, message: &Message) -> Outcome {
    if let Some(next) = &message.course.next {
        // The contact itself tries again; the campaign never does so beside it.
        return Outcome {
            again: Some(next.at),
            ..plain(line, attempt, Reached::Pending)
        };
    }
    let failed = message
        .status
        .is_some_and(crate::messaging::status::MessageStatus::has_failed);
    let arrived = message
        .status
        .is_some_and(crate::messaging::status::MessageStatus::has_arrived);
    let reached = match message.delivery {
        Delivery::Posting { .. } | Delivery::Backoff { .. } | Delivery::Settling { .. } => {
            Reached::Pending
        }
        Delivery::Unknown => Reached::Unknown,
        Delivery::Refused => Reached::Failed,
        Delivery::Taken | Delivery::Received if failed => Reached::Failed,
        Delivery::Taken | Delivery::Received if arrived => Reached::Delivered,
        Delivery::Taken | Delivery::Received => Reached::Sent,
    };
    let failure = message
        .failure
        .as_ref()
        .filter(|_| reached == Reached::Failed);
    Outcome {
        code: failure.and_then(|failure| failure.code),
        class: failure.map(|failure| failure.class),
        sid: message.sid.clone(),
        ..plain(line, attempt, reached)
    }
}
