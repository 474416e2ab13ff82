//! `record-voicemail`.
//!
//! An empty recording does not call `<Record>`'s action: the call goes on with the next
//! verb. So a redirect with the event `noAudio` stands behind it.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    env::StepKind,
    text::{Text, flag},
    turn::Input,
    verb::{Record, Verb},
};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordVoicemail {
    timeout: Option<Text>,
    finish_on_key: Option<Text>,
    max_length: Option<Text>,
    play_beep: Option<Text>,
    trim: Option<Text>,
    transcribe: Option<Text>,
    transcription_callback_url: Option<Text>,
    recording_status_callback_url: Option<Text>,
}

impl Behaviour for RecordVoicemail {
    const EVENTS: &'static [&'static str] = &["recordingComplete", "noAudio", "hangup"];
    const NEEDS_CALL: bool = true;
    const AFTER_HANGUP: &'static [&'static str] = &["hangup"];

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        Self {
            timeout: properties.number("timeout"),
            finish_on_key: properties.text("finish_on_key"),
            max_length: properties.number("max_length"),
            play_beep: properties.flag("play_beep"),
            trim: properties.choice("trim", &["trim-silence", "do-not-trim"]),
            transcribe: properties.flag("transcribe"),
            transcription_callback_url: properties.text("transcription_callback_url"),
            recording_status_callback_url: properties.text("recording_status_callback_url"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let transcribe = scene.flag(self.transcribe.as_ref())?.unwrap_or(false);
        let own_callback = scene.optional(self.transcription_callback_url.as_ref())?;
        let record = Record {
            action: scene.here(StepKind::VoicemailSaved, None),
            timeout: scene.number(self.timeout.as_ref())?,
            finish_on_key: match &self.finish_on_key {
                Some(key) => Some(scene.render(key)?),
                None => None,
            },
            max_length: scene.number(self.max_length.as_ref())?,
            play_beep: scene
                .optional(self.play_beep.as_ref())?
                .and_then(|text| flag(&text)),
            trim: scene.optional(self.trim.as_ref())?,
            transcribe_callback: transcribe
                .then(|| own_callback.unwrap_or_else(|| scene.aside(StepKind::Transcription))),
            recording_status_callback: scene
                .optional(self.recording_status_callback_url.as_ref())?,
        };
        scene.say(Verb::Record(record));
        let url = scene.here(StepKind::Step, Some("noAudio"));
        scene.say(Verb::Redirect { url, method: None });
        Ok(Step::Pause { keep: false })
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        let Input::Voice { parameters, event } = input else {
            return Ok(Step::Unexpected);
        };
        let recorded = parameters.get("RecordingUrl").and_then(Value::as_str);
        if event.as_deref() == Some("noAudio") || recorded.is_none_or(str::is_empty) {
            return Ok(Step::Event("noAudio"));
        }
        let hung_up = parameters.get("Digits").and_then(Value::as_str) == Some("hangup");
        scene.set_parameters(parameters);
        if hung_up {
            scene.hang_up();
        }
        Ok(Step::Event(if hung_up || !scene.on_call() {
            "hangup"
        } else {
            "recordingComplete"
        }))
    }
}
