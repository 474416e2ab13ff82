//! HTTP in: routes, webhook guard, handlers, problems.
