//! What stands in mappings, and who uses them.

mod shape;
mod unused;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    unused::RULE,
    shape::RULE,
    by!(Error, shape::check, "E7002", "a key of a mapping is not longer than CloudFormation takes"),
    by!(Error, shape::check, "E7010", "a mapping has no more keys than CloudFormation takes"),
];
