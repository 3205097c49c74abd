//! Deletes the delivery streams of an account and region: which ones, in which order of calls, and how fast.
//!
//! `choice`, `step`, `pace` and `place` only decide, on values; `api` makes the calls and `work` drives them. What the
//! user is asked and told is the command's part.

mod api;
mod choice;
mod pace;
mod place;
mod report;
mod step;
mod work;

pub use api::Firehose;
pub use choice::Choice;
pub use place::{environment, refuse_protected};
pub use report::{Entry, Outcome, Report};
pub use work::{Happening, Work, delete, survey};
