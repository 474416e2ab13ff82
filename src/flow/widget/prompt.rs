//! The prompt that `say-play` and `gather-input-on-call` share.

use super::{FlowError, Properties, Scene};
use crate::flow::{text::Text, verb::Prompt};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spoken {
    pub(crate) say: Option<Text>,
    play: Option<Text>,
    digits: Option<Text>,
    voice: Option<Text>,
    language: Option<Text>,
    times: Option<Text>,
}

impl Spoken {
    pub(crate) fn read(properties: &mut Properties<'_>, digits: bool) -> Self {
        let spoken = Self {
            say: properties.text("say"),
            play: properties.text("play"),
            digits: if digits {
                properties.text("digits")
            } else {
                None
            },
            voice: properties.text("voice"),
            language: properties.text("language"),
            times: properties.number("loop"),
        };
        if spoken
            .say
            .as_ref()
            .and_then(Text::literal)
            .is_some_and(too_long)
        {
            properties.warn(
                "say",
                "Twilio speaks at most 4096 characters; the text is split",
            );
        }
        spoken
    }

    pub(crate) fn is_silent(&self) -> bool {
        [&self.say, &self.play, &self.digits]
            .into_iter()
            .flatten()
            .all(Text::is_empty)
    }

    pub(crate) fn prompts(&self, scene: &Scene<'_>) -> Result<Vec<Prompt>, FlowError> {
        let mut prompts = Vec::new();
        let times = scene.number(self.times.as_ref())?;
        if let Some(text) = scene.optional(self.say.as_ref())? {
            prompts.push(Prompt::Say {
                text,
                voice: scene.optional(self.voice.as_ref())?,
                language: scene.optional(self.language.as_ref())?,
                times,
            });
        }
        if let Some(url) = scene.optional(self.play.as_ref())? {
            prompts.push(Prompt::Play { url, times });
        }
        if let Some(digits) = scene.optional(self.digits.as_ref())? {
            prompts.push(Prompt::Digits { digits });
        }
        Ok(prompts)
    }
}

/// Twilio's error 13521.
fn too_long(say: &str) -> bool {
    say.chars().count() > 4096
}
