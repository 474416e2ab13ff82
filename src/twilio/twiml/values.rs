//! The closed sets of attribute values that calls and messages share (Twilio docs, TwiML
//! reference); those of payments and of SSML are with their elements. What Twilio extends every few months (voices, languages, speech models, regions)
//! stays text, so that a new one needs no new build of types.

use super::element::tokens;
use super::writer::{Value, Writer};

tokens! {
    /// How Twilio makes a webhook request.
    pub enum Method {
        /// Parameters in the query.
        Get = "GET",
        /// Parameters in a form body; Twilio's default.
        Post = "POST",
    }

    /// What `<Gather>` listens for.
    pub enum GatherInput {
        /// Key presses.
        Dtmf = "dtmf",
        /// Speech.
        Speech = "speech",
    }

    /// Whether silence at both ends of a recording is cut off.
    pub enum Trim {
        /// Cut off.
        TrimSilence = "trim-silence",
        /// Kept.
        DoNotTrim = "do-not-trim",
    }

    /// Changes of a recording that its status callback hears of.
    pub enum RecordingEvent {
        /// The recording started.
        InProgress = "in-progress",
        /// The recording can be fetched.
        Completed = "completed",
        /// Nothing was recorded.
        Absent = "absent",
    }

    /// Changes of a dialled call that its status callback hears of.
    pub enum CallEvent {
        /// Twilio starts to dial.
        Initiated = "initiated",
        /// It rings.
        Ringing = "ringing",
        /// Somebody or something answered.
        Answered = "answered",
        /// The call ended, whatever the reason.
        Completed = "completed",
    }

    /// Whether and from when on a `<Dial>` is recorded.
    pub enum DialRecord {
        /// Not at all; the default.
        DoNotRecord = "do-not-record",
        /// From the answer, one channel.
        FromAnswer = "record-from-answer",
        /// From the first ring, one channel.
        FromRinging = "record-from-ringing",
        /// From the answer, a channel for each party.
        FromAnswerDual = "record-from-answer-dual",
        /// From the first ring, a channel for each party.
        FromRingingDual = "record-from-ringing-dual",
    }

    /// Which side of a call is recorded.
    pub enum RecordingTrack {
        /// Both parties; the default.
        Both = "both",
        /// What Twilio hears.
        Inbound = "inbound",
        /// What Twilio plays.
        Outbound = "outbound",
    }

    /// Channels of a recording.
    pub enum RecordingChannels {
        /// Parties mixed.
        Mono = "mono",
        /// A channel for each party.
        Dual = "dual",
    }

    /// Which side of a call is streamed or transcribed.
    pub enum MediaTrack {
        /// What Twilio hears.
        Inbound = "inbound_track",
        /// What Twilio plays.
        Outbound = "outbound_track",
        /// Both sides.
        Both = "both_tracks",
    }

    /// Whether a number's or SIP address's answer is told apart from a machine's.
    pub enum MachineDetection {
        /// Report as soon as it is known.
        Enable = "Enable",
        /// Report a machine only when its greeting ended.
        DetectMessageEnd = "DetectMessageEnd",
    }

    /// When a conference beeps.
    pub enum ConferenceBeep {
        /// When somebody joins or leaves; the default.
        Always = "true",
        /// Never.
        Never = "false",
        /// When somebody joins.
        OnEnter = "onEnter",
        /// When somebody leaves.
        OnExit = "onExit",
    }

    /// Whether a conference is recorded.
    pub enum ConferenceRecord {
        /// Not at all; the default.
        DoNotRecord = "do-not-record",
        /// From its start.
        FromStart = "record-from-start",
    }

    /// Changes of a conference that its status callback hears of.
    pub enum ConferenceEvent {
        /// The conference started.
        Start = "start",
        /// The conference ended.
        End = "end",
        /// A participant joined.
        Join = "join",
        /// A participant left.
        Leave = "leave",
        /// A participant was muted or unmuted.
        Mute = "mute",
        /// A participant was held or taken back.
        Hold = "hold",
        /// A participant's settings changed.
        Modify = "modify",
        /// A participant started or stopped speaking.
        Speaker = "speaker",
        /// An announcement began or ended.
        Announcement = "announcement",
    }

    /// How much jitter a conference smooths before it drops audio.
    pub enum JitterBufferSize {
        /// The most; the default.
        Large = "large",
        /// Less.
        Medium = "medium",
        /// Little.
        Small = "small",
        /// None.
        Off = "off",
    }

    /// What a rejected caller hears.
    pub enum RejectReason {
        /// A not-in-service message; the default.
        Rejected = "rejected",
        /// A busy signal.
        Busy = "busy",
    }

    /// Whether and from when on a call in a Conversation is recorded.
    pub enum ConversationRecord {
        /// Not at all.
        DoNotRecord = "do-not-record",
        /// From the answer, one channel.
        FromAnswer = "record-from-answer",
        /// From the first ring, one channel.
        FromRinging = "record-from-ringing",
        /// From the answer, a channel for each party.
        FromAnswerDual = "record-from-answer-dual",
        /// From the first ring, a channel for each party.
        FromRingingDual = "record-from-ringing-dual",
        /// As Twilio decides.
        True = "true",
        /// Not at all, in the older spelling.
        False = "false",
    }

    /// Changes of a call in a Conversation that its status callback hears of.
    pub enum ConversationEvent {
        /// Twilio starts to dial.
        Initiated = "call-initiated",
        /// It rings.
        Ringing = "call-ringing",
        /// Somebody answered.
        Answered = "call-answered",
        /// The call ended.
        Completed = "call-completed",
    }

    /// What of a caller interrupts the speech of ConversationRelay.
    pub enum Interruptible {
        /// Nothing.
        None = "none",
        /// Key presses.
        Dtmf = "dtmf",
        /// Speech.
        Speech = "speech",
        /// Key presses and speech.
        Any = "any",
    }

    /// How easily speech interrupts ConversationRelay.
    pub enum InterruptSensitivity {
        /// Hardly.
        Low = "low",
        /// Moderately.
        Medium = "medium",
        /// Easily.
        High = "high",
    }

    /// Whether numbers and symbols are spelled out before they are spoken.
    pub enum TextNormalization {
        /// As the provider decides.
        Auto = "auto",
        /// Always.
        On = "on",
        /// Never.
        Off = "off",
    }
}

/// How long a silence ends speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechTimeout {
    /// At the first pause in the speech. Written `auto`.
    Auto,
    /// After so many seconds of silence.
    Seconds(u32),
}

impl Value for SpeechTimeout {
    fn write(self, writer: &mut Writer) {
        match self {
            Self::Auto => writer.push_raw("auto"),
            Self::Seconds(seconds) => seconds.write(writer),
        }
    }
}
