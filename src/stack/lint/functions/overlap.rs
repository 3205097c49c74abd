//! # H3205: a scheduled run ends before the next begins
//!
//! ```yaml
//! functions:
//!   report: { crate: reporter, timeout: 5m, schedule: 1m }
//! ```
//!
//! The schedule does not wait for the run before. When a run may take longer than the time to the next,
//! several are at work at once, and each sees what the others have done by half. Shorten the timeout, or run
//! it less often; with `concurrency: 1` the next one is tried again later instead.
//!
//! ```yaml
//! functions:
//!   report: { crate: reporter, timeout: 5m, schedule: 1m, concurrency: 1 }
//!   count: { crate: counter, timeout: 60s, schedule: 1m }
//! ```
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::{Seconds, Stack};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3205",
        Level::Warning,
        "a scheduled run ends before the next begins",
        include_str!("overlap.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, function) in &stack.file.functions {
        let Some(schedule) = &function.schedule else { continue };
        let (Some(every), Some(timeout)) = (schedule.value.seconds(), &function.timeout) else { continue };
        let is_alone = function.concurrency.as_ref().is_some_and(|concurrency| concurrency.value == 1);
        if timeout.value.0 > every && !is_alone {
            let message =
                format!("`{name}` begins every {} and may run for {}", Seconds(every), timeout.value);
            let help = "shorten the timeout, or write `concurrency: 1`".to_owned();
            findings.add(&["functions", name, "timeout"], message, help);
        }
    }
}
