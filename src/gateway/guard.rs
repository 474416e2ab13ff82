//! The guard in front of every webhook. Nothing behind it runs, and no storage is asked, for a
//! request that Twilio did not sign; that there was one is counted in memory
//! (`console::rejections`).
//!
//! 1. The body is read, up to [`BODY_LIMIT`] (413).
//! 2. A POST carries a form or JSON (415).
//! 3. A token is configured for the account that the request names (500).
//! 4. The signature is right for the public URL (403, the same for every cause).
//!
//! What the doctor finds about a refused request goes to the log, and nowhere else.
//!
//! The public URL is the configured base followed by the raw path and query, never a URL
//! that went through a parser; without configuration, the request's own.

use super::http::{BodyFault, Incoming, path_and_query};
use super::problem::Problem;
use super::rotation;
use super::world::World;
use super::{console, doctor};
use crate::log::Record;
use crate::twilio::form::Form;
use crate::twilio::sid::AccountSid;
use crate::twilio::signature::{self, Content};

/// Twilio's own limit for what it sends is lower; a longer body is not Twilio's.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A webhook that Twilio signed: its parameters are those of the query and of the form.
#[derive(Debug)]
pub struct Signed {
    query: String,
    body: Vec<u8>,
    is_form: bool,
    /// The base that Twilio calls us by, for callback URLs.
    pub public_base: String,
}

impl Signed {
    /// The parameters of the body; for a GET, those of the query.
    pub fn parameters(&self) -> Form<'_> {
        let source = if self.is_form {
            &self.body
        } else {
            self.query.as_bytes()
        };
        // Both were parsed once already.
        Form::parse(source).unwrap_or_default()
    }

    /// The parameters of the URL's query: ours, put there by the callback's builder.
    pub fn query(&self) -> Form<'_> {
        Form::parse(self.query.as_bytes()).unwrap_or_default()
    }
}

/// The public URL of a request and the base before its path.
pub fn public_url(configured: Option<&str>, url: &str) -> (String, String) {
    let tail = path_and_query(url);
    let base = match configured {
        Some(base) => base.to_owned(),
        None => url.strip_suffix(tail).unwrap_or(url).to_owned(),
    };
    (format!("{base}{tail}"), base)
}

/// Lets a webhook through, or says why not.
///
/// # Errors
/// The problem to answer with.
pub async fn admit<W: World>(world: &W, request: &impl Incoming) -> Result<Signed, Problem> {
    let is_post = request.method() == "POST";
    let content_type = request.header("content-type").unwrap_or_default();
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let body = if is_post {
        request
            .body(BODY_LIMIT)
            .await
            .map_err(|fault| match fault {
                BodyFault::TooLarge => Problem::too_large(BODY_LIMIT),
                BodyFault::Broken => Problem::invalid_field("", "the body broke off"),
            })?
    } else {
        Vec::new()
    };
    let is_form = is_post && kind == "application/x-www-form-urlencoded";
    if is_post && !is_form && kind != "application/json" && !(kind.is_empty() && body.is_empty()) {
        return Err(Problem::unsupported_media_type(
            "application/x-www-form-urlencoded or application/json",
        ));
    }
    let settings = world.settings();
    let (url, public_base) = public_url(settings.public_base_url.as_deref(), request.url());
    let query = url
        .split_once('?')
        .map(|(_, query)| query.to_owned())
        .unwrap_or_default();
    let signed = Signed {
        query,
        body,
        is_form,
        public_base,
    };

    let refused = |why: String, account: Option<&str>| {
        // The account as it may be shown: what is no SID is whatever a forger wrote.
        let account = account.and_then(|account| AccountSid::parse(account).ok());
        let path = path_and_query(&url).split('?').next().unwrap_or_default();
        Record::warn("webhook.rejected")
            .with("why", why)
            .with("path", path)
            .with(
                "account_sid",
                account.as_ref().map_or("", |sid| sid.as_str()),
            )
            .with("signed_url_base", signed.public_base.as_str())
    };
    let source = if is_form {
        &signed.body
    } else {
        signed.query.as_bytes()
    };
    let form = Form::parse(source).map_err(|error| {
        console::count(world, "unreadable");
        world.log(refused(error.to_string(), None));
        Problem::forbidden()
    })?;
    let account = form.get("AccountSid");
    let keys = settings.keys_for(account);
    if keys.is_empty() {
        world.log(Record::error("webhook.no_token").with(
            "why",
            "TWILIO_AUTH_TOKEN is not set, so no webhook can be checked",
        ));
        return Err(Problem::not_configured("The deployment has no Auth Token."));
    }
    let content = match (is_form, signed.body.is_empty()) {
        (true, _) => Content::Form(&form),
        (false, true) => Content::None,
        (false, false) => Content::Other(&signed.body),
    };
    let header = request.header("x-twilio-signature");
    match signature::verify(&keys, &url, &content, header.as_deref()) {
        // With one token there is nothing to count.
        Ok(accepted) if keys.len() > 1 => {
            if accepted.key_index > 0 {
                world.log(Record::info("webhook.next_token").with("key_index", accepted.key_index));
            }
            rotation::note(world, keys.get(accepted.key_index).copied());
        }
        Ok(_) => {}
        Err(mismatch) => {
            console::count(world, console::cause(mismatch));
            let record = refused(mismatch.to_string(), account);
            let body = &signed.body;
            world.log(doctor::explain(
                world, request, &url, body, mismatch, record,
            ));
            return Err(Problem::forbidden());
        }
    }
    drop(form);
    Ok(signed)
}
