//! A text with `{{variables}}`.
//!
//! A variable is `{{name}}`, spaces inside the braces allowed. What a variable stands for is
//! put in as it is and never read again, so no recipient's data can become a variable. One
//! brace alone is text.

use serde::{Deserialize, Serialize};

use super::recipients::{Variables, is_name};
use crate::sorted::SortedSet;

/// A text that was read. Kept as the text itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(String),
}

/// Why a text is not a template. Offsets are in characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("\"{{{{\" at character {at} is not closed by \"}}}}\"")]
    NotClosed {
        /// Where it opens.
        at: usize,
    },
    /// Something else than a name between the braces.
    #[error("the variable at character {at} has no proper name: letters, digits, _, - and .")]
    Name {
        /// Where it opens.
        at: usize,
    },
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// [`TemplateError`], which says where.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut at = 1;
        while let Some((before, inside)) = rest.split_once("{{") {
            let opens = at + before.chars().count();
            let (name, after) = inside
                .split_once("}}")
                .ok_or(TemplateError::NotClosed { at: opens })?;
            if !is_name(name.trim()) {
                return Err(TemplateError::Name { at: opens });
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Variable(name.trim().to_owned()));
            at = opens + name.chars().count() + 4;
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Template(pieces))
    }

    /// The names of its variables.
    pub fn variables(&self) -> SortedSet<&str> {
        let names = self.0.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        });
        names.collect()
    }

    /// The text for one person.
    ///
    /// # Errors
    /// The names of the variables that are missing, in alphabetical order.
    pub fn render(&self, variables: &Variables) -> Result<String, Vec<String>> {
        let missing: Vec<String> = self
            .variables()
            .into_iter()
            .filter(|name| !variables.contains_key(*name))
            .map(str::to_owned)
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Variable(name) => text.extend(variables.get(name).map(String::as_str)),
            }
        }
        Ok(text)
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Template, TemplateError> {
        Template::parse(&text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> String {
        let mut text = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Variable(name) => {
                    text.push_str("{{");
                    text.push_str(name);
                    text.push_str("}}");
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    fn render(text: &str, pairs: &[(&str, &str)]) -> Result<String, Vec<String>> {
        Template::parse(text).unwrap().render(&variables(pairs))
    }

    #[test]
    fn variables_are_put_in_and_braces_alone_are_text() {
        let text = render(
            "Hi {{ name }}, {code} {{n}}{{n}} }}",
            &[("name", "Zoë"), ("n", "1")],
        );
        assert_eq!(text.unwrap(), "Hi Zoë, {code} 11 }}");
        assert_eq!(render("", &[]).unwrap(), "");
    }

    #[test]
    fn what_is_put_in_is_never_read_as_a_variable() {
        let text = render("{{a}}", &[("a", "{{b}}"), ("b", "secret")]);
        assert_eq!(text.unwrap(), "{{b}}");
    }

    #[test]
    fn every_missing_variable_is_named_once() {
        let missing = render("{{z}} {{a}} {{z}} {{m}}", &[("m", "")]);
        assert_eq!(missing.unwrap_err(), ["a", "z"]);
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(
            Template::parse("é {{a"),
            Err(TemplateError::NotClosed { at: 3 })
        );
        assert_eq!(
            Template::parse("{{a}} {{}}"),
            Err(TemplateError::Name { at: 7 })
        );
        assert_eq!(
            Template::parse("{{a b}}"),
            Err(TemplateError::Name { at: 1 })
        );
        let told = TemplateError::NotClosed { at: 3 }.to_string();
        assert_eq!(told, "\"{{\" at character 3 is not closed by \"}}\"");
    }

    #[test]
    fn it_is_kept_as_its_text() {
        let template = Template::parse("Hi {{ name }}!").unwrap();
        let stored = serde_json::to_string(&template).unwrap();
        assert_eq!(stored, "\"Hi {{name}}!\"");
        assert_eq!(serde_json::from_str::<Template>(&stored).unwrap(), template);
    }
}
