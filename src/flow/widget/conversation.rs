//! `start-conversation` and `resume-conversation`: for executions of the REST API. The
//! properties go to the Conversations API as they are.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    effect::{Effect, Outcome, StartConversation},
    text::Text,
    turn::Input,
};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConversationWidget {
    resume: bool,
    service_sid: Text,
    /// Every other property: a template, or JSON as it stands.
    properties: Vec<(String, Tree)>,
}

/// A JSON value with templates in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Text(Text),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
    Other(Value),
}

impl Tree {
    fn render(&self, scene: &Scene<'_>) -> Result<Value, FlowError> {
        Ok(match self {
            Self::Text(text) => Value::String(scene.render(text)?),
            Self::Other(value) => value.clone(),
            Self::List(items) => Value::Array(
                items
                    .iter()
                    .map(|item| item.render(scene))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Object(fields) => {
                let mut object = Map::new();
                for (key, tree) in fields {
                    object.insert(key.clone(), tree.render(scene)?);
                }
                Value::Object(object)
            }
        })
    }
}

impl Behaviour for ConversationWidget {
    const EVENTS: &'static [&'static str] = &["created", "resumed", "failed"];
    const IS_EFFECT: bool = true;

    fn read(kind: &str, properties: &mut Properties<'_>) -> Self {
        Self {
            resume: kind == "resume-conversation",
            service_sid: properties.required("conversation_service_sid"),
            properties: properties.rest(),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let mut properties = Map::new();
        for (key, tree) in &self.properties {
            properties.insert(key.clone(), tree.render(scene)?);
        }
        Ok(Step::Effect(Effect::Conversation(StartConversation {
            resume: self.resume,
            service_sid: scene.render(&self.service_sid)?.trim().to_owned(),
            properties,
        })))
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Done(Outcome::Ok(Value::Object(conversation))) => {
                scene.set_outputs(conversation.clone());
                Ok(Step::Event(if self.resume { "resumed" } else { "created" }))
            }
            Input::Done(Outcome::Ok(_)) => {
                Ok(Step::Event(if self.resume { "resumed" } else { "created" }))
            }
            Input::Done(_) => Ok(Step::Event("failed")),
            _ => Ok(Step::Unexpected),
        }
    }
}
