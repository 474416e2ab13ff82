//! Liquid's filters. None fails: a filter that makes no sense of its input gives the
//! input back or nothing, as Liquid does. Only the length limit can stop one.

use super::{
    Clock, LiquidError, MAX_OUTPUT, date,
    eval::{equal, is_empty, size, text_of, total_order, truthy},
    number::{Num, whole},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// Every filter there is. An unknown one passes its input through.
pub(super) const NAMES: [&str; 54] = [
    "abs",
    "append",
    "at_least",
    "at_most",
    "base64_decode",
    "base64_encode",
    "capitalize",
    "ceil",
    "compact",
    "concat",
    "date",
    "default",
    "divided_by",
    "downcase",
    "escape",
    "escape_once",
    "first",
    "floor",
    "join",
    "json",
    "last",
    "lstrip",
    "map",
    "minus",
    "modulo",
    "newline_to_br",
    "plus",
    "prepend",
    "remove",
    "remove_first",
    "remove_last",
    "replace",
    "replace_first",
    "replace_last",
    "reverse",
    "round",
    "rstrip",
    "size",
    "slice",
    "sort",
    "sort_natural",
    "split",
    "strip",
    "strip_html",
    "strip_newlines",
    "sum",
    "times",
    "to_json",
    "truncate",
    "truncatewords",
    "uniq",
    "upcase",
    "url_decode",
    "url_encode",
];

pub(super) fn apply(
    name: &str,
    input: &Value,
    arguments: &[Value],
    clock: Clock,
) -> Result<Value, LiquidError> {
    if let Some(result) = on_numbers(name, input, arguments) {
        return Ok(result);
    }
    if let Some(result) = on_lists(name, input, arguments) {
        return bounded(result);
    }
    let argument = |index: usize| arguments.get(index).unwrap_or(&Value::Null);
    let result = match name {
        "default" if !truthy(input) || is_empty(input) => argument(0).clone(),
        "default" => input.clone(),
        "date" => date::format(input, &text_of(argument(0)), clock),
        "to_json" | "json" => Value::from(serde_json::to_string(input).unwrap_or_default()),
        "split" => split(&text_of(input), &text_of(argument(0))),
        "replace" => replace(&text_of(input), argument(0), &text_of(argument(1)))?,
        "remove" => replace(&text_of(input), argument(0), "")?,
        _ => match on_text(name, &text_of(input), arguments) {
            Some(text) => Value::from(text),
            None => input.clone(),
        },
    };
    bounded(result)
}

fn bounded(value: Value) -> Result<Value, LiquidError> {
    match &value {
        Value::String(text) if text.len() > MAX_OUTPUT => Err(LiquidError::TooMuchOutput),
        _ => Ok(value),
    }
}

fn on_numbers(name: &str, input: &Value, arguments: &[Value]) -> Option<Value> {
    let left = || Num::or_zero(input);
    let right = || Num::or_zero(arguments.first().unwrap_or(&Value::Null));
    let rounded = |round: fn(f64) -> f64| match left() {
        Num::Int(whole) => Value::from(whole),
        Num::Float(float) => Value::from(whole(&Num::Float(round(float)).value())),
    };
    Some(match name {
        "plus" => left().combine(right(), i64::checked_add, |a, b| a + b),
        "minus" => left().combine(right(), i64::checked_sub, |a, b| a - b),
        "times" => left().combine(right(), i64::checked_mul, |a, b| a * b),
        "divided_by" => left().combine(right(), floor_division, |a, b| a / b),
        "modulo" => left().combine(right(), floor_modulo, |a, b| a - b * (a / b).floor()),
        "abs" => match left() {
            Num::Int(whole) => Value::from(whole.saturating_abs()),
            Num::Float(float) => Num::Float(float.abs()).value(),
        },
        "at_least" if left().as_f64() < right().as_f64() => right().value(),
        "at_most" if left().as_f64() > right().as_f64() => right().value(),
        "at_least" | "at_most" => left().value(),
        "ceil" => rounded(f64::ceil),
        "floor" => rounded(f64::floor),
        "round" => match usize::try_from(whole(arguments.first().unwrap_or(&Value::Null))) {
            Ok(digits @ 1..=12) => {
                let factor = (0..digits).fold(1.0, |factor, _| factor * 10.0);
                match left() {
                    Num::Int(whole) => Value::from(whole),
                    Num::Float(float) => Num::Float((float * factor).round() / factor).value(),
                }
            }
            _ => rounded(f64::round),
        },
        _ => return None,
    })
}

fn floor_division(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let exact = a % b == 0 || (a < 0) == (b < 0);
    Some(if exact { quotient } else { quotient - 1 })
}

fn floor_modulo(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) {
        rest + b
    } else {
        rest
    })
}

fn on_lists(name: &str, input: &Value, arguments: &[Value]) -> Option<Value> {
    let argument = arguments.first().unwrap_or(&Value::Null);
    if name == "size" {
        return Some(match size(input) {
            Value::Null => Value::from(0),
            size => size,
        });
    }
    let Value::Array(items) = input else {
        return match (name, input) {
            ("first" | "last", _) => Some(Value::Null),
            ("map", Value::Object(map)) => {
                Some(map.get(&*text_of(argument)).cloned().unwrap_or(Value::Null))
            }
            _ => None,
        };
    };
    let by_key = |item: &Value| {
        item.get(&*text_of(argument))
            .cloned()
            .unwrap_or(Value::Null)
    };
    Some(match name {
        "first" => items.first().cloned().unwrap_or(Value::Null),
        "last" => items.last().cloned().unwrap_or(Value::Null),
        "join" => {
            let glue = if arguments.is_empty() {
                " ".into()
            } else {
                text_of(argument)
            };
            let mut text = String::new();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(&glue);
                }
                text.push_str(&text_of(item));
                if text.len() > MAX_OUTPUT {
                    break;
                }
            }
            Value::from(text)
        }
        "reverse" => items.iter().rev().cloned().collect(),
        "compact" => items
            .iter()
            .filter(|item| !item.is_null())
            .cloned()
            .collect(),
        "concat" => match argument {
            Value::Array(more) => items.iter().chain(more).cloned().collect(),
            _ => input.clone(),
        },
        "map" => items.iter().map(by_key).collect(),
        "sort" | "sort_natural" => {
            let key = |item: &Value| match (argument, name) {
                (Value::Null, "sort") => item.clone(),
                (Value::Null, _) => Value::from(text_of(item).to_lowercase()),
                _ => by_key(item),
            };
            let mut keyed: Vec<(Value, &Value)> =
                items.iter().map(|item| (key(item), item)).collect();
            // A comparison that is no total order makes the library's sort panic.
            keyed.sort_by(|a, b| total_order(&a.0, &b.0));
            keyed.into_iter().map(|(_, item)| item.clone()).collect()
        }
        "sum" => items.iter().fold(Value::from(0), |sum, item| {
            let item = if argument.is_null() {
                item.clone()
            } else {
                by_key(item)
            };
            Num::or_zero(&sum).combine(Num::or_zero(&item), i64::checked_add, |a, b| a + b)
        }),
        "uniq" => {
            let mut seen: Vec<Value> = Vec::new();
            // Quadratic: more items than this are left as they are.
            if items.len() > 500 {
                return Some(input.clone());
            }
            for item in items {
                if !seen.iter().any(|known| equal(known, item)) {
                    seen.push(item.clone());
                }
            }
            Value::Array(seen)
        }
        _ => return None,
    })
}

fn split(text: &str, separator: &str) -> Value {
    let parts: Vec<&str> = match separator {
        "" => return text.chars().map(|c| Value::from(c.to_string())).collect(),
        " " => text.split_whitespace().collect(),
        _ => text.split(separator).collect(),
    };
    let kept = parts
        .iter()
        .rposition(|part| !part.is_empty())
        .map_or(0, |last| last + 1);
    parts.into_iter().take(kept).map(Value::from).collect()
}

fn replace(text: &str, what: &Value, with: &str) -> Result<Value, LiquidError> {
    let what = text_of(what);
    if what.is_empty() {
        return Ok(Value::from(text));
    }
    let mut out = String::new();
    let mut parts = text.split(&*what);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        if out.len() + with.len() + part.len() > MAX_OUTPUT {
            return Err(LiquidError::TooMuchOutput);
        }
        out.push_str(with);
        out.push_str(part);
    }
    Ok(Value::from(out))
}

fn on_text(name: &str, input: &str, arguments: &[Value]) -> Option<String> {
    let first = text_of(arguments.first().unwrap_or(&Value::Null));
    let second = text_of(arguments.get(1).unwrap_or(&Value::Null));
    Some(match name {
        "append" => format!("{input}{first}"),
        "prepend" => format!("{first}{input}"),
        "capitalize" => {
            let mut letters = input.chars();
            letters.next().map_or_else(String::new, |initial| {
                initial
                    .to_uppercase()
                    .chain(letters.flat_map(char::to_lowercase))
                    .collect()
            })
        }
        "downcase" => input.to_lowercase(),
        "upcase" => input.to_uppercase(),
        "strip" => input.trim().to_owned(),
        "lstrip" => input.trim_start().to_owned(),
        "rstrip" => input.trim_end().to_owned(),
        "strip_newlines" => input.replace(['\r', '\n'], ""),
        "newline_to_br" => input.replace('\n', "<br />\n"),
        "strip_html" => strip_html(input),
        "escape" => escape(input, false),
        "escape_once" => escape(input, true),
        "remove_first" => input.replacen(&*first, "", 1),
        "replace_first" => input.replacen(&*first, &second, 1),
        "remove_last" => replace_last(input, &first, ""),
        "replace_last" => replace_last(input, &first, &second),
        "slice" => slice(input, arguments),
        "truncate" => truncate(input, arguments),
        "truncatewords" => truncate_words(input, arguments),
        "url_encode" => url_encode(input),
        "url_decode" => url_decode(input),
        "base64_encode" => STANDARD.encode(input),
        "base64_decode" => String::from_utf8(STANDARD.decode(input).ok()?).unwrap_or_default(),
        // A lone value is a list of one.
        "join" => input.to_owned(),
        _ => return None,
    })
}

fn replace_last(input: &str, what: &str, with: &str) -> String {
    match input.rsplit_once(what) {
        Some((before, after)) if !what.is_empty() => format!("{before}{with}{after}"),
        _ => input.to_owned(),
    }
}

fn strip_html(input: &str) -> String {
    let mut out = String::with_capacity(input.len());
    let mut rest = input;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match after.split_once('>') {
            Some((_, tail)) => rest = tail,
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

fn escape(input: &str, once: bool) -> String {
    let mut out = String::with_capacity(input.len());
    for (at, letter) in input.char_indices() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '&' => {
                let rest = input.get(at + 1..).unwrap_or_default();
                let entity = rest.split_once(';').is_some_and(|(name, _)| {
                    name.len() < 8 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
                });
                out.push_str(if once && entity { "&" } else { "&amp;" });
            }
            other => out.push(other),
        }
    }
    out
}

fn slice(input: &str, arguments: &[Value]) -> String {
    let length = i64::try_from(input.chars().count()).unwrap_or(i64::MAX);
    let from = whole(arguments.first().unwrap_or(&Value::Null));
    let from = if from < 0 {
        length.saturating_add(from)
    } else {
        from
    };
    let many = arguments.get(1).map_or(1, whole);
    match (usize::try_from(from), usize::try_from(many)) {
        (Ok(from), Ok(many)) => input.chars().skip(from).take(many).collect(),
        _ => String::new(),
    }
}

fn truncate(input: &str, arguments: &[Value]) -> String {
    let length = arguments.first().map_or(50, whole);
    let length = usize::try_from(length).unwrap_or(0);
    let end = arguments.get(1).map_or("...".into(), text_of);
    if input.chars().count() <= length {
        return input.to_owned();
    }
    let kept = length.saturating_sub(end.chars().count());
    let mut out: String = input.chars().take(kept).collect();
    out.push_str(&end);
    out
}

fn truncate_words(input: &str, arguments: &[Value]) -> String {
    let count = usize::try_from(arguments.first().map_or(15, whole))
        .unwrap_or(0)
        .max(1);
    let end = arguments.get(1).map_or("...".into(), text_of);
    let words: Vec<&str> = input.split_whitespace().collect();
    if words.len() <= count {
        return input.to_owned();
    }
    let mut out = words.into_iter().take(count).collect::<Vec<_>>().join(" ");
    out.push_str(&end);
    out
}

fn url_encode(input: &str) -> String {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let mut out = String::with_capacity(input.len());
    for byte in input.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                out.extend(HEX.get(usize::from(byte >> 4)));
                out.extend(HEX.get(usize::from(byte & 15)));
            }
        }
    }
    out
}

fn url_decode(input: &str) -> String {
    let mut out = Vec::with_capacity(input.len());
    let mut bytes = input.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut ahead = bytes.clone();
                let mut nibble = || ahead.next().and_then(|b| char::from(b).to_digit(16));
                match (nibble(), nibble()) {
                    (Some(high), Some(low)) => {
                        out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        bytes = ahead;
                    }
                    _ => out.push(byte),
                }
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
