//! What the kernel knows about a process group: CPU time used, memory held. Linux only.

use std::fs;

/// Ticks of `utime` and `stime` in a second: USER_HZ, 100 on every Linux that Rust runs on.
const TICKS: u64 = 100;
/// Bytes of a page.
const PAGE: u64 = 4096;

/// CPU time of every process of a group, user and system, in microseconds.
pub fn used_micros(group: i32) -> u64 {
    let ticks: u64 = stats(group).map(|stat| stat.ticks).sum();
    ticks * (1_000_000 / TICKS)
}

/// Resident memory of every process of a group, in bytes.
pub fn memory(group: i32) -> u64 {
    stats(group).map(|stat| stat.pages).sum::<u64>() * PAGE
}

struct Stat {
    ticks: u64,
    pages: u64,
}

fn stats(group: i32) -> impl Iterator<Item = Stat> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|process| fs::read_to_string(process.path().join("stat")).ok())
        .filter_map(move |stat| parse(&stat, group))
}

/// The fields of proc(5)'s `stat` after the name: state, ppid, pgrp (2), …, utime (11),
/// stime (12), …, rss (21).
fn parse(stat: &str, group: i32) -> Option<Stat> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    if fields.get(2)?.parse() != Ok(group) {
        return None;
    }
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        ticks: number(11)? + number(12)?,
        pages: number(21)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_memory_are_those_of_the_group() {
        let stat = "7 (a) b) S 1 42 42 0 -1 0 9 0 0 0 150 50 0 0 20 0 9 0 99 1000 25 18446";
        let parsed = parse(stat, 42).unwrap();
        assert_eq!((parsed.ticks, parsed.pages), (200, 25));
        assert!(parse(stat, 43).is_none());
        assert!(used_micros(-1) == 0 && memory(-1) == 0);
    }
}
