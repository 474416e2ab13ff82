//! The platform: the one place that names `worker`. It implements the ports over bindings,
//! wraps the objects into Durable Object classes, and hands each event to the code that
//! knows what it means.

mod bindings;
mod border;
mod entry;
mod fetch;
mod objects;
mod queue;
mod request;
mod sql;
