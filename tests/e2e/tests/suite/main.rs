//! The end-to-end tests, in one binary so that they share one stack.

mod acts;
mod calls;
mod campaigns;
mod crash;
mod degraded;
mod executions;
mod flows;
mod gap;
mod handset;
mod isolation;
mod kills;
mod messages;
mod messaging;
mod openapi;
mod restart;
mod smoke;
mod twin;
mod verify;
mod webhooks;
