//! What a blueprint would change of a stack, as a change set lists it. Nothing is changed here.
//!
//! Resources are looked at in dependency order: one that is replaced, or might be, makes unknown what others take
//! from it. What an update in place leaves alone is known to stay.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::design::{Cause, Design, View, Wanted};
use super::diff::{self, Difference};
use super::exports::Exports;
use super::placeholder::{concealed, is_unknown, raw_at};
use super::recreation::Recreation;
use super::secrets::Secrets;
use super::stack::Stack;
use super::stack_resource::{Before, Instance, RemovalPolicy, StackResource};

/// One resource that would be added, changed or removed; members are spelt as in `DescribeChangeSet`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceChange {
    pub policy_action: Option<String>,
    pub action: String,
    pub logical_resource_id: String,
    pub physical_resource_id: Option<String>,
    pub resource_type: String,
    pub replacement: Option<String>,
    pub scope: Vec<String>,
    pub details: Vec<Detail>,
    pub before_context: Option<String>,
    pub after_context: Option<String>,
    // What follows is told by drift-aware change sets only.
    #[serde(default)]
    pub previous_deployment_context: Option<String>,
    #[serde(default)]
    pub resource_drift_status: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_drift_ignored_attributes: Vec<IgnoredAttribute>,
}

/// A property whose drift nobody can know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IgnoredAttribute {
    pub path: String,
    pub reason: String,
}

/// What a drifted property was made as, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LiveResourceDrift {
    pub previous_value: Option<String>,
    pub actual_value: Option<String>,
    pub drift_detection_timestamp: String,
}

/// One attribute or property that would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Detail {
    pub target: Target,
    pub evaluation: String,
    pub change_source: String,
    pub causing_entity: Option<String>,
}

/// The place of a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    pub attribute: String,
    pub name: Option<String>,
    pub requires_recreation: String,
    pub path: Option<String>,
    pub before_value: Option<String>,
    pub after_value: Option<String>,
    pub attribute_change_type: Option<String>,
    // What follows is told by drift-aware change sets only.
    #[serde(default)]
    pub before_value_from: Option<String>,
    #[serde(default)]
    pub after_value_from: Option<String>,
    #[serde(default)]
    pub drift: Option<LiveResourceDrift>,
}

/// What is compared with what.
pub struct Comparison<'a> {
    pub stack: &'a Stack,
    pub after: &'a Design,
    /// The design that the stack stands for now, where it stands for one.
    pub before: Option<&'a Design>,
    pub after_tags: &'a BTreeMap<String, String>,
    pub exports: &'a Exports,
    /// What exists already and is taken into the stack: physical ids by logical ids.
    pub taken_in: &'a BTreeMap<String, String>,
    pub secrets: &'a Secrets,
}

impl Comparison<'_> {
    /// Returns the changes by logical id, or why the template cannot be resolved.
    pub fn changes(&self) -> Result<Vec<ResourceChange>, String> {
        let mut unknown = BTreeSet::new();
        let mut changes = BTreeMap::new();
        for wanted in self.after.order() {
            let view = View { resources: &self.stack.resources, exports: self.exports, unknown: &unknown };
            let properties = self.after.known_properties(wanted, &view)?;
            let existing = self.stack.resources.get(&wanted.logical_id).filter(|resource| resource.exists());
            let change = match existing {
                None => Some(self.addition(wanted, &properties)),
                Some(existing) => self.modification(wanted, existing, &properties, &view),
            };
            let Some(change) = change else { continue };
            if change.replacement.as_deref() != Some("False") {
                unknown.insert(wanted.logical_id.clone());
            }
            changes.insert(wanted.logical_id.clone(), change);
        }
        let gone =
            self.stack.resources.values().filter(|resource| {
                resource.exists() && !self.after.wanted.contains_key(&resource.logical_id)
            });
        for resource in gone {
            changes.insert(resource.logical_id.clone(), self.removal(resource));
        }
        Ok(changes.into_values().collect())
    }

    fn addition(&self, wanted: &Wanted, properties: &Value) -> ResourceChange {
        let existing = self.taken_in.get(&wanted.logical_id);
        ResourceChange {
            action: if existing.is_some() { "Import" } else { "Add" }.to_owned(),
            logical_resource_id: wanted.logical_id.clone(),
            physical_resource_id: existing.cloned(),
            resource_type: wanted.resource_type.clone(),
            after_context: Some(self.context(
                &concealed(properties),
                wanted.metadata.as_ref(),
                policies_of(wanted),
            )),
            ..ResourceChange::default()
        }
    }

    fn removal(&self, resource: &StackResource) -> ResourceChange {
        let current = &resource.current;
        let policies = [current.deletion_policy, current.update_replace_policy];
        let context = self.context(&current.properties, current.metadata.as_ref(), policies);
        ResourceChange {
            policy_action: Some(removal_action(current.deletion_policy).to_owned()),
            action: "Remove".to_owned(),
            logical_resource_id: resource.logical_id.clone(),
            physical_resource_id: current.physical_id.clone(),
            resource_type: resource.resource_type.clone(),
            before_context: Some(context),
            ..ResourceChange::default()
        }
    }

    fn modification(
        &self,
        wanted: &Wanted,
        existing: &StackResource,
        properties: &Value,
        view: &View<'_>,
    ) -> Option<ResourceChange> {
        let current = baseline(existing);
        let after = concealed(properties);
        let differences = diff::between(wanted.schema(), &current.properties, &after);
        let mut details = Vec::new();
        let mut replacement = "False";
        for difference in &differences {
            let recreation = wanted.recreation(difference);
            let is_dynamic = difference.after.as_ref().is_some_and(is_unknown);
            replacement = match (recreation, is_dynamic, replacement) {
                (Recreation::Always, false, _) | (_, _, "True") => "True",
                (Recreation::Always, true, _) | (Recreation::Conditionally, _, _) => "Conditional",
                (Recreation::Never, _, so_far) => so_far,
            };
            self.detail(wanted, difference, recreation, view, &mut details);
        }
        self.attribute_details(wanted, current, &mut details);
        if details.is_empty() {
            return None;
        }
        let mut scope: Vec<String> = Vec::new();
        for detail in &details {
            if !scope.contains(&detail.target.attribute) {
                scope.push(detail.target.attribute.clone());
            }
        }
        let policies = [current.deletion_policy, current.update_replace_policy];
        let replaced = match wanted.update_replace_policy.keeps(false) {
            true => "ReplaceAndRetain",
            false => "ReplaceAndDelete",
        };
        Some(ResourceChange {
            policy_action: (replacement != "False").then(|| replaced.to_owned()),
            action: "Modify".to_owned(),
            logical_resource_id: wanted.logical_id.clone(),
            physical_resource_id: current.physical_id.clone(),
            resource_type: wanted.resource_type.clone(),
            replacement: Some(replacement.to_owned()),
            scope,
            details,
            before_context: Some(self.context(&current.properties, current.metadata.as_ref(), policies)),
            after_context: Some(self.context(&after, wanted.metadata.as_ref(), policies_of(wanted))),
            ..ResourceChange::default()
        })
    }

    /// Adds what a change set says of one property: what causes the change, and the change itself.
    fn detail(
        &self,
        wanted: &Wanted,
        difference: &Difference,
        recreation: Recreation,
        view: &View<'_>,
        details: &mut Vec<Detail>,
    ) {
        let value =
            |value: &Option<Value>| value.as_ref().map(|value| self.secrets.masked_text(&text(value)));
        let requires = match recreation {
            Recreation::Never => "Never",
            Recreation::Conditionally => "Conditionally",
            Recreation::Always => "Always",
        };
        let target = Target {
            attribute: "Properties".to_owned(),
            name: difference.path.first().cloned(),
            requires_recreation: requires.to_owned(),
            path: Some(format!("/Properties/{}", difference.path.join("/"))),
            before_value: value(&difference.before),
            after_value: value(&difference.after),
            attribute_change_type: Some(change_type(difference).to_owned()),
            ..Target::default()
        };
        let causes = self.causes(wanted, difference, view);
        let direct = if causes.is_empty() { "Static" } else { "Dynamic" };
        details.push(Detail {
            target: target.clone(),
            evaluation: direct.to_owned(),
            change_source: "DirectModification".to_owned(),
            causing_entity: None,
        });
        for (source, entity) in causes {
            details.push(Detail {
                target: target.clone(),
                evaluation: "Static".to_owned(),
                change_source: source.to_owned(),
                causing_entity: Some(entity),
            });
        }
    }

    /// Returns what else than the template's own text changes the property.
    fn causes(
        &self,
        wanted: &Wanted,
        difference: &Difference,
        view: &View<'_>,
    ) -> Vec<(&'static str, String)> {
        let raw = raw_at(&wanted.properties, &difference.path);
        let changed = |name: &String| match self.before {
            Some(before) => before.parameter(name) != self.after.parameter(name),
            None => false,
        };
        let cause = |cause: Cause| match cause {
            Cause::Parameter(name) if changed(&name) => Some(("ParameterReference", name)),
            Cause::Resource(id) if view.unknown.contains(&id) => Some(("ResourceReference", id)),
            Cause::Attribute(id, attribute) if view.unknown.contains(&id) => {
                Some(("ResourceAttribute", format!("{id}.{attribute}")))
            }
            Cause::Parameter(_) | Cause::Resource(_) | Cause::Attribute(..) => None,
        };
        self.after.causes(raw, view).into_iter().filter_map(cause).collect()
    }

    /// Adds changes of what is not a property: metadata, policies and the tags of the stack.
    fn attribute_details(&self, wanted: &Wanted, current: &Instance, details: &mut Vec<Detail>) {
        let [deletion, replace] = policies_of(wanted);
        let mut compared = Vec::new();
        if current.metadata != wanted.metadata {
            compared.push(("Metadata", current.metadata.clone(), wanted.metadata.clone()));
        }
        for (attribute, before, after) in [
            ("DeletionPolicy", current.deletion_policy, deletion),
            ("UpdateReplacePolicy", current.update_replace_policy, replace),
        ] {
            if before != after {
                let value = |policy: RemovalPolicy| Some(Value::from(policy.as_str()));
                compared.push((attribute, value(before), value(after)));
            }
        }
        if current.tags != *self.after_tags && wanted.takes_tags() {
            compared.push(("Tags", Some(tag_list(&current.tags)), Some(tag_list(self.after_tags))));
        }
        for (attribute, before, after) in compared {
            let difference = Difference { path: Vec::new(), before, after };
            let value =
                |value: &Option<Value>| value.as_ref().map(|value| self.secrets.masked_text(&text(value)));
            details.push(Detail {
                target: Target {
                    attribute: attribute.to_owned(),
                    name: None,
                    requires_recreation: "Never".to_owned(),
                    path: Some(format!("/{attribute}")),
                    before_value: value(&difference.before),
                    after_value: value(&difference.after),
                    attribute_change_type: Some(change_type(&difference).to_owned()),
                    ..Target::default()
                },
                evaluation: "Static".to_owned(),
                change_source: "DirectModification".to_owned(),
                causing_entity: None,
            });
        }
    }

    fn context(&self, properties: &Value, metadata: Option<&Value>, policies: [RemovalPolicy; 2]) -> String {
        let mut context = Map::new();
        context.insert("Properties".to_owned(), self.secrets.masked(properties));
        if let Some(metadata) = metadata {
            context.insert("Metadata".to_owned(), self.secrets.masked(metadata));
        }
        let [deletion, replace] = policies;
        for (name, policy) in [("UpdateReplacePolicy", replace), ("DeletionPolicy", deletion)] {
            if policy != RemovalPolicy::Delete {
                context.insert(name.to_owned(), Value::from(policy.as_str()));
            }
        }
        Value::Object(context).to_string()
    }
}

/// Returns what a resource was when it was last well.
fn baseline(existing: &StackResource) -> &Instance {
    match &existing.before {
        Some(Before::Instance(before)) if !existing.is_settled() => before,
        _ => &existing.current,
    }
}

fn policies_of(wanted: &Wanted) -> [RemovalPolicy; 2] {
    [wanted.deletion_policy, wanted.update_replace_policy]
}

fn removal_action(policy: RemovalPolicy) -> &'static str {
    if policy.keeps(false) { "Retain" } else { "Delete" }
}

fn change_type(difference: &Difference) -> &'static str {
    match (&difference.before, &difference.after) {
        (None, _) => "Add",
        (_, None) => "Remove",
        (Some(_), Some(_)) => "Modify",
    }
}

fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Returns the text in which a change set shows a value: scalars as they are, the rest as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
