//! The end-to-end tests, in one binary so that they share one stack.

mod acts;
mod calls;
mod campaigns;
mod crash;
mod daytwo;
mod degraded;
mod executions;
mod flows;
mod gap;
mod isolation;
mod kills;
mod messages;
mod messaging;
mod restart;
mod smoke;
mod verify;
mod webhooks;
