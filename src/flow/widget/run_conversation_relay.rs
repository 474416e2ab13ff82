//! `run-conversation-relay`: `<Connect><ConversationRelay>`.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    env::StepKind,
    properties::Pair,
    text::Text,
    turn::Input,
    verb::{Agent, Connect, ConnectNoun, Verb},
};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunConversationRelay {
    url: Text,
    attributes: Vec<(&'static str, Text)>,
    parameters: Vec<Pair>,
}

/// TwiML attribute for each property.
const ATTRIBUTES: [(&str, &str); 19] = [
    ("welcome_greeting", "welcomeGreeting"),
    (
        "welcome_greeting_interruptible",
        "welcomeGreetingInterruptible",
    ),
    ("language", "language"),
    ("tts_language", "ttsLanguage"),
    ("tts_provider", "ttsProvider"),
    ("voice", "voice"),
    ("transcription_language", "transcriptionLanguage"),
    ("transcription_provider", "transcriptionProvider"),
    ("speech_model", "speechModel"),
    ("profanity_filter", "profanityFilter"),
    ("dtmf_detection", "dtmfDetection"),
    ("interruptible", "interruptible"),
    ("interrupt_sensitivity", "interruptSensitivity"),
    ("preemptible", "preemptible"),
    ("partial_prompts", "partialPrompts"),
    ("hints", "hints"),
    ("intelligence_service", "intelligenceService"),
    (
        "report_input_during_agent_speech",
        "reportInputDuringAgentSpeech",
    ),
    ("debug", "debug"),
];

impl Behaviour for RunConversationRelay {
    const EVENTS: &'static [&'static str] = &["success", "failed"];
    const NEEDS_CALL: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let mut attributes = Vec::new();
        for (key, attribute) in ATTRIBUTES {
            attributes.extend(properties.text(key).map(|text| (attribute, text)));
        }
        Self {
            url: properties.required("url"),
            attributes,
            parameters: properties.pairs("parameters"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let Some(url) = scene.optional(Some(&self.url))? else {
            return Ok(Step::Event("failed"));
        };
        let mut attributes = vec![("url", url)];
        for (attribute, text) in &self.attributes {
            attributes.extend(scene.optional(Some(text))?.map(|value| (*attribute, value)));
        }
        let parameters = scene.pairs(&self.parameters)?;
        let agent = Agent {
            attributes,
            configs: Vec::new(),
            parameters,
        };
        let action = scene.here(StepKind::Step, None);
        scene.say(Verb::Connect(Connect {
            action,
            noun: ConnectNoun::ConversationRelay(agent),
        }));
        Ok(Step::Pause { keep: false })
    }

    /// Twilio docs, TwiML `<ConversationRelay>`, `SessionStatus`.
    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        let Input::Voice { parameters, .. } = input else {
            return Ok(Step::Unexpected);
        };
        scene.set_parameters(parameters);
        let failed = parameters.get("SessionStatus").and_then(Value::as_str) == Some("failed")
            || parameters.get("ErrorCode").is_some();
        Ok(Step::Event(if failed { "failed" } else { "success" }))
    }
}
