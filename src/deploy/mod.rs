//! What happens to a stack: planned by change set, executed, followed to its end, and taken down again.
//!
//! `rollout` is the story of a deployment up to consent and `execution` from there, `fleet` that of several; `destruction`
//! is that of a deletion. On the way they use `ground` (what is there already), `groundwork` (what comes before any
//! deployment), `plan` (what would change, and what that means), `follow` (what goes on) and `failure` (what went wrong
//! first). Everything but those stories, `groundwork` and `hot` hands values to its caller and prints nothing.

mod adoption;
pub mod artifacts;
pub mod change_set;
pub mod destruction;
mod direct;
pub mod drift;
pub mod execution;
pub mod failure;
pub mod fleet;
pub mod follow;
pub mod ground;
pub mod groundwork;
pub mod hot;
pub mod mode;
pub mod names;
pub mod plan;
pub mod prepare;
pub mod recovery;
pub mod rollout;
pub mod sequence;
pub mod stack_status;
pub mod stacks;
pub mod values;
