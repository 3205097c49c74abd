//! What stands in parameters, and who uses them.

mod default;
mod image_id;
mod no_echo;
mod password;
mod shape;
mod unused;

use super::page::by;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    unused::RULE,
    default::RULE,
    no_echo::RULE,
    password::RULE,
    image_id::RULE,
    by!(Error, shape::check, "E2001", "a parameter has a type, and only the attributes of parameters"),
    by!(Error, shape::check, "E2002", "a parameter is of a type that CloudFormation knows"),
    by!(Error, shape::check, "E2010", "a template has no more parameters than CloudFormation takes"),
    by!(Error, shape::check, "E2011", "the texts of a parameter are not longer than CloudFormation takes"),
    by!(Error, shape::check, "H2001", "a parameter's pattern is a regular expression"),
    by!(Warning, shape::check, "W2002", "a parameter is of a type that CloudFormation documents"),
];
