//! TwiML: what Twilio is told to do with a call or a message, written as XML into one buffer.
//!
//! ```
//! use hookswitch::twilio::twiml::{Gather, GatherInput, Redirect, Say, VoiceResponse};
//!
//! let xml = VoiceResponse::new()
//!     .gather(
//!         &Gather {
//!             input: Some(&[GatherInput::Dtmf]),
//!             num_digits: Some(1),
//!             action: Some("/voice/menu-selection?round=1"),
//!             ..Gather::default()
//!         },
//!         |gather| {
//!             gather.say(&Say { voice: Some("Polly.Joanna"), ..Say::text("Press 1 for sales.") });
//!         },
//!     )
//!     .redirect(&Redirect::to("/voice/incoming"))
//!     .finish()?;
//! assert!(xml.contains(r#"<Gather input="dtmf" action="/voice/menu-selection?round=1""#));
//! # Ok::<(), hookswitch::twilio::twiml::TwimlError>(())
//! ```
//!
//! An element's attributes are a struct of borrowed `Option`s; what is not set is not written, and
//! an empty text is written (`finishOnKey=""` means no key at all). What may be nested in an
//! element are the methods of the scope that its closure gets, so that a wrong nesting does not
//! compile. The text of a verb is in its struct, the text of a noun is its method's first
//! argument. What types cannot say is refused by `finish` with a [`TwimlError`].
//!
//! ```compile_fail
//! use hookswitch::twilio::twiml::{Gather, Record, VoiceResponse};
//!
//! VoiceResponse::new().gather(&Gather::default(), |gather| {
//!     gather.record(&Record::default()); // no <Record> in a <Gather>
//! });
//! ```
//!
//! Text from outside goes in as it is: it is escaped, and characters that XML cannot hold are
//! left out. It must never be put into a document by any other way.

mod connect;
mod dial;
mod element;
mod error;
mod limits;
mod media;
mod messaging;
mod pay;
mod ssml;
mod values;
mod verbs;
mod voice;
mod writer;

pub use connect::{
    AiSession, Connect, ConnectScope, Conversation, ConversationRelay, ConversationRelayScope,
    ConversationRelaySession, Language, Room, VirtualAgent,
};
pub use dial::{
    Application, ApplicationScope, Client, ClientScope, Conference, Dial, DialScope, HeadersScope,
    Number, Queue, Sip, SipScope, SipUri, WhatsApp,
};
pub use error::TwimlError;
pub use limits::{
    MAX_DIAL_NOUNS, MAX_DOCUMENT_BYTES, MAX_MEDIA, MAX_MESSAGE_CHARACTERS, MAX_MESSAGES,
    MAX_SAY_CHARACTERS,
};
pub use media::{
    ConfigScope, ParameterScope, Recording, Siprec, Start, StartScope, StopScope, Stream,
    Transcription,
};
pub use messaging::{Message, MessageScope, MessagingResponse};
pub use pay::{
    BankAccountType, CardType, Pay, PayInput, PayScope, PaymentErrorType, PaymentMethod,
    PaymentStep, Prompt, PromptScope, TokenType,
};
pub use ssml::{
    Break, BreakStrength, DateFormat, Emphasis, EmphasisLevel, InterpretAs, Lang, ParagraphScope,
    Phoneme, PhonemeAlphabet, Prosody, SayAs, SentenceScope, SpeechScope, Sub, Word, WordScope,
};
pub use values::{
    CallEvent, ConferenceBeep, ConferenceEvent, ConferenceRecord, ConversationEvent,
    ConversationRecord, DialRecord, GatherInput, InterruptSensitivity, Interruptible,
    JitterBufferSize, MachineDetection, MediaTrack, Method, RecordingChannels, RecordingEvent,
    RecordingTrack, RejectReason, SpeechTimeout, TextNormalization, Trim,
};
pub use verbs::{Enqueue, Gather, Pause, Play, Record, Redirect, Refer, Reject, Say, Sms, Task};
pub use voice::{EnqueueScope, GatherScope, ReferScope, VoiceResponse};

/// The response that does nothing: no message is sent, a call is hung up.
pub const EMPTY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;
