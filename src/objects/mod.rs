//! Durable Objects: their commands, their SQL, their rules.
