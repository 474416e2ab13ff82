//! Status callbacks of messages: late, twice, out of order, and sometimes the first to say
//! that a POST was taken at all.

use super::commands::{Failure, ReportMessage, Reported};
use super::message::{Delivery, Message};
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::status::MessageStatus;
use crate::ports::Host;
use crate::twilio::errors;

impl<H: Host> Contact<H> {
    pub(super) fn report_message(&self, report: &ReportMessage) -> Result<Reported, ObjectFault> {
        let Some(status) = MessageStatus::parse(&report.status) else {
            self.host
                .log(Record::warn("message.unknown_status").with("sid", report.sid.as_str()));
            return Ok(Reported::Unknown);
        };
        let found = match &report.id {
            Some(id) => self.message(id)?,
            None => self.message_by_sid(&report.sid)?,
        };
        let Some(mut message) = found else {
            return Ok(Reported::Unknown);
        };
        match &message.sid {
            // The callback's URL carries our id: the POST was taken, whatever became of its
            // answer.
            None => {
                message.sid = Some(report.sid.clone());
                message.delivery = Delivery::Taken;
                self.clear_due(&message.id)?;
            }
            // A message that was posted twice would show here, and must not hide.
            Some(sid) if *sid != report.sid => {
                self.host.log(
                    Record::error("message.second_sid")
                        .with("id", message.id.as_str())
                        .with("sid", report.sid.as_str()),
                );
                return Ok(Reported::Unknown);
            }
            Some(_) => {}
        }
        if message.from.is_none() {
            message.from.clone_from(&report.from);
        }
        let moved = self.advance(&mut message, status, report.error_code)?;
        self.save_message(&message)?;
        Ok(if moved {
            Reported::Advanced
        } else {
            Reported::Unchanged
        })
    }

    /// Moves a message forward by rank, and learns from its error. The caller saves it.
    pub(super) fn advance(
        &self,
        message: &mut Message,
        status: MessageStatus,
        error_code: Option<u32>,
    ) -> Result<bool, ObjectFault> {
        let next = match message.status {
            None => Some(status),
            Some(current) => current.advance(status),
        };
        let Some(next) = next else { return Ok(false) };
        message.status = Some(next);
        message.note(self.now(), next.as_str(), error_code);
        if let (true, Some(code)) = (next.has_failed(), error_code) {
            let class = errors::class_of(Some(code), None);
            message.failure = Some(Failure {
                code: Some(code),
                http_status: None,
                class,
            });
            self.learn_opt_out(message, code)?;
        }
        Ok(true)
    }
}
