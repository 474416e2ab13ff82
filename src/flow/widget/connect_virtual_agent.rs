//! `connect-virtual-agent` and `-v2`: `<Connect><VirtualAgent>`.

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
pub(crate) struct ConnectVirtualAgent {
    first_version: bool,
    attributes: Vec<(&'static str, Text)>,
    configurations: Vec<Pair>,
    parameters: Vec<Pair>,
}

impl Behaviour for ConnectVirtualAgent {
    const EVENTS: &'static [&'static str] = &[
        "return",
        "hangup",
        "completed",
        "live-agent-handoff",
        "failed",
        "paused",
        "timeout",
    ];
    const NEEDS_CALL: bool = true;
    const AFTER_HANGUP: &'static [&'static str] = &["hangup"];

    fn read(kind: &str, properties: &mut Properties<'_>) -> Self {
        let first_version = kind == "connect-virtual-agent";
        let connector = if first_version {
            properties.required("connector")
        } else {
            properties.required("connector_name")
        };
        let mut attributes = vec![("connectorName", connector)];
        for (key, attribute) in [
            ("language", "language"),
            ("sentiment_analysis", "sentimentAnalysis"),
            ("status_callback", "statusCallback"),
            ("status_callback_method", "statusCallbackMethod"),
        ] {
            attributes.extend(properties.text(key).map(|text| (attribute, text)));
        }
        properties.ignore(&[
            "connector_details",
            "channel",
            "session_behavior",
            "timeout",
            "resume_session_event_name",
            "resume_session_event_details",
            "resume_session_parameters",
            "resume_session_event",
            "resume_session_from",
        ]);
        Self {
            first_version,
            attributes,
            configurations: properties.pairs("configurations"),
            parameters: properties.pairs("parameters"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let mut attributes = Vec::new();
        for (attribute, text) in &self.attributes {
            attributes.extend(scene.optional(Some(text))?.map(|value| (*attribute, value)));
        }
        let agent = Agent {
            attributes,
            configs: scene.pairs(&self.configurations)?,
            parameters: scene.pairs(&self.parameters)?,
        };
        let action = scene.here(StepKind::Step, None);
        scene.say(Verb::Connect(Connect {
            action,
            noun: ConnectNoun::VirtualAgent(agent),
        }));
        Ok(Step::Pause { keep: false })
    }

    /// Twilio docs, TwiML `<VirtualAgent>`, `VirtualAgentStatus`.
    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        let Input::Voice { parameters, .. } = input else {
            return Ok(Step::Unexpected);
        };
        scene.set_parameters(parameters);
        if !scene.on_call() {
            return Ok(Step::Event("hangup"));
        }
        if self.first_version {
            return Ok(Step::Event("return"));
        }
        let status = parameters.get("VirtualAgentStatus").and_then(Value::as_str);
        Ok(Step::Event(match status.unwrap_or_default() {
            "live-agent-handoff" => "live-agent-handoff",
            "failed" => "failed",
            "paused" => "paused",
            "timeout" => "timeout",
            _ => "completed",
        }))
    }
}
