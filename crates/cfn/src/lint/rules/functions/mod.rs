//! The arguments of functions, and what they lead to.

mod find_in_map;
mod get_att;
mod needless_sub;
pub(in crate::lint) mod places;
mod reference;
mod sub;
pub(in crate::lint) mod target;

use super::page::warns;
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    get_att::RULE,
    find_in_map::RULE,
    sub::RULE,
    reference::RULE,
    needless_sub::RULE,
    warns!("W1030", "what Ref gives is valid where it is used"),
    warns!("W1031", "what Fn::Sub gives is valid where it is used"),
    warns!("W1032", "what Fn::Join gives is valid where it is used"),
    warns!("W1034", "what Fn::FindInMap gives is valid where it is used"),
];
