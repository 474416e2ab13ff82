//! From template text to nodes: finds `{{ }}` and `{% %}`, honours `-` whitespace
//! control, and builds the blocks.

use super::{
    LiquidError, MAX_BLOCKS, MAX_TEMPLATE,
    cursor::Cursor,
    expr::{self, Chain, Expr, Test, excerpt},
};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Text(String),
    Output(Chain),
    Assign {
        name: String,
        value: Chain,
    },
    Capture {
        name: String,
        body: Vec<Node>,
    },
    /// `if`, `elsif`... and `else`; `unless` is the first test negated.
    If {
        negated: bool,
        branches: Vec<(Test, Vec<Node>)>,
        otherwise: Vec<Node>,
    },
    Case {
        subject: Chain,
        branches: Vec<(Vec<Expr>, Vec<Node>)>,
        otherwise: Vec<Node>,
    },
    For(Box<For>),
    Cycle {
        group: String,
        values: Vec<Expr>,
    },
    /// `increment` (+1, prints before) and `decrement` (-1, prints after).
    Count {
        name: String,
        by: i64,
    },
    Break,
    Continue,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct For {
    pub(super) name: String,
    pub(super) items: Expr,
    pub(super) limit: Option<Expr>,
    pub(super) offset: Option<Expr>,
    pub(super) reversed: bool,
    pub(super) body: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

pub(super) fn parse(source: &str) -> Result<Vec<Node>, LiquidError> {
    if source.len() > MAX_TEMPLATE {
        return Err(LiquidError::TooLong);
    }
    let mut parser = Parser {
        rest: source,
        trim_next: false,
        blocks: 0,
    };
    let (nodes, end) = parser.block("")?;
    match end {
        None => Ok(nodes),
        Some(tag) => Err(LiquidError::Unexpected(tag.name.to_owned())),
    }
}

struct Tag<'a> {
    name: &'a str,
    markup: &'a str,
}

enum Piece<'a> {
    Text(&'a str),
    Output(&'a str),
    Tag(Tag<'a>),
}

struct Parser<'a> {
    rest: &'a str,
    trim_next: bool,
    blocks: usize,
}

impl<'a> Parser<'a> {
    /// The next piece; `None` at the end.
    fn piece(&mut self) -> Result<Option<Piece<'a>>, LiquidError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let start = match (self.rest.find("{{"), self.rest.find("{%")) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if start != Some(0) {
            let at = start.unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
            self.rest = rest;
            return Ok(Some(Piece::Text(self.trimmed(text))));
        }
        self.trim_next = false;
        let is_tag = self.rest.starts_with("{%");
        let (open, close) = if is_tag { ("{%", "%}") } else { ("{{", "}}") };
        let inside = self.rest.strip_prefix(open).unwrap_or_default();
        let Some((markup, rest)) = inside.split_once(close) else {
            return Err(LiquidError::Unclosed(excerpt(self.rest)));
        };
        self.rest = rest;
        let markup = markup.strip_prefix('-').unwrap_or(markup);
        let markup = match markup.strip_suffix('-') {
            Some(shorter) => {
                self.trim_next = true;
                shorter
            }
            None => markup,
        };
        if !is_tag {
            return Ok(Some(Piece::Output(markup)));
        }
        let mut cursor = Cursor::new(markup);
        cursor.skip_space();
        let name = cursor.word();
        Ok(Some(Piece::Tag(Tag {
            name,
            markup: cursor.rest(),
        })))
    }

    fn trimmed(&mut self, text: &'a str) -> &'a str {
        let text = if self.trim_next {
            text.trim_start()
        } else {
            text
        };
        self.trim_next = false;
        if self.rest.starts_with("{{-") || self.rest.starts_with("{%-") {
            text.trim_end()
        } else {
            text
        }
    }

    /// Nodes up to a tag that the block `owner` must handle itself (`else`, `endif`...).
    fn block(&mut self, owner: &str) -> Result<(Vec<Node>, Option<Tag<'a>>), LiquidError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.piece()? {
            match piece {
                Piece::Text("") => {}
                Piece::Text(text) => nodes.push(Node::Text(text.to_owned())),
                Piece::Output(markup) => nodes.push(Node::Output(expr::output(markup)?)),
                Piece::Tag(tag) if is_part_of_a_block(tag.name) => {
                    return Ok((nodes, Some(tag)));
                }
                Piece::Tag(tag) => nodes.extend(self.tag(&tag)?),
            }
        }
        if owner.is_empty() {
            Ok((nodes, None))
        } else {
            Err(unclosed(owner))
        }
    }

    fn tag(&mut self, tag: &Tag<'a>) -> Result<Option<Node>, LiquidError> {
        self.blocks += 1;
        if self.blocks > MAX_BLOCKS {
            return Err(LiquidError::TooDeep);
        }
        let node = match tag.name {
            "if" => Some(self.branches(tag, false)?),
            "unless" => Some(self.branches(tag, true)?),
            "case" => Some(self.case(tag)?),
            "for" => Some(self.for_loop(tag)?),
            "capture" => {
                let name = name_in(tag)?;
                let (body, end) = self.block("capture")?;
                expect(end, "endcapture")?;
                Some(Node::Capture { name, body })
            }
            "comment" => {
                self.skip_to("endcomment")?;
                None
            }
            "raw" => Some(Node::Text(self.skip_to("endraw")?.to_owned())),
            other => {
                self.blocks -= 1;
                return simple(other, tag).map(Some);
            }
        };
        self.blocks -= 1;
        Ok(node)
    }

    fn branches(&mut self, tag: &Tag<'a>, negated: bool) -> Result<Node, LiquidError> {
        let end_name = if negated { "endunless" } else { "endif" };
        let mut branches = Vec::new();
        let mut test = expr::test(tag.markup)?;
        loop {
            let (body, end) = self.block(tag.name)?;
            branches.push((test, body));
            let Some(end) = end else {
                return Err(unclosed(tag.name));
            };
            match end.name {
                "elsif" | "elseif" => test = expr::test(end.markup)?,
                "else" => {
                    let (otherwise, end) = self.block(tag.name)?;
                    expect(end, end_name)?;
                    return Ok(Node::If {
                        negated,
                        branches,
                        otherwise,
                    });
                }
                _ => {
                    expect(Some(end), end_name)?;
                    return Ok(Node::If {
                        negated,
                        branches,
                        otherwise: Vec::new(),
                    });
                }
            }
        }
    }

    fn case(&mut self, tag: &Tag<'a>) -> Result<Node, LiquidError> {
        let subject = expr::output(tag.markup)?;
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        // What stands between `case` and the first `when` is not shown.
        let (_, mut end) = self.block("case")?;
        loop {
            let Some(tag) = end else {
                return Err(unclosed("case"));
            };
            match tag.name {
                "when" => {
                    let values = values(tag.markup)?;
                    let (body, next) = self.block("case")?;
                    branches.push((values, body));
                    end = next;
                }
                "else" => {
                    let (body, next) = self.block("case")?;
                    otherwise = body;
                    end = next;
                }
                "endcase" => {
                    return Ok(Node::Case {
                        subject,
                        branches,
                        otherwise,
                    });
                }
                other => return Err(LiquidError::Unexpected(other.to_owned())),
            }
        }
    }

    fn for_loop(&mut self, tag: &Tag<'a>) -> Result<Node, LiquidError> {
        let mut cursor = Cursor::new(tag.markup);
        cursor.skip_space();
        let name = cursor.word().to_owned();
        if name.is_empty() || !cursor.eat_word("in") {
            return Err(LiquidError::Syntax(excerpt(tag.markup)));
        }
        let items = expr::expr(&mut cursor, 0)?;
        let (mut limit, mut offset, mut reversed) = (None, None, false);
        loop {
            cursor.skip_space();
            cursor.eat(",");
            cursor.skip_space();
            let word = cursor.word();
            cursor.skip_space();
            match word {
                "reversed" => reversed = true,
                "limit" if cursor.eat(":") => limit = Some(expr::expr(&mut cursor, 0)?),
                "offset" if cursor.eat(":") => offset = Some(expr::expr(&mut cursor, 0)?),
                _ => break,
            }
        }
        let (body, end) = self.block("for")?;
        let mut otherwise = Vec::new();
        match end {
            Some(end) if end.name == "else" => {
                let (rest, end) = self.block("for")?;
                otherwise = rest;
                expect(end, "endfor")?;
            }
            end => expect(end, "endfor")?,
        }
        let whole = For {
            name,
            items,
            limit,
            offset,
            reversed,
            body,
            otherwise,
        };
        Ok(Node::For(Box::new(whole)))
    }

    /// Passes over everything up to the tag `end` and gives it back as it stands.
    fn skip_to(&mut self, end: &str) -> Result<&'a str, LiquidError> {
        let mut from = 0;
        loop {
            let ahead = self.rest.get(from..).unwrap_or_default();
            let found = ahead.find("{%").ok_or_else(|| unclosed(end))?;
            let at = from + found;
            let after = self.rest.get(at + 2..).unwrap_or_default();
            let trimmed = after.trim_start_matches('-').trim_start();
            if let Some(tail) = trimmed.strip_prefix(end)
                && let Some((_, rest)) = tail.split_once("%}")
            {
                let skipped = self.rest.get(..at).unwrap_or_default();
                self.rest = rest;
                return Ok(skipped);
            }
            from = at + 2;
        }
    }
}

/// Tags without a body.
fn simple(name: &str, tag: &Tag<'_>) -> Result<Node, LiquidError> {
    match name {
        "assign" => {
            let mut cursor = Cursor::new(tag.markup);
            cursor.skip_space();
            let name = cursor.word().to_owned();
            cursor.skip_space();
            if name.is_empty() || !cursor.eat("=") {
                return Err(LiquidError::Syntax(excerpt(tag.markup)));
            }
            Ok(Node::Assign {
                name,
                value: expr::output(cursor.rest())?,
            })
        }
        "echo" => Ok(Node::Output(expr::output(tag.markup)?)),
        "increment" => Ok(Node::Count {
            name: name_in(tag)?,
            by: 1,
        }),
        "decrement" => Ok(Node::Count {
            name: name_in(tag)?,
            by: -1,
        }),
        "cycle" => cycle(tag.markup),
        "break" => Ok(Node::Break),
        "continue" => Ok(Node::Continue),
        other => Err(LiquidError::UnknownTag(excerpt(other))),
    }
}

fn cycle(markup: &str) -> Result<Node, LiquidError> {
    match markup.split_once(':') {
        Some((group, list)) if !group.contains(',') => Ok(Node::Cycle {
            group: group.trim().to_owned(),
            values: values(list)?,
        }),
        _ => Ok(Node::Cycle {
            group: markup.trim().to_owned(),
            values: values(markup)?,
        }),
    }
}

/// `a, b` or `a or b`.
fn values(markup: &str) -> Result<Vec<Expr>, LiquidError> {
    let mut cursor = Cursor::new(markup);
    let mut values = vec![expr::expr(&mut cursor, 0)?];
    loop {
        cursor.skip_space();
        if cursor.eat(",") || cursor.eat_word("or") {
            values.push(expr::expr(&mut cursor, 0)?);
        } else {
            return Ok(values);
        }
    }
}

fn name_in(tag: &Tag<'_>) -> Result<String, LiquidError> {
    let mut cursor = Cursor::new(tag.markup);
    cursor.skip_space();
    cursor.take_while(|c| c == '"' || c == '\'');
    let name = cursor.word();
    if name.is_empty() {
        return Err(LiquidError::Syntax(excerpt(tag.markup)));
    }
    Ok(name.to_owned())
}

fn is_part_of_a_block(name: &str) -> bool {
    matches!(name, "else" | "elsif" | "elseif" | "when") || name.starts_with("end")
}

fn expect(end: Option<Tag<'_>>, name: &str) -> Result<(), LiquidError> {
    match end {
        Some(tag) if tag.name == name => Ok(()),
        Some(tag) => Err(LiquidError::Unexpected(tag.name.to_owned())),
        None => Err(unclosed(name)),
    }
}

fn unclosed(name: &str) -> LiquidError {
    LiquidError::Unclosed(format!("{{% {name} %}}"))
}
