//! # H3304: failed records lie apart from the data
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: raw-orders, prefix: "orders/", error_prefix: "orders/failed/" } }
//! ```
//!
//! Whoever reads all objects under the prefix, such as a table of Athena or `hydrant read`, meets the failed
//! records among them, wrapped in JSON. Put them beside the data instead.
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: raw-orders, prefix: "orders/", error_prefix: "orders-failed/" } }
//! ```
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3304",
        Level::Warning,
        "failed records lie apart from the data",
        include_str!("failed_prefix.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, delivery) in &stack.file.deliveries {
        let (Some(_), Some(failed)) = (&delivery.to.prefix, delivery.to.fixed_error_prefix()) else {
            continue;
        };
        let data = delivery.to.fixed_prefix();
        if !data.is_empty() && failed.starts_with(data) {
            let message = format!("failed records under \"{failed}\" lie among the data under \"{data}\"");
            let help = "write an `error_prefix` beside it, such as \"failed/\"".to_owned();
            findings.add(&["deliveries", name, "to", "error_prefix"], message, help);
        }
    }
}
