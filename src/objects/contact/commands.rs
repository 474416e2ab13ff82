//! What a contact can be asked, and what it answers.

use serde::{Deserialize, Serialize};

use super::call::{Call, Script};
use super::course::Options;
use super::execution::FlowStart;
use super::message::Message;
use crate::messaging::consent::{Entry, Scope, Source};
use crate::messaging::window::Refusal;
use crate::objects::id::{ContactName, Id};
use crate::objects::{Command, Object};
use crate::ports::Millis;
use crate::twilio::errors::Class;

/// An inbound message: recorded, its keyword obeyed, once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receive {
    /// `MessageSid`. It names the delivery: whatever Twilio repeats of it is answered the
    /// same and acts once.
    pub sid: String,
    /// `From`: the person.
    pub from: String,
    /// `To`: us.
    pub to: String,
    /// `Body`.
    pub body: String,
    /// `MediaUrl0`, `MediaUrl1`, ...
    pub media_urls: Vec<String>,
    /// `MessagingServiceSid`.
    pub messaging_service_sid: Option<String>,
    /// `OptOutType`, as it came.
    pub opt_out_type: Option<String>,
    /// `ExternalUserId`: the person's WhatsApp user id, beside a number.
    #[serde(default)]
    pub alias: Option<String>,
    /// Whose object this is, where `from` does not say (a user id with a known number).
    #[serde(default)]
    pub contact: Option<ContactName>,
    /// Buttons, lists, locations and whatever else the application may want to know.
    #[serde(default)]
    pub details: serde_json::Value,
    /// Everything that came, as a form, for a flow to read.
    #[serde(default)]
    pub parameters: String,
    /// The flow that it starts, when none waits for it.
    #[serde(default)]
    pub flow: Option<FlowStart>,
    /// Its webhook never reached us, and it was found in Twilio's list: when Twilio had it. It
    /// counts from then, and is not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered_from: Option<Millis>,
}

impl Command for Receive {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "receive";
    type Reply = Received;
}

/// What to answer an inbound message with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Texts to reply with, in order.
    pub replies: Vec<String>,
    /// This delivery was answered before; nothing was done now.
    #[serde(default)]
    pub repeated: bool,
    /// What the message did to the person's consent.
    #[serde(default)]
    pub consent: Option<ConsentChange>,
}

impl Received {
    pub(super) fn is_plain(&self) -> bool {
        *self == Received::default()
    }
}

/// A change of consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentChange {
    /// The person said stop.
    OptedOut,
    /// The person said start.
    OptedIn,
}

/// A message to the person: consent checked, journaled, posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Its id; the same id again answers what became of the first.
    pub id: Id,
    /// Twilio's form of the person's address.
    pub to: String,
    /// The sender.
    pub from: Option<String>,
    /// `MG…`, instead of or beside a sender.
    pub messaging_service_sid: Option<String>,
    /// The text; empty for media alone.
    pub body: String,
    /// Links to media.
    pub media_urls: Vec<String>,
    /// Where Twilio reports the message's status.
    pub status_callback: String,
    /// What else was wished.
    #[serde(default)]
    pub options: Options,
}

impl Command for Send {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "send";
    type Reply = SendReply;
}

/// What became of a send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendReply {
    /// It was accepted, or was before; the message says how far it is. A message that Twilio
    /// refused is one with an error.
    Message(Box<Message>),
    /// The person has opted out. Nothing was sent and nothing was recorded.
    OptedOut(Entry),
    /// It cannot arrive. Nothing was sent and nothing was recorded.
    Blocked(Block),
    /// The deployment has no Twilio credentials.
    NotConfigured,
}

/// Why a message cannot arrive on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// WhatsApp's window is closed and there is no template.
    WindowClosed {
        /// When it closed; `None` when the person has never written.
        closed_at: Option<Millis>,
    },
    /// WhatsApp would not deliver the template to this address.
    Unreachable(Refusal),
    /// The address failed for good on this channel, more than once.
    Suppressed {
        /// Twilio's code of the last failure.
        code: Option<u32>,
    },
    /// The person may have asked to be left alone: no marketing until somebody has looked.
    Suspected,
    /// The way needs a setting that the deployment has not.
    NotConfigured,
}

/// A status callback for a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportMessage {
    /// Our id, from the callback's query; absent for a message that we did not send.
    pub id: Option<Id>,
    /// `MessageSid`.
    pub sid: String,
    /// `MessageStatus`, by Twilio's name.
    pub status: String,
    /// `ErrorCode`.
    pub error_code: Option<u32>,
    /// `From`, once a service has chosen one.
    pub from: Option<String>,
    /// Which attempt, from the callback's query; the first when it is not there.
    #[serde(default)]
    pub attempt: Option<u32>,
}

impl Command for ReportMessage {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "report-message";
    type Reply = Reported;
}

/// What a callback did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// The message or call moved on.
    Advanced,
    /// Late or repeated: nothing changed.
    Unchanged,
    /// Not one that we know.
    Unknown,
}

/// One message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchMessage {
    /// Its id.
    pub id: Id,
}

impl Command for FetchMessage {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "fetch-message";
    type Reply = Option<Message>;
}

/// A call to the person: journaled, then placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCall {
    /// Its id; the same id again answers what became of the first.
    pub id: Id,
    /// The person's number.
    pub to: String,
    /// Our number.
    pub from: String,
    /// What the person hears.
    pub script: Script,
    /// Where Twilio asks for TwiML.
    pub url: String,
    /// Where Twilio reports progress.
    pub status_callback: String,
}

impl Command for PlaceCall {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "place-call";
    type Reply = CallReply;
}

/// What became of a call that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallReply {
    /// Accepted; a call that Twilio refused is one with an error.
    Call(Box<Call>),
    /// The deployment has no Twilio credentials.
    NotConfigured,
}

/// A status callback for a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportCall {
    /// Our id, when we placed it.
    pub id: Option<Id>,
    /// `CallSid`.
    pub sid: String,
    /// `CallStatus`, by Twilio's name.
    pub status: String,
    /// `Direction`, by Twilio's name.
    pub direction: Option<String>,
    /// `From`.
    pub from: String,
    /// `To`.
    pub to: String,
    /// `CallDuration`, seconds.
    pub duration: Option<u32>,
    /// `SequenceNumber`.
    pub sequence: Option<u32>,
    /// `SipResponseCode`, for a call that failed.
    pub sip_response_code: Option<u32>,
    /// `AnsweredBy`.
    pub answered_by: Option<String>,
}

impl Command for ReportCall {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "report-call";
    type Reply = Reported;
}

/// One call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchCall {
    /// Its id.
    pub id: Id,
}

impl Command for FetchCall {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "fetch-call";
    type Reply = Option<Call>;
}

/// The newest calls of a contact, newest first, at most [`CALLS_LISTED`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListCalls {}

/// How many calls a list holds.
pub const CALLS_LISTED: i64 = 50;

impl Command for ListCalls {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "list-calls";
    type Reply = Vec<Call>;
}

/// A caller's recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveVoicemail {
    /// `CallSid`.
    pub call_sid: String,
    /// `RecordingSid`.
    pub recording_sid: String,
    /// `RecordingUrl`; needs the account's credentials.
    pub recording_url: String,
    /// `RecordingDuration`, seconds.
    pub duration: Option<u32>,
    /// `From`.
    pub from: String,
    /// `To`.
    pub to: String,
}

impl Command for SaveVoicemail {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "save-voicemail";
    type Reply = Reported;
}

/// A recording's transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveTranscript {
    /// `CallSid`.
    pub call_sid: String,
    /// `RecordingSid`.
    pub recording_sid: String,
    /// `TranscriptionStatus`: `completed` or `failed`.
    pub status: String,
    /// `TranscriptionText`.
    pub text: String,
    /// `RecordingUrl`.
    #[serde(default)]
    pub recording_url: String,
    /// `From`.
    pub from: String,
    /// `To`.
    pub to: String,
}

impl Command for SaveTranscript {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "save-transcript";
    type Reply = Reported;
}

/// Keeps a flow's execution that does not travel in a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepExecution {
    /// `CallSid`.
    pub call_sid: String,
    /// What stands for it in a URL; empty for the one that waits to get the call back.
    pub key: String,
    /// The execution, encoded.
    pub execution: String,
}

impl Command for KeepExecution {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "keep-execution";
    type Reply = ();
}

/// An execution that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchExecution {
    /// `CallSid`.
    pub call_sid: String,
    /// What stands for it.
    pub key: String,
}

impl Command for FetchExecution {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "fetch-execution";
    type Reply = Option<String>;
}

/// The person's consent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FetchConsent {}

impl Command for FetchConsent {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "fetch-consent";
    type Reply = ConsentState;
}

/// The person's consent and how it came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentState {
    /// Whether any message would be refused.
    pub opted_out: bool,
    /// Every change, oldest first.
    pub history: Vec<Entry>,
    /// Whether the person ever wrote, was written to or called.
    pub known: bool,
    /// Other addresses of the same person.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Free text that may have been an opt-out, and on which nobody has decided yet: `at`,
    /// `message_sid`, `rule` and `confidence` in percent. `null` when there is none.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub suspected: serde_json::Value,
}

/// Sets the person's consent by hand, or from a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutConsent {
    /// Whose object this is.
    pub contact: ContactName,
    /// The person's address, as it was given.
    pub address: String,
    /// `true` opts the person out.
    pub opted_out: bool,
    /// What it covers.
    pub scope: Scope,
    /// How it is known.
    pub source: Source,
    /// When the person decided; now, when it is not said.
    pub at: Option<Millis>,
    /// Who says so, and why.
    pub reason: String,
}

impl Command for PutConsent {
    const OBJECT: Object = Object::Contact;
    const VERB: &'static str = "put-consent";
    type Reply = ConsentState;
}

/// An error of Twilio's as it is kept with a message or call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Twilio's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// HTTP status, when the request itself was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The class that decides what is done about it.
    pub class: Class,
}
