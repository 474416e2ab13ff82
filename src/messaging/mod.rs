//! Rules of sending: consent, keywords, segments, lint, status ranks, recovery. No I/O.

pub mod keywords;
pub mod segments;
