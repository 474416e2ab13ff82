//! What GSM-7 can write instead of a character it does not have.
//!
//! Two strengths. A *replacement* changes typography only and is applied without asking when
//! smart encoding is on. A *suggestion* may also drop an accent or the like, and is only ever
//! shown to a person: it changes how a name is spelt.
//!
//! The coverage is that of Twilio's Smart Encoding (Twilio docs, "Smart Encoding character
//! list") with these differences: combining marks are joined to their letter instead of
//! becoming a stray sign, the single angle quotes keep their direction, every space becomes
//! one space.

/// Replacement and the characters it stands for. Read from the top for a character that is
/// not in GSM-7, so the frequent ones come first.
const GROUPS: &[(&str, &str)] = &[
    (
        "'",
        "\u{2018}\u{2019}`´\u{201b}\u{2032}\u{2035}ʻʼʽʹˈˊˋ‗❛❜\u{fe10}\u{fe11}",
    ),
    (
        "\"",
        "\u{201c}\u{201d}\u{201e}«»\u{201f}\u{2033}\u{2036}ʺˮ❝❞〝〞",
    ),
    (
        "-",
        "\u{2013}\u{2014}\u{2010}\u{2011}\u{2012}\u{2015}\u{2022}\u{2043}\u{2212}·•⎼⎽\u{fe58}\u{fe63}\u{ad}",
    ),
    ("...", "…"),
    (
        " ",
        "\u{a0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}\u{2028}\u{2029}\u{9}\u{b}\u{80}\u{85}\u{8d}\u{90}\u{9b}\u{9f}",
    ),
    (
        "",
        "\u{200b}\u{200e}\u{200f}\u{2060}\u{feff}\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{e}\u{f}\u{10}\u{11}\u{12}\u{13}\u{14}\u{15}\u{16}\u{17}\u{18}\u{19}\u{1a}\u{1b}\u{7f}",
    ),
    (",", "\u{201a}、﹐﹑､"),
    (".", "。﹒｡\u{2024}"),
    ("..", "\u{2025}"),
    ("!", "ǃ︕﹗"),
    ("!!", "‼"),
    ("?", "︖﹖"),
    ("?!", "⁈"),
    ("!?", "⁉"),
    (":", "ːː˸⦂꞉︓﹕\u{2236}"),
    (";", "⁏︔﹔"),
    ("<", "\u{2039}﹤"),
    (">", "\u{203a}﹥"),
    ("=", "꞊﹦"),
    ("+", "˖﹢"),
    ("*", "⁎∗⊛✢✣✤✥✱✲✳✺✻✼✽❃❉❊❋⧆﹡"),
    ("/", "÷⧸⁄∕"),
    ("\\", "⧹⧵﹨"),
    ("|", "∣⎸⎹⏐⎜⎟¦"),
    ("_", "\u{ff3f}"),
    ("~", "˜˷∼"),
    ("^", "ˆ"),
    ("(", "❨❪﹙⟮⦅"),
    (")", "❩❫﹚⟯⦆"),
    ("{", "❴﹛"),
    ("}", "❵﹜"),
    ("[", "⟦〔"),
    ("]", "⟧〕"),
    ("@", "﹫"),
    ("$", "﹩"),
    ("#", "﹟"),
    ("%", "﹪"),
    ("&", "﹠"),
    ("1/4", "¼"),
    ("1/2", "½"),
    ("3/4", "¾"),
    ("x", "×"),
];

/// Small capitals, which the full-width rule does not reach, with their letters in order.
const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘ ʀꜱᴛᴜᴠᴡ ʏᴢ";

/// Plain letters of U+00C0..=U+017F in order, for suggestions; `.` where there is none.
const LATIN: &[u8; 192] = b"AAAAAAACEEEEIIIIDNOOOOO.OUUUUYTsaaaaaaaceeeeiiiidnooooo.ouuuuyty\
AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi..JjKkkLlLlLlLlLlNnNnNnnNnOoOoOo..RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/// Letters whose plain form has two signs, and signs that have words.
const WORDS: &[(char, &str)] = &[
    ('Œ', "OE"),
    ('œ', "oe"),
    ('Ĳ', "IJ"),
    ('ĳ', "ij"),
    ('©', "(c)"),
    ('®', "(r)"),
    ('™', "(tm)"),
    ('°', "o"),
    ('ẞ', "SS"),
    ('₹', "Rs"),
    ('₽', "RUB"),
    ('₩', "KRW"),
    ('₺', "TL"),
    ('→', "->"),
    ('←', "<-"),
    ('⇒', "=>"),
    ('≤', "<="),
    ('≥', ">="),
    ('≠', "<>"),
    ('✓', "OK"),
    ('✔', "OK"),
];

/// Every printable ASCII character as a slice of its own, so that a computed one can be
/// given out without an allocation.
const ASCII: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_'abcdefghijklmnopqrstuvwxyz{|}~";

/// The typographic equal of a character within GSM-7, or `None` when there is none.
pub fn replacement(c: char) -> Option<&'static str> {
    match c {
        // Full-width forms stand in ASCII order; the grave accent becomes an apostrophe.
        '\u{ff01}'..='\u{ff5e}' => ascii(u32::from(c) - 0xfee0),
        '\u{1f100}'.. | '\u{3040}'..='\u{a6ff}' | '\u{ac00}'..='\u{d7ff}' => None,
        _ => GROUPS
            .iter()
            .find(|(_, from)| from.contains(c))
            .map(|(to, _)| *to)
            .or_else(|| small_capital(c)),
    }
}

/// A character of GSM-7 that says nearly the same, for a person to decide on.
pub fn suggestion(c: char) -> Option<&'static str> {
    replacement(c).or_else(|| {
        let word = WORDS.iter().find(|(from, _)| *from == c).map(|(_, to)| *to);
        word.or_else(|| {
            let plain = LATIN.get((c as usize).checked_sub(0xc0)?)?;
            (*plain != b'.').then(|| ascii(u32::from(*plain)))?
        })
    })
}

/// The one character of GSM-7 that a letter and a combining accent make together.
pub(super) const fn compose(letter: char, mark: char) -> Option<char> {
    Some(match (letter, mark) {
        ('a', '\u{300}') => 'à',
        ('e', '\u{300}') => 'è',
        ('i', '\u{300}') => 'ì',
        ('o', '\u{300}') => 'ò',
        ('u', '\u{300}') => 'ù',
        ('e', '\u{301}') => 'é',
        ('E', '\u{301}') => 'É',
        ('n', '\u{303}') => 'ñ',
        ('N', '\u{303}') => 'Ñ',
        ('a', '\u{308}') => 'ä',
        ('o', '\u{308}') => 'ö',
        ('u', '\u{308}') => 'ü',
        ('A', '\u{308}') => 'Ä',
        ('O', '\u{308}') => 'Ö',
        ('U', '\u{308}') => 'Ü',
        ('a', '\u{30a}') => 'å',
        ('A', '\u{30a}') => 'Å',
        ('C', '\u{327}') => 'Ç',
        _ => return None,
    })
}

fn ascii(code: u32) -> Option<&'static str> {
    let at = code.checked_sub(0x20)? as usize;
    ASCII.get(at..at + 1)
}

fn small_capital(c: char) -> Option<&'static str> {
    if c.is_ascii() {
        return None;
    }
    let at = SMALL_CAPITALS.chars().position(|small| small == c)?;
    ascii(u32::from(b'A') + at as u32)
}
