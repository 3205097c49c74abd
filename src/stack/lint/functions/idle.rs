//! # H3206: something invokes a function
//!
//! ```yaml
//! functions:
//!   count: { crate: counter }
//! ```
//!
//! A function that nothing invokes, and that is no producer to be started by hand, will never run: it has no
//! `reads`, `watches`, `schedule` or `http`, is nobody's `transform`, subscriber or `on_success`, and writes
//! nothing. Most often the key that invokes it was forgotten. A function that is invoked by hand has an
//! `event`.
//!
//! ```yaml
//! functions:
//!   count: { crate: counter, event: {} }
//! ```
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-invocation.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere("H3206", Level::Warning, "something invokes a function", include_str!("idle.rs")),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    let file = &stack.file;
    for (name, function) in &file.functions {
        let is_invoked =
            function.reads.is_some() || function.http.is_some() || function.is_invoked_asynchronously();
        let is_started = function.event.is_some() || !function.writes.is_empty();
        let transforms = file.deliveries.values().filter_map(|delivery| delivery.transform.as_ref());
        let told = file.functions.values().filter_map(|other| other.on_success.as_ref());
        let subscribers = file.topics.values().flat_map(|topic| &topic.subscribers);
        let mut named = transforms.chain(told).chain(subscribers);
        if !is_invoked && !is_started && !named.any(|other| other.value == name.value) {
            let help =
                "add `reads`, `watches`, `schedule` or `http`, or an `event` for what is started by hand";
            findings.add(&["functions", name], format!("nothing invokes `{name}`"), help.to_owned());
        }
    }
}
