//! Numbered SQL migrations. A database written by an older release is brought forward the
//! first time it is opened; a step that has landed in a release is never edited again.

use crate::ports::{Sql, SqlFault, Value};

/// Brings a database to the last of `migrations`. Each step is one string of statements.
///
/// The steps run with no `.await` between them, so they commit together with the row that
/// says how far they went.
pub(super) fn migrate(sql: &impl Sql, migrations: &[&str]) -> Result<(), SqlFault> {
    sql.exec(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)",
        Vec::new(),
    )?;
    let rows = sql.exec("SELECT MAX(version) FROM schema_version", Vec::new())?;
    let version = rows
        .first()
        .and_then(|row| row.first())
        .and_then(Value::int)
        .unwrap_or(0);
    let done = usize::try_from(version).unwrap_or(0);
    if done >= migrations.len() {
        return Ok(());
    }
    // A contact that is written to for the first time is opened for it: all in one crossing.
    let mut script = String::new();
    for step in migrations.iter().skip(done) {
        script.push_str(step);
        script.push(';');
    }
    script.push_str("INSERT INTO schema_version (version) VALUES (");
    script.push_str(&migrations.len().to_string());
    script.push(')');
    sql.script(&script)
}
