//! Rules of bulk sending: recipients, content, forecast, pace, claims, gaps. No I/O.
//!
//! A campaign is one text (or one approved template) to many people. What must never happen:
//! a second message to the same person, a pace above the sender's, and a campaign that stops
//! without saying why.

pub mod content;
pub mod forecast;
pub mod gap;
pub mod pace;
pub mod price;
pub mod recipients;
pub mod state;
pub mod template;
