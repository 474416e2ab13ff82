//! Rules of phone verification: limits, fallback, fraud guard. No I/O.
