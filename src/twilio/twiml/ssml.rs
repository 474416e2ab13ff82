//! SSML inside `<Say>` (Twilio docs, SSML). Which element may hold which is Twilio's own schema:
//! no paragraph in a paragraph, no sentence in a sentence, only words in a word.

use super::element::{element, scope, tokens};

tokens! {
    /// A pause by strength (SSML `<break>`).
    pub enum BreakStrength {
        /// None, where there would be one.
        None = "none",
        /// None, where there would be one.
        XWeak = "x-weak",
        /// As after a comma.
        Weak = "weak",
        /// As after a comma; the default.
        Medium = "medium",
        /// As after a sentence.
        Strong = "strong",
        /// As after a paragraph.
        XStrong = "x-strong",
    }

    /// How much words are stressed (SSML `<emphasis>`).
    pub enum EmphasisLevel {
        /// Louder and slower.
        Strong = "strong",
        /// Somewhat; the default.
        Moderate = "moderate",
        /// Softer and faster.
        Reduced = "reduced",
    }

    /// The alphabet a pronunciation is written in (SSML `<phoneme>`).
    pub enum PhonemeAlphabet {
        /// The International Phonetic Alphabet.
        Ipa = "ipa",
        /// X-SAMPA.
        XSampa = "x-sampa",
        /// Cantonese Jyutping.
        Jyutping = "x-amazon-jyutping",
        /// Mandarin Pinyin.
        Pinyin = "x-amazon-pinyin",
        /// Japanese pronunciation kana.
        PronKana = "x-amazon-pron-kana",
        /// Japanese yomigana.
        Yomigana = "x-amazon-yomigana",
    }

    /// What kind of thing words are (SSML `<say-as>`).
    pub enum InterpretAs {
        /// Letter by letter.
        Characters = "characters",
        /// Letter by letter.
        SpellOut = "spell-out",
        /// A number.
        Cardinal = "cardinal",
        /// A number.
        Number = "number",
        /// A rank.
        Ordinal = "ordinal",
        /// Digit by digit.
        Digits = "digits",
        /// A fraction.
        Fraction = "fraction",
        /// A measure.
        Unit = "unit",
        /// A date, in the order that `format` says.
        Date = "date",
        /// A duration.
        Time = "time",
        /// A street address.
        Address = "address",
        /// Beeped out.
        Expletive = "expletive",
        /// A telephone number.
        Telephone = "telephone",
    }

    /// The order of a date's parts (SSML `<say-as>`).
    pub enum DateFormat {
        /// Month, day, year.
        Mdy = "mdy",
        /// Day, month, year.
        Dmy = "dmy",
        /// Year, month, day.
        Ymd = "ymd",
        /// Month, day.
        Md = "md",
        /// Day, month.
        Dm = "dm",
        /// Year, month.
        Ym = "ym",
        /// Month, year.
        My = "my",
        /// Day.
        D = "d",
        /// Month.
        M = "m",
        /// Year.
        Y = "y",
        /// Year, month, day without separators; `?` for an unknown part.
        Yyyymmdd = "yyyymmdd",
    }
}

element! {
    /// `<break>`: a pause.
    pub struct Break<'a> = "break" {
        /// Length by strength.
        strength: BreakStrength = "strength",
        /// Length by time: `500ms`, `2s`, at most `10s`.
        time: &'a str = "time",
    }
}

impl<'a> Break<'a> {
    /// A pause so long: `500ms`, `2s`.
    #[must_use]
    pub const fn time(time: &'a str) -> Self {
        Self {
            strength: None,
            time: Some(time),
        }
    }
}

element! {
    /// `<emphasis>`: stressed words.
    pub struct Emphasis = "emphasis" {
        /// How much.
        level: EmphasisLevel = "level",
    }
}

element! {
    /// `<lang>`: words of another language.
    pub struct Lang<'a> = "lang" {
        /// The language, such as `fr-FR`.
        xml_lang: &'a str = "xml:lang",
    }
}

impl<'a> Lang<'a> {
    /// Words of this language, such as `fr-FR`.
    #[must_use]
    pub const fn code(xml_lang: &'a str) -> Self {
        Self {
            xml_lang: Some(xml_lang),
        }
    }
}

element! {
    /// `<p>`: a paragraph, with a pause after it.
    pub(super) struct Paragraph = "p" {}
}

element! {
    /// `<s>`: a sentence, with a pause after it.
    pub(super) struct Sentence = "s" {}
}

element! {
    /// `<phoneme>`: words by their sounds.
    pub struct Phoneme<'a> = "phoneme" {
        /// Alphabet of `ph`.
        alphabet: PhonemeAlphabet = "alphabet",
        /// The sounds.
        ph: &'a str = "ph",
    }
}

element! {
    /// `<prosody>`: volume, speed and pitch.
    pub struct Prosody<'a> = "prosody" {
        /// `default`, `silent`, `x-soft`, `soft`, `medium`, `loud`, `x-loud`, `+6dB`, `-6dB`.
        volume: &'a str = "volume",
        /// `x-slow`, `slow`, `medium`, `fast`, `x-fast`, `90%`.
        rate: &'a str = "rate",
        /// `default`, `x-low`, `low`, `medium`, `high`, `x-high`, `+10%`, `-10%`.
        pitch: &'a str = "pitch",
    }
}

element! {
    /// `<say-as>`: words as a kind of thing.
    pub struct SayAs = "say-as" {
        /// The kind.
        interpret_as: InterpretAs = "interpret-as",
        /// Order of the parts of a date.
        format: DateFormat = "format",
    }
}

impl SayAs {
    /// Words as this kind of thing.
    #[must_use]
    pub const fn kind(interpret_as: InterpretAs) -> Self {
        Self {
            interpret_as: Some(interpret_as),
            format: None,
        }
    }
}

element! {
    /// `<sub>`: words that are spoken as others.
    pub struct Sub<'a> = "sub" {
        /// What is spoken.
        alias: &'a str = "alias",
    }
}

impl<'a> Sub<'a> {
    /// Words that are spoken as `alias`.
    #[must_use]
    pub const fn alias(alias: &'a str) -> Self {
        Self { alias: Some(alias) }
    }
}

element! {
    /// `<w>`: a word in one of its parts of speech.
    pub struct Word<'a> = "w" {
        /// Part of speech, such as `amazon:VB`.
        role: &'a str = "role",
    }
}

scope! {
    /// Inside `<Say>`, `<lang>` and `<prosody>`.
    pub struct SpeechScope {
        /// A pause.
        fn break_(&Break);
        /// Stressed words.
        fn emphasis(&Emphasis) { SentenceScope };
        /// Words of another language.
        fn lang(&Lang) { SpeechScope };
        /// A paragraph.
        fn p(Paragraph) { ParagraphScope };
        /// Words by their sounds.
        fn phoneme(words, &Phoneme);
        /// Volume, speed and pitch.
        fn prosody(&Prosody) { SpeechScope };
        /// A sentence.
        fn s(Sentence) { SentenceScope };
        /// Words as a kind of thing.
        fn say_as(words, &SayAs);
        /// Words that are spoken as others.
        fn sub(words, &Sub);
        /// A word in one of its parts of speech.
        fn w(&Word) { WordScope };
    }
}

scope! {
    /// Inside `<p>`.
    pub struct ParagraphScope {
        /// A pause.
        fn break_(&Break);
        /// Stressed words.
        fn emphasis(&Emphasis) { SentenceScope };
        /// Words of another language.
        fn lang(&Lang) { SpeechScope };
        /// Words by their sounds.
        fn phoneme(words, &Phoneme);
        /// Volume, speed and pitch.
        fn prosody(&Prosody) { SpeechScope };
        /// A sentence.
        fn s(Sentence) { SentenceScope };
        /// Words as a kind of thing.
        fn say_as(words, &SayAs);
        /// Words that are spoken as others.
        fn sub(words, &Sub);
        /// A word in one of its parts of speech.
        fn w(&Word) { WordScope };
    }
}

scope! {
    /// Inside `<s>` and `<emphasis>`.
    pub struct SentenceScope {
        /// A pause.
        fn break_(&Break);
        /// Stressed words.
        fn emphasis(&Emphasis) { SentenceScope };
        /// Words of another language.
        fn lang(&Lang) { SpeechScope };
        /// Words by their sounds.
        fn phoneme(words, &Phoneme);
        /// Volume, speed and pitch.
        fn prosody(&Prosody) { SpeechScope };
        /// Words as a kind of thing.
        fn say_as(words, &SayAs);
        /// Words that are spoken as others.
        fn sub(words, &Sub);
        /// A word in one of its parts of speech.
        fn w(&Word) { WordScope };
    }
}

scope! {
    /// Inside `<w>`.
    pub struct WordScope {
        /// A pause.
        fn break_(&Break);
        /// Stressed words.
        fn emphasis(&Emphasis) { SentenceScope };
        /// Words by their sounds.
        fn phoneme(words, &Phoneme);
        /// Volume, speed and pitch.
        fn prosody(&Prosody) { SpeechScope };
        /// Words as a kind of thing.
        fn say_as(words, &SayAs);
        /// Words that are spoken as others.
        fn sub(words, &Sub);
    }
}

/// Plain words between the elements.
macro_rules! words {
    ($($scope:ident)+) => {$(
        impl $scope<'_> {
            /// Words without an element of their own.
            pub fn text(&mut self, words: &str) -> &mut Self {
                self.writer().text(words);
                self
            }
        }
    )+};
}

words! { SpeechScope ParagraphScope SentenceScope WordScope }
