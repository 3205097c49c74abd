//! Streams.

use serde::Serialize;

use super::physical_name;
use crate::stack::{Stream, logical_id};

#[derive(Debug, Serialize)]
pub struct StreamBlock {
    pub id: String,
    pub name: String,
    pub shards: Option<u64>,
    pub retention_hours: u64,
}

pub fn block(name: &str, stream: &Stream) -> StreamBlock {
    let retention = stream.retention.as_ref().and_then(|retention| retention.value.hours());
    StreamBlock {
        id: logical_id(name),
        name: physical_name(name, stream.name.as_ref()),
        shards: stream.shards.as_ref().map(|shards| shards.value),
        retention_hours: retention.unwrap_or(24),
    }
}
