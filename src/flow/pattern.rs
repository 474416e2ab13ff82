//! Regular expressions of the `regex` condition: those of Java that flows use, with
//! look-around and back references, which the `regex` crate does not have. A small
//! backtracking machine with a step limit: an expression that would run away is an
//! error, and a condition with an error does not match.
//!
//! Studio matches the whole text and ignores case.

mod parse;
mod program;

/// Most steps of one match: beyond it the expression is a bomb, not a test.
const MAX_STEPS: u32 = 200_000;
/// Longest text that is matched, in characters.
const MAX_TEXT: usize = 8 * 1024;
/// Look-around and atomic groups nest no deeper.
const MAX_DEPTH: usize = 16;

/// Why an expression is refused or gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("a bracket or brace has no partner")]
    Unbalanced,
    #[error("a repeat sign has nothing to repeat")]
    NothingToRepeat,
    #[error("a construct is not supported")]
    Unsupported,
    #[error("the expression is too large")]
    TooLarge,
    #[error("matching takes too many steps")]
    TooManySteps,
}

/// One instruction of the machine.
#[derive(Debug, Clone, PartialEq)]
enum Op {
    Char(char),
    /// Any character but a line end; any at all with the flag.
    Any {
        lines: bool,
    },
    Class(Class),
    Start {
        lines: bool,
    },
    End {
        lines: bool,
    },
    WordEdge {
        wanted: bool,
    },
    /// Try the first address, then the second.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    /// Fails when nothing was matched since the slot was saved: ends empty loops.
    Progress(usize),
    BackReference(usize),
    /// Look-around: the instructions up to `end`, then on at `end`.
    Look {
        behind: bool,
        wanted: bool,
        end: usize,
    },
    /// An atomic group, also for possessive repeats.
    Atomic {
        end: usize,
    },
    Match,
}

/// A set of characters.
#[derive(Debug, Clone, Default, PartialEq)]
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
    /// `\d`, `\w`, `\s` and their likes; upper case is the complement.
    kinds: Vec<char>,
    /// Classes within, `[a[bc]]`.
    nested: Vec<Class>,
}

impl Class {
    fn has(&self, letter: char) -> bool {
        let other = swapped(letter);
        let in_range = |(from, to): &(char, char)| {
            (*from..=*to).contains(&letter) || (*from..=*to).contains(&other)
        };
        let found = self.ranges.iter().any(in_range)
            || self.kinds.iter().any(|kind| is_of_kind(letter, *kind))
            || self.nested.iter().any(|class| class.has(letter));
        found != self.negated
    }
}

/// The other case of a letter, or the letter itself.
fn swapped(letter: char) -> char {
    let mut other = letter.to_uppercase();
    if other.clone().next() == Some(letter) {
        let mut lower = letter.to_lowercase();
        return lower.next().unwrap_or(letter);
    }
    other.next().unwrap_or(letter)
}

fn is_of_kind(letter: char, kind: char) -> bool {
    match kind {
        'd' => letter.is_ascii_digit(),
        'D' => !letter.is_ascii_digit(),
        'w' => letter.is_ascii_alphanumeric() || letter == '_',
        'W' => !(letter.is_ascii_alphanumeric() || letter == '_'),
        's' => letter.is_whitespace(),
        'S' => !letter.is_whitespace(),
        'h' => matches!(letter, ' ' | '\t' | '\u{a0}'),
        // Unicode classes: L(etter), N(umber), P(unctuation), A(lphanumeric).
        'L' => letter.is_alphabetic(),
        'N' => letter.is_numeric(),
        'P' => letter.is_ascii_punctuation(),
        'A' => letter.is_alphanumeric(),
        _ => false,
    }
}

/// A compiled expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern {
    program: Vec<Op>,
    slots: usize,
}

impl Pattern {
    pub(crate) fn parse(source: &str) -> Result<Self, PatternError> {
        let (mut program, slots) = program::compile(source)?;
        program.push(Op::Match);
        Ok(Self { program, slots })
    }

    /// A text that `source` probably matches, for generated inputs.
    pub(crate) fn sample(source: &str) -> Option<String> {
        program::sample(source)
    }

    /// Whether all of `text` matches, in any case.
    pub(crate) fn matches_whole(&self, text: &str) -> Result<bool, PatternError> {
        let letters: Vec<char> = text.chars().collect();
        if letters.len() > MAX_TEXT {
            return Err(PatternError::TooLarge);
        }
        let mut machine = Machine {
            program: &self.program,
            text: &letters,
            steps: MAX_STEPS,
        };
        let slots = vec![None; self.slots];
        Ok(machine
            .run(0, self.program.len(), 0, slots, Some(letters.len()), 0)?
            .is_some())
    }
}

struct Machine<'a> {
    program: &'a [Op],
    text: &'a [char],
    steps: u32,
}

type Slots = Vec<Option<usize>>;

/// What to do when an attempt fails.
enum Resume {
    /// Try this address at this place.
    Branch(usize, usize),
    /// Put a slot back.
    Restore(usize, Option<usize>),
}

impl Machine<'_> {
    fn charge(&mut self, cost: usize) -> Result<(), PatternError> {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        self.steps = self
            .steps
            .checked_sub(cost)
            .ok_or(PatternError::TooManySteps)?;
        Ok(())
    }

    /// Runs from `pc` at `at` until `end` is reached; with `goal`, only a match that
    /// ends there counts. Gives the end and the slots.
    fn run(
        &mut self,
        pc: usize,
        end: usize,
        at: usize,
        mut slots: Slots,
        goal: Option<usize>,
        depth: usize,
    ) -> Result<Option<(usize, Slots)>, PatternError> {
        if depth > MAX_DEPTH {
            return Err(PatternError::TooLarge);
        }
        // The slots were copied for this run.
        self.charge(slots.len() / 8)?;
        let mut stack: Vec<Resume> = Vec::new();
        let (mut pc, mut at) = (pc, at);
        loop {
            self.charge(1)?;
            let done = pc >= end || matches!(self.program.get(pc), Some(Op::Match) | None);
            if done && goal.is_none_or(|goal| goal == at) {
                return Ok(Some((at, slots)));
            }
            let next = if done {
                None
            } else {
                self.step(pc, at, &mut slots, &mut stack, depth)?
            };
            match next {
                Some((next_pc, next_at)) => (pc, at) = (next_pc, next_at),
                None => loop {
                    match stack.pop() {
                        None => return Ok(None),
                        Some(Resume::Restore(slot, value)) => {
                            if let Some(place) = slots.get_mut(slot) {
                                *place = value;
                            }
                        }
                        Some(Resume::Branch(next_pc, next_at)) => {
                            (pc, at) = (next_pc, next_at);
                            break;
                        }
                    }
                },
            }
        }
    }

    /// One instruction: where to go on, or `None` when the attempt fails.
    fn step(
        &mut self,
        pc: usize,
        at: usize,
        slots: &mut Slots,
        stack: &mut Vec<Resume>,
        depth: usize,
    ) -> Result<Option<(usize, usize)>, PatternError> {
        let program = self.program;
        let Some(op) = program.get(pc) else {
            return Ok(None);
        };
        let letter = self.text.get(at).copied();
        let before = at.checked_sub(1).and_then(|at| self.text.get(at)).copied();
        let eat = |yes: bool| yes.then_some((pc + 1, at + 1));
        let hold = |yes: bool| yes.then_some((pc + 1, at));
        Ok(match op {
            Op::Char(wanted) => eat(letter.is_some_and(|l| l == *wanted || swapped(l) == *wanted)),
            Op::Any { lines } => eat(letter.is_some_and(|l| *lines || l != '\n')),
            Op::Class(class) => eat(letter.is_some_and(|l| class.has(l))),
            Op::Start { lines } => hold(at == 0 || *lines && before == Some('\n')),
            Op::End { lines } => {
                let last_line_end = letter == Some('\n') && at + 1 == self.text.len();
                hold(letter.is_none() || last_line_end || *lines && letter == Some('\n'))
            }
            Op::WordEdge { wanted } => {
                let is_word = |l: Option<char>| l.is_some_and(|l| is_of_kind(l, 'w'));
                hold((is_word(letter) != is_word(before)) == *wanted)
            }
            Op::Split(first, second) => {
                stack.push(Resume::Branch(*second, at));
                Some((*first, at))
            }
            Op::Jump(to) => Some((*to, at)),
            Op::Save(slot) => {
                if let Some(place) = slots.get_mut(*slot) {
                    stack.push(Resume::Restore(*slot, *place));
                    *place = Some(at);
                }
                Some((pc + 1, at))
            }
            Op::Progress(slot) => hold(slots.get(*slot).copied().flatten() != Some(at)),
            Op::BackReference(group) => self.back_reference(*group, pc, at, slots),
            Op::Look {
                behind,
                wanted,
                end,
            } => {
                let found = self.look(*behind, pc + 1, *end, at, slots, depth)?;
                match (found, *wanted) {
                    (Some(inner), true) => {
                        adopt(slots, inner, stack);
                        Some((*end, at))
                    }
                    (None, false) => Some((*end, at)),
                    _ => None,
                }
            }
            Op::Atomic { end } => {
                match self.run(pc + 1, *end, at, slots.clone(), None, depth + 1)? {
                    Some((after, inner)) => {
                        adopt(slots, inner, stack);
                        Some((*end, after))
                    }
                    None => None,
                }
            }
            Op::Match => None,
        })
    }

    fn back_reference(
        &self,
        group: usize,
        pc: usize,
        at: usize,
        slots: &Slots,
    ) -> Option<(usize, usize)> {
        let slot = |index: usize| slots.get(index).copied().flatten();
        // A group that took no part fails, as in Java.
        let (from, to) = (slot(group * 2)?, slot(group * 2 + 1)?);
        let seen = self.text.get(from..to)?;
        let here = self.text.get(at..at + seen.len())?;
        let same = seen
            .iter()
            .zip(here)
            .all(|(a, b)| a == b || swapped(*a) == *b);
        same.then_some((pc + 1, at + seen.len()))
    }

    fn look(
        &mut self,
        behind: bool,
        pc: usize,
        end: usize,
        at: usize,
        slots: &Slots,
        depth: usize,
    ) -> Result<Option<Slots>, PatternError> {
        if !behind {
            let found = self.run(pc, end, at, slots.clone(), None, depth + 1)?;
            return Ok(found.map(|(_, inner)| inner));
        }
        for from in (0..=at).rev() {
            if let Some((_, inner)) = self.run(pc, end, from, slots.clone(), Some(at), depth + 1)? {
                return Ok(Some(inner));
            }
        }
        Ok(None)
    }
}

/// Takes over the slots of an inner match, so that backtracking undoes them.
fn adopt(slots: &mut Slots, inner: Slots, stack: &mut Vec<Resume>) {
    for (index, value) in inner.into_iter().enumerate() {
        if let Some(place) = slots.get_mut(index)
            && *place != value
        {
            stack.push(Resume::Restore(index, *place));
            *place = value;
        }
    }
}

#[cfg(test)]
mod tests;
