//! The end-to-end tests, in one binary so that they share one stack.

mod acts;
mod browser;
mod calls;
mod campaigns;
mod console;
mod crash;
mod daytwo;
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
mod pages;
mod recipes;
mod restart;
mod smoke;
mod twin;
mod verify;
mod webhooks;
