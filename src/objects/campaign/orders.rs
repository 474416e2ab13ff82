//! Start, pause, resume, cancel, retry.

use super::commands::{GiveOrder, Going, Ordered};
use super::store::Document;
use super::{Campaign, ObjectFault};
use crate::campaign::state::{Order, Reached, Status};
use crate::log::Record;
use crate::objects::peers::{Peers, ask};
use crate::objects::sender::{Dismiss, Enlist};
use crate::ports::Value;
use crate::time::SECOND;
use crate::twilio::errors::Class;

impl<H: Peers> Campaign<H> {
    pub(super) async fn order(&self, command: &GiveOrder) -> Result<Option<Ordered>, ObjectFault> {
        let Some(mut document) = self.document()? else {
            return Ok(None);
        };
        let Some(after) = document.status.after(command.order) else {
            return Ok(Some(Ordered::Refused(document.status)));
        };
        if command.order == Order::Start && document.report.accepted == 0 {
            return Ok(Some(Ordered::NoRecipients));
        }
        if command.order == Order::Retry {
            self.put_back(&document, &command.classes)?;
        }
        if command.order == Order::Cancel {
            self.look_into_all().await?;
        }
        if document.status != after {
            document.status = after;
            document.reason = None;
            self.enter(&mut document)?;
        }
        self.tell_sender(&document).await?;
        Ok(self.view()?.map(|view| Ordered::Done(Box::new(view))))
    }

    /// Writes a new status down with its time.
    fn enter(&self, document: &mut Document) -> Result<(), ObjectFault> {
        let now = self.now();
        match document.status {
            Status::Running => {
                document.started_at.get_or_insert(now);
                document.ended_at = None;
            }
            Status::Completed | Status::Canceled => document.ended_at = Some(now),
            Status::Draft | Status::Paused => {}
        }
        self.save(document)?;
        self.host.log(
            Record::info("campaign.status")
                .with("id", document.id.as_str())
                .with("status", document.status.as_str()),
        );
        Ok(())
    }

    /// The sender starts or stops at once. When it cannot be told to stop it finds out at its
    /// next claim; when it cannot be told to start, the campaign's own alarm tells it again.
    pub(super) async fn tell_sender(&self, document: &Document) -> Result<(), ObjectFault> {
        let sender = document.definition.sender.as_str();
        let told = if document.status == Status::Running {
            self.host.set_alarm(self.now() + 30 * SECOND).await?;
            let enlist = Enlist {
                sender: sender.to_owned(),
                campaign: document.id.clone(),
                rate: document.definition.rate,
            };
            ask(&self.host, sender, &enlist).await
        } else {
            ask(
                &self.host,
                sender,
                &Dismiss {
                    campaign: document.id.clone(),
                },
            )
            .await
        };
        if told.is_err() {
            self.host
                .log(Record::warn("campaign.sender_silent").with("id", document.id.as_str()));
        }
        Ok(())
    }

    /// Everyone who is pending is looked into at once.
    async fn look_into_all(&self) -> Result<(), ObjectFault> {
        let now = self.now();
        self.host
            .exec("UPDATE pending SET at = ?", vec![now.into()])?;
        self.arm_watch().await
    }

    /// Whether a contact may make the further attempts that it has planned. A campaign that is
    /// completed has them still to come; one whose end has come has not.
    pub(super) fn going(&self) -> Result<Going, ObjectFault> {
        let Some(document) = self.document()? else {
            return Ok(Going::Over);
        };
        let ended = document
            .definition
            .deadline
            .is_some_and(|deadline| self.now() >= deadline);
        Ok(match document.status {
            _ if ended => Going::Over,
            Status::Running | Status::Completed => Going::On,
            Status::Draft | Status::Paused => Going::Paused,
            Status::Canceled => Going::Over,
        })
    }

    /// Stops because of something that a person has to see to.
    pub(super) async fn halt(&self, why: &str) -> Result<(), ObjectFault> {
        let Some(mut document) = self.document()? else {
            return Ok(());
        };
        if document.status != Status::Running {
            return Ok(());
        }
        document.status = Status::Paused;
        document.reason = Some(why.to_owned());
        self.enter(&mut document)?;
        self.host.log(
            Record::error("campaign.halted")
                .with("id", document.id.as_str())
                .with("why", why),
        );
        self.tell_sender(&document).await
    }

    /// Nobody is left, or the deadline has come.
    pub(super) fn complete(
        &self,
        mut document: Document,
        reason: Option<&str>,
    ) -> Result<(), ObjectFault> {
        document.status = Status::Completed;
        document.reason = reason.map(str::to_owned);
        self.enter(&mut document)
    }

    /// Those who failed by one of these classes wait again, for a new message. Whoever said
    /// stop, and whatever may have arrived, is never among them.
    fn put_back(&self, document: &Document, classes: &[Class]) -> Result<(), ObjectFault> {
        let name = document.table();
        for class in classes.iter().filter(|class| **class != Class::Compliance) {
            let failed = vec![Reached::Failed.number().into(), class.as_str().into()];
            let statement = format!("SELECT COUNT(*) FROM {name} WHERE state = ? AND class = ?");
            let n = self.number(&statement, failed.clone())?.unwrap_or(0);
            let mut bindings: Vec<Value> = vec![self.now().into()];
            bindings.extend(failed.clone());
            self.host.exec(
                &format!(
                    "INSERT OR REPLACE INTO again (line, at)
                     SELECT line, ? FROM {name} WHERE state = ? AND class = ?"
                ),
                bindings,
            )?;
            self.host.exec(
                &format!(
                    "UPDATE {name} SET state = 0, attempt = attempt + 1, class = NULL, code = NULL,
                        sid = NULL WHERE state = ? AND class = ?"
                ),
                failed,
            )?;
            self.recount(Reached::Failed, Some(class.as_str()), -n)?;
        }
        Ok(())
    }
}
