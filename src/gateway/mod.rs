//! HTTP in: routes, webhook guard, handlers, problems.

pub mod fields;
pub mod http;
pub mod problem;
pub mod route;
