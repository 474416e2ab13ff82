//! Routes that only a deployment with `HOOKSWITCH_TEST_ROUTES=1` has: what a test must make
//! happen from outside and cannot make happen otherwise.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::fields::Fields;
use super::http::{BodyFault, Incoming, Response};
use super::problem::Problem;
use super::typing;
use super::world::World;
use super::{gap, people};
use crate::objects::contact::Wake;
use crate::time::{DAY, SECOND};
use crate::twilio::address::Address;
use crate::twilio::form::Form;
use crate::twilio::signature::{self, Content, Key};

/// Answers a test route: `panic` panics, `trap` ends the module's instance, `slow` answers after a
/// second and a half, `typing` takes two and a half for the answer to the message whose SID is the
/// body, `signature` gives the verdict on a request that it is told, `wake` puts one person's clock
/// forward and lets the alarm ring: `{"address", "ahead_ms"}`; `sweep` does what the
/// schedule does, `ahead_ms` later than now.
///
/// # Errors
/// 404 for another name, 400 for a field.
pub async fn answer<W: World>(
    world: &W,
    name: &str,
    request: &impl Incoming,
) -> Result<Response, Problem> {
    match name {
        "panic" => deliberate_panic(),
        // What runs out of memory or overflows its stack ends so too.
        "trap" => std::process::abort(),
        "slow" => {
            world.pause(3 * SECOND / 2).await;
            Ok(Response::json(200, &json!({ "slept": true })))
        }
        "typing" => {
            let body = request.body(1_024).await.unwrap_or_default();
            let sid = String::from_utf8(body).unwrap_or_default();
            typing::while_it_takes(world, &sid, world.pause(5 * SECOND / 2)).await;
            Ok(Response::json(200, &json!({ "slept": true })))
        }
        "signature" => verdict(request).await,
        "wake" => wake(world, request).await,
        "sweep" => sweep(world, request).await,
        _ => Err(Problem::not_found("There is no such test.")),
    }
}

#[allow(
    clippy::panic,
    reason = "the one panic that is wanted: it proves that others survive it"
)]
fn deliberate_panic() -> ! {
    panic!("asked to by a test")
}

async fn wake<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let body = request.body(1_024).await;
    let mut fields = Fields::parse(&body.unwrap_or_default())?;
    let address = fields.required("address", Address::parse);
    let ahead = fields.integer("ahead_ms", 0, 400 * DAY);
    fields.finish()?;
    if let Some(address) = address {
        let contact = people::contact(world, &address).await?;
        let command = Wake {
            ahead: ahead.unwrap_or(0),
        };
        world.ask(contact.as_str(), &command).await?;
    }
    Ok(Response::json(200, &json!({ "woken": true })))
}

async fn sweep<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let body = request.body(1_024).await.unwrap_or_default();
    let mut fields = Fields::parse(if body.is_empty() { b"{}" } else { &body })?;
    let ahead = fields.integer("ahead_ms", 0, 400 * DAY);
    fields.finish()?;
    gap::sweep(world, ahead.unwrap_or(0)).await;
    Ok(Response::json(200, &json!({ "swept": true })))
}

async fn verdict(request: &impl Incoming) -> Result<Response, Problem> {
    let body = request
        .body(256 * 1024)
        .await
        .map_err(|fault| match fault {
            BodyFault::TooLarge => Problem::too_large(256 * 1024),
            BodyFault::Broken => Problem::invalid_field("", "the body broke off"),
        })?;
    let mut fields = Fields::parse(&body)?;
    let text = |text: &str| Ok::<_, String>(text.to_owned());
    let token = fields.required("token", text).unwrap_or_default();
    let url = fields.required("url", text).unwrap_or_default();
    let content_type = fields.text("content_type").unwrap_or_default();
    let body = fields.text("body_base64").unwrap_or_default();
    let header = fields.text("signature");
    fields.finish()?;
    let body = STANDARD
        .decode(body)
        .map_err(|_| Problem::invalid_field("/body_base64", "is not base64"))?;
    let form = Form::parse(&body).unwrap_or_default();
    let content = match (content_type.as_str(), body.is_empty()) {
        ("application/x-www-form-urlencoded", _) => Content::Form(&form),
        (_, true) => Content::None,
        (_, false) => Content::Other(&body),
    };
    let key = Key::new(&token);
    let accepted = signature::verify(&[&key], &url, &content, header.as_deref()).is_ok();
    Ok(Response::json(200, &json!({ "accepted": accepted })))
}
