//! `GET /v1/campaigns/{id}/results`: what became of each recipient, as NDJSON or CSV, page by
//! page.

use super::super::super::http::{Incoming, Response};
use super::super::super::problem::Problem;
use super::super::super::world::World;
use super::super::query::Query;
use super::not_found;
use crate::objects::campaign::{ListResults, ResultRow};
use crate::twilio::errors::Class;

/// Rows of a page.
const PAGE: u32 = 5_000;

/// One page; `Link: <...>; rel="next"` leads to the one after it.
///
/// # Errors
/// 404, 400 for a parameter.
pub async fn results<W: World>(
    world: &W,
    request: &impl Incoming,
    id: &str,
) -> Result<Response, Problem> {
    let query = Query::of(request, &["after"])?;
    let after = match query.get("after") {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Problem::invalid_field("after", "must be the number of a line"))?,
    };
    let rows = world
        .ask(id, &ListResults { after, most: PAGE })
        .await?
        .ok_or_else(not_found)?;
    let is_csv = request
        .header("accept")
        .is_some_and(|accept| accept.contains("text/csv"));
    let response = Response {
        status: 200,
        content_type: if is_csv {
            "text/csv"
        } else {
            "application/x-ndjson"
        },
        headers: Vec::new(),
        body: if is_csv {
            csv(&rows, after == 0)
        } else {
            ndjson(&rows)
        },
        relay: None,
    };
    let full = rows.len() >= PAGE as usize;
    Ok(match rows.last().filter(|_| full) {
        Some(last) => {
            let next = format!(
                "</v1/campaigns/{id}/results?after={}>; rel=\"next\"",
                last.line
            );
            response.with_header("Link", next)
        }
        None => response,
    })
}

fn ndjson(rows: &[ResultRow]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&serde_json::to_string(row).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// No field of ours needs quotes.
fn csv(rows: &[ResultRow], with_header: bool) -> String {
    let mut text = String::new();
    if with_header {
        text.push_str("line,to,status,class,code,sid,message\n");
    }
    for row in rows {
        let code = row.code.map(|code| code.to_string()).unwrap_or_default();
        let line = row.line.to_string();
        let fields = [
            line.as_str(),
            &row.to,
            row.status.as_str(),
            row.class.map(Class::as_str).unwrap_or_default(),
            &code,
            row.sid.as_deref().unwrap_or_default(),
            row.message
                .as_ref()
                .map(crate::objects::id::Id::as_str)
                .unwrap_or_default(),
        ];
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}
