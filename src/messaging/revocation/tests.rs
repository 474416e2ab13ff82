use proptest::prelude::*;

use super::*;

const LABELLED: &str = include_str!("../../../tests/data/revocation.tsv");

struct Line {
    label: &'static str,
    set: &'static str,
    text: &'static str,
}

fn labelled() -> Vec<Line> {
    LABELLED
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut columns = line.splitn(3, '\t');
            let mut next = || columns.next().expect("three columns");
            Line {
                label: next(),
                set: next(),
                text: next(),
            }
        })
        .collect()
}

fn verdict(text: &str) -> Verdict {
    Policy::default().judge(detect(text).as_ref())
}

/// How well a set is judged, in per cent.
struct Score {
    precision: f64,
    recall: f64,
    noticed: f64,
    false_alarms: f64,
}

fn score(set: &str) -> Score {
    let (mut hits, mut wrong, mut outs, mut noticed) = (0, 0, 0, 0);
    let (mut keeps, mut alarms) = (0, 0);
    for line in labelled().iter().filter(|line| line.set == set) {
        let verdict = verdict(line.text);
        let as_wished = matches!(
            (line.label, verdict),
            ("out", Verdict::OptOut) | ("ask", Verdict::Ask) | ("keep", Verdict::Nothing)
        );
        if !as_wished {
            println!(
                "{set}: {} judged {verdict:?}: {} {:?}",
                line.label,
                line.text,
                detect(line.text)
            );
        }
        match line.label {
            "out" => {
                outs += 1;
                hits += u32::from(verdict == Verdict::OptOut);
                noticed += u32::from(verdict != Verdict::Nothing);
            }
            "keep" => {
                keeps += 1;
                alarms += u32::from(verdict != Verdict::Nothing);
                wrong += u32::from(verdict == Verdict::OptOut);
            }
            "ask" => wrong += u32::from(verdict == Verdict::OptOut),
            other => panic!("label {other}"),
        }
    }
    let percent = |part: u32, whole: u32| 100.0 * f64::from(part) / f64::from(whole);
    let score = Score {
        precision: percent(hits, hits + wrong),
        recall: percent(hits, outs),
        noticed: percent(noticed, outs),
        false_alarms: percent(alarms, keeps),
    };
    println!(
        "revocation, {set}: precision {:.1} %, recall {:.1} %, noticed {:.1} %, false alarms {:.1} % ({outs} out, {keeps} keep)",
        score.precision, score.recall, score.noticed, score.false_alarms
    );
    score
}

#[test]
fn the_labelled_list_is_long_enough_and_well_formed() {
    let lines = labelled();
    assert!(lines.len() >= 200, "{}", lines.len());
    for line in &lines {
        assert!(
            ["out", "ask", "keep"].contains(&line.label),
            "{}",
            line.text
        );
        assert!(["tuned", "held"].contains(&line.set), "{}", line.text);
    }
}

#[test]
fn precision_and_recall_on_the_lines_the_rules_were_written_for() {
    let score = score("tuned");
    assert!(score.precision >= 99.0);
    assert!(score.recall >= 98.0);
    assert!(score.noticed >= 99.0);
    assert!(score.false_alarms <= 1.0);
}

#[test]
fn precision_and_recall_on_lines_the_rules_have_never_seen() {
    let score = score("held");
    assert!(score.precision >= 85.0);
    assert!(score.recall >= 88.0);
    assert!(score.false_alarms <= 12.0);
}

#[test]
fn the_plain_cases_are_told_apart() {
    for text in [
        "please stop texting me",
        "remove my number",
        "No more messages!",
        "PLEASE\nSTOP",
        "pleeease stoppppp texting me",
        "Don’t text me again",
    ] {
        assert_eq!(verdict(text), Verdict::OptOut, "{text}");
    }
    for text in [
        "STOP 12345",
        "don't stop",
        "do not stop",
        "don’t stop the texts",
        "",
        "🛑",
        "1",
    ] {
        assert_eq!(verdict(text), Verdict::Nothing, "{text}");
    }
}

#[test]
fn a_wish_that_is_narrowed_goes_to_a_person() {
    for text in [
        "stop texting me after 9pm",
        "don't text me at work",
        "unsubscribe me but keep the receipts",
        "remove my number from the booking",
    ] {
        assert_eq!(verdict(text), Verdict::Ask, "{text}");
    }
    assert_eq!(verdict("stop texting me at this number"), Verdict::OptOut);
}

#[test]
fn a_pattern_does_not_reach_over_the_end_of_a_clause() {
    assert_eq!(detect("I was at the museum. Stop. texting, messages"), {
        let found = detect("Stop").unwrap();
        Some(Revocation {
            span: 21..25,
            ..found
        })
    });
    assert_eq!(verdict("don't. text me when ready"), Verdict::Nothing);
}

#[test]
fn the_span_is_that_of_the_words_that_matched() {
    let text = "Hé! Please  remove my number, ok?";
    let found = detect(text).unwrap();
    assert_eq!(text.get(found.span), Some("remove my number"));
    assert_eq!(found.rule, "removal");
}

#[test]
fn the_policy_decides_what_a_confidence_leads_to() {
    let found = Revocation {
        confidence: 70,
        rule: "complaint",
        span: 0..1,
    };
    let policy = |opt_out_at, ask_at| Policy { opt_out_at, ask_at };
    assert_eq!(policy(80, 50).judge(Some(&found)), Verdict::Ask);
    assert_eq!(policy(70, 50).judge(Some(&found)), Verdict::OptOut);
    assert_eq!(policy(101, 71).judge(Some(&found)), Verdict::Nothing);
    assert_eq!(policy(0, 0).judge(None), Verdict::Nothing);
}

#[test]
fn names_in_storage_stay_what_they_are() {
    assert_eq!(
        serde_json::to_string(&Policy::default()).unwrap(),
        r#"{"opt_out_at":80,"ask_at":50}"#
    );
    assert_eq!(
        serde_json::to_string(&Verdict::OptOut).unwrap(),
        "\"opt_out\""
    );
    assert!(serde_json::from_str::<Policy>(r#"{"optout":1}"#).is_err());
}

proptest! {
    #[test]
    fn any_text_is_judged_and_its_span_is_of_the_text(text in "(stop|no more|remove|don't|text|me|my number|[ .,!?'é😜]|\\PC){0,40}") {
        if let Some(found) = detect(&text) {
            prop_assert!(text.get(found.span).is_some_and(|words| !words.is_empty()));
            prop_assert!(found.confidence <= 100);
        }
    }

    #[test]
    fn case_and_a_polite_frame_do_not_change_an_opt_out(upper in any::<bool>(), before in "(hi|please|hey|ok)?", after in "(thanks|please|now)?") {
        let text = format!("{before}, stop texting me {after}");
        let text = if upper { text.to_uppercase() } else { text };
        prop_assert_eq!(verdict(&text), Verdict::OptOut);
    }
}

/// An element of a pattern as the words that it takes; `None` for one that may take no word.
fn words_of(element: &str) -> Option<Vec<&str>> {
    if element.starts_with(['~', '=', '^', '!']) || element.split('|').any(|word| word == "$") {
        return None;
    }
    let class = |name: &str| {
        let mut classes = rules::CLASSES.iter();
        classes.find_map(|(known, words)| (*known == name).then_some(*words))
    };
    let words = element.split('|');
    Some(
        words
            .flat_map(|word| class(word).unwrap_or(word).split('|'))
            .collect(),
    )
}

#[test]
fn every_rule_needs_one_of_the_words_that_a_text_is_first_looked_through_for() {
    assert!(rules::NEEDED.is_sorted());
    for (_, _, pattern) in rules::RULES {
        let mut elements = pattern.split(' ').filter_map(words_of);
        assert!(
            elements.any(|words| words.iter().all(|word| rules::NEEDED.contains(word))),
            "no element of `{pattern}` takes only needed words"
        );
    }
}
