//! Counting tests by the closing lines of libtest and wasm-bindgen-test, which look alike:
//! `test result: ok. 3 passed; 0 failed; 1 ignored; …`.

use std::ops::AddAssign;

/// How many tests passed, failed and were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that ran and passed.
    pub passed: u64,
    /// Tests that ran and failed, and checks that could not run.
    pub failed: u64,
    /// Tests marked `#[ignore]`.
    pub ignored: u64,
}

impl Tally {
    /// One failure that is no test's: a build that failed, a layer that was left out.
    pub const FAILURE: Self = Self {
        passed: 0,
        failed: 1,
        ignored: 0,
    };

    /// Whether no test ran at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.passed + self.failed == 0
    }

    /// The counts of a closing line; `None` for any other line.
    #[must_use]
    pub fn of_line(line: &str) -> Option<Self> {
        let line = without_colours(line);
        let rest = line.trim().strip_prefix("test result: ")?;
        let (_verdict, counts) = rest.split_once(". ")?;
        let count = |what: &str| {
            counts
                .split(';')
                .find_map(|part| part.trim().strip_suffix(what)?.trim().parse().ok())
        };
        Some(Self {
            passed: count("passed")?,
            failed: count("failed")?,
            ignored: count("ignored").unwrap_or(0),
        })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// The line without its terminal colour sequences (`ESC [ … m`).
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, ignored: u64) -> Option<Tally> {
        Some(Tally {
            passed,
            failed,
            ignored,
        })
    }

    #[test]
    fn the_closing_lines_of_libtest_and_of_wasm_bindgen_test_are_counted() {
        let libtest = "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 7 filtered out; finished in 0.31s";
        assert_eq!(Tally::of_line(libtest), tally(12, 0, 3));
        let failed = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(Tally::of_line(failed), tally(1, 2, 0));
        let browser =
            "test result: ok. 63 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.02s";
        assert_eq!(Tally::of_line(browser), tally(63, 0, 0));
    }

    #[test]
    fn colours_and_line_ends_do_not_matter() {
        let line =
            "test result: \u{1b}[32mok\u{1b}[0m. 1 passed; 0 failed; 0 ignored; 0 measured\r\n";
        assert_eq!(Tally::of_line(line), tally(1, 0, 0));
    }

    #[test]
    fn other_lines_do_not_count() {
        for line in [
            "",
            "running 3 tests",
            "test it ... ok",
            "    test result: unknown",
            "test result: ok. many passed; 0 failed",
            "3 passed, 0 failed",
            "\u{1b}[",
        ] {
            assert_eq!(Tally::of_line(line), None, "{line:?}");
        }
    }

    #[test]
    fn tallies_of_several_binaries_add_up() {
        let mut sum = Tally::default();
        assert!(sum.is_empty());
        sum += Tally::of_line("test result: ok. 2 passed; 0 failed; 1 ignored").unwrap();
        sum += Tally::FAILURE;
        assert_eq!(Some(sum), tally(2, 1, 1));
        assert!(!sum.is_empty());
    }
}
