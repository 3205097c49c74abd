//! What stands in conditions, and who uses them.

mod constant;
mod function;
mod if_function;
mod unused;

use crate::lint::Rule;

pub(super) const RULES: &[Rule] = &[if_function::RULE, function::RULE, unused::RULE, constant::RULE];
