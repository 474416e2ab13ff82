//! The query of a list: known names only, a page's length, a cursor.

use super::super::fields::asked;
use super::super::http::{Incoming, path_and_query};
use super::super::problem::{FieldError, Problem};
use crate::objects::ledger::Place;
use crate::twilio::form::Form;

/// A query's parameters.
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads the query of a request that knows these parameters.
    ///
    /// # Errors
    /// 400, naming a parameter that is unknown or comes twice.
    pub fn of(request: &impl Incoming, known: &[&str]) -> Result<Query, Problem> {
        known.iter().for_each(|name| asked("?", name));
        let tail = path_and_query(request.url());
        let text = tail.split_once('?').map_or("", |(_, query)| query);
        let form = Form::parse(text.as_bytes())
            .map_err(|error| Problem::invalid_field("", error.to_string()))?;
        let mut errors = Vec::new();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form.iter() {
            if !known.contains(&name) {
                errors.push(FieldError::new(name, "is not a parameter of this request"));
            } else if pairs.iter().any(|(seen, _)| seen == name) {
                errors.push(FieldError::new(name, "comes twice"));
            } else if !value.is_empty() {
                pairs.push((name.to_owned(), value.to_owned()));
            }
        }
        if errors.is_empty() {
            Ok(Query { pairs })
        } else {
            Err(Problem::invalid(errors))
        }
    }

    /// A parameter's value, when it is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// `limit`.
    ///
    /// # Errors
    /// 400 when it is not a number from 1 to `most`.
    pub fn limit(&self, usual: u32, most: i64) -> Result<u32, Problem> {
        let Some(text) = self.get("limit") else {
            return Ok(usual);
        };
        let number = text.parse().ok().filter(|n| (1..=most).contains(n));
        number
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| {
                Problem::invalid_field("limit", format!("must be a whole number from 1 to {most}"))
            })
    }

    /// `cursor`: where the page before ended.
    ///
    /// # Errors
    /// 400 for a cursor that none of our answers held.
    pub fn cursor(&self) -> Result<Option<Place>, Problem> {
        let read = |text: &str| {
            Place::read(text)
                .ok_or_else(|| Problem::invalid_field("cursor", "is not a cursor of this list"))
        };
        self.get("cursor").map(read).transpose()
    }
}
