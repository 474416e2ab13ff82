//! `<Start>` and `<Stop>` with what they start and stop beside the call: streams, SIPREC,
//! transcriptions, recordings (Twilio docs, TwiML `<Start>`, `<Stream>`, `<Siprec>`,
//! `<Transcription>`, `<Recording>`).

use super::element::{element, scope};
use super::values::{MediaTrack, Method, RecordingChannels, RecordingEvent, RecordingTrack, Trim};
use super::verbs::Parameter;

element! {
    /// `<Start>`: starts its noun in the background and goes on with the next verb.
    pub struct Start<'a> = "Start" {
        /// Where to go on.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
    }
}

element! {
    /// `<Stop>`: stops, by its name, what `<Start>` started.
    pub(super) struct Stop = "Stop" {}
}

element! {
    /// `<Stream>`: the call's audio over a WebSocket: one way in `<Start>`, both ways in
    /// `<Connect>`.
    pub struct Stream<'a> = "Stream" {
        /// Name by which the stream is stopped.
        name: &'a str = "name",
        /// Unique name of a stream connector, instead of `url`.
        connector_name: &'a str = "connectorName",
        /// WebSocket to stream to, `wss://`; never relative, and without a query.
        url: &'a str = "url",
        /// Which side is streamed; `<Connect>` streams only the inbound track.
        track: MediaTrack = "track",
        /// Where changes of the stream are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
        /// Format of the audio.
        audio_format: &'a str = "audioFormat",
        /// Samples in a second.
        sample_rate: &'a str = "sampleRate",
    }
}

element! {
    /// `<Siprec>`: the call's audio to a SIPREC recorder.
    pub struct Siprec<'a> = "Siprec" {
        /// Name by which it is stopped.
        name: &'a str = "name",
        /// Unique name of the installed connector.
        connector_name: &'a str = "connectorName",
        /// Which side is sent.
        track: MediaTrack = "track",
        /// Where changes are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
    }
}

element! {
    /// `<Transcription>`: the call's words while they are spoken.
    pub struct Transcription<'a> = "Transcription" {
        /// Name by which it is stopped.
        name: &'a str = "name",
        /// Which side is transcribed.
        track: MediaTrack = "track",
        /// Where the words and changes are sent.
        status_callback_url: &'a str = "statusCallbackUrl",
        /// Method of `status_callback_url`.
        status_callback_method: Method = "statusCallbackMethod",
        /// Name of the inbound side in the results.
        inbound_track_label: &'a str = "inboundTrackLabel",
        /// Name of the outbound side in the results.
        outbound_track_label: &'a str = "outboundTrackLabel",
        /// Whether unstable results are sent.
        partial_results: bool = "partialResults",
        /// Language, such as `en-US`.
        language_code: &'a str = "languageCode",
        /// Engine, such as `google` or `deepgram`.
        transcription_engine: &'a str = "transcriptionEngine",
        /// Whether swear words come starred.
        profanity_filter: bool = "profanityFilter",
        /// The engine's speech model.
        speech_model: &'a str = "speechModel",
        /// Words to expect, separated by commas.
        hints: &'a str = "hints",
        /// Whether the engine punctuates.
        enable_automatic_punctuation: bool = "enableAutomaticPunctuation",
        /// SID or unique name of a Conversational Intelligence service that keeps the result.
        intelligence_service: &'a str = "intelligenceService",
    }
}

element! {
    /// `<Config>`: a setting that Twilio hands on to an engine or agent.
    pub(super) struct Config<'a> = "Config" {
        /// Name of the setting.
        name: &'a str = "name",
        /// Its value.
        value: &'a str = "value",
    }
}

element! {
    /// `<Recording>` in `<Start>`: records the call while the verbs after run.
    pub struct Recording<'a> = "Recording" {
        /// Where changes of the recording are sent.
        recording_status_callback: &'a str = "recordingStatusCallback",
        /// Method of `recording_status_callback`.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod",
        /// Which changes are sent; Twilio's default is `completed`.
        recording_status_callback_event: &'a [RecordingEvent] = "recordingStatusCallbackEvent",
        /// Whether silence is cut off.
        trim: Trim = "trim",
        /// Which side is recorded.
        track: RecordingTrack = "track",
        /// Channels of the recording.
        channels: RecordingChannels = "channels",
        /// SID of a recording configuration.
        recording_configuration_id: &'a str = "recordingConfigurationId",
    }
}

scope! {
    /// Inside `<Start>`.
    pub struct StartScope {
        /// A stream.
        fn stream(&Stream);
        /// A stream with parameters.
        fn stream_with(&Stream) { ParameterScope };
        /// A SIPREC session.
        fn siprec(&Siprec);
        /// A SIPREC session with parameters.
        fn siprec_with(&Siprec) { ParameterScope };
        /// A transcription.
        fn transcription(&Transcription);
        /// A transcription with settings and parameters.
        fn transcription_with(&Transcription) { ConfigScope };
        /// A recording.
        fn recording(&Recording);
    }
}

scope! {
    /// Inside `<Stop>`.
    pub struct StopScope {
        /// A stream, by its name.
        fn stream(&Stream);
        /// A stream with parameters.
        fn stream_with(&Stream) { ParameterScope };
        /// A SIPREC session, by its name.
        fn siprec(&Siprec);
        /// A SIPREC session with parameters.
        fn siprec_with(&Siprec) { ParameterScope };
        /// A transcription, by its name.
        fn transcription(&Transcription);
        /// A transcription with settings and parameters.
        fn transcription_with(&Transcription) { ConfigScope };
    }
}

scope! {
    /// Inside what takes only parameters.
    pub struct ParameterScope {
        /// A custom value.
        fn parameter(name, value, Parameter);
    }
}

scope! {
    /// Inside `<Transcription>` and `<VirtualAgent>`.
    pub struct ConfigScope {
        /// A setting of the engine or agent.
        fn config(name, value, Config);
        /// A custom value.
        fn parameter(name, value, Parameter);
    }
}
