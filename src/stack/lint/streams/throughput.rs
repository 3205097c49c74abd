//! # H3101: a stream has the shards that its rate needs
//!
//! ```yaml
//! streams: { orders: { shards: 1, rate: 3000/s, record_size: 200B } }
//! ```
//!
//! One shard takes 1,000 records and 1 MiB a second; what is put beyond that is refused with
//! `ProvisionedThroughputExceededException` and has to be sent again. Give the stream more shards, or leave
//! out `shards` for a stream that grows with what it is given.
//!
//! ```yaml
//! streams: { orders: { shards: 3, rate: 3000/s, record_size: 200B } }
//! ```
//!
//! <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use super::shards_for;
use crate::stack::{Stack, shard};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3101",
        Level::Warning,
        "a stream has the shards that its rate needs",
        include_str!("throughput.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, stream) in &stack.file.streams {
        let (Some(shards), Some(flow)) = (&stream.shards, stream.flow()) else { continue };
        let needed = shards_for(flow);
        if needed <= shards.value {
            continue;
        }
        let carried = shards.value as f64;
        let message = if flow.records > carried * shard::RECORDS {
            format!(
                "{} records/s are expected, and shards take {} each: {} in all",
                flow.records,
                shard::RECORDS,
                carried * shard::RECORDS
            )
        } else {
            let mebibytes = flow.bytes.unwrap_or_default() / shard::BYTES;
            format!("{mebibytes:.1} MiB/s are expected, and shards take 1 MiB/s each: {carried} in all")
        };
        findings.add(&["streams", name, "shards"], message, format!("write `shards: {needed}`"));
    }
}
