//! Recipients as CSV (RFC 4180), with what spreadsheets make of it: `;` or a tab for a
//! delimiter, line breaks in quoted fields, quotes in unquoted ones.
//!
//! A quote that is never closed would swallow the rest of the file. A record therefore runs
//! over [`MAX_LINES`] lines at most; when it does not end by then, its first line alone is bad
//! and the reading goes on with the second.

use std::collections::VecDeque;

use super::{FileError, Line, LineError, MAX_LINE, MAX_VARIABLES, Recipient, Sink, Variables};
use super::{address, is_name};

/// Lines of one record.
pub(super) const MAX_LINES: usize = 20;

#[derive(Default)]
pub(super) struct Csv {
    header: Option<Header>,
    /// Lines of a record whose quoted field is still open.
    open: VecDeque<(u64, String)>,
}

struct Header {
    delimiter: char,
    /// Names as written; `None` is the column `to`.
    columns: Vec<Option<String>>,
}

/// What a text is as a record.
enum Row {
    Fields(Vec<String>),
    /// A quoted field goes on.
    Open,
    Broken,
}

impl Csv {
    pub(super) fn line(
        &mut self,
        number: u64,
        text: Result<String, LineError>,
        sink: Sink<'_>,
    ) -> Result<(), FileError> {
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                self.abandon(sink)?;
                return self.emit(number, Err(error), sink);
            }
        };
        if self.open.is_empty() && text.trim().is_empty() {
            return Ok(());
        }
        self.open.push_back((number, text));
        let record = self.record();
        let delimiter = self
            .header
            .as_ref()
            .map_or_else(|| guess(&record), |header| header.delimiter);
        match split(&record, delimiter) {
            Row::Fields(names) if self.header.is_none() => {
                self.open.clear();
                self.header = Some(header(delimiter, names)?);
                Ok(())
            }
            Row::Fields(fields) => {
                let first = self.open.pop_front().map_or(number, |(first, _)| first);
                self.open.clear();
                self.emit(first, Ok(fields), sink)
            }
            Row::Open if self.open.len() < MAX_LINES && record.len() <= MAX_LINE => Ok(()),
            Row::Open => self.restart(LineError::OpenQuote, sink),
            Row::Broken => self.restart(LineError::TextAfterQuote, sink),
        }
    }

    pub(super) fn finish(mut self, sink: Sink<'_>) -> Result<(), FileError> {
        self.abandon(sink)?;
        if self.header.is_none() {
            Err(FileError::NoToColumn)
        } else {
            Ok(())
        }
    }

    fn record(&self) -> String {
        let mut record = String::new();
        for (at, (_, line)) in self.open.iter().enumerate() {
            if at > 0 {
                record.push('\n');
            }
            record.push_str(line);
        }
        record
    }

    /// The first open line is bad; those after it are read afresh.
    fn restart(&mut self, error: LineError, sink: Sink<'_>) -> Result<(), FileError> {
        let mut lines = std::mem::take(&mut self.open);
        if let Some((number, _)) = lines.pop_front() {
            self.emit(number, Err(error), sink)?;
        }
        for (number, text) in lines {
            self.line(number, Ok(text), sink)?;
        }
        Ok(())
    }

    /// Nothing more will close what is open.
    fn abandon(&mut self, sink: Sink<'_>) -> Result<(), FileError> {
        while !self.open.is_empty() {
            self.restart(LineError::OpenQuote, sink)?;
        }
        Ok(())
    }

    fn emit(
        &self,
        number: u64,
        fields: Result<Vec<String>, LineError>,
        sink: Sink<'_>,
    ) -> Result<(), FileError> {
        match (&self.header, fields) {
            (None, Err(error)) => return Err(FileError::Header(error)),
            (None, Ok(_)) => return Err(FileError::NoToColumn),
            (Some(header), fields) => {
                let outcome = fields.and_then(|fields| header.recipient(fields));
                sink(Line { number, outcome });
            }
        }
        Ok(())
    }
}

/// The delimiter of a header: the one that occurs most, outside quotes.
fn guess(header: &str) -> char {
    let mut quoted = false;
    let mut times = [(',', 0_usize), (';', 0), ('\t', 0)];
    for c in header.chars() {
        quoted ^= c == '"';
        if let Some((_, times)) = times.iter_mut().find(|(known, _)| *known == c && !quoted) {
            *times += 1;
        }
    }
    let [comma, semicolon, tab] = times;
    // A comma wins a draw.
    let first = if semicolon.1 > comma.1 {
        semicolon
    } else {
        comma
    };
    if tab.1 > first.1 { tab.0 } else { first.0 }
}

fn header(delimiter: char, names: Vec<String>) -> Result<Header, FileError> {
    if names.len() > MAX_VARIABLES + 1 {
        return Err(FileError::Header(LineError::TooManyVariables));
    }
    let mut columns: Vec<Option<String>> = Vec::with_capacity(names.len());
    for name in names {
        let name = name.trim();
        let column = (!name.eq_ignore_ascii_case("to")).then(|| name.to_owned());
        if columns.contains(&column) {
            return Err(FileError::ColumnTwice(name.to_owned()));
        }
        if column.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(FileError::Header(LineError::VariableName));
        }
        columns.push(column);
    }
    if columns.contains(&None) {
        Ok(Header { delimiter, columns })
    } else {
        Err(FileError::NoToColumn)
    }
}

impl Header {
    /// An empty field is the same as no variable: a greeting without a name is a mistake.
    fn recipient(&self, fields: Vec<String>) -> Result<Recipient, LineError> {
        if fields.len() != self.columns.len() {
            let (expected, found) = (self.columns.len(), fields.len());
            return Err(LineError::Fields { expected, found });
        }
        let mut to = None;
        let mut variables = Variables::new();
        for (column, field) in self.columns.iter().zip(fields) {
            match column {
                None if field.trim().is_empty() => return Err(LineError::NoAddress),
                None => to = Some(address(&field)?),
                Some(_) if field.is_empty() => {}
                Some(name) => {
                    variables.insert(name.clone(), field);
                }
            }
        }
        Ok(Recipient {
            to: to.ok_or(LineError::NoAddress)?,
            variables,
        })
    }
}

fn split(record: &str, delimiter: char) -> Row {
    let mut fields = Vec::new();
    let mut rest = record.chars().peekable();
    loop {
        let mut field = String::new();
        if rest.next_if_eq(&'"').is_some() {
            loop {
                match rest.next() {
                    None => return Row::Open,
                    Some('"') if rest.next_if_eq(&'"').is_some() => field.push('"'),
                    Some('"') => break,
                    Some(c) => field.push(c),
                }
            }
            if rest.peek().is_some_and(|c| *c != delimiter) {
                return Row::Broken;
            }
        } else {
            while let Some(c) = rest.next_if(|c| *c != delimiter) {
                field.push(c);
            }
        }
        fields.push(field);
        if rest.next().is_none() {
            return Row::Fields(fields);
        }
    }
}
