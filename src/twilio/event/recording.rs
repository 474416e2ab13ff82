//! Recordings: the end of `<Record>`, a recording's own status, its transcription.
//!
//! Twilio docs, "TwiML Voice: `<Record>`". An empty recording does not call `action`: the call
//! goes on with the next verb. The URL of a recording needs the account's credentials unless
//! the account says not.

use super::{EventError, Parameters, VoiceRequest};
use crate::twilio::form::Form;
use crate::twilio::sid::{AccountSid, CallSid, ConferenceSid, RecordingSid, TranscriptionSid};

/// The `action` of `<Record>`.
#[derive(Clone)]
pub struct RecordResult<'f> {
    /// The call.
    pub call: VoiceRequest<'f>,
    /// `RecordingUrl`, without extension: add `.mp3` or `.wav`.
    pub url: &'f str,
    /// `RecordingSid`.
    pub recording_sid: Option<RecordingSid>,
    /// `RecordingDuration`, seconds.
    pub duration: Option<u32>,
    /// `Digits`: what ended the recording.
    pub end: RecordEnd<'f>,
}

/// What ended a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordEnd<'f> {
    /// The caller hung up.
    Hangup,
    /// The caller pressed a key.
    Key(&'f str),
    /// Silence, or the longest length.
    Timeout,
}

impl<'f> RecordResult<'f> {
    /// Reads the result of a `<Record>`.
    ///
    /// # Errors
    /// As [`VoiceRequest::from_form`], and when `RecordingUrl` is missing.
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let call = VoiceRequest::from_form(form)?;
        let parameters = call.parameters();
        Ok(RecordResult {
            url: parameters.required("RecordingUrl")?,
            recording_sid: parameters.parsed("RecordingSid"),
            duration: parameters.parsed("RecordingDuration"),
            end: match parameters.optional("Digits") {
                Some("hangup") => RecordEnd::Hangup,
                Some(key) => RecordEnd::Key(key),
                None => RecordEnd::Timeout,
            },
            call,
        })
    }
}

/// The `recordingStatusCallback`.
#[derive(Clone)]
pub struct RecordingStatus<'f> {
    parameters: Parameters<'f>,
    /// `RecordingSid`.
    pub recording_sid: RecordingSid,
    /// `AccountSid`.
    pub account_sid: AccountSid,
    /// `RecordingStatus`: in-progress, completed, absent, failed.
    pub status: &'f str,
    /// `CallSid`: absent for the recording of a conference.
    pub call_sid: Option<CallSid>,
    /// `ConferenceSid`.
    pub conference_sid: Option<ConferenceSid>,
    /// `RecordingUrl`: once completed.
    pub url: Option<&'f str>,
    /// `RecordingDuration`, seconds.
    pub duration: Option<u32>,
    /// `RecordingChannels`: 1 or 2.
    pub channels: Option<u8>,
    /// `RecordingSource`: RecordVerb, DialVerb, Conference, OutboundAPI, ...
    pub source: Option<&'f str>,
    /// `RecordingTrack`: inbound, outbound, both.
    pub track: Option<&'f str>,
    /// `RecordingStartTime`, RFC 2822.
    pub start_time: Option<&'f str>,
    /// `ErrorCode`: when it failed.
    pub error_code: Option<u32>,
}

impl<'f> RecordingStatus<'f> {
    /// Reads a recording status callback.
    ///
    /// # Errors
    /// [`EventError`] when `RecordingSid`, `AccountSid` or `RecordingStatus` is missing or
    /// wrong.
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let parameters = Parameters { form };
        Ok(RecordingStatus {
            parameters,
            recording_sid: parameters.sid("RecordingSid")?,
            account_sid: parameters.sid("AccountSid")?,
            status: parameters.required("RecordingStatus")?,
            call_sid: parameters.parsed("CallSid"),
            conference_sid: parameters.parsed("ConferenceSid"),
            url: parameters.optional("RecordingUrl"),
            duration: parameters.parsed("RecordingDuration"),
            channels: parameters.parsed("RecordingChannels"),
            source: parameters.optional("RecordingSource"),
            track: parameters.optional("RecordingTrack"),
            start_time: parameters.optional("RecordingStartTime"),
            error_code: parameters.parsed("ErrorCode").filter(|&code| code != 0),
        })
    }

    /// Every parameter, those without a field included.
    pub fn form(&self) -> &'f Form<'f> {
        self.parameters.form
    }
}

/// The `transcribeCallback` of `<Record>`. It comes after the call.
#[derive(Clone)]
pub struct Transcription<'f> {
    parameters: Parameters<'f>,
    /// `TranscriptionSid`.
    pub transcription_sid: TranscriptionSid,
    /// `AccountSid`.
    pub account_sid: AccountSid,
    /// `RecordingSid`: what was transcribed.
    pub recording_sid: RecordingSid,
    /// `TranscriptionStatus`: completed, failed.
    pub status: &'f str,
    /// `TranscriptionText`: empty when it failed or nothing was said.
    pub text: &'f str,
    /// `CallSid`.
    pub call_sid: Option<CallSid>,
    /// `RecordingUrl`.
    pub recording_url: Option<&'f str>,
}

impl<'f> Transcription<'f> {
    /// Reads a transcription.
    ///
    /// # Errors
    /// [`EventError`] when `TranscriptionSid`, `AccountSid`, `RecordingSid` or
    /// `TranscriptionStatus` is missing or wrong.
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let parameters = Parameters { form };
        Ok(Transcription {
            parameters,
            transcription_sid: parameters.sid("TranscriptionSid")?,
            account_sid: parameters.sid("AccountSid")?,
            recording_sid: parameters.sid("RecordingSid")?,
            status: parameters.required("TranscriptionStatus")?,
            text: parameters.optional("TranscriptionText").unwrap_or_default(),
            call_sid: parameters.parsed("CallSid"),
            recording_url: parameters.optional("RecordingUrl"),
        })
    }

    /// Every parameter, those without a field included.
    pub fn form(&self) -> &'f Form<'f> {
        self.parameters.form
    }
}
