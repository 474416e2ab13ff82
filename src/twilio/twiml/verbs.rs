//! Attributes of the voice verbs that hold no nouns of their own (Twilio docs, TwiML for Voice).
//! Every URL may be relative: Twilio resolves it against the document it came from.

use super::element::element;
use super::values::{GatherInput, Method, RecordingEvent, RejectReason, SpeechTimeout, Trim};

element! {
    /// `<Say>`: speaks text. At most 4096 characters.
    pub struct Say<'a> = "Say" (
        /// What is spoken; empty if the words are in SSML elements.
        text: &'a str
    ) {
        /// Voice, such as `Polly.Joanna`, `Google.en-US-Standard-C`, `alice`, `man`, `woman`.
        voice: &'a str = "voice",
        /// How often the text is spoken; 0 is until the caller hangs up, at most 1000 times.
        loop_: u32 = "loop",
        /// Language, such as `en-US`.
        language: &'a str = "language",
    }
}

impl<'a> Say<'a> {
    /// Speaks `text` in the account's default voice and language.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self {
            text,
            voice: None,
            loop_: None,
            language: None,
        }
    }
}

element! {
    /// `<Play>`: plays an audio file, or key tones.
    pub struct Play<'a> = "Play" (
        /// URL of the audio file; empty if only `digits` are played.
        url: &'a str
    ) {
        /// How often the file is played; 0 is until the caller hangs up, at most 1000 times.
        loop_: u32 = "loop",
        /// Tones: `0-9`, `*`, `#`, and `w` for half a second of silence.
        digits: &'a str = "digits",
    }
}

impl<'a> Play<'a> {
    /// Plays the audio file at `url` once.
    #[must_use]
    pub const fn url(url: &'a str) -> Self {
        Self {
            url,
            loop_: None,
            digits: None,
        }
    }

    /// Plays key tones.
    #[must_use]
    pub const fn digits(digits: &'a str) -> Self {
        Self {
            url: "",
            loop_: None,
            digits: Some(digits),
        }
    }
}

element! {
    /// `<Pause>`: waits in silence. As the first verb it delays the answer of the call.
    pub struct Pause = "Pause" {
        /// Seconds; Twilio's default is 1.
        length: u32 = "length",
    }
}

impl Pause {
    /// Waits so many seconds.
    #[must_use]
    pub const fn seconds(length: u32) -> Self {
        Self {
            length: Some(length),
        }
    }
}

element! {
    /// `<Gather>`: takes key presses or speech while what is nested in it is played. With input
    /// Twilio goes on at `action` and the verbs after are never run; without input it goes on
    /// with the next verb, unless `action_on_empty_result` is set.
    pub struct Gather<'a> = "Gather" {
        /// What to listen for; Twilio's default is key presses.
        input: &'a [GatherInput] = "input",
        /// Where the input is sent; by default the current document's URL.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
        /// Seconds of silence that end the input; Twilio's default is 5.
        timeout: u32 = "timeout",
        /// Silence that ends speech.
        speech_timeout: SpeechTimeout = "speechTimeout",
        /// Seconds of speech at most.
        max_speech_time: u32 = "maxSpeechTime",
        /// Whether swear words come back starred; Twilio's default is yes.
        profanity_filter: bool = "profanityFilter",
        /// Keys that end the input; empty for none. Twilio's default is `#`.
        finish_on_key: &'a str = "finishOnKey",
        /// Number of keys after which the input ends.
        num_digits: u32 = "numDigits",
        /// Where unstable results of speech are sent while the caller speaks.
        partial_result_callback: &'a str = "partialResultCallback",
        /// Method of `partial_result_callback`.
        partial_result_callback_method: Method = "partialResultCallbackMethod",
        /// Language of the speech, such as `en-US`.
        language: &'a str = "language",
        /// Words to expect, separated by commas.
        hints: &'a str = "hints",
        /// Whether speech stops what is playing; Twilio's default is yes.
        barge_in: bool = "bargeIn",
        /// Whether Twilio gives diagnostics of the speech.
        debug: bool = "debug",
        /// Whether `action` is requested without input too.
        action_on_empty_result: bool = "actionOnEmptyResult",
        /// Speech model, such as `phone_call` or `googlev2_telephony`.
        speech_model: &'a str = "speechModel",
        /// Whether the enhanced `phone_call` model is used.
        enhanced: bool = "enhanced",
    }
}

element! {
    /// `<Record>`: records the caller, then goes on at `action`. An empty recording goes on with
    /// the next verb instead; with a recording the verbs after are never run.
    pub struct Record<'a> = "Record" {
        /// Where to go on; by default the current document's URL.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
        /// Seconds of silence that end the recording; Twilio's default is 5.
        timeout: u32 = "timeout",
        /// Keys that end the recording; Twilio's default is any key.
        finish_on_key: &'a str = "finishOnKey",
        /// Seconds at most; Twilio's default is 3600. Transcription needs 2 to 120.
        max_length: u32 = "maxLength",
        /// Whether a beep starts the recording; Twilio's default is yes.
        play_beep: bool = "playBeep",
        /// Whether silence is cut off.
        trim: Trim = "trim",
        /// Where changes of the recording are sent.
        recording_status_callback: &'a str = "recordingStatusCallback",
        /// Method of `recording_status_callback`.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod",
        /// Which changes are sent; Twilio's default is `completed`.
        recording_status_callback_event: &'a [RecordingEvent] = "recordingStatusCallbackEvent",
        /// Whether the recording is transcribed.
        transcribe: bool = "transcribe",
        /// Where the transcription is sent.
        transcribe_callback: &'a str = "transcribeCallback",
        /// SID of a recording configuration.
        recording_configuration_id: &'a str = "recordingConfigurationId",
    }
}

element! {
    /// `<Redirect>`: goes on with another document. Verbs after it are never run.
    pub struct Redirect<'a> = "Redirect" (
        /// URL of the document.
        url: &'a str
    ) {
        /// Method of the request; Twilio's default is POST.
        method: Method = "method",
    }
}

impl<'a> Redirect<'a> {
    /// Goes on with the document at `url`, by POST.
    #[must_use]
    pub const fn to(url: &'a str) -> Self {
        Self { url, method: None }
    }
}

element! {
    /// `<Reject>`: refuses an incoming call without answering it, so that it costs nothing. It
    /// must come first (only `<Pause>` may precede it), and verbs after it are never run.
    pub struct Reject = "Reject" {
        /// What the caller hears.
        reason: RejectReason = "reason",
    }
}

element! {
    /// `<Enqueue>`: puts the call in a queue, made if there is none. The verbs after are run
    /// when the call leaves the queue by `<Leave>`, unless `action` is set.
    pub struct Enqueue<'a> = "Enqueue" (
        /// Name of the queue; empty with `workflow_sid`.
        queue: &'a str
    ) {
        /// Where to go on after the queue.
        action: &'a str = "action",
        /// Calls at most in the queue.
        max_queue_size: u32 = "maxQueueSize",
        /// Method of `action`.
        method: Method = "method",
        /// What is played while the caller waits.
        wait_url: &'a str = "waitUrl",
        /// Method of `wait_url`.
        wait_url_method: Method = "waitUrlMethod",
        /// SID of a TaskRouter workflow that routes the call.
        workflow_sid: &'a str = "workflowSid",
    }
}

element! {
    /// `<Task>` in `<Enqueue>`: the TaskRouter task that stands for the call; its text is a JSON
    /// object.
    pub struct Task = "Task" {
        /// Priority of the task.
        priority: u32 = "priority",
        /// Seconds until the task is given up.
        timeout: u32 = "timeout",
    }
}

element! {
    /// `<Refer>`: hands the call over to another SIP endpoint.
    pub struct Refer<'a> = "Refer" {
        /// Where to go on if the hand-over fails.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
    }
}

element! {
    /// `<Sip>` in `<Refer>`: where the call goes.
    pub(super) struct ReferSip = "Sip" {}
}

element! {
    /// `<Sms>`: sends a message during a call. Deprecated by Twilio in favour of the Message
    /// resource.
    pub struct Sms<'a> = "Sms" (
        /// The message.
        message: &'a str
    ) {
        /// Receiver; by default the caller.
        to: &'a str = "to",
        /// Sender; by default the called number.
        from: &'a str = "from",
        /// Where to go on.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
        /// Where the message's status is sent.
        status_callback: &'a str = "statusCallback",
    }
}

element! {
    /// `<Hangup>`: ends the call.
    pub(super) struct Hangup = "Hangup" {}
}

element! {
    /// `<Leave>`: takes the call out of its queue.
    pub(super) struct Leave = "Leave" {}
}

element! {
    /// `<Echo>`: plays back to the caller what the caller says, for tests of delay and echo.
    pub(super) struct Echo = "Echo" {}
}

element! {
    /// `<Parameter>`: a custom value that travels with a verb or noun.
    pub(super) struct Parameter<'a> = "Parameter" {
        /// Name of the value.
        name: &'a str = "name",
        /// The value.
        value: &'a str = "value",
    }
}
