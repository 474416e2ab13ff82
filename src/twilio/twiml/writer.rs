//! The one buffer that a TwiML document is written into, and the escaping. Nothing reaches the
//! buffer unescaped but names and values that are spelled in this module's own source. No call
//! here allocates except to grow that buffer, and none goes through `core::fmt`.

use super::element::Element;
use super::error::TwimlError;
use super::limits::Limits;

/// What every document starts with.
const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#;
/// What every document ends with.
const TAIL: &str = "</Response>";
/// Holds a menu step without growing: head, tail, a `<Gather>` with its URL, and two sentences.
const FIRST_CAPACITY: usize = 1024;

/// A document while it is written.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    /// Empty until the first element is opened, and again after `finish`.
    out: String,
    limits: Limits,
}

/// A value that an attribute can hold. It writes only what needs no escaping, or escapes.
pub(super) trait Value {
    /// Pushes the value, without its quotes.
    fn write(self, writer: &mut Writer);
}

impl Writer {
    pub(super) fn new() -> Self {
        Self {
            out: String::with_capacity(FIRST_CAPACITY),
            limits: Limits::default(),
        }
    }

    /// Ends the document and hands it out; the writer is then as new, but without a buffer.
    pub(super) fn finish(&mut self) -> Result<String, TwimlError> {
        self.ensure_head();
        self.out.push_str(TAIL);
        let xml = core::mem::take(&mut self.out);
        core::mem::take(&mut self.limits).verdict(xml.len())?;
        Ok(xml)
    }

    /// Writes an element that holds nothing but text: its own, then `text`.
    pub(super) fn leaf(&mut self, element: &dyn Element, text: &str) {
        self.open(element, text);
        self.close(element);
    }

    /// Writes a start tag and the text that follows it.
    pub(super) fn open(&mut self, element: &dyn Element, text: &str) {
        self.ensure_head();
        self.limits.opened(element.tag());
        self.out.push('<');
        self.out.push_str(element.tag());
        element.write_attributes(self);
        self.out.push('>');
        self.text(element.text());
        self.text(text);
    }

    /// Writes the end tag of the element opened last.
    pub(super) fn close(&mut self, element: &dyn Element) {
        self.out.push_str("</");
        self.out.push_str(element.tag());
        self.out.push('>');
        self.limits.closed(element.tag());
    }

    /// Writes text inside the element opened last.
    pub(super) fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.limits.text(text);
        self.push_escaped(text, false);
    }

    /// Writes an attribute of the start tag being written, unless it is not set.
    pub(super) fn attribute<V: Value>(&mut self, name: &'static str, value: Option<V>) {
        if let Some(value) = value {
            self.begin_attribute(name);
            value.write(self);
            self.out.push('"');
        }
    }

    /// Pushes what is known to hold no character that XML or a quote gives a meaning to.
    pub(super) fn push_raw(&mut self, spelling: &'static str) {
        self.out.push_str(spelling);
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.out.capacity()
    }

    fn ensure_head(&mut self) {
        if self.out.is_empty() {
            self.out.push_str(HEAD);
        }
    }

    fn begin_attribute(&mut self, name: &'static str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
    }

    /// Decimal digits, most significant first, straight into the buffer.
    fn push_integer(&mut self, number: u32) {
        let mut place = 1;
        while number / place >= 10 {
            place *= 10;
        }
        while place > 0 {
            let digit = u8::try_from(number / place % 10).unwrap_or_default();
            self.out.push(char::from(b'0' + digit));
            place /= 10;
        }
    }

    /// Pushes text, with what XML gives a meaning to escaped and what XML 1.0 cannot hold left
    /// out. In an attribute a parser turns newlines and tabs into spaces, and everywhere a
    /// carriage return into a newline, so these go as character references.
    fn push_escaped(&mut self, text: &str, attribute: bool) {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(may_need_escape) {
            let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.out.push_str(plain);
            let mut chars = tail.chars();
            match chars.next() {
                Some('&') => self.out.push_str("&amp;"),
                Some('<') => self.out.push_str("&lt;"),
                Some('>') => self.out.push_str("&gt;"),
                Some('"') if attribute => self.out.push_str("&quot;"),
                Some('\n') if attribute => self.out.push_str("&#10;"),
                Some('\t') if attribute => self.out.push_str("&#9;"),
                Some('\r') => self.out.push_str("&#13;"),
                Some(character) if is_xml(character) => self.out.push(character),
                Some(_) | None => {}
            }
            rest = chars.as_str();
        }
        self.out.push_str(rest);
    }
}

/// The bytes at which a run of plain text ends: markup, controls, and the first byte of U+F000
/// to U+FFFF, among which are the two non-characters. None is inside a UTF-8 sequence.
fn may_need_escape(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xEF)
}

/// Whether XML 1.0 can hold the character (production `Char`; a `char` is never a surrogate).
fn is_xml(character: char) -> bool {
    !matches!(character,
        '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

impl Value for &str {
    fn write(self, writer: &mut Writer) {
        writer.push_escaped(self, true);
    }
}

impl Value for u32 {
    fn write(self, writer: &mut Writer) {
        writer.push_integer(self);
    }
}

impl Value for bool {
    fn write(self, writer: &mut Writer) {
        writer.push_raw(if self { "true" } else { "false" });
    }
}

/// A list: separated by spaces.
impl<V: Value + Copy> Value for &[V] {
    fn write(self, writer: &mut Writer) {
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                writer.out.push(' ');
            }
            value.write(writer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Writer)) -> String {
        let mut writer = Writer::new();
        write(&mut writer);
        writer.out
    }

    #[test]
    fn integers_are_written_digit_by_digit() {
        for number in [0, 7, 10, 99, 100, 14_400, 1_000_000_000, u32::MAX] {
            assert_eq!(
                written(|writer| writer.push_integer(number)),
                number.to_string()
            );
        }
    }

    #[test]
    fn text_keeps_newlines_tabs_and_quotes() {
        assert_eq!(
            written(|writer| writer.push_escaped("a&b <c> \"d\" 'e'\n\tf\rg", false)),
            "a&amp;b &lt;c&gt; \"d\" 'e'\n\tf&#13;g"
        );
    }

    #[test]
    fn attributes_keep_newlines_tabs_and_quotes_as_references() {
        assert_eq!(
            written(|writer| writer.push_escaped("/a?b=1&c=\"2\"\n\t\r<>", true)),
            "/a?b=1&amp;c=&quot;2&quot;&#10;&#9;&#13;&lt;&gt;"
        );
    }

    #[test]
    fn characters_that_xml_cannot_hold_are_left_out() {
        assert_eq!(
            written(|writer| {
                writer.push_escaped("\0a\u{1}\u{8}\u{B}b\u{C}\u{1F}c\u{FFFE}\u{FFFF}d", false);
            }),
            "abcd"
        );
    }

    #[test]
    fn neighbours_of_what_is_left_out_stay() {
        let text = "\u{7F}\u{EFFF}\u{F000}\u{FEFF}\u{FFFD}\u{10000}\u{10FFFF}ü€";
        assert_eq!(written(|writer| writer.push_escaped(text, true)), text);
    }
}
