//! The rules, a folder for each family. A family's `RULES` is its list.

mod access;
mod assertions;
mod code;
mod conditions;
pub(super) mod functions;
mod iam;
mod mappings;
mod metadata;
mod outputs;
mod page;
mod parameters;
pub(super) mod resources;
mod schema;
mod serverless;
mod services;
mod streaming;
mod suppressions;
mod syntax;

use super::Rule;
use std::sync::LazyLock;

/// Returns every rule. The first one decides whether there is anything for the others to look at.
pub fn rules() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| FAMILIES.concat());
    &RULES
}

const FAMILIES: &[&[Rule]] = &[
    syntax::RULES,
    functions::RULES,
    parameters::RULES,
    mappings::RULES,
    metadata::RULES,
    conditions::RULES,
    assertions::RULES,
    resources::RULES,
    outputs::RULES,
    iam::RULES,
    access::RULES,
    streaming::RULES,
    code::RULES,
    schema::RULES,
    suppressions::RULES,
    services::RULES,
    serverless::RULES,
];
