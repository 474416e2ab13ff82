//! One file: its code, the rules, the findings.

use std::path::Path;

use ast_grep_config::CombinedScan;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{Node, NodeMatch};
use ast_grep_language::{LanguageExt, SupportLang};

use crate::language::Language;
use crate::rules::{self, About, Rules};
use crate::suppress::{self, Comment};
use crate::{Check, Severity, walk};

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked for.
    pub check: Check,
    /// How much it matters.
    pub severity: Severity,
    /// The file, as it was given, with `/` between its parts.
    pub path: String,
    /// Where in the file.
    pub place: Place,
    /// What it is: one sentence, none of it from the code.
    pub message: String,
    /// The reason why it is allowed.
    pub allowed: Option<String>,
}

/// A part of a file. Lines and columns are from 1; columns count UTF-16 units, as SARIF does;
/// the end is the first column after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The first line.
    pub line: usize,
    /// The first column.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column after the last.
    pub end_column: usize,
}

type Tree<'t> = Node<'t, StrDoc<SupportLang>>;

/// What the rules find in a file, in the order of lines.
#[must_use]
pub fn scan(rules: &Rules, path: &Path, source: &str, language: Language) -> Vec<Finding> {
    let rules = rules.of(path, language.grammar());
    let code = language.code(source);
    let tree = language.grammar().ast_grep(&code);
    let shown = walk::shown(path);
    let mut findings = Vec::new();
    for (rule, matches) in CombinedScan::new(rules).scan(&tree, false).matches {
        // Every rule was asked when it was loaded.
        let Ok(about) = rules::about(rule) else {
            continue;
        };
        let mut places = places(&matches, about, &code);
        if about.once {
            places.truncate(1);
        }
        findings.extend(places.into_iter().map(|place| Finding {
            check: about.check,
            severity: about.check.severity(),
            path: shown.clone(),
            place,
            message: rule.message.clone(),
            allowed: None,
        }));
    }
    let root = tree.root();
    let nodes: Vec<Tree<'_>> = root
        .dfs()
        .filter(|node| node.kind().contains("comment") && node.is_named())
        .collect();
    let texts: Vec<_> = nodes.iter().map(Node::text).collect();
    let comments: Vec<Comment<'_>> = nodes
        .iter()
        .zip(&texts)
        .map(|(node, text)| comment(node, text, &code))
        .collect();
    suppress::apply(&comments, &shown, &mut findings);
    findings.sort_by_key(|finding| (finding.place, finding.check));
    findings
}

/// Where the matches are, in order, each place once.
fn places(matches: &[NodeMatch<'_, StrDoc<SupportLang>>], about: About, code: &str) -> Vec<Place> {
    let mut places: Vec<Place> = matches
        .iter()
        .map(|found| {
            let range = found.range();
            let end = match code.get(range.clone()).and_then(|text| text.find('\n')) {
                Some(line) if about.at_line => range.start + line,
                _ => range.end,
            };
            place(code, range.start, end)
        })
        .collect();
    places.sort_unstable();
    places.dedup();
    places
}

fn comment<'t>(node: &Tree<'_>, text: &'t str, code: &str) -> Comment<'t> {
    let range = node.range();
    let place = place(code, range.start, range.end.max(range.start));
    let before = code.get(..range.start).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let beside = if line.trim().is_empty() {
        // Alone: of the next line that is no comment and not blank.
        let after = code.get(range.end..).unwrap_or("");
        // Some grammars have the line's end in the comment.
        let (skip, lines) = match text.ends_with('\n') {
            true => (place.end_line - 1, after),
            false => (
                place.end_line,
                after.split_once('\n').map_or("", |(_, rest)| rest),
            ),
        };
        let blank = |line: &&str| {
            let line = line.trim();
            line.is_empty()
                || ["//", "#", "*", "/*", "<!--"]
                    .iter()
                    .any(|m| line.starts_with(m))
        };
        skip + 1 + lines.lines().take_while(blank).count()
    } else {
        place.line
    };
    Comment {
        text,
        place,
        beside,
    }
}

fn place(code: &str, start: usize, end: usize) -> Place {
    let (line, column) = position(code, start);
    let (end_line, end_column) = position(code, end);
    Place {
        line,
        column,
        end_line,
        end_column,
    }
}

fn position(code: &str, at: usize) -> (usize, usize) {
    let before = code.get(..at).unwrap_or(code);
    let line = before.rsplit('\n').next().unwrap_or("");
    let units = line.encode_utf16().count();
    (before.matches('\n').count() + 1, units + 1)
}
