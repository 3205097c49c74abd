//! The arguments of functions, and what they lead to.

mod find_in_map;
mod format;
mod get_att;
pub(super) mod given;
mod needless_sub;
pub(in crate::lint) mod places;
mod reference;
mod sub;
pub(in crate::lint) mod target;

use super::page::{by, warns};
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    get_att::RULE,
    find_in_map::RULE,
    sub::RULE,
    reference::RULE,
    needless_sub::RULE,
    by!(Error, format::check, "E1040", "what Fn::GetAtt gives is of the kind that its place wants"),
    by!(Error, format::check, "E1041", "what Ref gives is of the kind that its place wants"),
    warns!("W1030", "what Ref gives is valid where it is used"),
    warns!("W1031", "what Fn::Sub gives is valid where it is used"),
    warns!("W1032", "what Fn::Join gives is valid where it is used"),
    warns!("W1034", "what Fn::FindInMap gives is valid where it is used"),
];
