//! The replies of a messaging document.

use super::{Injection, MAX_REPLIES};
use crate::engine::{Shared, join_url};
use crate::rest::messages::{Draft, Text, accept};
use crate::state::{CallbackRecord, Media, World};
use crate::voice::twiml::{self, Node};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn draft(
    from: &str,
    to: &str,
    body: &str,
    media: Vec<Media>,
    callback: Option<String>,
) -> Draft {
    Draft {
        from: from.to_owned(),
        to: to.to_owned(),
        content: Text {
            body: body.to_owned(),
            media,
            ..Text::default()
        },
        service: None,
        callback,
        send_at: None,
        validity_s: 36_000,
        direction: "outbound-reply",
    }
}

/// Sends the replies of a messaging document; the redirect that ends it, if there is one.
pub(super) fn carry_out(
    shared: &Arc<Shared>,
    injection: &Injection,
    page: &CallbackRecord,
    nodes: &[Node],
    replies: &mut Vec<Value>,
) -> Option<(String, String)> {
    let mut world = shared.world();
    for warning in twiml::messaging_warnings(nodes) {
        world.alert(12200, &page.webhook.subject, &page.webhook.url, &warning);
    }
    for node in nodes {
        match node.name.as_str() {
            "Message" | "Sms" => reply(&mut world, injection, page, node, replies),
            "Redirect" => {
                let method = node.attr("method").unwrap_or("POST").to_owned();
                return Some((method, join_url(&page.webhook.url, node.text.trim())));
            }
            _ => {}
        }
    }
    None
}

fn reply(
    world: &mut World,
    injection: &Injection,
    page: &CallbackRecord,
    node: &Node,
    replies: &mut Vec<Value>,
) {
    let body = match node.children.iter().find(|c| c.name == "Body") {
        Some(body) => body.text.clone(),
        None => node.own_text.trim().to_owned(),
    };
    let media: Vec<Media> = node
        .children
        .iter()
        .filter(|c| c.name == "Media")
        .map(|c| Media {
            sid: world.ids.sid("ME"),
            url: join_url(&page.webhook.url, c.text.trim()),
            content_type: "image/jpeg".to_owned(),
        })
        .collect();
    let to = node.attr("to").unwrap_or(&injection.from).to_owned();
    let from = node.attr("from").unwrap_or(&injection.to).to_owned();
    let urls: Vec<String> = media.iter().map(|m| m.url.clone()).collect();
    let mut shown = json!({"body": body, "to": to, "from": from, "media": urls});
    let refusal = if replies.len() >= MAX_REPLIES {
        Some(14109)
    } else if world.blocks.contains(&(from.clone(), to.clone())) {
        Some(21610)
    } else if body.trim().is_empty() && media.is_empty() {
        Some(14103)
    } else if body.chars().count() > 1600 {
        Some(21617)
    } else {
        None
    };
    let callback = node
        .attr("statusCallback")
        .or_else(|| node.attr("action"))
        .map(|u| join_url(&page.webhook.url, u));
    let sid = match refusal {
        Some(code) => Err(code),
        None => accept(world, draft(&from, &to, &body, media, callback)).map_err(|e| e.code),
    };
    match sid {
        Ok(sid) => crate::voice::put(&mut shown, "sid", json!(sid)),
        Err(code) => {
            world.alert(code, &page.webhook.subject, &page.webhook.url, &body);
            crate::voice::put(&mut shown, "error", json!(code));
        }
    }
    replies.push(shown);
}
