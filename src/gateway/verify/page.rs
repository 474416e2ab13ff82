//! `/verify`, `/verify/send`, `/verify/check`: for a web page, without an API key.
//!
//! Three things stand in for the key: the page's origin is one that is configured, Turnstile
//! says that a person is there, and the limits of the client's address hold. The client is the
//! one that the platform saw, never one that the page names.
//!
//! An answer here is for the page to show. A server that must rely on it has the page send
//! the code to itself and checks it by `/v1/verify/check`.

use super::super::api::fields;
use super::super::guard::public_url;
use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::route::Page;
use super::super::world::World;
use super::{Ask, Client, turnstile};
use crate::log::Record;

/// The page, as a developer may copy it.
const FORM: &str = include_str!("../../../examples/verify.html");
/// Where the page has its site key.
const SITE_KEY: &str = "data-turnstile-site-key=\"\"";
/// How long a browser may remember that it may ask, in seconds.
const PREFLIGHT_KEPT: &str = "600";

/// Answers a page.
///
/// # Errors
/// 404 when no page is configured; 403 for another origin or no person; and those of a send
/// or check. A problem carries the CORS headers too, so that the page can read it.
pub async fn answer<W: World>(
    world: &W,
    page: Page,
    request: &impl Incoming,
) -> Result<Response, Problem> {
    let settings = &world.settings().verify_page;
    if page == Page::Form {
        return if settings.served {
            Ok(form(world))
        } else {
            Err(nothing())
        };
    }
    if settings.origins.is_empty() && !settings.served {
        return Err(nothing());
    }
    let origin = request.header("origin").unwrap_or_default();
    if !allowed(world, request, &origin) {
        world.log(Record::warn("verify.origin_refused").with("origin", origin.as_str()));
        return Err(Problem::new(
            403,
            "origin_refused",
            "The page's origin is not allowed",
            "VERIFY_ORIGINS does not list the origin of this page.",
        ));
    }
    let response = if request.method() == "OPTIONS" {
        preflight()
    } else {
        act(world, page, request)
            .await
            .unwrap_or_else(Response::from)
    };
    Ok(response
        .with_header("Access-Control-Allow-Origin", origin)
        .with_header("Access-Control-Expose-Headers", "Retry-After")
        .with_header("Vary", "Origin")
        .with_header("Cache-Control", "no-store"))
}

fn nothing() -> Problem {
    Problem::not_found("There is nothing at this path.")
}

/// A configured origin, or our own when we serve the page.
fn allowed<W: World>(world: &W, request: &impl Incoming, origin: &str) -> bool {
    let settings = world.settings();
    if settings
        .verify_page
        .origins
        .iter()
        .any(|known| known == origin)
    {
        return true;
    }
    let (_, base) = public_url(settings.public_base_url.as_deref(), request.url());
    let ours = base.split('/').take(3).collect::<Vec<_>>().join("/");
    settings.verify_page.served && !origin.is_empty() && ours == origin
}

fn preflight() -> Response {
    Response::no_content()
        .with_header("Access-Control-Allow-Methods", "POST")
        .with_header("Access-Control-Allow-Headers", "Content-Type")
        .with_header("Access-Control-Max-Age", PREFLIGHT_KEPT)
}

async fn act<W: World>(
    world: &W,
    page: Page,
    request: &impl Incoming,
) -> Result<Response, Problem> {
    let settings = world.settings();
    let Some(secret) = &settings.verify_page.turnstile_secret else {
        world.log(
            Record::error("verify.no_turnstile")
                .with("why", "TURNSTILE_SECRET is not set, so no page is let in"),
        );
        return Err(Problem::not_configured(
            "The deployment has no Turnstile secret.",
        ));
    };
    let client = Client {
        ip: request.header("cf-connecting-ip"),
        network: request.network(),
    };
    let mut fields = fields(request).await?;
    let token = fields.text("turnstile_token");
    let (token, ip) = (token.as_deref(), client.ip.as_deref());
    if page == Page::Send {
        // Read before the token is spent: a typing mistake needs no new one.
        let ask = Ask::read(fields, true, &settings.verify)?;
        turnstile::admit(world, secret, token, ip).await?;
        super::send(world, ask, &client).await
    } else {
        turnstile::admit(world, secret, token, ip).await?;
        super::check(world, fields).await
    }
}

fn form<W: World>(world: &W) -> Response {
    let key = world
        .settings()
        .verify_page
        .turnstile_site_key
        .as_deref()
        .unwrap_or_default();
    // A site key is letters, digits, `-` and `_`; anything else would break out of its quotes.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let key = if key.chars().all(plain) { key } else { "" };
    let body = FORM.replacen(SITE_KEY, &format!("data-turnstile-site-key=\"{key}\""), 1);
    Response {
        status: 200,
        content_type: "text/html; charset=utf-8",
        headers: vec![
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' \
                 https://challenges.cloudflare.com; frame-src https://challenges.cloudflare.com; \
                 connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
                    .to_owned(),
            ),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("Referrer-Policy", "no-referrer".to_owned()),
        ],
        body,
        relay: None,
    }
}
