//! A plan without AWS: two templates with their parameters become what a change set would say of them.
//!
//! What AWS adds by itself is not seen, nor what was changed outside of the stack.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Change as AwsChange, ChangeAction, ChangeSource, EvaluationType, Replacement, ResourceAttribute,
    ResourceChange, ResourceChangeDetail, ResourceTargetDefinition,
};
use hydrant_cfn::template::resolve::{Scope, resolve_partial};
use hydrant_cfn::template::{Resource, Template};
use serde_json::{Value, json};

use super::echo::Parameters;
use super::last_deployed::LastDeployed;
use super::template_diff;
use super::{Plan, Setting};
use crate::error::{Error, Result};
use crate::package::Artifact;

/// Returns what deploying the template `new` would change of what was deployed last.
pub fn plan(
    last: &LastDeployed,
    new: &Template,
    parameters: BTreeMap<String, String>,
    artifacts: &[Artifact],
) -> Result<Plan> {
    let deployed = Template::parse(&last.template);
    let deployed = deployed.map_err(|_| Error::failed_to("read the deployed template"))?;
    let parameters = Parameters { before: last.parameters.clone(), after: parameters };
    let pseudo = [
        ("AWS::AccountId", last.account.as_str()),
        ("AWS::Region", last.region.as_str()),
        ("AWS::StackName", last.stack_name.as_str()),
    ];
    let before = evaluated(&Known { template: &deployed, values: &parameters.before, pseudo: &pseudo })?;
    let after = evaluated(&Known { template: new, values: &parameters.after, pseudo: &pseudo })?;
    let description = describe(&before, &after, &parameters);
    let mut plan = Plan::of(&description, Some(&before), Some(&after), &parameters);
    plan.explain(&Setting {
        deployed: Some(&deployed),
        new: Some(new),
        parameters: &parameters,
        artifacts,
        account: &last.account,
        region: &last.region,
        stack_name: &last.stack_name,
    });
    Ok(plan)
}

/// What a template is given; resources have no values yet.
struct Known<'a> {
    template: &'a Template,
    values: &'a BTreeMap<String, String>,
    pseudo: &'a [(&'a str, &'a str)],
}

impl Scope for Known<'_> {
    fn reference(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.pseudo.iter().find(|(known, _)| *known == name) {
            return Some(Value::from(*value));
        }
        let fixed = match name {
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = fixed {
            return Some(Value::from(value));
        }
        let parameter = self.template.parameters.get(name)?;
        let value = self.values.get(name).map(|text| Value::from(text.as_str()));
        let value = value.or_else(|| parameter.default.clone()).filter(|_| !parameter.no_echo)?;
        let is_list =
            parameter.parameter_type.starts_with("List<") || parameter.parameter_type == "CommaDelimitedList";
        match value.as_str().filter(|_| is_list) {
            Some(text) => Some(text.split(',').map(|item| Value::from(item.trim())).collect()),
            None => Some(value),
        }
    }

    fn attribute(&self, _logical_id: &str, _attribute: &str) -> Option<Value> {
        None
    }
}

/// Returns the template with what its parameters and conditions come to; references to resources stay.
fn evaluated(known: &Known<'_>) -> Result<Template> {
    let mut body = known.template.body.clone();
    let holds = |name: &str| {
        let value = json!({ "Fn::If": [name, true, false] });
        resolve_partial(&value, known.template, known).ok()?.into_value()?.as_bool()
    };
    if let Some(resources) = body.get_mut("Resources").and_then(Value::as_object_mut) {
        for (logical_id, resource) in &known.template.resources {
            if resource.condition.as_deref().and_then(holds) == Some(false) {
                resources.remove(logical_id);
                continue;
            }
            let resolved = resolve_partial(&resource.properties, known.template, known);
            let properties = resolved.ok().and_then(|resolved| resolved.into_value());
            if let (Some(Value::Object(members)), Some(properties)) =
                (resources.get_mut(logical_id), properties)
            {
                members.insert("Properties".to_owned(), properties);
            }
        }
    }
    Template::parse(&body.to_string()).map_err(|_| Error::failed_to("evaluate the template"))
}

/// Returns what CloudFormation would say of the two, as far as templates tell.
fn describe(before: &Template, after: &Template, parameters: &Parameters) -> DescribeChangeSetOutput {
    let mut changes = Vec::new();
    for (logical_id, resource) in &before.resources {
        match after.resources.get(logical_id) {
            None => changes.push(change(ChangeAction::Remove, logical_id, resource, Vec::new())),
            // CloudFormation refuses another type under the same name; the reader of a plan sees both.
            Some(new) if new.resource_type != resource.resource_type => {
                changes.push(change(ChangeAction::Remove, logical_id, resource, Vec::new()));
                changes.push(change(ChangeAction::Add, logical_id, new, Vec::new()));
            }
            Some(new) => {
                let mut details = differences(resource, new);
                details.extend(references(after, logical_id, parameters));
                if !details.is_empty() {
                    changes.push(change(ChangeAction::Modify, logical_id, new, details));
                }
            }
        }
    }
    for (logical_id, resource) in &after.resources {
        if !before.resources.contains_key(logical_id) {
            changes.push(change(ChangeAction::Add, logical_id, resource, Vec::new()));
        }
    }
    DescribeChangeSetOutput::builder().set_changes(Some(changes)).build()
}

fn change(
    action: ChangeAction,
    logical_id: &str,
    resource: &Resource,
    details: Vec<ResourceChangeDetail>,
) -> AwsChange {
    let is_modification = action == ChangeAction::Modify;
    let change = ResourceChange::builder()
        .action(action)
        .logical_resource_id(logical_id)
        .resource_type(&resource.resource_type)
        // The schemas settle it.
        .set_replacement(is_modification.then_some(Replacement::Conditional))
        .set_details(Some(details))
        .build();
    AwsChange::builder().resource_change(change).build()
}

/// Returns the properties and attributes that differ.
fn differences(old: &Resource, new: &Resource) -> Vec<ResourceChangeDetail> {
    let mut details = Vec::new();
    for row in template_diff::values(String::new(), &old.properties, &new.properties) {
        let path = format!("/Properties/{}", row.path.replace('.', "/"));
        details.push(detail(ResourceAttribute::Properties, Some(path), &row.before, &row.after));
    }
    let text = |policy: &Option<String>| policy.clone().map_or(Value::Null, Value::from);
    let whole = |value: &Option<Value>| value.clone().unwrap_or_default();
    let attributes = [
        (ResourceAttribute::DeletionPolicy, text(&old.deletion_policy), text(&new.deletion_policy)),
        (
            ResourceAttribute::UpdateReplacePolicy,
            text(&old.update_replace_policy),
            text(&new.update_replace_policy),
        ),
        (ResourceAttribute::Metadata, whole(&old.metadata), whole(&new.metadata)),
    ];
    for (attribute, before, after) in attributes {
        if before != after {
            details.push(detail(attribute, None, &before, &after));
        }
    }
    details
}

fn detail(
    attribute: ResourceAttribute,
    path: Option<String>,
    before: &Value,
    after: &Value,
) -> ResourceChangeDetail {
    let text = |value: &Value| (!value.is_null()).then(|| value.to_string());
    let name = path.as_deref().and_then(|path| path.split('/').nth(2)).map(str::to_owned);
    let target = ResourceTargetDefinition::builder()
        .attribute(attribute)
        .set_name(name)
        .set_path(path)
        .set_before_value(text(before))
        .set_after_value(text(after))
        .build();
    ResourceChangeDetail::builder()
        .target(target)
        .evaluation(EvaluationType::Static)
        .change_source(ChangeSource::DirectModification)
        .build()
}

/// Returns what a resource refers to and may change with.
fn references(template: &Template, logical_id: &str, parameters: &Parameters) -> Vec<ResourceChangeDetail> {
    let mut details = Vec::new();
    for reference in template.references() {
        let [section, id, part, name, ..] = reference.from.path.as_slice() else { continue };
        if section != "Resources" || id != logical_id || part != "Properties" {
            continue;
        }
        let to = &reference.to;
        let is_resource = template.resources.contains_key(to);
        let (before, after) = (parameters.before.get(to), parameters.after.get(to));
        let source = match &reference.attribute {
            Some(_) if is_resource => ChangeSource::ResourceAttribute,
            None if is_resource => ChangeSource::ResourceReference,
            // Of a parameter that is not kept nobody knows whether it is another one.
            None if before.is_some() && after.is_some() && before != after => {
                ChangeSource::ParameterReference
            }
            _ => continue,
        };
        let entity = reference.attribute.as_ref().map_or(to.clone(), |attribute| format!("{to}.{attribute}"));
        let target =
            ResourceTargetDefinition::builder().attribute(ResourceAttribute::Properties).name(name).build();
        details.push(
            ResourceChangeDetail::builder()
                .target(target)
                .evaluation(EvaluationType::Dynamic)
                .change_source(source)
                .causing_entity(entity)
                .build(),
        );
    }
    details
}

#[cfg(test)]
#[path = "offline_tests.rs"]
mod tests;
