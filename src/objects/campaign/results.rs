//! What became of each recipient, page by page.

use super::claims::message_id;
use super::commands::{ListResults, ResultRow};
use super::store::{Document, class_of};
use super::{Campaign, ObjectFault};
use crate::campaign::state::{Reached, Status};
use crate::objects::peers::Peers;
use crate::ports::Value;

impl<H: Peers> Campaign<H> {
    pub(super) fn results(
        &self,
        command: &ListResults,
    ) -> Result<Option<Vec<ResultRow>>, ObjectFault> {
        let Some(document) = self.document()? else {
            return Ok(None);
        };
        if document.list.is_none() {
            return Ok(Some(Vec::new()));
        }
        let rows = self.host.exec(
            &format!(
                "SELECT line, attempt, person, address, state, class, code, sid FROM {}
                 WHERE line > ? ORDER BY line LIMIT ?",
                document.table()
            ),
            vec![
                i64::try_from(command.after).unwrap_or(i64::MAX).into(),
                i64::from(command.most).into(),
            ],
        )?;
        Ok(Some(
            rows.iter()
                .filter_map(|row| result(&document, row))
                .collect(),
        ))
    }
}

fn result(document: &Document, row: &[Value]) -> Option<ResultRow> {
    let [line, attempt, person, address, state, class, code, sid] = row else {
        return None;
    };
    let line = u64::try_from(line.int()?).ok()?;
    let attempt = u64::try_from(attempt.int()?).ok()?;
    let over = matches!(document.status, Status::Completed | Status::Canceled);
    let status = match Reached::of(state.int()?)? {
        // The campaign's end came first.
        Reached::Waiting if over => Reached::Expired,
        status => status,
    };
    let written = !matches!(
        status,
        Reached::Waiting | Reached::Expired | Reached::OptedOut
    );
    Some(ResultRow {
        line,
        to: address.text()?.to_owned(),
        status,
        class: class.text().and_then(class_of),
        code: code.int().and_then(|code| u32::try_from(code).ok()),
        sid: sid.text().map(str::to_owned),
        message: written
            .then(|| message_id(document, person.text().unwrap_or_default(), line, attempt)),
    })
}
