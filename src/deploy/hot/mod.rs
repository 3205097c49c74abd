//! The short way for development: what changed is put into functions and delivery streams by direct calls.
//!
//! CloudFormation does not know of it, so every resource that was changed so bears a mark until the next full
//! deployment, which [`settle`]s it. What a direct call cannot change is named, and nothing is changed at all.

mod apply;
mod comparison;
mod live;
mod mark;
mod plan;
mod rollout;
mod settings;
mod settle;

pub use comparison::Change;
pub use mark::{Mark, marks, marks_of_stack, told};
pub use plan::HotPlan;
pub use rollout::{HotDeployment, Outcome, listed, refuse};
pub use settle::settle;
