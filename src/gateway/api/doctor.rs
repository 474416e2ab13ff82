//! `POST /v1/doctor/signature`: why a captured webhook is refused.

use serde_json::json;

use super::super::doctor::{examine, findings};
use super::super::guard::{BODY_LIMIT, public_url};
use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::world::World;
use super::fields;
use crate::twilio::doctor::{Budget, Captured, Verdict};

/// The longest URL, in bytes.
pub(in crate::gateway) const URL_LIMIT: usize = 8 * 1024;
/// How many URLs of Twilio's side are looked at, beside `url`.
pub(in crate::gateway) const MAX_KNOWN: usize = 8;
/// The longest `content_type` and `signature`, in bytes.
pub(in crate::gateway) const HEADER_LIMIT: usize = 1024;

/// Judges `{url, method?, content_type?, body?, signature?}` as the guard would, and says what
/// would have made it genuine. `known_urls?` are webhook URLs as they stand in Twilio: what was
/// lost on the way can only be known from them. The answer shows no token and no signature.
///
/// # Errors
/// 400 for a field, 413 for a body beyond the guard's own limit, 500 without a token.
pub async fn signature<W: World>(world: &W, request: &impl Incoming) -> Result<Response, Problem> {
    let mut fields = fields(request).await?;
    let url = fields.required("url", url);
    let method = fields.parsed("method", method);
    let content_type = fields.parsed("content_type", header);
    let body = fields.text("body").unwrap_or_default();
    let signature = fields.parsed("signature", header);
    let mut known_urls = fields.texts("known_urls", MAX_KNOWN);
    for (at, known) in known_urls.iter().enumerate() {
        if let Err(fault) = self::url(known) {
            fields.refuse_item("known_urls", at, fault);
        }
    }
    fields.finish()?;
    if body.len() > BODY_LIMIT {
        return Err(Problem::too_large(BODY_LIMIT));
    }
    let settings = world.settings();
    if settings.signing.is_empty() && settings.subaccounts.is_empty() {
        return Err(Problem::not_configured("The deployment has no Auth Token."));
    }
    let url = url.unwrap_or_default();
    let (checked, _) = public_url(settings.public_base_url.as_deref(), &url);
    let captured = Captured {
        method: method.unwrap_or("POST"),
        url: &checked,
        content_type: content_type.as_deref(),
        body: body.as_bytes(),
        signature: signature.as_deref(),
    };
    known_urls.push(url);
    let also = known_urls.iter().map(String::as_str);
    let also: Vec<&str> = also.filter(|known| *known != checked).collect();
    let diagnosis = examine(settings, &captured, &also, Budget::default());
    let answer = json!({
        "verdict": name(&diagnosis.verdict),
        "checked_url": checked,
        "findings": findings(&diagnosis.verdict),
        "tries": diagnosis.tries,
    });
    Ok(Response::json(200, &answer))
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Genuine => "genuine",
        Verdict::Unsigned => "unsigned",
        Verdict::Malformed => "malformed",
        Verdict::Explained(_) => "explained",
        Verdict::Unexplained { .. } => "unexplained",
    }
}

fn url(text: &str) -> Result<String, &'static str> {
    let is_absolute = text.starts_with("https://") || text.starts_with("http://");
    if !is_absolute || text.len() > URL_LIMIT || text.contains(|c: char| c.is_control()) {
        return Err("must be the whole URL, http(s)://host/path, of at most 8192 bytes");
    }
    Ok(text.to_owned())
}

fn method(text: &str) -> Result<&'static str, &'static str> {
    match text {
        "GET" => Ok("GET"),
        "POST" => Ok("POST"),
        _ => Err("must be GET or POST"),
    }
}

fn header(text: &str) -> Result<String, &'static str> {
    if text.len() > HEADER_LIMIT {
        return Err("must have at most 1024 bytes");
    }
    Ok(text.to_owned())
}
