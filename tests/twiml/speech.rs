//! The documents of SSML; each is the function of the same name in tests/golden/twiml.py.

use hookswitch::twilio::twiml::{
    Break, BreakStrength, DateFormat, Emphasis, EmphasisLevel, InterpretAs, Lang, Phoneme,
    PhonemeAlphabet, Prosody, Say, SayAs, Sub, VoiceResponse, Word,
};

/// What each scope may hold, written with one of each.
macro_rules! inner {
    ($scope:ident $($also:ident)*) => {
        $scope
            .break_(&Break { strength: Some(BreakStrength::XWeak), time: Some("200ms") })
            .phoneme(
                "pecan",
                &Phoneme { alphabet: Some(PhonemeAlphabet::Ipa), ph: Some("pɪˈkɑːn") },
            )
            .say_as(
                "12/24",
                &SayAs { interpret_as: Some(InterpretAs::Date), format: Some(DateFormat::Md) },
            )
            .sub("Al", &Sub::alias("aluminum"))
            .emphasis(&Emphasis { level: Some(EmphasisLevel::Reduced) }, |e| {
                e.text("word");
            })
            .prosody(
                &Prosody { volume: Some("-6dB"), rate: Some("slow"), pitch: Some("-10%") },
                |p| {
                    p.text("slow");
                },
            );
        $(inner!(@ $scope $also);)*
    };
    (@ $scope:ident lang) => {
        $scope.lang(&Lang::code("fr-FR"), |l| {
            l.text("Bonjour");
        });
    };
    (@ $scope:ident w) => {
        $scope.w(&Word { role: Some("amazon:VB") }, |w| {
            w.text("lead");
        });
    };
    (@ $scope:ident p) => {
        $scope.p(|p| {
            p.text("Paragraph");
        });
    };
    (@ $scope:ident s) => {
        $scope.s(|s| {
            s.text("Sentence");
        });
    };
}

pub(crate) fn ssml(r: &mut VoiceResponse) {
    let plain = Say::default();
    r.say_ssml(
        &Say {
            voice: Some("Polly.Joanna"),
            ..Say::text("Words & ")
        },
        |s| {
            inner!(s lang w p s);
        },
    )
    .say_ssml(&plain, |s| {
        s.lang(&Lang::code("de-DE"), |l| {
            inner!(l lang w p s);
        });
    })
    .say_ssml(&plain, |s| {
        s.prosody(
            &Prosody {
                rate: Some("110%"),
                ..Prosody::default()
            },
            |p| {
                inner!(p lang w p s);
            },
        );
    })
    .say_ssml(&plain, |s| {
        s.p(|p| {
            inner!(p lang w s);
        });
    })
    .say_ssml(&plain, |s| {
        s.s(|s| {
            inner!(s lang w);
        });
    })
    .say_ssml(&plain, |s| {
        s.emphasis(
            &Emphasis {
                level: Some(EmphasisLevel::Strong),
            },
            |e| {
                inner!(e lang w);
            },
        );
    })
    .say_ssml(&plain, |s| {
        s.w(
            &Word {
                role: Some("amazon:NN"),
            },
            |w| {
                inner!(w);
            },
        );
    });
}

pub(crate) fn ssml_mixed(r: &mut VoiceResponse) {
    r.say_ssml(&Say::text("One "), |s| {
        s.break_(&Break {
            strength: Some(BreakStrength::Strong),
            ..Break::default()
        })
        .text(" two <")
        .emphasis(
            &Emphasis {
                level: Some(EmphasisLevel::Moderate),
            },
            |e| {
                e.text("three").break_(&Break::time("1s")).text("four");
            },
        )
        .text(" five");
    });
}

pub(crate) fn ssml_values(r: &mut VoiceResponse) {
    r.say_ssml(&Say::default(), |s| {
        for strength in ["none", "x-weak", "weak", "medium", "strong", "x-strong"] {
            s.break_(&Break {
                strength: BreakStrength::parse(strength),
                ..Break::default()
            });
        }
        for kind in [
            "characters",
            "spell-out",
            "cardinal",
            "number",
            "ordinal",
            "digits",
            "fraction",
            "unit",
            "date",
            "time",
            "address",
            "expletive",
            "telephone",
        ] {
            s.say_as(
                "1",
                &SayAs {
                    interpret_as: InterpretAs::parse(kind),
                    format: None,
                },
            );
        }
        for order in [
            "mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd",
        ] {
            s.say_as(
                "1",
                &SayAs {
                    format: DateFormat::parse(order),
                    ..SayAs::kind(InterpretAs::Date)
                },
            );
        }
        for alphabet in [
            "ipa",
            "x-sampa",
            "x-amazon-jyutping",
            "x-amazon-pinyin",
            "x-amazon-pron-kana",
            "x-amazon-yomigana",
        ] {
            s.phoneme(
                "a",
                &Phoneme {
                    alphabet: PhonemeAlphabet::parse(alphabet),
                    ph: Some("a"),
                },
            );
        }
    });
}
