//! What is written: another reader must find in it what was meant.

use hookswitch::messaging::segments::{count, smart_encode};
use hookswitch::time::{parse_rfc2822, parse_rfc3339, rfc3339};
use hookswitch::twilio::twiml::{Message, MessagingResponse, Play, Redirect, Say, VoiceResponse};
use roxmltree::Document;

use crate::{Target, halves, text};

/// XML 1.0, production `Char`.
fn legal(text: &str) -> String {
    let holds = |c: &char| matches!(u32::from(*c), 0x9 | 0xA | 0xD | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x10000..=0x10_FFFF);
    text.chars().filter(holds).collect()
}

/// TwiML as an XML parser reads it is what was put in.
pub const TWIML: Target = Target {
    name: "twiml",
    run: twiml,
    examples: &["</Say><Hangup/>&amp;]]>\nhttps://a.example/?a=1&b=\"2\"'\t"],
};

fn twiml(input: &[u8]) {
    let (first, rest) = halves(input);
    let (Some(words), Some(url)) = (text(first), text(rest)) else {
        return;
    };
    if let Ok(xml) = VoiceResponse::new()
        .say(&Say::text(words))
        .play(&Play::digits(url))
        .finish()
    {
        holds(&xml, "Say", None, words);
        holds(&xml, "Play", Some("digits"), url);
    }
    if let Ok(xml) = MessagingResponse::new()
        .message(&Message {
            status_callback: Some(url),
            ..Message::text(words)
        })
        .redirect(&Redirect::to(url))
        .finish()
    {
        holds(&xml, "Message", Some("statusCallback"), url);
        holds(&xml, "Message", None, words);
        holds(&xml, "Redirect", None, url);
    }
}

fn holds(xml: &str, tag: &str, attribute: Option<&str>, wanted: &str) {
    let document = match Document::parse(xml) {
        Ok(document) => document,
        Err(error) => panic!("not XML: {error}"),
    };
    let mut nodes = document.descendants().filter(|node| node.has_tag_name(tag));
    let (Some(node), None) = (nodes.next(), nodes.next()) else {
        panic!("not one {tag}: {xml}");
    };
    let found = match attribute {
        Some(name) => node.attribute(name),
        None => node.text(),
    };
    assert_eq!(
        found.unwrap_or_default(),
        legal(wanted),
        "{tag} {attribute:?}"
    );
}

/// Segments are counted for any text, and smart encoding is done once.
pub const SEGMENTS: Target = Target {
    name: "segments",
    run: segments,
    examples: &["plain {text} €", "a “quote” — and… 🇮🇹👩‍👩‍👧", "|\u{c}ñ\r\n"],
};

fn segments(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let plain = count(text);
    let units: usize = text.encode_utf16().count();
    // A part holds 160 septets at the most, a unit of UTF-16 is two of them at the most.
    let most = usize::try_from(plain.count).map_or(usize::MAX, |n| n.saturating_mul(160));
    assert!(units <= most, "{units} units in {} parts", plain.count);
    let smart = smart_encode(text);
    assert_eq!(smart_encode(&smart), smart, "{text:?}");
}

/// A time that is read is written so that it is read again.
pub const TIMES: Target = Target {
    name: "times",
    run: times,
    examples: &[
        "2026-11-24T18:25:00Z",
        "2026-02-29T23:59:60.123+14:00",
        "Tue, 24 Nov 2026 18:25:00 +0000",
    ],
};

fn times(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for at in [parse_rfc3339(text), parse_rfc2822(text)]
        .into_iter()
        .flatten()
    {
        assert_eq!(parse_rfc3339(&rfc3339(at)), Some(at), "{text:?}");
    }
}
