//! What is asked of the servers: five operations, with the requests and the right answers.

use super::request::{ACCOUNT, Post, TOKEN};
use super::server::{Kind, Server};
use crate::{Failure, Result};

/// Our number.
pub const NUMBER: &str = "+15005550006";
/// How many people write and are written to.
const PEOPLE: u32 = 100;
/// Requests of one round that must all differ. More than a round can send.
const DIFFERENT: u32 = 20_000;

/// Something a gateway does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A caller pressed 1: signature checked, menu answered.
    Menu,
    /// The same request with a wrong signature: refused.
    Forged,
    /// An inbound SMS: signature checked, consent read, message recorded.
    Sms,
    /// A status callback of a message, the message known.
    Status,
    /// A message sent by the API: journaled, posted to the twin.
    Send,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Menu,
        Self::Forged,
        Self::Sms,
        Self::Status,
        Self::Send,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Forged => "forged",
            Self::Sms => "sms",
            Self::Status => "status",
            Self::Send => "send",
        }
    }

    /// The name in a table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Menu => "signed menu step",
            Self::Forged => "forged webhook",
            Self::Sms => "inbound SMS",
            Self::Status => "status callback",
            Self::Send => "API send",
        }
    }

    /// The operation of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The servers that take part, hookswitch last.
    pub fn servers(self, quick: bool) -> &'static [Kind] {
        match (self, quick) {
            (Self::Menu, true) => &[Kind::Static, Kind::Signed, Kind::Hookswitch],
            (Self::Menu, false) => &[
                Kind::Static,
                Kind::Signed,
                Kind::Express,
                Kind::Flask,
                Kind::Hookswitch,
            ],
            (Self::Forged, true) => &[Kind::Signed, Kind::Hookswitch],
            (Self::Forged, false) => &[Kind::Signed, Kind::Express, Kind::Flask, Kind::Hookswitch],
            (Self::Sms, _) => &[Kind::Sms, Kind::Hookswitch],
            (Self::Status | Self::Send, _) => &[Kind::Hookswitch],
        }
    }

    /// The goal on the ratio of hookswitch's CPU time to a server's.
    pub fn goal(self, against: Kind) -> Option<f64> {
        match (self, against) {
            (Self::Menu, Kind::Signed) => Some(0.90),
            (Self::Menu, Kind::Static) => Some(1.6),
            (Self::Menu, Kind::Express) => Some(0.6),
            (Self::Menu, Kind::Flask) => Some(0.15),
            (Self::Forged, Kind::Signed) => Some(0.8),
            (Self::Sms, Kind::Sms) => Some(1.0),
            _ => None,
        }
    }

    /// The HTTP status of a right answer.
    pub fn status(self) -> u16 {
        match self {
            Self::Menu | Self::Sms => 200,
            Self::Forged => 403,
            Self::Status => 204,
            Self::Send => 202,
        }
    }

    /// The path that every server is asked for: the same bytes, whoever answers. A menu
    /// step's is the one that hookswitch gave out, with its execution in the query.
    ///
    /// # Errors
    /// When hookswitch, the last of the servers, does not begin a call.
    pub fn path(self, servers: &[&Server]) -> Result<String> {
        match self {
            Self::Menu | Self::Forged => {
                let server = servers
                    .last()
                    .ok_or_else(|| Failure::new("no server takes part"))?;
                menu_path(server)
            }
            Self::Sms => Ok("/webhooks/sms/incoming".to_owned()),
            Self::Status => Ok("/webhooks/sms/status".to_owned()),
            Self::Send => Ok("/v1/messages".to_owned()),
        }
    }

    /// Checks one answer of a server in full.
    ///
    /// # Errors
    /// When it is not the right one.
    pub fn verify(self, server: &Server) -> Result<()> {
        let path = match (self, server.kind) {
            (Self::Menu | Self::Forged, Kind::Hookswitch) => menu_path(server)?,
            (Self::Menu | Self::Forged, _) => "/voice/menu-selection".to_owned(),
            _ => self.path(&[server])?,
        };
        let post = self.requests(server, &path, u32::MAX).swap_remove(0);
        let (status, body) = post.send(server.port)?;
        let expected = match (self, server.kind) {
            (Self::Menu, Kind::Static) => "<Say>Hello</Say>",
            (Self::Menu, _) => "+14155550111</",
            (Self::Sms, _) => "<Response",
            (Self::Send, _) => "\"id\":\"msg_",
            (Self::Forged | Self::Status, _) => "",
        };
        if status == self.status() && body.contains(expected) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{} answers {} with {status}: {body}",
            server.kind.name(),
            self.title()
        )))
    }

    /// The requests of one round to one server. Those that leave a row all differ, from each
    /// other and from every other round's.
    pub fn requests(self, server: &Server, path: &str, round: u32) -> Vec<Post> {
        let port = server.port;
        match self {
            Self::Menu => (0..PEOPLE)
                .map(|n| Post::webhook(port, path, &voice(n, Some("1")), TOKEN))
                .collect(),
            Self::Forged => (0..PEOPLE)
                .map(|n| Post::webhook(port, path, &voice(n, Some("1")), "another token"))
                .collect(),
            Self::Sms => (0..DIFFERENT)
                .map(|n| Post::webhook(port, path, &sms(n, round), TOKEN))
                .collect(),
            Self::Status => (0..PEOPLE)
                .map(|n| Post::webhook(port, path, &status(n), TOKEN))
                .collect(),
            Self::Send => (0..DIFFERENT).map(|n| send(path, n, round)).collect(),
        }
    }
}

/// Where hookswitch wants the digits of its first menu.
fn menu_path(server: &Server) -> Result<String> {
    let post = Post::webhook(server.port, "/voice/incoming", &voice(1, None), TOKEN);
    let (_, twiml) = post.send(server.port)?;
    let base = format!("action=\"http://127.0.0.1:{}", server.port);
    twiml
        .split_once(&base)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(path, _)| path.replace("&amp;", "&"))
        .ok_or_else(|| Failure::new(format!("hookswitch began no menu: {twiml}")))
}

/// The person with this number, of [`PEOPLE`].
fn person(n: u32) -> String {
    format!("+1415555{:04}", n % PEOPLE)
}

/// A voice webhook as Twilio sends it, with the location of both parties.
pub fn voice(n: u32, digits: Option<&str>) -> Vec<(&'static str, String)> {
    let mut parameters = vec![
        ("Called", NUMBER.to_owned()),
        ("ToState", "CA".to_owned()),
        ("CallerCountry", "US".to_owned()),
        ("Direction", "inbound".to_owned()),
        ("CallerState", "CA".to_owned()),
        ("ToZip", "94108".to_owned()),
        ("CallSid", format!("CA{n:032x}")),
        ("To", NUMBER.to_owned()),
        ("CallerZip", "94949".to_owned()),
        ("ToCountry", "US".to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("CalledZip", "94108".to_owned()),
        ("CalledCity", "SAN FRANCISCO".to_owned()),
        ("CallStatus", "in-progress".to_owned()),
        ("From", person(n)),
        ("AccountSid", ACCOUNT.to_owned()),
        ("CalledCountry", "US".to_owned()),
        ("CallerCity", "NOVATO".to_owned()),
        ("Caller", person(n)),
        ("FromCountry", "US".to_owned()),
        ("ToCity", "SAN FRANCISCO".to_owned()),
        ("FromCity", "NOVATO".to_owned()),
        ("CalledState", "CA".to_owned()),
        ("FromZip", "94949".to_owned()),
        ("FromState", "CA".to_owned()),
    ];
    if let Some(digits) = digits {
        parameters.push(("msg", "Gather End".to_owned()));
        parameters.push(("FinishedOnKey", String::new()));
        parameters.push(("Digits", digits.to_owned()));
    }
    parameters
}

fn sms(n: u32, round: u32) -> Vec<(&'static str, String)> {
    let sid = format!("SM{round:08x}{n:024x}");
    vec![
        ("ToCountry", "US".to_owned()),
        ("ToState", "CA".to_owned()),
        ("SmsMessageSid", sid.clone()),
        ("NumMedia", "0".to_owned()),
        ("ToCity", "SAN FRANCISCO".to_owned()),
        ("FromZip", "94949".to_owned()),
        ("SmsSid", sid.clone()),
        ("FromState", "CA".to_owned()),
        ("SmsStatus", "received".to_owned()),
        ("FromCity", "NOVATO".to_owned()),
        ("Body", format!("See you at {} o'clock?", n % 24)),
        ("FromCountry", "US".to_owned()),
        ("To", NUMBER.to_owned()),
        ("ToZip", "94108".to_owned()),
        ("NumSegments", "1".to_owned()),
        ("MessageSid", sid),
        ("AccountSid", ACCOUNT.to_owned()),
        ("From", person(n)),
        ("ApiVersion", "2010-04-01".to_owned()),
    ]
}

/// A callback about a message that another application sent.
fn status(n: u32) -> Vec<(&'static str, String)> {
    let sid = format!("SM{n:032x}");
    vec![
        ("SmsSid", sid.clone()),
        ("SmsStatus", "delivered".to_owned()),
        ("MessageStatus", "delivered".to_owned()),
        ("To", person(n)),
        ("MessageSid", sid),
        ("AccountSid", ACCOUNT.to_owned()),
        ("From", NUMBER.to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ]
}

fn send(path: &str, n: u32, round: u32) -> Post {
    Post {
        path: path.to_owned(),
        header: ("Idempotency-Key", format!("{round}-{n}")),
        content_type: "application/json",
        body: format!(
            "{{\"to\":\"{}\",\"body\":\"Your order is on its way.\"}}",
            person(n)
        ),
    }
}
