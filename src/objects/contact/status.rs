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
        if report.id.is_some() && report.attempt.unwrap_or(1) != message.course.number() {
            return self.report_past(message, report, status);
        }
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

    /// A report of an attempt that was given up: if it arrived after all, there is no other.
    fn report_past(
        &self,
        mut message: Message,
        report: &ReportMessage,
        status: MessageStatus,
    ) -> Result<Reported, ObjectFault> {
        let number = report.attempt.unwrap_or(1);
        let past = message.course.past.iter_mut();
        let Some(attempt) = past.into_iter().find(|known| known.number == number) else {
            return Ok(Reported::Unknown);
        };
        let current = MessageStatus::parse(&attempt.status);
        let next = current.map_or(Some(status), |current| current.advance(status));
        if !status.has_arrived() && next.is_none() {
            return Ok(Reported::Unchanged);
        }
        attempt.status = status.as_str().to_owned();
        if status.has_arrived() {
            self.arrived_late(&mut message)?;
        }
        self.save_message(&message)?;
        Ok(Reported::Advanced)
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
        let Some(next) = next else {
            let failed = message.status.is_some_and(MessageStatus::has_failed);
            if failed && status.has_arrived() && !message.course.arrived {
                self.arrived_late(message)?;
                return Ok(true);
            }
            return Ok(false);
        };
        message.status = Some(next);
        message.note(self.now(), next.as_str(), error_code);
        if next.has_failed() {
            let class = errors::class_of(error_code, None);
            message.failure = error_code.map(|code| Failure {
                code: Some(code),
                http_status: None,
                class,
            });
            if let Some(code) = error_code {
                self.learn_opt_out(message, code)?;
            }
            self.after_failure(message)?;
        }
        if next.has_arrived() {
            self.forgive(message)?;
        }
        self.tell_status(message)?;
        Ok(true)
    }
}
