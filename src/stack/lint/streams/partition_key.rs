//! # H3104: a partition key has enough values for the shards
//!
//! ```yaml
//! streams: { orders: { shards: 4 } }
//! functions:
//!   produce: { crate: producer, writes: [orders], event: { partition_key: orders } }
//! ```
//!
//! The hash of its partition key decides which shard takes a record. When all records have the same key, one
//! shard takes them all and the others stay empty, as with a column of true and false beyond the second
//! shard. Use a key with many values, such as an id.
//!
//! A function's key is known here when its `event` has a `partition_key`, or its environment a
//! `PARTITION_KEY`.
//!
//! ```yaml
//! streams:
//!   orders: { shards: 4, records: { format: json, key: id, columns: { id: {}, paid: { type: boolean } } } }
//! functions:
//!   produce: { crate: producer, writes: [orders], event: { rate: 10 } }
//! ```
//!
//! <https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::{ColumnType, Stack, Stream};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3104",
        Level::Warning,
        "a partition key has enough values for the shards",
        include_str!("partition_key.rs"),
    ),
    check,
};

/// Shards that a new on-demand stream has.
/// <https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html>
const ON_DEMAND_SHARDS: u64 = 4;

fn shards(stream: &Stream) -> u64 {
    stream.shards.as_ref().map_or(ON_DEMAND_SHARDS, |shards| shards.value)
}

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, stream) in &stack.file.streams {
        let Some(records) = &stream.records else { continue };
        let Some(key) = &records.key else { continue };
        let column = records.columns.iter().find(|(column, _)| column.value == key.value);
        if shards(stream) > 2 && column.is_some_and(|(_, column)| column.kind == ColumnType::Boolean) {
            let message =
                format!("`{key}` has two values, so at most two of {} shards get records", shards(stream));
            let help = "use a key with many values, such as an id".to_owned();
            findings.add(&["streams", name, "records", "key"], message, help);
        }
    }
    for (name, function) in &stack.file.functions {
        let spread = function.writes.iter().find(|target| {
            stack.file.streams.get(target.value.as_str()).is_some_and(|stream| shards(stream) > 1)
        });
        let Some(stream) = spread else { continue };
        let asked = function.event.as_ref().and_then(|event| event.get("partition_key")?.as_str());
        let set = function.environment.get("PARTITION_KEY").map(|value| value.value.as_str());
        let keys = [(asked, ["event", "partition_key"]), (set, ["environment", "PARTITION_KEY"])];
        for (key, [section, member]) in keys {
            let Some(key) = key.filter(|key| !key.is_empty()) else { continue };
            let message = format!(
                "all records of `{name}` have the key `{key}`, so one shard of `{stream}` gets them all"
            );
            let help = "use a key with many values, such as an id".to_owned();
            findings.add(&["functions", name, section, member], message, help);
        }
    }
}
