//! CloudFormation, as deployment tools meet it: change sets, events, rollbacks and what remains.

#![expect(clippy::unwrap_used, reason = "in a test, an answer that is missing is a failure")]

mod changes;
mod failures;
mod interruptions;
mod lifecycle;
mod pipeline;
mod refusals;
mod restart;
mod support;
