//! # H3401: production is protected
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! environments:
//!   prod: { region: eu-west-1, account: "111122223333" }
//! ```
//!
//! `destroy` and `purge` refuse an environment with `protect: true`, whatever else they are told. One that
//! is called production should have it: its records cannot be had again.
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! environments:
//!   prod: { region: eu-west-1, account: "111122223333", protect: true }
//! ```
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::{Stack, is_production};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere("H3401", Level::Warning, "production is protected", include_str!("unprotected.rs")),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, environment) in &stack.file.environments {
        if is_production(name) && !environment.protect {
            let message = format!("`{name}` can be destroyed by one command");
            findings.add(&["environments", name], message, "add `protect: true`".to_owned());
        }
    }
}
