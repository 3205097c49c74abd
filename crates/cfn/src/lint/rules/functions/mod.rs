//! The arguments of functions, and what they lead to.

mod cidr;
mod dynamic_reference;
mod find_in_map;
mod for_each;
mod format;
mod get_att;
pub(super) mod given;
mod missing_sub;
mod needless_sub;
pub(in crate::lint) mod places;
mod raw_pseudo_parameter;
mod reference;
mod secret_parameter;
mod sub;
pub(in crate::lint) mod target;
mod texts;
mod unused_variable;

use super::page::{by, warns};
use crate::lint::{Rule, arguments};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    get_att::RULE,
    find_in_map::RULE,
    sub::RULE,
    reference::RULE,
    needless_sub::RULE,
    by!(Error, format::check, "E1040", "what Fn::GetAtt gives is of the kind that its place wants"),
    by!(Error, format::check, "E1041", "what Ref gives is of the kind that its place wants"),
    unused_variable::RULE,
    missing_sub::RULE,
    for_each::RULE,
    raw_pseudo_parameter::RULE,
    secret_parameter::RULE,
    by!(Error, dynamic_reference::check, "E1027", "a secure string stands where AWS keeps it secret"),
    by!(Error, dynamic_reference::check, "E1050", "a dynamic reference is built as AWS reads it"),
    by!(Error, dynamic_reference::check, "E1051", "a secret stands in a resource's properties"),
    by!(Error, dynamic_reference::check, "E1052", "a stored parameter stands where AWS resolves it"),
    by!(Warning, dynamic_reference::check, "W1051", "a secret's value does not stand for its ARN"),
    by!(Warning, dynamic_reference::check, "W1053", "a dynamic reference has no spaces"),
    by!(Error, arguments::check, "E1015", "Fn::GetAZs names a region"),
    by!(Error, arguments::check, "E1016", "Fn::ImportValue names an export"),
    by!(Error, arguments::check, "E1017", "Fn::Select has an index and a list that has it"),
    by!(Error, arguments::check, "E1018", "Fn::Split has a delimiter and a text"),
    by!(Error, arguments::check, "E1021", "Fn::Base64 has a text"),
    by!(Error, arguments::check, "E1022", "Fn::Join has a delimiter and a list of texts"),
    by!(Error, arguments::check, "E1024", "Fn::Cidr has a block, a count and the bits of a subnet"),
    by!(Error, arguments::check, "E1030", "Fn::Length has a list"),
    by!(Error, arguments::check, "E1031", "Fn::ToJsonString has an object or a list"),
    by!(Error, arguments::check, "E1033", "Fn::GetStackOutput names a stack and an output"),
    by!(Warning, arguments::check, "W1036", "what Fn::GetAZs gives is valid where it is used"),
    by!(Warning, cidr::check, "W1030", "what Ref gives is valid where it is used"),
    warns!("W1031", "what Fn::Sub gives is valid where it is used"),
    warns!("W1032", "what Fn::Join gives is valid where it is used"),
    warns!("W1033", "what Fn::Split gives is valid where it is used"),
    warns!("W1034", "what Fn::FindInMap gives is valid where it is used"),
    warns!("W1035", "what Fn::Select gives is valid where it is used"),
];
