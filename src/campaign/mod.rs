//! Rules of bulk sending: recipients, forecast, pace. No I/O.
