//! # H3305: a delivery takes what is put into it
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: raw-orders }, rate: 9000/s, record_size: 1KB }
//! environments:
//!   dev: { region: us-east-1 }
//! ```
//!
//! A delivery stream into which producers put records directly takes 5 MiB a second in us-east-1, us-west-2
//! and eu-west-1, and 1 MiB elsewhere, unless its quota was raised; beyond that it answers
//! `ServiceUnavailableException`. Ask for a higher quota, or put records into a stream and deliver `from`
//! it: then the shards decide.
//!
//! ```yaml
//! deliveries:
//!   raw: { to: { bucket: raw-orders }, rate: 5000/s, record_size: 1KB }
//! environments:
//!   dev: { region: us-east-1 }
//! ```
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/limits.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::Stack;

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3305",
        Level::Warning,
        "a delivery takes what is put into it",
        include_str!("throughput.rs"),
    ),
    check,
};

/// Regions with the higher quota, and both quotas: records and mebibytes a second.
const LARGE: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];
const QUOTAS: [(f64, f64); 2] = [(100_000.0, 1.0), (500_000.0, 5.0)];

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    // Without a region, the quota that all of them have is doubtful; the larger one is certain.
    let region = stack.environment.region.as_ref().map(|region| region.value.as_str());
    let is_large = region.is_none_or(|region| LARGE.contains(&region));
    let (records, mebibytes) = QUOTAS[usize::from(is_large)];
    for (name, delivery) in &stack.file.deliveries {
        if delivery.from.is_some() {
            continue;
        }
        let Some(flow) = delivery.flow(&stack.file) else { continue };
        let expected = flow.bytes.unwrap_or_default() / f64::from(1 << 20);
        if flow.records > records || expected > mebibytes {
            let message = format!(
                "{} records/s and {expected:.1} MiB/s are expected, and a delivery stream takes {records} and \
                 {mebibytes}",
                flow.records
            );
            let help = "ask AWS for a higher quota, or put a stream before it".to_owned();
            findings.add(&["deliveries", name, "rate"], message, help);
        }
    }
}
