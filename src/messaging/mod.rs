//! Rules of sending: consent, keywords, segments, lint, status ranks, recovery. No I/O.
