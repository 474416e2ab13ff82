//! `gather-input-on-call`: asks for keys or speech.
//!
//! Speech is listened for only when the `speech` event leads somewhere: that is when
//! Studio does, and when Twilio charges for it.

use super::{Behaviour, FlowError, Properties, Scene, Step, prompt::Spoken};
use crate::flow::{
    env::StepKind,
    text::{Text, flag},
    turn::Input,
    verb::{Gather, Verb},
};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GatherInput {
    spoken: Spoken,
    timeout: Option<Text>,
    finish_on_key: Option<Text>,
    stop_gather: Option<Text>,
    number_of_digits: Option<Text>,
    hints: Option<Text>,
    language: Option<Text>,
    speech_timeout: Option<Text>,
    speech_model: Option<Text>,
    profanity_filter: Option<Text>,
}

impl Behaviour for GatherInput {
    const EVENTS: &'static [&'static str] = &["keypress", "speech", "timeout"];
    const NEEDS_CALL: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        properties.ignore(&["save_response_as"]);
        let gather = Self {
            spoken: Spoken::read(properties, false),
            timeout: properties.number("timeout"),
            finish_on_key: properties.text("finish_on_key"),
            stop_gather: properties.flag("stop_gather"),
            number_of_digits: properties.number("number_of_digits"),
            hints: properties.text("hints"),
            language: properties.text("gather_language"),
            speech_timeout: properties.text("speech_timeout"),
            speech_model: properties.text("speech_model"),
            profanity_filter: properties.flag("profanity_filter"),
        };
        if gather.spoken.is_silent() {
            properties.warn("", "the widget asks for input without a prompt");
        }
        gather
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let speech = scene.leads_on("speech");
        // `stop_gather: false` means that no key ends the input.
        let stops = scene.flag(self.stop_gather.as_ref())?;
        let finish_on_key = match (stops, &self.finish_on_key) {
            (Some(false), _) => Some(String::new()),
            (_, Some(key)) => Some(scene.render(key)?),
            (_, None) => None,
        };
        let gather = Gather {
            prompts: self.spoken.prompts(scene)?,
            action: scene.here(StepKind::MenuSelection, None),
            dtmf: scene.leads_on("keypress") || !speech,
            speech,
            timeout: scene.number(self.timeout.as_ref())?,
            finish_on_key,
            num_digits: scene
                .number(self.number_of_digits.as_ref())?
                .filter(|n| *n > 0),
            hints: scene.optional(self.hints.as_ref())?.filter(|_| speech),
            language: scene.optional(self.language.as_ref())?.filter(|_| speech),
            speech_timeout: scene
                .optional(self.speech_timeout.as_ref())?
                .filter(|_| speech),
            speech_model: scene
                .optional(self.speech_model.as_ref())?
                .filter(|_| speech),
            profanity_filter: scene
                .optional(self.profanity_filter.as_ref())?
                .and_then(|text| flag(&text))
                .filter(|_| speech),
        };
        scene.say(Verb::Gather(gather));
        Ok(Step::Pause { keep: false })
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        let Input::Voice { parameters, .. } = input else {
            return Ok(Step::Unexpected);
        };
        let given = |key: &str| {
            parameters
                .get(key)
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty())
        };
        let event = if given("Digits") {
            "keypress"
        } else if given("SpeechResult") {
            "speech"
        } else {
            "timeout"
        };
        scene.set_parameters(parameters);
        Ok(Step::Event(event))
    }
}
