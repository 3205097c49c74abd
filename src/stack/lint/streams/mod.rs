//! What a stream can carry, and what is expected of it.

mod first_capacity;
mod partition_key;
mod readers;
mod route_rate;
mod throughput;
mod unread;

use super::StackRule;

pub(super) const RULES: [StackRule; 6] = [
    throughput::RULE,
    first_capacity::RULE,
    readers::RULE,
    partition_key::RULE,
    route_rate::RULE,
    unread::RULE,
];

/// What one shard takes a second, in records and bytes.
/// <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>
const SHARD_RECORDS: f64 = 1000.0;
const SHARD_BYTES: f64 = (1 << 20) as f64;

/// Returns how many shards it takes to carry so much a second.
fn shards_for(flow: crate::stack::flow::Flow) -> u64 {
    let by_records = flow.records / SHARD_RECORDS;
    let by_bytes = flow.bytes.unwrap_or_default() / SHARD_BYTES;
    by_records.max(by_bytes).ceil().max(1.0) as u64
}
