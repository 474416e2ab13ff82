//! `enqueue-call`, and what a queue's result means to it and to `send-to-flex`.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    env::StepKind,
    text::Text,
    turn::Input,
    verb::{Enqueue, QueueTarget, Verb},
};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EnqueueCall {
    queue_name: Option<Text>,
    workflow_sid: Option<Text>,
    task_attributes: Option<Text>,
    priority: Option<Text>,
    timeout: Option<Text>,
    wait_url: Option<Text>,
    wait_url_method: Option<Text>,
}

impl Behaviour for EnqueueCall {
    const EVENTS: &'static [&'static str] = &["callComplete", "failedToEnqueue", "callFailure"];
    const NEEDS_CALL: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let widget = Self {
            queue_name: properties.text("queue_name"),
            workflow_sid: properties.text("workflow_sid"),
            task_attributes: properties.text("task_attributes"),
            priority: properties.number("priority"),
            timeout: properties.number("timeout"),
            wait_url: properties.text("wait_url"),
            wait_url_method: properties.choice("wait_url_method", &["GET", "POST"]),
        };
        if widget.queue_name.is_none() && widget.workflow_sid.is_none() {
            properties.warn(
                "",
                "neither `queue_name` nor `workflow_sid`: it always fails",
            );
        }
        widget
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let target = match scene.optional(self.workflow_sid.as_ref())? {
            Some(sid) => QueueTarget::Workflow {
                sid,
                attributes: scene.optional(self.task_attributes.as_ref())?,
                priority: scene.number(self.priority.as_ref())?,
                timeout: scene.number(self.timeout.as_ref())?,
            },
            None => match scene.optional(self.queue_name.as_ref())? {
                Some(name) => QueueTarget::Queue(name),
                None => return Ok(Step::Event("failedToEnqueue")),
            },
        };
        let verb = Verb::Enqueue(Enqueue {
            target,
            action: scene.here(StepKind::Step, None),
            wait_url: scene.optional(self.wait_url.as_ref())?,
            wait_url_method: scene.optional(self.wait_url_method.as_ref())?,
        });
        scene.say(verb);
        Ok(Step::Pause { keep: false })
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        queue_result(scene, input)
    }
}

/// Twilio docs, TwiML `<Enqueue>`, `QueueResult`.
pub(crate) fn queue_result(scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
    let Input::Voice { parameters, .. } = input else {
        return Ok(Step::Unexpected);
    };
    scene.set_parameters(parameters);
    let result = parameters
        .get("QueueResult")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Ok(Step::Event(match result {
        "queue-full" | "error" => "failedToEnqueue",
        "system-error" => "callFailure",
        _ => "callComplete",
    }))
}
