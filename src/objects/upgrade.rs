//! A database of any level comes to the tables of this release, and goes on under the one before.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::campaign::{self, Campaign};
use super::contact::{self, Contact};
use super::guard::{self, Guard};
use super::idempotency::{self, Idempotency};
use super::ledger::{self, Ledger};
use super::registry::{self, Registry};
use super::sender::{self, Sender};
use super::testing::TestHost;
use super::{ObjectFault, schema};
use crate::ports::{Sql as _, Value};

/// A class, its migrations, and how it is opened.
type Class = (
    &'static str,
    &'static [&'static str],
    fn(TestHost) -> Result<(), ObjectFault>,
);

const CLASSES: [Class; 7] = [
    ("contact", &contact::MIGRATIONS, |host| {
        Contact::open(host).map(drop)
    }),
    ("registry", &registry::MIGRATIONS, |host| {
        Registry::open(host).map(drop)
    }),
    ("idempotency", &idempotency::MIGRATIONS, |host| {
        Idempotency::open(host).map(drop)
    }),
    ("guard", &guard::MIGRATIONS, |host| {
        Guard::open(host).map(drop)
    }),
    ("ledger", &ledger::MIGRATIONS, |host| {
        Ledger::open(host).map(drop)
    }),
    ("campaign", &campaign::MIGRATIONS, |host| {
        Campaign::open(host).map(drop)
    }),
    ("sender", &sender::MIGRATIONS, |host| {
        Sender::open(host).map(drop)
    }),
];

/// Steps after which the release before cannot write to a table any more: none may be added
/// without a word in docs/operations.md.
const ONE_WAY: [(&str, usize, &str); 1] = [
    // A figure's line of business became part of its key.
    ("ledger", 2, "figure"),
];

fn query(host: &TestHost, statement: &str) -> Vec<Vec<Value>> {
    host.exec(statement, Vec::new()).unwrap()
}

fn text(value: &Value) -> String {
    value.text().unwrap_or_default().to_owned()
}

/// What a statement sees of a column: its name, whether it may be left out, whether it is part
/// of the key.
type Column = (String, bool, bool);

/// Every table with its columns, and every index.
fn tables(host: &TestHost) -> BTreeMap<String, Vec<Column>> {
    let names = query(
        host,
        "SELECT name FROM sqlite_master WHERE type = 'table' OR sql IS NOT NULL ORDER BY name",
    );
    let names = names.iter().map(|row| text(&row[0]));
    let columns = |name: String| {
        let rows = query(host, &format!("PRAGMA table_xinfo({name})"));
        let columns = rows.iter().map(|row| {
            let must = row[3].int() == Some(1) && row[4] == Value::Null;
            let key = row.get(5).and_then(Value::int).unwrap_or(0) > 0;
            (text(&row[1]), !must, key)
        });
        (name, columns.collect())
    };
    names.map(columns).collect()
}

/// A database as the first `level` migrations leave it.
fn at(migrations: &[&str], level: usize) -> TestHost {
    let host = TestHost::configured();
    schema::migrate(&host, &migrations[..level]).unwrap();
    host
}

#[test]
fn every_level_of_every_class_comes_to_the_tables_of_a_new_object() {
    for (class, migrations, open) in CLASSES {
        let fresh = TestHost::configured();
        open(fresh.clone()).unwrap();
        for level in 1..=migrations.len() {
            let host = at(migrations, level);
            open(host.clone()).unwrap();
            assert_eq!(tables(&host), tables(&fresh), "{class} from {level}");
            let now = schema::level(&host, migrations).unwrap();
            assert_eq!((now.has, now.knows), (now.knows, migrations.len() as u32));
            // And again: it is there.
            open(host.clone()).unwrap();
            assert_eq!(tables(&host), tables(&fresh));
        }
    }
}

#[test]
fn an_upgrade_that_dies_at_any_statement_is_made_whole_by_the_next_one() {
    for (class, migrations, open) in CLASSES {
        let fresh = TestHost::configured();
        open(fresh.clone()).unwrap();
        for operations in 0..4 {
            let host = at(migrations, migrations.len() - 1);
            host.0.operations_left.set(Some(operations));
            let _ = open(host.clone());
            host.0.operations_left.set(None);
            open(host.clone()).unwrap();
            assert_eq!(tables(&host), tables(&fresh), "{class} {operations}");
        }
    }
}

#[test]
fn the_release_before_opens_tables_of_this_one_and_its_statements_still_work() {
    for (class, migrations, open) in CLASSES {
        for level in 1..migrations.len() {
            let (before, after) = (at(migrations, level), at(migrations, level + 1));
            // It finds a level beyond its own, and changes nothing.
            let found = tables(&after);
            schema::migrate(&after, &migrations[..level]).unwrap();
            assert_eq!(tables(&after), found, "{class} {level}");
            for (table, columns) in tables(&before) {
                let now = found.get(&table);
                let now =
                    now.unwrap_or_else(|| panic!("{class}: {table} is gone at {}", level + 1));
                let one_way = ONE_WAY.contains(&(class, level + 1, table.as_str()));
                let missing: Vec<_> = columns.iter().filter(|one| !now.contains(one)).collect();
                assert!(missing.is_empty(), "{class} {table}: {missing:?}");
                let added = now.iter().filter(|one| !columns.contains(one));
                let needed = added.filter(|(_, may_be_left_out, key)| !may_be_left_out || *key);
                assert_eq!(
                    needed.count() > 0,
                    one_way,
                    "{class} {table} at {}",
                    level + 1
                );
            }
            // Coming forward again afterwards is no harm either.
            open(after.clone()).unwrap();
        }
    }
}

#[test]
fn figures_of_before_there_were_kinds_of_line_are_kept() {
    let host = at(&ledger::MIGRATIONS, 1);
    query(
        &host,
        "INSERT INTO figure VALUES (7, 'US', 'sms', 30007, 40, 2, 1)",
    );
    Ledger::open(host.clone()).unwrap();
    let rows = query(
        &host,
        "SELECT line, delivered, failed, canceled FROM figure",
    );
    let numbers = [40, 2, 1].map(Value::Int);
    let expected = [vec![Value::Text(String::new())], numbers.to_vec()].concat();
    assert_eq!(rows, [expected]);
}

/// White space aside: what the statements say.
fn fingerprint(statements: &str) -> String {
    let words: Vec<&str> = statements.split_whitespace().collect();
    let hash = Sha256::digest(words.join(" "));
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A step that databases have had already can never be changed: they would not have it again.
#[test]
fn no_migration_that_has_landed_was_edited() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/upgrade/migrations.txt"
    );
    let mut lines = String::new();
    for (class, migrations, _) in CLASSES {
        for (at, step) in migrations.iter().enumerate() {
            lines += &format!("{class} {} {}\n", at + 1, fingerprint(step));
        }
    }
    if std::env::var_os("HOOKSWITCH_BLESS").is_some() {
        std::fs::write(path, &lines).unwrap();
    }
    let landed = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        lines, landed,
        "a new step is added by HOOKSWITCH_BLESS=1 cargo test upgrade"
    );
}
