//! Beginning: the first context of a flow and of a subflow, and what every voice request
//! tells about its call.

use super::{
    context::{Context, Parameters, call_parameters, message_parameters},
    definition::State,
    engine::Engine,
    env::newest,
    execution::{Call, Frame, TriggerKind},
    prune::{paths_of, reached},
    scene::Step,
    turn::{FlowError, MAX_FRAMES, Trigger},
    widget::Widget,
};
use serde_json::Value;

impl Engine<'_> {
    pub(super) fn start(
        &mut self,
        trigger: &Trigger,
        data: &Parameters,
    ) -> Result<Step, FlowError> {
        let initial = self.definition.initial();
        let mut frame = Frame {
            flow: String::new(),
            state: initial.name().to_owned(),
            context: Context::default(),
        };
        let context = &mut frame.context;
        context.set(&["flow", "data"], Value::Object(data.clone()));
        let text = |map: &Parameters, key: &str| map.get(key).cloned().unwrap_or_default();
        let (kind, event) = match trigger {
            Trigger::Call(parameters) => {
                self.execution.call = Call::Live;
                self.execution.trigger = Some(TriggerKind::Call);
                self.execution.frames = vec![frame];
                self.hear(parameters);
                return self.begin(initial, "incomingCall");
            }
            Trigger::Message(parameters) => {
                context.set(&["trigger", "message"], message_parameters(parameters));
                context.set(&["flow", "channel", "address"], text(parameters, "To"));
                context.set(&["contact", "channel", "address"], text(parameters, "From"));
                (TriggerKind::Message, "incomingMessage")
            }
            Trigger::Conversation(parameters) => {
                context.set(&["trigger", "conversation"], message_parameters(parameters));
                let ours = text(parameters, "MessagingBinding.ProxyAddress");
                let theirs = match text(parameters, "MessagingBinding.Address") {
                    Value::Null => text(parameters, "Author"),
                    address => address,
                };
                context.set(&["flow", "channel", "address"], ours);
                context.set(&["contact", "channel", "address"], theirs);
                (TriggerKind::Conversation, "incomingConversationMessage")
            }
            Trigger::Request { to, from } => {
                context.set(&["trigger", "request", "to"], Value::from(to.as_str()));
                context.set(&["trigger", "request", "from"], Value::from(from.as_str()));
                let parameters = Value::Object(data.clone());
                context.set(&["trigger", "request", "parameters"], parameters);
                context.set(&["flow", "channel", "address"], Value::from(from.as_str()));
                context.set(&["contact", "channel", "address"], Value::from(to.as_str()));
                (TriggerKind::Request, "incomingRequest")
            }
        };
        self.execution.trigger = Some(kind);
        self.execution.frames = vec![frame];
        self.begin(initial, event)
    }

    /// The trigger's event; a flow that starts at another widget enters that.
    fn begin(&mut self, initial: &State, event: &'static str) -> Result<Step, FlowError> {
        self.stamp();
        self.execution.steps += 1;
        match initial.widget() {
            Widget::Trigger(_) => Ok(Step::Event(event)),
            _ => self.enter(),
        }
    }

    /// Puts a voice request's lasting parameters where templates look for them.
    pub(super) fn hear(&mut self, parameters: &Parameters) {
        let status = parameters
            .get("CallStatus")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if self.execution.call == Call::Live
            && matches!(
                status,
                "completed" | "busy" | "failed" | "no-answer" | "canceled"
            )
        {
            self.execution.call = Call::Over;
        }
        if self.execution.trigger != Some(TriggerKind::Call) {
            return;
        }
        let outgoing = parameters
            .get("Direction")
            .and_then(Value::as_str)
            .is_some_and(|direction| direction.starts_with("outbound"));
        let (ours, theirs) = if outgoing {
            ("From", "To")
        } else {
            ("To", "From")
        };
        let address = |key: &str| parameters.get(key).cloned().unwrap_or_default();
        for (index, frame) in self.execution.frames.iter_mut().enumerate() {
            if index == 0 {
                let call = if self.env.lean {
                    let place = ["trigger", "call"];
                    let paths = paths_of(self.definition, self.env.flows, frame);
                    let read = paths.map(|paths| reached(parameters, &place, paths));
                    let mut call = call_parameters(&read.unwrap_or_default());
                    // The engine itself reads it.
                    if let Some(sid) = parameters.get("CallSid") {
                        call.insert("CallSid".to_owned(), sid.clone());
                    }
                    call
                } else {
                    call_parameters(parameters)
                };
                frame.context.set(&["trigger", "call"], Value::Object(call));
            }
            frame
                .context
                .set(&["flow", "channel", "address"], address(ours));
            frame
                .context
                .set(&["contact", "channel", "address"], address(theirs));
        }
    }

    pub(super) fn descend(
        &mut self,
        flow: &str,
        parameters: Parameters,
    ) -> Result<Step, FlowError> {
        if self.execution.frames.len() >= MAX_FRAMES {
            return Err(FlowError::TooDeep);
        }
        let Some(parent) = self.execution.frames.last() else {
            return Err(self.unexpected());
        };
        let Some((flow, definition)) = newest(self.env.flows, flow) else {
            return Ok(Step::Event("failed"));
        };
        let initial = definition.initial();
        let mut frame = Frame {
            flow: flow.to_owned(),
            state: initial.name().to_owned(),
            context: Context::default(),
        };
        let text = |path: &[&str]| parent.context.get(path).cloned().unwrap_or_default();
        for path in [
            ["flow", "channel", "address"],
            ["contact", "channel", "address"],
        ] {
            frame.context.set(&path, text(&path));
        }
        let context = &mut frame.context;
        let data = Value::Object(parameters);
        context.set(&["flow", "data"], data.clone());
        context.set(&["trigger", "parent", "parameters"], data);
        context.set(
            &["trigger", "parent", "flow_sid"],
            text(&["flow", "flow_sid"]),
        );
        context.set(
            &["trigger", "parent", "execution_sid"],
            Value::from(self.env.execution_sid),
        );
        context.set(
            &["trigger", "parent", "trigger_type"],
            Value::from(self.trigger_name()),
        );
        self.execution.frames.push(frame);
        self.begin(initial, "incomingParent")
    }

    /// As public flows compare it with `trigger.parent.trigger_type`.
    fn trigger_name(&self) -> &'static str {
        match self.execution.trigger {
            Some(TriggerKind::Call) => "call",
            Some(TriggerKind::Message) => "message",
            Some(TriggerKind::Conversation) => "conversation",
            Some(TriggerKind::Parent) => "parent",
            Some(TriggerKind::Request) | None => "request",
        }
    }
}
