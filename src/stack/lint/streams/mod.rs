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

/// Returns how many shards it takes to carry so much a second.
fn shards_for(flow: crate::stack::flow::Flow) -> u64 {
    crate::stack::shard::needed(flow.records, flow.bytes.unwrap_or_default())
}
