//! How good the checks are: precision and recall on snippets that were labelled by hand, in
//! `labelled/`, one file a check. The figures are printed; `docs/lint.md` has them.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test may fail it"
)]

use std::path::{Path, PathBuf};

use hookswitch_lint::language::Language;
use hookswitch_lint::{Check, Rules, scan};

struct Snippet {
    check: Check,
    language: &'static str,
    bad: bool,
    title: String,
    code: String,
}

/// What stands for a secret in the files, so that nobody's scanner takes them for ones.
fn secrets(text: &str) -> String {
    let hex = "7c1f09e2b45a83d6f0927be41c8d35a6";
    text.replace("{{SID}}", &format!("AC{hex}"))
        .replace("{{KEY}}", &format!("SK{hex}"))
        .replace("{{HEX}}", hex)
        .replace("{{TOKEN}}", hex)
        .replace("{{SECRET}}", "tR4wq9ZkLm2xV7bNc0Jy5HgPdS8aUeFi")
}

fn snippets() -> Vec<Snippet> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labelled");
    let mut all = Vec::new();
    for check in Check::ALL
        .iter()
        .filter(|check| **check != Check::Suppression)
    {
        let file = home.join(format!("{}.txt", check.name()));
        let text = format!("\n{}", std::fs::read_to_string(&file).unwrap());
        for part in text.split("\n=== ").skip(1) {
            let (head, code) = part.split_once('\n').unwrap();
            let (label, title) = head.split_once(": ").unwrap();
            let (language, verdict) = label.split_once(' ').unwrap();
            let language = ["js", "html", "py", "rb", "go", "php", "rs"]
                .into_iter()
                .find(|known| *known == language)
                .unwrap_or_else(|| panic!("{}: {head}", file.display()));
            all.push(Snippet {
                check: *check,
                language,
                bad: match verdict {
                    "positive" => true,
                    "negative" => false,
                    _ => panic!("{}: {head}", file.display()),
                },
                title: title.to_owned(),
                code: secrets(code),
            });
        }
    }
    all
}

fn is_found(rules: &Rules, snippet: &Snippet) -> bool {
    let path = PathBuf::from(format!("src/snippet.{}", snippet.language));
    let language = Language::of(&path).unwrap();
    scan::scan(rules, &path, &snippet.code, language)
        .iter()
        .any(|finding| finding.check == snippet.check)
}

#[derive(Default)]
struct Score {
    right: u32,
    wrong: u32,
    missed: u32,
}

impl Score {
    fn percent(part: u32, rest: u32) -> u32 {
        (part * 100).checked_div(part + rest).unwrap_or(100)
    }

    fn precision(&self) -> u32 {
        Self::percent(self.right, self.wrong)
    }

    fn recall(&self) -> u32 {
        Self::percent(self.right, self.missed)
    }
}

#[test]
fn each_check_finds_what_it_is_for_and_little_else() {
    let rules = Rules::load().unwrap();
    let snippets = snippets();
    let mut low = Vec::new();
    println!(
        "{:<34}{:>9}{:>10}{:>8}",
        "check", "snippets", "precision", "recall"
    );
    for check in Check::ALL
        .iter()
        .filter(|check| **check != Check::Suppression)
    {
        let mut score = Score::default();
        let of_it: Vec<&Snippet> = snippets.iter().filter(|s| s.check == *check).collect();
        for snippet in &of_it {
            let found = is_found(&rules, snippet);
            match (snippet.bad, found) {
                (true, true) => score.right += 1,
                (true, false) => score.missed += 1,
                (false, true) => score.wrong += 1,
                (false, false) => {}
            }
            if snippet.bad != found {
                let what = if found { "wrongly found" } else { "missed" };
                println!("  {what}: {} {}", snippet.language, snippet.title);
            }
        }
        let (precision, recall) = (score.precision(), score.recall());
        println!(
            "{:<34}{:>9}{precision:>9}%{recall:>7}%",
            check.name(),
            of_it.len()
        );
        if precision < 90 || recall < 90 {
            low.push(check.name());
        }
    }
    println!("{} snippets", snippets.len());
    assert!(low.is_empty(), "below 90 %: {low:?}");
}

#[test]
fn the_labelled_set_covers_every_check_in_every_language_both_ways() {
    let snippets = snippets();
    assert!(snippets.len() >= 120, "{}", snippets.len());
    for check in Check::ALL
        .iter()
        .filter(|check| **check != Check::Suppression)
    {
        for language in ["js", "py", "rb", "go", "php", "rs"] {
            for bad in [true, false] {
                let labelled =
                    |s: &&Snippet| s.check == *check && s.language == language && s.bad == bad;
                assert!(
                    snippets.iter().any(|s| labelled(&s)),
                    "{} {language} {bad}",
                    check.name()
                );
            }
        }
    }
}
