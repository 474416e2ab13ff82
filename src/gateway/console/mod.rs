//! The console's side of the Worker: sessions, and what only its pages ask for. The pages
//! themselves are static assets that hold no data.
//!
//! What must never happen: a request that a browser authenticates by itself changes something
//! without `csrf::judge`, or a viewer changes anything.

mod audit;
mod catalogue;
mod live;
mod overview;
mod rejections;
mod settings;
mod team;

use serde_json::json;

pub use audit::note;
pub use live::Live;
pub use rejections::{Rejections, cause, count, write as write_rejections};
pub use team::Keys;

use super::api;
use super::guard::public_url;
use super::http::{Incoming, Response};
use super::problem::Problem;
use super::route::Route;
use super::world::World;
use crate::access::csrf::{self, Foreign, Told};
use crate::access::{Role, Session, session};
use crate::log::Record;
use crate::secret::Secret;
use crate::time::rfc3339;

/// `/console/session`: begins a session for a key, shows the one there is, or ends it.
///
/// # Errors
/// 401 for a wrong key or no session, 403 for another site's page, 404 where nobody can have
/// one.
pub async fn session<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    if !world.settings().console.is_open() {
        return Err(Problem::not_found("The deployment has no console keys."));
    }
    let response = match request.method() {
        "GET" => {
            let session = admitted(world, request).await?;
            Response::json(
                200,
                &json!({
                    "actor": session.actor,
                    "role": session.role.as_str(),
                    "expires_at": rfc3339(session.expires_at),
                }),
            )
        }
        "POST" => log_in(world, request).await?,
        _ => {
            same_origin(world, request, false)?;
            Response::no_content()
                .with_header("Set-Cookie", session::set_cookie("", is_https(request)))
        }
    };
    Ok(response.with_header("Cache-Control", "no-store"))
}

async fn log_in<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    // Nobody is to be logged in by another site's page either. Its form cannot send JSON.
    same_origin(world, request, false)?;
    let mut fields = api::fields(request).await?;
    let key = fields.required("key", |text| Ok::<_, String>(text.to_owned()));
    fields.finish()?;
    if !world.allow("console login").await {
        return Err(Problem::rate_limited());
    }
    let key = key.unwrap_or_default();
    let mut found = None;
    for (role, known) in keys(world) {
        if known.matches(&key) {
            found = session::issue(role, known, world.now()).map(|value| (role, value));
        }
    }
    let Some((role, value)) = found else {
        world.log(Record::warn("console.unauthorized").with("why", "the key is unknown"));
        return Err(Problem::unauthorized());
    };
    audit::note_login(world, role);
    let cookie = session::set_cookie(&value, is_https(request));
    Ok(Response::no_content().with_header("Set-Cookie", cookie))
}

/// What only the console's pages ask for.
///
/// # Errors
/// As each says.
pub async fn answer<W: World>(
    world: &W,
    route: &Route<'_>,
    request: &impl Incoming,
) -> Result<Response, Problem> {
    match route {
        Route::Overview => {
            let text = overview::text(world, 0).await;
            let body = overview::at(world.now(), &text);
            Ok(Response::json_text(200, body))
        }
        Route::Live => Ok(Response::live()),
        Route::Audit => audit::list(world, request).await,
        _ => Ok(settings::list(world)),
    }
}

/// Somebody at the console, whose request is their own and within their role.
///
/// # Errors
/// 401 without a session, 403 for another site's request and for a viewer's change.
pub async fn admitted<W: World>(world: &W, request: &impl Incoming) -> Result<Session, Problem> {
    let session = known(world, request).await?;
    let writes = request.method() != "GET";
    same_origin(world, request, writes)?;
    if writes && session.role == Role::Viewer {
        return Err(Problem::new(
            403,
            "role_refused",
            "This role may only look",
            "A viewer changes nothing. An operator's session is needed.",
        ));
    }
    Ok(session)
}

/// Who it is. A token of Access is all that is looked at where the deployment has Access and the
/// request has a token.
async fn known<W: World>(world: &W, request: &impl Incoming) -> Result<Session, Problem> {
    if let Some(access) = &world.settings().console.access
        && let Some(token) = request.header("cf-access-jwt-assertion")
    {
        return team::session(world, access, &token).await.map_err(|why| {
            world.log(Record::warn("console.unauthorized").with("why", why.to_string()));
            Problem::unauthorized()
        });
    }
    let cookies = request.header("cookie").unwrap_or_default();
    let value = session::cookie(&cookies, session::cookie_name(is_https(request)));
    let keys: Vec<(Role, &Secret)> = keys(world).collect();
    value
        .and_then(|value| session::read(value, &keys, world.now()))
        .ok_or_else(Problem::unauthorized)
}

/// The local keys with their roles.
fn keys<W: World>(world: &W) -> impl Iterator<Item = (Role, &Secret)> {
    let console = &world.settings().console;
    let operator = console
        .operator_key
        .as_ref()
        .map(|key| (Role::Operator, key));
    let viewer = console.viewer_key.as_ref().map(|key| (Role::Viewer, key));
    operator.into_iter().chain(viewer)
}

fn same_origin<W: World>(
    world: &W,
    request: &impl Incoming,
    needs_header: bool,
) -> Result<(), Problem> {
    let header = |name| request.header(name);
    let (site, origin) = (header("sec-fetch-site"), header("origin"));
    let console = header("x-hookswitch-console");
    let told = Told {
        site: site.as_deref(),
        origin: origin.as_deref(),
        console: console.as_deref(),
    };
    let base = public_url(world.settings().public_base_url.as_deref(), request.url()).1;
    let own = [csrf::origin_of(request.url()), csrf::origin_of(&base)];
    csrf::judge(&told, &own, needs_header).map_err(|why| {
        world.log(Record::warn("console.foreign"));
        let detail = match why {
            Foreign::OtherSite => "The request comes from another site's page.",
            Foreign::NoHeader => {
                "A change by a session needs the header `X-Hookswitch-Console: 1`."
            }
        };
        Problem::new(
            403,
            "foreign_request",
            "The request is not the console's own",
            detail,
        )
    })
}

fn is_https(request: &impl Incoming) -> bool {
    request.url().starts_with("https://")
}
