//! Expressions inside `{{ }}` and `{% %}`: literals, paths, ranges, filters, tests, and
//! their parser. It is as forgiving as Studio: blanks anywhere around dots and bars,
//! names with hyphens and inner spaces, and rubbish after a complete expression is
//! passed over instead of refused.

use super::{LiquidError, cursor::Cursor};
use serde_json::{Number, Value};

/// Brackets and ranges nest no deeper than this.
const MAX_NESTING: usize = 12;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Literal(Value),
    /// The `empty` of `x == empty`.
    Empty,
    /// The `blank` of `x == blank`.
    Blank,
    Path(PathExpr),
    Range(Box<(Expr, Expr)>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct PathExpr {
    pub(super) root: String,
    pub(super) parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Key(String),
    Index(Expr),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) arguments: Vec<Expr>,
}

/// An expression and the filters it runs through.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    pub(super) first: Expr,
    pub(super) filters: Vec<Filter>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    pub(super) left: Chain,
    pub(super) right: Option<(Operator, Chain)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    And,
    Or,
}

/// `first` and what is joined to it. Liquid has no precedence: it is evaluated from the
/// right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Test {
    pub(super) first: Comparison,
    pub(super) joined: Vec<(Joint, Comparison)>,
}

pub(super) fn chain(cursor: &mut Cursor<'_>) -> Result<Chain, LiquidError> {
    let first = expr(cursor, 0)?;
    let mut filters = Vec::new();
    loop {
        cursor.skip_space();
        if !cursor.eat("|") {
            break;
        }
        filters.push(filter(cursor)?);
    }
    Ok(Chain { first, filters })
}

/// A whole `{{ }}`: like [`chain`], and stray text between the filters is passed over.
pub(super) fn output(markup: &str) -> Result<Chain, LiquidError> {
    let mut cursor = Cursor::new(markup);
    cursor.skip_space();
    if cursor.rest().is_empty() {
        return Ok(Chain {
            first: Expr::Literal(Value::Null),
            filters: Vec::new(),
        });
    }
    let mut whole = chain(&mut cursor)?;
    while cursor.take_until("|").is_some() {
        whole.filters.push(filter(&mut cursor)?);
        let more = chain_tail(&mut cursor)?;
        whole.filters.extend(more);
    }
    Ok(whole)
}

fn chain_tail(cursor: &mut Cursor<'_>) -> Result<Vec<Filter>, LiquidError> {
    let mut filters = Vec::new();
    loop {
        cursor.skip_space();
        if !cursor.eat("|") {
            return Ok(filters);
        }
        filters.push(filter(cursor)?);
    }
}

fn filter(cursor: &mut Cursor<'_>) -> Result<Filter, LiquidError> {
    cursor.skip_space();
    let name = cursor.word().to_owned();
    let mut arguments = Vec::new();
    cursor.skip_space();
    if cursor.eat(":") {
        loop {
            // A named argument (`allow_false: true`): the name is not needed.
            let mut ahead = *cursor;
            ahead.skip_space();
            if !ahead.word().is_empty() {
                ahead.skip_space();
                if ahead.eat(":") {
                    *cursor = ahead;
                }
            }
            arguments.push(expr(cursor, 0)?);
            cursor.skip_space();
            if !cursor.eat(",") {
                break;
            }
        }
    }
    Ok(Filter { name, arguments })
}

pub(super) fn expr(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, LiquidError> {
    if depth > MAX_NESTING {
        return Err(LiquidError::TooDeep);
    }
    cursor.skip_space();
    match cursor.peek() {
        Some(quote @ ('"' | '\'')) => {
            let mut ends = [0; 4];
            let quote: &str = quote.encode_utf8(&mut ends);
            cursor.eat(quote);
            let text = cursor
                .take_until(quote)
                .ok_or(LiquidError::UnclosedString)?;
            Ok(Expr::Literal(Value::from(text)))
        }
        Some('(') => range(cursor, depth),
        Some('[') => path(String::new(), cursor, depth),
        Some(digit) if digit.is_ascii_digit() => Ok(number(cursor)),
        Some('-') => {
            let mut ahead = *cursor;
            ahead.eat("-");
            if ahead.peek().is_some_and(|c| c.is_ascii_digit()) {
                Ok(number(cursor))
            } else {
                Err(LiquidError::Syntax(excerpt(cursor.rest())))
            }
        }
        _ => {
            let word = cursor.word();
            if word.is_empty() {
                return Err(LiquidError::Syntax(excerpt(cursor.rest())));
            }
            let plain = !cursor.rest().trim_start().starts_with(['.', '[']);
            match word {
                "true" if plain => Ok(Expr::Literal(Value::Bool(true))),
                "false" if plain => Ok(Expr::Literal(Value::Bool(false))),
                "nil" | "null" if plain => Ok(Expr::Literal(Value::Null)),
                "empty" if plain => Ok(Expr::Empty),
                "blank" if plain => Ok(Expr::Blank),
                _ => path(word.to_owned(), cursor, depth),
            }
        }
    }
}

fn range(cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, LiquidError> {
    cursor.eat("(");
    let from = expr(cursor, depth + 1)?;
    cursor.skip_space();
    if !cursor.eat("..") {
        return Err(LiquidError::Syntax(excerpt(cursor.rest())));
    }
    let to = expr(cursor, depth + 1)?;
    cursor.skip_space();
    if !cursor.eat(")") {
        return Err(LiquidError::Syntax(excerpt(cursor.rest())));
    }
    Ok(Expr::Range(Box::new((from, to))))
}

fn number(cursor: &mut Cursor<'_>) -> Expr {
    let sign = if cursor.eat("-") { "-" } else { "" };
    let whole = cursor.take_while(|c| c.is_ascii_digit());
    let mut ahead = *cursor;
    if ahead.eat(".") {
        let fraction = ahead.take_while(|c| c.is_ascii_digit());
        if !fraction.is_empty() {
            *cursor = ahead;
            let float = format!("{sign}{whole}.{fraction}").parse::<f64>().ok();
            return Expr::Literal(
                float
                    .and_then(Number::from_f64)
                    .map_or(Value::Null, Value::Number),
            );
        }
    }
    let text = format!("{sign}{whole}");
    let value = text.parse::<i64>().map(Value::from);
    Expr::Literal(value.unwrap_or_else(|_| Value::from(text.parse::<f64>().unwrap_or(0.0))))
}

fn path(root: String, cursor: &mut Cursor<'_>, depth: usize) -> Result<Expr, LiquidError> {
    let mut parts = Vec::new();
    loop {
        let mut ahead = *cursor;
        ahead.skip_space();
        if ahead.rest().starts_with("..") {
            break;
        }
        if ahead.eat(".") {
            ahead.skip_space();
            let key = key(&mut ahead);
            if key.is_empty() {
                break;
            }
            parts.push(Part::Key(key));
        } else if ahead.eat("[") {
            let index = expr(&mut ahead, depth + 1)?;
            ahead.skip_space();
            if !ahead.eat("]") {
                return Err(LiquidError::Syntax(excerpt(ahead.rest())));
            }
            parts.push(Part::Index(index));
        } else {
            break;
        }
        *cursor = ahead;
    }
    Ok(Expr::Path(PathExpr { root, parts }))
}

/// Words that follow a path and are not part of a name.
const RESERVED: [&str; 8] = [
    "and", "or", "contains", "in", "reversed", "limit", "offset", "with",
];

/// One key of a path. A widget's name may hold spaces, so words that follow belong to
/// the key unless they mean something to Liquid.
fn key(cursor: &mut Cursor<'_>) -> String {
    let mut name = cursor.word().to_owned();
    loop {
        let mut ahead = *cursor;
        let blank = ahead.take_while(|c| c == ' ');
        let word = ahead.word();
        if blank.is_empty() || word.is_empty() || RESERVED.contains(&word) {
            return name;
        }
        if ahead.rest().trim_start().starts_with(':') {
            return name;
        }
        name.push_str(blank);
        name.push_str(word);
        *cursor = ahead;
    }
}

pub(super) fn test(markup: &str) -> Result<Test, LiquidError> {
    let mut cursor = Cursor::new(markup);
    let first = comparison(&mut cursor)?;
    let mut joined = Vec::new();
    loop {
        if cursor.eat_word("and") {
            joined.push((Joint::And, comparison(&mut cursor)?));
        } else if cursor.eat_word("or") {
            joined.push((Joint::Or, comparison(&mut cursor)?));
        } else {
            return Ok(Test { first, joined });
        }
    }
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Comparison, LiquidError> {
    let left = chain(cursor)?;
    cursor.skip_space();
    let symbols = [
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<>", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];
    for (symbol, operator) in symbols {
        if cursor.eat(symbol) {
            return Ok(Comparison {
                left,
                right: Some((operator, chain(cursor)?)),
            });
        }
    }
    let right = if cursor.eat_word("contains") {
        Some((Operator::Contains, chain(cursor)?))
    } else {
        None
    };
    Ok(Comparison { left, right })
}

/// The start of `text`, for an error message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(markup: &str) -> Vec<String> {
        let Expr::Path(path) = output(markup).unwrap().first else {
            panic!("{markup} is not a path");
        };
        let mut keys = vec![path.root];
        for part in path.parts {
            match part {
                Part::Key(key) => keys.push(key),
                Part::Index(index) => keys.push(format!("{index:?}")),
            }
        }
        keys
    }

    #[test]
    fn a_path_may_hold_blanks_hyphens_and_newlines() {
        let wanted = ["widgets", "ask-name", "inbound", "Body"];
        assert_eq!(keys("widgets.ask-name.inbound.Body"), wanted);
        assert_eq!(keys(" widgets. ask-name .inbound.\n Body "), wanted);
        assert_eq!(
            keys("widgets.Ask  Name.Digits"),
            ["widgets", "Ask  Name", "Digits"]
        );
        assert_eq!(keys("widgets.Menü.x"), ["widgets", "Menü", "x"]);
    }

    #[test]
    fn a_filter_needs_no_blanks() {
        let chain = output("x|plus:1| append :'a'").unwrap();
        let names: Vec<_> = chain.filters.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["plus", "append"]);
        assert_eq!(chain.filters[0].arguments, [Expr::Literal(Value::from(1))]);
    }

    #[test]
    fn rubbish_between_filters_is_passed_over() {
        let chain = output("x ! ! | upcase 'stray' | strip").unwrap();
        let names: Vec<_> = chain.filters.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["upcase", "strip"]);
    }

    #[test]
    fn deep_brackets_are_refused_not_followed() {
        let deep = format!("{}x{}", "a[".repeat(500), "]".repeat(500));
        assert_eq!(output(&deep), Err(LiquidError::TooDeep));
    }
}
