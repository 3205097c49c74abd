//! CloudFormation, as deployment tools meet it: change sets, events, rollbacks and what remains.

mod changes;
mod custom;
mod drift;
mod existing;
mod failures;
mod interruptions;
mod lifecycle;
mod pipeline;
mod refusals;
mod restart;
pub mod support;
