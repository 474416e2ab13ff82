use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Monday 2026-03-09 14:05:07 UTC.
const CLOCK: Clock = Clock {
    now_ms: 1_773_065_107_000,
    utc_offset_minutes: 0,
};

fn context() -> Value {
    json!({
        "trigger": {"message": {"Body": " Yes Please ", "NumMedia": "0"}, "n": null},
        "widgets": {
            "menu": {"Digits": "1"},
            "ask-name": {"inbound": {"Body": "Ada"}},
            "Ask Age": {"inbound": {"Body": "36"}},
            "http": {"parsed": {
                "ok": true, "off": false, "price": 4.5, "whole": 4.0, "count": 3,
                "list": [{"q": "one"}, {"q": "two"}, {"q": "three"}],
                "names": ["b", "a", "C"], "odd key": "odd",
            }},
        },
        "flow": {"variables": {"i": 1, "count": "3", "word": "a,b,,c"}, "data": {}},
    })
}

fn run(template: &str) -> String {
    Template::parse(template)
        .unwrap_or_else(|error| panic!("{template}: {error}"))
        .render(&context(), CLOCK)
        .unwrap_or_else(|error| panic!("{template}: {error}"))
}

fn runs(cases: &[(&str, &str)]) {
    for (template, wanted) in cases {
        assert_eq!(run(template), *wanted, "{template}");
    }
}

#[test]
fn paths_reach_what_studio_paths_reach() {
    runs(&[
        ("Hi {{widgets.ask-name.inbound.Body}}!", "Hi Ada!"),
        ("{{ widgets.Ask Age.inbound.Body }}", "36"),
        ("{{widgets. menu .Digits}}", "1"),
        ("{{ widgets\n.menu.\nDigits }}", "1"),
        ("{{widgets['Ask Age'].inbound[\"Body\"]}}", "36"),
        ("{{widgets.http.parsed['odd key']}}", "odd"),
        ("{{widgets.http.parsed.list[1].q}}", "two"),
        ("{{widgets.http.parsed.list[-1].q}}", "three"),
        ("{{widgets.http.parsed.list[flow.variables.i].q}}", "two"),
        (
            "{% assign n = 2 %}{{widgets.http.parsed.list[n].q}}",
            "three",
        ),
        ("{{widgets.http.parsed.list.size}}", "3"),
        ("{{widgets.http.parsed.list.first.q}}", "one"),
        ("{{widgets.menu.Digits.size}}", "1"),
        (
            "[{{widgets.nobody.home}}{{nothing}}{{trigger.n}}{{}}]",
            "[]",
        ),
    ]);
}

#[test]
fn values_show_as_they_do_in_studio() {
    runs(&[
        (
            "{{widgets.http.parsed.ok}} {{widgets.http.parsed.off}}",
            "true false",
        ),
        (
            "{{widgets.http.parsed.price}} {{widgets.http.parsed.whole}}",
            "4.5 4.0",
        ),
        ("{{widgets.menu}}", "{Digits=1}"),
        (
            "{{trigger}}",
            "{message={Body= Yes Please , NumMedia=0}, n=null}",
        ),
        ("{{widgets.http.parsed.names}}", "baC"),
        ("{{widgets.menu | to_json}}", r#"{"Digits":"1"}"#),
        (
            "{{widgets.http.parsed.list | to_json}}",
            r#"[{"q":"one"},{"q":"two"},{"q":"three"}]"#,
        ),
        (
            r#"{"a": {{trigger.message.Body | to_json}}}"#,
            r#"{"a": " Yes Please "}"#,
        ),
        ("{{trigger.n | to_json}}", "null"),
    ]);
}

#[test]
fn arithmetic_follows_the_number_rules() {
    runs(&[
        (r#"{{ "3" | plus: 1 }}"#, "4"),
        ("{{flow.variables.count| plus:1}}", "4"),
        (
            "{% if flow.variables.no %}{{flow.variables.no | plus: 1}}{% else %}1{% endif %}",
            "1",
        ),
        ("{{ nil | plus: 1 }}", "1"),
        (r#"{{ "3.5" | plus: 1 }}"#, "4.5"),
        (
            "{{ 7 | divided_by: 2 }} {{ -7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }}",
            "3 -4 3.5",
        ),
        ("{{ -7 | modulo: 3 }}", "2"),
        ("[{{ 7 | divided_by: 0 }}]", "[]"),
        (
            "{{ 9223372036854775807 | plus: 1 | plus: 0 }}",
            "9.223372036854776e+18",
        ),
        (
            "{{ 2.345 | round: 2 }} {{ 2.5 | round }} {{ 2.1 | ceil }} {{ 2.9 | floor }}",
            "2.35 3 3 2",
        ),
        (
            "{{ -3 | abs }} {{ 3 | at_least: 5 }} {{ 3 | at_most: 2 }} {{ 2 | times: 3 }}",
            "3 5 2 6",
        ),
    ]);
}

#[test]
fn text_filters() {
    runs(&[
        ("{{trigger.message.Body | strip | downcase}}", "yes please"),
        (
            "{{ 'ada lovelace' | capitalize }} {{ 'x' | upcase }}",
            "Ada lovelace X",
        ),
        ("{{ 'a' | append: 'b' | prepend: 'c' }}", "cab"),
        (
            "{{ 'a-b-c' | replace: '-', ' ' }} {{ 'a-b' | remove: '-' }}",
            "a b c ab",
        ),
        (
            "{{ 'a-b-c' | remove_first: '-' }} {{ 'a-b-c' | replace_last: '-', '+' }}",
            "ab-c a-b+c",
        ),
        (
            "{{ '+15551234567' | slice: -4, 4 }} {{ 'Straße' | size }}",
            "4567 6",
        ),
        (
            "{{ 'abcdef' | truncate: 5 }} {{ 'a b c' | truncatewords: 2 }}",
            "ab... a b...",
        ),
        (
            "{{ 'a b&c' | url_encode }} {{ 'a+b%26c' | url_decode }}",
            "a+b%26c a b&c",
        ),
        (
            "{{ '<b>' | escape }} {{ '&lt; &' | escape_once }}",
            "&lt;b&gt; &lt; &amp;",
        ),
        (
            "{{ '<b>x</b>' | strip_html }} {{ 'a' | base64_encode }}",
            "x YQ==",
        ),
        (
            "{{ '' | default: 'none' }} {{ nothing | default: 'none' }} {{ 0 | default: 1 }}",
            "none none 0",
        ),
        ("{{ 'x' | no_such_filter }}", "x"),
    ]);
}

#[test]
fn list_filters() {
    runs(&[
        (
            "{{ flow.variables.word | split: ',' | join: '-' }}",
            "a-b--c",
        ),
        ("{{ flow.variables.word | split: ',' | first }}", "a"),
        ("{{ flow.variables.word | split: ',' | last }}", "c"),
        ("{{ 'a b' | split: ' ' | size }}", "2"),
        ("{{ 'abc' | split: '' | reverse | join: '' }}", "cba"),
        (
            "{{ widgets.http.parsed.list | map: 'q' | join: ', ' }}",
            "one, two, three",
        ),
        ("{{ widgets.http.parsed.names | sort | join }}", "C a b"),
        (
            "{{ widgets.http.parsed.names | sort_natural | join }}",
            "a b C",
        ),
        ("{{ 'a,b,a' | split: ',' | uniq | join }}", "a b"),
    ]);
}

#[test]
fn tags_branch_and_loop() {
    runs(&[
        ("{%if widgets.menu.Digits%}y{%else%}n{%endif%}", "y"),
        (
            "{% if nothing %}a{% elsif widgets.http.parsed.ok %}b{% else %}c{% endif %}",
            "b",
        ),
        ("{% unless nothing %}a{% endunless %}", "a"),
        ("{% if widgets.menu.Digits == '1' %}a{% endif %}", "a"),
        (
            "{% if widgets.menu.Digits == 1 %}a{% else %}b{% endif %}",
            "b",
        ),
        (
            "{% if widgets.http.parsed.count > 2 and nothing or true %}a{% endif %}",
            "a",
        ),
        (
            "{% if trigger.message.Body contains 'Yes' %}a{% endif %}",
            "a",
        ),
        (
            "{% if flow.data == empty %}a{% endif %}{% if nothing == blank %}b{% endif %}",
            "ab",
        ),
        (
            "{% case widgets.menu.Digits %}x{% when '2', '1' %}a{% else %}b{% endcase %}",
            "a",
        ),
        (
            "{% for i in (1..3) %}{{i}}{% unless forloop.last %},{% endunless %}{% endfor %}",
            "1,2,3",
        ),
        (
            "{% for l in widgets.http.parsed.list reversed limit:2 offset:1 %}{{l.q}} {% endfor %}",
            "three two ",
        ),
        (
            "{% for l in widgets.http.parsed.list %}{{forloop.index0}}{% if l.q == 'two' %}\
          {% break %}{% endif %}{% endfor %}",
            "01",
        ),
        ("{% for x in nothing %}a{% else %}none{% endfor %}", "none"),
        ("{% capture x %}a{{1}}{% endcapture %}{{x}}{{x}}", "a1a1"),
        (
            "{% comment %} {{ broken {% endcomment %}{% raw %}{{x}}{% endraw %}",
            "{{x}}",
        ),
        ("a {%- if true -%} b {%- endif %} c {{- 1 }}", "ab c1"),
        (
            "{% for i in (1..4) %}{% cycle 'a','b' %}{% endfor %}{% increment n %}{% increment n %}",
            "abab01",
        ),
    ]);
}

#[test]
fn dates_are_formatted_in_the_given_zone() {
    runs(&[
        (
            "{{ 'now' | date: '%Y-%m-%d %H:%M:%S' }}",
            "2026-03-09 14:05:07",
        ),
        (
            "{{ 'now' | date: '%A %B %-d, %l:%M %p' }}",
            "Monday March 9,  2:05 PM",
        ),
        (
            "{{ '2024-02-29' | date: '%j %a %d %b %y %U %w' }}",
            "060 Thu 29 Feb 24 08 4",
        ),
        ("{{ '2024-05-01T10:00:00Z' | date: '%H:%M' }}", "10:00"),
        ("{{ '2024-05-01T10:00:00+02:00' | date: '%H:%M' }}", "08:00"),
        (
            "{{ 'Tue, 03 Dec 2019 20:01:02 +0000' | date: '%F %T' }}",
            "2019-12-03 20:01:02",
        ),
        ("{{ 'March 14, 2016' | date: '%b %d, %y' }}", "Mar 14, 16"),
        (
            "{{ '05/01/2024 9:30pm' | date: '%F %R' }}",
            "2024-05-01 21:30",
        ),
        ("{{ 0 | date: '%s %Y' }}", "0 1970"),
        ("{{ 'soon' | date: '%Y' }}", "soon"),
    ]);
    let pacific = Clock {
        utc_offset_minutes: -480,
        ..CLOCK
    };
    let shown = Template::parse("{{ 'now' | date: '%H:%M %z' }}").unwrap();
    assert_eq!(shown.render(&context(), pacific).unwrap(), "06:05 -0800");
}

#[test]
fn defects_are_refused_with_a_reason() {
    let cases = [
        ("{{ x", LiquidError::Unclosed("{{ x".into())),
        ("{% if x %}", LiquidError::Unclosed("{% if %}".into())),
        ("{% endif %}", LiquidError::Unexpected("endif".into())),
        (
            "{% if x %}{% endfor %}",
            LiquidError::Unexpected("endfor".into()),
        ),
        (
            "{% include 'x' %}",
            LiquidError::UnknownTag("include".into()),
        ),
        ("{{ 'x }}", LiquidError::UnclosedString),
        ("{{ ! }}", LiquidError::Syntax("! ".into())),
    ];
    for (template, error) in cases {
        assert_eq!(Template::parse(template), Err(error), "{template}");
    }
    let deep = "{% if x %}".repeat(MAX_BLOCKS + 1);
    assert_eq!(Template::parse(&deep), Err(LiquidError::TooDeep));
}

#[test]
fn exponential_templates_run_out_of_budget() {
    let bombs = [
        "{% for a in (1..999999999) %}x{% endfor %}".to_owned(),
        format!(
            "{}x{}",
            "{% for i in (1..99) %}".repeat(20),
            "{% endfor %}".repeat(20)
        ),
        format!(
            "{{% assign x = 'ab' %}}{}",
            "{% assign x = x | append: x %}".repeat(60)
        ),
        format!(
            "{{% assign x = 'a' %}}{}",
            "{% assign x = x | replace: 'a', 'aaaaaaaaa' %}".repeat(60)
        ),
        format!(
            "{{% assign x = 'a,b' | split: ',' %}}{}",
            "{% assign x = x | concat: x %}".repeat(60)
        ),
        format!(
            "{{% capture x %}}ab{{% endcapture %}}{}",
            "{% capture x %}{{x}}{{x}}{% endcapture %}".repeat(60)
        ),
    ];
    for bomb in bombs {
        let error = Template::parse(&bomb)
            .unwrap()
            .render(&context(), CLOCK)
            .unwrap_err();
        let budget = matches!(
            error,
            LiquidError::TooManySteps | LiquidError::TooMuchOutput
        );
        assert!(budget, "{error}");
    }
}

#[test]
fn a_survey_names_paths_locals_and_unknown_filters() {
    let template = "{% assign n = flow.variables.i %}{{ widgets.http.parsed[n].q | upcaze }}\
                    {% for x in trigger.list %}{{ x.q }}{{ widgets['a b'].c }}{% endfor %}";
    let survey = Template::parse(template).unwrap().survey();
    let paths: Vec<String> = survey.paths.iter().map(|path| path.join("/")).collect();
    assert_eq!(
        paths,
        [
            "flow/variables/i",
            "trigger/list",
            "widgets/a b/c",
            "widgets/http/parsed"
        ]
    );
    assert!(survey.locals.contains("n") && survey.locals.contains("x"));
    assert_eq!(
        survey.unknown_filters.iter().collect::<Vec<_>>(),
        ["upcaze"]
    );
}

#[test]
fn values_of_every_kind_can_be_sorted() {
    let mixed = json!({"list": (0..300).map(|n| match n % 6 {
        0 => json!(n), 1 => json!(n.to_string()), 2 => json!(format!("x{n}")),
        3 => Value::Null, 4 => json!({"n": n}), _ => json!(n % 7 == 0),
    }).collect::<Vec<_>>()});
    let sorted =
        Template::parse("{{ list | sort | first }} {{ list | sort: 'n' | size }}").unwrap();
    assert_eq!(sorted.render(&mixed, CLOCK).unwrap(), "0 300");
}

fn cases() -> u32 {
    std::env::var("HOOKSWITCH_FUZZ_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(300)
}

/// Text that is close to Liquid, so that it gets past the first character.
fn near_liquid() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{{",
        "}}",
        "{%",
        "%}",
        "{%-",
        "-%}",
        " if ",
        " else ",
        " elsif ",
        " endif ",
        " for ",
        " in ",
        " endfor ",
        " (1..9) ",
        " case ",
        " when ",
        " endcase ",
        " assign ",
        " = ",
        " capture ",
        " endcapture ",
        " raw ",
        " endraw ",
        " comment ",
        " endcomment ",
        "|",
        ":",
        ",",
        ".",
        "[",
        "]",
        "'",
        "\"",
        "widgets",
        "trigger",
        "x",
        " plus",
        " split",
        " join",
        " replace",
        " date",
        " to_json",
        " slice",
        " sort",
        " uniq",
        " sum",
        " and ",
        " or ",
        " contains ",
        "==",
        "<",
        "1",
        "-1",
        "9999999999999999999",
        "0.5",
        "é",
        "\u{1F600}",
        "\n",
        "%Y%",
        "cycle",
        " append",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|list| list.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_template_parses_or_is_refused_and_renders_within_bounds(source in near_liquid()) {
        if let Ok(template) = Template::parse(&source) {
            let _ = template.survey();
            if let Ok(out) = template.render(&context(), CLOCK) {
                prop_assert!(out.len() <= MAX_OUTPUT);
            }
        }
    }

    #[test]
    fn any_text_at_all_is_survived(source in "\\PC{0,80}") {
        if let Ok(template) = Template::parse(&source) {
            let _ = template.render(&context(), CLOCK);
        }
    }

    #[test]
    fn text_without_braces_renders_as_itself(source in "[^{]{0,200}") {
        let template = Template::parse(&source).unwrap();
        prop_assert_eq!(template.render(&context(), CLOCK).unwrap(), source);
    }
}
