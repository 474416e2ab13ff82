//! What became of a list of recipients, in bounded memory: everything is counted, and the
//! faults are listed by line, neighbours of the same kind together.

use serde::{Deserialize, Serialize};

/// Faults that are listed one by one.
const MAX_FAULTS: usize = 1_000;
/// How far back a fault looks for a neighbour of its kind.
const NEIGHBOURS: usize = 8;
const DUPLICATE: &str = "the same person is on an earlier line";

/// What became of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// People that the campaign will write to.
    pub accepted: u64,
    /// Of them, people who had opted out when the list came in, as far as the ledger had heard.
    #[serde(default)]
    pub opted_out: u64,
    /// Lines for a person who was on an earlier one.
    pub duplicates: u64,
    /// Lines that are not recipients.
    pub bad: u64,
    /// The first faults, about in the order of the lines.
    pub faults: Vec<Fault>,
    /// Faults that are counted above but not listed.
    pub not_listed: u64,
}

/// Lines that have the same fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The first of them, from 1.
    pub line: u64,
    /// The last of them.
    pub last: u64,
    /// What is wrong. Quotes no value.
    pub error: String,
}

impl Report {
    /// A line for a person who was on an earlier one.
    pub fn duplicate(&mut self, line: u64) {
        self.duplicates += 1;
        self.list(line, DUPLICATE.to_owned());
    }

    /// A line that is no recipient.
    pub fn bad(&mut self, line: u64, error: String) {
        self.bad += 1;
        self.list(line, error);
    }

    fn list(&mut self, line: u64, error: String) {
        let neighbour = self.faults.iter_mut().rev().take(NEIGHBOURS);
        if let Some(fault) = neighbour
            .into_iter()
            .find(|f| f.last + 1 == line && f.error == error)
        {
            fault.last = line;
        } else if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault {
                line,
                last: line,
                error,
            });
        } else {
            self.not_listed += 1;
        }
    }
}
