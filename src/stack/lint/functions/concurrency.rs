//! # H3203: a reader may run as often as its stream has batches
//!
//! ```yaml
//! streams: { orders: { shards: 4 } }
//! functions:
//!   count: { crate: counter, concurrency: 2, reads: { stream: orders } }
//! ```
//!
//! Lambda runs a function once for each shard, or `parallel` times for each. Where `concurrency` allows
//! less, invocations are throttled: some shards wait while others are read, and the reader falls behind.
//! Allow as many as there are batches at a time.
//!
//! ```yaml
//! streams: { orders: { shards: 4 } }
//! functions:
//!   count: { crate: counter, concurrency: 8, reads: { stream: orders, parallel: 2 } }
//! ```
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3203",
        Level::Warning,
        "a reader may run as often as its stream has batches",
        include_str!("concurrency.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, function) in &stack.file.functions {
        let (Some(reads), Some(concurrency)) = (&function.reads, &function.concurrency) else { continue };
        let stream = stack.file.streams.get(reads.stream.value.as_str());
        let Some(shards) = stream.and_then(|stream| stream.shards.as_ref()) else { continue };
        let parallel = reads.parallel.as_ref().map_or(1, |parallel| parallel.value);
        let batches = shards.value.saturating_mul(parallel);
        if concurrency.value < batches {
            let message = format!(
                "`{}` has {batches} batches at a time, and `{name}` may run {} times",
                reads.stream, concurrency.value
            );
            let help = format!("write `concurrency: {batches}`, or leave it out");
            findings.add(&["functions", name, "concurrency"], message, help);
        }
    }
}
