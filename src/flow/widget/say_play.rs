//! `say-play`: speaks a text, plays a recording or DTMF. Several in a row make one
//! TwiML answer.

use super::{Behaviour, FlowError, Properties, Scene, Step, prompt::Spoken};
use crate::flow::verb::Verb;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SayPlay {
    spoken: Spoken,
}

impl Behaviour for SayPlay {
    const EVENTS: &'static [&'static str] = &["audioComplete"];
    const NEEDS_CALL: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let spoken = Spoken::read(properties, true);
        if spoken.is_silent() {
            properties.warn("", "none of `say`, `play` and `digits`: nothing is heard");
        }
        Self { spoken }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        for prompt in self.spoken.prompts(scene)? {
            scene.say(Verb::Prompt(prompt));
        }
        Ok(Step::Event("audioComplete"))
    }
}
