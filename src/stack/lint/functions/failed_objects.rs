//! # H3207: a function is not told of records that failed
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: orders, prefix: "raw/", error_prefix: "failed/" } }
//! functions:
//!   load: { crate: loader, watches: { bucket: orders } }
//! ```
//!
//! Firehose puts what it could not process under the `error_prefix`, wrapped in JSON that says why. A
//! function that watches the whole bucket is told of these objects too, and reads them as data. Watch the
//! prefix of the data only.
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: orders, prefix: "raw/", error_prefix: "failed/" } }
//! functions:
//!   load: { crate: loader, watches: { bucket: orders, prefix: "raw/" } }
//! ```
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3207",
        Level::Warning,
        "a function is not told of records that failed",
        include_str!("failed_objects.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    let file = &stack.file;
    for (name, function) in &file.functions {
        let Some(watches) = &function.watches else { continue };
        let watched = watches.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
        let failed = file.deliveries.iter().find(|(_, delivery)| {
            let fixed = delivery.to.fixed_error_prefix().filter(|prefix| !prefix.is_empty());
            delivery.to.bucket.value == watches.bucket.value
                && watches.suffix.is_none()
                && delivery.to.fixed_prefix() != fixed.unwrap_or_default()
                && fixed.is_some_and(|fixed| fixed.starts_with(watched))
        });
        if let Some((delivery, block)) = failed {
            let message =
                format!("`{name}` is told of what `{delivery}` could not process, as if it were data");
            let help = match block.to.fixed_prefix() {
                "" => "give the delivery a prefix, and watch that".to_owned(),
                prefix => format!("watch the prefix \"{prefix}\""),
            };
            let key = if watches.prefix.is_some() { "prefix" } else { "bucket" };
            findings.add(&["functions", name, "watches", key], message, help);
        }
    }
}
