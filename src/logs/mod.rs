//! Reads the log groups of a stack's functions and deliveries as one log, oldest line first.
//!
//! It does not know how lines are shown, nor when somebody looks again.

mod source;
mod tail;

pub use source::{Source, choose};
pub use tail::{Line, Tail, pause};
