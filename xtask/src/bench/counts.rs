//! What one operation makes the platform bill: calls of Durable Objects, storage rows,
//! sub-requests. Counted by a wrapper around hookswitch, `contestants/counting.js`.

use std::thread::sleep;
use std::time::Duration;

use super::operation::Operation;
use super::request;
use super::server::{Kind, Server, Stage};
use crate::{Failure, Result};

/// The counts of one operation, once warm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The operation.
    pub operation: Operation,
    /// `fetch` calls that leave the Worker.
    pub fetches: u64,
    /// Calls of Durable Objects.
    pub objects: u64,
    /// KV reads and writes.
    pub kv: u64,
    /// Statements run.
    pub statements: u64,
    /// Rows read.
    pub read: u64,
    /// Rows written, index entries included.
    pub written: u64,
}

/// Counts each operation.
///
/// # Errors
/// When the server does not answer.
pub fn measure(stage: &Stage<'_>) -> Result<Vec<Counts>> {
    let server = Server::start(stage, Kind::Counting)?;
    let mut counts = Vec::new();
    for operation in Operation::ALL {
        let path = operation.path(&[&server])?;
        let requests = operation.requests(&server, &path, 0);
        // The first ones open the objects and read the configuration. 100 later it is the
        // same person's turn again.
        for at in [0, 100] {
            if at > 0 {
                let _ = taken(&server)?;
            }
            let post = requests.get(at).or(requests.first());
            let post = post.ok_or_else(|| Failure::new("no request to count"))?;
            let (status, body) = post.send(server.port)?;
            if status != operation.status() {
                return Err(Failure::new(format!(
                    "counting {}: {status}: {body}",
                    operation.name()
                )));
            }
            // What is done after the answer belongs to it too.
            sleep(Duration::from_millis(300));
        }
        let text = taken(&server)?;
        let number = |name: &str| {
            let (_, rest) = text.split_once(&format!("\"{name}\":"))?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().ok()
        };
        let number =
            |name: &str| number(name).ok_or_else(|| Failure::new(format!("no {name} in {text}")));
        counts.push(Counts {
            operation,
            fetches: number("fetches")?,
            objects: number("objects")?,
            kv: number("kv")?,
            statements: number("statements")?,
            read: number("read")?,
            written: number("written")?,
        });
    }
    Ok(counts)
}

fn taken(server: &Server) -> Result<String> {
    request::get(server.port, "/__counts").map(|(_, body)| body)
}
