//! Liquid's numbers: whole ones stay whole, texts that look like numbers count as such.

use serde_json::{Number, Value};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Num {
    Int(i64),
    Float(f64),
}

/// The number that a value is, or that its text spells; `None` for anything else.
pub(crate) fn number(value: &Value) -> Option<Num> {
    match value {
        Value::Number(n) => n
            .as_i64()
            .map(Num::Int)
            .or_else(|| n.as_f64().map(Num::Float)),
        Value::String(text) => spelled(text.trim()),
        _ => None,
    }
}

fn spelled(text: &str) -> Option<Num> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // `f64` would also read "inf", "nan" and "1e9", which nobody keys in.
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !digits.chars().all(|c| c.is_ascii_digit() || c == '.')
    {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Num::Int(whole));
    }
    text.parse::<f64>().ok().map(Num::Float)
}

impl Num {
    /// The value, or zero when it is no number, as Liquid's arithmetic has it.
    pub(super) fn or_zero(value: &Value) -> Self {
        number(value).unwrap_or(Self::Int(0))
    }

    pub(crate) fn as_f64(self) -> f64 {
        match self {
            // Exact up to 2^53; beyond that a comparison of phone menus does not reach.
            #[allow(clippy::cast_precision_loss, reason = "see the line above")]
            Self::Int(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }

    pub(super) fn value(self) -> Value {
        match self {
            Self::Int(whole) => Value::from(whole),
            Self::Float(float) => Number::from_f64(float).map_or(Value::Null, Value::Number),
        }
    }

    /// Applies `whole` when both are whole and it does not overflow, `float` otherwise.
    pub(super) fn combine(
        self,
        other: Self,
        whole: impl Fn(i64, i64) -> Option<i64>,
        float: impl Fn(f64, f64) -> f64,
    ) -> Value {
        if let (Self::Int(a), Self::Int(b)) = (self, other)
            && let Some(result) = whole(a, b)
        {
            return Value::from(result);
        }
        Self::Float(float(self.as_f64(), other.as_f64())).value()
    }
}

/// `value` cut to a whole number, saturating.
pub(super) fn whole(value: &Value) -> i64 {
    match Num::or_zero(value) {
        Num::Int(whole) => whole,
        // `as` saturates, and NaN becomes 0.
        #[allow(clippy::cast_possible_truncation, reason = "cutting is meant")]
        Num::Float(float) => float as i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_digits_are_numbers_and_others_are_not() {
        assert_eq!(number(&Value::from(" 12 ")), Some(Num::Int(12)));
        assert_eq!(number(&Value::from("-1.5")), Some(Num::Float(-1.5)));
        for text in ["", "abc", "1e9", "inf", "NaN", "12abc", "1.2.3", "."] {
            assert_eq!(number(&Value::from(text)), None, "{text}");
        }
    }
}
