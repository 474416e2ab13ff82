use proptest::prelude::*;

use super::*;

fn size(text: &str) -> (Encoding, u32) {
    let segments = count(text);
    (segments.encoding, segments.count)
}

/// The vectors published with Twilio's segment calculator.
#[test]
fn the_published_vectors_have_their_published_counts() {
    use Encoding::{Gsm7, Ucs2};
    let of = |c: &str, n: usize| c.repeat(n);
    for (text, expected) in [
        (of("a", 160), (Gsm7, 1)),
        (of("a", 161), (Gsm7, 2)),
        (of("a", 306), (Gsm7, 2)),
        (of("a", 307), (Gsm7, 3)),
        (format!("|{}", of("a", 158)), (Gsm7, 1)),
        (format!("|{}", of("a", 159)), (Gsm7, 2)),
        (format!("😜{}", of("a", 68)), (Ucs2, 1)),
        (format!("😜{}", of("a", 69)), (Ucs2, 2)),
        (of("ú", 70), (Ucs2, 1)),
        (of("ú", 71), (Ucs2, 2)),
        (format!("🇮🇹{}", of("a", 66)), (Ucs2, 1)),
        (format!("🇮🇹{}", of("a", 67)), (Ucs2, 2)),
        (format!("🏳️‍🌈{}", of("a", 64)), (Ucs2, 1)),
        (format!("🏳️‍🌈{}", of("a", 65)), (Ucs2, 2)),
    ] {
        assert_eq!(size(&text), expected, "{text}");
    }
}

#[test]
fn an_escape_pair_at_the_edge_moves_whole_to_the_next_segment() {
    let text = format!("{}€{}", "a".repeat(152), "b".repeat(10));
    let segments = count(&text);
    assert_eq!(segments.units, 164);
    assert_eq!(
        segments
            .parts
            .iter()
            .map(|part| part.units)
            .collect::<Vec<_>>(),
        [152, 12]
    );
    assert_eq!(segments.parts[1].start, 152);
}

#[test]
fn escape_pairs_that_do_not_divide_a_segment_leave_it_one_short() {
    // 80 pairs are 160 septets and fit alone; 81 pairs take 76 + 5.
    assert_eq!(count(&"€".repeat(80)).count, 1);
    let segments = count(&"€".repeat(81));
    assert_eq!(segments.units, 162);
    assert_eq!(
        segments
            .parts
            .iter()
            .map(|part| part.units)
            .collect::<Vec<_>>(),
        [152, 10]
    );
    assert_eq!(segments.remaining, 143);
    // 153 pairs are 306 septets, which two segments would hold if pairs could be cut.
    assert_eq!(count(&"€".repeat(153)).count, 3);
}

#[test]
fn surrogate_pairs_that_do_not_divide_a_segment_leave_it_one_short() {
    assert_eq!(count(&"😜".repeat(35)).count, 1);
    let segments = count(&"😜".repeat(67));
    // 134 units are twice 67, but 33 pairs are all that fits.
    assert_eq!(segments.units, 134);
    assert_eq!(
        segments
            .parts
            .iter()
            .map(|part| part.units)
            .collect::<Vec<_>>(),
        [66, 66, 2]
    );
}

#[test]
fn in_ucs2_the_extension_characters_count_once() {
    let segments = count("[ú]");
    assert_eq!((segments.encoding, segments.units), (Encoding::Ucs2, 3));
    assert_eq!(count("[u]").units, 5);
}

#[test]
fn a_combining_mark_forces_ucs2_and_counts_as_a_unit() {
    let segments = count("e\u{301}");
    assert_eq!((segments.encoding, segments.units), (Encoding::Ucs2, 2));
}

#[test]
fn the_basic_alphabet_has_its_accents_and_lacks_the_look_alikes() {
    assert_eq!(
        encoding_of("àèéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñü¡¤£¥_@$\r\n"),
        Encoding::Gsm7
    );
    assert_eq!(encoding_of("^{}\\[~]|€\u{0c}"), Encoding::Gsm7);
    for c in "`çáíóúÀÈ\t\u{1b}\u{0}êŒ".chars() {
        assert_eq!(encoding_of(&c.to_string()), Encoding::Ucs2, "{c:?}");
    }
    // 128 positions of the table less the escape itself, and 10 of the extension.
    let all = (0..=0xffff).filter_map(char::from_u32);
    let (mut one, mut two) = (0, 0);
    for c in all {
        match septets(c) {
            Some(1) => one += 1,
            Some(_) => two += 1,
            None => {}
        }
    }
    assert_eq!((one, two), (127, 10));
}

#[test]
fn an_empty_text_takes_no_segment() {
    let segments = count("");
    assert_eq!(
        (segments.count, segments.units, segments.remaining),
        (0, 0, 160)
    );
}

#[test]
fn the_report_names_each_culprit_once_with_a_way_out() {
    let found = forcing("It’s Zoë’s café… 🎉");
    let shown: Vec<_> = found
        .iter()
        .map(|f| (f.character, f.times, f.replacement))
        .collect();
    assert_eq!(
        shown,
        [
            ('’', 2, Some("'")),
            ('ë', 1, Some("e")),
            ('…', 1, Some("...")),
            ('🎉', 1, None)
        ]
    );
    assert_eq!(found[0].at, 2);
    assert!(forcing("plain [text] for 5 €").is_empty());
}

#[test]
fn smart_encoding_changes_typography_and_leaves_letters_alone() {
    assert_eq!(
        smart_encode("“Hi” – it’s 5\u{a0}pm…"),
        "\"Hi\" - it's 5 pm..."
    );
    assert_eq!(smart_encode("ＳＡＬＥ！ ５０％"), "SALE! 50%");
    assert_eq!(smart_encode("ᴀʙᴄ ᴢ ʀꜱ"), "ABC Z RS");
    assert_eq!(smart_encode("cafe\u{301} ‹x›"), "café <x>");
    assert_eq!(smart_encode("tel\u{200b}efon"), "telefon");
    assert_eq!(smart_encode("Año, está, 日本"), "Año, está, 日本");
    assert!(matches!(smart_encode("plain"), Cow::Borrowed(_)));
}

#[test]
fn every_replacement_and_suggestion_is_written_in_gsm7() {
    let mut replacements = 0;
    for c in (0..=0x1ffff).filter_map(char::from_u32) {
        if septets(c).is_some() {
            continue;
        }
        if let Some(text) = replacement(c) {
            replacements += 1;
            assert_eq!(encoding_of(text), Encoding::Gsm7, "{c:?}");
        }
        if let Some(text) = suggestion(c) {
            assert_eq!(encoding_of(text), Encoding::Gsm7, "{c:?}");
        }
    }
    assert!(replacements >= 270, "{replacements}");
    assert_eq!(suggestion('á'), Some("a"));
    assert_eq!(suggestion('ſ'), Some("s"));
    assert_eq!(suggestion('ż'), Some("z"));
    assert_eq!(suggestion('ł'), Some("l"));
    assert_eq!(suggestion('ő'), Some("o"));
    assert_eq!(suggestion('Ş'), Some("S"));
    assert_eq!(suggestion('œ'), Some("oe"));
    assert_eq!(suggestion('ÿ'), Some("y"));
    assert_eq!(suggestion('ç'), Some("c"));
}

#[test]
fn names_in_storage_stay_what_they_are() {
    assert_eq!(
        serde_json::to_string(&count("é")).unwrap(),
        r#"{"encoding":"GSM-7","count":1,"units":1,"remaining":159,"parts":[{"start":0,"end":2,"units":1}]}"#
    );
    assert_eq!(serde_json::to_string(&Encoding::Ucs2).unwrap(), "\"UCS-2\"");
    assert_eq!(
        serde_json::to_string(&forcing("’")).unwrap(),
        r#"[{"character":"’","at":0,"times":1,"replacement":"'"}]"#
    );
}

fn text() -> impl Strategy<Value = String> {
    let c = prop_oneof![
        6 => proptest::char::range('a', 'z'),
        2 => Just('€'),
        1 => Just('😜'),
        1 => Just('ú'),
    ];
    let gsm = prop_oneof![6 => proptest::char::range('a', 'z'), 2 => Just('€')];
    prop_oneof![
        proptest::collection::vec(c, 0..400).prop_map(|v| v.into_iter().collect()),
        proptest::collection::vec(gsm, 0..700).prop_map(|v| v.into_iter().collect()),
        ".{0,200}",
    ]
}

proptest! {
    #[test]
    fn the_parts_cover_the_text_and_none_is_over_full(text in text()) {
        let segments = count(&text);
        let room = if segments.count > 1 { segments.encoding.joined() } else { segments.encoding.alone() };
        let mut at = 0;
        for part in &segments.parts {
            prop_assert_eq!(part.start, at);
            prop_assert!(part.units <= room);
            prop_assert!(text.is_char_boundary(part.end));
            at = part.end;
        }
        prop_assert_eq!(at, text.len());
        prop_assert_eq!(segments.units, segments.parts.iter().map(|p| p.units).sum::<u32>());
        prop_assert_eq!(segments.count as usize, segments.parts.len());
    }

    #[test]
    fn a_part_is_only_left_short_when_the_next_character_does_not_fit(text in text()) {
        let segments = count(&text);
        for pair in segments.parts.windows(2) {
            let next = text.get(pair[1].start..).unwrap().chars().next().unwrap();
            prop_assert!(pair[0].units + segments.encoding.units(next) > segments.encoding.joined());
        }
    }

    #[test]
    fn smart_encoding_never_costs_a_segment_and_is_done_after_one_pass(text in text()) {
        let once = smart_encode(&text).into_owned();
        prop_assert_eq!(smart_encode(&once).into_owned(), once.clone());
        if encoding_of(&once) == Encoding::Gsm7 && !text.contains(['…', '‼', '⁉', '⁈', '‥', '½', '¼', '¾']) {
            prop_assert!(count(&once).count <= count(&text).count);
        }
    }

    #[test]
    fn one_more_character_never_lowers_the_count(text in text(), c in any::<char>()) {
        let longer = format!("{text}{c}");
        prop_assert!(count(&longer).count >= count(&text).count);
    }
}
