//! The documents of `<Start>`, `<Stop>` and `<Connect>`; each is the function of the same name
//! in tests/golden/twiml.py.

use hookswitch::twilio::twiml::{
    AiSession, ConfigScope, Connect, Conversation, ConversationEvent, ConversationRecord,
    ConversationRelay, ConversationRelaySession, InterruptSensitivity, Interruptible, Language,
    MediaTrack, Method, ParameterScope, Recording, RecordingChannels, RecordingTrack, Room, Siprec,
    Start, Stream, TextNormalization, Transcription, Trim, VirtualAgent, VoiceResponse,
};

use crate::verbs::RECORDING;

const STREAM: Stream<'_> = Stream {
    name: Some("live"),
    connector_name: Some("conn"),
    url: Some("wss://example.com/media"),
    track: Some(MediaTrack::Both),
    status_callback: Some("/stream"),
    status_callback_method: Some(Method::Get),
    audio_format: Some("audio/x-mulaw"),
    sample_rate: Some("8000"),
};

const SIPREC: Siprec<'_> = Siprec {
    name: Some("siprec"),
    connector_name: Some("conn"),
    track: Some(MediaTrack::Inbound),
    status_callback: Some("/siprec"),
    status_callback_method: Some(Method::Post),
};

const TRANSCRIPTION: Transcription<'_> = Transcription {
    name: Some("words"),
    track: Some(MediaTrack::Outbound),
    status_callback_url: Some("/words"),
    status_callback_method: Some(Method::Post),
    inbound_track_label: Some("caller"),
    outbound_track_label: Some("agent"),
    partial_results: Some(true),
    language_code: Some("en-US"),
    transcription_engine: Some("google"),
    profanity_filter: Some(false),
    speech_model: Some("telephony"),
    hints: Some("Acme, Twilio"),
    enable_automatic_punctuation: Some(true),
    intelligence_service: Some("GA1"),
};

fn parameter(scope: &mut ParameterScope<'_>) {
    scope.parameter("k", "v");
}

fn config(scope: &mut ConfigScope<'_>) {
    scope.config("a", "b").parameter("c", "d");
}

pub(crate) fn start(r: &mut VoiceResponse) {
    let recording = Recording {
        recording_status_callback: Some("/rec"),
        recording_status_callback_method: Some(Method::Get),
        recording_status_callback_event: Some(RECORDING),
        trim: Some(Trim::TrimSilence),
        track: Some(RecordingTrack::Inbound),
        channels: Some(RecordingChannels::Dual),
        recording_configuration_id: Some("RC1"),
    };
    r.start(
        &Start {
            action: Some("/started"),
            method: Some(Method::Post),
        },
        |s| {
            s.stream_with(&STREAM, parameter)
                .siprec_with(&SIPREC, parameter)
                .transcription_with(&TRANSCRIPTION, config)
                .recording(&recording)
                .recording(&Recording {
                    track: Some(RecordingTrack::Outbound),
                    channels: Some(RecordingChannels::Mono),
                    ..Recording::default()
                })
                .stream(&Stream {
                    name: Some("plain"),
                    ..Stream::default()
                })
                .siprec(&Siprec {
                    name: Some("plain"),
                    ..Siprec::default()
                })
                .transcription(&Transcription {
                    name: Some("plain"),
                    ..Transcription::default()
                });
        },
    );
}

pub(crate) fn stop(r: &mut VoiceResponse) {
    r.stop(|s| {
        s.stream_with(&STREAM, parameter)
            .siprec_with(&SIPREC, parameter)
            .transcription_with(&TRANSCRIPTION, config)
            .stream(&Stream {
                name: Some("plain"),
                ..Stream::default()
            })
            .siprec(&Siprec {
                name: Some("plain"),
                ..Siprec::default()
            })
            .transcription(&Transcription {
                name: Some("plain"),
                ..Transcription::default()
            });
    });
}

pub(crate) fn connect(r: &mut VoiceResponse) {
    let plain = Connect::default();
    let agent = VirtualAgent {
        connector_name: Some("df"),
        language: Some("en-US"),
        sentiment_analysis: Some(true),
        status_callback: Some("/va"),
        status_callback_method: Some(Method::Post),
    };
    r.connect(
        &Connect {
            action: Some("/ended"),
            method: Some(Method::Get),
        },
        |c| {
            c.stream_with(&STREAM, parameter);
        },
    )
    .connect(&plain, |c| {
        c.stream(&Stream {
            url: Some("wss://example.com/media"),
            ..Stream::default()
        });
    })
    .connect(&plain, |c| {
        c.room(
            "DailyStandup",
            &Room {
                participant_identity: Some("alice"),
            },
        );
    })
    .connect(&plain, |c| {
        c.autopilot("UA1");
    })
    .connect(&plain, |c| {
        c.virtual_agent_with(&agent, config);
    })
    .connect(&plain, |c| {
        c.virtual_agent(&VirtualAgent {
            connector_name: Some("df"),
            ..VirtualAgent::default()
        });
    });
    conversations(r);
    r.connect(&plain, |c| {
        c.ai_session(&AiSession {
            ai_connector: Some("ai"),
            ai_session_configuration: Some("cfg"),
        });
    })
    .connect(&plain, |c| {
        c.conversation_relay_session(&ConversationRelaySession {
            connector: Some("cr"),
            session_configuration: Some("cfg"),
        });
    });
}

fn conversations(r: &mut VoiceResponse) {
    let full = Conversation {
        service_instance_sid: Some("IS1"),
        inbound_autocreation: Some(true),
        routing_assignment_timeout: Some(10),
        inbound_timeout: Some(20),
        url: Some("/wait"),
        method: Some(Method::Get),
        record: Some(ConversationRecord::FromAnswerDual),
        trim: Some(Trim::DoNotTrim),
        recording_status_callback: Some("/rec"),
        recording_status_callback_method: Some(Method::Get),
        recording_status_callback_event: Some(RECORDING),
        status_callback: Some("/status"),
        status_callback_method: Some(Method::Post),
        status_callback_event: Some(&[
            ConversationEvent::Initiated,
            ConversationEvent::Ringing,
            ConversationEvent::Answered,
            ConversationEvent::Completed,
        ]),
    };
    let records = [
        ConversationRecord::DoNotRecord,
        ConversationRecord::FromAnswer,
        ConversationRecord::FromRinging,
        ConversationRecord::FromRingingDual,
        ConversationRecord::True,
        ConversationRecord::False,
    ];
    r.connect(&Connect::default(), |c| {
        c.conversation(&full);
    });
    for record in records {
        r.connect(&Connect::default(), |c| {
            c.conversation(&Conversation {
                record: Some(record),
                ..Conversation::default()
            });
        });
    }
}

const RELAY: ConversationRelay<'_> = ConversationRelay {
    url: Some("wss://example.com/relay"),
    language: Some("en-US"),
    tts_language: Some("en-GB"),
    transcription_language: Some("de-DE"),
    tts_provider: Some("ElevenLabs"),
    voice: Some("v1"),
    transcription_provider: Some("Deepgram"),
    speech_model: Some("nova-3-general"),
    profanity_filter: Some(true),
    dtmf_detection: Some(true),
    welcome_greeting: Some("Say \"hi\" & go"),
    partial_prompts: Some(false),
    welcome_greeting_interruptible: Some(Interruptible::Speech),
    interruptible: Some(Interruptible::Any),
    preemptible: Some(true),
    hints: Some("Acme"),
    intelligence_service: Some("GA1"),
    report_input_during_agent_speech: Some(false),
    elevenlabs_text_normalization: Some(TextNormalization::On),
    interrupt_sensitivity: Some(InterruptSensitivity::High),
    debug: Some("debugging speaker-events"),
    background_noise_reduction: Some("high"),
    speech_timeout: Some("600"),
    deepgram_smart_format: Some(true),
    ignore_backchannel: Some(false),
    events: Some("speaker-events tokens-played"),
    partial_prompt_on_hangup: Some(true),
    eager_eot_threshold: Some("0.5"),
    asr_smart_format: Some(true),
    tts_text_normalization: Some(TextNormalization::Auto),
    tts_language_text_normalization: Some(true),
    elevenlabs_language_text_normalization: Some(false),
    include_in_prompt: Some("turn-state"),
    customer_name: Some("Kate"),
    application_reconnect: Some(true),
    echo_prompt_filtering: Some(true),
    turn_detection: Some(false),
};

pub(crate) fn conversation_relay(r: &mut VoiceResponse) {
    let swedish = Language {
        code: Some("sv-SE"),
        tts_provider: Some("Amazon"),
        voice: Some("Astrid"),
        transcription_provider: Some("Google"),
        speech_model: Some("long"),
        hints: Some("Acme"),
        asr_smart_format: Some(false),
        tts_text_normalization: Some(TextNormalization::Off),
        tts_language_text_normalization: Some(false),
    };
    r.connect(&Connect::default(), |c| {
        c.conversation_relay_with(&RELAY, |relay| {
            relay.language(&swedish).parameter("k", "v");
        });
    })
    .connect(&Connect::default(), |c| {
        c.conversation_relay(&ConversationRelay {
            url: Some("wss://example.com/relay"),
            welcome_greeting_interruptible: Some(Interruptible::None),
            interruptible: Some(Interruptible::Dtmf),
            interrupt_sensitivity: Some(InterruptSensitivity::Low),
            ..ConversationRelay::default()
        });
    });
}
