//! What Twilio says and hears: signatures, forms, addresses, webhook events, TwiML, REST calls as values. No I/O.

pub mod api;
pub mod address;
pub mod event;
pub mod form;
pub mod sid;
pub mod signature;
pub mod errors;
pub mod twiml;
