//! What a rule may look at: the template, and what is worked out of it once for all rules.

use std::cell::OnceCell;

use serde_json::Value;

use super::destinations::{self, Destination};
use super::{Finding, Options};
use crate::access::Access;
use crate::template::conditions::Conditions;
use crate::template::{Reference, Resource, Template};
use crate::yaml::SyntaxError;

/// What a rule may look at.
pub(super) struct Context<'t> {
    pub(super) options: &'t Options,
    pub(super) template: &'t Template,
    pub(super) references: &'t [Reference],
    /// What conditions say of each other.
    pub(super) conditions: Conditions<'t>,
    pub(super) syntax_errors: &'t [SyntaxError],
    /// What schemas and services refuse, found when the first rule asks.
    pub(super) properties: OnceCell<Vec<Finding>>,
    /// Where functions stand and what is wanted there, found when the first rule asks.
    pub(super) destinations: OnceCell<Vec<Destination<'t>>>,
    /// What functions refuse of their arguments, found likewise.
    pub(super) arguments: OnceCell<Vec<Finding>>,
    /// Who may do what, read when the first rule asks.
    pub(super) access: OnceCell<Access<'t>>,
}

impl<'t> Context<'t> {
    pub(super) fn new(
        options: &'t Options,
        template: &'t Template,
        references: &'t [Reference],
        syntax_errors: &'t [SyntaxError],
    ) -> Self {
        Self {
            options,
            template,
            references,
            syntax_errors,
            conditions: Conditions::new(template),
            properties: OnceCell::new(),
            destinations: OnceCell::new(),
            arguments: OnceCell::new(),
            access: OnceCell::new(),
        }
    }

    /// Returns the regions of the check in which a resource can be, as its condition has it.
    pub(super) fn regions<'c>(&'c self, resource: &'c Resource) -> impl Iterator<Item = &'c String> {
        self.options.regions.iter().filter(move |region| {
            let condition = resource.condition.as_deref();
            let given = Some(("AWS::Region", region.as_str()));
            condition.is_none_or(|name| self.conditions.can_hold_with(&[(name, true)], given) != Some(false))
        })
    }

    /// Returns who may do what.
    pub(super) fn access(&self) -> &Access<'t> {
        self.access.get_or_init(|| Access::of(self.template))
    }

    /// Returns where functions stand and what is wanted there.
    pub(super) fn destinations(&self) -> &[Destination<'t>] {
        self.destinations.get_or_init(|| destinations::of(self.template))
    }

    /// Returns what the way to a place takes for granted: a resource's condition, and those of each `Fn::If`.
    pub(super) fn assumed(&self, path: &[String]) -> Vec<(&'t str, bool)> {
        let mut assumed = Vec::new();
        let mut value = &self.template.body;
        for (index, segment) in path.iter().enumerate() {
            if index == 2 && matches!(path[0].as_str(), "Resources" | "Outputs") {
                assumed.extend(value.get("Condition").and_then(Value::as_str).map(|name| (name, true)));
            }
            let next = match value {
                Value::Array(items) => segment.parse().ok().and_then(|index: usize| items.get(index)),
                other => other.get(segment),
            };
            let Some(next) = next else { break };
            // Beside other keys it is no function.
            let is_function = value.as_object().is_some_and(|members| members.len() == 1);
            if let ("Fn::If", true, Some(branch)) = (segment.as_str(), is_function, path.get(index + 1))
                && let Some(name) = next.get(0).and_then(Value::as_str)
                && matches!(branch.as_str(), "1" | "2")
            {
                assumed.push((name, branch == "1"));
            }
            value = next;
        }
        assumed
    }

    /// Says whether a place is in an `Fn::If` that cannot be read: of that alone it is told.
    pub(super) fn is_in_broken_if(&self, path: &[String]) -> bool {
        let mut value = Some(&self.template.body);
        for segment in path {
            value = value.and_then(|value| match value {
                Value::Array(items) => segment.parse().ok().and_then(|index: usize| items.get(index)),
                other => other.get(segment),
            });
            if segment == "Fn::If" {
                let parts = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let known = |name: &Value| {
                    name.as_str().is_some_and(|name| self.template.conditions.contains_key(name))
                };
                if parts.len() != 3 || !known(&parts[0]) {
                    return true;
                }
            }
        }
        false
    }

    /// Says whether `Fn::ForEach` is at work, which makes names that the text does not show.
    pub(super) fn has_loops(&self) -> bool {
        ["Conditions", "Resources", "Outputs"].iter().any(|section| self.has_loops_in(section))
    }

    /// Says whether `Fn::ForEach` is at work in a section.
    pub(super) fn has_loops_in(&self, section: &str) -> bool {
        let members = self.template.body.get(section).and_then(|section| section.as_object());
        members.is_some_and(|members| members.keys().any(|name| name.starts_with("Fn::ForEach::")))
    }

    /// Says whether somebody's own transform is at work, not one of AWS's.
    pub(super) fn has_macros(&self) -> bool {
        self.template.transforms.iter().any(|transform| !transform.starts_with("AWS::"))
    }

    /// Says whether a name may exist that the text does not show: macros and modules make such.
    pub(super) fn may_be_generated(&self, name: &str) -> bool {
        let serverless = self.template.has_transform("AWS::Serverless-2016-10-31");
        let included = self.template.body.pointer("/Resources/Fn::Transform").is_some();
        included
            || self.has_loops()
            || serverless && name.starts_with("Serverless")
            || self.template.resources.iter().any(|(logical_id, resource)| {
                let expands = resource.resource_type.ends_with("::MODULE")
                    || serverless && resource.resource_type.starts_with("AWS::Serverless::");
                expands && name.len() > logical_id.len() && name.starts_with(logical_id.as_str())
            })
    }
}
