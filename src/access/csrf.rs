//! Whether a request that a browser authenticates by itself was made by a page of this origin.
//!
//! Three things stand against another site's page, each enough alone: the cookie is
//! `SameSite=Strict`; a change needs a header that a page can only send elsewhere with leave of
//! the server, which is never given; and what browsers say about where a request comes from
//! (`Sec-Fetch-Site`, `Origin`) is believed when it is there.

/// What the browser said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'a> {
    /// `Sec-Fetch-Site`.
    pub site: Option<&'a str>,
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `X-Hookswitch-Console`.
    pub console: Option<&'a str>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Another site's page made it.
    OtherSite,
    /// It changes something and has no `X-Hookswitch-Console: 1`.
    NoHeader,
}

/// Judges a request. `own` are the origins that the deployment is called by; `needs_header` is
/// true for a request that changes something.
///
/// # Errors
/// Why it is refused.
pub fn judge(told: &Told<'_>, own: &[&str], needs_header: bool) -> Result<(), Foreign> {
    // `none`: the person typed the address or followed a bookmark.
    if !matches!(told.site, None | Some("same-origin" | "none")) {
        return Err(Foreign::OtherSite);
    }
    if let Some(origin) = told.origin
        && !own.iter().any(|own| own.eq_ignore_ascii_case(origin))
    {
        return Err(Foreign::OtherSite);
    }
    if needs_header && told.console != Some("1") {
        return Err(Foreign::NoHeader);
    }
    Ok(())
}

/// The origin of an absolute URL: `https://host:port`.
pub fn origin_of(url: &str) -> &str {
    let after = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(after..).unwrap_or_default();
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..after + host).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [&str; 1] = ["https://gw.example"];

    #[test]
    fn a_change_needs_the_header_and_a_look_does_not() {
        let page = Told {
            site: Some("same-origin"),
            origin: Some("https://gw.example"),
            console: None,
        };
        assert_eq!(judge(&page, &OWN, false), Ok(()));
        assert_eq!(judge(&page, &OWN, true), Err(Foreign::NoHeader));
        for console in ["", "0", "true", "1, 1"] {
            let console = Some(console);
            let told = Told { console, ..page };
            assert_eq!(judge(&told, &OWN, true), Err(Foreign::NoHeader));
        }
        let console = Some("1");
        assert_eq!(judge(&Told { console, ..page }, &OWN, true), Ok(()));
        // A program says nothing about sites.
        let program = Told {
            console,
            ..Told::default()
        };
        assert_eq!(judge(&program, &OWN, true), Ok(()));
    }

    #[test]
    fn another_sites_page_is_refused_by_either_of_what_browsers_say() {
        let console = Some("1");
        for site in [
            "cross-site",
            "same-site",
            "",
            "Same-Origin",
            "same-origin, none",
        ] {
            let told = Told {
                site: Some(site),
                console,
                ..Told::default()
            };
            assert_eq!(judge(&told, &OWN, false), Err(Foreign::OtherSite), "{site}");
        }
        for origin in [
            "null",
            "",
            "http://gw.example",
            "https://gw.example:8443",
            "https://gw.example.evil.test",
            "https://evil.test",
            "https://sub.gw.example",
        ] {
            let told = Told {
                origin: Some(origin),
                console,
                ..Told::default()
            };
            assert_eq!(
                judge(&told, &OWN, true),
                Err(Foreign::OtherSite),
                "{origin}"
            );
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (url, origin) in [
            ("https://gw.example/a?b", "https://gw.example"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("https://gw.example?x=/", "https://gw.example"),
        ] {
            assert_eq!(origin_of(url), origin);
        }
    }
}
