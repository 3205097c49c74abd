//! When a delivery writes, what it takes, and where failed records go.

mod failed_prefix;
mod run_together;
mod small_objects;
mod throughput;
mod transform_timeout;

use super::StackRule;

pub(super) const RULES: [StackRule; 5] =
    [small_objects::RULE, transform_timeout::RULE, run_together::RULE, failed_prefix::RULE, throughput::RULE];
