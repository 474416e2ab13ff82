//! The text as an e-mail: by SendGrid, and by the platform's own mail service where SendGrid
//! is not used or has refused it.
//!
//! What must never happen: a mail is sent twice. An answer that did not come is not asked for
//! again, nor is the other service tried: there is no list to ask, and a second mail is worse
//! than none.

use super::commands::Failure;
use super::message::{Delivery, Message};
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::status::MessageStatus;
use crate::ports::{Host, Mail, MailFault};
use crate::twilio::errors;

/// What a mail service said.
enum Said {
    Taken,
    /// With the HTTP status, when there was one.
    Refused(Option<u16>),
    Nothing,
}

impl<H: Host> Contact<H> {
    pub(super) async fn mail(&self, message: &mut Message) -> Result<(), ObjectFault> {
        self.begin_other(message, "mail").await?;
        let (by_sendgrid, said) = self.hand_over(message).await;
        let Some(stored) = self.message(&message.id)? else {
            return Ok(());
        };
        *message = stored;
        self.clear_due(&message.id)?;
        if let Some(status) = by_sendgrid {
            message.note(self.now(), "sendgrid_refused", Some(u32::from(status)));
        }
        match said {
            Said::Taken => {
                message.delivery = Delivery::Taken;
                self.advance(message, MessageStatus::Sent, None)?;
            }
            Said::Refused(http_status) => {
                message.delivery = Delivery::Refused;
                message.failure = Some(Failure {
                    code: None,
                    http_status,
                    class: errors::class_of(None, http_status),
                });
                message.note(self.now(), "refused", None);
                self.after_failure(message)?;
                self.tell_status(message)?;
            }
            Said::Nothing => {
                self.host
                    .log(Record::error("mail.unknown").with("id", message.id.as_str()));
                return self.mail_unknown(message.clone());
            }
        }
        self.save_message(message)
    }

    /// Asks the services in turn until one takes it or says nothing. The first part is
    /// SendGrid's refusal, when another was asked after it.
    async fn hand_over(&self, message: &Message) -> (Option<u16>, Said) {
        let Some(mail) = &self.host.settings().messaging.mail else {
            return (None, Said::Refused(None));
        };
        let mut refused = None;
        if let Some(request) = mail.request(&message.to, &message.body) {
            match self.host.send(request).await.map(|answer| answer.status) {
                Ok(200..=299) => return (None, Said::Taken),
                Ok(status @ 400..=499) => refused = Some(status),
                Ok(_) | Err(_) => return (None, Said::Nothing),
            }
        }
        let Some(binding) = &mail.binding else {
            return (None, Said::Refused(refused));
        };
        let mail = Mail {
            binding,
            from: &mail.from,
            to: &message.to,
            subject: &mail.subject,
            text: &message.body,
        };
        let said = match self.host.mail(mail).await {
            Ok(()) => Said::Taken,
            Err(MailFault::Refused) => Said::Refused(None),
            Err(MailFault::Unknown) => Said::Nothing,
        };
        (refused, said)
    }

    /// Nobody can say whether the mail was taken.
    pub(super) fn mail_unknown(&self, mut message: Message) -> Result<(), ObjectFault> {
        message.delivery = Delivery::Unknown;
        message.note(self.now(), "unknown", None);
        self.save_message(&message)?;
        self.tell_status(&message)?;
        self.clear_due(&message.id)
    }
}
