//! From the text of an expression to a tree.

use super::{Class, Op, PatternError};
use std::{iter::Peekable, str::Chars};

/// Longest expression, in bytes.
const MAX_SOURCE: usize = 2 * 1024;
/// Groups nest no deeper.
const MAX_NESTING: usize = 40;
/// Most groups.
const MAX_GROUPS: usize = 64;

/// The tree, and how many groups and loops it has.
pub(super) fn tree(source: &str) -> Result<(Node, usize, usize), PatternError> {
    if source.len() > MAX_SOURCE {
        return Err(PatternError::TooLarge);
    }
    let mut parser = Parser {
        letters: source.chars().peekable(),
        names: Vec::new(),
        groups: 0,
        loops: 0,
        nesting: 0,
        dot_all: false,
        multi_line: false,
    };
    let node = parser.alternatives()?;
    if parser.letters.next().is_some() {
        return Err(PatternError::Unbalanced);
    }
    Ok((node, parser.groups, parser.loops))
}

/// An expression as a tree.
pub(super) enum Node {
    One(Op),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Group(usize, Box<Node>),
    Look {
        behind: bool,
        wanted: bool,
        inner: Box<Node>,
    },
    Atomic(Box<Node>),
    Repeat {
        inner: Box<Node>,
        least: u32,
        most: Option<u32>,
        lazy: bool,
        slot: usize,
    },
}

struct Parser<'a> {
    letters: Peekable<Chars<'a>>,
    names: Vec<(String, usize)>,
    groups: usize,
    loops: usize,
    nesting: usize,
    dot_all: bool,
    multi_line: bool,
}

impl Parser<'_> {
    fn eat(&mut self, wanted: char) -> bool {
        self.letters.next_if_eq(&wanted).is_some()
    }

    fn alternatives(&mut self) -> Result<Node, PatternError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(PatternError::TooLarge);
        }
        let mut branches = vec![self.sequence()?];
        while self.eat('|') {
            branches.push(self.sequence()?);
        }
        self.nesting -= 1;
        Ok(Node::Either(branches))
    }

    fn sequence(&mut self) -> Result<Node, PatternError> {
        let mut nodes = Vec::new();
        while let Some(letter) = self.letters.peek().copied() {
            if matches!(letter, '|' | ')') {
                break;
            }
            let atom = self.atom()?;
            nodes.push(self.repeats(atom)?);
        }
        Ok(Node::Sequence(nodes))
    }

    fn atom(&mut self) -> Result<Node, PatternError> {
        let lines = self.multi_line;
        Ok(match self.letters.next() {
            Some('.') => Node::One(Op::Any {
                lines: self.dot_all,
            }),
            Some('^') => Node::One(Op::Start { lines }),
            Some('$') => Node::One(Op::End { lines }),
            Some('(') => self.group()?,
            Some('[') => Node::One(Op::Class(self.class()?)),
            Some('\\') => self.escape()?,
            Some('*' | '+' | '?') => return Err(PatternError::NothingToRepeat),
            Some(letter) => Node::One(Op::Char(letter)),
            None => Node::Sequence(Vec::new()),
        })
    }

    fn repeats(&mut self, atom: Node) -> Result<Node, PatternError> {
        let mut node = atom;
        let mut times = 0;
        loop {
            let (least, most) = match self.letters.peek().copied() {
                Some('{') => match self.braces() {
                    Some(bounds) => bounds,
                    // `{` that is no repeat stands for itself.
                    None => return Ok(node),
                },
                _ if self.eat('*') => (0, None),
                _ if self.eat('+') => (1, None),
                _ if self.eat('?') => (0, Some(1)),
                _ => return Ok(node),
            };
            times += 1;
            if times > 4 || most.is_some_and(|most| most < least) {
                return Err(PatternError::NothingToRepeat);
            }
            let lazy = self.eat('?');
            let possessive = !lazy && self.eat('+');
            let slot = self.loops;
            self.loops += 1;
            node = Node::Repeat {
                inner: Box::new(node),
                least,
                most,
                lazy,
                slot,
            };
            if possessive {
                node = Node::Atomic(Box::new(node));
            }
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`, eaten; `None` leaves everything as it is.
    fn braces(&mut self) -> Option<(u32, Option<u32>)> {
        let mut ahead = self.letters.clone();
        ahead.next();
        let mut text = String::new();
        loop {
            match ahead.next()? {
                '}' => break,
                letter if text.len() < 12 => text.push(letter),
                _ => return None,
            }
        }
        let bounds = match text.split_once(',') {
            None => text.parse().ok().map(|n| (n, Some(n)))?,
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        self.letters = ahead;
        Some(bounds)
    }

    fn group(&mut self) -> Result<Node, PatternError> {
        if !self.eat('?') {
            return self.capture();
        }
        match self.letters.next() {
            Some(':') => self.inner(),
            Some('=') => self.look(false, true),
            Some('!') => self.look(false, false),
            Some('>') => Ok(Node::Atomic(Box::new(self.inner()?))),
            Some('<') if self.eat('=') => self.look(true, true),
            Some('<') if self.eat('!') => self.look(true, false),
            Some('<' | 'P') => {
                self.eat('<');
                let mut name = String::new();
                while let Some(letter) = self.letters.next_if(char::is_ascii_alphanumeric) {
                    name.push(letter);
                }
                if !self.eat('>') {
                    return Err(PatternError::Unsupported);
                }
                self.names.push((name, self.groups + 1));
                self.capture()
            }
            Some(flag) => self.flags(flag),
            None => Err(PatternError::Unbalanced),
        }
    }

    /// `(?i)`, `(?s)`, `(?m)`, `(?i:...)`. Case is ignored anyway.
    fn flags(&mut self, first: char) -> Result<Node, PatternError> {
        let before = (self.dot_all, self.multi_line);
        let (mut flag, mut on) = (first, true);
        loop {
            match flag {
                '-' => on = false,
                's' => self.dot_all = on,
                'm' => self.multi_line = on,
                'i' | 'u' | 'd' | 'U' => {}
                ')' => return Ok(Node::Sequence(Vec::new())),
                ':' => {
                    let node = self.inner()?;
                    (self.dot_all, self.multi_line) = before;
                    return Ok(node);
                }
                _ => return Err(PatternError::Unsupported),
            }
            flag = self.letters.next().ok_or(PatternError::Unbalanced)?;
        }
    }

    fn capture(&mut self) -> Result<Node, PatternError> {
        self.groups += 1;
        if self.groups > MAX_GROUPS {
            return Err(PatternError::TooLarge);
        }
        let group = self.groups;
        Ok(Node::Group(group, Box::new(self.inner()?)))
    }

    fn look(&mut self, behind: bool, wanted: bool) -> Result<Node, PatternError> {
        Ok(Node::Look {
            behind,
            wanted,
            inner: Box::new(self.inner()?),
        })
    }

    fn inner(&mut self) -> Result<Node, PatternError> {
        let node = self.alternatives()?;
        if self.eat(')') {
            Ok(node)
        } else {
            Err(PatternError::Unbalanced)
        }
    }

    fn escape(&mut self) -> Result<Node, PatternError> {
        let letter = self.letters.next().ok_or(PatternError::Unsupported)?;
        Ok(match letter {
            'b' | 'B' => Node::One(Op::WordEdge {
                wanted: letter == 'b',
            }),
            'A' => Node::One(Op::Start { lines: false }),
            'z' | 'Z' => Node::One(Op::End { lines: false }),
            'Q' => self.quoted(),
            '1'..='9' => {
                let group = letter.to_digit(10).and_then(|d| usize::try_from(d).ok());
                Node::One(Op::BackReference(group.unwrap_or(0)))
            }
            'k' => {
                let mut name = String::new();
                self.eat('<');
                while let Some(letter) = self.letters.next_if(|l| *l != '>') {
                    name.push(letter);
                }
                self.eat('>');
                let found = self.names.iter().find(|(known, _)| *known == name);
                Node::One(Op::BackReference(found.ok_or(PatternError::Unsupported)?.1))
            }
            other => {
                let mut class = Class::default();
                self.escaped_letter(other, &mut class)?;
                Node::One(Op::Class(class))
            }
        })
    }

    /// `\Q...\E`.
    fn quoted(&mut self) -> Node {
        let mut nodes = Vec::new();
        while let Some(letter) = self.letters.next() {
            if letter == '\\' && self.eat('E') {
                break;
            }
            nodes.push(Node::One(Op::Char(letter)));
        }
        Node::Sequence(nodes)
    }

    /// An escape that stands for one character or a kind of them.
    fn escaped_letter(&mut self, letter: char, class: &mut Class) -> Result<(), PatternError> {
        let one = |class: &mut Class, letter: char| class.ranges.push((letter, letter));
        match letter {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'h' => class.kinds.push(letter),
            'n' => one(class, '\n'),
            'r' => one(class, '\r'),
            't' => one(class, '\t'),
            'f' => one(class, '\u{c}'),
            'e' => one(class, '\u{1b}'),
            'x' => one(class, self.hex(2)?),
            'u' => one(class, self.hex(4)?),
            'p' | 'P' => {
                let kind = self.property()?;
                let nested = Class {
                    negated: letter == 'P',
                    kinds: vec![kind],
                    ..Class::default()
                };
                class.nested.push(nested);
            }
            other if other.is_ascii_alphabetic() => return Err(PatternError::Unsupported),
            other => one(class, other),
        }
        Ok(())
    }

    fn hex(&mut self, digits: usize) -> Result<char, PatternError> {
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.letters.next().and_then(|l| l.to_digit(16));
            code = code * 16 + digit.ok_or(PatternError::Unsupported)?;
        }
        char::from_u32(code).ok_or(PatternError::Unsupported)
    }

    fn property(&mut self) -> Result<char, PatternError> {
        let mut name = String::new();
        if self.eat('{') {
            while let Some(letter) = self.letters.next_if(|l| *l != '}') {
                name.push(letter);
            }
            self.eat('}');
        } else {
            name.extend(self.letters.next());
        }
        match name.trim_start_matches("Is").to_ascii_lowercase().as_str() {
            "l" | "lu" | "ll" | "alpha" | "alphabetic" | "letter" | "lower" | "upper" => Ok('L'),
            "n" | "nd" | "digit" => Ok('N'),
            "p" | "punct" | "punctuation" => Ok('P'),
            "alnum" => Ok('A'),
            "space" | "blank" | "z" | "zs" => Ok('s'),
            _ => Err(PatternError::Unsupported),
        }
    }

    fn class(&mut self) -> Result<Class, PatternError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(PatternError::TooLarge);
        }
        let mut class = Class {
            negated: self.eat('^'),
            ..Class::default()
        };
        let mut first = true;
        loop {
            let letter = self.letters.next().ok_or(PatternError::Unbalanced)?;
            match letter {
                ']' if !first => break,
                '[' => {
                    let nested = self.class()?;
                    class.nested.push(nested);
                }
                '&' if self.letters.peek() == Some(&'&') => return Err(PatternError::Unsupported),
                '\\' => {
                    let escaped = self.letters.next().ok_or(PatternError::Unbalanced)?;
                    let before = class.ranges.len();
                    self.escaped_letter(escaped, &mut class)?;
                    if class.ranges.len() > before {
                        self.range_end(&mut class)?;
                    }
                }
                letter => {
                    class.ranges.push((letter, letter));
                    self.range_end(&mut class)?;
                }
            }
            first = false;
        }
        self.nesting -= 1;
        Ok(class)
    }

    /// Turns the last character into a range when `-x` follows.
    fn range_end(&mut self, class: &mut Class) -> Result<(), PatternError> {
        let mut ahead = self.letters.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), Some(']' | '[') | None) {
            return Ok(());
        }
        self.letters = ahead;
        let mut end = self.letters.next().ok_or(PatternError::Unbalanced)?;
        if end == '\\' {
            let escaped = self.letters.next().ok_or(PatternError::Unbalanced)?;
            let mut one = Class::default();
            self.escaped_letter(escaped, &mut one)?;
            end = one.ranges.first().ok_or(PatternError::Unsupported)?.0;
        }
        match class.ranges.last_mut() {
            Some((start, last)) if *start <= end => *last = end,
            _ => return Err(PatternError::Unsupported),
        }
        Ok(())
    }
}
