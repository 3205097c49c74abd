//! # H3403: environments in one place have names of their own
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! environments:
//!   dev: { region: us-east-1 }
//!   test: { region: us-east-1 }
//! ```
//!
//! Names in AWS do not contain the environment. Two environments in one account and region would both make
//! the stream `orders`, and the second deployment fails because it is there already. IAM's users and roles
//! have names in the whole account. Give one of them another region or `account`, or other names where the
//! block takes one. A bucket's name takes account and region with it.
//!
//! ```yaml
//! streams: { orders: { shards: 1 } }
//! environments:
//!   dev: { region: us-east-1 }
//!   test: { region: us-east-1, streams: { orders: { name: orders-test } } }
//! ```
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html>

use hydrant_cfn::lint::{Level, Rule};

use super::super::{Findings, StackRule};
use hydrant_cfn::yaml::Spanned;

use crate::stack::{Naming, Stack};

pub(super) const RULE: StackRule = StackRule {
    rule: Rule::elsewhere(
        "H3403",
        Level::Warning,
        "environments in one place have names of their own",
        include_str!("shared_names.rs"),
    ),
    check,
};

fn check(stack: &Stack, findings: &mut Findings<'_>) {
    let environments: Vec<_> = stack.file.environments.iter().collect();
    for (index, (name, later)) in environments.iter().enumerate() {
        for (other, earlier) in &environments[..index] {
            let apart = |one: &Option<Spanned<String>>, two: &Option<Spanned<String>>| matches!((one, two), (Some(one), Some(two)) if one.value != two.value);
            // An environment without a region follows the configuration, which nobody knows here.
            let same_region = match (&later.region, &earlier.region) {
                (Some(one), Some(two)) => one.value == two.value,
                _ => false,
            };
            if apart(&later.account, &earlier.account) {
                continue;
            }
            let shared = fixed_names(stack, name)
                .into_iter()
                .find(|one| (one.everywhere || same_region) && fixed_names(stack, other).contains(one));
            if let Some(shared) = shared {
                let message = format!(
                    "`{other}` and `{name}` both have the {} `{}` in {}",
                    shared.what,
                    shared.name,
                    if same_region { "one region" } else { "one account" }
                );
                let help =
                    "give one of them an `account` of its own, or another `name` to the block".to_owned();
                findings.add(&["environments", name], message, help);
            }
        }
    }
}

/// A name that AWS gives only once: in a region, or in the whole account.
#[derive(PartialEq)]
struct FixedName {
    what: &'static str,
    name: String,
    everywhere: bool,
}

/// Returns the names that a stack takes in an environment.
fn fixed_names(stack: &Stack, environment: &str) -> Vec<FixedName> {
    let file = &stack.file;
    let mut names = Vec::new();
    let mut add = |section: &str, block: &str, what, key: &str, default: Option<&str>, everywhere| {
        let written = stack.text_in(environment, &[section, block, key]);
        if let Some(name) = written.or(default) {
            names.push(FixedName { what, name: name.to_owned(), everywhere });
        }
    };
    for (name, _) in file.streams.iter().filter(|(_, stream)| stream.arn.is_none()) {
        add("streams", name, "stream", "name", Some(name), false);
    }
    for (name, delivery) in &file.deliveries {
        // One that reads a stream has a name that AWS makes up.
        let default = delivery.from.is_none().then_some(name.value.as_str());
        add("deliveries", name, "delivery stream", "name", default, false);
        add("deliveries", name, "role", "role", None, true);
    }
    for name in file.functions.keys() {
        add("functions", name, "function", "name", Some(name), false);
    }
    for name in file.topics.keys() {
        add("topics", name, "topic", "name", Some(name), false);
    }
    for name in file.users.keys() {
        add("users", name, "user", "name", Some(name), true);
    }
    for name in file.bucket_names() {
        add("buckets", name, "bucket", "", Some(name), file.naming(name) == Naming::Plain);
    }
    names
}
