//! `make-outgoing-call-v1` and `-v2`: places a call for an execution that has none. The
//! flow goes on when the call is answered (its first TwiML request) or has failed (its
//! final status).

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    effect::{Effect, MakeCall, Outcome},
    env::StepKind,
    text::{Text, flag},
    turn::Input,
};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MakeOutgoingCall {
    from: Text,
    to: Text,
    /// REST parameter and property.
    options: Vec<(&'static str, Text)>,
    detect: Option<Text>,
    /// v1 has its own event for an answering machine.
    tells_machines: bool,
}

/// Twilio's REST parameter for each property that only has to be passed on.
const OPTIONS: [(&str, &str); 11] = [
    ("timeout", "Timeout"),
    ("recording_channels", "RecordingChannels"),
    ("recording_status_callback", "RecordingStatusCallback"),
    ("trim", "Trim"),
    ("send_digits", "SendDigits"),
    ("machine_detection_timeout", "MachineDetectionTimeout"),
    (
        "machine_detection_speech_threshold",
        "MachineDetectionSpeechThreshold",
    ),
    (
        "machine_detection_speech_end_threshold",
        "MachineDetectionSpeechEndThreshold",
    ),
    (
        "machine_detection_silence_timeout",
        "MachineDetectionSilenceTimeout",
    ),
    ("sip_auth_username", "SipAuthUsername"),
    ("sip_auth_password", "SipAuthPassword"),
];

impl Behaviour for MakeOutgoingCall {
    const EVENTS: &'static [&'static str] = &[
        "answered",
        "busy",
        "noAnswer",
        "failed",
        "answeredByMachine",
        "hangup",
    ];
    const IS_EFFECT: bool = true;
    const AFTER_HANGUP: &'static [&'static str] = &["busy", "noAnswer", "failed", "hangup"];

    fn read(kind: &str, properties: &mut Properties<'_>) -> Self {
        let mut options = Vec::new();
        for (key, parameter) in OPTIONS {
            options.extend(properties.text(key).map(|text| (parameter, text)));
        }
        options.extend(properties.flag("record").map(|text| ("Record", text)));
        options.extend(
            properties
                .text("machine_detection")
                .map(|text| ("MachineDetection", text)),
        );
        Self {
            from: properties.expected("from", "{{flow.channel.address}}"),
            to: properties.expected("to", "{{contact.channel.address}}"),
            options,
            detect: properties.flag("detect_answering_machine"),
            tells_machines: kind == "make-outgoing-call-v1",
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let detect = match &self.detect {
            Some(text) => flag(&scene.render(text)?).unwrap_or(false),
            None => false,
        };
        let mut parameters = Vec::new();
        for (parameter, text) in &self.options {
            let wanted = detect || !parameter.starts_with("MachineDetection");
            if let Some(value) = scene.optional(Some(text))?.filter(|_| wanted) {
                parameters.push((*parameter, value));
            }
        }
        Ok(Step::Effect(Effect::MakeCall(MakeCall {
            from: scene
                .optional(Some(&self.from))?
                .unwrap_or_else(|| scene.ours()),
            to: scene
                .optional(Some(&self.to))?
                .unwrap_or_else(|| scene.contact()),
            url: scene.here(StepKind::Step, None),
            parameters,
        })))
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            // Accepted is not answered: wait for the call itself.
            Input::Done(Outcome::Ok(call)) => {
                let sid = call.get("sid").or_else(|| call.get("CallSid"));
                scene.set_output("CallSid", sid.cloned().unwrap_or_default());
                Ok(Step::Pause { keep: true })
            }
            Input::Done(_) => Ok(Step::Event("failed")),
            Input::Voice { parameters, .. } => {
                let text = |key: &str| {
                    parameters
                        .get(key)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned()
                };
                let (status, answered_by) = (text("CallStatus"), text("AnsweredBy"));
                scene.set_parameters(parameters);
                Ok(Step::Event(match status.as_str() {
                    "busy" => "busy",
                    "no-answer" => "noAnswer",
                    "failed" | "canceled" | "completed" => "failed",
                    _ => {
                        scene.make_call_live();
                        let machine = answered_by.starts_with("machine") || answered_by == "fax";
                        if self.tells_machines && machine {
                            "answeredByMachine"
                        } else {
                            "answered"
                        }
                    }
                }))
            }
            _ => Ok(Step::Unexpected),
        }
    }
}
