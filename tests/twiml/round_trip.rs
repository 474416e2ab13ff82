//! Whatever text goes in comes out of an XML parser, less what XML cannot hold.

use hookswitch::twilio::twiml::{
    Message, MessagingResponse, Play, Redirect, Say, Sub, VoiceResponse,
};
use proptest::prelude::*;
use roxmltree::Document;

/// XML 1.0, production `Char`, from the specification and not from our code.
fn xml_holds(character: char) -> bool {
    matches!(u32::from(character),
        0x9 | 0xA | 0xD | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x10000..=0x10_FFFF)
}

fn legal(text: &str) -> String {
    text.chars()
        .filter(|character| xml_holds(*character))
        .collect()
}

/// Text with many of the characters that a writer can get wrong.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>(),
        2 => prop::sample::select(vec![
            '&', '<', '>', '"', '\'', '\n', '\r', '\t', ' ', ']', ';', '\0', '\u{8}', '\u{B}',
            '\u{1F}', '\u{7F}', '\u{85}', '\u{2028}', '\u{FEFF}', '\u{FFFD}', '\u{FFFE}',
            '\u{FFFF}',
        ]),
    ];
    prop::collection::vec(character, 0..60).prop_map(|characters| characters.into_iter().collect())
}

/// The text of the first element of this name; no text node is an empty text.
fn text_of(xml: &str, tag: &str) -> String {
    let document = Document::parse(xml).unwrap();
    let node = document
        .descendants()
        .find(|node| node.has_tag_name(tag))
        .unwrap();
    node.text().unwrap_or_default().to_owned()
}

fn attribute_of(xml: &str, tag: &str, name: &str) -> String {
    let document = Document::parse(xml).unwrap();
    let node = document
        .descendants()
        .find(|node| node.has_tag_name(tag))
        .unwrap();
    node.attribute(name).unwrap().to_owned()
}

proptest! {
    #[test]
    fn any_text_comes_back(text in text()) {
        let xml = VoiceResponse::new().say(&Say::text(&text)).finish().unwrap();
        prop_assert_eq!(text_of(&xml, "Say"), legal(&text));
    }

    #[test]
    fn any_attribute_comes_back(text in text()) {
        let xml = VoiceResponse::new().play(&Play::digits(&text)).finish().unwrap();
        prop_assert_eq!(attribute_of(&xml, "Play", "digits"), legal(&text));
    }

    #[test]
    fn any_message_and_url_come_back(text in text(), url in text()) {
        let xml = MessagingResponse::new()
            .message(&Message { status_callback: Some(&url), ..Message::text(&format!("-{text}")) })
            .redirect(&Redirect::to(&url))
            .finish()
            .unwrap();
        prop_assert_eq!(text_of(&xml, "Message"), format!("-{}", legal(&text)));
        prop_assert_eq!(attribute_of(&xml, "Message", "statusCallback"), legal(&url));
        prop_assert_eq!(text_of(&xml, "Redirect"), legal(&url));
    }

    #[test]
    fn text_never_makes_an_element(text in text(), words in text()) {
        let xml = VoiceResponse::new()
            .say_ssml(&Say { voice: Some(&text), ..Say::text(&text) }, |s| {
                s.sub(&words, &Sub::alias(&text)).text(&words);
            })
            .finish()
            .unwrap();
        let document = Document::parse(&xml).unwrap();
        let names: Vec<&str> = document
            .descendants()
            .filter(roxmltree::Node::is_element)
            .map(|node| node.tag_name().name())
            .collect();
        prop_assert_eq!(names, ["Response", "Say", "sub"]);
        let say = document.descendants().find(|node| node.has_tag_name("Say")).unwrap();
        let spoken: String =
            say.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text()).collect();
        prop_assert_eq!(spoken, legal(&format!("{text}{words}{words}")));
    }
}
