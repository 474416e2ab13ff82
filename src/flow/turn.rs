//! What goes into the engine and what comes out: triggers, inputs, turns, errors.

use super::{
    context::Parameters,
    effect::{Effect, Outcome},
    execution::Execution,
    liquid::LiquidError,
    log::LogEntry,
    verb::Verb,
};

/// Subflows run no deeper.
pub(crate) const MAX_FRAMES: usize = 8;

/// How a flow starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A call's first voice request.
    Call(Parameters),
    /// An incoming message.
    Message(Parameters),
    /// A conversation's message.
    Conversation(Parameters),
    /// The REST API: `to` is the contact, `from` our address. Its `Parameters` are the
    /// `data` of [`Input::Start`].
    Request {
        /// The contact's address.
        to: String,
        /// Our address.
        from: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The flow begins; `data` becomes `flow.data`.
    Start {
        /// How.
        trigger: Trigger,
        /// `flow.data`: configuration of ours, or a REST execution's parameters.
        data: Parameters,
    },
    /// A voice request of Twilio: a callback that the flow waits for, or a status of a
    /// call that it placed.
    Voice {
        /// Body and query parameters together, without those of the step address.
        parameters: Parameters,
        /// The `event` of the step address, if it had one.
        event: Option<String>,
    },
    /// The contact's reply.
    Reply(Parameters),
    /// The wait for a reply is over.
    Timeout,
    /// The message that the flow waits on was not delivered: its status callback.
    DeliveryFailure(Parameters),
    /// An effect was performed.
    Done(Outcome),
    /// What became of an effect is not known and it may be performed once more: the state
    /// that asked for it is entered again.
    Again,
}

/// What the caller does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Answer the verbs and wait for Twilio's voice request. `keep` means that it will
    /// come without the execution in its address: store the execution by its call.
    Pause {
        /// Store it.
        keep: bool,
    },
    /// Perform this and come back with [`Input::Done`]. Verbs are not lost.
    Effect(Effect),
    /// Store the execution until a reply comes or this time (milliseconds) has passed.
    WaitReply {
        /// Milliseconds since the epoch.
        until: i64,
    },
    /// The flow is over. On a live call the verbs end with a hang-up.
    Ended,
    /// The flow failed. On a live call the verbs end with an apology and a hang-up.
    Failed(FlowError),
}

/// What one `advance` gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The execution after it.
    pub execution: Execution,
    /// What a live call is told, when `next` is Pause, Ended or Failed.
    pub verbs: Vec<Verb>,
    /// What comes next.
    pub next: Next,
    /// One entry per widget left.
    pub log: Vec<LogEntry>,
}

/// Why a flow failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// Studio's error 81000.
    #[error("81000: more than {0} steps")]
    TooManySteps(u32),
    /// A template of this state cannot be rendered.
    #[error("state `{state}`: {source}")]
    Template {
        /// The state.
        state: String,
        /// Why.
        source: LiquidError,
    },
    /// A voice widget where there is no call.
    #[error("state `{state}` needs a call and there is none")]
    NoCall {
        /// The state.
        state: String,
    },
    /// The input is not what the execution waits for.
    #[error("state `{state}` does not wait for this")]
    Unexpected {
        /// The state.
        state: String,
    },
    /// The definition has no such state.
    #[error("the flow has no state `{0}`")]
    UnknownState(String),
    /// A subflow of the execution is gone.
    #[error("the subflow `{0}` is not known")]
    UnknownFlow(String),
    /// Subflows run too deep.
    #[error("subflows run more than {MAX_FRAMES} deep")]
    TooDeep,
    /// The variables exceed the size limit.
    #[error("the flow's variables are larger than 256 KiB")]
    ContextTooLarge,
}
