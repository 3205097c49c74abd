//! The text and its sections.

mod nulls;
mod parse;
mod sections;

use crate::lint::Rule;

pub(super) const RULES: &[Rule] = &[parse::RULE, sections::RULE, nulls::RULE];
