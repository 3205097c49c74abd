//! What stands in the section `Metadata`.

mod interface;
mod linter;
mod shape;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    shape::RULE,
    linter::RULE,
    by!(Error, interface::check, "E4001", "the interface of a template has its shape"),
    by!(Warning, interface::check, "W4001", "the interface of a template names its parameters"),
];
