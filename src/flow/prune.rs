//! What an execution must carry through a URL, and nothing more.

use super::{
    definition::Definition,
    env::Flows,
    execution::{Execution, TriggerKind},
};
use std::rc::Rc;

/// The execution without what Twilio sends again with every voice request and without
/// what no template of a state that can still be reached reads.
pub(crate) fn prune(definition: &Definition, execution: &Execution, flows: &Flows) -> Execution {
    let mut pruned = execution.clone();
    let on_call = execution.trigger == Some(TriggerKind::Call);
    for (index, frame) in pruned.frames.iter_mut().enumerate() {
        let flow = if frame.flow.is_empty() {
            Some(definition)
        } else {
            flows.get(&frame.flow).map(Rc::as_ref)
        };
        let Some(flow) = flow else { continue };
        let mut paths = flow.paths_from(&frame.state);
        let address = |side: &str| [side, "channel", "address"].map(str::to_owned).to_vec();
        if !on_call {
            paths.extend([address("flow"), address("contact")]);
        }
        let mut context = frame.context.pruned(&paths);
        context.remove(&["flow", "sid"]);
        context.remove(&["flow", "flow_sid"]);
        if on_call {
            context.remove(&["flow", "channel"]);
            context.remove(&["contact"]);
            if index == 0 {
                context.remove(&["trigger", "call"]);
            }
        }
        frame.context = context;
    }
    pruned
}
