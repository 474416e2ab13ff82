//! Connection overrides: the fragment of a webhook URL that says how hard Twilio tries (Twilio docs,
//! "Webhooks: Connection overrides"). By default there is one retry, and only when no connection
//! could be made: a call then dies of one 503.

use super::checks::Verdict;

/// What suits this gateway: it answers within milliseconds, and a webhook that comes twice is
/// answered as the first time. All tries together have 15 seconds.
pub const RECOMMENDED: &str = "#ct=2000&rt=5000&rc=2&rp=5xx,ct,rt";

const EDGES: [&str; 8] = [
    "ashburn",
    "dublin",
    "frankfurt",
    "sao-paulo",
    "singapore",
    "sydney",
    "tokyo",
    "umatilla",
];

/// What is wrong with the fragment of a webhook URL; nothing when it is as it should be.
pub(super) fn judge(url: &str) -> Option<(Verdict, String)> {
    let Some((_, fragment)) = url.split_once('#').filter(|(_, rest)| !rest.is_empty()) else {
        let says = "no connection overrides: Twilio does not ask again after a 5xx or a time-out";
        return Some((Verdict::Warn, says.to_owned()));
    };
    let (mut retries, mut policy) = (1, "ct");
    for pair in fragment.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let number = value.parse::<u32>().ok();
        let within = |low, high| number.is_some_and(|number| (low..=high).contains(&number));
        let is_right = match key {
            "ct" => within(100, 10_000),
            "rt" | "tt" => within(100, 15_000),
            "rc" => {
                retries = number.unwrap_or(0);
                within(0, 5)
            }
            "rp" => {
                policy = value;
                let known = ["4xx", "5xx", "ct", "rt", "all"];
                value.split(',').all(|one| known.contains(&one))
            }
            "e" => value.split(',').all(|edge| EDGES.contains(&edge)),
            "sni" => true,
            _ => false,
        };
        if !is_right {
            let says = format!("the connection override `{pair}` is none (11243, 11240)");
            return Some((Verdict::Fail, says));
        }
    }
    let on = |cause| policy.split(',').any(|one| one == cause || one == "all");
    if retries == 0 || !on("5xx") {
        let says = "its connection overrides do not make Twilio ask again after a 5xx";
        return Some((Verdict::Warn, says.to_owned()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(fragment: &str) -> Option<Verdict> {
        judge(&format!("https://gw.example/voice/incoming{fragment}")).map(|(verdict, _)| verdict)
    }

    #[test]
    fn the_recommended_ones_are_right_and_the_defaults_are_not_enough() {
        assert_eq!(verdict(RECOMMENDED), None);
        assert_eq!(verdict("#rp=all&rc=5&e=dublin,frankfurt"), None);
        for weak in ["", "#", "#rc=3", "#rc=0&rp=all", "#ct=100", "#rp=rt,4xx"] {
            assert_eq!(verdict(weak), Some(Verdict::Warn), "{weak}");
        }
    }

    #[test]
    fn what_twilio_would_not_take_is_a_failure() {
        for wrong in [
            "#rc=6",
            "#ct=50",
            "#ct=10001",
            "#rt=15001",
            "#rp=5xx,never",
            "#e=mars",
            "#x=1",
            "#rc",
            "#section",
        ] {
            assert_eq!(verdict(wrong), Some(Verdict::Fail), "{wrong}");
        }
    }
}
