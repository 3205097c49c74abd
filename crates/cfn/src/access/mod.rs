//! Who may do what in a template: which service takes which role, what it needs to do with it, and what the role allows.
//!
//! A [`Template`] becomes [`Access`]: its [roles at work](Use), the [policies](Grants) of each, whom it trusts and who may
//! invoke which function. Values are followed through references, `Fn::Sub`, `Fn::Join` and `Fn::If`, with marks for what only
//! a stack knows, and [IAM's evaluator](crate::iam) decides. In doubt a role may do it. Permission boundaries, policies of
//! organizations and what other stacks attach are not known here.

mod fit;
mod grants;
mod managed;
mod resources;
mod symbols;
mod trust;
mod uses;
pub mod widening;

pub use fit::Fit;
pub use grants::{Grants, Statement};
pub use resources::{Gives, reference_gives};
pub use trust::{Trust, Trusted};
pub use uses::{Need, Use};

use crate::template::{Resource, Template};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a template says of who may do what.
#[derive(Debug)]
pub struct Access<'t> {
    template: &'t Template,
    pub uses: Vec<Use<'t>>,
    pub grants: BTreeMap<&'t str, Grants<'t>>,
}

/// Actions that a role lacks, of one need.
#[derive(Debug)]
pub struct Missing<'a> {
    pub need: &'a Need,
    pub actions: Vec<&'static str>,
}

impl<'t> Access<'t> {
    /// Reads what a template says of its roles.
    pub fn of(template: &'t Template) -> Self {
        let uses = uses::uses(template);
        let mut grants = BTreeMap::new();
        for used in &uses {
            if let Some(role) = template.resources.get(used.role) {
                grants.entry(used.role).or_insert_with(|| Grants::of_role(template, used.role, role));
            }
        }
        Self { template, uses, grants }
    }

    /// Returns what a role surely may not do, though its use needs it.
    pub fn missing<'a>(&self, used: &'a Use<'t>) -> Vec<Missing<'a>> {
        let Some(grants) = self.grants.get(used.role) else { return Vec::new() };
        let lacks = |need: &Need, group: &[&str]| {
            !need.resources.is_empty()
                && !group.iter().any(|action| need.resources.iter().any(|arn| grants.allow(action, arn)))
        };
        let each = used.needs.iter().map(|need| {
            let groups = need.actions.iter().filter(|group| lacks(need, group));
            Missing { need, actions: groups.filter_map(|group| group.first().copied()).collect() }
        });
        each.filter(|missing| !missing.actions.is_empty()).collect()
    }

    /// Returns whom a role trusts, or nothing when that is not written out.
    pub fn trust(&self, role: &str) -> Option<Trust> {
        let role = self.template.resources.get(role)?;
        trust::of(self.template, role.properties.get("AssumeRolePolicyDocument")?)
    }

    /// Returns the resource that a value names, by name, ARN or URL.
    pub fn led_to(&self, value: &Value) -> Option<(&'t str, &'t Resource)> {
        uses::led_to(self.template, value)
    }

    /// Returns the texts that a value may be, with marks for what is not known.
    pub fn texts(&self, value: &Value) -> Vec<String> {
        symbols::texts(self.template, value)
    }

    /// Returns the texts of a value that is one or a list of them, with the rest of each one's path.
    pub fn listed(&self, value: &Value) -> Option<Vec<(Vec<String>, String)>> {
        uses::listed(self.template, value)
    }

    /// Says whether a pattern of a policy fits a text.
    pub fn fit(pattern: &str, text: &str) -> Fit {
        fit::fit(pattern, text)
    }

    /// Says whether a text is known to its last character.
    pub fn is_known(text: &str) -> bool {
        !text.contains([symbols::OPAQUE, symbols::GENERATED])
    }

    /// Writes a text for people: `${name}` for what is not known.
    pub fn shown(text: &str) -> String {
        let text = text.replace([symbols::OPAQUE, symbols::GENERATED], "${");
        text.replace(symbols::END, "}").replace("AWS__", "AWS::")
    }
}

#[cfg(test)]
mod tests;
