//! What invokes a function, how often, and how long it may take.

mod answer;
mod concurrency;
mod failed_objects;
mod idle;
mod overlap;
mod payload;
mod retries;

use super::StackRule;

pub(super) const RULES: [StackRule; 7] = [
    payload::RULE,
    retries::RULE,
    concurrency::RULE,
    answer::RULE,
    overlap::RULE,
    idle::RULE,
    failed_objects::RULE,
];
