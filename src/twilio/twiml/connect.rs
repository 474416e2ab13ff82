//! `<Connect>` and its nouns, which take the call over (Twilio docs, TwiML `<Connect>`).

use super::element::{element, scope};
use super::media::{ConfigScope, ParameterScope, Stream};
use super::values::{
    ConversationEvent, ConversationRecord, InterruptSensitivity, Interruptible, Method,
    RecordingEvent, TextNormalization, Trim,
};
use super::verbs::Parameter;

element! {
    /// `<Connect>`: hands the call to its one noun. The verbs after it are run only when that
    /// ends by itself and no `action` is set.
    pub struct Connect<'a> = "Connect" {
        /// Where to go on when the noun ends.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
    }
}

element! {
    /// `<Room>` in `<Connect>`: a Video room, by its name.
    pub struct Room<'a> = "Room" {
        /// Identity of the caller in the room.
        participant_identity: &'a str = "participantIdentity",
    }
}

element! {
    /// `<Autopilot>` in `<Connect>`: an assistant. Twilio has retired Autopilot.
    pub(super) struct Autopilot = "Autopilot" {}
}

element! {
    /// `<VirtualAgent>` in `<Connect>`: a Dialogflow agent.
    pub struct VirtualAgent<'a> = "VirtualAgent" {
        /// Unique name of the installed connector.
        connector_name: &'a str = "connectorName",
        /// Language, such as `en-US`.
        language: &'a str = "language",
        /// Whether the caller's sentiment is analysed.
        sentiment_analysis: bool = "sentimentAnalysis",
        /// Where changes are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
    }
}

element! {
    /// `<Conversation>` in `<Connect>`: a Conversation that the caller joins by voice.
    pub struct Conversation<'a> = "Conversation" {
        /// SID of the Conversations service.
        service_instance_sid: &'a str = "serviceInstanceSid",
        /// Whether a Conversation is made if there is none.
        inbound_autocreation: bool = "inboundAutocreation",
        /// Seconds to wait for a route.
        routing_assignment_timeout: u32 = "routingAssignmentTimeout",
        /// Seconds to wait for somebody to join.
        inbound_timeout: u32 = "inboundTimeout",
        /// Document that is played meanwhile.
        url: &'a str = "url",
        /// Method of `url`.
        method: Method = "method",
        /// Whether the call is recorded.
        record: ConversationRecord = "record",
        /// Whether silence is cut off the recording.
        trim: Trim = "trim",
        /// Where changes of the recording are sent.
        recording_status_callback: &'a str = "recordingStatusCallback",
        /// Method of `recording_status_callback`.
        recording_status_callback_method: Method = "recordingStatusCallbackMethod",
        /// Which changes are sent.
        recording_status_callback_event: &'a [RecordingEvent] = "recordingStatusCallbackEvent",
        /// Where changes of the call are sent.
        status_callback: &'a str = "statusCallback",
        /// Method of `status_callback`.
        status_callback_method: Method = "statusCallbackMethod",
        /// Which changes are sent.
        status_callback_event: &'a [ConversationEvent] = "statusCallbackEvent",
    }
}

element! {
    /// `<AiSession>` in `<Connect>`: an AI connector.
    pub struct AiSession<'a> = "AiSession" {
        /// Unique name or add-on SID of the connector.
        ai_connector: &'a str = "aiConnector",
        /// Unique name or id of its configuration.
        ai_session_configuration: &'a str = "aiSessionConfiguration",
    }
}

element! {
    /// `<ConversationRelaySession>` in `<Connect>`: a configured ConversationRelay.
    pub struct ConversationRelaySession<'a> = "ConversationRelaySession" {
        /// Unique name or add-on SID of the connector.
        connector: &'a str = "connector",
        /// Unique name or id of its configuration.
        session_configuration: &'a str = "sessionConfiguration",
    }
}

element! {
    /// `<ConversationRelay>` in `<Connect>`: Twilio turns speech into text and back, and a
    /// WebSocket application talks. What Twilio types as free text stays text here.
    pub struct ConversationRelay<'a> = "ConversationRelay" {
        /// WebSocket of the application, `wss://`; never relative. Required.
        url: &'a str = "url",
        /// Language of both directions, such as `en-US`.
        language: &'a str = "language",
        /// Language of the speech that is played.
        tts_language: &'a str = "ttsLanguage",
        /// Language of the speech that is heard.
        transcription_language: &'a str = "transcriptionLanguage",
        /// Who speaks: `ElevenLabs`, `Google`, `Amazon`.
        tts_provider: &'a str = "ttsProvider",
        /// The provider's voice.
        voice: &'a str = "voice",
        /// Who transcribes: `Deepgram`, `Google`.
        transcription_provider: &'a str = "transcriptionProvider",
        /// The provider's speech model.
        speech_model: &'a str = "speechModel",
        /// Whether swear words come starred.
        profanity_filter: bool = "profanityFilter",
        /// Whether key presses are sent to the application.
        dtmf_detection: bool = "dtmfDetection",
        /// What is spoken first.
        welcome_greeting: &'a str = "welcomeGreeting",
        /// Whether unstable results are sent to the application.
        partial_prompts: bool = "partialPrompts",
        /// What interrupts the greeting.
        welcome_greeting_interruptible: Interruptible = "welcomeGreetingInterruptible",
        /// What interrupts the speech that is played.
        interruptible: Interruptible = "interruptible",
        /// Whether the application's next words cut off those being spoken.
        preemptible: bool = "preemptible",
        /// Words to expect, separated by commas.
        hints: &'a str = "hints",
        /// SID or unique name of a Conversational Intelligence service.
        intelligence_service: &'a str = "intelligenceService",
        /// Whether speech that does not interrupt is sent to the application.
        report_input_during_agent_speech: bool = "reportInputDuringAgentSpeech",
        /// Whether ElevenLabs spells out numbers and symbols.
        elevenlabs_text_normalization: TextNormalization = "elevenlabsTextNormalization",
        /// How easily speech interrupts.
        interrupt_sensitivity: InterruptSensitivity = "interruptSensitivity",
        /// Diagnostics to send to the application, separated by spaces.
        debug: &'a str = "debug",
        /// Filter of background noise before transcription.
        background_noise_reduction: &'a str = "backgroundNoiseReduction",
        /// Silence that ends speech.
        speech_timeout: &'a str = "speechTimeout",
        /// Whether Deepgram formats numbers and dates.
        deepgram_smart_format: bool = "deepgramSmartFormat",
        /// Whether short sounds of agreement do not interrupt.
        ignore_backchannel: bool = "ignoreBackchannel",
        /// Events to subscribe to, separated by spaces.
        events: &'a str = "events",
        /// Whether an unfinished prompt is sent when the caller hangs up.
        partial_prompt_on_hangup: bool = "partialPromptOnHangup",
        /// Confidence, 0.3 to 0.9, at which the end of a turn is reported early.
        eager_eot_threshold: &'a str = "eagerEotThreshold",
        /// Whether transcripts are formatted; goes before `deepgram_smart_format`.
        asr_smart_format: bool = "asrSmartFormat",
        /// Whether numbers and symbols are spelled out; goes before
        /// `elevenlabs_text_normalization`.
        tts_text_normalization: TextNormalization = "ttsTextNormalization",
        /// Whether they are spelled out by the language's own rules.
        tts_language_text_normalization: bool = "ttsLanguageTextNormalization",
        /// The older name of `tts_language_text_normalization`.
        elevenlabs_language_text_normalization: bool = "elevenlabsLanguageTextNormalization",
        /// What is added to prompts: `turn-state`, `prompt-segments`.
        include_in_prompt: &'a str = "includeInPrompt",
        /// Name of the caller for Conversations; by default the caller's number.
        customer_name: &'a str = "customerName",
        /// Whether Twilio reconnects when the WebSocket drops.
        application_reconnect: bool = "applicationReconnect",
        /// Whether transcripts that echo the played speech are dropped.
        echo_prompt_filtering: bool = "echoPromptFiltering",
        /// Whether the end of a turn is detected by a model.
        turn_detection: bool = "turnDetection",
    }
}

element! {
    /// `<Language>` in `<ConversationRelay>`: settings of one more language.
    pub struct Language<'a> = "Language" {
        /// The language, such as `sv-SE`.
        code: &'a str = "code",
        /// Who speaks it.
        tts_provider: &'a str = "ttsProvider",
        /// The provider's voice.
        voice: &'a str = "voice",
        /// Who transcribes it.
        transcription_provider: &'a str = "transcriptionProvider",
        /// The provider's speech model.
        speech_model: &'a str = "speechModel",
        /// Words to expect, separated by commas.
        hints: &'a str = "hints",
        /// Whether transcripts are formatted.
        asr_smart_format: bool = "asrSmartFormat",
        /// Whether numbers and symbols are spelled out.
        tts_text_normalization: TextNormalization = "ttsTextNormalization",
        /// Whether they are spelled out by the language's own rules.
        tts_language_text_normalization: bool = "ttsLanguageTextNormalization",
    }
}

scope! {
    /// Inside `<Connect>`: exactly one noun.
    pub struct ConnectScope {
        /// A bidirectional stream.
        fn stream(&Stream);
        /// A bidirectional stream with parameters.
        fn stream_with(&Stream) { ParameterScope };
        /// A Video room.
        fn room(name, &Room);
        /// An Autopilot assistant (retired by Twilio).
        fn autopilot(name, Autopilot);
        /// A Dialogflow agent.
        fn virtual_agent(&VirtualAgent);
        /// A Dialogflow agent with settings and parameters.
        fn virtual_agent_with(&VirtualAgent) { ConfigScope };
        /// A Conversation.
        fn conversation(&Conversation);
        /// A WebSocket application that talks in text.
        fn conversation_relay(&ConversationRelay);
        /// The same, with languages and parameters.
        fn conversation_relay_with(&ConversationRelay) { ConversationRelayScope };
        /// An AI connector.
        fn ai_session(&AiSession);
        /// A configured ConversationRelay.
        fn conversation_relay_session(&ConversationRelaySession);
    }
}

scope! {
    /// Inside `<ConversationRelay>`.
    pub struct ConversationRelayScope {
        /// Settings of one more language.
        fn language(&Language);
        /// A value that the application gets with the call.
        fn parameter(name, value, Parameter);
    }
}
