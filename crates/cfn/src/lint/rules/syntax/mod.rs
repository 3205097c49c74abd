//! The text and its sections.

mod alias;
mod description;
mod no_resources;
mod nulls;
mod parse;
mod sections;
mod size;
mod transform;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    parse::RULE,
    sections::RULE,
    no_resources::RULE,
    nulls::RULE,
    size::RULE,
    transform::RULE,
    by!(Error, description::length, "E1003", "a description has at most 1,024 bytes"),
    by!(Error, description::kind, "E1004", "a description is a text"),
    by!(Warning, alias::merges, "W1100", "nothing is merged with <<"),
    by!(Warning, alias::aliases, "W1101", "nothing is repeated by an alias"),
];
