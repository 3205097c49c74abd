//! What happens to a stack: planned by change set, executed, followed to its end, and taken down again.
//!
//! Everything but `rollout`, `execution` and `hot`, which are the story of a whole deployment, hands values to its caller and prints nothing.

mod advice;
pub mod artifacts;
mod attend;
pub mod awaited;
pub mod change_set;
mod code;
pub mod critical_path;
pub mod destruction;
mod diagnosis;
mod direct;
pub mod drift;
mod echo;
mod effects;
mod empty;
pub mod execution;
pub mod expectations;
pub mod failure;
pub mod fleet;
pub mod follow;
pub mod hot;
mod imports;
pub mod inventory;
pub mod last_deployed;
mod loss;
pub mod mode;
pub mod names;
pub mod offline;
mod pacing;
pub mod plan;
pub mod plan_file;
pub mod prepare;
mod quiet;
mod reach;
pub mod recovery;
mod retention;
pub mod rollout;
pub mod sequence;
pub mod stack_status;
pub mod stacks;
pub mod teardown;
mod template_diff;
pub mod timeline;
mod validation;
pub mod values;
mod witness;
