//! Segments and keywords.

use hookswitch::messaging::keywords::{Intent, Keyword, OptOutType, intent, recognise};
use hookswitch::messaging::segments::{Encoding, count};
use wasm_bindgen_test::wasm_bindgen_test;

/// The browser's own count of UTF-16 units is the judge of what UCS-2 costs.
#[wasm_bindgen_test]
fn a_text_outside_gsm_7_costs_its_utf_16_units() {
    for text in ["ж", "😀", "👩‍👩‍👧", "日本語", "naïve ç"] {
        for times in [1, 10, 23, 34, 35, 67, 70, 71, 140] {
            let body = text.repeat(times);
            let literal = serde_json::to_string(&body).expect("a string");
            let units = js_sys::eval(&format!("{literal}.length")).expect("a length");
            let units = units.as_f64().expect("a number") as u32;
            let segments = count(&body);
            assert_eq!(segments.encoding, Encoding::Ucs2, "{text}");
            let least = if units <= 70 { 1 } else { units.div_ceil(67) };
            // A character that does not fit is moved whole, so a segment may stay short of one.
            assert!(
                (least..=least + 1).contains(&segments.count),
                "{text} {times}"
            );
        }
    }
}

#[wasm_bindgen_test]
fn gsm_7_counts_septets() {
    for (body, expected) in [
        ("a".repeat(160), 1),
        ("a".repeat(161), 2),
        ("€".repeat(80), 1),
        ("€".repeat(81), 2),
    ] {
        let segments = count(&body);
        assert_eq!(
            (segments.encoding, segments.count),
            (Encoding::Gsm7, expected)
        );
    }
}

#[wasm_bindgen_test]
fn keywords_are_whole_messages_in_any_case_and_spacing() {
    for word in [
        "STOP",
        "stop all",
        "Opt Out",
        " ＳＴＯＰ ",
        "s.t.o.p.",
        "REVOKE!",
    ] {
        assert_eq!(recognise(word), Some(Keyword::Stop), "{word}");
    }
    for word in ["stop it", "no", "", "🛑", "İNFO"] {
        assert_eq!(recognise(word), None, "{word}");
    }
    let verdict = OptOutType::parse("STOP");
    assert_eq!(intent(None, verdict, false), Some(Intent::OptOut));
    assert_eq!(intent(recognise("yes"), None, false), None);
    assert_eq!(intent(recognise("yes"), None, true), Some(Intent::OptIn));
}
