//! What stands in conditions, and who uses them.

mod available;
mod constant;
mod function;
mod if_function;
mod operators;
mod reachable;
mod shape;
mod unused;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    if_function::RULE,
    function::RULE,
    unused::RULE,
    constant::RULE,
    available::RULE,
    reachable::RULE,
    shape::RULE,
    by!(Error, operators::check, "E8003", "Fn::Equals compares two texts"),
    by!(Error, operators::check, "E8004", "Fn::And joins two to ten conditions"),
    by!(Error, operators::check, "E8005", "Fn::Not turns one condition round"),
    by!(Error, operators::check, "E8006", "Fn::Or joins two to ten conditions"),
];
