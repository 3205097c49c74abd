//! What is wrong with the suppressions themselves.
//!
//! Each rule is a page; what it tells of is found when findings are suppressed, after all other rules.

use super::page::by;
use crate::lint::{Context, Findings, Rule};

pub(super) const RULES: &[Rule] = &[
    by!(Warning, after_the_others, "H0101", "a suppression suppresses something"),
    by!(Warning, after_the_others, "H0102", "a comment for hydrant is one that it reads"),
];

fn after_the_others(_: &Context<'_>, _: &mut Findings) {}
