//! What Twilio says and hears: signatures, forms, addresses, webhook events, TwiML, REST calls as values. No I/O.

pub mod address;
pub mod api;
pub mod doctor;
pub mod errors;
pub mod event;
pub mod form;
pub mod sid;
pub mod signature;
pub mod twiml;
