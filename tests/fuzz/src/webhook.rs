//! What Twilio sends, or somebody who says to be Twilio.

use hookswitch::twilio::doctor::{Budget, Captured, Token, TokenRole, diagnose};
use hookswitch::twilio::event::{
    CallStatusCallback, DialResult, GatherResult, InboundMessage, MessageStatusCallback,
    RecordResult, RecordingStatus, Transcription, VoiceRequest,
};
use hookswitch::twilio::form::{Form, encode};
use hookswitch::twilio::sid::AccountSid;
use hookswitch::twilio::signature::{Content, Key, body_sha256, verify};

use crate::{Target, halves, text};

const MESSAGE: &str = "MessageSid=SM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001\
    &From=%2B14155550100&To=whatsapp%3A%2B15005550006&Body=caf%C3%A9+1&NumMedia=1&MediaUrl0=https%3A%2F%2Fa.example%2Fb\
    &MediaContentType0=image%2Fpng&OptOutType=STOP&Latitude=1.5&Longitude=-2&ButtonPayload=x&ListId=y";
const CALL: &str = "CallSid=CA00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001\
    &From=%2B14155550100&To=%2B15005550006&CallStatus=in-progress&Direction=inbound&Digits=1&SpeechResult=hello\
    &Confidence=0.9&RecordingSid=RE00000000000000000000000000000001&RecordingUrl=https%3A%2F%2Fa.example&RecordingDuration=7";

/// A form is read, and read again from what it is written as.
pub const FORM: Target = Target {
    name: "form",
    run: form,
    examples: &[MESSAGE, CALL, "a=1&a=2&b&=c&%zz=%e2%82%ac&+=+"],
};

fn form(input: &[u8]) {
    let Ok(form) = Form::parse(input) else { return };
    let written = encode(form.iter());
    match Form::parse(written.as_bytes()) {
        Ok(again) => {
            let same = form.iter().eq(again.iter());
            assert!(same, "a form is not what it is written as");
        }
        Err(error) => panic!("a form that we write is refused: {error}"),
    }
}

/// No header is a signature but the right one, and the right one always is.
pub const SIGNATURE: Target = Target {
    name: "signature",
    run: signature,
    examples: &[
        "https://a.example/webhooks/sms/incoming?x=1\nBody=hi&From=%2B1",
        "https://u:p@A.example:8443/a//b?c='d+e&bodySHA256=00\n{\"a\":1}",
        "\n",
    ],
};

fn signature(input: &[u8]) {
    let (url, body) = halves(input);
    let Some(url) = text(url) else { return };
    let (key, other) = (Key::new("a token"), Key::new("another"));
    if let Ok(form) = Form::parse(body) {
        let right = key.sign_form(url, &form);
        let content = Content::Form(&form);
        // An empty form is a request without a body, which a bodySHA256 may say it is not.
        if !form.is_empty() {
            assert!(
                verify(&[&key], url, &content, Some(&right)).is_ok(),
                "refused: {url}"
            );
        }
        assert!(verify(&[&other], url, &content, Some(&right)).is_err());
        assert!(verify(&[], url, &content, Some(&right)).is_err());
    }
    // The body as the header: whatever it is, it is not the signature.
    let given = String::from_utf8_lossy(body);
    assert!(verify(&[&key], url, &Content::Other(body), Some(&given)).is_err());
    let hashed = format!("https://a.example/?bodySHA256={}", body_sha256(body));
    let right = key.sign_url(&hashed);
    assert!(verify(&[&key], &hashed, &Content::Other(body), Some(&right)).is_ok());
}

/// Every typed event, from any form.
pub const EVENTS: Target = Target {
    name: "events",
    run: events,
    examples: &[MESSAGE, CALL],
};

fn events(input: &[u8]) {
    let Ok(form) = Form::parse(input) else { return };
    if let Ok(message) = InboundMessage::from_form(&form) {
        assert!(form.get("From").is_some_and(|from| !from.is_empty()));
        drop(message);
    }
    let _ = MessageStatusCallback::from_form(&form);
    let _ = VoiceRequest::from_form(&form);
    let _ = CallStatusCallback::from_form(&form);
    let _ = DialResult::from_form(&form);
    let _ = GatherResult::from_form(&form);
    let _ = RecordResult::from_form(&form);
    let _ = RecordingStatus::from_form(&form);
    let _ = Transcription::from_form(&form);
}

/// The signature doctor keeps to its budget.
pub const DOCTOR: Target = Target {
    name: "doctor",
    run: doctor,
    examples: &[
        "http://a.example:80/x/?y=%27\nBody=a b&From=%2B1",
        "https://a.example/x?bodySHA256=00\n{}",
    ],
};

fn doctor(input: &[u8]) {
    let (url, body) = halves(input);
    let (Some(url), Ok(account)) = (
        text(url),
        AccountSid::parse("AC00000000000000000000000000000001"),
    ) else {
        return;
    };
    let key = Key::new("a token");
    let signature = key.sign_url(url.trim());
    let captured = Captured {
        method: "POST",
        url,
        content_type: Some("application/x-www-form-urlencoded"),
        body,
        signature: Some(&signature),
    };
    let token = Token {
        account,
        role: TokenRole::Current,
        key: &key,
    };
    let budget = Budget {
        tries: 300,
        ..Budget::default()
    };
    let diagnosis = diagnose(&captured, &[token], &["https://a.example/x"], budget);
    assert!(diagnosis.tries <= 300, "{} tries", diagnosis.tries);
}
