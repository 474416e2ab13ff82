//! SSML in what a flow says. Studio passes markup through to `<Say>`; here a text that is
//! well-formed SSML is written as SSML, and any other text, with whatever angle brackets
//! it has, is spoken as it stands. Markup of other kinds never reaches the document.

use crate::twilio::twiml::{
    Break, BreakStrength, DateFormat, Emphasis, EmphasisLevel, InterpretAs, Lang, ParagraphScope,
    Phoneme, PhonemeAlphabet, Prosody, SayAs, SentenceScope, SpeechScope, Sub, Word, WordScope,
};

/// Elements nest no deeper.
const MAX_DEPTH: usize = 12;
/// Elements that Twilio knows; `speak` is the root that some authors write.
const ELEMENTS: [&str; 11] = [
    "break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "speak", "sub", "w",
];

/// A piece of speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Speech {
    Text(String),
    Element {
        name: String,
        attributes: Vec<(String, String)>,
        inside: Vec<Speech>,
    },
}

/// The pieces of a text that is SSML; `None` for plain text and for anything malformed.
pub(crate) fn parse(text: &str) -> Option<Vec<Speech>> {
    if !ELEMENTS
        .iter()
        .any(|name| text.contains(&format!("<{name}")))
    {
        return None;
    }
    let mut rest = text;
    let pieces = inside(&mut rest, None, 0)?;
    rest.is_empty().then_some(pieces)
}

/// Characters that are spoken.
pub(crate) fn length(pieces: &[Speech]) -> usize {
    pieces
        .iter()
        .map(|piece| match piece {
            Speech::Text(text) => text.chars().count(),
            Speech::Element { inside, .. } => length(inside),
        })
        .sum()
}

fn inside(rest: &mut &str, parent: Option<&str>, depth: usize) -> Option<Vec<Speech>> {
    let mut pieces = Vec::new();
    if depth > MAX_DEPTH {
        return None;
    }
    loop {
        let (text, tail) = match rest.find('<') {
            Some(at) => rest.split_at_checked(at)?,
            None => (*rest, ""),
        };
        if !text.is_empty() {
            pieces.push(Speech::Text(unescape(text)));
        }
        if tail.is_empty() {
            *rest = "";
            return parent.is_none().then_some(pieces);
        }
        let (tag, after) = tail.strip_prefix('<')?.split_once('>')?;
        *rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            return (parent == Some(name.trim())).then_some(pieces);
        }
        let (tag, is_closed) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = match tag.split_once(char::is_whitespace) {
            Some((name, attributes)) => (name, parse_attributes(attributes)?),
            None => (tag, Vec::new()),
        };
        if !ELEMENTS.contains(&name) {
            return None;
        }
        let within = if is_closed {
            Vec::new()
        } else {
            inside(rest, Some(name), depth + 1)?
        };
        pieces.push(Speech::Element {
            name: name.to_owned(),
            attributes,
            inside: within,
        });
    }
}

fn parse_attributes(text: &str) -> Option<Vec<(String, String)>> {
    let mut attributes = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, tail) = value.strip_prefix(quote)?.split_once(quote)?;
        attributes.push((name.trim().to_owned(), unescape(value)));
        rest = tail.trim_start();
    }
    Some(attributes)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn words(pieces: &[Speech]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Speech::Text(text) => text.clone(),
            Speech::Element { inside, .. } => words(inside),
        })
        .collect()
}

/// Writes the pieces into one kind of scope. An element that may not stand there is
/// left out, and what it holds is kept.
macro_rules! writers {
    ($($name:ident($scope:ident) { $($element:literal => $method:ident),* })*) => {$(
        pub(crate) fn $name(pieces: &[Speech], scope: &mut $scope<'_>) {
            for piece in pieces {
                let (name, attributes, inside) = match piece {
                    Speech::Text(text) => {
                        scope.text(text);
                        continue;
                    }
                    Speech::Element { name, attributes, inside } => (name, attributes, inside),
                };
                let of = |key: &str| {
                    attributes.iter().find(|(known, _)| known == key).map(|(_, v)| v.as_str())
                };
                match name.as_str() {
                    "break" => {
                        let strength = of("strength").and_then(BreakStrength::parse);
                        scope.break_(&Break { strength, time: of("time") });
                    }
                    "emphasis" => {
                        let level = of("level").and_then(EmphasisLevel::parse);
                        scope.emphasis(&Emphasis { level }, |scope| sentence(inside, scope));
                    }
                    "phoneme" => {
                        let alphabet = of("alphabet").and_then(PhonemeAlphabet::parse);
                        scope.phoneme(&words(inside), &Phoneme { alphabet, ph: of("ph") });
                    }
                    "prosody" => {
                        let prosody = Prosody {
                            volume: of("volume"),
                            rate: of("rate"),
                            pitch: of("pitch"),
                        };
                        scope.prosody(&prosody, |scope| speech(inside, scope));
                    }
                    "say-as" => {
                        let interpret_as = of("interpret-as").and_then(InterpretAs::parse);
                        let format = of("format").and_then(DateFormat::parse);
                        scope.say_as(&words(inside), &SayAs { interpret_as, format });
                    }
                    "sub" => {
                        scope.sub(&words(inside), &Sub { alias: of("alias") });
                    }
                    $($element => writers!(@ $method scope inside of),)*
                    _ => $name(inside, scope),
                }
            }
        }
    )*};
    (@ lang $scope:ident $inside:ident $of:ident) => {
        { $scope.lang(&Lang { xml_lang: $of("xml:lang") }, |scope| speech($inside, scope)); }
    };
    (@ p $scope:ident $inside:ident $of:ident) => {
        { $scope.p(|scope| paragraph($inside, scope)); }
    };
    (@ s $scope:ident $inside:ident $of:ident) => {
        { $scope.s(|scope| sentence($inside, scope)); }
    };
    (@ w $scope:ident $inside:ident $of:ident) => {
        { $scope.w(&Word { role: $of("role") }, |scope| word($inside, scope)); }
    };
}

writers! {
    speech(SpeechScope) { "lang" => lang, "p" => p, "s" => s, "w" => w }
    paragraph(ParagraphScope) { "lang" => lang, "s" => s, "w" => w }
    sentence(SentenceScope) { "lang" => lang, "w" => w }
    word(WordScope) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::twiml::{Say, VoiceResponse};

    fn said(text: &str) -> Option<String> {
        let pieces = parse(text)?;
        let mut response = VoiceResponse::new();
        response.say_ssml(&Say::text(""), |scope| speech(&pieces, scope));
        let xml = response.finish().unwrap();
        let (_, tail) = xml.split_once("<Say>")?;
        Some(tail.split_once("</Say>")?.0.to_owned())
    }

    #[test]
    fn ssml_is_written_as_ssml() {
        let cases = [
            (
                "Hello <break time='1s'/> <emphasis level=\"strong\">you &amp; me</emphasis>!",
                "Hello <break time=\"1s\"></break> \
                 <emphasis level=\"strong\">you &amp; me</emphasis>!",
            ),
            (
                "<speak><p>Call <say-as interpret-as=\"telephone\">555</say-as></p></speak>",
                "<p>Call <say-as interpret-as=\"telephone\">555</say-as></p>",
            ),
            (
                "<prosody rate=\"slow\"><p><p>x</p></p></prosody>",
                "<prosody rate=\"slow\"><p>x</p></prosody>",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(said(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn anything_else_is_plain_text() {
        for text in [
            "a < b",
            "plain",
            "<b>bold</b>",
            "<break",
            "<p>open",
            "<p></s>",
            "<p a=b>x</p>",
            "</p>",
            "<Dial>1</Dial><p>x</p>",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"<p>".repeat(400)), None);
    }
}
