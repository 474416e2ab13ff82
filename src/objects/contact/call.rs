//! Calls between the person and us: those we place, those that come in, and what was left
//! on the line.
//!
//! A call that we place is journaled before its POST, like a message. Twilio's list of calls
//! holds nothing that tells two calls to one number apart, so a POST without an answer is
//! settled by the call's own callbacks alone: its URLs carry our id. If none has come when
//! the call is due, it is `unknown`, and it is never placed twice.

use serde::{Deserialize, Serialize};

use super::commands::{
    CallReply, Failure, PlaceCall, ReportCall, Reported, SaveTranscript, SaveVoicemail,
};
use super::message::{Direction, HistoryEntry};
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::status::CallStatus;
use crate::objects::id::{ContactName, ExecutionSid, Id, Kind};
use crate::ports::{Host, Millis};
use crate::time::MINUTE;
use crate::twilio::address::Address;
use crate::twilio::api::calls::{self, CallResource, NewCall};
use crate::twilio::api::{ApiError, Outcome, outcome};
use crate::twilio::errors;

/// A call rings for a minute at most unless told otherwise; its first callback comes far
/// sooner.
const LEASE: Millis = 2 * MINUTE;
const MAX_ATTEMPTS: u32 = 4;

/// What a call that we place says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// A text is spoken.
    Message(String),
    /// A flow is run, at this revision (`acme-ivr@7`).
    Flow(String),
    /// A TwiML document, as the caller of the API wrote it.
    Twiml(String),
    /// A flow is run that has begun without a call.
    Execution(ExecutionSid),
}

/// How far the POST has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Journaled; the POST's answer is not known.
    Posting,
    /// Twilio has it.
    Taken,
    /// Twilio refused it.
    Refused,
    /// Nobody can say.
    Unknown,
}

/// A recording that the person left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voicemail {
    /// `RE…`.
    pub recording_sid: String,
    /// Needs the account's credentials.
    pub recording_url: String,
    /// Seconds.
    pub duration: Option<u32>,
    /// `completed` or `failed`, once Twilio has transcribed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription_status: Option<String>,
    /// The transcript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription: Option<String>,
}

/// A call as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// `call_…`.
    pub id: Id,
    /// `CA…`.
    pub sid: Option<String>,
    /// Who called.
    pub direction: Direction,
    /// `From`.
    pub from: String,
    /// `To`.
    pub to: String,
    /// Twilio's status; absent while Twilio has not spoken.
    pub status: Option<CallStatus>,
    /// How far the POST is.
    pub state: CallState,
    /// What a call that we placed says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// Seconds, when the call is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    /// `human`, `machine_start`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// For a call that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_response_code: Option<u32>,
    /// Why Twilio refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What was left on the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voicemails: Vec<Voicemail>,
    /// When it was accepted or first heard of.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
    /// What happened, oldest first.
    pub history: Vec<HistoryEntry>,
}

impl Call {
    fn note(&mut self, at: Millis, what: &str, code: Option<u32>) {
        self.updated_at = at;
        if self.history.len() < 64 {
            self.history.push(HistoryEntry {
                at,
                what: what.to_owned(),
                code,
            });
        }
    }

    /// The status in the API: Twilio's, or where we stand while there is none.
    pub fn status_name(&self) -> &'static str {
        match (self.status, self.state) {
            (Some(status), _) => status.as_str(),
            (None, CallState::Refused) => "failed",
            (None, CallState::Unknown) => "unknown",
            (None, CallState::Posting | CallState::Taken) => "pending",
        }
    }
}

impl<H: Host> Contact<H> {
    pub(super) async fn place_call(&self, command: PlaceCall) -> Result<CallReply, ObjectFault> {
        self.place(command, &[]).await
    }

    /// Places a call with further parameters by Twilio's names.
    pub(super) async fn place(
        &self,
        command: PlaceCall,
        more: &[(&'static str, String)],
    ) -> Result<CallReply, ObjectFault> {
        if let Some(known) = self.call(&command.id)? {
            self.arm().await?;
            return Ok(CallReply::Call(Box::new(known)));
        }
        let Some(account) = self.account() else {
            return Ok(CallReply::NotConfigured);
        };
        let now = self.now();
        let mut call = new_call(
            command.id,
            Direction::Outbound,
            command.from,
            command.to,
            now,
        );
        call.script = Some(command.script);
        call.note(now, "post", None);
        self.save_call(&call)?;
        self.set_due(&call.id, now.saturating_add(LEASE))?;
        self.arm().await?;
        let request = calls::create(
            &account,
            &NewCall {
                to: &call.to,
                from: &call.from,
                url: &command.url,
                status_callback: &command.status_callback,
                more,
            },
        );
        let mut attempt = 1;
        let answer = loop {
            match outcome(self.host.send(request.clone()).await, CallResource::read) {
                Outcome::Throttled { retry_after } if attempt < MAX_ATTEMPTS => {
                    // A person is waiting for the call: no alarm, but also no longer than the
                    // caller of the API can wait.
                    let pause = self.backoff(attempt, retry_after).min(2_000);
                    self.host.pause(pause).await;
                    attempt += 1;
                }
                answer => break answer,
            }
        };
        if let Some(stored) = self.call(&call.id)? {
            call = stored;
        }
        self.note_answer(&mut call, answer)?;
        Ok(CallReply::Call(Box::new(call)))
    }

    fn note_answer(
        &self,
        call: &mut Call,
        answer: Outcome<CallResource>,
    ) -> Result<(), ObjectFault> {
        let now = self.now();
        match answer {
            Outcome::Created(resource) => {
                call.sid = Some(resource.sid);
                call.state = CallState::Taken;
                if call.status.is_none() {
                    call.status = CallStatus::parse(&resource.status);
                    call.note(now, &resource.status, None);
                }
                self.clear_due(&call.id)?;
            }
            Outcome::Refused(error) => self.refuse_call(call, &error)?,
            Outcome::Throttled { .. } => {
                let error = ApiError {
                    status: 429,
                    code: Some(20429),
                    message: String::new(),
                };
                self.refuse_call(call, &error)?;
            }
            Outcome::Ambiguous => call.note(now, "no_answer", None),
        }
        self.save_call(call)
    }

    fn refuse_call(&self, call: &mut Call, error: &ApiError) -> Result<(), ObjectFault> {
        call.state = CallState::Refused;
        call.failure = Some(Failure {
            code: error.code,
            http_status: Some(error.status),
            class: errors::class_of(error.code, Some(error.status)),
        });
        call.note(self.now(), "refused", error.code);
        self.host.log(
            Record::warn("call.refused")
                .with("id", call.id.as_str())
                .with("code", error.code),
        );
        self.clear_due(&call.id)
    }

    /// The execution that placed a call may wait for its end.
    fn wake_caller(&self, call: &Call) -> Result<(), ObjectFault> {
        match &call.script {
            Some(Script::Execution(sid)) => self.wake_run(sid),
            _ => Ok(()),
        }
    }

    fn tell_voicemail(&self, call: &Call, kind: &str, sid: &str) -> Result<(), ObjectFault> {
        let left = call
            .voicemails
            .iter()
            .find(|left| left.recording_sid == sid);
        let data = serde_json::json!({
            "call": call.id, "call_sid": call.sid, "from": call.from, "to": call.to,
            "voicemail": left,
        });
        self.emit(Some(call.id.contact()), kind, data)
    }

    /// A call whose POST had no answer and of which nothing was heard since.
    pub(super) async fn resume_call(&self, id: &Id) -> Result<(), ObjectFault> {
        if let Some(mut call) = self.call(id)?
            && call.state == CallState::Posting
        {
            call.state = CallState::Unknown;
            call.note(self.now(), "unknown", None);
            self.save_call(&call)?;
            self.host
                .log(Record::error("call.unknown").with("id", id.as_str()));
            self.wake_caller(&call)?;
            self.call_lost(&call)?;
        }
        self.clear_due(id)
    }

    pub(super) fn report_call(&self, report: &ReportCall) -> Result<Reported, ObjectFault> {
        let Some(status) = CallStatus::parse(&report.status) else {
            self.host
                .log(Record::warn("call.unknown_status").with("sid", report.sid.as_str()));
            return Ok(Reported::Unknown);
        };
        let found = match &report.id {
            Some(id) => self.call(id)?,
            None => self.call_by_sid(&report.sid)?,
        };
        let outbound = report
            .direction
            .as_deref()
            .is_some_and(|d| d.starts_with("outbound"));
        let mut call = match found {
            Some(call) => call,
            None if report.id.is_some() => return Ok(Reported::Unknown),
            None => self.heard_of(&report.sid, outbound, &report.from, &report.to),
        };
        if call.sid.is_none() {
            call.sid = Some(report.sid.clone());
            call.state = CallState::Taken;
            self.clear_due(&call.id)?;
        }
        let next = call
            .status
            .map_or(Some(status), |current| current.advance(status));
        if let Some(next) = next {
            call.status = Some(next);
            // `answered` is an event, `in-progress` its status: keep the word that came.
            call.note(self.now(), &report.status, None);
        } else if call.status == Some(status)
            && !call.history.iter().any(|entry| entry.what == report.status)
        {
            // "initiated" is the event of a call that the POST's answer called "queued".
            call.note(self.now(), &report.status, None);
        }
        call.duration = report.duration.or(call.duration);
        call.sip_response_code = report.sip_response_code.or(call.sip_response_code);
        if call.answered_by.is_none() {
            call.answered_by.clone_from(&report.answered_by);
        }
        self.save_call(&call)?;
        if next.is_some() {
            self.call_moved(&call)?;
            if status.is_terminal() {
                self.wake_caller(&call)?;
            }
        }
        Ok(if next.is_some() {
            Reported::Advanced
        } else {
            Reported::Unchanged
        })
    }

    pub(super) fn save_voicemail(&self, command: SaveVoicemail) -> Result<Reported, ObjectFault> {
        let recording_sid = command.recording_sid.clone();
        let mut call = match self.call_by_sid(&command.call_sid)? {
            Some(call) => call,
            None => self.heard_of(&command.call_sid, false, &command.from, &command.to),
        };
        let known = call
            .voicemails
            .iter_mut()
            .find(|left| left.recording_sid == command.recording_sid);
        match known {
            Some(left)
                if !left.recording_url.is_empty()
                    && (left.duration.is_some() || command.duration.is_none()) =>
            {
                return Ok(Reported::Unchanged);
            }
            // Its transcript came first.
            Some(left) => {
                left.recording_url = command.recording_url;
                left.duration = command.duration;
            }
            None => call.voicemails.push(Voicemail {
                recording_sid: command.recording_sid,
                recording_url: command.recording_url,
                duration: command.duration,
                transcription_status: None,
                transcription: None,
            }),
        }
        call.note(self.now(), "voicemail", None);
        self.save_call(&call)?;
        self.tell_voicemail(&call, "voicemail.received", &recording_sid)?;
        Ok(Reported::Advanced)
    }

    /// A transcript may come before the recording's own callback was seen, or without it when
    /// that one met a deployment that was down: it says where the recording is.
    pub(super) fn save_transcript(&self, command: SaveTranscript) -> Result<Reported, ObjectFault> {
        let recording_sid = command.recording_sid.clone();
        let mut call = match self.call_by_sid(&command.call_sid)? {
            Some(call) => call,
            None => self.heard_of(&command.call_sid, false, &command.from, &command.to),
        };
        let at = call
            .voicemails
            .iter()
            .position(|left| left.recording_sid == command.recording_sid);
        let mut voicemail = match at {
            Some(at) => call.voicemails.remove(at),
            None => Voicemail {
                recording_sid: command.recording_sid,
                recording_url: command.recording_url,
                duration: None,
                transcription_status: None,
                transcription: None,
            },
        };
        let repeated = voicemail.transcription_status.is_some();
        voicemail.transcription_status = Some(command.status);
        voicemail.transcription = Some(command.text);
        call.voicemails
            .insert(at.unwrap_or(call.voicemails.len()), voicemail);
        if !repeated {
            call.note(self.now(), "transcribed", None);
            self.tell_voicemail(&call, "voicemail.transcribed", &recording_sid)?;
        }
        self.save_call(&call)?;
        Ok(if repeated {
            Reported::Unchanged
        } else {
            Reported::Advanced
        })
    }

    /// A call that we did not place, met for the first time.
    fn heard_of(&self, sid: &str, outbound: bool, from: &str, to: &str) -> Call {
        let (direction, person) = if outbound {
            (Direction::Outbound, to)
        } else {
            (Direction::Inbound, from)
        };
        let person = Address::parse(person).map_or_else(
            |_| person.to_owned(),
            |address| address.person().as_str().to_owned(),
        );
        let id = Id::derived(Kind::Call, &ContactName::of(&person), "heard-of", sid);
        let mut call = new_call(id, direction, from.to_owned(), to.to_owned(), self.now());
        call.sid = Some(sid.to_owned());
        call.state = CallState::Taken;
        call
    }
}

fn new_call(id: Id, direction: Direction, from: String, to: String, now: Millis) -> Call {
    Call {
        id,
        sid: None,
        direction,
        from,
        to,
        status: None,
        state: CallState::Posting,
        script: None,
        duration: None,
        answered_by: None,
        sip_response_code: None,
        failure: None,
        voicemails: Vec::new(),
        created_at: now,
        updated_at: now,
        history: Vec::new(),
    }
}
