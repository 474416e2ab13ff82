//! What a flow asks the outside world to do, and what the world answers. The engine
//! performs nothing: the caller does, and hands the answer back.

use serde_json::{Map, Value};

/// One request. The caller performs it and calls `advance` with [`Outcome`].
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a message; answer [`Outcome::Ok`] with the Message resource.
    SendMessage(SendMessage),
    /// Make an HTTP request; answer [`Outcome::Http`].
    HttpRequest(HttpRequest),
    /// Call a Twilio Function; answer [`Outcome::Http`].
    RunFunction(RunFunction),
    /// Create a TaskRouter task; answer [`Outcome::Ok`] with the Task resource.
    CreateTask(CreateTask),
    /// Place a call; answer [`Outcome::Ok`] with the Call resource once Twilio has
    /// accepted it. The flow then waits for the call's first TwiML request or its final
    /// status, both as `Input::Voice`.
    MakeCall(MakeCall),
    /// Start or stop recording the present call; answer [`Outcome::Ok`].
    RecordCall(RecordCall),
    /// Create or resume a conversation; answer [`Outcome::Ok`].
    Conversation(StartConversation),
}

/// The answer to an [`Effect`].
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Twilio accepted it; the resource as Twilio gave it.
    Ok(Value),
    /// Twilio refused it, or it could not be reached: the error body, or null.
    Failed(Value),
    /// An HTTP answer of any status.
    Http(HttpAnswer),
}

/// An answer to [`Effect::HttpRequest`] or [`Effect::RunFunction`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// The `Content-Type` header, empty when there was none.
    pub content_type: String,
    /// The body. Studio's limit is 64 KiB.
    pub body: String,
}

/// Parameters of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendMessage {
    /// Sender address; empty when `service` chooses.
    pub from: String,
    /// Recipient address.
    pub to: String,
    /// Text.
    pub body: String,
    /// Media addresses.
    pub media_urls: Vec<String>,
    /// Messaging (`MG`), Chat (`IS`) or Conversations service, when the flow names one.
    pub service: Option<String>,
    /// Conversation or channel, when the flow names one.
    pub channel: Option<String>,
    /// Attributes of a conversation message, JSON text.
    pub attributes: Option<String>,
    /// Content template (`HX...`).
    pub content_sid: Option<String>,
    /// Its variables.
    pub content_variables: Vec<(String, String)>,
    /// Let Twilio shorten links.
    pub shorten_urls: bool,
}

/// An HTTP request of `make-http-request`. The time limit is 10 s; the caller refuses
/// hosts that are not allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Address.
    pub url: String,
    /// `Content-Type` of the body.
    pub content_type: String,
    /// Body text; form requests have parameters instead.
    pub body: Option<String>,
    /// Query parameters of a GET, form fields otherwise.
    pub parameters: Vec<(String, String)>,
    /// Send the account's credentials, only ever to Twilio's own hosts.
    pub add_twilio_auth: bool,
}

/// A Twilio Function call: a signed form POST to `url`, 10 s.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFunction {
    /// The function's address; empty when the flow does not say, and then only a
    /// function that is mapped to an address can be called.
    pub url: String,
    /// `ZS...`, when the flow names it.
    pub service_sid: Option<String>,
    /// `ZE...`, when the flow names it.
    pub environment_sid: Option<String>,
    /// `ZH...`, when the flow names it.
    pub function_sid: Option<String>,
    /// Form fields.
    pub parameters: Vec<(String, String)>,
}

/// A TaskRouter task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateTask {
    /// Workflow SID (`WW...`).
    pub workflow_sid: String,
    /// Task channel SID (`TC...`).
    pub task_channel: String,
    /// Attributes, JSON text.
    pub attributes: String,
    /// Priority.
    pub priority: Option<u32>,
    /// Seconds until the task gives up.
    pub timeout: Option<u32>,
}

/// An outgoing call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MakeCall {
    /// Caller.
    pub from: String,
    /// Called.
    pub to: String,
    /// Where Twilio asks for TwiML once the call is answered.
    pub url: String,
    /// REST parameters in Twilio's spelling (`Timeout`, `Record`, `MachineDetection`...).
    pub parameters: Vec<(&'static str, String)>,
}

/// Recording of the present call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordCall {
    /// The call.
    pub call_sid: String,
    /// True starts a recording, false ends the running one.
    pub start: bool,
    /// REST parameters in Twilio's spelling (`RecordingChannels`, `Trim`...).
    pub parameters: Vec<(&'static str, String)>,
}

/// A conversation to create or resume.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartConversation {
    /// True for `resume-conversation`.
    pub resume: bool,
    /// The service.
    pub service_sid: String,
    /// Every other property of the widget, rendered.
    pub properties: Map<String, Value>,
}
