use super::*;
use crate::twilio::sid::MessageSid;

const ACCOUNT: (&str, &str) = ("AccountSid", "AC0123456789abcdef0123456789abcdef");
const MESSAGE: (&str, &str) = ("MessageSid", "SM0123456789abcdef0123456789abcdef");
const CALL: (&str, &str) = ("CallSid", "CA0123456789abcdef0123456789abcdef");
const RECORDING: (&str, &str) = ("RecordingSid", "RE0123456789abcdef0123456789abcdef");
const FROM: (&str, &str) = ("From", "+14155552671");
const TO: (&str, &str) = ("To", "+14155550100");

fn form<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Form<'a> {
    base.iter().chain(more).copied().collect()
}

fn message<'a>(more: &[(&'a str, &'a str)]) -> Form<'a> {
    form(&[MESSAGE, ACCOUNT, FROM, TO], more)
}

fn call<'a>(more: &[(&'a str, &'a str)]) -> Form<'a> {
    form(&[CALL, ACCOUNT, FROM, TO, ("CallStatus", "ringing")], more)
}

/// Taking away any one of `names` makes an error that names it.
fn needs<E>(
    complete: &Form<'_>,
    names: &[&'static str],
    read: impl Fn(&Form<'_>) -> Result<E, EventError>,
) {
    assert!(read(complete).is_ok());
    for &name in names {
        let without: Form<'_> = complete.iter().filter(|(n, _)| *n != name).collect();
        let error = read(&without).err().unwrap();
        assert_eq!((&*error.parameter, error.reason), (name, Reason::Missing));
        assert_eq!(
            error.to_string(),
            format!("{name}: the parameter is missing")
        );
    }
}

#[test]
fn each_event_names_the_parameter_it_misses() {
    needs(
        &message(&[]),
        &["MessageSid", "AccountSid", "From", "To"],
        |form| InboundMessage::from_form(form).map(|_| ()),
    );
    let status = form(&[MESSAGE, ACCOUNT, ("MessageStatus", "sent")], &[]);
    needs(
        &status,
        &["MessageSid", "AccountSid", "MessageStatus"],
        |form| MessageStatusCallback::from_form(form).map(|_| ()),
    );
    let common = ["CallSid", "AccountSid", "From", "To", "CallStatus"];
    needs(&call(&[]), &common, |form| {
        VoiceRequest::from_form(form).map(|_| ())
    });
    needs(&call(&[]), &common, |form| {
        GatherResult::from_form(form).map(|_| ())
    });
    needs(&call(&[]), &common, |form| {
        CallStatusCallback::from_form(form).map(|_| ())
    });
    needs(
        &call(&[("RecordingUrl", "https://r")]),
        &["CallSid", "RecordingUrl"],
        |form| RecordResult::from_form(form).map(|_| ()),
    );
    needs(
        &call(&[("DialCallStatus", "busy")]),
        &["CallSid", "DialCallStatus"],
        |form| DialResult::from_form(form).map(|_| ()),
    );
    let recording = form(&[RECORDING, ACCOUNT, ("RecordingStatus", "completed")], &[]);
    needs(
        &recording,
        &["RecordingSid", "AccountSid", "RecordingStatus"],
        |form| RecordingStatus::from_form(form).map(|_| ()),
    );
    let transcription = form(
        &[RECORDING, ACCOUNT, ("TranscriptionStatus", "completed")],
        &[("TranscriptionSid", "TR0123456789abcdef0123456789abcdef")],
    );
    needs(
        &transcription,
        &[
            "TranscriptionSid",
            "AccountSid",
            "RecordingSid",
            "TranscriptionStatus",
        ],
        |form| Transcription::from_form(form).map(|_| ()),
    );
}

#[test]
fn a_wrong_parameter_is_named_and_its_value_is_not_repeated() {
    let bad_sid = form(&[("MessageSid", "CAsecret"), ACCOUNT, FROM, TO], &[]);
    let error = InboundMessage::from_form(&bad_sid).err().unwrap();
    assert_eq!(
        error.to_string(),
        "MessageSid: MessageSid has 34 characters, not 8"
    );
    let bad_from = form(&[MESSAGE, ACCOUNT, ("From", "pigeon:secret"), TO], &[]);
    let error = InboundMessage::from_form(&bad_from).err().unwrap();
    assert_eq!(error.parameter, "From");
    assert_eq!(error.reason, Reason::Address(AddressError::UnknownChannel));
    assert!(!error.to_string().contains("secret"));
    let empty = form(&[("MessageSid", ""), ACCOUNT, FROM, TO], &[]);
    let error = InboundMessage::from_form(&empty).err().unwrap();
    assert_eq!(error.to_string(), "MessageSid: the parameter is empty");
}

#[test]
fn a_text_message_is_read_and_its_body_is_not_trimmed() {
    let form = message(&[
        ("Body", " Stop \n"),
        ("NumSegments", "2"),
        ("FromCountry", "US"),
        ("FromCity", ""),
        ("OptOutType", "STOP"),
        ("Novelty", "kept"),
    ]);
    let message = InboundMessage::from_form(&form).unwrap();
    assert_eq!(message.sid.as_str(), MESSAGE.1);
    assert_eq!(message.from.to_string(), FROM.1);
    assert_eq!(message.body, " Stop \n");
    assert_eq!(message.segments, 2);
    assert_eq!(message.opt_out_type, Some(OptOutType::Stop));
    let place = Place {
        country: Some("US"),
        ..Place::default()
    };
    assert_eq!(message.from_place(), place);
    assert_eq!(message.to_place(), Place::default());
    assert!(message.media.is_empty() && message.button.is_none() && message.referral.is_none());
    assert_eq!(message.form().get("Novelty"), Some("kept"));
}

#[test]
fn what_is_optional_and_odd_counts_as_absent() {
    let form = message(&[
        ("NumSegments", "many"),
        ("OptOutType", "PAUSE"),
        ("Latitude", "NaN"),
        ("Longitude", "1"),
        ("MessagingServiceSid", "MG1"),
        ("OriginalRepliedMessageSid", "x"),
    ]);
    let message = InboundMessage::from_form(&form).unwrap();
    assert_eq!((message.segments, message.body), (1, ""));
    assert_eq!(message.opt_out_type, None);
    assert!(message.location.is_none());
    assert!(message.messaging_service_sid.is_none());
    assert!(message.replied_to.is_none());
}

#[test]
fn media_are_listed_until_the_first_gap() {
    let form = message(&[
        ("NumMedia", "2"),
        ("MediaUrl1", "https://b"),
        ("MediaUrl0", "https://a"),
        ("MediaContentType0", "image/png"),
        ("MediaUrl3", "https://d"),
    ]);
    let message = InboundMessage::from_form(&form).unwrap();
    let media = |url, content_type| Media { url, content_type };
    assert_eq!(
        message.media,
        [
            media("https://a", Some("image/png")),
            media("https://b", None)
        ]
    );
}

#[test]
fn a_whatsapp_message_brings_its_buttons_lists_places_and_replies() {
    let form = form(
        &[
            MESSAGE,
            ACCOUNT,
            ("From", "whatsapp:US.13a"),
            ("To", "whatsapp:+14155550100"),
        ],
        &[
            ("ExternalUserId", "whatsapp:US.13a"),
            ("ProfileName", "Ann"),
            ("WaId", ""),
            ("MessageType", "interactive"),
            ("Forwarded", "true"),
            ("ButtonText", "Yes"),
            ("ButtonPayload", "yes-1"),
            ("ListId", "7"),
            ("ListTitle", "Seven"),
            ("Latitude", "37.787890"),
            ("Longitude", "-122.391664"),
            ("Label", "Office"),
            ("OriginalRepliedMessageSid", MESSAGE.1),
            ("OriginalRepliedMessageSender", TO.1),
            ("ReferralSourceId", "ad-1"),
            ("ReferralMediaUrl", "https://m"),
        ],
    );
    let message = InboundMessage::from_form(&form).unwrap();
    assert!(matches!(message.from, Address::WhatsAppUser(_)));
    assert_eq!(message.external_user_id, Some(message.from.clone()));
    assert_eq!(message.wa_id, None);
    assert_eq!(message.profile_name, Some("Ann"));
    assert!(message.is_forwarded());
    let button = message.button.unwrap();
    assert_eq!(
        (button.text, button.payload, button.kind),
        ("Yes", Some("yes-1"), None)
    );
    let list = message.list.unwrap();
    assert_eq!(
        (list.id, list.title, list.description),
        ("7", Some("Seven"), None)
    );
    let location = message.location.unwrap();
    assert_eq!(
        (location.latitude, location.longitude),
        (37.787_890, -122.391_664)
    );
    assert_eq!(location.label, Some("Office"));
    let replied_to = message.replied_to.unwrap();
    assert_eq!(replied_to.sid, MessageSid::parse(MESSAGE.1).unwrap());
    assert_eq!(replied_to.sender, Some(TO.1));
    let referral = message.referral.unwrap();
    assert_eq!(referral.source_id, Some("ad-1"));
    assert_eq!(referral.media.map(|media| media.url), Some("https://m"));
}

#[test]
fn a_status_callback_tells_the_error_and_the_read_receipt() {
    let form = form(
        &[MESSAGE, ACCOUNT, TO, ("MessageStatus", "undelivered")],
        &[
            ("ErrorCode", "30003"),
            ("RawDlrDoneDate", "2611231200"),
            ("EventType", "READ"),
        ],
    );
    let callback = MessageStatusCallback::from_form(&form).unwrap();
    assert_eq!(
        (callback.status, callback.error_code),
        ("undelivered", Some(30003))
    );
    assert_eq!(
        callback.to.as_ref().map(ToString::to_string).as_deref(),
        Some(TO.1)
    );
    assert!(callback.from.is_none());
    assert_eq!(callback.carrier_done_date, Some("2611231200"));
    assert!(callback.is_read_receipt());
}

#[test]
fn no_error_is_no_error_code() {
    let form = form(
        &[
            MESSAGE,
            ACCOUNT,
            ("MessageStatus", "sent"),
            ("ErrorCode", "0"),
        ],
        &[],
    );
    let callback = MessageStatusCallback::from_form(&form).unwrap();
    assert_eq!(callback.error_code, None);
    assert!(!callback.is_read_receipt());
}

#[test]
fn a_call_from_nobody_in_particular_is_a_call() {
    let form = form(
        &[
            CALL,
            ACCOUNT,
            ("From", ""),
            TO,
            ("CallStatus", "ringing"),
            ("Direction", "inbound"),
        ],
        &[("SipHeader_X-Order", "42"), ("ParentCallSid", CALL.1)],
    );
    let request = VoiceRequest::from_form(&form).unwrap();
    assert_eq!(request.from_address(), None);
    assert_eq!(request.to_address(), Address::parse(TO.1).ok());
    assert_eq!(request.direction, Some(Direction::Inbound));
    assert_eq!(request.parent_call_sid, Some(request.call_sid));
    assert_eq!(
        request.sip_headers().collect::<Vec<_>>(),
        [("X-Order", "42")]
    );
}

#[test]
fn a_gather_has_digits_or_speech_or_neither() {
    let pressed = call(&[("Digits", "1"), ("FinishedOnKey", "#")]);
    let pressed = GatherResult::from_form(&pressed).unwrap();
    assert_eq!(
        (pressed.digits, pressed.finished_on_key),
        (Some("1"), Some("#"))
    );
    assert!(!pressed.is_empty());
    let said = call(&[
        ("SpeechResult", "sales"),
        ("Confidence", "0.91"),
        ("Digits", ""),
    ]);
    let said = GatherResult::from_form(&said).unwrap();
    let speech = said.speech.unwrap();
    assert_eq!((speech.text, speech.confidence), ("sales", Some(0.91)));
    assert!(said.digits.is_none() && !said.is_empty());
    let unsure = call(&[("SpeechResult", "sales"), ("Confidence", "NaN")]);
    let unsure = GatherResult::from_form(&unsure).unwrap();
    assert_eq!(unsure.speech.unwrap().confidence, None);
    assert!(
        GatherResult::from_form(&call(&[("Digits", "")]))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_recording_ends_by_key_by_hanging_up_or_by_silence() {
    let url = ("RecordingUrl", "https://api.twilio.com/r");
    for (digits, end) in [
        ("hangup", RecordEnd::Hangup),
        ("#", RecordEnd::Key("#")),
        ("", RecordEnd::Timeout),
    ] {
        let form = call(&[
            url,
            RECORDING,
            ("RecordingDuration", "7"),
            ("Digits", digits),
        ]);
        let result = RecordResult::from_form(&form).unwrap();
        assert_eq!(result.end, end);
        assert_eq!((result.url, result.duration), (url.1, Some(7)));
        assert_eq!(result.recording_sid.unwrap().as_str(), RECORDING.1);
    }
}

#[test]
fn a_conference_recording_has_no_call() {
    let form = form(
        &[
            RECORDING,
            ACCOUNT,
            ("RecordingStatus", "completed"),
            ("RecordingChannels", "2"),
        ],
        &[
            ("ConferenceSid", "CF0123456789abcdef0123456789abcdef"),
            ("RecordingDuration", "65"),
        ],
    );
    let status = RecordingStatus::from_form(&form).unwrap();
    assert!(status.call_sid.is_none() && status.conference_sid.is_some());
    assert_eq!(
        (status.status, status.channels, status.duration),
        ("completed", Some(2), Some(65))
    );
}

#[test]
fn a_failed_transcription_has_no_text() {
    let form = form(
        &[RECORDING, ACCOUNT, CALL, ("TranscriptionStatus", "failed")],
        &[("TranscriptionSid", "TR0123456789abcdef0123456789abcdef")],
    );
    let transcription = Transcription::from_form(&form).unwrap();
    assert_eq!((transcription.status, transcription.text), ("failed", ""));
    assert_eq!(transcription.recording_sid.as_str(), RECORDING.1);
    assert_eq!(transcription.call_sid.unwrap().as_str(), CALL.1);
}

#[test]
fn a_call_status_tells_duration_order_and_cause() {
    let form = call(&[
        ("SequenceNumber", "3"),
        ("CallDuration", "12"),
        ("Duration", "1"),
        ("SipResponseCode", "486"),
        ("AnsweredBy", "human"),
        ("ErrorCode", "13224"),
    ]);
    let callback = CallStatusCallback::from_form(&form).unwrap();
    assert_eq!(callback.sequence_number, Some(3));
    assert_eq!(
        (callback.duration, callback.billed_minutes),
        (Some(12), Some(1))
    );
    assert_eq!(
        (callback.sip_response_code, callback.error_code),
        (Some(486), Some(13224))
    );
    assert_eq!(
        (callback.call.status, callback.answered_by),
        ("ringing", Some("human"))
    );
}

#[test]
fn a_dial_that_reached_nobody_has_no_second_call() {
    let form = call(&[("DialCallStatus", "no-answer"), ("DialBridged", "false")]);
    let result = DialResult::from_form(&form).unwrap();
    assert_eq!((result.status, result.bridged), ("no-answer", false));
    assert!(result.dial_call_sid.is_none());
    let form = call(&[
        ("DialCallStatus", "completed"),
        ("DialBridged", "true"),
        ("DialCallSid", CALL.1),
        ("DialCallDuration", "30"),
    ]);
    let result = DialResult::from_form(&form).unwrap();
    assert_eq!((result.bridged, result.duration), (true, Some(30)));
    assert_eq!(result.dial_call_sid, Some(result.call.call_sid));
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_form_panics(pairs in proptest::collection::vec((
            "MessageSid|CallSid|AccountSid|From|To|MediaUrl0|Latitude|Confidence|CallStatus",
            "(SM|CA|AC)[0-9a-f]{32}|[+]?[0-9]{0,16}|.{0,9}",
        ), 0..12)) {
            let form: Form<'_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            if let Err(error) = InboundMessage::from_form(&form) {
                let value = form.get(&error.parameter).unwrap_or_default();
                prop_assert!(error.reason != Reason::Missing || value.is_empty());
            }
            let _ = GatherResult::from_form(&form).map(|result| result.is_empty());
        }
    }
}
