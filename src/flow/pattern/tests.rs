use super::*;
use proptest::prelude::*;

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::parse(pattern)
        .unwrap_or_else(|error| panic!("{pattern}: {error}"))
        .matches_whole(text)
        .unwrap_or_else(|error| panic!("{pattern} on {text}: {error}"))
}

#[test]
fn whole_texts_match_or_do_not() {
    let cases = [
        ("abc", "ABC", true),
        ("abc", "abcd", false),
        ("", "", true),
        ("a|b|cd", "cd", true),
        ("(a|b)*c", "ababc", true),
        ("a+?b", "aaab", true),
        ("a{2,3}", "aaaa", false),
        ("a{2,}", "aaaa", true),
        ("a{2}", "aa", true),
        ("a{", "a{", true),
        ("[a-c1-3]+", "B2c", true),
        ("[^0-9]+", "ab1", false),
        ("[\\w.-]+@[\\w-]+\\.\\w{2,}", "ada@example.com", true),
        ("\\d{3}-?\\d{4}", "5551234", true),
        ("^yes$", "yes", true),
        (".*\\byes\\b.*", "oh yes please", true),
        (".*\\byes\\b.*", "yesterday", false),
        ("(?=.*\\d)(?=.*[a-z]).{4,}", "ab12", true),
        ("(?=.*\\d)(?=.*[a-z]).{4,}", "abcd", false),
        ("(?!stop).*", "stop now", false),
        ("(?!stop).*", "go", true),
        (".*(?<=no)", "say no", true),
        (".*(?<!no)", "say no", false),
        ("(\\d)\\1+", "7777", true),
        ("(\\d)\\1+", "7778", false),
        ("(?<d>\\d)\\k<d>", "33", true),
        ("a++a", "aaa", false),
        ("(?>a*)b", "aaab", true),
        ("(?i)yes", "YES", true),
        ("(?s).+", "a\nb", true),
        (".+", "a\nb", false),
        ("\\p{L}+", "Ärger", true),
        ("\\Qa.b\\E", "a.b", true),
        ("\\Qa.b\\E", "axb", false),
        ("\\u0041\\x42", "ab", true),
        ("(a*)*", "aaaa", true),
        ("(a*)+b", "aaab", true),
        ("(|a)+b", "aab", true),
        ("[]a]+", "]a", true),
        ("(yes|yeah|y)", "Yeah", true),
    ];
    for (pattern, text, wanted) in cases {
        assert_eq!(matches(pattern, text), wanted, "{pattern} on {text}");
    }
}

#[test]
fn broken_expressions_are_refused() {
    for pattern in [
        "(", ")", "[a", "*a", "a{3,1}", "(?Xa)", "\\y", "a[z-a]", "\\",
    ] {
        assert!(Pattern::parse(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn bombs_end_with_an_error_instead_of_a_hang() {
    for pattern in [
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+b",
        "(.*)(.*)(.*)(.*)(.*)b",
        "(?=(a+)+b)a*",
    ] {
        let bomb = Pattern::parse(pattern).unwrap();
        let result = bomb.matches_whole(&"a".repeat(3000));
        assert_eq!(result, Err(PatternError::TooManySteps), "{pattern}");
    }
    assert_eq!(
        Pattern::parse("((((a{99}){99}){99}){99})"),
        Err(PatternError::TooLarge)
    );
    assert_eq!(
        Pattern::parse(&"(".repeat(500)),
        Err(PatternError::TooLarge)
    );
}

fn cases() -> u32 {
    std::env::var("HOOKSWITCH_FUZZ_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_and_text_end(
        pattern in "[ab.*+?|()\\[\\]{}0-9,^$\\\\dwbQE=!<>:-]{0,24}",
        text in "[ab0-9 \\n]{0,24}",
    ) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            let _ = pattern.matches_whole(&text);
        }
    }

    #[test]
    fn an_escaped_text_matches_itself_only(text in "[ -~]{1,20}") {
        let escaped: String = text.chars().flat_map(|c| {
            if c.is_ascii_alphanumeric() { vec![c] } else { vec!['\\', c] }
        }).collect();
        prop_assert!(matches(&escaped, &text));
        let longer = format!("{text}x");
        prop_assert!(!matches(&escaped, &longer));
    }
}
