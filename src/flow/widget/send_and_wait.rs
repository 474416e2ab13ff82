//! `send-and-wait-for-reply`: sends, then waits for the contact's next message.

use super::{
    Behaviour, FlowError, Properties, Scene, Step,
    send_message::{Message, outbound},
};
use crate::flow::{
    context::message_parameters,
    effect::{Effect, Outcome},
    text::Text,
    turn::Input,
};

/// Studio's default wait, in seconds.
const DEFAULT_TIMEOUT: &str = "3600";

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SendAndWait {
    message: Message,
    timeout: Text,
}

impl Behaviour for SendAndWait {
    const EVENTS: &'static [&'static str] = &["incomingMessage", "timeout", "deliveryFailure"];
    const IS_EFFECT: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let message = Message::read(properties);
        let timeout = match properties.number("timeout") {
            Some(timeout) => timeout,
            None => properties.expected("timeout", DEFAULT_TIMEOUT),
        };
        Self { message, timeout }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        Ok(Step::Effect(Effect::SendMessage(
            self.message.to(String::new(), scene)?,
        )))
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Done(Outcome::Ok(resource)) => {
                scene.set_output("outbound", outbound(resource));
                let seconds = scene.number(Some(&self.timeout))?.unwrap_or(3600);
                let until = scene.now().saturating_add(i64::from(seconds) * 1000);
                Ok(Step::WaitReply { until })
            }
            Input::Done(_) | Input::DeliveryFailure(_) => Ok(Step::Event("deliveryFailure")),
            Input::Reply(parameters) => {
                scene.set_output("inbound", message_parameters(parameters));
                Ok(Step::Event("incomingMessage"))
            }
            Input::Timeout => Ok(Step::Event("timeout")),
            Input::Start { .. } | Input::Voice { .. } | Input::Again => Ok(Step::Unexpected),
        }
    }
}
