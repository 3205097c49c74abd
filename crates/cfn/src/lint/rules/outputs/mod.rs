//! What stands in outputs.

mod condition;
mod limits;
mod required;
mod shape;
mod value;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    shape::RULE,
    required::RULE,
    condition::RULE,
    value::RULE,
    by!(Error, limits::check, "E6003", "the attributes of an output are of their types"),
    by!(Error, limits::check, "E6010", "a template has no more outputs than CloudFormation takes"),
    by!(Error, limits::check, "E6011", "the texts of an output are not longer than CloudFormation takes"),
    by!(Error, limits::check, "E6102", "the name of an export is a text that no resource makes"),
    by!(Warning, limits::check, "W6001", "an output does not hand on what another stack exports"),
];
