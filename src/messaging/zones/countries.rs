//! Country codes of E.164 (but 1, the North American plan) with the zones of each. A longer
//! prefix wins over a shorter one. Where a number does not tell which zone of a wide country
//! it is in, the outermost zones stand for all between them.

use super::{Place, Rule, Zone, nanp};

struct Row {
    prefix: &'static str,
    country: &'static str,
    zones: &'static [Zone],
}

const fn row(prefix: &'static str, country: &'static str, zones: &'static [Zone]) -> Row {
    Row {
        prefix,
        country,
        zones,
    }
}

/// Fixed, in hours.
const fn h(hours: i16) -> Zone {
    Zone::fixed(hours * 60)
}

/// Fixed, in hours and minutes.
const fn hm(hours: i16, minutes: i16) -> Zone {
    Zone::fixed(hours * 60 + minutes)
}

const fn eu(hours: i16) -> Zone {
    Zone::with(hours * 60, Rule::Europe)
}

const fn us(hours: i16) -> Zone {
    Zone::with(hours * 60, Rule::UnitedStates)
}

const SYDNEY: Zone = Zone::with(600, Rule::Australia);
const ADELAIDE: Zone = Zone::with(570, Rule::Australia);
const DARWIN: Zone = hm(9, 30);
const SANTIAGO: Zone = Zone::with(-240, Rule::Chile);

#[rustfmt::skip] // One prefix, one line.
const ROWS: &[Row] = &[
    row("20", "EG", &[Zone::with(120, Rule::Egypt)]),
    row("211", "SS", &[h(2)]),
    row("212", "MA", &[h(1), h(0)]), // An hour back during Ramadan.
    row("213", "DZ", &[h(1)]),
    row("216", "TN", &[h(1)]),
    row("218", "LY", &[h(2)]),
    row("220", "GM", &[h(0)]),
    row("221", "SN", &[h(0)]),
    row("222", "MR", &[h(0)]),
    row("223", "ML", &[h(0)]),
    row("224", "GN", &[h(0)]),
    row("225", "CI", &[h(0)]),
    row("226", "BF", &[h(0)]),
    row("227", "NE", &[h(1)]),
    row("228", "TG", &[h(0)]),
    row("229", "BJ", &[h(1)]),
    row("230", "MU", &[h(4)]),
    row("231", "LR", &[h(0)]),
    row("232", "SL", &[h(0)]),
    row("233", "GH", &[h(0)]),
    row("234", "NG", &[h(1)]),
    row("235", "TD", &[h(1)]),
    row("236", "CF", &[h(1)]),
    row("237", "CM", &[h(1)]),
    row("238", "CV", &[h(-1)]),
    row("239", "ST", &[h(0)]),
    row("240", "GQ", &[h(1)]),
    row("241", "GA", &[h(1)]),
    row("242", "CG", &[h(1)]),
    row("243", "CD", &[h(1), h(2)]),
    row("244", "AO", &[h(1)]),
    row("245", "GW", &[h(0)]),
    row("246", "IO", &[h(6)]),
    row("247", "AC", &[h(0)]),
    row("248", "SC", &[h(4)]),
    row("249", "SD", &[h(2)]),
    row("250", "RW", &[h(2)]),
    row("251", "ET", &[h(3)]),
    row("252", "SO", &[h(3)]),
    row("253", "DJ", &[h(3)]),
    row("254", "KE", &[h(3)]),
    row("255", "TZ", &[h(3)]),
    row("256", "UG", &[h(3)]),
    row("257", "BI", &[h(2)]),
    row("258", "MZ", &[h(2)]),
    row("260", "ZM", &[h(2)]),
    row("261", "MG", &[h(3)]),
    row("262", "RE", &[h(4), h(3)]),
    row("263", "ZW", &[h(2)]),
    row("264", "NA", &[h(2)]),
    row("265", "MW", &[h(2)]),
    row("266", "LS", &[h(2)]),
    row("267", "BW", &[h(2)]),
    row("268", "SZ", &[h(2)]),
    row("269", "KM", &[h(3)]),
    row("27", "ZA", &[h(2)]),
    row("290", "SH", &[h(0)]),
    row("291", "ER", &[h(3)]),
    row("297", "AW", &[h(-4)]),
    row("298", "FO", &[eu(0)]),
    row("299", "GL", &[eu(-2), us(-4)]),
    row("30", "GR", &[eu(2)]),
    row("31", "NL", &[eu(1)]),
    row("32", "BE", &[eu(1)]),
    row("33", "FR", &[eu(1)]),
    row("34", "ES", &[eu(1), eu(0)]),
    row("350", "GI", &[eu(1)]),
    row("351", "PT", &[eu(0), eu(-1)]),
    row("352", "LU", &[eu(1)]),
    row("353", "IE", &[eu(0)]),
    row("354", "IS", &[h(0)]),
    row("355", "AL", &[eu(1)]),
    row("356", "MT", &[eu(1)]),
    row("357", "CY", &[eu(2)]),
    row("358", "FI", &[eu(2)]),
    row("359", "BG", &[eu(2)]),
    row("36", "HU", &[eu(1)]),
    row("370", "LT", &[eu(2)]),
    row("371", "LV", &[eu(2)]),
    row("372", "EE", &[eu(2)]),
    row("373", "MD", &[eu(2)]),
    row("374", "AM", &[h(4)]),
    row("375", "BY", &[h(3)]),
    row("376", "AD", &[eu(1)]),
    row("377", "MC", &[eu(1)]),
    row("378", "SM", &[eu(1)]),
    row("379", "VA", &[eu(1)]),
    row("380", "UA", &[eu(2)]),
    row("381", "RS", &[eu(1)]),
    row("382", "ME", &[eu(1)]),
    row("383", "XK", &[eu(1)]),
    row("385", "HR", &[eu(1)]),
    row("386", "SI", &[eu(1)]),
    row("387", "BA", &[eu(1)]),
    row("389", "MK", &[eu(1)]),
    row("39", "IT", &[eu(1)]),
    row("40", "RO", &[eu(2)]),
    row("41", "CH", &[eu(1)]),
    row("420", "CZ", &[eu(1)]),
    row("421", "SK", &[eu(1)]),
    row("423", "LI", &[eu(1)]),
    row("43", "AT", &[eu(1)]),
    row("44", "GB", &[eu(0)]),
    row("45", "DK", &[eu(1)]),
    row("46", "SE", &[eu(1)]),
    row("47", "NO", &[eu(1)]),
    row("48", "PL", &[eu(1)]),
    row("49", "DE", &[eu(1)]),
    row("500", "FK", &[h(-3)]),
    row("501", "BZ", &[h(-6)]),
    row("502", "GT", &[h(-6)]),
    row("503", "SV", &[h(-6)]),
    row("504", "HN", &[h(-6)]),
    row("505", "NI", &[h(-6)]),
    row("506", "CR", &[h(-6)]),
    row("507", "PA", &[h(-5)]),
    row("508", "PM", &[us(-3)]),
    row("509", "HT", &[us(-5)]),
    row("51", "PE", &[h(-5)]),
    row("52", "MX", &[h(-6), h(-5), us(-8)]),
    row("53", "CU", &[Zone::with(-300, Rule::Cuba)]),
    row("54", "AR", &[h(-3)]),
    row("55", "BR", &[h(-3)]),
    row("5565", "BR", &[h(-4)]),
    row("5566", "BR", &[h(-4)]),
    row("5567", "BR", &[h(-4)]),
    row("5568", "BR", &[h(-5)]),
    row("5569", "BR", &[h(-4)]),
    row("5581", "BR", &[h(-3), h(-2)]),
    row("5592", "BR", &[h(-4)]),
    row("5595", "BR", &[h(-4)]),
    row("5597", "BR", &[h(-4), h(-5)]),
    row("56", "CL", &[SANTIAGO, h(-3), Zone::with(-360, Rule::Chile)]),
    row("57", "CO", &[h(-5)]),
    row("58", "VE", &[h(-4)]),
    row("590", "GP", &[h(-4)]),
    row("591", "BO", &[h(-4)]),
    row("592", "GY", &[h(-4)]),
    row("593", "EC", &[h(-5), h(-6)]),
    row("594", "GF", &[h(-3)]),
    row("595", "PY", &[h(-3)]),
    row("596", "MQ", &[h(-4)]),
    row("597", "SR", &[h(-3)]),
    row("598", "UY", &[h(-3)]),
    row("599", "CW", &[h(-4)]),
    row("60", "MY", &[h(8)]),
    row("61", "AU", &[SYDNEY, h(10), ADELAIDE, DARWIN, h(8)]),
    row("612", "AU", &[SYDNEY]),
    row("613", "AU", &[SYDNEY]),
    row("617", "AU", &[h(10)]),
    row("618", "AU", &[ADELAIDE, DARWIN, h(8)]),
    row("62", "ID", &[h(7), h(8), h(9)]),
    row("63", "PH", &[h(8)]),
    row("64", "NZ", &[Zone::with(720, Rule::NewZealand)]),
    row("65", "SG", &[h(8)]),
    row("66", "TH", &[h(7)]),
    row("670", "TL", &[h(9)]),
    row("672", "NF", &[Zone::with(660, Rule::Australia)]),
    row("673", "BN", &[h(8)]),
    row("674", "NR", &[h(12)]),
    row("675", "PG", &[h(10), h(11)]),
    row("676", "TO", &[h(13)]),
    row("677", "SB", &[h(11)]),
    row("678", "VU", &[h(11)]),
    row("679", "FJ", &[h(12)]),
    row("680", "PW", &[h(9)]),
    row("681", "WF", &[h(12)]),
    row("682", "CK", &[h(-10)]),
    row("683", "NU", &[h(-11)]),
    row("685", "WS", &[h(13)]),
    row("686", "KI", &[h(12), h(13), h(14)]),
    row("687", "NC", &[h(11)]),
    row("688", "TV", &[h(12)]),
    row("689", "PF", &[h(-10), h(-9)]),
    row("690", "TK", &[h(13)]),
    row("691", "FM", &[h(11), h(10)]),
    row("692", "MH", &[h(12)]),
    row("7", "RU", &[h(3), h(2), h(12)]),
    row("76", "KZ", &[h(5)]),
    row("77", "KZ", &[h(5)]),
    row("81", "JP", &[h(9)]),
    row("82", "KR", &[h(9)]),
    row("84", "VN", &[h(7)]),
    row("850", "KP", &[h(9)]),
    row("852", "HK", &[h(8)]),
    row("853", "MO", &[h(8)]),
    row("855", "KH", &[h(7)]),
    row("856", "LA", &[h(7)]),
    row("86", "CN", &[h(8)]),
    row("880", "BD", &[h(6)]),
    row("886", "TW", &[h(8)]),
    row("90", "TR", &[h(3)]),
    row("91", "IN", &[hm(5, 30)]),
    row("92", "PK", &[h(5)]),
    row("93", "AF", &[hm(4, 30)]),
    row("94", "LK", &[hm(5, 30)]),
    row("95", "MM", &[hm(6, 30)]),
    row("960", "MV", &[h(5)]),
    row("961", "LB", &[Zone::with(120, Rule::Lebanon)]),
    row("962", "JO", &[h(3)]),
    row("963", "SY", &[h(3)]),
    row("964", "IQ", &[h(3)]),
    row("965", "KW", &[h(3)]),
    row("966", "SA", &[h(3)]),
    row("967", "YE", &[h(3)]),
    row("968", "OM", &[h(4)]),
    row("970", "PS", &[h(2), h(3)]), // Its summer time pauses during Ramadan.
    row("971", "AE", &[h(4)]),
    row("972", "IL", &[Zone::with(120, Rule::Israel)]),
    row("973", "BH", &[h(3)]),
    row("974", "QA", &[h(3)]),
    row("975", "BT", &[h(6)]),
    row("976", "MN", &[h(8), h(7)]),
    row("977", "NP", &[hm(5, 45)]),
    row("98", "IR", &[hm(3, 30)]),
    row("992", "TJ", &[h(5)]),
    row("993", "TM", &[h(5)]),
    row("994", "AZ", &[h(4)]),
    row("995", "GE", &[h(4)]),
    row("996", "KG", &[h(6)]),
    row("998", "UZ", &[h(5)]),
];

/// The place of a number, by its longest known prefix.
pub(super) fn by_prefix(digits: &str) -> Option<Place> {
    (1..=4).rev().find_map(|len| {
        let prefix = digits.get(..len)?;
        let at = ROWS.binary_search_by(|row| row.prefix.cmp(prefix)).ok()?;
        ROWS.get(at).map(Row::place)
    })
}

/// The place of a person of whom only the country is known, by its ISO code.
pub(super) fn by_name(country: &str) -> Option<Place> {
    by_row(country).or_else(|| nanp::by_name(country))
}

/// The first row of a country: that of its country code alone.
pub(super) fn by_row(country: &str) -> Option<Place> {
    ROWS.iter()
        .find(|row| row.country == country)
        .map(Row::place)
}

impl Row {
    const fn place(&self) -> Place {
        Place {
            country: self.country,
            zones: self.zones,
        }
    }
}

#[cfg(test)]
pub(super) fn prefixes() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.prefix)
}
