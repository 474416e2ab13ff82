//! `make-http-request`, and what an HTTP answer means to it and to `run-function`.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    effect::{Effect, HttpAnswer, HttpRequest, Outcome},
    properties::Pair,
    text::Text,
    turn::Input,
};
use serde_json::{Map, Value};

/// Studio refuses a larger answer.
const MAX_BODY: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MakeHttpRequest {
    method: Text,
    url: Text,
    content_type: Text,
    body: Option<Text>,
    parameters: Vec<Pair>,
    add_twilio_auth: Option<Text>,
}

impl Behaviour for MakeHttpRequest {
    const EVENTS: &'static [&'static str] = &["success", "failed"];
    const IS_EFFECT: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        properties.ignore(&["save_response_as"]);
        let method = match properties.choice("method", &["GET", "POST", "PUT", "DELETE"]) {
            Some(method) => method,
            None => properties.expected("method", "GET"),
        };
        Self {
            method,
            url: properties.required("url"),
            content_type: properties.expected("content_type", FORM),
            body: properties.text("body"),
            parameters: properties.pairs("parameters"),
            add_twilio_auth: properties.flag("add_twilio_auth"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let Some(url) = scene.optional(Some(&self.url))? else {
            return Ok(Step::Event("failed"));
        };
        let content_type = scene.render(&self.content_type)?;
        let body = match &self.body {
            Some(body) => Some(scene.render(body)?).filter(|body| !body.is_empty()),
            None => None,
        };
        Ok(Step::Effect(Effect::HttpRequest(HttpRequest {
            method: scene.render(&self.method)?.trim().to_ascii_uppercase(),
            url,
            content_type,
            body,
            parameters: scene.pairs(&self.parameters)?,
            add_twilio_auth: scene.flag(self.add_twilio_auth.as_ref())?.unwrap_or(false),
        })))
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Done(Outcome::Http(answer)) => {
                let good = keep_answer(scene, answer) && (200..300).contains(&answer.status);
                Ok(Step::Event(if good { "success" } else { "failed" }))
            }
            Input::Done(_) => {
                scene.set_outputs(Map::new());
                Ok(Step::Event("failed"))
            }
            _ => Ok(Step::Unexpected),
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded;charset=utf-8";

/// Puts the answer into the widget's outputs; false when it is too large to keep.
/// `parsed` exists only for JSON.
pub(crate) fn keep_answer(scene: &mut Scene<'_>, answer: &HttpAnswer) -> bool {
    let mut outputs = Map::new();
    if answer.body.len() > MAX_BODY {
        scene.set_outputs(outputs);
        return false;
    }
    outputs.insert("status_code".into(), Value::from(answer.status));
    outputs.insert(
        "content_type".into(),
        Value::from(answer.content_type.as_str()),
    );
    outputs.insert("body".into(), Value::from(answer.body.as_str()));
    let media_type = answer
        .content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if media_type.eq_ignore_ascii_case("application/json")
        && let Ok(parsed) = serde_json::from_str(&answer.body)
    {
        outputs.insert("parsed".into(), parsed);
    }
    scene.set_outputs(outputs);
    true
}
