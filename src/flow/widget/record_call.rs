//! `record-call`: starts or ends the recording of the call, by REST.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    effect::{Effect, Outcome, RecordCall},
    text::{Text, flag},
    turn::Input,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordCallWidget {
    start: Text,
    options: Vec<(&'static str, Text)>,
}

const OPTIONS: [(&str, &str); 5] = [
    ("recording_status_callback", "RecordingStatusCallback"),
    (
        "recording_status_callback_method",
        "RecordingStatusCallbackMethod",
    ),
    (
        "recording_status_callback_events",
        "RecordingStatusCallbackEvent",
    ),
    ("recording_channels", "RecordingChannels"),
    ("trim", "Trim"),
];

impl Behaviour for RecordCallWidget {
    const EVENTS: &'static [&'static str] = &["success", "failed"];
    const NEEDS_CALL: bool = true;
    const IS_EFFECT: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let mut options = Vec::new();
        for (key, parameter) in OPTIONS {
            options.extend(properties.text(key).map(|text| (parameter, text)));
        }
        properties.flag("record_call");
        Self {
            start: properties.required("record_call"),
            options,
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let mut parameters = Vec::new();
        for (parameter, text) in &self.options {
            parameters.extend(scene.optional(Some(text))?.map(|value| (*parameter, value)));
        }
        Ok(Step::Effect(Effect::RecordCall(RecordCall {
            call_sid: scene.call_sid(),
            start: flag(&scene.render(&self.start)?).unwrap_or(true),
            parameters,
        })))
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Done(Outcome::Ok(recording)) => {
                let sid = recording.get("sid").cloned().unwrap_or_default();
                scene.set_output("RecordingSid", sid);
                Ok(Step::Event("success"))
            }
            Input::Done(_) => Ok(Step::Event("failed")),
            _ => Ok(Step::Unexpected),
        }
    }
}
