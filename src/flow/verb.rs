//! What a call is told to do, as plain data: one value per TwiML verb that Studio's
//! widgets need, every template rendered and every address in place. `voice` writes
//! them as TwiML; the simulator prints them.
//!
//! Attribute values that Twilio takes as text are text here; numbers that a flow wrote
//! as rubbish are absent, so that Twilio's default holds.

/// One TwiML verb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `<Say>` or `<Play>`.
    Prompt(Prompt),
    /// `<Gather>`; the flow waits for its action.
    Gather(Gather),
    /// `<Record>`; the flow waits for its action.
    Record(Record),
    /// `<Dial>`; the flow waits for its action.
    Dial(Dial),
    /// `<Enqueue>`; the flow waits for its action.
    Enqueue(Enqueue),
    /// `<Pay>`; the flow waits for its action.
    Pay(Pay),
    /// `<Connect>`; the flow waits for its action.
    Connect(Connect),
    /// `<Start>` of a stream; the next verb follows at once.
    StartStream(Stream),
    /// `<Stop>` of a stream by its name.
    StopStream {
        /// The stream's name.
        name: String,
        /// `siprec` instead of a WebSocket.
        siprec: bool,
    },
    /// `<Redirect>`; nothing after it is reached.
    Redirect {
        /// Where the call goes on.
        url: String,
        /// `GET` or `POST` (Twilio's default).
        method: Option<String>,
    },
    /// `<Hangup>`; nothing after it is reached.
    Hangup,
}

/// Something to be heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// `<Say>`.
    Say {
        /// What is said. Twilio's limit is 4096 characters.
        text: String,
        /// Voice, such as `Polly.Amy`.
        voice: Option<String>,
        /// Language, such as `en-GB`.
        language: Option<String>,
        /// How often; 0 repeats until the call ends.
        times: Option<u32>,
    },
    /// `<Play>` of a recording.
    Play {
        /// The recording's address.
        url: String,
        /// How often; 0 repeats until the call ends.
        times: Option<u32>,
    },
    /// `<Play digits>`.
    Digits {
        /// DTMF; `w` is half a second of silence.
        digits: String,
    },
}

/// `<Gather>` with its prompt. `actionOnEmptyResult` is always on: silence must come
/// back as the `timeout` event instead of falling out of the flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gather {
    /// Said while it listens.
    pub prompts: Vec<Prompt>,
    /// Where the result goes.
    pub action: String,
    /// Listens for keys.
    pub dtmf: bool,
    /// Listens for speech, which Twilio charges for.
    pub speech: bool,
    /// Seconds of silence before it gives up.
    pub timeout: Option<u32>,
    /// The key that ends the input; empty for none.
    pub finish_on_key: Option<String>,
    /// Number of keys after which the input ends.
    pub num_digits: Option<u32>,
    /// Words to expect, separated by commas.
    pub hints: Option<String>,
    /// Language of the speech.
    pub language: Option<String>,
    /// Seconds of silence that end the speech, or `auto`.
    pub speech_timeout: Option<String>,
    /// Twilio's speech model.
    pub speech_model: Option<String>,
    /// Hides swear words.
    pub profanity_filter: Option<bool>,
}

/// `<Record>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Where the call goes on when something was recorded.
    pub action: String,
    /// Seconds of silence that end it.
    pub timeout: Option<u32>,
    /// Keys that end it.
    pub finish_on_key: Option<String>,
    /// Longest recording, in seconds.
    pub max_length: Option<u32>,
    /// A beep first.
    pub play_beep: Option<bool>,
    /// `trim-silence` or `do-not-trim`.
    pub trim: Option<String>,
    /// Where the transcription goes; asks for one.
    pub transcribe_callback: Option<String>,
    /// Where the recording's status goes.
    pub recording_status_callback: Option<String>,
}

/// `<Dial>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Whom.
    pub noun: Noun,
    /// Where the call goes on afterwards.
    pub action: String,
    /// The number that the called person sees.
    pub caller_id: Option<String>,
    /// Seconds of ringing.
    pub timeout: Option<u32>,
    /// Longest conversation, in seconds.
    pub time_limit: Option<u32>,
    /// `record-from-answer` and its like.
    pub record: Option<String>,
}

/// Whom a `<Dial>` calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noun {
    /// One number, or several of which the first to answer wins.
    Numbers(Vec<String>),
    /// A Voice SDK client.
    Client(String),
    /// A SIP address.
    Sip {
        /// `sip:` address.
        uri: String,
        /// User name, when the far end asks for one.
        username: Option<String>,
        /// Its password. Never log it.
        password: Option<String>,
    },
    /// A Twilio SIM by its SID.
    Sim(String),
    /// A conference by its name.
    Conference(String),
}

/// `<Enqueue>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enqueue {
    /// A queue, or a TaskRouter workflow.
    pub target: QueueTarget,
    /// Where the call goes on afterwards.
    pub action: String,
    /// TwiML for the wait.
    pub wait_url: Option<String>,
    /// `GET` or `POST`.
    pub wait_url_method: Option<String>,
}

/// What an `<Enqueue>` waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueTarget {
    /// A queue by its name.
    Queue(String),
    /// A TaskRouter workflow, with a task.
    Workflow {
        /// The workflow's SID (`WW...`).
        sid: String,
        /// The task's attributes as JSON text.
        attributes: Option<String>,
        /// The task's priority.
        priority: Option<u32>,
        /// Seconds until the task gives up.
        timeout: Option<u32>,
    },
}

/// `<Pay>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pay {
    /// Where the result goes.
    pub action: String,
    /// `<Parameter>` children.
    pub parameters: Vec<(String, String)>,
    /// Plain attributes as TwiML names them, in Twilio's spelling.
    pub attributes: Vec<(&'static str, String)>,
}

/// `<Connect>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// Where the call goes on afterwards.
    pub action: String,
    /// What it is connected to.
    pub noun: ConnectNoun,
}

/// What a `<Connect>` connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectNoun {
    /// `<VirtualAgent>`.
    VirtualAgent(Agent),
    /// `<ConversationRelay>`.
    ConversationRelay(Agent),
}

/// A program that talks with the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// Attributes as TwiML names them, in Twilio's spelling.
    pub attributes: Vec<(&'static str, String)>,
    /// `<Config>` children (virtual agents only).
    pub configs: Vec<(String, String)>,
    /// `<Parameter>` children.
    pub parameters: Vec<(String, String)>,
}

/// A media stream or SIPREC session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stream {
    /// Its name, by which it is stopped.
    pub name: Option<String>,
    /// `siprec` instead of a WebSocket.
    pub siprec: bool,
    /// `wss:` address of a WebSocket stream.
    pub url: Option<String>,
    /// Connector of a SIPREC session.
    pub connector: Option<String>,
    /// `inbound_track`, `outbound_track` or `both_tracks`.
    pub track: Option<String>,
    /// `<Parameter>` children.
    pub parameters: Vec<(String, String)>,
}

impl Verb {
    /// True when no verb after this one is ever reached.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Redirect { .. } | Self::Hangup)
    }
}
