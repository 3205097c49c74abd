//! # H3105: a route takes no more requests than its stream takes records
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! functions:
//!   accept: { crate: acceptor, http: { route: POST /orders, auth: iam, rate: 2500 }, writes: [orders] }
//! ```
//!
//! A function that answers requests by putting a record for each of them hands on what the route takes.
//! Where the stream takes less, its callers get errors although the route let them in. Lower `rate`, or give
//! the stream more shards.
//!
//! ```yaml
//! streams: { orders: { shards: 3 } }
//! functions:
//!   accept: { crate: acceptor, http: { route: POST /orders, auth: iam, rate: 2500 }, writes: [orders] }
//! ```
//!
//! <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::{Stack, shard};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3105",
        Level::Warning,
        "a route takes no more requests than its stream takes records",
        include_str!("route_rate.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, function) in &stack.file.functions {
        let Some(rate) = function.http.as_ref().and_then(|http| http.rate.as_ref()) else { continue };
        for target in &function.writes {
            let Some(stream) = stack.file.streams.get(target.value.as_str()) else { continue };
            let Some(shards) = &stream.shards else { continue };
            let takes = shards.value as f64 * shard::RECORDS;
            if rate.value as f64 > takes {
                let message =
                    format!("the route takes {} requests/s, and `{target}` {takes} records/s", rate.value);
                let needed = rate.value.div_ceil(shard::RECORDS as u64);
                let help = format!("lower `rate`, or give `{target}` {needed} shards");
                findings.add(&["functions", name, "http", "rate"], message, help);
            }
        }
    }
}
