//! How many SMS segments a text takes, why, and how to make it take fewer.
//!
//! The count is what Twilio bills and what a sender's rate is measured in, so it is exact:
//! a GSM-7 escape pair or a UTF-16 surrogate pair is never cut in two at a segment's edge,
//! and one character outside GSM-7 turns the whole text into UCS-2.
//!
//! Sizes: 140 octets a segment. GSM-7: 160 septets alone, 153 in a longer message. UCS-2: 70
//! UTF-16 units alone, 67 in a longer message. Source: 3GPP TS 23.038 and 23.040; Twilio's
//! message segment calculator.

mod smart;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use smart::{replacement, suggestion};

/// The alphabet of a whole message; a message is never in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// The GSM default alphabet with its extension table.
    #[serde(rename = "GSM-7")]
    Gsm7,
    /// UTF-16, two octets a unit.
    #[serde(rename = "UCS-2")]
    Ucs2,
}

impl Encoding {
    /// The name that Twilio's tools show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }

    /// Units that one segment holds when it is the whole message.
    pub const fn alone(self) -> u32 {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units that one segment of a longer message holds, after its header.
    pub const fn joined(self) -> u32 {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// Units of one character, when the message is in this encoding.
    fn units(self, c: char) -> u32 {
        match self {
            Self::Gsm7 => septets(c).unwrap_or(0),
            Self::Ucs2 => c.len_utf16() as u32,
        }
    }
}

/// One segment: the bytes of the text that it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
    /// Units it uses (septets or UTF-16 units), without the header.
    pub units: u32,
}

/// The exact size of a text as SMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segments {
    /// The alphabet of the whole message.
    pub encoding: Encoding,
    /// Segments; 0 for an empty text (a message of media only).
    pub count: u32,
    /// Units over all segments: septets in GSM-7, UTF-16 units in UCS-2.
    pub units: u32,
    /// Units that still fit into the last segment.
    pub remaining: u32,
    /// Where each segment begins and ends.
    pub parts: Vec<Part>,
}

/// A character that forced UCS-2 on the whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Forcing {
    /// The character.
    pub character: char,
    /// Byte offset of its first occurrence.
    pub at: usize,
    /// How often it occurs.
    pub times: u32,
    /// What could stand in its place within GSM-7: typography first, else the plain letter.
    /// `None` when nothing says the same (an emoji, another script).
    pub replacement: Option<&'static str>,
}

/// Counts the segments of a text.
pub fn count(text: &str) -> Segments {
    let encoding = encoding_of(text);
    let units: u32 = text.chars().map(|c| encoding.units(c)).sum();
    if units <= encoding.alone() {
        let parts = match text.len() {
            0 => Vec::new(),
            end => vec![Part {
                start: 0,
                end,
                units,
            }],
        };
        return Segments {
            encoding,
            count: parts.len() as u32,
            units,
            remaining: encoding.alone() - units,
            parts,
        };
    }
    let parts = split(text, encoding);
    let used = parts.last().map_or(0, |part| part.units);
    Segments {
        encoding,
        count: parts.len() as u32,
        units,
        remaining: encoding.joined() - used,
        parts,
    }
}

/// The alphabet a text needs.
pub fn encoding_of(text: &str) -> Encoding {
    if text.chars().all(|c| septets(c).is_some()) {
        Encoding::Gsm7
    } else {
        Encoding::Ucs2
    }
}

/// The characters that force UCS-2, each once, in the order of their first occurrence. Empty
/// for a text in GSM-7.
pub fn forcing(text: &str) -> Vec<Forcing> {
    let mut found: Vec<Forcing> = Vec::new();
    for (at, c) in text.char_indices() {
        if septets(c).is_some() {
            continue;
        }
        match found.iter_mut().find(|known| known.character == c) {
            Some(known) => known.times += 1,
            None => found.push(Forcing {
                character: c,
                at,
                times: 1,
                replacement: suggestion(c),
            }),
        }
    }
    found
}

/// Replaces typography (curly quotes, dashes, odd spaces, full-width forms, letters followed
/// by a combining accent that GSM-7 has as one) by what GSM-7 can write. Letters are never
/// changed into others: "ú" stays. The text must be sent as it comes back, so that the count
/// is the count of what is sent.
pub fn smart_encode(text: &str) -> Cow<'_, str> {
    if encoding_of(text) == Encoding::Gsm7 {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let composed = rest.peek().and_then(|&mark| smart::compose(c, mark));
        if let Some(whole) = composed {
            rest.next();
            encoded.push(whole);
        } else if septets(c).is_some() {
            encoded.push(c);
        } else if let Some(plain) = replacement(c) {
            encoded.push_str(plain);
        } else {
            encoded.push(c);
        }
    }
    Cow::Owned(encoded)
}

/// Septets of a character in GSM-7, or `None` when it is not in the alphabet. Escape itself is
/// not a character of a text.
pub(crate) const fn septets(c: char) -> Option<u32> {
    match c {
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '\u{0c}' | '€' => Some(2),
        '`' => None,
        '\n'
        | '\r'
        | ' '..='~'
        | '¡'
        | '£'
        | '¤'
        | '¥'
        | '§'
        | '¿'
        | 'Ä'
        | 'Å'
        | 'Æ'
        | 'Ç'
        | 'É'
        | 'Ñ'
        | 'Ö'
        | 'Ø'
        | 'Ü'
        | 'ß'
        | 'à'
        | 'ä'
        | 'å'
        | 'æ'
        | 'è'
        | 'é'
        | 'ì'
        | 'ñ'
        | 'ò'
        | 'ö'
        | 'ø'
        | 'ù'
        | 'ü'
        | 'Γ'
        | 'Δ'
        | 'Θ'
        | 'Λ'
        | 'Ξ'
        | 'Π'
        | 'Σ'
        | 'Φ'
        | 'Ψ'
        | 'Ω' => Some(1),
        _ => None,
    }
}

/// Cuts a text that does not fit into one segment. A character that does not fit into what
/// is left of a segment begins the next one.
fn split(text: &str, encoding: Encoding) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = Part {
        start: 0,
        end: 0,
        units: 0,
    };
    for (at, c) in text.char_indices() {
        let units = encoding.units(c);
        if part.units + units > encoding.joined() {
            parts.push(part);
            part = Part {
                start: at,
                end: at,
                units: 0,
            };
        }
        part.units += units;
        part.end = at + c.len_utf8();
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests;
