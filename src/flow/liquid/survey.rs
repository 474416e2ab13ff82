//! What a template refers to, found without running it: paths for pruning the context
//! and for the static check, names it makes itself, filters that Liquid does not have.

use super::{
    expr::{Chain, Comparison, Expr, Part, PathExpr},
    filter,
    parse::{For, Node},
};
use crate::sorted::SortedSet;
use serde_json::Value;

/// The known beginning of a path: `widgets`, `menu`, `Digits`. It ends where an index
/// is computed, so whatever lies below may be read.
pub type Path = Vec<String>;

/// References of one template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Every path that is read, without those that start at a name of `locals`.
    pub paths: SortedSet<Path>,
    /// Names that the template makes: `assign`, `capture`, loop variables.
    pub locals: SortedSet<String>,
    /// Filters that do not exist; they pass their input through.
    pub unknown_filters: SortedSet<String>,
}

pub(super) fn survey(nodes: &[Node]) -> Survey {
    let mut found = Survey::default();
    found.locals.insert("forloop".to_owned());
    found.nodes(nodes);
    let locals = found.locals.clone();
    found
        .paths
        .retain(|path| path.first().is_none_or(|root| !locals.contains(root)));
    found
}

impl Survey {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.node(node);
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Text(_) | Node::Break | Node::Continue => {}
            Node::Output(chain) => self.chain(chain),
            Node::Assign { name, value } => {
                self.locals.insert(name.clone());
                self.chain(value);
            }
            Node::Capture { name, body } => {
                self.locals.insert(name.clone());
                self.nodes(body);
            }
            Node::If {
                branches,
                otherwise,
                ..
            } => {
                for (test, body) in branches {
                    self.comparison(&test.first);
                    for (_, comparison) in &test.joined {
                        self.comparison(comparison);
                    }
                    self.nodes(body);
                }
                self.nodes(otherwise);
            }
            Node::Case {
                subject,
                branches,
                otherwise,
            } => {
                self.chain(subject);
                for (values, body) in branches {
                    self.exprs(values);
                    self.nodes(body);
                }
                self.nodes(otherwise);
            }
            Node::For(whole) => self.for_loop(whole),
            Node::Cycle { values, .. } => self.exprs(values),
            Node::Count { name, .. } => {
                self.locals.insert(name.clone());
            }
        }
    }

    fn for_loop(&mut self, whole: &For) {
        self.locals.insert(whole.name.clone());
        self.expr(&whole.items);
        for expr in [&whole.limit, &whole.offset].into_iter().flatten() {
            self.expr(expr);
        }
        self.nodes(&whole.body);
        self.nodes(&whole.otherwise);
    }

    fn comparison(&mut self, comparison: &Comparison) {
        self.chain(&comparison.left);
        if let Some((_, right)) = &comparison.right {
            self.chain(right);
        }
    }

    fn chain(&mut self, chain: &Chain) {
        self.expr(&chain.first);
        for used in &chain.filters {
            if !filter::NAMES.contains(&used.name.as_str()) {
                self.unknown_filters.insert(used.name.clone());
            }
            self.exprs(&used.arguments);
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Literal(_) | Expr::Empty | Expr::Blank => {}
            Expr::Range(ends) => {
                self.expr(&ends.0);
                self.expr(&ends.1);
            }
            Expr::Path(path) => self.path(path),
        }
    }

    fn path(&mut self, path: &PathExpr) {
        let mut known = true;
        let mut keys = Path::new();
        if !path.root.is_empty() {
            keys.push(path.root.clone());
        }
        for part in &path.parts {
            match part {
                Part::Key(key) if known => keys.push(key.clone()),
                Part::Key(_) => {}
                Part::Index(Expr::Literal(Value::String(key))) if known => {
                    keys.push(key.clone());
                }
                Part::Index(index) => {
                    known = false;
                    self.expr(index);
                }
            }
        }
        self.paths.insert(keys);
    }
}
