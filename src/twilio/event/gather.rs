//! What a caller pressed or said: the `action` of `<Gather>`.
//!
//! Twilio docs, "TwiML Voice: `<Gather>`".

use super::{EventError, VoiceRequest};
use crate::twilio::form::Form;

/// The result of `<Gather>`. With `actionOnEmptyResult` there may be neither digits nor speech.
#[derive(Clone)]
pub struct GatherResult<'f> {
    /// The call.
    pub call: VoiceRequest<'f>,
    /// `Digits`, without the finishing key.
    pub digits: Option<&'f str>,
    /// What was said.
    pub speech: Option<Speech<'f>>,
    /// `FinishedOnKey`.
    pub finished_on_key: Option<&'f str>,
}

/// What was said, as Twilio heard it.
#[derive(Clone, Copy, PartialEq)]
pub struct Speech<'f> {
    /// `SpeechResult`.
    pub text: &'f str,
    /// `Confidence`, 0 to 1.
    pub confidence: Option<f32>,
}

impl<'f> GatherResult<'f> {
    /// Reads the result of a gather.
    ///
    /// # Errors
    /// As [`VoiceRequest::from_form`].
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let call = VoiceRequest::from_form(form)?;
        let parameters = call.parameters();
        Ok(GatherResult {
            digits: parameters.optional("Digits"),
            speech: parameters.optional("SpeechResult").map(|text| Speech {
                text,
                confidence: parameters
                    .parsed("Confidence")
                    .filter(|confidence| (0.0..=1.0).contains(confidence)),
            }),
            finished_on_key: parameters.optional("FinishedOnKey"),
            call,
        })
    }

    /// Whether the caller neither pressed nor said anything.
    pub fn is_empty(&self) -> bool {
        self.digits.is_none() && self.speech.is_none()
    }
}
