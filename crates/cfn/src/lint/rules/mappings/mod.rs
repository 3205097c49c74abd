//! What stands in mappings, and who uses them.

mod shape;
mod unused;

use crate::lint::Rule;

pub(super) const RULES: &[Rule] = &[unused::RULE, shape::RULE];
