//! What a campaign says: a text with variables, or an approved template with its own.
//!
//! It is made for each person when the list is read, so that a text that cannot be made, or
//! that Twilio would refuse, is a line of the report and not a failure in the middle of a run.

use serde::{Deserialize, Serialize};

use super::recipients::Variables;
use super::template::Template;
use crate::sorted::SortedMap;

/// Characters of a text message (Twilio docs, error 21617).
pub const MAX_BODY: usize = 1_600;
/// Characters of a template with its variables put in (Twilio docs, error 63021). What is
/// checked here is the variables alone: the template's own text is Twilio's.
pub const MAX_TEMPLATE: usize = 1_024;

/// What a campaign says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A text.
    Body(Template),
    /// An approved template.
    Template {
        /// `HX…`.
        content_sid: String,
        /// The template's variables (`1`, `2`, ...), each a text of its own.
        variables: SortedMap<String, Template>,
    },
}

/// What is sent to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered {
    /// `Body`.
    Body(String),
    /// `ContentSid` and `ContentVariables`.
    Template {
        /// `HX…`.
        content_sid: String,
        /// A JSON object of texts, as Twilio wants it: a string.
        content_variables: String,
    },
}

/// Why there is no content for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Variables that the line does not have.
    #[error("the variables {} are missing", .0.join(", "))]
    Missing(Vec<String>),
    /// Nothing is left to say.
    #[error("the text is empty")]
    Empty,
    /// Too long.
    #[error("the text has {found} characters; Twilio takes {most}")]
    TooLong {
        /// Of this text.
        found: usize,
        /// At most.
        most: usize,
    },
    /// WhatsApp refuses what a template's variable holds.
    #[error("the template's variable {0} is empty or has a line break, a tab or over four spaces")]
    Variable(String),
}

impl Content {
    /// What one person is sent.
    ///
    /// # Errors
    /// [`ContentError`].
    pub fn render(&self, variables: &Variables) -> Result<Rendered, ContentError> {
        match self {
            Content::Body(template) => {
                let text = template.render(variables).map_err(ContentError::Missing)?;
                if text.trim().is_empty() {
                    return Err(ContentError::Empty);
                }
                at_most(&text, MAX_BODY)?;
                Ok(Rendered::Body(text))
            }
            Content::Template {
                content_sid,
                variables: own,
            } => {
                let mut texts = SortedMap::new();
                for (name, template) in own {
                    let text = template.render(variables).map_err(ContentError::Missing)?;
                    if !fits_template(&text) {
                        return Err(ContentError::Variable(name.clone()));
                    }
                    texts.insert(name.as_str(), text);
                }
                at_most(
                    &texts.values().map(String::as_str).collect::<String>(),
                    MAX_TEMPLATE,
                )?;
                Ok(Rendered::Template {
                    content_sid: content_sid.clone(),
                    content_variables: serde_json::to_string(&texts).unwrap_or_default(),
                })
            }
        }
    }
}

/// Twilio docs, errors 63013 and 63021: no empty variable, no line break, no tab, no more than
/// four spaces in a row.
fn fits_template(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(['\n', '\r', '\t']) && !text.contains("     ")
}

fn at_most(text: &str, most: usize) -> Result<(), ContentError> {
    let found = text.chars().count();
    if found > most {
        Err(ContentError::TooLong { found, most })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(pairs: &[(&str, &str)]) -> Variables {
        pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    fn body(text: &str) -> Content {
        Content::Body(Template::parse(text).unwrap())
    }

    #[test]
    fn a_text_that_twilio_would_refuse_is_found_before() {
        let long = "é".repeat(MAX_BODY);
        let content = body("{{a}}");
        assert_eq!(
            content.render(&person(&[("a", &long)])),
            Ok(Rendered::Body(long.clone()))
        );
        assert_eq!(
            content.render(&person(&[("a", &format!("{long}x"))])),
            Err(ContentError::TooLong {
                found: 1_601,
                most: 1_600
            })
        );
        assert_eq!(
            content.render(&person(&[("a", " \n")])),
            Err(ContentError::Empty)
        );
        let missing = content.render(&person(&[])).unwrap_err();
        assert_eq!(missing.to_string(), "the variables a are missing");
    }

    #[test]
    fn a_templates_variables_become_one_json_string() {
        let variables = [("1", "{{name}}"), ("2", "order {{n}}")]
            .map(|(name, text)| (name.to_owned(), Template::parse(text).unwrap()));
        let content = Content::Template {
            content_sid: "HX1".to_owned(),
            variables: variables.into(),
        };
        assert_eq!(
            content.render(&person(&[("name", "A \"B\""), ("n", "7")])),
            Ok(Rendered::Template {
                content_sid: "HX1".to_owned(),
                content_variables: r#"{"1":"A \"B\"","2":"order 7"}"#.to_owned(),
            })
        );
        for bad in ["", "a\nb", "a\tb", "a     b"] {
            assert_eq!(
                content.render(&person(&[("name", bad), ("n", "7")])),
                Err(ContentError::Variable("1".to_owned()))
            );
        }
        let long = "x".repeat(1_020);
        assert!(matches!(
            content.render(&person(&[("name", &long), ("n", "7")])),
            Err(ContentError::TooLong {
                most: MAX_TEMPLATE,
                ..
            })
        ));
    }
}
