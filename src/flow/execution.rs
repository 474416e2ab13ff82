//! One run of a flow as a value: where it stands, what it knows, what it waits for.
//!
//! For voice it travels in the query of the URLs that Twilio calls back, so that a menu
//! costs no storage; [`Execution::encode`] and [`Execution::decode`] are that form. The
//! URLs are signed by Twilio, so nobody else can make one up. For messages it is stored.
//! Both forms are pinned by a test: a call in progress survives a deployment.

use super::{context::Context, verb::Verb};
use crate::json;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// No encoded execution that is longer is decoded: four thirds of the largest context,
/// for executions that are stored because they are too long for a URL.
pub const MAX_ENCODED: usize = 400 * 1024;

/// How an execution was started; names the `trigger.*` subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriggerKind {
    /// `incomingCall`, and outgoing calls that Twilio answered with this flow.
    #[serde(rename = "c")]
    Call,
    /// `incomingMessage`.
    #[serde(rename = "m")]
    Message,
    /// `incomingConversationMessage`.
    #[serde(rename = "v")]
    Conversation,
    /// `incomingRequest`: the REST API.
    #[serde(rename = "r")]
    Request,
    /// `incomingParent`: run as a subflow.
    #[serde(rename = "p")]
    Parent,
}

/// What an execution waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waiting {
    /// Nothing has happened yet, or it is over.
    #[serde(rename = "n")]
    Nothing,
    /// Twilio's next voice request enters the current state afresh.
    #[serde(rename = "e")]
    Enter,
    /// Twilio's voice callback for the current state.
    #[serde(rename = "c")]
    Callback,
    /// A reply, until this time in milliseconds since the epoch.
    #[serde(rename = "r")]
    Reply(i64),
    /// The answer to an effect.
    #[serde(rename = "f")]
    Effect,
}

/// Whether there is a call to speak on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Call {
    #[default]
    #[serde(rename = "n")]
    None,
    #[serde(rename = "l")]
    Live,
    #[serde(rename = "o")]
    Over,
}

/// One flow on the stack: the first is the flow itself, others are subflows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Frame {
    /// The subflow's SID or name; empty for the flow itself.
    #[serde(rename = "f", default, skip_serializing_if = "String::is_empty")]
    pub(crate) flow: String,
    #[serde(rename = "s")]
    pub(crate) state: String,
    #[serde(rename = "x", default)]
    pub(crate) context: Context,
}

/// One run of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The flow's name, as the caller knows it.
    #[serde(rename = "f")]
    pub flow: String,
    /// The flow's revision; a run stays on the one it began with.
    #[serde(rename = "r")]
    pub revision: u64,
    /// Steps taken so far.
    #[serde(rename = "n")]
    pub steps: u32,
    #[serde(rename = "t")]
    pub(crate) trigger: Option<TriggerKind>,
    #[serde(rename = "w")]
    pub(crate) waiting: Waiting,
    #[serde(rename = "c", default)]
    pub(crate) call: Call,
    #[serde(rename = "s")]
    pub(crate) frames: Vec<Frame>,
    /// Effects performed since Twilio last asked; more than one in one answer would
    /// break its 15 s limit.
    #[serde(skip)]
    pub(crate) performed: u32,
    /// Verbs said before an effect in the same answer.
    #[serde(skip)]
    pub(crate) said: Vec<Verb>,
    /// What the step in progress set, for its log entry.
    #[serde(rename = "d", default, skip_serializing_if = "Map::is_empty")]
    pub(crate) changes: Map<String, Value>,
}

/// Why an encoded execution is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an encoded execution")]
pub struct DecodeError;

impl Execution {
    /// A run that has not begun; give it to `advance` with `Input::Start`.
    #[must_use]
    pub fn new(flow: impl Into<String>, revision: u64) -> Self {
        Self {
            flow: flow.into(),
            revision,
            steps: 0,
            trigger: None,
            waiting: Waiting::Nothing,
            call: Call::None,
            frames: Vec::new(),
            performed: 0,
            said: Vec::new(),
            changes: Map::new(),
        }
    }

    /// The state it stands in (of the subflow that runs, if one does).
    #[must_use]
    pub fn state(&self) -> &str {
        self.frames.last().map_or("", |frame| &frame.state)
    }

    /// The subflows that it is in, outermost first, as [`super::Flows`] names them.
    pub fn subflows(&self) -> impl Iterator<Item = &str> {
        self.frames.iter().skip(1).map(|frame| frame.flow.as_str())
    }

    /// The state in which a flow stands: the flow itself for an empty name.
    pub(crate) fn state_in(&self, flow: &str) -> Option<&str> {
        let mut frames = self.frames.iter();
        frames
            .find(|frame| frame.flow == flow)
            .map(|frame| frame.state.as_str())
    }

    /// What it waits for.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.waiting
    }

    /// How it was started; `None` before it was.
    #[must_use]
    pub fn trigger(&self) -> Option<TriggerKind> {
        self.trigger
    }

    /// True while there is a call to speak on.
    #[must_use]
    pub fn is_on_call(&self) -> bool {
        self.call == Call::Live
    }

    /// Its call is over, by our own doing.
    pub fn hang_up(&mut self) {
        if self.call == Call::Live {
            self.call = Call::Over;
        }
    }

    /// The variables of the flow itself; `None` before it was started.
    #[must_use]
    pub fn context(&self) -> Option<&Context> {
        self.frames.first().map(|frame| &frame.context)
    }

    /// Compact text for a URL's query: JSON in base64url without padding. Encode what
    /// `advance` gave back, which is pruned already when it waits for a callback.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads what [`Execution::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else and for more than [`MAX_ENCODED`] bytes.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        if text.len() > MAX_ENCODED {
            return Err(DecodeError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| DecodeError)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| DecodeError)?;
        json::read(text).map_err(|_| DecodeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn sample() -> Execution {
        let mut context = Context::default();
        context.set(&["flow", "variables", "round"], json!(2));
        Execution {
            steps: 5,
            trigger: Some(TriggerKind::Call),
            waiting: Waiting::Callback,
            call: Call::Live,
            frames: vec![Frame {
                flow: String::new(),
                state: "menu".into(),
                context,
            }],
            ..Execution::new("acme-ivr", 7)
        }
    }

    #[test]
    fn the_encoded_form_is_pinned() {
        // A call in progress during a deployment carries this form: change it only with
        // a reader for the old one.
        let json = r#"{"f":"acme-ivr","r":7,"n":5,"t":"c","w":"c","c":"l","s":[{"s":"menu","x":{"flow":{"variables":{"round":2}}}}]}"#;
        assert_eq!(serde_json::to_string(&sample()).unwrap(), json);
        assert_eq!(Execution::decode(&sample().encode()), Ok(sample()));
    }

    proptest! {
        #[test]
        fn no_text_makes_decoding_panic(text in "[A-Za-z0-9_-]{0,200}") {
            let _ = Execution::decode(&text);
        }
    }
}
