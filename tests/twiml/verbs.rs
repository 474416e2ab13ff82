//! The documents of the verbs without nouns; each is the function of the same name in
//! tests/golden/twiml.py.

use hookswitch::twilio::twiml::{
    Break, Enqueue, Gather, GatherInput, Method, Pause, Play, Queue, Record, RecordingEvent,
    Redirect, Refer, Reject, RejectReason, Say, Siprec, Sms, SpeechTimeout, Start, Task, Trim,
    VoiceResponse,
};

pub(crate) const RECORDING: &[RecordingEvent] = &[
    RecordingEvent::InProgress,
    RecordingEvent::Completed,
    RecordingEvent::Absent,
];

pub(crate) fn verbs(r: &mut VoiceResponse) {
    r.say(&Say {
        voice: Some("Polly.Joanna"),
        loop_: Some(2),
        language: Some("en-US"),
        ..Say::text("Hello")
    })
    .say(&Say::text("Plain"))
    .play(&Play {
        loop_: Some(0),
        ..Play::url("https://example.com/music.mp3?a=1&b=2")
    })
    .play(&Play::digits("ww12#*"))
    .pause(&Pause::seconds(3))
    .pause(&Pause::default())
    .redirect(&Redirect {
        method: Some(Method::Get),
        ..Redirect::to("/voice/next?round=2&from=%2B15550100")
    })
    .redirect(&Redirect::to("relative"))
    .sms(&Sms {
        message: "Thanks",
        to: Some("+15550101"),
        from: Some("+15550102"),
        action: Some("/sms"),
        method: Some(Method::Post),
        status_callback: Some("/sms/status"),
    })
    .leave()
    .echo()
    .queue(
        "support",
        &Queue {
            url: Some("/queue"),
            method: Some(Method::Post),
            reservation_sid: Some("WR1"),
            post_work_activity_sid: Some("WA1"),
        },
    )
    .hangup();
}

pub(crate) fn parameters(r: &mut VoiceResponse) {
    r.start(&Start::default(), |s| {
        let siprec = Siprec {
            name: Some("s"),
            connector_name: Some("c"),
            ..Siprec::default()
        };
        s.siprec_with(&siprec, |p| {
            p.parameter("a", "1 & 2");
        });
    })
    .hangup_with(|h| {
        h.parameter("cause", "normal");
    });
}

pub(crate) fn reject(r: &mut VoiceResponse) {
    r.pause(&Pause::seconds(2)).reject_with(
        &Reject {
            reason: Some(RejectReason::Busy),
        },
        |p| {
            p.parameter("code", "486");
        },
    );
}

pub(crate) fn reject_plain(r: &mut VoiceResponse) {
    r.reject(&Reject::default());
}

pub(crate) fn gather(r: &mut VoiceResponse) {
    let gather = Gather {
        input: Some(&[GatherInput::Dtmf, GatherInput::Speech]),
        action: Some("/menu?a=1&b=2"),
        method: Some(Method::Post),
        timeout: Some(5),
        speech_timeout: Some(SpeechTimeout::Auto),
        max_speech_time: Some(30),
        profanity_filter: Some(false),
        finish_on_key: Some(""),
        num_digits: Some(1),
        partial_result_callback: Some("/partial"),
        partial_result_callback_method: Some(Method::Get),
        language: Some("en-GB"),
        hints: Some("sales, support & more"),
        barge_in: Some(true),
        debug: Some(false),
        action_on_empty_result: Some(true),
        speech_model: Some("phone_call"),
        enhanced: Some(true),
    };
    r.gather(&gather, |g| {
        g.say(&Say {
            text: "Press 1",
            voice: Some("alice"),
            language: Some("en-GB"),
            loop_: Some(1),
        })
        .play(&Play {
            url: "/beep.wav",
            loop_: Some(1),
            digits: Some("1"),
        })
        .pause(&Pause::seconds(1))
        .say_ssml(&Say::text("Or say"), |s| {
            s.break_(&Break::time("500ms"));
        });
    })
    .gather(
        &Gather {
            speech_timeout: Some(SpeechTimeout::Seconds(3)),
            ..Gather::default()
        },
        |_| {},
    );
}

pub(crate) fn record(r: &mut VoiceResponse) {
    r.record(&Record {
        action: Some("/saved"),
        method: Some(Method::Get),
        timeout: Some(4),
        finish_on_key: Some("1234567890*#"),
        max_length: Some(120),
        play_beep: Some(true),
        trim: Some(Trim::TrimSilence),
        recording_status_callback: Some("/rec"),
        recording_status_callback_method: Some(Method::Post),
        recording_status_callback_event: Some(RECORDING),
        transcribe: Some(true),
        transcribe_callback: Some("/transcription"),
        recording_configuration_id: Some("RC1"),
    })
    .record(&Record {
        trim: Some(Trim::DoNotTrim),
        play_beep: Some(false),
        ..Record::default()
    });
}

pub(crate) fn enqueue(r: &mut VoiceResponse) {
    r.enqueue(&Enqueue {
        queue: "support",
        action: Some("/left"),
        max_queue_size: Some(20),
        method: Some(Method::Get),
        wait_url: Some("/wait"),
        wait_url_method: Some(Method::Post),
        workflow_sid: Some("WW1"),
    })
    .enqueue_with(
        &Enqueue {
            workflow_sid: Some("WW2"),
            ..Enqueue::default()
        },
        |e| {
            e.task(
                r#"{"skill":"<sales>"}"#,
                &Task {
                    priority: Some(5),
                    timeout: Some(30),
                },
            );
        },
    );
}

pub(crate) fn refer(r: &mut VoiceResponse) {
    r.refer(
        &Refer {
            action: Some("/referred"),
            method: Some(Method::Post),
        },
        |r| {
            r.sip("sip:kate@example.com?x=1&y=2");
        },
    );
}

pub(crate) fn escaping(r: &mut VoiceResponse) {
    let text = "<Say> & \"quotes\" 'single' ]]> \t\n é 漢字 😀";
    r.say(&Say {
        voice: Some(text),
        ..Say::text(text)
    })
    .redirect(&Redirect::to("/a?b=<1>&c=\"2\"&d=é#f"));
}
