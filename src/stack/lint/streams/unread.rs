//! # H3106: somebody reads a stream
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! ```
//!
//! Shards cost by the hour, and records are gone after their retention. When no function and no delivery of
//! the stack reads the stream, either somebody outside does, or a block is missing.
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! deliveries: { raw: { from: orders, to: { bucket: raw-orders } } }
//! ```
//!
//! <https://aws.amazon.com/kinesis/data-streams/pricing/>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule, readers};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere("H3106", Level::Info, "somebody reads a stream", include_str!("unread.rs")),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    let made = stack.file.streams.iter().filter(|(_, stream)| stream.arn.is_none());
    for (name, _) in made {
        if readers(&stack.file, name).next().is_none() {
            let help = "add a delivery with `from`, or a function with `reads`".to_owned();
            findings.add(&["streams", name], format!("nothing in the stack reads `{name}`"), help);
        }
    }
}
