//! # H3103: a stream's readers share what its shards give
//!
//! ```yaml
//! streams: { orders: { shards: 1, rate: 800/s, record_size: 1KiB } }
//! deliveries:
//!   raw: { from: orders, to: { bucket: raw-orders } }
//! functions:
//!   count: { crate: counter, reads: { stream: orders } }
//!   alert: { crate: alerter, reads: { stream: orders } }
//! ```
//!
//! A shard gives 2 MiB and answers five reads a second, to all its readers together. Functions and
//! deliveries read each shard about once a second, and each of them reads everything, so the third reader of
//! a shard that is three quarters full falls behind, and so does the sixth of any. Give the stream more
//! shards, or let one reader do the work of two.
//!
//! ```yaml
//! streams: { orders: { shards: 2, rate: 800/s, record_size: 1KiB } }
//! deliveries:
//!   raw: { from: orders, to: { bucket: raw-orders } }
//! functions:
//!   count: { crate: counter, reads: { stream: orders } }
//!   alert: { crate: alerter, reads: { stream: orders } }
//! ```
//!
//! <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule, readers};
use crate::stack::{Stack, shard};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3103",
        Level::Warning,
        "a stream's readers share what its shards give",
        include_str!("readers.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, stream) in &stack.file.streams {
        let names: Vec<&str> = readers(&stack.file, name).collect();
        let way = ["streams", name.value.as_str(), "shards"];
        if names.len() > shard::READS {
            let message = format!(
                "{} blocks read `{name}`, and a shard answers {} reads a second",
                names.len(),
                shard::READS
            );
            findings.add(&way, message, format!("its readers are {}", names.join(", ")));
            continue;
        }
        let (Some(shards), Some(bytes)) = (&stream.shards, stream.flow().and_then(|flow| flow.bytes)) else {
            continue;
        };
        let read = bytes * names.len() as f64;
        let needed = (read / shard::READ_BYTES).ceil() as u64;
        if needed > shards.value {
            let message = format!(
                "{} blocks read {:.1} MiB/s together, and shards give 2 MiB/s each",
                names.len(),
                read / f64::from(1 << 20)
            );
            let help = format!("write `shards: {needed}`; its readers are {}", names.join(", "));
            findings.add(&way, message, help);
        }
    }
}
