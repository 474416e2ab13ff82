//! The platform's price list, in US dollars, and what a million operations cost by it.
//! What the plan includes is left out: these are the prices of the next million.

use super::counts::Counts;

/// When the list was read.
pub const DATE: &str = "2026-11-24";
/// Where: Cloudflare docs, "Workers pricing", "Durable Objects pricing", "KV pricing".
pub const SOURCE: &str = "Cloudflare docs, Workers Paid plan";

/// A million requests.
const REQUESTS: f64 = 0.30;
/// A million milliseconds of CPU.
const CPU_MILLIS: f64 = 0.02;
/// A million requests to Durable Objects.
const OBJECTS: f64 = 0.15;
/// A million GB-seconds of a Durable Object that is active, billed as 128 MB.
const GB_SECONDS: f64 = 12.50;
/// A million rows read.
const ROWS_READ: f64 = 0.001;
/// A million rows written.
const ROWS_WRITTEN: f64 = 1.00;
/// A million KV reads.
const KV_READS: f64 = 0.50;

/// An object is billed while it handles a request; so long, with the wait for its disk, in
/// seconds.
const ACTIVE: f64 = 0.005;
/// An object's memory as it is billed, in GB.
const MEMORY: f64 = 0.128;

/// What a million operations cost. `cpu_micros` is the CPU time of one, objects included.
pub fn of_a_million(counts: &Counts, cpu_micros: f64) -> f64 {
    let number = |count: u64| count as f64;
    REQUESTS
        + cpu_micros / 1000.0 * CPU_MILLIS
        + number(counts.objects) * (OBJECTS + ACTIVE * MEMORY * GB_SECONDS)
        + number(counts.read) * ROWS_READ
        + number(counts.written) * ROWS_WRITTEN
        + number(counts.kv) * KV_READS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::operation::Operation;

    #[test]
    fn a_million_menu_steps_cost_their_requests_and_their_cpu_time() {
        let counts = Counts {
            operation: Operation::Menu,
            fetches: 0,
            objects: 0,
            kv: 0,
            statements: 0,
            read: 0,
            written: 0,
        };
        assert!((of_a_million(&counts, 100.0) - 0.302).abs() < 1e-9);
        let with_object = Counts {
            objects: 1,
            written: 3,
            ..counts
        };
        assert!(of_a_million(&with_object, 100.0) > 3.4);
    }
}
