//! `run-subflow`: runs another flow in the same execution. The engine descends into it
//! and gives `completed` with the subflow's variables as this widget's outputs.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{properties::Pair, text::Text};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunSubflow {
    flow_sid: Text,
    parameters: Vec<Pair>,
}

impl RunSubflow {
    /// The subflow, when the flow names it literally.
    pub(crate) fn flow_sid(&self) -> Option<&str> {
        self.flow_sid.literal().filter(|sid| !sid.is_empty())
    }
}

impl Behaviour for RunSubflow {
    const EVENTS: &'static [&'static str] = &["completed", "failed"];

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        // Which revision a name means is the caller's business.
        properties.choice("flow_revision", &["LatestPublished", "LatestDraft"]);
        Self {
            flow_sid: properties.required("flow_sid"),
            parameters: properties.pairs("parameters"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        match scene.optional(Some(&self.flow_sid))? {
            Some(flow) => Ok(Step::Subflow {
                flow,
                parameters: scene.object(&self.parameters)?,
            }),
            None => Ok(Step::Event("failed")),
        }
    }
}
