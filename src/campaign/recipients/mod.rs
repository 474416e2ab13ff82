//! The list of recipients of a campaign, read as it comes in.
//!
//! A [`Reader`] is fed bytes in chunks of any size and hands out one [`Line`] for each line
//! that holds something, good or bad, with its number. It keeps no more than one record
//! ([`MAX_LINE`] bytes, [`csv::MAX_LINES`] lines), so a million lines take no more memory than
//! one, and a line of 10 MB is refused without being kept.
//!
//! A bad line never stops the reading; only a file that cannot be understood at all does.

mod csv;
mod lines;
mod ndjson;
mod report;

pub use report::{Fault, Report};

use self::csv::Csv;
use self::lines::Lines;
use super::content::ContentError;
use crate::sorted::SortedMap;
use crate::twilio::address::{Address, AddressError, Channel};

/// Bytes of the longest line. The longest message that Twilio takes has 1,600 characters;
/// what is longer by far is a broken file.
pub const MAX_LINE: usize = 64 * 1024;
/// Variables of one recipient.
pub const MAX_VARIABLES: usize = 50;
/// Characters of a variable's name.
pub const MAX_NAME: usize = 64;

/// The texts that stand for `{{name}}`, by name.
pub type Variables = SortedMap<String, String>;

/// How the list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line: `{"to": "+14155550100", "variables": {"name": "Ann"}}`.
    Ndjson,
    /// RFC 4180 with a header; the column `to` is the address, every other a variable. The
    /// delimiter (`,`, `;` or a tab) is read from the header.
    Csv,
}

impl Format {
    /// Tells the format from a media type; parameters such as `charset` are ignored.
    pub fn of(content_type: &str) -> Option<Format> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| kind.eq_ignore_ascii_case(name);
        if is("application/x-ndjson") || is("application/ndjson") || is("application/jsonl") {
            Some(Format::Ndjson)
        } else if is("text/csv") {
            Some(Format::Csv)
        } else {
            None
        }
    }
}

/// One person to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Where.
    pub to: Address,
    /// What the text says to this person alone.
    pub variables: Variables,
}

/// A line that holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1; of a record that runs over several lines, the first.
    pub number: u64,
    /// What it holds.
    pub outcome: Result<Recipient, LineError>,
}

/// Why a line is not a recipient. No text quotes what the line says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Longer than [`MAX_LINE`].
    #[error("the line is longer than {MAX_LINE} bytes")]
    TooLong,
    /// Some other encoding.
    #[error("byte {column} is not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// From 1.
        column: usize,
    },
    /// A zero byte, as UTF-16 has in every ASCII character.
    #[error("there is a zero byte; if the file is UTF-16, save it as UTF-8")]
    ZeroByte,
    /// Not JSON.
    #[error("it is not JSON (column {column})")]
    NotJson {
        /// From 1.
        column: usize,
    },
    /// JSON, but no object.
    #[error("it must be a JSON object with \"to\" and \"variables\"")]
    NotObject,
    /// A member that has no meaning.
    #[error("\"{0}\" is unknown; a line has \"to\" and \"variables\"")]
    UnknownField(String),
    /// No address.
    #[error("\"to\" is missing")]
    NoAddress,
    /// Not an address.
    #[error("\"to\": {0}")]
    Address(#[from] AddressError),
    /// An address that nobody can be written to at.
    #[error("\"to\" must be a phone number or a WhatsApp, RCS or Messenger address")]
    NotReachable,
    /// An address of another channel than the sender's.
    #[error("\"to\" is a {to} address and the sender a {sender} one", to = .to.as_str(), sender = .sender.as_str())]
    OtherChannel {
        /// The recipient's.
        to: Channel,
        /// The sender's.
        sender: Channel,
    },
    /// `variables` is something else.
    #[error("\"variables\" must be an object of texts, numbers and booleans")]
    NotVariables,
    /// A name that no `{{name}}` can have.
    #[error("a variable's name is 1 to {MAX_NAME} letters, digits, `_`, `-` or `.`")]
    VariableName,
    /// More than [`MAX_VARIABLES`].
    #[error("there are more than {MAX_VARIABLES} variables")]
    TooManyVariables,
    /// A quoted field that is not closed on this line or the next ones.
    #[error("a quoted field is opened and not closed")]
    OpenQuote,
    /// `"abc"def`.
    #[error("there is text after a closing quote; write a quote in a quoted field twice")]
    TextAfterQuote,
    /// Too many or too few fields.
    #[error("it has {found} fields and the header {expected}")]
    Fields {
        /// In the header.
        expected: usize,
        /// In the line.
        found: usize,
    },
    /// The campaign's text cannot be made for this person.
    #[error(transparent)]
    Content(#[from] ContentError),
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It begins with UTF-16's mark.
    #[error("the file is UTF-16: save it as UTF-8")]
    Utf16,
    /// The header of a CSV file cannot be read.
    #[error("the header cannot be read: {0}")]
    Header(LineError),
    /// The header has no `to`.
    #[error("the header has no column \"to\"")]
    NoToColumn,
    /// Two columns of the same name.
    #[error("the header has the column \"{0}\" twice")]
    ColumnTwice(String),
}

/// Where lines go.
pub type Sink<'a> = &'a mut dyn FnMut(Line);

/// Reads a list as it comes in.
pub struct Reader {
    lines: Lines,
    parser: Parser,
}

enum Parser {
    Ndjson,
    Csv(Csv),
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new(format: Format) -> Reader {
        let parser = match format {
            Format::Ndjson => Parser::Ndjson,
            Format::Csv => Parser::Csv(Csv::default()),
        };
        Reader {
            lines: Lines::default(),
            parser,
        }
    }

    /// Reads the next bytes; lines that end in them go to `sink`.
    ///
    /// # Errors
    /// [`FileError`]; the rest of the file is of no use then.
    pub fn feed(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), FileError> {
        let parser = &mut self.parser;
        self.lines
            .feed(bytes, &mut |number, line| parser.line(number, line, sink))
    }

    /// Reads what is left when the file ends.
    ///
    /// # Errors
    /// [`FileError`], for a file without a header as well.
    pub fn finish(mut self, sink: Sink<'_>) -> Result<(), FileError> {
        let parser = &mut self.parser;
        self.lines
            .finish(&mut |number, line| parser.line(number, line, sink))?;
        match self.parser {
            Parser::Ndjson => Ok(()),
            Parser::Csv(csv) => csv.finish(sink),
        }
    }
}

impl Parser {
    fn line(
        &mut self,
        number: u64,
        line: Result<&[u8], LineError>,
        sink: Sink<'_>,
    ) -> Result<(), FileError> {
        let text = line.and_then(text);
        match self {
            Parser::Csv(csv) => csv.line(number, text.map(str::to_owned), sink),
            Parser::Ndjson => {
                if !text.as_ref().is_ok_and(|text| text.trim().is_empty()) {
                    sink(Line {
                        number,
                        outcome: text.and_then(ndjson::recipient),
                    });
                }
                Ok(())
            }
        }
    }
}

fn text(line: &[u8]) -> Result<&str, LineError> {
    let text = std::str::from_utf8(line).map_err(|error| LineError::NotUtf8 {
        column: error.valid_up_to() + 1,
    })?;
    if text.contains('\0') {
        Err(LineError::ZeroByte)
    } else {
        Ok(text)
    }
}

/// An address that a message can go to.
fn address(text: &str) -> Result<Address, LineError> {
    let address = Address::parse(text.trim())?;
    match address {
        Address::Phone(_)
        | Address::WhatsApp(_)
        | Address::WhatsAppUser(_)
        | Address::Rcs(_)
        | Address::Messenger(_) => Ok(address),
        Address::ShortCode(_)
        | Address::Alphanumeric(_)
        | Address::Client(_)
        | Address::Sip(_)
        | Address::Email(_) => Err(LineError::NotReachable),
    }
}

/// Whether `name` can stand in `{{name}}`.
pub(super) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.chars().count())
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests;
