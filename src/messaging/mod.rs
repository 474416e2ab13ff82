//! Rules of sending: consent, keywords, segments, lint, status ranks, recovery. No I/O.

pub mod consent;
pub mod figures;
pub mod import;
pub mod keywords;
pub mod lint;
pub mod media;
pub mod profile;
pub mod quiet;
pub mod recovery;
pub mod revocation;
pub mod segments;
pub mod sender;
pub mod status;
pub mod window;
pub mod zones;
