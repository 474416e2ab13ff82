//! `trigger`: where a flow begins. It does nothing; the engine leaves it by the event
//! that started the execution.

use super::{Behaviour, FlowError, Properties, Scene, Step};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trigger;

impl Behaviour for Trigger {
    const EVENTS: &'static [&'static str] = &[
        "incomingMessage",
        "incomingCall",
        "incomingConversationMessage",
        "incomingRequest",
        "incomingParent",
    ];

    fn read(_: &str, _: &mut Properties<'_>) -> Self {
        Self
    }

    /// A transition back to the trigger has no event to leave by: the flow ends.
    fn enter(&self, _: &mut Scene<'_>) -> Result<Step, FlowError> {
        Ok(Step::End)
    }
}
