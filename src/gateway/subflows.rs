//! The flows that a flow runs as subflows, loaded before a step: the engine waits for nothing.
//!
//! A flow names another by its Studio SID, or by its name here. Which revision that is, is
//! settled when the subflow begins; from then on the execution says it, as
//! `FW…@name@revision`, and a publication in the middle of a call changes nothing.

use std::rc::Rc;

use super::published::{self, FlowRef};
use super::world::{Unavailable, World};
use crate::flow::{Definition, Execution, Flows};
use crate::log::Record;
use crate::ports::PublishedFlow;

/// Most flows that one step loads.
const MOST: usize = 32;

/// Every flow that `definition` can come to, and those that the execution is in.
///
/// # Errors
/// When neither KV nor the registry answers.
pub async fn load<W: World>(
    world: &W,
    definition: &Definition,
    execution: &Execution,
) -> Result<Flows, Unavailable> {
    let mut flows = Flows::new();
    let mut wanted: Vec<String> = Vec::new();
    wanted.extend(definition.subflows().into_iter().map(str::to_owned));
    wanted.extend(execution.subflows().map(str::to_owned));
    while let Some(name) = wanted.pop() {
        let (sid, flow) = match name.split_once('@') {
            Some((sid, flow)) => (sid, FlowRef::parse(flow)),
            None => (name.as_str(), published::called(world, &name).await?),
        };
        let Some(flow) = flow else { continue };
        let key = [sid, "@", &flow.to_string()].concat();
        if flows.contains_key(&key) {
            continue;
        }
        if flows.len() >= MOST {
            world.log(Record::error("flow.too_many_subflows"));
            break;
        }
        if let Some(found) = published::definition(world, &flow).await? {
            wanted.extend(found.subflows().into_iter().map(str::to_owned));
            flows.insert(key, found);
        }
    }
    Ok(flows)
}

/// The flow that an execution runs, with its subflows; `None` when it is not there.
///
/// # Errors
/// When neither KV nor the registry answers.
pub async fn with_subflows<W: World>(
    world: &W,
    execution: &Execution,
) -> Result<Option<PublishedFlow>, Unavailable> {
    let flow = FlowRef {
        name: execution.flow.clone(),
        revision: execution.revision,
    };
    let Some(definition) = published::definition(world, &flow).await? else {
        return Ok(None);
    };
    let flows = load(world, &definition, execution).await?;
    Ok(Some(PublishedFlow {
        definition,
        flows: Rc::new(flows),
    }))
}
