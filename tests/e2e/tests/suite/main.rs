//! The end-to-end tests, in one binary so that they share one stack.

mod isolation;
mod restart;
mod smoke;
