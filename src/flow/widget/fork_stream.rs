//! `fork-stream`: starts or stops a media stream beside the call.

use super::{Behaviour, FlowError, Properties, Scene, Step};
use crate::flow::{
    properties::Pair,
    text::Text,
    verb::{Stream, Verb},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForkStream {
    action: Text,
    name: Option<Text>,
    transport: Option<Text>,
    url: Option<Text>,
    connector: Option<Text>,
    track: Option<Text>,
    parameters: Vec<Pair>,
}

impl Behaviour for ForkStream {
    const EVENTS: &'static [&'static str] = &["next"];
    const NEEDS_CALL: bool = true;

    fn read(_: &str, properties: &mut Properties<'_>) -> Self {
        let action = match properties.choice("stream_action", &["start", "stop"]) {
            Some(action) => action,
            None => properties.required("stream_action"),
        };
        Self {
            action,
            name: properties.text("stream_name"),
            transport: properties.choice("stream_transport_type", &["websocket", "siprec"]),
            url: properties.text("stream_url"),
            connector: properties.text("stream_connector"),
            track: properties.choice(
                "stream_track",
                &["inbound_track", "outbound_track", "both_tracks"],
            ),
            parameters: properties.pairs("stream_parameters"),
        }
    }

    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
        let name = scene.optional(self.name.as_ref())?;
        let siprec = scene.optional(self.transport.as_ref())?.as_deref() == Some("siprec");
        let verb = if scene.render(&self.action)?.trim() == "stop" {
            name.map(|name| Verb::StopStream { name, siprec })
        } else {
            Some(Verb::StartStream(Stream {
                name,
                siprec,
                url: scene.optional(self.url.as_ref())?,
                connector: scene.optional(self.connector.as_ref())?,
                track: scene.optional(self.track.as_ref())?,
                parameters: scene.pairs(&self.parameters)?,
            }))
        };
        if let Some(verb) = verb {
            scene.say(verb);
        }
        Ok(Step::Event("next"))
    }
}
