//! What stands in outputs.

mod condition;
mod imported;
mod required;
mod shape;
mod value;

use crate::lint::Rule;

pub(super) const RULES: &[Rule] =
    &[shape::RULE, required::RULE, condition::RULE, value::RULE, imported::RULE];
