//! What Twilio says and hears: signatures, forms, addresses, webhook events, TwiML, REST calls as values. No I/O.

pub mod twiml;
