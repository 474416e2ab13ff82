//! Entries of Twilio's own lists against the journal: what a webhook that never came would
//! have said is said now ([`gap`](crate::campaign::gap)).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::commands::{ReportCall, ReportMessage, Reported};
use super::fact::Kind;
use super::{Contact, ObjectFault};
use crate::campaign::gap::{self, Finding, Known};
use crate::messaging::status::{CallStatus, MessageStatus};
use crate::objects::{Command, Object};
use crate::ports::{Host, Millis, Value};
use crate::time::rfc3339;

/// An entry of Twilio's list of messages or calls, as far as it is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listed {
    /// `SM…`, `MM…` or `CA…`.
    pub sid: String,
    /// `status`, by Twilio's name.
    pub status: String,
    /// `direction`, by Twilio's name.
    pub direction: String,
    /// `from`.
    pub from: String,
    /// `to`.
    pub to: String,
    /// When Twilio made it.
    pub at: Millis,
    /// `error_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
    /// `messaging_service_sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `body`, of an inbound message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// `num_media`, of an inbound message.
    pub media: u32,
    /// `duration` of a call, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
}

impl Listed {
    /// Whether it is a call.
    pub fn is_call(&self) -> bool {
        self.sid.starts_with("CA")
    }

    /// Whether the person began it.
    pub fn is_inbound(&self) -> bool {
        self.direction == "inbound"
    }
}

/// Compares entries about one person: our messages, and calls. (A message of the person's is
/// received, not compared: [`super::Receive`].)
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Compare {
    /// The entries.
    pub listed: Vec<Listed>,
}

impl Command for Compare {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "compare";
    /// What was found, in the same order.
    type Reply = Vec<Compared>;
}

/// What was found about one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// What it was.
    pub finding: Finding,
    /// The callback's URL of a message that was settled: its campaign is told by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
}

impl From<Finding> for Compared {
    fn from(finding: Finding) -> Compared {
        Compared {
            finding,
            callback: None,
        }
    }
}

impl<H: Host> Contact<H> {
    pub(super) fn compare(&self, command: &Compare) -> Result<Vec<Compared>, ObjectFault> {
        let compare = |listed: &Listed| {
            if listed.is_call() {
                self.compare_call(listed).map(Compared::from)
            } else {
                self.compare_message(listed)
            }
        };
        command.listed.iter().map(compare).collect()
    }

    fn compare_message(&self, listed: &Listed) -> Result<Compared, ObjectFault> {
        let Some(status) = MessageStatus::parse(&listed.status) else {
            return Ok(Finding::Nothing.into());
        };
        let Some(mut message) = self.message_by_sid(&listed.sid)? else {
            // An attempt that is over, or one whose POST is still being settled, is ours.
            let ours = self.fact(Kind::Attempt, &listed.sid)?.is_some() || self.is_unsettled()?;
            return Ok(if ours {
                Finding::Nothing
            } else {
                Finding::Foreign
            }
            .into());
        };
        let age = self.now().saturating_sub(listed.at);
        let finding = gap::compare(status, Known::Yes(message.status), age);
        match finding {
            Finding::Settle => {
                let callback = Some(message.status_callback).filter(|url| !url.is_empty());
                self.report_message(&ReportMessage {
                    id: None,
                    sid: listed.sid.clone(),
                    status: listed.status.clone(),
                    error_code: listed.error_code,
                    from: Some(listed.from.clone()).filter(|from| !from.is_empty()),
                    attempt: None,
                })?;
                return Ok(Compared { finding, callback });
            }
            // Said once.
            Finding::Stuck if message.history.iter().any(|entry| entry.what == "stuck") => {
                return Ok(Finding::Nothing.into());
            }
            Finding::Stuck => {
                message.note(self.now(), "stuck", None);
                self.save_message(&message)?;
                self.tell_stuck(&message)?;
            }
            _ => {}
        }
        Ok(finding.into())
    }

    /// Whether something is under way whose SID is not known yet.
    fn is_unsettled(&self) -> Result<bool, ObjectFault> {
        let rows = self.host.exec("SELECT 1 FROM due LIMIT 1", Vec::new())?;
        Ok(rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::int)
            == Some(1))
    }

    fn compare_call(&self, listed: &Listed) -> Result<Finding, ObjectFault> {
        let Some(status) = CallStatus::parse(&listed.status) else {
            return Ok(Finding::Nothing);
        };
        let known = self.call_by_sid(&listed.sid)?;
        if known.is_none() && !listed.is_inbound() {
            let ours = self.is_unsettled()?;
            return Ok(if ours {
                Finding::Nothing
            } else {
                Finding::Foreign
            });
        }
        let heard = known.as_ref().and_then(|call| call.status);
        // A call that is under way has its own callbacks to come.
        if known.is_some() && (!status.is_terminal() || heard.is_some_and(CallStatus::is_terminal))
        {
            return Ok(Finding::Nothing);
        }
        let reported = self.report_call(&ReportCall {
            id: None,
            sid: listed.sid.clone(),
            status: listed.status.clone(),
            direction: Some(listed.direction.clone()),
            from: listed.from.clone(),
            to: listed.to.clone(),
            duration: listed.duration,
            sequence: None,
            sip_response_code: None,
            answered_by: None,
        })?;
        match (known, self.call_by_sid(&listed.sid)?) {
            (None, Some(call)) => {
                let data = json!({
                    "call": call.id, "call_sid": call.sid, "from": call.from, "to": call.to,
                    "status": call.status_name(), "at": rfc3339(listed.at),
                });
                self.emit(Some(call.id.contact()), "call.missed", data)?;
                Ok(Finding::Missed)
            }
            _ if reported == Reported::Advanced => Ok(Finding::Settle),
            _ => Ok(Finding::Nothing),
        }
    }
}
