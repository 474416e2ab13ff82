//! HTTP in: routes, webhook guard, handlers, problems.

pub mod api;
pub mod auth;
pub mod checkup;
pub mod console;
pub mod doctor;
mod effects;
pub mod events;
pub mod fields;
pub mod flow_check;
mod flow_run;
pub mod gap;
pub mod guard;
pub mod http;
mod ledger;
mod media;
mod message_flow;
mod metrics;
mod people;
pub mod problem;
pub mod published;
mod ready;
mod rotation;
pub mod route;
pub mod subflows;
mod test_routes;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod typing;
mod verify;
pub mod webhooks;
pub mod world;

use serde_json::json;

use http::{Incoming, Response, path_and_query};
use problem::Problem;
use route::Route;
use world::World;

/// Answers one request. Total: every outcome is a response.
pub async fn handle<W: World>(world: &W, request: &impl Incoming) -> Response {
    match route(world, request).await {
        Ok(response) => response,
        Err(problem) => problem.into(),
    }
}

async fn route<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let path = path_and_query(request.url());
    let path = path.split('?').next().unwrap_or(path);
    let route = Route::parse(path)
        .filter(|route| !matches!(route, Route::Test(_)) || world.settings().test_routes)
        .ok_or_else(|| Problem::not_found("There is nothing at this path."))?;
    let allow = route.allow();
    if !allow.split(", ").any(|method| method == request.method()) {
        return Err(Problem::method_not_allowed(allow));
    }
    match route {
        Route::Webhook(webhook) => {
            let signed = guard::admit(world, request).await?;
            webhooks::answer(world, webhook, &signed).await
        }
        // The signature in the link is the key.
        Route::Media(message, at) => media::fetch(world, request, &message, &at).await,
        Route::Health => Ok(Response::json(200, &json!({ "status": "ok" }))),
        Route::Ready => ready::answer(world).await,
        Route::Session => console::session(world, request).await,
        Route::Page(page) => verify::page::answer(world, page, request).await,
        Route::Test(name) => test_routes::answer(world, name, request).await,
        route => {
            let caller = auth::caller(world, request).await?;
            if !world.allow(&caller.name).await {
                return Err(Problem::rate_limited());
            }
            let answer = api::answer(world, &route, request, &caller.name).await;
            let status = match &answer {
                Ok(response) => response.status,
                Err(problem) => problem.status,
            };
            console::note(world, &route, request, &caller, status);
            let response = answer?;
            Ok(match caller.console {
                Some(_) => response.with_header("Cache-Control", "no-store"),
                None => response,
            })
        }
    }
}
