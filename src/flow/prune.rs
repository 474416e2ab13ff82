//! What an execution must carry through a URL, and nothing more.

use super::{
    context::{Context, Parameters},
    definition::Definition,
    env::Flows,
    execution::{Execution, Frame, TriggerKind},
    liquid::Path,
};
use crate::sorted::SortedSet;
use std::rc::Rc;

/// The execution without what Twilio sends again with every voice request and without
/// what no template of a state that can still be reached reads.
pub(crate) fn prune(definition: &Definition, execution: &Execution, flows: &Flows) -> Execution {
    let on_call = execution.trigger == Some(TriggerKind::Call);
    let frames = execution.frames.iter().enumerate();
    let frames = frames.map(|(index, frame)| Frame {
        flow: frame.flow.clone(),
        state: frame.state.clone(),
        context: match paths_of(definition, flows, frame) {
            Some(paths) => pruned(&frame.context, paths, on_call, index == 0),
            None => frame.context.clone(),
        },
    });
    // Field by field: what a frame drops here is not copied first.
    Execution {
        flow: execution.flow.clone(),
        revision: execution.revision,
        steps: execution.steps,
        trigger: execution.trigger,
        waiting: execution.waiting,
        call: execution.call,
        frames: frames.collect(),
        performed: execution.performed,
        said: execution.said.clone(),
        changes: execution.changes.clone(),
    }
}

/// What may still be read in a frame; `None` when its flow is gone.
pub(crate) fn paths_of<'a>(
    definition: &'a Definition,
    flows: &'a Flows,
    frame: &Frame,
) -> Option<&'a SortedSet<Path>> {
    let flow = if frame.flow.is_empty() {
        Some(definition)
    } else {
        flows.get(&frame.flow).map(Rc::as_ref)
    };
    flow.and_then(|flow| flow.paths_from(&frame.state))
}

/// Those of `parameters`, standing at `place`, that one of `paths` reaches.
pub(crate) fn reached(
    parameters: &Parameters,
    place: &[&str],
    paths: &SortedSet<Path>,
) -> Parameters {
    let mut reached = Parameters::new();
    for path in paths {
        let common = path.iter().zip(place).take_while(|(a, b)| a == b).count();
        match path.get(place.len()) {
            // The object as a whole, or one that it is in.
            None if common == path.len() => return parameters.clone(),
            Some(name) if common == place.len() => {
                if let Some(value) = parameters.get(name) {
                    reached.insert(name.clone(), value.clone());
                }
            }
            _ => {}
        }
    }
    reached
}

fn pruned(context: &Context, paths: &SortedSet<Path>, on_call: bool, first: bool) -> Context {
    let address = |side: &str| [side, "channel", "address"].map(str::to_owned).to_vec();
    let addresses = if on_call {
        Vec::new()
    } else {
        vec![address("flow"), address("contact")]
    };
    let mut context = context.pruned(paths.iter().chain(&addresses));
    context.remove(&["flow", "sid"]);
    context.remove(&["flow", "flow_sid"]);
    if on_call {
        context.remove(&["flow", "channel"]);
        context.remove(&["contact"]);
        if first {
            context.remove(&["trigger", "call"]);
        }
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn parameters_are_kept_that_a_template_reads_alone_or_as_a_whole() {
        let given = json!({ "Digits": "1", "From": "+1", "To": "+2" });
        let parameters = given.as_object().unwrap();
        let kept = |paths: &[&str]| {
            let paths = paths
                .iter()
                .map(|path| path.split('.').map(str::to_owned).collect())
                .collect();
            Value::Object(reached(parameters, &["widgets", "menu"], &paths))
        };
        assert_eq!(
            kept(&["widgets.menu.Digits", "flow.x"]),
            json!({"Digits": "1"})
        );
        assert_eq!(kept(&["widgets.menu.Digits.size"]), json!({"Digits": "1"}));
        assert_eq!(
            kept(&["widgets.other.Digits", "widgets.menu.No"]),
            json!({})
        );
        for whole in ["widgets.menu", "widgets"] {
            assert_eq!(kept(&[whole]), given, "{whole}");
        }
        assert_eq!(kept(&["flow", "flow.menu"]), json!({}));
    }
}
