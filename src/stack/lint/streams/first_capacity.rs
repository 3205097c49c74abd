//! # H3102: an on-demand stream is not overrun on its first day
//!
//! ```yaml
//! streams: { orders: { rate: 9000/s, record_size: 200B } }
//! ```
//!
//! A new on-demand stream takes 4,000 records and 4 MB a second. It grows to twice what it has seen in the
//! last 30 days, which takes time; until then what is put beyond that is refused. Begin with shards and
//! change over later, or begin slowly.
//!
//! ```yaml
//! streams: { orders: { rate: 4000/s, record_size: 200B } }
//! ```
//!
//! <https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use super::shards_for;
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3102",
        Level::Warning,
        "an on-demand stream is not overrun on its first day",
        include_str!("first_capacity.rs"),
    ),
    check,
};

const FIRST_RECORDS: f64 = 4000.0;
const FIRST_BYTES: f64 = 4_000_000.0;

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, stream) in &stack.file.streams {
        let Some(flow) = stream.flow().filter(|_| stream.shards.is_none() && stream.arn.is_none()) else {
            continue;
        };
        if flow.records <= FIRST_RECORDS && flow.bytes.is_none_or(|bytes| bytes <= FIRST_BYTES) {
            continue;
        }
        let expected = match flow.bytes {
            Some(bytes) if flow.records <= FIRST_RECORDS => format!("{:.1} MB/s are", bytes / 1e6),
            _ => format!("{} records/s are", flow.records),
        };
        let message =
            format!("{expected} expected, and a new on-demand stream takes 4,000 records/s and 4 MB/s");
        let help = format!("write `shards: {}`, or begin slowly", shards_for(flow));
        findings.add(&["streams", name, "rate"], message, help);
    }
}
