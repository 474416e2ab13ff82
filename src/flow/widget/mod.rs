//! Studio's widgets, one file per type (or per pair of twins). A widget reads its
//! properties, says what it does when the flow enters it, and what an answer means.
//!
//! To add one: a file with a struct that implements [`Behaviour`], and a line in the
//! list below.
//!
//! Sources: Twilio docs, "Studio Widget Library", and the schemas of the Studio REST API.

use super::{
    properties::Properties,
    scene::{Scene, Step},
    turn::{FlowError, Input},
};

mod add_twiml_redirect;
mod capture_payments;
mod connect_call_to;
mod connect_virtual_agent;
pub(crate) mod conversation;
mod enqueue_call;
mod fork_stream;
mod gather;
mod http;
mod make_outgoing_call;
mod prompt;
mod record_call;
mod record_voicemail;
mod run_conversation_relay;
mod run_function;
mod run_subflow;
mod say_play;
mod send_and_wait;
mod send_message;
mod send_to_flex;
mod set_variables;
mod split;
mod trigger;

/// What a widget does.
pub(crate) trait Behaviour: Sized {
    /// Every event that it may give.
    const EVENTS: &'static [&'static str];
    /// It speaks TwiML, so it needs a call.
    const NEEDS_CALL: bool = false;
    /// It asks the caller of the engine to do something.
    const IS_EFFECT: bool = false;
    /// Events after which nobody listens any more.
    const AFTER_HANGUP: &'static [&'static str] = &[];

    /// Reads the properties; defects go into their report.
    fn read(kind: &str, properties: &mut Properties<'_>) -> Self;

    /// The flow enters it.
    fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError>;

    /// The answer that it waited for.
    fn resume(&self, _scene: &mut Scene<'_>, _input: &Input) -> Result<Step, FlowError> {
        Ok(Step::Unexpected)
    }
}

macro_rules! widgets {
    ($($variant:ident: $widget:path = $($kind:literal)|+;)*) => {
        /// A widget with its properties.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) enum Widget {
            $($variant($widget),)*
        }

        impl Widget {
            /// Reads the properties of a widget of type `kind`; `None` for another type.
            pub(crate) fn read(kind: &str, properties: &mut Properties<'_>) -> Option<Self> {
                match kind {
                    $($($kind)|+ => Some(Self::$variant(Behaviour::read(kind, properties))),)*
                    _ => None,
                }
            }

            pub(crate) fn enter(&self, scene: &mut Scene<'_>) -> Result<Step, FlowError> {
                match self {
                    $(Self::$variant(widget) => widget.enter(scene),)*
                }
            }

            pub(crate) fn resume(
                &self,
                scene: &mut Scene<'_>,
                input: &Input,
            ) -> Result<Step, FlowError> {
                match self {
                    $(Self::$variant(widget) => widget.resume(scene, input),)*
                }
            }

            pub(crate) fn events(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant(_) => <$widget as Behaviour>::EVENTS,)*
                }
            }

            pub(crate) fn needs_call(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$widget as Behaviour>::NEEDS_CALL,)*
                }
            }

            pub(crate) fn is_effect(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$widget as Behaviour>::IS_EFFECT,)*
                }
            }

            pub(crate) fn after_hangup(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant(_) => <$widget as Behaviour>::AFTER_HANGUP,)*
                }
            }
        }

        const KINDS: &[&str] = &[$($($kind,)+)*];
    };
}

widgets! {
    Trigger: trigger::Trigger = "trigger";
    Split: split::Split = "split-based-on";
    SetVariables: set_variables::SetVariables = "set-variables";
    SayPlay: say_play::SayPlay = "say-play";
    Gather: gather::GatherInput = "gather-input-on-call";
    ConnectCallTo: connect_call_to::ConnectCallTo = "connect-call-to";
    RecordVoicemail: record_voicemail::RecordVoicemail = "record-voicemail";
    RecordCall: record_call::RecordCallWidget = "record-call";
    EnqueueCall: enqueue_call::EnqueueCall = "enqueue-call";
    MakeOutgoingCall: make_outgoing_call::MakeOutgoingCall
        = "make-outgoing-call-v1" | "make-outgoing-call-v2";
    CapturePayments: capture_payments::CapturePayments = "capture-payments";
    ForkStream: fork_stream::ForkStream = "fork-stream";
    VirtualAgent: connect_virtual_agent::ConnectVirtualAgent
        = "connect-virtual-agent" | "connect-virtual-agent-v2";
    ConversationRelay: run_conversation_relay::RunConversationRelay = "run-conversation-relay";
    SendMessage: send_message::SendMessageWidget = "send-message";
    SendAndWait: send_and_wait::SendAndWait = "send-and-wait-for-reply";
    RunFunction: run_function::RunFunctionWidget = "run-function";
    HttpRequest: http::MakeHttpRequest = "make-http-request";
    TwimlRedirect: add_twiml_redirect::AddTwimlRedirect = "add-twiml-redirect";
    RunSubflow: run_subflow::RunSubflow = "run-subflow";
    SendToFlex: send_to_flex::SendToFlex = "send-to-flex";
    Conversation: conversation::ConversationWidget
        = "start-conversation" | "resume-conversation";
}

/// Why a widget type is refused.
pub(crate) fn refusal(kind: &str) -> String {
    match kind {
        "send-to-auto-pilot" => {
            "the widget `send-to-auto-pilot` cannot run: Twilio discontinued Autopilot; use \
             `connect-virtual-agent-v2` or a function instead"
                .to_owned()
        }
        "hangup" | "end" | "end-call" | "hang-up" => {
            format!("Studio has no widget `{kind}`: a flow that ends hangs up by itself")
        }
        "http-request" | "webhook" => {
            format!("Studio has no widget `{kind}`: use `make-http-request`")
        }
        other => match KINDS
            .iter()
            .find(|known| known.replace('-', "_") == other.to_lowercase())
        {
            Some(known) => format!("there is no widget `{other}`; is `{known}` meant?"),
            None => format!("there is no widget `{other}`"),
        },
    }
}
