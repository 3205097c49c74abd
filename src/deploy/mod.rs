//! What happens to a stack: planned by change set, executed, followed to its end, and taken down again.
//!
//! Nothing here prints; what happens is handed to the caller as values.

pub mod artifacts;
pub mod change_set;
pub mod failure;
pub mod follow;
pub mod inventory;
pub mod plan;
pub mod prepare;
pub mod stack_status;
pub mod stacks;
pub mod teardown;
