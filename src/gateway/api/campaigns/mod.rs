//! `/v1/campaigns`: one text to many people.

pub(in crate::gateway) mod create;
mod results;
mod upload;
mod view;

use serde_json::json;

pub use create::{create, day_number, limits_of};

use super::super::http::{Incoming, Response};
use super::super::problem::{FieldError, Problem};
use super::super::route::CampaignAction;
use super::super::world::World;
use super::fields;
use crate::campaign::state::{Order, Status};
use crate::objects::campaign::{FetchCampaign, GiveOrder, Ordered, View};
use crate::objects::id::is_campaign_id;
use crate::objects::registry::{self, ListCampaigns};
use crate::objects::sender::{FetchSender, SenderView};
use crate::twilio::errors::Class;

/// Campaigns of a list at most.
const LISTED: u32 = 200;

/// Every campaign, newest first, as it was a few seconds ago.
///
/// # Errors
/// When the registry does not answer.
pub async fn list<W: World>(world: &W) -> Result<Response, Problem> {
    let command = ListCampaigns {
        active: false,
        limit: LISTED,
    };
    let campaigns = world.ask(registry::INSTANCE, &command).await?;
    Ok(Response::json(200, &json!({ "campaigns": campaigns })))
}

/// A campaign with its progress.
///
/// # Errors
/// 404.
pub async fn fetch<W: World>(world: &W, id: &str) -> Result<Response, Problem> {
    let campaign = find(world, id).await?;
    let sender = sender_of(world, &campaign).await?;
    Ok(Response::json(
        200,
        &view::campaign(&campaign, &sender, world.now()),
    ))
}

/// Everything else that is done with a campaign.
///
/// # Errors
/// 404, 409 for what makes no sense in the campaign's status, and a body's faults.
pub async fn act<W: World>(
    world: &W,
    request: &impl Incoming,
    id: &str,
    action: CampaignAction,
) -> Result<Response, Problem> {
    if !is_campaign_id(id) {
        return Err(not_found());
    }
    match action {
        CampaignAction::Recipients => upload::recipients(world, request, id).await,
        CampaignAction::Results => results::results(world, request, id).await,
        CampaignAction::Forecast => {
            let campaign = find(world, id).await?;
            let sender = sender_of(world, &campaign).await?;
            let prices = world.settings().prices.as_ref();
            let forecast = view::forecast(&campaign, &sender, prices, world.now());
            Ok(Response::json(200, &forecast))
        }
        CampaignAction::Order(order) => give(world, request, id, order).await,
    }
}

async fn give<W: World>(
    world: &W,
    request: &impl Incoming,
    id: &str,
    order: Order,
) -> Result<Response, Problem> {
    let classes = if order == Order::Retry {
        classes(request).await?
    } else {
        Vec::new()
    };
    match world
        .ask(id, &GiveOrder { order, classes })
        .await?
        .ok_or_else(not_found)?
    {
        Ordered::Done(campaign) => {
            let sender = sender_of(world, &campaign).await?;
            Ok(Response::json(
                200,
                &view::campaign(&campaign, &sender, world.now()),
            ))
        }
        Ordered::Refused(status) => Err(wrong_status(status)),
        Ordered::NoRecipients => Err(Problem::new(
            409,
            "no_recipients",
            "The campaign has no recipients",
            "Upload them first: PUT /v1/campaigns/{id}/recipients.",
        )),
    }
}

/// `{"classes": ["transient", ...]}`.
async fn classes(request: &impl Incoming) -> Result<Vec<Class>, Problem> {
    let mut fields = fields(request).await?;
    let mut classes = Vec::new();
    for name in fields.texts("classes", 4) {
        match name.as_str() {
            "permanent" => classes.push(Class::Permanent),
            "transient" => classes.push(Class::Transient),
            "configuration" => classes.push(Class::Configuration),
            "rate" => classes.push(Class::Rate),
            // Whoever said stop is never written to again by a retry.
            _ => fields.refuse(
                "classes",
                "may hold permanent, transient, configuration and rate",
            ),
        }
    }
    fields.finish()?;
    if classes.is_empty() {
        return Err(Problem::invalid(vec![FieldError::new(
            "/classes",
            "is required",
        )]));
    }
    Ok(classes)
}

async fn find<W: World>(world: &W, id: &str) -> Result<View, Problem> {
    if !is_campaign_id(id) {
        return Err(not_found());
    }
    world
        .ask(id, &FetchCampaign {})
        .await?
        .ok_or_else(not_found)
}

async fn sender_of<W: World>(world: &W, campaign: &View) -> Result<SenderView, Problem> {
    let sender = campaign.definition.sender.clone();
    Ok(world
        .ask(
            &sender,
            &FetchSender {
                sender: sender.clone(),
            },
        )
        .await?)
}

fn not_found() -> Problem {
    Problem::not_found("There is no campaign of this id.")
}

fn wrong_status(status: Status) -> Problem {
    Problem::new(
        409,
        "wrong_status",
        "The campaign's status does not allow it",
        "What was asked makes no sense for a campaign in this status.",
    )
    .with("campaign_status", json!(status.as_str()))
}
