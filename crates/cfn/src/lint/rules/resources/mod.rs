//! What stands in a resource beside its properties, and what it waits for.

mod bucket_access_control;
mod condition;
mod cycles;
mod deletion_policy;
mod depends_on;
mod function_package;
mod lifecycle;
pub(in crate::lint) mod local_code;
mod module;
mod names;
mod obsolete_depends_on;
mod partition;
mod policies;
mod role_path;
mod same_identifier;
mod shape;
mod snap_start;
mod subscription_filters;
mod types;

use super::page::{by, refuses, warns};
use crate::lint::Rule;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    shape::RULE,
    cycles::RULE,
    depends_on::RULE,
    types::RULE,
    condition::RULE,
    local_code::RULE,
    function_package::RULE,
    obsolete_depends_on::RULE,
    same_identifier::RULE,
    bucket_access_control::RULE,
    refuses!("E2531", "functions can be made with a runtime"),
    refuses!("E2533", "functions can be changed with a runtime"),
    module::RULE,
    names::RULE,
    role_path::RULE,
    snap_start::RULE,
    subscription_filters::RULE,
    by!(Error, policies::check, "E3016", "an UpdatePolicy is one that its type takes"),
    by!(Error, policies::check, "E3055", "a CreationPolicy is one that its type takes"),
    partition::RULE,
    by!(Error, deletion_policy::check, "E3035", "a DeletionPolicy is one that the type can have"),
    by!(Error, deletion_policy::check, "E3036", "an UpdateReplacePolicy is one that the type can have"),
    by!(Error, lifecycle::check, "E3710", "a type's service still exists"),
    warns!("W2531", "a function's runtime is maintained"),
    by!(Warning, deletion_policy::check, "W3011", "a resource that is kept is kept in deletion and in replacement"),
    by!(Warning, lifecycle::check, "W3696", "a type's service is not about to end"),
    by!(Warning, lifecycle::check, "W3697", "a type's service takes new customers"),
];
