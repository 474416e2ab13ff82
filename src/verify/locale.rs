//! The languages that Verify speaks (Twilio docs, "Verify supported languages").
//!
//! Without a locale Verify picks the language by the number's country, which is best left to
//! it. One that it does not know is a 404 at Twilio, so it must never get there. E-mail codes
//! are not translated.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The tags of the default template, as Twilio writes them.
#[rustfmt::skip]
const TAGS: [&str; 43] = [
    "af", "ar", "ca", "cs", "da", "de", "el", "en", "en-GB", "es", "et", "fi", "fr", "he", "hi",
    "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "mr", "ms", "nb", "nl", "pl", "pt", "pt-BR",
    "ro", "ru", "sk", "sv", "te", "th", "tl", "tr", "uk", "vi", "zh", "zh-CN", "zh-HK",
];

/// A locale that Verify knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale(&'static str);

/// Why a text is no locale of Verify's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "is no language that Verify speaks; leave it out (the number's country decides) or use one \
     of af, ar, ca, cs, da, de, el, en, en-GB, es, et, fi, fr, he, hi, hr, hu, id, it, ja, kn, \
     ko, lt, mr, ms, nb, nl, pl, pt, pt-BR, ro, ru, sk, sv, te, th, tl, tr, uk, vi, zh, zh-CN, \
     zh-HK"
)]
pub struct LocaleError;

impl Locale {
    /// Reads a language tag in any case, with `-` or `_`. A region that Verify has no
    /// translation of its own for (`de-AT`, as browsers send it) is its language (`de`).
    ///
    /// # Errors
    /// [`LocaleError`] for a language that Verify does not speak, or no tag at all.
    pub fn parse(text: &str) -> Result<Locale, LocaleError> {
        let mut parts = text.split(['-', '_']);
        let well_formed = |part: &str| {
            (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if !text.split(['-', '_']).all(well_formed) {
            return Err(LocaleError);
        }
        let language = parts.next().unwrap_or_default();
        let rest: Vec<&str> = parts.collect();
        let region = rest.iter().find(|part| part.len() == 2).copied();
        // Norwegian is written `no` by browsers; the translation is Bokmål's. Hong Kong and
        // Taiwan both write traditional characters, and so does `zh-Hant`.
        let traditional = region.is_some_and(|region| region.eq_ignore_ascii_case("TW"))
            || (region.is_none() && rest.iter().any(|part| part.eq_ignore_ascii_case("Hant")));
        let (language, region) = match language.to_ascii_lowercase().as_str() {
            "no" => ("nb", None),
            "fil" => ("tl", None),
            "zh" if traditional => ("zh", Some("HK")),
            _ => (language, region),
        };
        let find = |tag: &str| TAGS.iter().find(|known| known.eq_ignore_ascii_case(tag));
        region
            .and_then(|region| find(&format!("{language}-{region}")))
            .or_else(|| find(language))
            .map(|tag| Locale(tag))
            .ok_or(LocaleError)
    }

    /// Twilio's form.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl Serialize for Locale {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Locale {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Locale, D::Error> {
        Locale::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_read_as_itself() {
        for tag in TAGS {
            assert_eq!(Locale::parse(tag).map(Locale::as_str), Ok(tag));
            assert!(
                LocaleError.to_string().contains(tag),
                "{tag} is not in the message"
            );
        }
    }

    #[test]
    fn what_a_browser_sends_is_understood() {
        for (sent, tag) in [
            ("pt_br", "pt-BR"),
            ("de-AT", "de"),
            ("en-US", "en"),
            ("EN-gb", "en-GB"),
            ("zh-Hant-TW", "zh-HK"),
            ("zh-Hans-CN", "zh-CN"),
            ("no", "nb"),
            ("fil-PH", "tl"),
        ] {
            assert_eq!(Locale::parse(sent).map(Locale::as_str), Ok(tag), "{sent}");
        }
    }

    #[test]
    fn a_language_that_verify_does_not_speak_never_gets_to_twilio() {
        for wrong in [
            "",
            "xx",
            "english",
            "e",
            "de--AT",
            "de-",
            "is",
            "d\u{e9}",
            "en&Channel=call",
        ] {
            assert_eq!(Locale::parse(wrong), Err(LocaleError), "{wrong}");
        }
    }
}
