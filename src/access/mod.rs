//! Who is at the console, decided from values: a session's cookie, a token of Cloudflare Access,
//! and whether a request was made by a page of ours.
//!
//! What must never happen: a token counts whose signature nobody checked, or a browser changes
//! something because another site told it to.

pub mod csrf;
pub mod jwt;
pub mod session;

use crate::ports::Millis;

/// What somebody at the console may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// To look at everything.
    Viewer,
    /// To change things too.
    Operator,
}

impl Role {
    /// The name in answers and in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
        }
    }
}

/// Somebody at the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who: the role's name for a key that people share, an e-mail address by Access.
    pub actor: String,
    /// What they may do.
    pub role: Role,
    /// When they have to prove it anew.
    pub expires_at: Millis,
}
