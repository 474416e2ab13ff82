//! Which language a file is in, and what of it is code.

use std::path::Path;

use ast_grep_language::SupportLang;

/// A language with rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// JavaScript, TypeScript and JSX: one grammar reads them.
    JavaScript,
    /// The scripts of an HTML, Vue or Svelte file.
    Page,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Go.
    Go,
    /// PHP.
    Php,
    /// Rust.
    Rust,
}

impl Language {
    /// The language by the file's name; `None` for a file without rules.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if name.contains(".min.") {
            return None;
        }
        if name == "Rakefile" || name == "config.ru" {
            return Some(Self::Ruby);
        }
        match path.extension()?.to_str()? {
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => Some(Self::JavaScript),
            "html" | "htm" | "vue" | "svelte" => Some(Self::Page),
            "py" => Some(Self::Python),
            "rb" | "rake" => Some(Self::Ruby),
            "go" => Some(Self::Go),
            "php" => Some(Self::Php),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }

    /// The grammar.
    #[must_use]
    pub fn grammar(self) -> SupportLang {
        match self {
            Self::JavaScript | Self::Page => SupportLang::Tsx,
            Self::Python => SupportLang::Python,
            Self::Ruby => SupportLang::Ruby,
            Self::Go => SupportLang::Go,
            Self::Php => SupportLang::Php,
            Self::Rust => SupportLang::Rust,
        }
    }

    /// The text to parse: every byte where it is in the file.
    #[must_use]
    pub fn code(self, source: &str) -> String {
        match self {
            Self::Page => scripts(source),
            _ => source.to_owned(),
        }
    }
}

/// A page with all but its scripts blanked, so that lines and columns stay. What is in a page
/// runs in a browser; the directive at the end says so to the rules.
fn scripts(page: &str) -> String {
    let mut code = String::with_capacity(page.len() + 16);
    let mut rest = page;
    while let Some((before, tag, after)) = next_tag(rest, "<script") {
        blank(before, &mut code);
        let Some(end) = after.find('>') else {
            rest = "";
            break;
        };
        let (attributes, body) = after.split_at(end + 1);
        blank(tag, &mut code);
        blank(attributes, &mut code);
        let (script, close, tail) = next_tag(body, "</script").unwrap_or((body, "", ""));
        code.push_str(script);
        // What ends a script ends its last statement.
        code.push_str(if close.is_empty() { "" } else { ";" });
        blank(close.get(1..).unwrap_or(""), &mut code);
        rest = tail;
    }
    blank(rest, &mut code);
    code.push_str("\n;'use client';\n");
    code
}

/// Splits around the next such tag, in any case.
fn next_tag<'t>(text: &'t str, tag: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let at = text
        .as_bytes()
        .windows(tag.len())
        .position(|window| window.eq_ignore_ascii_case(tag.as_bytes()))?;
    let (before, rest) = text.split_at_checked(at)?;
    let (tag, after) = rest.split_at_checked(tag.len())?;
    Some((before, tag, after))
}

fn blank(text: &str, code: &mut String) {
    for byte in text.bytes() {
        code.push(if byte == b'\n' { '\n' } else { ' ' });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_the_place_of_every_byte_of_its_scripts() {
        let page = "<p>é\n<SCRIPT type=x>\nlet a = 'é';</script> <b>";
        let code = Language::Page.code(page);
        assert_eq!(code.find("let a"), page.find("let a"));
        assert_eq!(code.matches('\n').count(), page.matches('\n').count() + 2);
        assert!(!code.contains("<b>"));
        assert!(code.contains("'é';;"));
    }

    #[test]
    fn what_a_tool_wrote_is_not_code() {
        assert_eq!(Language::of(Path::new("dist/app.min.js")), None);
        assert_eq!(Language::of(Path::new("README.md")), None);
        assert_eq!(Language::of(Path::new("Rakefile")), Some(Language::Ruby));
    }
}
