//! A list of consents, read line by line: a bad line is reported by its number and costs no
//! other line.
//!
//! CSV has a header with at least `address`; NDJSON has one object a line. Both know
//! `address`, `status` (`out`, the default, or `in`), `scope` (default `all`), `at` (RFC 3339),
//! `reason`, and pass over `source`, so that an export can be imported.

use serde_json::Value;

use super::consent::Scope;
use crate::json;
use crate::time::parse_rfc3339;
use crate::twilio::address::Address;

/// Lines of one list at most.
pub const MOST_LINES: usize = 50_000;

/// How the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, comma, with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// A line that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whose consent.
    pub address: Address,
    /// Whether the person opts out.
    pub opted_out: bool,
    /// What it covers.
    pub scope: Scope,
    /// When the person decided, milliseconds since the epoch.
    pub at: Option<i64>,
    /// Why.
    pub reason: String,
}

/// A line that cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its number in the file, from 1, the header counted.
    pub line: usize,
    /// Which field; empty for the line as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// Why a list cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadList {
    /// CSV without a header that names the addresses.
    #[error("the first line must be a header that holds `address`")]
    NoHeader,
    /// A header names a column that is not known.
    #[error("the header holds the unknown column `{0}`")]
    UnknownColumn(String),
    /// Too long.
    #[error("a list has at most {MOST_LINES} lines")]
    TooLong,
}

const FIELDS: [&str; 6] = ["address", "status", "scope", "at", "reason", "source"];

/// The values of one line, by [`FIELDS`].
type Values = [String; 6];

/// Reads a list.
///
/// # Errors
/// [`BadList`] when there is nothing to read lines by.
pub fn parse(text: &str, format: Format) -> Result<(Vec<Line>, Vec<BadLine>), BadList> {
    let mut good = Vec::new();
    let mut bad = Vec::new();
    let mut take = |number: usize, values: Result<Values, BadLine>| {
        match values.and_then(|values| line(number, &values)) {
            Ok(line) => good.push(line),
            Err(fault) => bad.push(fault),
        }
        if number > MOST_LINES + 1 {
            Err(BadList::TooLong)
        } else {
            Ok(())
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Ndjson => {
            for (at, text) in text.lines().enumerate() {
                if !text.trim().is_empty() {
                    take(at + 1, object(at + 1, text))?;
                }
            }
        }
        Format::Csv => {
            let mut records = Records {
                rest: text,
                line: 0,
            };
            let columns = header(records.next().map(|(_, fields)| fields))?;
            for (number, fields) in records {
                if fields.len() == 1 && fields.iter().all(|field| field.trim().is_empty()) {
                    continue;
                }
                take(number, record(number, &columns, fields))?;
            }
        }
    }
    Ok((good, bad))
}

fn header(fields: Option<Vec<String>>) -> Result<Vec<usize>, BadList> {
    let mut columns = Vec::new();
    for field in fields.unwrap_or_default() {
        let name = field.trim().to_ascii_lowercase();
        match FIELDS.iter().position(|known| *known == name) {
            Some(at) => columns.push(at),
            None if columns.is_empty() => return Err(BadList::NoHeader),
            None => return Err(BadList::UnknownColumn(name)),
        }
    }
    if columns.contains(&0) {
        Ok(columns)
    } else {
        Err(BadList::NoHeader)
    }
}

fn record(number: usize, columns: &[usize], fields: Vec<String>) -> Result<Values, BadLine> {
    if fields.len() != columns.len() {
        let detail = format!("has {} fields, the header {}", fields.len(), columns.len());
        return Err(fault(number, "", detail));
    }
    let mut values = Values::default();
    for (column, field) in columns.iter().zip(fields) {
        if let Some(value) = values.get_mut(*column) {
            *value = field.trim().to_owned();
        }
    }
    Ok(values)
}

fn object(number: usize, text: &str) -> Result<Values, BadLine> {
    let Ok(Value::Object(object)) = json::value(text) else {
        return Err(fault(number, "", "is not a JSON object"));
    };
    let mut values = Values::default();
    for (name, value) in object {
        let Some(at) = FIELDS.iter().position(|known| *known == name) else {
            return Err(fault(
                number,
                "",
                format!("holds the unknown field `{name}`"),
            ));
        };
        match (value, values.get_mut(at)) {
            (Value::String(text), Some(value)) => *value = text,
            (Value::Null, _) | (_, None) => {}
            (_, Some(_)) => return Err(fault(number, "", format!("`{name}` must be a string"))),
        }
    }
    Ok(values)
}

fn line(number: usize, values: &Values) -> Result<Line, BadLine> {
    let [address, status, scope, at, reason, _] = values;
    Ok(Line {
        address: Address::parse(address)
            .map_err(|error| fault(number, "address", error.to_string()))?,
        opted_out: match status.as_str() {
            "" | "out" | "opted_out" => true,
            "in" | "opted_in" => false,
            _ => return Err(fault(number, "status", "must be out or in")),
        },
        scope: match scope.as_str() {
            "" => Scope::All,
            text => {
                Scope::parse(text).map_err(|error| fault(number, "scope", error.to_string()))?
            }
        },
        at: match at.as_str() {
            "" => None,
            text => {
                Some(parse_rfc3339(text).ok_or_else(|| {
                    fault(number, "at", "must be a time as in 2026-11-24T09:30:00Z")
                })?)
            }
        },
        reason: reason.clone(),
    })
}

fn fault(line: usize, field: &'static str, detail: impl Into<String>) -> BadLine {
    BadLine {
        line,
        field,
        detail: detail.into(),
    }
}

/// Records of a CSV text, each with the number of the line it begins on.
struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = (usize, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let number = self.line + 1;
        let mut fields = Vec::new();
        let mut field = String::new();
        let mut quoted = false;
        let mut chars = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    field.push('"');
                    chars.next();
                }
                '"' if quoted => quoted = false,
                '"' if field.is_empty() => quoted = true,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                '\n' if !quoted => {
                    end = at + 1;
                    break;
                }
                '\n' => {
                    self.line += 1;
                    field.push(c);
                }
                '\r' if !quoted => {}
                _ => field.push(c),
            }
        }
        self.line += 1;
        self.rest = self.rest.get(end..).unwrap_or_default();
        fields.push(field);
        Some((number, fields))
    }
}

/// One line of CSV, quoted where it must be.
pub fn csv_line(fields: &[&str]) -> String {
    let mut line = String::new();
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn ten_thousand_lines_with_three_bad_ones_give_9997_and_name_the_three() {
        let mut text = String::from("address,status,scope,at,reason\r\n");
        for n in 0..10_000 {
            match n {
                17 => text.push_str("415 555 0100,out,all,,bad\n"),
                4_200 => text.push_str("+14155550100,perhaps,all,,bad\n"),
                9_999 => text.push_str("+14155550100,out\n"),
                _ => writeln!(
                    text,
                    "+1415{n:07},out,all,2026-01-02T03:04:05Z,\"a, \"\"b\"\"\""
                )
                .unwrap(),
            }
        }
        let (good, bad) = parse(&text, Format::Csv).unwrap();
        assert_eq!(good.len(), 9_997);
        let reported: Vec<_> = bad.iter().map(|bad| (bad.line, bad.field)).collect();
        assert_eq!(reported, [(19, "address"), (4_202, "status"), (10_001, "")]);
        assert_eq!(good[0].reason, "a, \"b\"");
    }

    #[test]
    fn the_same_list_is_read_from_both_forms() {
        let csv = "address,status,scope,at\n+14155550100,in,channel:sms,2026-01-02T03:04:05Z\n\n";
        let json = r#"{"address":"+14155550100","status":"in","scope":"channel:sms","at":"2026-01-02T03:04:05Z","source":"import"}"#;
        let from_csv = parse(csv, Format::Csv).unwrap();
        assert_eq!(from_csv, parse(json, Format::Ndjson).unwrap());
        assert_eq!((from_csv.0.len(), from_csv.1.len()), (1, 0));
    }

    #[test]
    fn a_list_without_a_header_and_objects_with_unknown_fields_are_refused() {
        assert_eq!(
            parse("+14155550100,out\n", Format::Csv),
            Err(BadList::NoHeader)
        );
        assert_eq!(parse("", Format::Csv), Err(BadList::NoHeader));
        assert_eq!(
            parse("address,colour\n", Format::Csv),
            Err(BadList::UnknownColumn("colour".to_owned()))
        );
        let (good, bad) = parse("{\"adress\":\"+1\"}\n[]\n{", Format::Ndjson).unwrap();
        assert_eq!((good.len(), bad.len()), (0, 3));
    }

    #[test]
    fn a_quoted_field_may_hold_a_line_break_and_the_numbers_stay_those_of_the_file() {
        let text = "address,reason\n+14155550100,\"two\nlines\"\nnobody at all!,x\n";
        let (good, bad) = parse(text, Format::Csv).unwrap();
        assert_eq!(good[0].reason, "two\nlines");
        assert_eq!(bad[0].line, 4);
        let written = csv_line(&["+14155550100", "two\nlines"]);
        assert_eq!(written, "+14155550100,\"two\nlines\"\n");
    }
}
