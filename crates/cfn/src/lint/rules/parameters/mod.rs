//! What stands in parameters, and who uses them.

mod default;
mod shape;
mod unused;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    unused::RULE,
    default::RULE,
    by!(Error, shape::check, "E2001", "a parameter has a type, and only the attributes of parameters"),
    by!(Error, shape::check, "E2002", "a parameter is of a type that CloudFormation knows"),
    by!(Error, shape::check, "H2001", "a parameter's pattern is a regular expression"),
];
