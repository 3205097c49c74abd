//! # H3202: a failing batch is given up before its records expire
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! functions:
//!   count: { crate: counter, timeout: 60s, reads: { stream: orders, retries: 5000 } }
//! ```
//!
//! While a batch is tried again, its shard waits. When all tries together take longer than the stream keeps
//! its records, the records behind it expire unread, and the batch itself is gone before it can go to the
//! failure queue. Here 5,001 runs of up to a minute are three and a half days, and the stream keeps one. Try
//! less often, or keep records longer.
//!
//! ```yaml
//! streams: { orders: { shards: 1, retention: 7d } }
//! functions:
//!   count: { crate: counter, timeout: 60s, reads: { stream: orders, retries: 5000 } }
//! ```
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::{Seconds, Stack};

/// How long a stream keeps records, and a function runs, when the stack file says nothing of it; in seconds.
const DAY: u64 = 86_400;
const RUN: u64 = 10;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3202",
        Level::Warning,
        "a failing batch is given up before its records expire",
        include_str!("retries.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, function) in &stack.file.functions {
        let Some(reads) = &function.reads else { continue };
        let (Some(retries), Some(stream)) =
            (&reads.retries, stack.file.streams.get(reads.stream.value.as_str()))
        else {
            continue;
        };
        let kept = stream.retention.as_ref().map_or(DAY, |retention| retention.value.0);
        let run = function.timeout.as_ref().map_or(RUN, |timeout| timeout.value.0);
        let tried = retries.value.saturating_add(1).saturating_mul(run);
        if tried > kept {
            let message = format!(
                "a batch that times out blocks its shard for {:.1} days, and `{}` keeps records for {}",
                tried as f64 / DAY as f64,
                reads.stream,
                Seconds(kept)
            );
            let help = format!("write `retries: {}` or less", (kept / run.max(1)).saturating_sub(1));
            findings.add(&["functions", name, "reads", "retries"], message, help);
        }
    }
}
