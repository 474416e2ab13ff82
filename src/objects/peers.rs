//! How one object asks another. Only objects that work through lists need it.

use super::{Command, Object, ObjectFault, read, write};
use crate::ports::Host;

/// A host whose object can ask others.
pub trait Peers: Host {
    /// Carries a command to an object and brings its reply back, both as JSON.
    fn ask_text(
        &self,
        object: Object,
        name: &str,
        verb: &str,
        body: String,
    ) -> impl Future<Output = Result<String, ObjectFault>>;
}

/// Asks another object.
///
/// # Errors
/// [`ObjectFault::Unreachable`] when it does not answer; whether it did what was asked is not
/// known then.
pub(super) async fn ask<C: Command>(
    host: &impl Peers,
    name: &str,
    command: &C,
) -> Result<C::Reply, ObjectFault> {
    let body = write("command", command)?;
    let reply = host.ask_text(C::OBJECT, name, C::VERB, body).await?;
    read("reply", &reply)
}
