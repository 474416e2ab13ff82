//! A text as plain words in clauses, and the matching of patterns against them.
//!
//! A pattern is a line of elements divided by spaces:
//! - `stop|quit` one of these words; a name in capitals is a class of `rules.rs`;
//! - `~2` up to two words of any kind, `=2` up to two small words (articles, "please", …);
//! - `^` and `$` the clause holds nothing but fillers before, after;
//! - `!i|you` (first only) the word before is none of these.
//!
//! No element reaches over the end of a clause.

use std::ops::Range;

use super::rules;
use crate::messaging::segments;

/// Words that are looked at; what comes later in a text is ignored.
const MOST: usize = 200;

struct Word {
    /// Where its folded letters are.
    folded: Range<usize>,
    /// Where it is in the text.
    at: Range<usize>,
    clause: u32,
    set_aside: bool,
}

/// A text's words, folded: lower case, no accents, no apostrophes, "do not" as "dont".
pub(super) struct Words {
    letters: String,
    words: Vec<Word>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut made = Self {
            letters: String::with_capacity(text.len()),
            words: Vec::new(),
        };
        let mut clause = 0;
        let mut open: Option<(usize, usize)> = None;
        for (at, c) in text.char_indices() {
            if open.is_some() && is_apostrophe(c) {
                continue;
            }
            if c.is_alphanumeric() || is_mark(c) {
                open.get_or_insert((made.letters.len(), at));
                made.push(c);
                continue;
            }
            made.close(open.take(), at, clause);
            clause += u32::from(ends_clause(c));
            if made.words.len() >= MOST {
                break;
            }
        }
        made.close(open.take(), text.len(), clause);
        made.join();
        made
    }

    /// Whether one of the words is among these, which are in order.
    pub(super) fn has_any(&self, sought: &[&str]) -> bool {
        (0..self.words.len()).any(|at| sought.binary_search(&self.word(at)).is_ok())
    }

    /// Sets the words of every match of a look-alike aside: no rule may use them.
    pub(super) fn set_aside(&mut self, pattern: &str) {
        let elements: Vec<&str> = pattern.split(' ').collect();
        for start in 0..self.words.len() {
            if let Some(end) = self.match_at(start, &elements) {
                for word in self.words.iter_mut().take(end).skip(start) {
                    word.set_aside = true;
                }
            }
        }
    }

    /// The first match of a pattern, as a range of words.
    pub(super) fn find(&self, pattern: &str) -> Option<Range<usize>> {
        let elements: Vec<&str> = pattern.split(' ').collect();
        (0..self.words.len())
            .find_map(|start| self.match_at(start, &elements).map(|end| start..end))
    }

    /// The bytes of the text that a range of words covers.
    pub(super) fn span(&self, words: &Range<usize>) -> Range<usize> {
        let start = self.words.get(words.start).map_or(0, |w| w.at.start);
        let last = words.end.checked_sub(1).and_then(|at| self.words.get(at));
        start..last.map_or(start, |w| w.at.end)
    }

    /// Whether the rest of the clause narrows the wish: a time, a place, one matter only.
    pub(super) fn is_qualified_after(&self, end: usize) -> bool {
        let Some(clause) = end.checked_sub(1).and_then(|at| self.words.get(at)) else {
            return false;
        };
        let clause = clause.clause;
        let rest = (end..self.words.len()).take_while(|&at| self.clause(at) == Some(clause));
        let mut after_at = false;
        for at in rest {
            let word = self.word(at);
            if rules::is_in("QUALIFIER", word) || (after_at && !rules::is_in("HERE", word)) {
                return true;
            }
            after_at = word == "at";
        }
        false
    }

    /// Where a match that starts at a word ends.
    fn match_at(&self, start: usize, elements: &[&str]) -> Option<usize> {
        let (first, rest) = elements.split_first()?;
        let clause = self.clause(start)?;
        if let Some(barred) = first.strip_prefix('!') {
            let before = start
                .checked_sub(1)
                .filter(|&b| self.clause(b) == Some(clause));
            if before.is_some_and(|b| rules::is_one_of(barred, self.word(b))) {
                return None;
            }
            return self.rest_at(start, rest, clause);
        }
        if *first == "^" {
            let before = (0..start)
                .rev()
                .take_while(|&b| self.clause(b) == Some(clause));
            for b in before {
                if !rules::is_in("FILLER", self.word(b)) {
                    return None;
                }
            }
            return self.rest_at(start, rest, clause);
        }
        self.rest_at(start, elements, clause)
    }

    fn rest_at(&self, at: usize, elements: &[&str], clause: u32) -> Option<usize> {
        let Some((first, rest)) = elements.split_first() else {
            return Some(at);
        };
        let here = self.words.get(at).filter(|w| w.clause == clause);
        if *first == "$" {
            let mut after = at;
            while self.clause(after) == Some(clause) {
                if !rules::is_in("FILLER", self.word(after)) {
                    return None;
                }
                after += 1;
            }
            return Some(at);
        }
        if let Some(gap) = Gap::read(first) {
            for end in at..=at + gap.most {
                if let Some(found) = self.rest_at(end, rest, clause) {
                    return Some(found);
                }
                if self.clause(end) != Some(clause)
                    || (gap.small_only && !rules::is_in("SMALL", self.word(end)))
                {
                    return None;
                }
            }
            return None;
        }
        if here?.set_aside || !rules::is_one_of(first, self.word(at)) {
            return None;
        }
        self.rest_at(at + 1, rest, clause)
    }

    fn clause(&self, at: usize) -> Option<u32> {
        self.words.get(at).map(|word| word.clause)
    }

    fn word(&self, at: usize) -> &str {
        let word = self.words.get(at).map(|word| word.folded.clone());
        word.and_then(|range| self.letters.get(range)).unwrap_or("")
    }

    /// Adds a letter, folded, to the open word.
    fn push(&mut self, c: char) {
        if is_mark(c) {
            return;
        }
        match segments::suggestion(c).filter(|_| c.is_alphabetic()) {
            Some(plain) => self
                .letters
                .extend(plain.chars().map(|c| c.to_ascii_lowercase())),
            None => self.letters.extend(c.to_lowercase()),
        }
    }

    fn close(&mut self, open: Option<(usize, usize)>, end: usize, clause: u32) {
        if let Some((folded, start)) = open {
            self.calm(folded);
            self.words.push(Word {
                folded: folded..self.letters.len(),
                at: start..end,
                clause,
                set_aside: false,
            });
        }
    }

    /// Three and more equal letters in a row are an emphasis: "stoppp" is "stop".
    fn calm(&mut self, folded: usize) {
        let word = self.letters.split_off(folded);
        let mut rest = word.chars().peekable();
        while let Some(c) = rest.next() {
            let mut times = 1;
            while rest.next_if_eq(&c).is_some() {
                times += 1;
            }
            self.letters.push(c);
            if times == 2 || (times > 2 && !c.is_alphabetic()) {
                self.letters.extend(std::iter::repeat_n(c, times - 1));
            }
        }
    }

    /// Joins two words that are one to the rules ("do not", "opt out", "any more").
    fn join(&mut self) {
        let mut at = 0;
        while at + 1 < self.words.len() {
            let joined = rules::JOINED
                .iter()
                .find(|(a, b, _)| *a == self.word(at) && *b == self.word(at + 1))
                .filter(|_| self.clause(at) == self.clause(at + 1));
            if let Some((_, _, joined)) = joined {
                let start = self.letters.len();
                self.letters.push_str(joined);
                let second = self.words.remove(at + 1);
                if let Some(word) = self.words.get_mut(at) {
                    word.folded = start..self.letters.len();
                    word.at.end = second.at.end;
                }
            }
            at += 1;
        }
    }
}

struct Gap {
    most: usize,
    small_only: bool,
}

impl Gap {
    fn read(element: &str) -> Option<Self> {
        let small_only = element.starts_with('=');
        let most = element.strip_prefix(['~', '='])?.parse().ok()?;
        Some(Self { most, small_only })
    }
}

const fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | 'ʻ' | 'ʼ' | '\u{2018}' | '\u{2019}' | '\u{2032}'
    )
}

/// Combining accents: part of a word, dropped in folding.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

const fn ends_clause(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | ',' | ';' | ':' | '\n' | '\r' | '(' | ')' | '…' | '–' | '—' | '¿' | '¡'
    )
}
