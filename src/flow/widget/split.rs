//! `split-based-on`: takes the first `match` transition whose condition holds, else
//! `noMatch`.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::text::Text;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Split {
    input: Option<Text>,
    /// The input as it was written, to compare with the conditions' arguments.
    source: String,
}

impl Split {
    pub(crate) fn input(&self) -> Option<&Text> {
        self.input.as_ref()
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }
}

impl Behaviour for Split {
    const EVENTS: &'static [&'static str] = &["noMatch", "match"];

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let source = properties.raw("input");
        let input = properties.text("input");
        if input.is_none() {
            // Conditions carry the tested expression too, so the split still works.
            properties.warn("", "the property `input` is missing; Studio requires it");
        }
        Self { input, source }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let empty = Text::default();
        let input = self.input.as_ref().unwrap_or(&empty);
        for (index, transition) in scene.state().transitions().iter().enumerate() {
            let conditions = transition.conditions();
            if transition.event() != "match" || conditions.is_empty() {
                continue;
            }
            let mut all = true;
            for condition in conditions {
                all = all && condition.holds(input, scene)?;
            }
            if all {
                return Ok(Step::Match(index));
            }
        }
        Ok(Step::Event("noMatch"))
    }
}
