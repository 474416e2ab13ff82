//! One message as it is kept, and how far its delivery has come.

use serde::{Deserialize, Serialize};

use super::commands::{Failure, Received};
use super::course::{Course, Options};
use crate::messaging::segments::Encoding;
use crate::messaging::status::MessageStatus;
use crate::objects::id::Id;
use crate::ports::Millis;

/// Who wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The person.
    Inbound,
    /// We.
    Outbound,
}

/// How far the POST to Twilio has come. Only `Taken`, `Refused` and `Unknown` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Journaled; a POST may be under way. Found in this phase by an alarm, the POST was cut
    /// off by a crash and must be settled.
    Posting {
        /// Which POST this is, from 1.
        attempt: u32,
    },
    /// Twilio was too busy to take it: POST again when it is due.
    Backoff {
        /// How many POSTs were made.
        attempt: u32,
    },
    /// A POST ended without an answer: ask Twilio's list when it is due.
    Settling {
        /// How many POSTs were made.
        attempt: u32,
        /// How often the list was asked and did not hold the message.
        absent: u32,
        /// How often the list could not be had.
        failed: u32,
    },
    /// Twilio has it.
    Taken,
    /// Twilio refused it.
    Refused,
    /// Nobody can say; it is reported and never sent again.
    Unknown,
    /// The person wrote it.
    Received,
}

/// One thing that happened to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When.
    pub at: Millis,
    /// What: `accepted`, `post`, `throttled`, `no_answer`, `settled`, `refused`, `retry`,
    /// `fallback`, why it was stopped, or the name of a status.
    pub what: String,
    /// Twilio's error code, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
}

/// A message between the person and us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `msg_…`.
    pub id: Id,
    /// `SM…` or `MM…`, once Twilio gave one.
    pub sid: Option<String>,
    /// Who wrote.
    pub direction: Direction,
    /// `From`.
    pub from: Option<String>,
    /// `To`.
    pub to: String,
    /// `MessagingServiceSid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messaging_service_sid: Option<String>,
    /// The text.
    pub body: String,
    /// Links to media.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media_urls: Vec<String>,
    /// Twilio's status; absent while Twilio has not spoken.
    pub status: Option<MessageStatus>,
    /// How far the POST is.
    pub delivery: Delivery,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The text's encoding.
    pub encoding: Encoding,
    /// Segments that the text takes.
    pub segments: u32,
    /// Where Twilio reports.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status_callback: String,
    /// What the sender wished for beyond the text.
    #[serde(default, skip_serializing_if = "Options::is_plain")]
    pub options: Options,
    /// Which attempt this is, what came before it and what comes next.
    #[serde(default, skip_serializing_if = "Course::is_plain")]
    pub course: Course,
    /// What came with an inbound message besides its text: button, list, location, and so on.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
    /// What an inbound message was answered, for whatever delivers it again.
    #[serde(default, skip_serializing_if = "Received::is_plain")]
    pub answer: Received,
    /// When it was accepted or received.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// What happened, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// The longest history that is kept; what comes later is dropped, the state itself is not.
const HISTORY_KEPT: usize = 128;

impl Message {
    /// Notes that something happened.
    pub(super) fn note(&mut self, at: Millis, what: impl Into<String>, code: Option<u32>) {
        self.updated_at = at;
        if self.history.len() < HISTORY_KEPT {
            self.history.push(HistoryEntry {
                at,
                what: what.into(),
                code,
            });
        }
    }

    /// The status in the API: Twilio's, or where we stand while there is none.
    pub fn status_name(&self) -> &'static str {
        match (self.status, self.delivery) {
            (Some(status), _) => status.as_str(),
            (None, Delivery::Refused) => "failed",
            (None, Delivery::Unknown) => "unknown",
            (None, _) => "pending",
        }
    }
}
