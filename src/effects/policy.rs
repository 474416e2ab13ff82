//! What the deployment lets flows do: hosts, functions, and where people take over.

use super::url::{Refused, Target};

/// Which hosts a flow may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Every public host.
    pub public: bool,
    /// These hosts: a name, an address, or `*.` and a domain for all names below it.
    pub named: Vec<String>,
    /// Private hosts and loopback as well, where the two above allow them. For development.
    pub local: bool,
}

impl Default for Hosts {
    fn default() -> Hosts {
        Hosts {
            public: true,
            named: Vec::new(),
            local: false,
        }
    }
}

impl Hosts {
    /// Reads `public, api.example.com, *.example.org`; `None` when an entry is none of these.
    pub fn parse(text: &str, local: bool) -> Option<Hosts> {
        let mut hosts = Hosts {
            public: false,
            named: Vec::new(),
            local,
        };
        let entries = text.split([',', ' ']).filter(|entry| !entry.is_empty());
        for entry in entries {
            if entry == "public" {
                hosts.public = true;
                continue;
            }
            let (front, name) = match entry.strip_prefix("*.") {
                Some(domain) => ("*.", domain),
                None => ("", entry),
            };
            let target = Target::parse(&["https://", name].concat()).ok()?;
            // An entry with a path or port says less than it seems to.
            if !target.is_bare() {
                return None;
            }
            hosts.named.push([front, &target.host()].concat());
        }
        Some(hosts)
    }

    /// Whether a URL may be asked.
    ///
    /// # Errors
    /// Why not.
    pub fn permit(&self, target: &Target) -> Result<(), Refused> {
        if target.is_private() && !self.local {
            return Err(Refused::Private);
        }
        let host = target.host();
        let named = self
            .named
            .iter()
            .any(|entry| match entry.strip_prefix('*') {
                Some(domain) => target.name().is_some_and(|name| name.ends_with(domain)),
                None => *entry == host,
            });
        if self.public || named {
            Ok(())
        } else {
            Err(Refused::NotListed)
        }
    }
}

/// Functions that answer elsewhere than at Twilio: what a flow names, and the URL that is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Functions(Vec<(String, String)>);

impl Functions {
    /// Reads `ZH…=https://…, https://acme-1234.twil.io=https://…`; `None` when an entry is none
    /// of these.
    pub fn parse(text: &str) -> Option<Functions> {
        let entries = text.split([',', ' ']).filter(|entry| !entry.is_empty());
        let pairs = entries.map(|entry| {
            let (from, to) = entry.split_once('=')?;
            let from = from.trim_end_matches('/');
            let known = from.starts_with("ZH") || Target::parse(from).is_ok();
            let valid = known && Target::parse(to).is_ok();
            valid.then(|| (from.to_owned(), to.trim_end_matches('/').to_owned()))
        });
        pairs.collect::<Option<_>>().map(Functions)
    }

    /// Where a function is asked instead: by its SID, or by what its URL begins with.
    pub fn find(&self, sid: Option<&str>, url: &str) -> Option<String> {
        let by_sid = self.0.iter().find(|(from, _)| Some(from.as_str()) == sid);
        if let Some((_, to)) = by_sid {
            return Some(to.clone());
        }
        self.0.iter().find_map(|(from, to)| {
            let rest = url.strip_prefix(from.as_str())?;
            let whole = rest.is_empty() || rest.starts_with(['/', '?']);
            whole.then(|| to.clone() + rest)
        })
    }
}

/// What flows may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// `FLOW_HOSTS`, `FLOW_LOCAL_HOSTS`.
    pub hosts: Hosts,
    /// `FLOW_FUNCTIONS`.
    pub functions: Functions,
    /// `FLEX_WORKSPACE_SID`: the TaskRouter workspace (`WS…`) of tasks.
    pub workspace_sid: Option<String>,
    /// There is no workspace, and the application is told instead: a task becomes an event,
    /// which who calls [`super::perform`] sends.
    pub hands_off: bool,
}
