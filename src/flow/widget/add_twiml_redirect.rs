//! `add-twiml-redirect`: hands the call to TwiML of somebody else. That TwiML comes back
//! with a redirect whose query says `FlowEvent=return` (or `fail`); whatever else the
//! query holds becomes the widget's output.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{text::Text, turn::Input, verb::Verb};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AddTwimlRedirect {
    url: Text,
    method: Option<Text>,
}

impl Behaviour for AddTwimlRedirect {
    const EVENTS: &'static [&'static str] = &["return", "timeout", "fail"];

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        properties.number("timeout");
        Self {
            url: properties.required("url"),
            method: properties.choice("method", &["GET", "POST"]),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        // Without a call there is nobody to hand over.
        let url = scene.optional(Some(&self.url))?.filter(|_| scene.on_call());
        let Some(url) = url else {
            return Ok(Step::Event("fail"));
        };
        let method = scene.optional(self.method.as_ref())?;
        scene.say(Verb::Redirect { url, method });
        // The other side does not know the execution: it must be kept by the call.
        Ok(Step::Pause { keep: true })
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        let Input::Voice { parameters, .. } = input else {
            return Ok(Step::Unexpected);
        };
        let event = parameters
            .get("FlowEvent")
            .and_then(Value::as_str)
            .unwrap_or("return");
        scene.set_parameters(parameters);
        Ok(Step::Event(match event.to_ascii_lowercase().as_str() {
            "timeout" => "timeout",
            "fail" | "failed" => "fail",
            _ => "return",
        }))
    }
}
