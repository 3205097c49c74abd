//! # H3302: a transform answers within five minutes
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: raw-orders }, transform: clean }
//! functions:
//!   clean: { crate: cleaner, timeout: 10m }
//! ```
//!
//! Firehose waits five minutes for the function through which its records go. After that the invocation has
//! failed for it, whatever the function still does, and after three more tries the records go to the error
//! prefix. Allow five minutes at most.
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: raw-orders }, transform: clean }
//! functions:
//!   clean: { crate: cleaner, timeout: 5m }
//! ```
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3302",
        Level::Error,
        "a transform answers within five minutes",
        include_str!("transform_timeout.rs"),
    ),
    check,
};

/// How long Firehose waits, in seconds.
const PATIENCE: u64 = 300;

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    let transforms = stack.file.deliveries.values().filter_map(|delivery| delivery.transform.as_ref());
    let mut seen: Vec<&str> = Vec::new();
    for name in transforms.map(|name| name.value.as_str()) {
        let function = stack.file.functions.get(name);
        let Some(timeout) = function.and_then(|function| function.timeout.as_ref()) else { continue };
        if timeout.value.0 > PATIENCE && !seen.contains(&name) {
            seen.push(name);
            let message = format!("Firehose waits at most 5m for a transform, not {}", timeout.value);
            findings.add(&["functions", name, "timeout"], message, "write `timeout: 5m` or less".to_owned());
        }
    }
}
