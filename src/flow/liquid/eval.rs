//! Running a parsed template. Every node, loop turn and copied byte is charged to the
//! step budget, so neither time nor memory can run away.

use super::{
    Clock, LiquidError, MAX_OUTPUT, MAX_STEPS,
    expr::{Chain, Comparison, Expr, Joint, Operator, Part, PathExpr, Test},
    filter,
    number::{number, whole},
    parse::{For, Node},
};
use crate::sorted::SortedMap;
use serde_json::{Map, Value};
use std::{borrow::Cow, cell::Cell, cmp::Ordering};

pub(super) fn render(nodes: &[Node], globals: &Value, clock: Clock) -> Result<String, LiquidError> {
    let mut machine = Machine {
        globals,
        clock,
        assigned: SortedMap::new(),
        loops: Vec::new(),
        counters: SortedMap::new(),
        cycles: SortedMap::new(),
        steps: Cell::new(MAX_STEPS),
    };
    let mut out = String::new();
    machine.nodes(nodes, &mut out)?;
    Ok(out)
}

struct Machine<'a> {
    globals: &'a Value,
    clock: Clock,
    assigned: SortedMap<String, Value>,
    loops: Vec<Turn>,
    counters: SortedMap<String, i64>,
    cycles: SortedMap<String, usize>,
    steps: Cell<u32>,
}

/// Where a `for` loop stands.
struct Turn {
    name: String,
    item: Value,
    index: usize,
    length: usize,
}

enum Signal {
    Next,
    Break,
    Continue,
}

impl Machine<'_> {
    fn charge(&self, cost: usize) -> Result<(), LiquidError> {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        match self.steps.get().checked_sub(cost) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(LiquidError::TooManySteps),
        }
    }

    fn nodes(&mut self, nodes: &[Node], out: &mut String) -> Result<Signal, LiquidError> {
        for node in nodes {
            self.charge(1)?;
            match self.node(node, out)? {
                Signal::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Signal::Next)
    }

    fn node(&mut self, node: &Node, out: &mut String) -> Result<Signal, LiquidError> {
        match node {
            Node::Text(text) => append(out, text)?,
            Node::Output(chain) => {
                let value = self.chain(chain)?;
                append(out, &text_of(&value))?;
            }
            Node::Assign { name, value } => {
                let value = self.chain(value)?.into_owned();
                self.charge(weight(&value))?;
                self.assigned.insert(name.clone(), value);
            }
            Node::Capture { name, body } => {
                let mut captured = String::new();
                let signal = self.nodes(body, &mut captured)?;
                self.charge(captured.len() / 32)?;
                self.assigned.insert(name.clone(), Value::String(captured));
                return Ok(signal);
            }
            Node::If {
                negated,
                branches,
                otherwise,
            } => {
                for (index, (test, body)) in branches.iter().enumerate() {
                    if self.test(test)? != (*negated && index == 0) {
                        return self.nodes(body, out);
                    }
                }
                return self.nodes(otherwise, out);
            }
            Node::Case {
                subject,
                branches,
                otherwise,
            } => {
                return self.case(subject, branches, otherwise, out);
            }
            Node::For(whole) => self.for_loop(whole, out)?,
            Node::Cycle { group, values } => {
                let turn = self.cycles.or_insert_with(group.clone(), || 0);
                let index = *turn % values.len().max(1);
                *turn += 1;
                if let Some(value) = values.get(index) {
                    let value = self.expr(value)?;
                    append(out, &text_of(&value))?;
                }
            }
            Node::Count { name, by } => self.count(name, *by, out)?,
            Node::Break => return Ok(Signal::Break),
            Node::Continue => return Ok(Signal::Continue),
        }
        Ok(Signal::Next)
    }

    fn case(
        &mut self,
        subject: &Chain,
        branches: &[(Vec<Expr>, Vec<Node>)],
        otherwise: &[Node],
        out: &mut String,
    ) -> Result<Signal, LiquidError> {
        let subject = self.chain(subject)?.into_owned();
        self.charge(weight(&subject))?;
        for (values, body) in branches {
            for value in values {
                if equal(&subject, &*self.expr(value)?) {
                    return self.nodes(body, out);
                }
            }
        }
        self.nodes(otherwise, out)
    }

    fn for_loop(&mut self, whole: &For, out: &mut String) -> Result<(), LiquidError> {
        let mut items = self.items(&whole.items)?;
        let offset = self.count_of(whole.offset.as_ref())?.unwrap_or(0);
        items.drain(..offset.min(items.len()));
        if let Some(limit) = self.count_of(whole.limit.as_ref())? {
            items.truncate(limit);
        }
        if whole.reversed {
            items.reverse();
        }
        if items.is_empty() {
            self.nodes(&whole.otherwise, out)?;
            return Ok(());
        }
        let length = items.len();
        for (index, item) in items.into_iter().enumerate() {
            self.charge(1)?;
            self.loops.push(Turn {
                name: whole.name.clone(),
                item,
                index,
                length,
            });
            let signal = self.nodes(&whole.body, out);
            self.loops.pop();
            if matches!(signal?, Signal::Break) {
                break;
            }
        }
        Ok(())
    }

    fn count_of(&self, expr: Option<&Expr>) -> Result<Option<usize>, LiquidError> {
        let Some(expr) = expr else { return Ok(None) };
        let value = self.expr(expr)?;
        Ok(Some(usize::try_from(whole(&value)).unwrap_or(0)))
    }

    fn items(&self, expr: &Expr) -> Result<Vec<Value>, LiquidError> {
        if let Expr::Range(ends) = expr {
            let (from, to) = (whole(&*self.expr(&ends.0)?), whole(&*self.expr(&ends.1)?));
            let length = usize::try_from(to.saturating_sub(from).saturating_add(1));
            self.charge(length.unwrap_or(0))?;
            return Ok((from..=to).map(Value::from).collect());
        }
        let value = self.expr(expr)?;
        self.charge(weight(&value))?;
        Ok(match value.into_owned() {
            Value::Array(items) => items,
            Value::Object(map) => map
                .into_iter()
                .map(|(k, v)| Value::Array(vec![Value::from(k), v]))
                .collect(),
            Value::Null => Vec::new(),
            Value::String(text) if text.is_empty() => Vec::new(),
            other => vec![other],
        })
    }

    fn count(&mut self, name: &str, by: i64, out: &mut String) -> Result<(), LiquidError> {
        let counter = self.counters.or_insert_with(name.to_owned(), || 0);
        let before = *counter;
        *counter = before.saturating_add(by);
        let shown = if by > 0 { before } else { *counter };
        append(out, &shown.to_string())
    }

    /// Liquid has no precedence between `and` and `or`: the rightmost pair comes first.
    fn test(&self, test: &Test) -> Result<bool, LiquidError> {
        let last = test
            .joined
            .last()
            .map_or(&test.first, |(_, comparison)| comparison);
        let mut result = self.comparison(last)?;
        for (index, (joint, _)) in test.joined.iter().enumerate().rev() {
            let left = match index.checked_sub(1).and_then(|i| test.joined.get(i)) {
                Some((_, comparison)) => comparison,
                None => &test.first,
            };
            result = match joint {
                Joint::And => result && self.comparison(left)?,
                Joint::Or => result || self.comparison(left)?,
            };
        }
        Ok(result)
    }

    fn comparison(&self, comparison: &Comparison) -> Result<bool, LiquidError> {
        self.charge(1)?;
        let left = self.chain(&comparison.left)?;
        let Some((operator, right)) = &comparison.right else {
            return Ok(truthy(&left));
        };
        let special = |chain: &Chain| match chain.first {
            Expr::Empty if chain.filters.is_empty() => Some(is_empty as fn(&Value) -> bool),
            Expr::Blank if chain.filters.is_empty() => Some(is_blank as fn(&Value) -> bool),
            _ => None,
        };
        let other = self.chain(right)?;
        let same = match (special(&comparison.left), special(right)) {
            (_, Some(is)) => is(&left),
            (Some(is), None) => is(&other),
            (None, None) => equal(&left, &other),
        };
        Ok(match operator {
            Operator::Equal => same,
            Operator::NotEqual => !same,
            Operator::Contains => contains(&left, &other),
            Operator::Less => order(&left, &other) == Some(Ordering::Less),
            Operator::Greater => order(&left, &other) == Some(Ordering::Greater),
            Operator::LessOrEqual => order(&left, &other).is_some_and(Ordering::is_le),
            Operator::GreaterOrEqual => order(&left, &other).is_some_and(Ordering::is_ge),
        })
    }

    fn chain(&self, chain: &Chain) -> Result<Cow<'_, Value>, LiquidError> {
        let mut value = self.expr(&chain.first)?;
        for used in &chain.filters {
            let mut arguments = Vec::with_capacity(used.arguments.len());
            for argument in &used.arguments {
                arguments.push(self.expr(argument)?.into_owned());
            }
            let result = filter::apply(&used.name, &value, &arguments, self.clock)?;
            let cost = weight(&result) + arguments.iter().map(weight).sum::<usize>();
            self.charge(1 + cost + weight(&value))?;
            value = Cow::Owned(result);
        }
        Ok(value)
    }

    fn expr(&self, expr: &Expr) -> Result<Cow<'_, Value>, LiquidError> {
        self.charge(1)?;
        Ok(match expr {
            Expr::Literal(value) => Cow::Owned(value.clone()),
            Expr::Empty | Expr::Blank => Cow::Owned(Value::from("")),
            Expr::Range(_) => Cow::Owned(Value::Array(self.items(expr)?)),
            Expr::Path(path) => self.path(path)?,
        })
    }

    fn path(&self, path: &PathExpr) -> Result<Cow<'_, Value>, LiquidError> {
        let mut value = self.root(&path.root);
        for part in &path.parts {
            self.charge(1)?;
            let index = match part {
                Part::Key(key) => Cow::Owned(Value::from(key.as_str())),
                Part::Index(index) => self.expr(index)?,
            };
            value = match value {
                Cow::Borrowed(value) => step(value, &index),
                Cow::Owned(value) => Cow::Owned(step(&value, &index).into_owned()),
            };
        }
        Ok(value)
    }

    fn root(&self, name: &str) -> Cow<'_, Value> {
        if name.is_empty() {
            return Cow::Borrowed(self.globals);
        }
        if let Some(turn) = self.loops.iter().rev().find(|turn| turn.name == name) {
            return Cow::Borrowed(&turn.item);
        }
        if name == "forloop"
            && let Some(turn) = self.loops.last()
        {
            return Cow::Owned(forloop(turn));
        }
        if let Some(value) = self.assigned.get(name) {
            return Cow::Borrowed(value);
        }
        if let Some(value) = self.globals.get(name) {
            return Cow::Borrowed(value);
        }
        let counter = self
            .counters
            .get(name)
            .map_or(Value::Null, |c| Value::from(*c));
        Cow::Owned(counter)
    }
}

fn forloop(turn: &Turn) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("index", Value::from(turn.index + 1));
    set("index0", Value::from(turn.index));
    set("rindex", Value::from(turn.length - turn.index));
    set("rindex0", Value::from(turn.length - turn.index - 1));
    set("first", Value::from(turn.index == 0));
    set("last", Value::from(turn.index + 1 == turn.length));
    set("length", Value::from(turn.length));
    Value::Object(fields)
}

/// One step down a path: a key of an object, an index of a list, or `size`, `first`,
/// `last`.
fn step<'v>(value: &'v Value, index: &Value) -> Cow<'v, Value> {
    let found = match value {
        Value::Object(map) => match index {
            Value::String(key) => map.get(key),
            other => map.get(&*text_of(other)),
        },
        Value::Array(items) => match index {
            Value::String(key) if key == "first" => items.first(),
            Value::String(key) if key == "last" => items.last(),
            other => number(other).and_then(|_| item(items, whole(other))),
        },
        _ => None,
    };
    if let Some(found) = found {
        return Cow::Borrowed(found);
    }
    if index.as_str() == Some("size") {
        return Cow::Owned(size(value));
    }
    Cow::Owned(Value::Null)
}

fn item(items: &[Value], index: i64) -> Option<&Value> {
    let at = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 {
        items.get(items.len().checked_sub(at)?)
    } else {
        items.get(at)
    }
}

pub(super) fn size(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(text.chars().count()),
        Value::Array(items) => Value::from(items.len()),
        Value::Object(map) => Value::from(map.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) => Value::Null,
    }
}

pub(super) fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        other => is_empty(other),
    }
}

pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => order(left, right) == Some(Ordering::Equal),
        _ => left == right,
    }
}

/// Numbers, and texts that spell numbers, by value; other texts by their letters.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return left.as_f64().partial_cmp(&right.as_f64());
    }
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// An order of all values, for sorting: numbers, then texts, then the rest.
pub(super) fn total_order(left: &Value, right: &Value) -> Ordering {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.as_f64().total_cmp(&right.as_f64()),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        },
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match whole {
        Value::String(text) => !part.is_null() && text.contains(&*text_of(part)),
        Value::Array(items) => items.iter().any(|item| equal(item, part)),
        Value::Object(map) => map.contains_key(&*text_of(part)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn append(out: &mut String, text: &str) -> Result<(), LiquidError> {
    if out.len() + text.len() > MAX_OUTPUT {
        return Err(LiquidError::TooMuchOutput);
    }
    out.push_str(text);
    Ok(())
}

/// How a value is shown. Objects look as they do in Studio: `{key=value, key=value}`.
pub(super) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(items) => Cow::Owned(items.iter().map(text_of).collect()),
        Value::Object(_) => {
            let mut out = String::new();
            write_nested(value, &mut out);
            Cow::Owned(out)
        }
        Value::Bool(_) | Value::Number(_) => Cow::Owned(value.to_string()),
    }
}

/// Java's `toString` of maps and lists.
fn write_nested(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(key);
                out.push('=');
                write_nested(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_nested(item, out);
            }
            out.push(']');
        }
        Value::Null => out.push_str("null"),
        other => out.push_str(&text_of(other)),
    }
}

/// What a value costs to copy, in steps.
fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => 1 + text.len() / 32,
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => {
            1 + map
                .iter()
                .map(|(key, item)| 1 + key.len() / 32 + weight(item))
                .sum::<usize>()
        }
    }
}
