//! A position in a piece of template markup. Every step forward is by whole characters,
//! so no slice can fall inside one.

#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Eats `text` if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The longest run of characters that `keep` accepts; may be empty.
    pub(super) fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        run
    }

    /// The text before the next `end`, which is eaten too; `None` when there is none.
    pub(super) fn take_until(&mut self, end: &str) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }

    /// A name: letters of any script, digits, `_`, `-`. Empty when none comes next.
    pub(super) fn word(&mut self) -> &'a str {
        if self.peek().is_some_and(|c| c == '-') {
            return "";
        }
        self.take_while(is_word)
    }

    /// Eats `word` when it comes next as a whole word.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        ahead.skip_space();
        if ahead.word() == word {
            *self = ahead;
            return true;
        }
        false
    }
}

pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '$' | '@' | '?')
}
