//! The documents of `<Dial>`; each is the function of the same name in tests/golden/twiml.py.

use hookswitch::twilio::twiml::{
    Application, CallEvent, Client, Conference, ConferenceBeep, ConferenceEvent, ConferenceRecord,
    Dial, DialRecord, JitterBufferSize, MachineDetection, Method, Number, Queue, RecordingTrack,
    Sip, SipUri, Trim, VoiceResponse, WhatsApp,
};

use crate::verbs::RECORDING;

const STATUS: &[CallEvent] = &[
    CallEvent::Initiated,
    CallEvent::Ringing,
    CallEvent::Answered,
    CallEvent::Completed,
];

pub(crate) fn dial(r: &mut VoiceResponse) {
    let dial = Dial {
        action: Some("/dialled"),
        method: Some(Method::Post),
        timeout: Some(20),
        hangup_on_star: Some(true),
        time_limit: Some(14_400),
        caller_id: Some("+15550100"),
        record: Some(DialRecord::FromAnswerDual),
        trim: Some(Trim::TrimSilence),
        recording_status_callback: Some("/rec"),
        recording_configuration_id: Some("RC1"),
        recording_status_callback_method: Some(Method::Get),
        recording_status_callback_event: Some(RECORDING),
        answer_on_bridge: Some(true),
        ring_tone: Some("us-old"),
        recording_track: Some(RecordingTrack::Both),
        sequential: Some(false),
        refer_url: Some("/refer"),
        refer_method: Some(Method::Post),
        events: Some("call-progress-event"),
        passports: Some("abc,def"),
    };
    r.dial(&dial, |d| {
        d.number("+15550101", &number())
            .number(
                "+15550102",
                &Number {
                    machine_detection: Some(MachineDetection::Enable),
                    ..Number::default()
                },
            )
            .client("joey", &client())
            .client_with("", &Client::default(), |c| {
                c.identity("kate & co").parameter("first_name", "Kate <3");
            })
            .sim("DE1")
            .whatsapp("+15550103", &whatsapp());
    });
}

fn number() -> Number<'static> {
    Number {
        send_digits: Some("wwww1928"),
        url: Some("/callee"),
        method: Some(Method::Get),
        status_callback_event: Some(STATUS),
        status_callback: Some("/status"),
        status_callback_method: Some(Method::Post),
        byoc: Some("BY1"),
        machine_detection: Some(MachineDetection::DetectMessageEnd),
        amd_status_callback_method: Some(Method::Get),
        amd_status_callback: Some("/amd"),
        machine_detection_timeout: Some(30),
        machine_detection_speech_threshold: Some(2400),
        machine_detection_speech_end_threshold: Some(1200),
        machine_detection_silence_timeout: Some(5000),
    }
}

fn client() -> Client<'static> {
    Client {
        url: Some("/callee"),
        method: Some(Method::Get),
        status_callback_event: Some(STATUS),
        status_callback: Some("/status"),
        status_callback_method: Some(Method::Post),
    }
}

fn whatsapp() -> WhatsApp<'static> {
    WhatsApp {
        url: Some("/callee"),
        method: Some(Method::Get),
        status_callback_event: Some(STATUS),
        status_callback: Some("/status"),
        status_callback_method: Some(Method::Post),
    }
}

pub(crate) fn dial_number(r: &mut VoiceResponse) {
    r.dial_number("+15550199", &Dial::default()).dial_number(
        "+15550199",
        &Dial {
            record: Some(DialRecord::DoNotRecord),
            recording_track: Some(RecordingTrack::Inbound),
            ..Dial::default()
        },
    );
}

pub(crate) fn dial_sip(r: &mut VoiceResponse) {
    let dial = Dial {
        record: Some(DialRecord::FromRinging),
        recording_track: Some(RecordingTrack::Outbound),
        ..Dial::default()
    };
    let uri = SipUri {
        priority: Some(1),
        weight: Some(10),
        username: Some("a"),
        password: Some("1"),
    };
    r.dial(&dial, |d| {
        d.sip("sip:kate@example.com;transport=tls?X-A=1&X-B=2", &sip())
            .sip_with("", &Sip::default(), |s| {
                s.uri("sip:a@example.com", &uri)
                    .uri("sip:b@example.com", &SipUri::default())
                    .headers(|h| {
                        h.header("X-One", "1").header("X-Two", "2;a=b");
                    });
            });
    });
}

fn sip() -> Sip<'static> {
    Sip {
        username: Some("u"),
        password: Some("p\"<"),
        url: Some("/callee"),
        method: Some(Method::Get),
        status_callback_event: Some(STATUS),
        status_callback: Some("/status"),
        status_callback_method: Some(Method::Post),
        machine_detection: Some(MachineDetection::DetectMessageEnd),
        amd_status_callback_method: Some(Method::Get),
        amd_status_callback: Some("/amd"),
        machine_detection_timeout: Some(30),
        machine_detection_speech_threshold: Some(2400),
        machine_detection_speech_end_threshold: Some(1200),
        machine_detection_silence_timeout: Some(5000),
    }
}

pub(crate) fn dial_application(r: &mut VoiceResponse) {
    let application = Application {
        url: Some("/callee"),
        method: Some(Method::Get),
        status_callback_event: Some(STATUS),
        status_callback: Some("/status"),
        status_callback_method: Some(Method::Post),
        customer_id: Some("c1"),
        copy_parent_to: Some(true),
    };
    r.dial(&recorded(DialRecord::FromRingingDual), |d| {
        d.application("AP1", &application)
            .application_with("", &Application::default(), |a| {
                a.application_sid("AP2").parameter("k", "v");
            });
    })
    .dial(&recorded(DialRecord::FromAnswer), |d| {
        d.queue(
            "support",
            &Queue {
                url: Some("/about"),
                method: Some(Method::Get),
                reservation_sid: Some("WR1"),
                post_work_activity_sid: Some("WA1"),
            },
        );
    });
}

fn recorded(record: DialRecord) -> Dial<'static> {
    Dial {
        record: Some(record),
        ..Dial::default()
    }
}

pub(crate) fn dial_conference(r: &mut VoiceResponse) {
    let full = Conference {
        muted: Some(true),
        beep: Some(ConferenceBeep::OnEnter),
        start_conference_on_enter: Some(false),
        end_conference_on_exit: Some(true),
        wait_url: Some(""),
        wait_method: Some(Method::Get),
        max_participants: Some(3),
        record: Some(ConferenceRecord::FromStart),
        recording_configuration_id: Some("RC1"),
        region: Some("ie1"),
        coach: Some("CA1"),
        trim: Some(Trim::DoNotTrim),
        status_callback_event: Some(&[
            ConferenceEvent::Start,
            ConferenceEvent::End,
            ConferenceEvent::Join,
            ConferenceEvent::Leave,
            ConferenceEvent::Mute,
            ConferenceEvent::Hold,
            ConferenceEvent::Modify,
            ConferenceEvent::Speaker,
            ConferenceEvent::Announcement,
        ]),
        status_callback: Some("/conf"),
        status_callback_method: Some(Method::Post),
        recording_status_callback: Some("/rec"),
        recording_status_callback_method: Some(Method::Get),
        recording_status_callback_event: Some(RECORDING),
        event_callback_url: Some("/event"),
        jitter_buffer_size: Some(JitterBufferSize::Small),
        participant_label: Some("agent"),
    };
    let always = Conference {
        beep: Some(ConferenceBeep::Always),
        record: Some(ConferenceRecord::DoNotRecord),
        jitter_buffer_size: Some(JitterBufferSize::Off),
        ..Conference::default()
    };
    let never = Conference {
        beep: Some(ConferenceBeep::Never),
        jitter_buffer_size: Some(JitterBufferSize::Medium),
        ..Conference::default()
    };
    let on_exit = Conference {
        beep: Some(ConferenceBeep::OnExit),
        jitter_buffer_size: Some(JitterBufferSize::Large),
        ..Conference::default()
    };
    let rooms = [
        ("Room 1", full),
        ("Room 2", always),
        ("Room 3", never),
        ("Room 4", on_exit),
    ];
    for (name, conference) in &rooms {
        r.dial(&Dial::default(), |d| {
            d.conference(name, conference);
        });
    }
}
