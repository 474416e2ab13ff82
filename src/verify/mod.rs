//! Rules of phone verification (Twilio Verify v2): limits, fallback, check outcomes, fraud
//! guard, figures. No I/O.
//!
//! Twilio makes the code, sends it and judges it. Ours is what Twilio leaves to its
//! customers: limits that hold under a race ([`window`]), a fallback that moves when a
//! delivery failed and not when it was merely accepted ([`plan`], [`verification`]), outcomes
//! told apart ([`outcome`]), and fraud seen where the request's network is known ([`watch`]).
//!
//! **What must never happen**: a code is stored, logged or answered ([`code::Code`] cannot be
//! printed), and an exception is told to a person as "wrong code".

pub mod channel;
pub mod code;
pub mod country;
pub mod funnel;
pub mod guard;
pub mod locale;
pub mod outcome;
pub mod plan;
pub mod policy;
pub mod verification;
pub mod watch;
pub mod window;
