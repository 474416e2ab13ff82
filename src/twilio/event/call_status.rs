//! What became of a call: its status callback, and the `action` of `<Dial>`.
//!
//! Twilio docs, "Call resource: StatusCallback parameters" and "TwiML Voice: `<Dial>`".

use super::{EventError, VoiceRequest};
use crate::twilio::form::Form;
use crate::twilio::sid::{CallSid, RecordingSid};

/// A call status callback. They may arrive out of order: `sequence_number` tells.
#[derive(Clone)]
pub struct CallStatusCallback<'f> {
    /// The call; its `status` is the news.
    pub call: VoiceRequest<'f>,
    /// `SequenceNumber`, from 0.
    pub sequence_number: Option<u32>,
    /// `CallDuration`, seconds: with completed.
    pub duration: Option<u32>,
    /// `Duration`, minutes billed.
    pub billed_minutes: Option<u32>,
    /// `Timestamp`, RFC 2822.
    pub timestamp: Option<&'f str>,
    /// `CallbackSource`: call-progress-events.
    pub callback_source: Option<&'f str>,
    /// `AnsweredBy`: human, machine_start, ... when answering machine detection is on.
    pub answered_by: Option<&'f str>,
    /// `MachineDetectionDuration`, milliseconds.
    pub machine_detection_duration: Option<u32>,
    /// `SipResponseCode`: what the other side's network answered.
    pub sip_response_code: Option<u16>,
    /// `ErrorCode`.
    pub error_code: Option<u32>,
    /// `RecordingSid`: when the call was recorded.
    pub recording_sid: Option<RecordingSid>,
    /// `RecordingUrl`.
    pub recording_url: Option<&'f str>,
    /// `RecordingDuration`, seconds.
    pub recording_duration: Option<u32>,
}

impl<'f> CallStatusCallback<'f> {
    /// Reads a call status callback.
    ///
    /// # Errors
    /// As [`VoiceRequest::from_form`].
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let call = VoiceRequest::from_form(form)?;
        let parameters = call.parameters();
        Ok(CallStatusCallback {
            sequence_number: parameters.parsed("SequenceNumber"),
            duration: parameters.parsed("CallDuration"),
            billed_minutes: parameters.parsed("Duration"),
            timestamp: parameters.optional("Timestamp"),
            callback_source: parameters.optional("CallbackSource"),
            answered_by: parameters.optional("AnsweredBy"),
            machine_detection_duration: parameters.parsed("MachineDetectionDuration"),
            sip_response_code: parameters.parsed("SipResponseCode"),
            error_code: parameters.parsed("ErrorCode").filter(|&code| code != 0),
            recording_sid: parameters.parsed("RecordingSid"),
            recording_url: parameters.optional("RecordingUrl"),
            recording_duration: parameters.parsed("RecordingDuration"),
            call,
        })
    }
}

/// The `action` of `<Dial>`: how the dialled leg ended.
#[derive(Clone)]
pub struct DialResult<'f> {
    /// The call that dialled.
    pub call: VoiceRequest<'f>,
    /// `DialCallStatus`: completed, answered, busy, no-answer, failed, canceled.
    pub status: &'f str,
    /// `DialCallSid`: the dialled leg; absent when none was made.
    pub dial_call_sid: Option<CallSid>,
    /// `DialCallDuration`, seconds.
    pub duration: Option<u32>,
    /// `DialBridged`: whether the two were connected.
    pub bridged: bool,
    /// `RecordingUrl`: when the dialled call was recorded.
    pub recording_url: Option<&'f str>,
}

impl<'f> DialResult<'f> {
    /// Reads the result of a `<Dial>`.
    ///
    /// # Errors
    /// As [`VoiceRequest::from_form`], and when `DialCallStatus` is missing.
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let call = VoiceRequest::from_form(form)?;
        let parameters = call.parameters();
        Ok(DialResult {
            status: parameters.required("DialCallStatus")?,
            dial_call_sid: parameters.parsed("DialCallSid"),
            duration: parameters.parsed("DialCallDuration"),
            bridged: parameters.flag("DialBridged"),
            recording_url: parameters.optional("RecordingUrl"),
            call,
        })
    }
}
