//! Settings of the console: `CONSOLE_…` for keys of the deployment's own, `ACCESS_…` for
//! Cloudflare Access in front of it. With none of them nobody has a session.

use super::SettingFault;
use crate::secret::Secret;

/// Who may open the console.
#[derive(Debug, Default)]
pub struct Console {
    /// `CONSOLE_KEY`: an operator's session.
    pub operator_key: Option<Secret>,
    /// `CONSOLE_VIEWER_KEY`: a viewer's.
    pub viewer_key: Option<Secret>,
    /// `ACCESS_TEAM`, `ACCESS_AUD`, `ACCESS_OPERATORS`.
    pub access: Option<Access>,
}

/// Cloudflare Access stands in front of the Worker.
#[derive(Debug)]
pub struct Access {
    /// The team's origin, `https://acme.cloudflareaccess.com`: the issuer of its tokens.
    pub team: String,
    /// The application's audience tag.
    pub audience: String,
    /// E-mail addresses, in lower case, of those who may change things. Everybody else whom
    /// Access lets in may look.
    pub operators: Vec<String>,
}

/// A session's cookie is signed with the key, so who steals one can try keys at leisure.
const SHORTEST_KEY: usize = 16;

impl Console {
    pub(super) fn read(
        get: &impl Fn(&str) -> Option<String>,
        faults: &mut Vec<SettingFault>,
    ) -> Console {
        let mut key = |name: &'static str| {
            let key = get(name)?;
            if key.len() < SHORTEST_KEY {
                faults.push(SettingFault {
                    name,
                    reason: "must have 16 characters or more",
                });
                return None;
            }
            Some(Secret::new(key))
        };
        let operator_key = key("CONSOLE_KEY");
        let mut viewer_key = key("CONSOLE_VIEWER_KEY");
        if let (Some(operator), Some(viewer)) = (&operator_key, &viewer_key)
            && operator.matches(viewer.expose())
        {
            faults.push(SettingFault {
                name: "CONSOLE_VIEWER_KEY",
                reason: "must not be the operators' key",
            });
            viewer_key = None;
        }
        let access = match (get("ACCESS_TEAM"), get("ACCESS_AUD")) {
            (Some(team), Some(audience)) => Some(Access {
                team: origin(&team),
                audience,
                operators: super::names(get("ACCESS_OPERATORS").as_deref())
                    .iter()
                    .map(|address| address.to_lowercase())
                    .collect(),
            }),
            (None, None) => None,
            _ => {
                faults.push(SettingFault {
                    name: "ACCESS_TEAM",
                    reason: "ACCESS_TEAM and ACCESS_AUD go together",
                });
                None
            }
        };
        Console {
            operator_key,
            viewer_key,
            access,
        }
    }

    /// Whether anybody can have a session at all.
    pub fn is_open(&self) -> bool {
        self.operator_key.is_some() || self.viewer_key.is_some() || self.access.is_some()
    }
}

/// A team's name or its whole origin.
fn origin(team: &str) -> String {
    if team.contains("://") {
        return team.trim_end_matches('/').to_owned();
    }
    let host = team.trim_end_matches(".cloudflareaccess.com");
    ["https://", host, ".cloudflareaccess.com"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> (Console, Vec<&'static str>) {
        let mut faults = Vec::new();
        let get = |name: &str| {
            let found = values.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let console = Console::read(&get, &mut faults);
        (console, faults.iter().map(|fault| fault.name).collect())
    }

    #[test]
    fn a_short_key_opens_nothing_and_one_key_is_not_both() {
        let (console, faults) = read(&[("CONSOLE_KEY", "short")]);
        assert!(!console.is_open());
        assert_eq!(faults, ["CONSOLE_KEY"]);
        let same = "sixteen characters";
        let (console, faults) = read(&[("CONSOLE_KEY", same), ("CONSOLE_VIEWER_KEY", same)]);
        assert!(console.operator_key.is_some() && console.viewer_key.is_none());
        assert_eq!(faults, ["CONSOLE_VIEWER_KEY"]);
    }

    #[test]
    fn a_team_goes_with_an_audience_and_is_named_in_any_way() {
        for team in [
            "acme",
            "acme.cloudflareaccess.com",
            "https://acme.cloudflareaccess.com/",
        ] {
            let (console, faults) = read(&[
                ("ACCESS_TEAM", team),
                ("ACCESS_AUD", "tag"),
                ("ACCESS_OPERATORS", "Anna@Acme.example, bo@acme.example"),
            ]);
            let access = console.access.unwrap();
            assert_eq!(access.team, "https://acme.cloudflareaccess.com");
            assert_eq!(access.operators, ["anna@acme.example", "bo@acme.example"]);
            assert!(faults.is_empty());
        }
        let (console, faults) = read(&[("ACCESS_TEAM", "acme")]);
        assert!(!console.is_open());
        assert_eq!(faults, ["ACCESS_TEAM"]);
    }
}
