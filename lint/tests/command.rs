//! The command as people and their CI use it.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test may fail it"
)]

use std::fs;
use std::path::PathBuf;

use hookswitch_lint::{Check, Verdict, run};
use serde_json::Value;

/// A folder of this test's own, gone with it.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root =
            std::env::temp_dir().join(format!("hookswitch-lint-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(root)
    }

    fn lint(&self, options: &[&str]) -> (Verdict, String) {
        let mut arguments = vec![self.0.display().to_string()];
        arguments.extend(options.iter().map(ToString::to_string));
        let mut out = Vec::new();
        let verdict = run(&arguments, &mut out).unwrap();
        (verdict, String::from_utf8(out).unwrap())
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn token() -> String {
    "7c1f09e2b45a83d6f0927be41c8d35a6".to_owned()
}

fn leak() -> String {
    format!("TWILIO_AUTH_TOKEN = '{}'\n", token())
}

#[test]
fn an_error_is_exit_code_1_and_a_warning_only_when_strict() {
    let clean = Tree::new("clean", &[("a.py", "print('hello')\n")]);
    assert_eq!(clean.lint(&[]).0, Verdict::Clean);
    let leak = Tree::new("leak", &[("a.py", &leak())]);
    assert_eq!(leak.lint(&[]).0.code(), 1);
    let number = Tree::new("number", &[("a.js", "const from = '+14155552671';\n")]);
    assert_eq!(number.lint(&[]).0.code(), 0);
    assert_eq!(number.lint(&["--strict"]).0.code(), 1);
    assert_eq!(
        number
            .lint(&["--strict", "--only", "hard-coded-sid"])
            .0
            .code(),
        0
    );
}

#[test]
fn what_cannot_be_done_is_no_verdict() {
    let run = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        run(&arguments, &mut Vec::new())
    };
    assert!(run(&[]).is_err());
    assert!(run(&["/no/such/path"]).is_err());
    assert!(run(&[".", "--only", "no-such-check"]).is_err());
    assert!(run(&[".", "--format", "xml"]).is_err());
    assert!(run(&[".", "--colour"]).is_err());
    assert!(run(&["help"]).is_ok());
}

#[test]
fn no_secret_that_was_found_stands_in_a_report() {
    let tree = Tree::new("secret", &[("a.py", &leak())]);
    for format in ["text", "sarif"] {
        let (_, report) = tree.lint(&["--format", format]);
        assert!(report.contains("hard-coded-auth-token"), "{report}");
        assert!(!report.contains(&token()));
    }
}

#[test]
fn what_gitignore_names_and_code_of_others_is_not_read() {
    let leak = leak();
    let tree = Tree::new(
        "ignored",
        &[
            (".gitignore", "/build\n*.gen.py\n"),
            ("build/a.py", &leak),
            ("b.gen.py", &leak),
            ("node_modules/x/a.py", &leak),
            ("vendor/a.py", &leak),
            ("c.py", "x = 1\n"),
        ],
    );
    let (verdict, report) = tree.lint(&[]);
    assert_eq!(verdict, Verdict::Clean, "{report}");
    assert!(report.starts_with("1 files:"), "{report}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let tree = Tree::new("binary", &[("a.py", "x = 1\n")]);
    fs::write(tree.0.join("b.py"), [0xff, 0xfe, 0]).unwrap();
    fs::write(tree.0.join("c.js"), " ".repeat(1_000_001)).unwrap();
    let (_, report) = tree.lint(&[]);
    assert!(report.contains("b.py: left out, not UTF-8"), "{report}");
    assert!(report.contains("c.js: left out, larger than"), "{report}");
    assert!(report.ends_with("2 files left out\n"), "{report}");
}

#[test]
fn a_comment_with_a_reason_allows_a_finding_in_every_language() {
    let number = |name: &str, open: &str, mark: &str, line: &str| {
        let allow = "hookswitch-lint: allow(hard-coded-phone-number) it is printed on the invoices";
        let above = format!("{open}{mark} {allow}\n{mark} and a second comment\n\n{line}\n");
        let beside = format!("{open}{line} {mark} {allow}\n");
        for (kind, text) in [("above", above), ("beside", beside)] {
            let tree = Tree::new(kind, &[(name, &text)]);
            let (verdict, report) = tree.lint(&["--strict"]);
            assert_eq!(verdict, Verdict::Clean, "{name} {kind}: {report}");
            assert!(report.contains(" 1 allowed"), "{name} {kind}: {report}");
        }
    };
    number("a.ts", "", "//", "const from = '+14155552671';");
    number("a.py", "", "#", "number = '+14155552671'");
    number("a.rb", "", "#", "number = '+14155552671'");
    number("a.go", "package a\n", "//", "var number = \"+14155552671\"");
    number("a.php", "<?php\n", "//", "$number = '+14155552671';");
    number("a.rs", "", "//", "const N: &str = \"+14155552671\";");
}

#[test]
fn a_suppression_without_reason_or_check_or_finding_is_a_finding() {
    let allow = |said: &str| {
        let text = format!("# hookswitch-lint: {said}\nnumber = '+14155552671'\n");
        Tree::new("bad", &[("a.py", &text)]).lint(&["--strict"]).1
    };
    let report = allow("allow(hard-coded-phone-number)");
    assert!(report.contains("error[suppression]"), "{report}");
    assert!(
        report.contains("warning[hard-coded-phone-number]"),
        "{report}"
    );
    assert!(allow("allow(no-such-check) because").contains("error[suppression]"));
    assert!(allow("ignore everything").contains("error[suppression]"));
    let unused = allow("allow(hard-coded-sid) there was one");
    assert!(unused.contains("warning[suppression]"), "{unused}");
    let file = allow("allow-file(hard-coded-phone-number) a list of public numbers");
    assert!(file.contains("1 allowed"), "{file}");
}

#[test]
fn the_sarif_log_has_what_the_standard_requires() {
    let text = "# hookswitch-lint: allow(hard-coded-phone-number) public\nn = '+14155552671'\n\
                é = '+14155552672'\n";
    let tree = Tree::new("sarif", &[("src/a b.py", text), ("x.py", &leak())]);
    fs::write(tree.0.join("bad.py"), [0xff]).unwrap();
    let (_, report) = tree.lint(&["--format", "sarif"]);
    let log: Value = serde_json::from_str(&report).unwrap();
    // sarifLog: version, runs. run: tool. tool: driver. toolComponent: name.
    assert_eq!(log["version"], "2.1.0");
    assert!(
        log["$schema"]
            .as_str()
            .unwrap()
            .ends_with("sarif-schema-2.1.0.json")
    );
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string());
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    // reportingDescriptor: id, unique. multiformatMessageString: text.
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Check::ALL.len());
    for rule in rules {
        assert!(rule["id"].is_string() && rule["help"]["text"].is_string());
        assert!(rule["shortDescription"]["text"].is_string());
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["none", "note", "warning", "error"].contains(&level));
    }
    // invocation: executionSuccessful. notification: message.
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notes = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert!(
        notes[0]["message"]["text"]
            .as_str()
            .unwrap()
            .contains("not UTF-8")
    );
    // result: message; the rule by its index; regions from 1; suppression: kind.
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        assert!(result["message"]["text"].is_string());
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.contains(' ') && !uri.contains('\\'), "{uri}");
        let region = &place["region"];
        for edge in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(region[edge].as_u64().unwrap() >= 1);
        }
    }
    let allowed = &results[0]["suppressions"][0];
    assert_eq!(allowed["kind"], "inSource");
    assert_eq!(allowed["justification"], "public");
    assert!(results[1].get("suppressions").is_none());
    // A column counts UTF-16 units: é is one.
    let region = &results[1]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (region["startLine"].as_u64(), region["startColumn"].as_u64()),
        (Some(3), Some(6))
    );
}

#[test]
fn a_report_goes_into_a_file_and_the_summary_to_the_screen() {
    let tree = Tree::new("output", &[("a.py", &leak())]);
    let file = tree.0.join("out.sarif");
    let (verdict, said) = tree.lint(&["--format=sarif", "--output", file.to_str().unwrap()]);
    assert_eq!(verdict, Verdict::Findings);
    assert!(said.starts_with("1 files: 1 errors"), "{said}");
    assert!(serde_json::from_slice::<Value>(&fs::read(&file).unwrap()).is_ok());
}

#[test]
fn the_scripts_of_pages_are_read_where_they_are() {
    let page = "<template><b>+14155552671</b></template>\n<script setup lang=\"ts\">\n\
                import twilio from 'twilio';\n</script>\n";
    let tree = Tree::new("page", &[("a.vue", page)]);
    let (_, report) = tree.lint(&[]);
    assert!(
        report.contains("a.vue:3:21: error[credentials-in-browser]"),
        "{report}"
    );
    assert!(!report.contains("phone"), "{report}");
}
