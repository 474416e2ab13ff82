//! Liquid as Twilio Studio has it: a small evaluator of our own (the reasons are in
//! `docs/decisions/0003-liquid.md`).
//!
//! What must never happen: a panic, a hang, or memory beyond the limits below, whatever
//! the template and whatever the context. Every loop and every byte of output is paid
//! for from a budget.
//!
//! Sources: Liquid's documentation (Shopify) for tags and filters; Twilio's support
//! article "How do I use Liquid with Twilio Studio" for numbers, dates and `to_json`.
//! Where Studio differs from Shopify's Liquid: a whole object renders as `{key=value}`
//! (Studio runs on a JVM and public functions parse that form), and `"3" | plus: 1` is 4.

mod cursor;
mod date;
mod eval;
mod expr;
mod filter;
mod number;
mod parse;
mod survey;
#[cfg(test)]
mod tests;

pub use date::Clock;
pub(crate) use date::{civil, parse_date};
pub(crate) use number::{Num, number};
pub use survey::{Path, Survey};

use serde_json::Value;

/// Longest template, in bytes. Studio's longest property values are message bodies and
/// HTTP bodies of a few kilobytes.
pub const MAX_TEMPLATE: usize = 64 * 1024;
/// Longest output and longest single string that a filter may build, in bytes: TwiML
/// and HTTP bodies end at 64 KiB anyway.
pub const MAX_OUTPUT: usize = 64 * 1024;
/// Most steps of one rendering. A node costs one, a loop turn one, and every 32 bytes
/// that a value costs to copy one more.
pub const MAX_STEPS: u32 = 100_000;
/// Blocks nest no deeper.
pub const MAX_BLOCKS: usize = 40;

/// Why a template cannot be parsed or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiquidError {
    /// The template is longer than [`MAX_TEMPLATE`].
    #[error("the template is longer than {MAX_TEMPLATE} bytes")]
    TooLong,
    /// Blocks or brackets nest too deep.
    #[error("the template nests too deep")]
    TooDeep,
    /// `{{`, `{%` or a block has no end.
    #[error("`{0}` has no end")]
    Unclosed(String),
    /// A quote has no end.
    #[error("a quoted text has no end")]
    UnclosedString,
    /// A tag that Liquid does not have.
    #[error("Liquid has no tag `{0}`")]
    UnknownTag(String),
    /// `else` or an end tag where none is open.
    #[error("`{0}` does not belong here")]
    Unexpected(String),
    /// Not an expression.
    #[error("not a Liquid expression: `{0}`")]
    Syntax(String),
    /// Rendering exceeded [`MAX_OUTPUT`].
    #[error("the rendered text is longer than {MAX_OUTPUT} bytes")]
    TooMuchOutput,
    /// Rendering exceeded [`MAX_STEPS`].
    #[error("the template takes more than {MAX_STEPS} steps")]
    TooManySteps,
}

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    nodes: Vec<parse::Node>,
}

impl Template {
    /// Parses template text.
    ///
    /// # Errors
    /// See [`LiquidError`]; never [`LiquidError::TooMuchOutput`] or
    /// [`LiquidError::TooManySteps`].
    pub fn parse(source: &str) -> Result<Self, LiquidError> {
        Ok(Self {
            nodes: parse::parse(source)?,
        })
    }

    /// True when `source` holds no Liquid at all.
    #[must_use]
    pub fn is_plain(source: &str) -> bool {
        !source.contains("{{") && !source.contains("{%")
    }

    /// Renders with `globals` (an object) as the variables. An unknown path renders as
    /// nothing.
    ///
    /// # Errors
    /// [`LiquidError::TooMuchOutput`] or [`LiquidError::TooManySteps`].
    pub fn render(&self, globals: &Value, clock: Clock) -> Result<String, LiquidError> {
        eval::render(&self.nodes, globals, clock)
    }

    /// What the template refers to.
    #[must_use]
    pub fn survey(&self) -> Survey {
        survey::survey(&self.nodes)
    }
}
