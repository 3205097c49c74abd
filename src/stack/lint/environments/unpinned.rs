//! # H3402: production names its account
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! environments:
//!   prod: { region: eu-west-1, protect: true }
//! ```
//!
//! Without `account`, the stack goes wherever the credentials at hand lead. With it, a deployment to any
//! other account is refused before anything is touched.
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! environments:
//!   prod: { region: eu-west-1, account: "111122223333", protect: true }
//! ```
//!
//! <https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/organizing-your-aws-environment.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use crate::stack::{Stack, is_production};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3402",
        Level::Warning,
        "production names its account",
        include_str!("unpinned.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    for (name, environment) in &stack.file.environments {
        if is_production(name) && environment.account.is_none() {
            let message = format!("`{name}` goes to whatever account the credentials belong to");
            let help = "add `account:` with its twelve digits in quotes".to_owned();
            findings.add(&["environments", name], message, help);
        }
    }
}
