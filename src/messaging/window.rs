//! WhatsApp's customer-service window, and what may be sent inside and outside of it.
//!
//! A person who writes opens the window for 24 hours; only then is free text delivered.
//! Outside of it an approved template is the only way. What cannot arrive is refused here,
//! before Twilio takes it, bills nothing and reports a failure minutes later.
//!
//! Source: Twilio docs, "Key concepts of WhatsApp", "ContentVariables", errors 63016, 63021,
//! 63028 and 63049.

use serde::{Deserialize, Serialize};

use super::zones;
use crate::sorted::SortedMap;

/// How long a window stays open after the last inbound message, milliseconds.
pub const WINDOW: i64 = 24 * 3_600_000;
/// How long before its end a window is no longer relied on: the message has to get there.
pub const MARGIN: i64 = 2 * 60_000;
/// Longest text of a template with its variables put in, in characters.
pub const LONGEST_TEMPLATE: usize = 1_024;
/// Most variables of a template.
pub const MOST_VARIABLES: usize = 100;

/// How a message to a WhatsApp identity is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "route")]
pub enum Route {
    /// As free text or media.
    FreeForm {
        /// When the window closes for us, margin deducted; milliseconds since the epoch.
        closes_at: i64,
    },
    /// As the approved template that is mapped to the message.
    Template,
    /// Not at all: the window is closed and there is no template.
    Closed {
        /// When it closed; `None` when the person has never written.
        closed_at: Option<i64>,
    },
}

/// When the window of an identity closes for us, margin deducted.
pub const fn closes_at(last_inbound: i64) -> i64 {
    last_inbound + WINDOW - MARGIN
}

/// Chooses the route, from when the person last wrote on this identity.
pub fn route(last_inbound: Option<i64>, now: i64, has_template: bool) -> Route {
    let closes = last_inbound.map(closes_at);
    match closes {
        Some(closes_at) if now < closes_at => Route::FreeForm { closes_at },
        _ if has_template => Route::Template,
        closed_at => Route::Closed { closed_at },
    }
}

/// The category a template was approved in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// About something the person did or asked for.
    Utility,
    /// Anything that sells.
    Marketing,
    /// One-time codes.
    Authentication,
}

/// Why a template would not reach a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Meta delivers no marketing templates to people in the United States.
    #[error("WhatsApp delivers no marketing templates to numbers of the United States")]
    MarketingToUnitedStates,
    /// Authentication templates need a phone number.
    #[error("WhatsApp delivers one-time codes to phone numbers only, not to a user id")]
    CodeToUserId,
}

/// Whether a template of a category can reach an address at all.
///
/// # Errors
/// [`Refusal`] says why it cannot.
pub fn can_reach(address: &str, category: Category) -> Result<(), Refusal> {
    match category {
        Category::Marketing if is_american(address) => Err(Refusal::MarketingToUnitedStates),
        Category::Authentication if is_user_id(address) => Err(Refusal::CodeToUserId),
        Category::Marketing | Category::Authentication | Category::Utility => Ok(()),
    }
}

/// Whether an address is a WhatsApp user id (`whatsapp:CC.…`) instead of a number.
pub fn is_user_id(address: &str) -> bool {
    let bare = address.strip_prefix("whatsapp:").unwrap_or(address);
    let mut parts = bare.splitn(2, '.');
    let country = parts.next().unwrap_or("");
    let id = parts.next().unwrap_or("");
    country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) && !id.is_empty()
}

/// A number of the United States or its territories; a +1 number whose area code is not
/// known counts as one.
fn is_american(address: &str) -> bool {
    let place = zones::place_of(address);
    place.is_some_and(|p| matches!(p.country, "US" | "PR" | "VI" | "GU" | "MP" | "AS"))
}

/// What is wrong with a template's variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadVariables {
    /// Not a JSON object with text values.
    #[error("the variables must be a JSON object whose values are texts")]
    NotAnObject,
    /// More than [`MOST_VARIABLES`].
    #[error("a template has at most 100 variables")]
    TooMany,
    /// A value is empty.
    #[error("variable {0} is empty")]
    Empty(String),
    /// A value has a blank line.
    #[error("variable {0} has a blank line")]
    BlankLine(String),
    /// A value has more than four spaces in a row.
    #[error("variable {0} has more than four spaces in a row")]
    Spaces(String),
    /// The template uses a variable that is not given.
    #[error("the template uses variable {0}, which is not given")]
    Missing(String),
    /// The text is longer than [`LONGEST_TEMPLATE`].
    #[error("the text has {0} characters with its variables; 1024 are the limit")]
    TooLong(usize),
}

/// A template's variables, checked, by name ("1", "2", …).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(SortedMap<String, String>);

impl Variables {
    /// Reads and checks the JSON text of `ContentVariables`.
    ///
    /// # Errors
    /// [`BadVariables`] names the variable and the rule.
    pub fn parse(json: &str) -> Result<Self, BadVariables> {
        let values: SortedMap<String, String> =
            serde_json::from_str(json).map_err(|_| BadVariables::NotAnObject)?;
        Self::check(values)
    }

    /// Checks variables that are already apart.
    ///
    /// # Errors
    /// [`BadVariables`] names the variable and the rule.
    pub fn check(values: SortedMap<String, String>) -> Result<Self, BadVariables> {
        if values.len() > MOST_VARIABLES {
            return Err(BadVariables::TooMany);
        }
        let mut characters = 0;
        for (name, value) in &values {
            if value.trim().is_empty() {
                return Err(BadVariables::Empty(name.clone()));
            }
            let breaks = value.replace("\r\n", "\n").replace('\r', "\n");
            let mut lines = breaks.split('\n');
            if breaks.contains('\n') && lines.any(|line| line.trim().is_empty()) {
                return Err(BadVariables::BlankLine(name.clone()));
            }
            if value.contains("     ") {
                return Err(BadVariables::Spaces(name.clone()));
            }
            characters += value.chars().count();
        }
        if characters > LONGEST_TEMPLATE {
            return Err(BadVariables::TooLong(characters));
        }
        Ok(Self(values))
    }

    /// The text of `ContentVariables` as Twilio takes it: a JSON object in a string.
    pub fn to_json(&self) -> String {
        // A map of texts always has a JSON form.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// The template's text with the variables in the place of `{{1}}`, `{{2}}`, …
    ///
    /// # Errors
    /// [`BadVariables::Missing`] for a variable that is not given, [`BadVariables::TooLong`]
    /// for a text over [`LONGEST_TEMPLATE`].
    pub fn fill(&self, template: &str) -> Result<String, BadVariables> {
        let mut text = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, behind)) = after.split_once("}}") else {
                break;
            };
            let name = name.trim();
            let value = self
                .0
                .get(name)
                .ok_or_else(|| BadVariables::Missing(name.to_owned()))?;
            text.push_str(before);
            text.push_str(value);
            rest = behind;
        }
        text.push_str(rest);
        match text.chars().count() {
            0..=LONGEST_TEMPLATE => Ok(text),
            long => Err(BadVariables::TooLong(long)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn free_text_goes_out_for_a_day_less_the_margin() {
        let last = 1_000;
        let closes_at = last + 24 * HOUR - MARGIN;
        let free = Route::FreeForm { closes_at };
        assert_eq!(route(Some(last), last, false), free);
        assert_eq!(route(Some(last), closes_at - 1, true), free);
        assert_eq!(route(Some(last), closes_at, true), Route::Template);
        assert_eq!(
            route(Some(last), closes_at, false),
            Route::Closed {
                closed_at: Some(closes_at)
            }
        );
        assert_eq!(route(None, 0, false), Route::Closed { closed_at: None });
        assert_eq!(route(None, 0, true), Route::Template);
    }

    #[test]
    fn marketing_does_not_reach_the_united_states() {
        use Category::{Authentication, Marketing, Utility};
        for address in [
            "whatsapp:+12125550100",
            "+15005550006",
            "whatsapp:US.abc1",
            "whatsapp:+17875550100",
        ] {
            assert_eq!(
                can_reach(address, Marketing),
                Err(Refusal::MarketingToUnitedStates),
                "{address}"
            );
            assert_eq!(can_reach(address, Utility), Ok(()));
        }
        for address in [
            "whatsapp:+447700900000",
            "whatsapp:+14165550100",
            "whatsapp:BR.abc1",
        ] {
            assert_eq!(can_reach(address, Marketing), Ok(()), "{address}");
        }
        assert_eq!(can_reach("whatsapp:+12125550100", Authentication), Ok(()));
    }

    #[test]
    fn one_time_codes_need_a_phone_number() {
        for address in [
            "whatsapp:US.13491208655302741918",
            "DE.ENT.11815799212886844830",
        ] {
            assert!(is_user_id(address));
            assert_eq!(
                can_reach(address, Category::Authentication),
                Err(Refusal::CodeToUserId)
            );
            assert_eq!(can_reach(address, Category::Utility), Ok(()));
        }
        for address in [
            "whatsapp:+491510000000",
            "+491510000000",
            "whatsapp:us.1",
            "US.",
            "ACME.shop",
        ] {
            assert!(!is_user_id(address), "{address}");
        }
    }

    #[test]
    fn variables_are_a_json_object_of_texts() {
        let good = Variables::parse(r#"{"1":"Ann","2":"3 pm"}"#).unwrap();
        assert_eq!(good.to_json(), r#"{"1":"Ann","2":"3 pm"}"#);
        for bad in [
            "",
            "[]",
            "{\"1\":2}",
            "{\"1\":null}",
            "\"x\"",
            "{1:\"x\"}",
            "{'1':'x'}",
        ] {
            assert_eq!(
                Variables::parse(bad),
                Err(BadVariables::NotAnObject),
                "{bad}"
            );
        }
        assert_eq!(Variables::parse("{}").unwrap(), Variables::default());
    }

    #[test]
    fn a_value_that_whatsapp_refuses_is_refused_with_its_name() {
        let check = |value: &str| {
            let values = SortedMap::from([("2".to_owned(), value.to_owned())]);
            Variables::check(values).map(|_| ())
        };
        assert_eq!(check("a\nb"), Ok(()));
        assert_eq!(check("a    b"), Ok(()));
        assert_eq!(check("a     b"), Err(BadVariables::Spaces("2".into())));
        assert_eq!(check("a\n\nb"), Err(BadVariables::BlankLine("2".into())));
        assert_eq!(
            check("a\r\n \r\nb"),
            Err(BadVariables::BlankLine("2".into()))
        );
        assert_eq!(check("a\n"), Err(BadVariables::BlankLine("2".into())));
        assert_eq!(check(" "), Err(BadVariables::Empty("2".into())));
        assert_eq!(check(&"é".repeat(1_024)), Ok(()));
        assert_eq!(check(&"é".repeat(1_025)), Err(BadVariables::TooLong(1_025)));
    }

    #[test]
    fn there_are_a_hundred_variables_at_most() {
        let many = |n: usize| (1..=n).map(|i| (i.to_string(), "x".to_owned())).collect();
        assert!(Variables::check(many(100)).is_ok());
        assert_eq!(Variables::check(many(101)), Err(BadVariables::TooMany));
    }

    #[test]
    fn the_filled_text_is_measured_and_lacks_nothing() {
        let variables = Variables::parse(r#"{"1":"Ann","name":"x"}"#).unwrap();
        assert_eq!(
            variables.fill("Hi {{1}}, {{ name }}!").unwrap(),
            "Hi Ann, x!"
        );
        assert_eq!(variables.fill("{{1").unwrap(), "{{1");
        assert_eq!(
            variables.fill("{{1}} {{2}}"),
            Err(BadVariables::Missing("2".into()))
        );
        let long = "y".repeat(1_022);
        assert_eq!(
            variables.fill(&format!("{{{{1}}}}{long}")),
            Err(BadVariables::TooLong(1_025))
        );
        // A value is never read for placeholders again.
        let sly = Variables::parse(r#"{"1":"{{2}}"}"#).unwrap();
        assert_eq!(sly.fill("{{1}}").unwrap(), "{{2}}");
    }

    #[test]
    fn names_in_storage_stay_what_they_are() {
        let json = |route| serde_json::to_string(&route).unwrap();
        assert_eq!(
            json(Route::FreeForm { closes_at: 1 }),
            r#"{"route":"free_form","closes_at":1}"#
        );
        assert_eq!(json(Route::Template), r#"{"route":"template"}"#);
        assert_eq!(
            json(Route::Closed { closed_at: None }),
            r#"{"route":"closed","closed_at":null}"#
        );
        assert_eq!(
            serde_json::to_string(&Category::Utility).unwrap(),
            "\"utility\""
        );
        assert_eq!(
            serde_json::to_string(&Refusal::MarketingToUnitedStates).unwrap(),
            "\"marketing_to_united_states\""
        );
    }
}
