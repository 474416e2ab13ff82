//! The conditions of `split-based-on`. Comparisons ignore case and blanks at both ends.
//!
//! Sources: Twilio docs, "Split Based On... Widget".

use super::{
    liquid::{Clock, Num, Template, civil, number, parse_date},
    pattern::Pattern,
    properties::References,
    report::{Report, child},
    scene::Scene,
    text::{Text, text_of_json},
    turn::FlowError,
};
use serde_json::Value;

/// One condition of a `match` transition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    kind: Kind,
    argument: Option<Text>,
    /// The argument as it was written, to compare with the split's `input`.
    source: String,
    value: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    EqualTo,
    NotEqualTo,
    MatchesAnyOf,
    DoesNotMatchAnyOf,
    Contains,
    DoesNotContain,
    StartsWith,
    DoesNotStartWith,
    IsBlank,
    IsNotBlank,
    Regex,
    LessThan,
    GreaterThan,
    IsBeforeTime,
    IsAfterTime,
    IsBeforeDate,
    IsAfterDate,
}

const KINDS: [(&str, Kind); 17] = [
    ("equal_to", Kind::EqualTo),
    ("not_equal_to", Kind::NotEqualTo),
    ("matches_any_of", Kind::MatchesAnyOf),
    ("does_not_match_any_of", Kind::DoesNotMatchAnyOf),
    ("contains", Kind::Contains),
    ("does_not_contain", Kind::DoesNotContain),
    ("starts_with", Kind::StartsWith),
    ("does_not_start_with", Kind::DoesNotStartWith),
    ("is_blank", Kind::IsBlank),
    ("is_not_blank", Kind::IsNotBlank),
    ("regex", Kind::Regex),
    ("less_than", Kind::LessThan),
    ("greater_than", Kind::GreaterThan),
    ("is_before_time", Kind::IsBeforeTime),
    ("is_after_time", Kind::IsAfterTime),
    ("is_before_date", Kind::IsBeforeDate),
    ("is_after_date", Kind::IsAfterDate),
];

impl Condition {
    /// Reads a condition; `None` (and an error in the report) when it has no known type.
    pub(crate) fn read(
        value: &Value,
        pointer: &str,
        references: &mut References,
        report: &mut Report,
    ) -> Option<Self> {
        let Some(name) = value.get("type").and_then(Value::as_str) else {
            report.error(pointer, "the condition's `type` is missing");
            return None;
        };
        let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == name) else {
            report.error(
                child(pointer, "type"),
                format!("there is no condition `{name}`"),
            );
            return None;
        };
        let arguments = child(pointer, "arguments");
        let source = match value.get("arguments") {
            Some(Value::Array(list)) => {
                if list.len() > 1 {
                    report.warn(arguments.as_str(), "only the first argument is tested");
                }
                list.first().and_then(text_of_json)
            }
            Some(Value::Null) | None => None,
            Some(other) => text_of_json(other),
        };
        let place = match value.get("arguments") {
            Some(Value::Array(_)) => child(&arguments, "0"),
            _ => arguments,
        };
        let argument = source
            .as_ref()
            .map(|source| references.text(source, &place, report));
        let at = child(pointer, "value");
        let text = value.get("value").and_then(text_of_json);
        let blank = matches!(kind, Kind::IsBlank | Kind::IsNotBlank);
        if text.is_none() && !blank {
            report.error(pointer, "the condition's `value` is missing");
        }
        let text = text.unwrap_or_default();
        if *kind == Kind::Regex
            && !text.contains("{{")
            && let Err(error) = Pattern::parse(text.trim())
        {
            report.warn(
                at.as_str(),
                format!("the expression never matches: {error}"),
            );
        }
        Some(Self {
            kind: *kind,
            argument,
            source: source.unwrap_or_default().into_owned(),
            // "Is Blank" is a label, not a value.
            value: if blank {
                Text::default()
            } else {
                references.text(&text, &at, report)
            },
        })
    }

    /// An argument that reads a widget that is not in the flow can never hold anything;
    /// when the split's `input` reads one that is, the input is tested. Flows with
    /// renamed widgets, edited as JSON, have such leftovers.
    pub(crate) fn settle(&mut self, input: &str, is_state: impl Fn(&str) -> bool) {
        let dangles = |source: &str| {
            let paths = Template::parse(source).map(|template| template.survey().paths);
            paths.is_ok_and(|paths| {
                paths.iter().any(|path| match path.as_slice() {
                    [root, name, ..] => root == "widgets" && !is_state(name),
                    _ => false,
                })
            })
        };
        if self.source != input && dangles(&self.source) && !input.is_empty() && !dangles(input) {
            self.argument = None;
        }
    }

    /// True when the split's `input` is tested and not the condition's own argument.
    pub(crate) fn tests_input(&self) -> bool {
        self.argument.is_none()
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn value(&self) -> &Text {
        &self.value
    }

    /// Whether it holds. The first of `arguments` is tested; `input` stands in when
    /// there is none. Which one Studio really uses when they disagree is not documented:
    /// the check warns.
    pub(crate) fn holds(&self, input: &Text, scene: &Scene<'_>) -> Result<bool, FlowError> {
        let tested = scene.render(self.argument.as_ref().unwrap_or(input))?;
        let value = scene.render(&self.value)?;
        Ok(self.kind.compare(&tested, &value, scene.clock()))
    }
}

impl Kind {
    pub(crate) fn compare(self, tested: &str, value: &str, clock: Clock) -> bool {
        let tested = tested.trim().to_lowercase();
        let lower = value.trim().to_lowercase();
        let any_of = || lower.split(',').any(|entry| entry.trim() == tested);
        match self {
            Self::EqualTo => tested == lower,
            Self::NotEqualTo => tested != lower,
            Self::MatchesAnyOf => any_of(),
            Self::DoesNotMatchAnyOf => !any_of(),
            Self::Contains => tested.contains(&lower),
            Self::DoesNotContain => !tested.contains(&lower),
            Self::StartsWith => tested.starts_with(&lower),
            Self::DoesNotStartWith => !tested.starts_with(&lower),
            Self::IsBlank => tested.is_empty(),
            Self::IsNotBlank => !tested.is_empty(),
            // An expression that is broken, or that takes too long, does not match.
            Self::Regex => Pattern::parse(value.trim())
                .is_ok_and(|pattern| pattern.matches_whole(&tested) == Ok(true)),
            Self::LessThan => numbers(&tested, &lower).is_some_and(|(a, b)| a < b),
            Self::GreaterThan => numbers(&tested, &lower).is_some_and(|(a, b)| a > b),
            Self::IsBeforeTime => times(&tested, &lower, clock).is_some_and(|(a, b)| a < b),
            Self::IsAfterTime => times(&tested, &lower, clock).is_some_and(|(a, b)| a > b),
            Self::IsBeforeDate => days(&tested, &lower, clock).is_some_and(|(a, b)| a < b),
            Self::IsAfterDate => days(&tested, &lower, clock).is_some_and(|(a, b)| a > b),
        }
    }
}

fn numbers(tested: &str, value: &str) -> Option<(f64, f64)> {
    let read = |text: &str| number(&Value::from(text)).map(Num::as_f64);
    Some((read(tested)?, read(value)?))
}

/// Seconds of the day. The tested text may be a time or a moment.
fn times(tested: &str, value: &str, clock: Clock) -> Option<(i64, i64)> {
    let read = |text: &str| {
        // A lone time is read on some day.
        let moment =
            parse_date(text, clock).or_else(|| parse_date(&format!("2000-01-01 {text}"), clock))?;
        let at = civil(moment);
        Some(at.hour * 3600 + at.minute * 60 + at.second)
    };
    Some((read(tested)?, read(value)?))
}

/// Days; the time of day does not count.
fn days(tested: &str, value: &str, clock: Clock) -> Option<(i64, i64)> {
    let read = |text: &str| parse_date(text, clock).map(|moment| moment.div_euclid(86_400));
    Some((read(tested)?, read(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(name: &str, tested: &str, value: &str) -> bool {
        let clock = Clock {
            now_ms: 0,
            utc_offset_minutes: 0,
        };
        let (_, kind) = KINDS.iter().find(|(known, _)| *known == name).unwrap();
        kind.compare(tested, value, clock)
    }

    #[test]
    fn every_condition_holds_and_fails_as_its_name_says() {
        let cases = [
            ("equal_to", " YES ", "yes", true),
            ("equal_to", "1.0", "1", false),
            ("not_equal_to", "no", "yes", true),
            ("matches_any_of", "b", "a, B ,c", true),
            ("matches_any_of", "a b", "a,b", false),
            ("does_not_match_any_of", "d", "a,b", true),
            ("contains", "Yes please", "YES", true),
            ("contains", "", "x", false),
            ("does_not_contain", "abc", "d", true),
            ("starts_with", "+44123", "+44", true),
            ("does_not_start_with", "+1", "+44", true),
            ("is_blank", "  ", "Is Blank", true),
            ("is_blank", "x", "", false),
            ("is_not_blank", "x", "Is Not Blank", true),
            ("regex", "12345", "\\d{5}", true),
            ("regex", "12345x", "\\d{5}", false),
            ("regex", "YES", "y(es)?", true),
            ("less_than", "9", "10", true),
            ("less_than", "abc", "10", false),
            ("greater_than", "10.5", "10", true),
            ("is_before_time", "08:59", "09:00", true),
            ("is_before_time", "09:00", "09:00", false),
            ("is_after_time", "17:30", "5:00 PM", true),
            ("is_after_time", "2024-05-01T17:30:00", "17:00", true),
            ("is_before_date", "2024-02-29", "2024-03-01", true),
            ("is_after_date", "2024-03-02T00:00:00Z", "2024-03-01", true),
            ("is_after_date", "soon", "2024-03-01", false),
        ];
        for (name, tested, value, wanted) in cases {
            assert_eq!(
                holds(name, tested, value),
                wanted,
                "{tested:?} {name} {value:?}"
            );
        }
    }
}
