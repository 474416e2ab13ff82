//! Numbered SQL migrations. A database written by an older release is brought forward the
//! first time it is opened; a step that has landed in a release is never edited again.

use serde::{Deserialize, Serialize};

use super::peers::Peers;
use super::{Object, ObjectFault};
use crate::flow::Execution;
use crate::log::Record;
use crate::ports::{
    Clock, Entropy, FlowFault, Host, Http, HttpFault, HttpRequest, HttpResponse, Limits, Mail,
    MailFault, Millis, PublishedFlow, QueueFault, Sql, SqlFault, Value,
};
use crate::settings::Settings;

/// How far an object's tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Migrations that the database has had.
    pub has: u32,
    /// Migrations that this release knows.
    pub knows: u32,
}

/// How far a database is.
pub(super) fn level(sql: &impl Sql, migrations: &[&str]) -> Result<Level, SqlFault> {
    let rows = sql.exec("SELECT MAX(version) FROM schema_version", Vec::new())?;
    let has = rows.first().and_then(|row| row.first()?.int());
    Ok(Level {
        has: u32::try_from(has.unwrap_or(0)).unwrap_or(0),
        knows: u32::try_from(migrations.len()).unwrap_or(0),
    })
}

/// Brings a database to the last of `migrations`. Each step is one string of statements.
///
/// The steps run with no `.await` between them, so they commit together with the row that
/// says how far they went.
pub(super) fn migrate(sql: &impl Sql, migrations: &[&str]) -> Result<(), SqlFault> {
    let version = || sql.exec("SELECT MAX(version) FROM schema_version", Vec::new());
    // All but the first time one statement tells: an object is opened whenever it wakes up.
    let rows = match version() {
        Ok(rows) => rows,
        Err(_) => {
            sql.script("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")?;
            version()?
        }
    };
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

/// A host whose object has tables that most objects of its class never need. Such a table is
/// made when a statement first misses it: of a million people who are written to once, few
/// call, and each table costs its share of the time and of the storage that a new object takes.
pub struct Lazily<H> {
    host: H,
    /// Scripts of `CREATE TABLE IF NOT EXISTS name (...)` and what goes with it.
    later: &'static [&'static str],
}

impl<H: Host> Lazily<H> {
    pub(super) fn new(host: H, later: &'static [&'static str]) -> Lazily<H> {
        Lazily { host, later }
    }

    /// The script that makes the table which a statement missed.
    fn missed(&self, fault: &SqlFault) -> Option<&'static str> {
        let (_, rest) = fault.0.split_once("no such table: ")?;
        let name = rest
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()?;
        let begin = ["TABLE IF NOT EXISTS ", name, " ("].concat();
        let mut scripts = self.later.iter().copied();
        scripts.find(|script| script.contains(&begin))
    }
}

impl<H: Host> Sql for Lazily<H> {
    fn exec(&self, statement: &str, bindings: Vec<Value>) -> Result<Vec<Vec<Value>>, SqlFault> {
        let mut answer = self.host.exec(statement, bindings.clone());
        // One statement may name more than one of them.
        while let Some(script) = answer.as_ref().err().and_then(|fault| self.missed(fault)) {
            self.host.script(script)?;
            answer = self.host.exec(statement, bindings.clone());
        }
        answer
    }

    fn script(&self, statements: &str) -> Result<(), SqlFault> {
        self.host.script(statements)
    }
}

impl<H: Host> Clock for Lazily<H> {
    fn now(&self) -> Millis {
        self.host.now()
    }
}

impl<H: Host> Entropy for Lazily<H> {
    fn fill(&self, bytes: &mut [u8]) {
        self.host.fill(bytes);
    }
}

impl<H: Host> Http for Lazily<H> {
    fn send(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, HttpFault>> {
        self.host.send(request)
    }

    fn send_within(
        &self,
        request: HttpRequest,
        headers: &[(&'static str, String)],
        limits: Limits,
    ) -> impl Future<Output = Result<HttpResponse, HttpFault>> {
        self.host.send_within(request, headers, limits)
    }

    fn pause(&self, length: Millis) -> impl Future<Output = ()> {
        self.host.pause(length)
    }
}

impl<H: Host> Host for Lazily<H> {
    fn set_alarm(&self, at: Millis) -> impl Future<Output = Result<(), SqlFault>> {
        self.host.set_alarm(at)
    }

    fn enqueue(&self, events: &[String]) -> impl Future<Output = Result<(), QueueFault>> {
        self.host.enqueue(events)
    }

    fn flow(
        &self,
        execution: &Execution,
    ) -> impl Future<Output = Result<Option<PublishedFlow>, FlowFault>> {
        self.host.flow(execution)
    }

    fn mail(&self, mail: Mail<'_>) -> impl Future<Output = Result<(), MailFault>> {
        self.host.mail(mail)
    }

    fn log(&self, record: Record) {
        self.host.log(record);
    }

    fn settings(&self) -> &Settings {
        self.host.settings()
    }
}

impl<H: Peers> Peers for Lazily<H> {
    fn ask_text(
        &self,
        object: Object,
        name: &str,
        verb: &str,
        body: String,
    ) -> impl Future<Output = Result<String, ObjectFault>> {
        self.host.ask_text(object, name, verb, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::testing::TestHost;

    const LATER: [&str; 2] = [
        "CREATE TABLE IF NOT EXISTS seldom (n INTEGER); CREATE INDEX IF NOT EXISTS seldom_n ON seldom (n)",
        "CREATE TABLE IF NOT EXISTS seldom_too (n INTEGER)",
    ];

    #[test]
    fn a_table_that_is_missed_is_made_and_the_statement_carried_out() {
        let host = Lazily::new(TestHost::configured(), &LATER);
        let tables = |host: &Lazily<TestHost>| {
            let names = host.host.exec("SELECT name FROM sqlite_master", Vec::new());
            names.unwrap().len()
        };
        assert_eq!(tables(&host), 0);
        host.exec("INSERT INTO seldom (n) VALUES (?)", vec![7.into()])
            .unwrap();
        assert_eq!(tables(&host), 2, "its index too, and nothing else");
        let both = host.exec(
            "SELECT n FROM seldom UNION ALL SELECT n FROM seldom_too",
            Vec::new(),
        );
        assert_eq!(both.unwrap(), [[Value::Int(7)]]);
        assert_eq!(tables(&host), 3);
    }

    #[test]
    fn any_other_fault_stays_one() {
        let host = Lazily::new(TestHost::configured(), &LATER);
        for statement in ["SELECT n FROM never", "SELECT", "SELECT m FROM seldom"] {
            assert!(host.exec(statement, Vec::new()).is_err(), "{statement}");
        }
    }
}
