//! `send-message`, and the message that `send-and-wait-for-reply` shares with it.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    effect::{Effect, Outcome, SendMessage},
    properties::Pair,
    text::Text,
    turn::Input,
};
use serde_json::Value;

/// A message's properties, for both widgets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    from: Text,
    body: Option<Text>,
    media_urls: Vec<Text>,
    service: Option<Text>,
    channel: Option<Text>,
    attributes: Option<Text>,
    content_sid: Option<Text>,
    content_variables: Vec<Pair>,
    shorten_urls: Option<Text>,
}

impl Message {
    pub(crate) fn read(properties: &mut Properties<'_>) -> Self {
        properties.ignore(&["message_type", "save_response_as"]);
        let message = Self {
            from: properties.expected("from", "{{flow.channel.address}}"),
            body: properties.text("body"),
            media_urls: properties.texts("media_url"),
            service: properties.text("service"),
            channel: properties.text("channel"),
            attributes: properties.text("attributes"),
            content_sid: properties.text("content_sid"),
            content_variables: properties.pairs("content_variables"),
            shorten_urls: properties.flag("shorten_urls"),
        };
        let empty = message.body.as_ref().is_none_or(Text::is_empty);
        if empty && message.media_urls.is_empty() && message.content_sid.is_none() {
            properties.warn(
                "",
                "the message has no `body`, `media_url` or `content_sid`",
            );
        }
        message
    }

    pub(crate) fn to(&self, to: String, scene: &Scene<'_>) -> Result<SendMessage, FlowError> {
        let from = scene.render(&self.from)?.trim().to_owned();
        let mut media_urls = Vec::new();
        for url in &self.media_urls {
            media_urls.extend(scene.optional(Some(url))?);
        }
        Ok(SendMessage {
            from: if from.is_empty() { scene.ours() } else { from },
            to: if to.is_empty() { scene.contact() } else { to },
            body: match &self.body {
                Some(body) => scene.render(body)?,
                None => String::new(),
            },
            media_urls,
            service: scene.optional(self.service.as_ref())?,
            channel: scene.optional(self.channel.as_ref())?,
            attributes: scene.optional(self.attributes.as_ref())?,
            content_sid: scene.optional(self.content_sid.as_ref())?,
            content_variables: scene.pairs(&self.content_variables)?,
            shorten_urls: scene.flag(self.shorten_urls.as_ref())?.unwrap_or(false),
        })
    }
}

/// The Message resource as flows address it: Studio's keys begin with a capital.
pub(crate) fn outbound(resource: &Value) -> Value {
    let Value::Object(fields) = resource else {
        return resource.clone();
    };
    let mut named = fields.clone();
    for (key, value) in fields {
        let studio: String = key
            .split('_')
            .map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase());
                first.into_iter().chain(letters).collect::<String>()
            })
            .collect();
        named.entry(studio).or_insert_with(|| value.clone());
    }
    Value::Object(named)
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SendMessageWidget {
    message: Message,
    to: Option<Text>,
}

impl Behaviour for SendMessageWidget {
    const EVENTS: &'static [&'static str] = &["sent", "failed"];
    const IS_EFFECT: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        Self {
            message: Message::read(properties),
            to: properties.text("to"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let to = scene.optional(self.to.as_ref())?.unwrap_or_default();
        Ok(Step::Effect(Effect::SendMessage(
            self.message.to(to, scene)?,
        )))
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Done(Outcome::Ok(resource)) => {
                scene.set_output("outbound", outbound(resource));
                Ok(Step::Event("sent"))
            }
            Input::Done(_) => Ok(Step::Event("failed")),
            _ => Ok(Step::Unexpected),
        }
    }
}
