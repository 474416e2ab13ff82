//! Area codes of the North American Numbering Plan. An area code on both sides of a border
//! between zones is listed in each group that says so.

use super::{Place, Rule, Zone};

const fn us(hours: i16) -> Zone {
    Zone::with(hours * 60, Rule::UnitedStates)
}

const fn fixed(hours: i16) -> Zone {
    Zone::fixed(hours * 60)
}

const NEWFOUNDLAND: Zone = Zone::with(-210, Rule::UnitedStates);
const ATLANTIC: Zone = us(-4);
const EASTERN: Zone = us(-5);
const CENTRAL: Zone = us(-6);
const MOUNTAIN: Zone = us(-7);
const PACIFIC: Zone = Zone::PACIFIC;
const ALASKA: Zone = us(-9);
const ALEUTIAN: Zone = us(-10);
const HAWAII: Zone = fixed(-10);
const ARIZONA: Zone = fixed(-7);
const SASKATCHEWAN: Zone = fixed(-6);

/// For a number of the United States or Canada whose area code says nothing.
pub(super) const ANYWHERE: &[Zone] = &[EASTERN, CENTRAL, MOUNTAIN, PACIFIC, ALASKA, HAWAII];

struct Group {
    country: &'static str,
    zones: &'static [Zone],
    /// Area codes, three digits each, without gaps.
    codes: &'static str,
}

const fn group(country: &'static str, zones: &'static [Zone], codes: &'static str) -> Group {
    Group {
        country,
        zones,
        codes,
    }
}

#[rustfmt::skip] // One group, one line.
const GROUPS: &[Group] = &[
    group("US", &[EASTERN], "201202203207212215216220223227229231234239240248252260267269272276283301302304305313315317321324326329330332336339347351352363380386401404407410412413419434436440443445463470472475478484502508513516517518540551561567570571582585586603607609610614616617624631640645646656667678679680681686689703704706716717718724727728732734740743754757762765770771772774781786802803804810813814821826828835838839843845848854856857859860862863864865878904908910912914917919929934937941943947948954959973978980984989"),
    group("US", &[EASTERN, CENTRAL], "423574606812930906"),
    group("US", &[CENTRAL, EASTERN], "270364448850"),
    group("US", &[CENTRAL], "205210214217218219224225228235251254256262274281309312314316318319320325327331334337346353361402405409414417430447457464469471479501504507512515531534539557563572573580601608612615618621629630636641651659660662682708712713715726730731737763769773779806815816817830832847861870872901903913918920924931936938940945952956972975979985"),
    group("US", &[CENTRAL, MOUNTAIN], "308432605620701785"),
    group("US", &[MOUNTAIN], "303307385406435505575719720748801915970983"),
    group("US", &[ARIZONA], "480520602623"),
    group("US", &[ARIZONA, MOUNTAIN], "928"),
    group("US", &[MOUNTAIN, PACIFIC], "208986"),
    group("US", &[PACIFIC, MOUNTAIN], "458541775"),
    group("US", &[PACIFIC], "206209213253279310323341350357360369408415424425442503509510530559562564619626628650657661669702707714725738747760805818820831837840858909916925949951971"),
    group("US", &[ALASKA, ALEUTIAN], "907"),
    group("US", &[HAWAII], "808"),
    group("PR", &[fixed(-4)], "787939"),
    group("VI", &[fixed(-4)], "340"),
    group("GU", &[fixed(10)], "671"),
    group("MP", &[fixed(10)], "670"),
    group("AS", &[fixed(-11)], "684"),
    group("CA", &[NEWFOUNDLAND, ATLANTIC], "709879"),
    group("CA", &[ATLANTIC], "428506782902"),
    group("CA", &[EASTERN, ATLANTIC, fixed(-4)], "367418581"),
    group("CA", &[EASTERN], "226249263289343354365382416437438450468514519548579613647683705742753819873905942"),
    group("CA", &[EASTERN, CENTRAL], "807"),
    group("CA", &[CENTRAL], "204431584"),
    group("CA", &[SASKATCHEWAN, MOUNTAIN], "306474639"),
    group("CA", &[MOUNTAIN], "368403587780825"),
    // British Columbia: with and without the change of clocks, which it is giving up.
    group("CA", &[PACIFIC, ARIZONA], "604"),
    group("CA", &[PACIFIC, ARIZONA, MOUNTAIN], "236250257672778"),
    group("CA", &[MOUNTAIN, ARIZONA, CENTRAL, EASTERN], "867"),
    group("CA", &[EASTERN, NEWFOUNDLAND, PACIFIC], "600622633644655677688"),
    group("BS", &[EASTERN], "242"),
    group("BB", &[fixed(-4)], "246"),
    group("AI", &[fixed(-4)], "264"),
    group("AG", &[fixed(-4)], "268"),
    group("VG", &[fixed(-4)], "284"),
    group("KY", &[fixed(-5)], "345"),
    group("BM", &[ATLANTIC], "441"),
    group("GD", &[fixed(-4)], "473"),
    group("TC", &[EASTERN], "649"),
    group("JM", &[fixed(-5)], "658876"),
    group("MS", &[fixed(-4)], "664"),
    group("SX", &[fixed(-4)], "721"),
    group("LC", &[fixed(-4)], "758"),
    group("DM", &[fixed(-4)], "767"),
    group("VC", &[fixed(-4)], "784"),
    group("DO", &[fixed(-4)], "809829849"),
    group("TT", &[fixed(-4)], "868"),
    group("KN", &[fixed(-4)], "869"),
];

/// The place of a national number; its area code may be unknown.
pub(super) fn place(national: &str) -> Place {
    let area = national.as_bytes().get(..3);
    let found = area.and_then(|area| {
        GROUPS.iter().find(|group| {
            let codes = group.codes.as_bytes().chunks_exact(3);
            codes.into_iter().any(|code| code == area)
        })
    });
    match found {
        Some(group) => Place {
            country: group.country,
            zones: group.zones,
        },
        None => Place {
            country: "US",
            zones: ANYWHERE,
        },
    }
}

/// The static name of a country of the plan; also of its smaller members.
pub(super) fn country_name(name: &str) -> Option<&'static str> {
    GROUPS
        .iter()
        .map(|g| g.country)
        .find(|known| *known == name)
}

/// The place of a smaller member of the plan, by its ISO code.
pub(super) fn by_name(name: &str) -> Option<Place> {
    let group = GROUPS.iter().find(|group| group.country == name)?;
    Some(Place {
        country: group.country,
        zones: group.zones,
    })
}

#[cfg(test)]
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|group| {
        (0..group.codes.len() / 3).filter_map(|at| group.codes.get(at * 3..at * 3 + 3))
    })
}

/// Keeps the two tables apart: the plan's countries are not in the other.
#[cfg(test)]
pub(super) fn is_apart() -> bool {
    GROUPS
        .iter()
        .all(|group| super::countries::by_row(group.country).is_none())
}
