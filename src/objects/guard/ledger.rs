//! Rows of the guard.

use super::{Block, EVERYBODY, Figures, FiguresReply, Guard, KeyKind, Permit, watch_key, watched};
use crate::objects::{ObjectFault, read, write};
use crate::ports::{Host, Millis, Value};
use crate::time::{DAY, HOUR};
use crate::verify::channel::Channel;
use crate::verify::country::Country;
use crate::verify::funnel::Count;
use crate::verify::watch::{self, COARSE, FINE, Tally};
use crate::verify::window::{Limit, Standing};

/// How long hourly figures are kept.
const FIGURES_KEPT: Millis = 90 * DAY;
/// Longer than a report can be on its way (the queue gives up within a day).
const REPORTS_KEPT: Millis = 2 * DAY;
/// One start in so many tidies up.
const TIDY_ONE_IN: u64 = 64;

impl<H: Host> Guard<H> {
    /// How the window of a key stands.
    pub(super) fn standing(
        &self,
        key: &str,
        limit: Limit,
        now: Millis,
    ) -> Result<Standing, ObjectFault> {
        let past = limit.left_behind(now);
        let rows = self.host.exec(
            "SELECT COUNT(*) FROM start WHERE key = ? AND at > ?",
            vec![key.into(), past.into()],
        )?;
        let count = u32::try_from(first_int(&rows).unwrap_or(0)).unwrap_or(u32::MAX);
        limit.judge(count, |nth| {
            let rows = self.host.exec(
                "SELECT at FROM start WHERE key = ? AND at > ? ORDER BY at LIMIT 1 OFFSET ?",
                vec![key.into(), past.into(), i64::from(nth).into()],
            )?;
            Ok(first_int(&rows))
        })
    }

    pub(super) fn add_start(&self, key: &str, permit: &Permit) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO start (key, at, id) VALUES (?, ?, ?)",
            vec![key.into(), permit.at.into(), permit.id.as_str().into()],
        )?;
        Ok(())
    }

    pub(super) fn remove_start(&self, key: &str, permit: &Permit) -> Result<(), ObjectFault> {
        self.host.exec(
            "DELETE FROM start WHERE key = ? AND at = ? AND id = ?",
            vec![key.into(), permit.at.into(), permit.id.as_str().into()],
        )?;
        Ok(())
    }

    /// Adds to the tallies of the permit's moment, for all its keys and for everybody.
    pub(super) fn tally(
        &self,
        permit: &Permit,
        starts: i64,
        approved: i64,
    ) -> Result<(), ObjectFault> {
        let keys = watched(&permit.knock).map(|(kind, key)| watch_key(kind, key));
        for key in keys.chain([EVERYBODY.to_owned()]) {
            for size in [FINE, COARSE] {
                self.host.exec(
                    "INSERT INTO tally (key, size, ends_at, starts, approved)
                     VALUES (?, ?, ?, MAX(?, 0), ?)
                     ON CONFLICT (key, size, ends_at) DO UPDATE SET
                        starts = MAX(starts + ?, 0), approved = approved + excluded.approved",
                    vec![
                        key.as_str().into(),
                        size.into(),
                        watch::stretch(permit.at, size).into(),
                        starts.into(),
                        approved.into(),
                        starts.into(),
                    ],
                )?;
            }
        }
        Ok(())
    }

    /// The tallies that the watch weighs: coarse ones first, then fine ones.
    pub(super) fn tallies(&self, key: &str, now: Millis) -> Result<Vec<Tally>, ObjectFault> {
        let boundary = watch::fine_since(now);
        let [.., longest] = watch::WINDOWS;
        let rows = self.host.exec(
            "SELECT ends_at, starts, approved FROM tally
             WHERE key = ?1 AND size = ?2 AND ends_at > ?3 AND ends_at <= ?4
             UNION ALL
             SELECT ends_at, starts, approved FROM tally
             WHERE key = ?1 AND size = ?5 AND ends_at > ?4",
            vec![
                key.into(),
                COARSE.into(),
                now.saturating_sub(longest).into(),
                boundary.into(),
                FINE.into(),
            ],
        )?;
        let number = |value: Option<&Value>| value.and_then(Value::int).unwrap_or(0);
        Ok(rows
            .iter()
            .map(|row| Tally {
                ends_at: number(row.first()),
                starts: u32::try_from(number(row.get(1))).unwrap_or(0),
                approved: u32::try_from(number(row.get(2))).unwrap_or(0),
            })
            .collect())
    }

    pub(super) fn block(
        &self,
        kind: KeyKind,
        key: &str,
        now: Millis,
    ) -> Result<Option<Block>, ObjectFault> {
        let rows = self.host.exec(
            "SELECT document FROM block WHERE key = ? AND until > ?",
            vec![watch_key(kind, key).into(), now.into()],
        )?;
        let document = rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::text);
        document.map(|text| read("block", text)).transpose()
    }

    pub(super) fn save_block(&self, block: &Block) -> Result<(), ObjectFault> {
        self.host.exec(
            "INSERT INTO block (key, until, document) VALUES (?, ?, ?)
             ON CONFLICT (key) DO UPDATE SET until = excluded.until, document = excluded.document",
            vec![
                watch_key(block.kind, &block.key).into(),
                block.until.into(),
                write("block", block)?.into(),
            ],
        )?;
        Ok(())
    }

    /// Adds to the figures of the hour in which the start was made.
    pub(super) fn count(
        &self,
        permit: &Permit,
        channel: Channel,
        started: i64,
        approved: i64,
    ) -> Result<(), ObjectFault> {
        let country = permit.knock.country;
        self.host.exec(
            "INSERT INTO figure (hour, channel, country, started, approved)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (hour, channel, country) DO UPDATE SET
                started = started + excluded.started, approved = approved + excluded.approved",
            vec![
                permit.at.div_euclid(HOUR).into(),
                channel.as_str().into(),
                country.as_ref().map_or("", Country::as_str).into(),
                started.into(),
                approved.into(),
            ],
        )?;
        Ok(())
    }

    /// Whether this is heard for the first time; it is remembered.
    pub(super) fn first_report(&self, id: &str) -> Result<bool, ObjectFault> {
        let rows = self.host.exec(
            "INSERT INTO reported (id, at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1",
            vec![id.into(), self.now().into()],
        )?;
        Ok(!rows.is_empty())
    }

    pub(crate) fn figures(&self, command: &Figures) -> Result<FiguresReply, ObjectFault> {
        let rows = self.host.exec(
            "SELECT channel, country, SUM(started), SUM(approved) FROM figure
             WHERE hour >= ? GROUP BY channel, country ORDER BY channel, country",
            vec![command.since.div_euclid(HOUR).into()],
        )?;
        let number = |value: Option<&Value>| {
            value
                .and_then(Value::int)
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(0)
        };
        let counts = rows.iter().filter_map(|row| {
            Some(Count {
                channel: Channel::parse(row.first()?.text()?).ok()?,
                country: row.get(1)?.text()?.to_owned(),
                started: number(row.get(2)),
                approved: number(row.get(3)),
            })
        });
        let counts = counts.collect();
        let rows = self.host.exec(
            "SELECT document FROM block WHERE until > ? ORDER BY until DESC LIMIT 1000",
            vec![self.now().into()],
        )?;
        let blocks = rows
            .iter()
            .filter_map(|row| row.first()?.text())
            .map(|text| read("block", text))
            .collect::<Result<_, _>>()?;
        Ok(FiguresReply { counts, blocks })
    }

    /// Removes, now and then, what no rule reads any more.
    pub(super) fn forget_some(&self) -> Result<(), ObjectFault> {
        if self.host.below(TIDY_ONE_IN) != 0 {
            return Ok(());
        }
        let now = self.now();
        let policy = self.policy();
        let limits = [policy.per_ip, policy.per_prefix, policy.per_account];
        let longest = limits
            .iter()
            .flatten()
            .map(|limit| limit.window)
            .max()
            .unwrap_or(0);
        let [.., watched] = watch::WINDOWS;
        for (statement, before) in [
            (
                "DELETE FROM start WHERE at <= ?",
                now.saturating_sub(longest),
            ),
            (
                "DELETE FROM tally WHERE size = 5000 AND ends_at <= ?",
                watch::fine_since(now),
            ),
            (
                "DELETE FROM tally WHERE size = 300000 AND ends_at <= ?",
                now.saturating_sub(watched),
            ),
            ("DELETE FROM block WHERE until <= ?", now),
            (
                "DELETE FROM reported WHERE at <= ?",
                now.saturating_sub(REPORTS_KEPT),
            ),
            (
                "DELETE FROM figure WHERE hour < ?",
                now.saturating_sub(FIGURES_KEPT).div_euclid(HOUR),
            ),
        ] {
            self.host.exec(statement, vec![before.into()])?;
        }
        Ok(())
    }
}

fn first_int(rows: &[Vec<Value>]) -> Option<i64> {
    rows.first()
        .and_then(|row| row.first())
        .and_then(Value::int)
}
