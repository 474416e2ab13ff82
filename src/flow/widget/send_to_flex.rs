//! `send-to-flex`: hands a call or a conversation to people. A call waits in TaskRouter
//! by `<Enqueue workflowSid>`; for anything else a task is created by REST.

use super::{Behaviour, FlowError, Properties, Scene, Step, enqueue_call::queue_result};
use crate::flow::{
    effect::{CreateTask, Effect, Outcome},
    env::StepKind,
    text::Text,
    turn::Input,
    verb::{Enqueue, QueueTarget, Verb},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SendToFlex {
    workflow: Text,
    channel: Text,
    attributes: Option<Text>,
    priority: Option<Text>,
    timeout: Option<Text>,
    wait_url: Option<Text>,
    wait_url_method: Option<Text>,
}

impl Behaviour for SendToFlex {
    const EVENTS: &'static [&'static str] = &[
        "callComplete",
        "failedToEnqueue",
        "callFailure",
        "composerStarted",
    ];
    const IS_EFFECT: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        Self {
            workflow: properties.required("workflow"),
            channel: properties.required("channel"),
            attributes: properties.text("attributes"),
            priority: properties.number("priority"),
            timeout: properties.number("timeout"),
            wait_url: properties.text("waitUrl"),
            wait_url_method: properties.choice("waitUrlMethod", &["GET", "POST"]),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let sid = scene.render(&self.workflow)?.trim().to_owned();
        let attributes = scene.optional(self.attributes.as_ref())?;
        let priority = scene.number(self.priority.as_ref())?;
        let timeout = scene.number(self.timeout.as_ref())?;
        if !scene.on_call() {
            return Ok(Step::Effect(Effect::CreateTask(CreateTask {
                workflow_sid: sid,
                task_channel: scene.render(&self.channel)?.trim().to_owned(),
                attributes: attributes.unwrap_or_else(|| "{}".to_owned()),
                priority,
                timeout,
            })));
        }
        let verb = Verb::Enqueue(Enqueue {
            target: QueueTarget::Workflow {
                sid,
                attributes,
                priority,
                timeout,
            },
            action: scene.here(StepKind::Step, None),
            wait_url: scene.optional(self.wait_url.as_ref())?,
            wait_url_method: scene.optional(self.wait_url_method.as_ref())?,
        });
        scene.say(verb);
        Ok(Step::Pause { keep: false })
    }

    fn resume(&self, scene: &mut Scene<'_>, input: &Input) -> Result<Step, FlowError> {
        match input {
            Input::Done(Outcome::Ok(task)) => {
                // Flows read `widgets.NAME.sid`, `widgets.NAME.task_queue_sid`...
                scene.set_outputs(task.as_object().cloned().unwrap_or_default());
                Ok(Step::Event("callComplete"))
            }
            Input::Done(_) => Ok(Step::Event("failedToEnqueue")),
            other => queue_result(scene, other),
        }
    }
}
