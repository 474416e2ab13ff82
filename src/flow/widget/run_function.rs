//! `run-function`: calls a Twilio Function. Its URL is enough; the SIDs are for those
//! who map functions to other addresses.

use super::{Behaviour, FlowError, Properties, Scene, Step, http::keep_answer};
use crate::flow::{
    effect::{Effect, Outcome, RunFunction},
    properties::Pair,
    text::Text,
    turn::Input,
};
use serde_json::Map;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunFunctionWidget {
    url: Text,
    service_sid: Option<Text>,
    environment_sid: Option<Text>,
    function_sid: Option<Text>,
    parameters: Vec<Pair>,
}

impl Behaviour for RunFunctionWidget {
    const EVENTS: &'static [&'static str] = &["success", "fail"];
    const IS_EFFECT: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        properties.ignore(&["save_response_as"]);
        let widget = Self {
            url: properties.required("url"),
            service_sid: properties.text("service_sid"),
            environment_sid: properties.text("environment_sid"),
            function_sid: properties.text("function_sid"),
            parameters: properties.pairs("parameters"),
        };
        if widget.url.is_empty() && widget.function_sid.is_none() {
            properties.warn(
                "",
                "the function's `url` is empty: it fails unless the function is mapped",
            );
        }
        widget
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        Ok(Step::Effect(Effect::RunFunction(RunFunction {
            url: scene.optional(Some(&self.url))?.unwrap_or_default(),
            service_sid: scene.optional(self.service_sid.as_ref())?,
            environment_sid: scene.optional(self.environment_sid.as_ref())?,
            function_sid: scene.optional(self.function_sid.as_ref())?,
            parameters: scene.pairs(&self.parameters)?,
        })))
    }

    /// Unlike an HTTP request, a function may also answer with a redirect.
    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Done(Outcome::Http(answer)) => {
                let good = keep_answer(scene, answer) && (200..400).contains(&answer.status);
                Ok(Step::Event(if good { "success" } else { "fail" }))
            }
            Input::Done(_) => {
                scene.set_outputs(Map::new());
                Ok(Step::Event("fail"))
            }
            _ => Ok(Step::Unexpected),
        }
    }
}
