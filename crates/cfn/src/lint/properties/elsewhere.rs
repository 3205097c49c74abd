//! Schemas of what is not in a resource's properties: a section or an attribute becomes findings of one rule.

use super::words;
use crate::lint::{Context, Findings};
use crate::schema::Schema;
use crate::template::seen;
use serde_json::Value;

/// Adds what a schema says of a value at `base`; `described` has a name for what the schema describes.
pub(in crate::lint) fn tell(
    context: &Context<'_>,
    findings: &mut Findings,
    described: (Schema<'_>, &str),
    base: &[&str],
    value: &Value,
) {
    let seen = seen::see(&context.conditions, value, None);
    for violation in described.0.violations(&seen, &seen::read) {
        // A value that a function makes is not told of here.
        if seen::origin(&violation.path).is_some() {
            continue;
        }
        let base = base.iter().map(|step| (*step).to_owned());
        let mut path: Vec<String> = base.chain(violation.path.iter().cloned()).collect();
        let (message, help) = words::of(context.template, described, &violation, &path);
        if violation.keyword == "additionalProperties" {
            path.extend(violation.names);
        }
        findings.add(message, help, context.template.place(&path), &path);
    }
}
