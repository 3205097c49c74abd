//! # H3303: messages of a topic do not run together
//!
//! ```yaml
//! deliveries:
//!   archive: { to: { bucket: order-archive } }
//! topics:
//!   orders: { subscribers: [archive] }
//! ```
//!
//! Firehose puts records into an object one after the other, with nothing in between. Producers end theirs
//! with a newline; the messages of a topic have none, and neither has what a function answers. `delimiter:
//! newline` puts one after each.
//!
//! ```yaml
//! deliveries:
//!   archive: { to: { bucket: order-archive }, delimiter: newline }
//! topics:
//!   orders: { subscribers: [archive] }
//! ```
//!
//! <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3303",
        Level::Warning,
        "messages of a topic do not run together",
        include_str!("run_together.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    let mut seen: Vec<&str> = Vec::new();
    for name in stack.file.filled_by_topics() {
        let Some(delivery) = stack.file.deliveries.get(name) else { continue };
        // A transform can end the records itself.
        if delivery.delimiter.is_none() && delivery.transform.is_none() && !seen.contains(&name) {
            seen.push(name);
            let message = format!("messages in the objects of `{name}` run together");
            findings.add(&["deliveries", name], message, "add `delimiter: newline`".to_owned());
        }
    }
}
