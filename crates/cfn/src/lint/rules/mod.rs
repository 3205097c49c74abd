//! The rules, in the order in which they look at a template.

mod bucket_access_control;
mod condition_function;
mod constant_condition;
mod cycles;
mod deletion_policy;
mod depends_on;
mod find_in_map;
mod function_package;
mod functions;
mod get_att;
mod http_api;
mod if_condition;
mod lifecycle;
pub(super) mod local_code;
mod mapped_function;
mod mapping_shape;
mod needless_sub;
mod nulls;
mod obsolete_depends_on;
mod output_condition;
mod output_required;
mod output_shape;
mod output_value;
mod pages;
mod parameter_default;
mod parameter_shape;
mod parse;
mod policy_document;
mod reference;
mod resource_condition;
mod resource_shape;
mod resource_type;
mod role_trust;
mod runtime;
mod same_identifier;
mod schedule_expression;
mod sections;
mod sub;
mod target;
mod unused_condition;
mod unused_mapping;
mod unused_parameter;
mod value_kind;

use super::Rule;
use std::sync::LazyLock;

/// Returns every rule. The first one decides whether there is anything for the others to look at.
pub fn rules() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| OWN.iter().chain(pages::RULES).copied().collect());
    &RULES
}

/// The rules that look at the template themselves.
const OWN: &[Rule] = &[
    parse::RULE,
    sections::RULE,
    nulls::RULE,
    get_att::RULE,
    find_in_map::RULE,
    sub::RULE,
    reference::RULE,
    if_condition::RULE,
    resource_shape::RULE,
    cycles::RULE,
    depends_on::RULE,
    resource_type::RULE,
    resource_condition::RULE,
    output_shape::RULE,
    output_required::RULE,
    output_condition::RULE,
    output_value::RULE,
    condition_function::RULE,
    unused_parameter::RULE,
    unused_mapping::RULE,
    unused_condition::RULE,
    local_code::RULE,
    function_package::RULE,
    mapped_function::RULE,
    role_trust::RULE,
    schedule_expression::RULE,
    value_kind::RULE,
    needless_sub::RULE,
    parameter_default::RULE,
    constant_condition::RULE,
    obsolete_depends_on::RULE,
    same_identifier::RULE,
    mapping_shape::RULE,
    bucket_access_control::RULE,
];
