//! `connect-call-to`: dials a number, client, SIP address, SIM or conference.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    env::StepKind,
    text::Text,
    turn::Input,
    verb::{Dial, Noun, Verb},
};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConnectCallTo {
    noun: Text,
    to: Option<Text>,
    caller_id: Text,
    timeout: Option<Text>,
    time_limit: Option<Text>,
    record: Option<Text>,
    sip_endpoint: Option<Text>,
    sip_username: Option<Text>,
    sip_password: Option<Text>,
}

const NOUNS: [&str; 6] = [
    "number",
    "number-multi",
    "client",
    "sip",
    "sim",
    "conference",
];

impl Behaviour for ConnectCallTo {
    const EVENTS: &'static [&'static str] = &["callCompleted", "hangup"];
    const NEEDS_CALL: bool = true;
    const AFTER_HANGUP: &'static [&'static str] = &["hangup"];

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let noun = match properties.choice("noun", &NOUNS) {
            Some(noun) => noun,
            None => properties.expected("noun", "number"),
        };
        let widget = Self {
            noun,
            to: properties.text("to"),
            caller_id: properties.expected("caller_id", "{{contact.channel.address}}"),
            timeout: properties.number("timeout"),
            time_limit: properties.number("time_limit"),
            record: properties.text("record"),
            sip_endpoint: properties.text("sip_endpoint"),
            sip_username: properties.text("sip_username"),
            sip_password: properties.text("sip_password"),
        };
        if widget.to.is_none() && widget.sip_endpoint.is_none() {
            properties.warn(
                "",
                "nobody is dialled: neither `to` nor `sip_endpoint` is set",
            );
        }
        widget
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let Some(noun) = self.whom(scene)? else {
            // Twilio would end the call with error 13224; Studio's event is this one.
            let failed = ("DialCallStatus".to_owned(), Value::from("failed"));
            let mut outputs = Map::new();
            outputs.extend([failed]);
            scene.set_outputs(outputs);
            return Ok(Step::Event("callCompleted"));
        };
        let record = match scene.optional(self.record.as_ref())?.as_deref() {
            Some("true") => Some("record-from-answer".to_owned()),
            Some("false" | "do-not-record") | None => None,
            Some(other) => Some(other.to_owned()),
        };
        let dial = Dial {
            noun,
            action: scene.here(StepKind::Step, None),
            caller_id: scene.optional(Some(&self.caller_id))?,
            timeout: scene.number(self.timeout.as_ref())?,
            time_limit: scene.number(self.time_limit.as_ref())?,
            record,
        };
        scene.say(Verb::Dial(dial));
        Ok(Step::Pause { keep: false })
    }

    /// Twilio asks the action also when the caller hung up: then the call is over.
    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        let Input::Voice { parameters, .. } = input else {
            return Ok(Step::Unexpected);
        };
        scene.set_parameters(parameters);
        Ok(Step::Event(if scene.on_call() {
            "callCompleted"
        } else {
            "hangup"
        }))
    }
}

impl ConnectCallTo {
    fn whom(&self, scene: &Scene<'_>) -> Result<Option<Noun>, FlowError> {
        let to = scene.optional(self.to.as_ref())?;
        let noun = scene.render(&self.noun)?;
        Ok(match noun.trim() {
            "client" => to.map(|to| Noun::Client(to.trim_start_matches("client:").to_owned())),
            "sip" => match scene.optional(self.sip_endpoint.as_ref())?.or(to) {
                Some(uri) => Some(Noun::Sip {
                    uri: if uri.starts_with("sip") {
                        uri
                    } else {
                        format!("sip:{uri}")
                    },
                    username: scene.optional(self.sip_username.as_ref())?,
                    password: scene.optional(self.sip_password.as_ref())?,
                }),
                None => None,
            },
            "sim" => to.map(Noun::Sim),
            "conference" => to.map(Noun::Conference),
            "number-multi" => to.and_then(|to| {
                let numbers: Vec<String> = to
                    .split([',', ';'])
                    .map(str::trim)
                    .filter(|number| !number.is_empty())
                    .map(str::to_owned)
                    .collect();
                (!numbers.is_empty()).then_some(Noun::Numbers(numbers))
            }),
            _ => to.map(|to| Noun::Numbers(vec![to])),
        })
    }
}
