//! # H3201: a batch fits into an invocation
//!
//! ```yaml
//! streams: { orders: { rate: 5000/s, record_size: 2KB } }
//! functions:
//!   count: { crate: counter, reads: { stream: orders, batch: 10000 } }
//! ```
//!
//! An invocation takes 6 MB, in which records stand in base64, a third larger than they are. Lambda invokes
//! the function as soon as that is full, so a batch that is larger is never reached, and the function sees
//! fewer records than it was written for. Ask for as many as fit.
//!
//! ```yaml
//! streams: { orders: { rate: 5000/s, record_size: 400B } }
//! functions:
//!   count: { crate: counter, reads: { stream: orders, batch: 10000 } }
//! ```
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3201",
        Level::Warning,
        "a batch fits into an invocation",
        include_str!("payload.rs"),
    ),
    check,
};

/// What an invocation takes, in bytes.
const PAYLOAD: u64 = 6 << 20;

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, function) in &stack.file.functions {
        let Some(reads) = &function.reads else { continue };
        let Some(batch) = &reads.batch else { continue };
        let stream = stack.file.streams.get(reads.stream.value.as_str());
        let Some(size) = stream.and_then(|stream| stream.record_size.as_ref()) else { continue };
        let encoded = size.value.0.div_ceil(3).saturating_mul(4).max(4);
        let fits = PAYLOAD / encoded;
        if batch.value > fits {
            let message = format!(
                "{batch} records of {} do not fit into an invocation's 6 MB",
                size.value,
                batch = batch.value
            );
            let help = format!("at most {fits} do; write `batch: {}` or less", fits.max(1));
            findings.add(&["functions", name, "reads", "batch"], message, help);
        }
    }
}
