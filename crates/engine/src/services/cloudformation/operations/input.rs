//! The members that several operations take, as a form spells them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::super::capabilities;
use super::super::design::Design;
use super::super::macros;
use super::super::ssm_parameters;
use super::super::stack::{Blueprint, Stack};
use super::super::stack_resource::StackResource;
use super::super::template::{Checked, not_provided, validation_error};
use super::super::template_source::TemplateSource;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::loose;

/// What a stack is to be made from, as `CreateStack`, `UpdateStack` and `CreateChangeSet` say it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BlueprintInput {
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    use_previous_template: Option<bool>,
    #[serde(default, deserialize_with = "loose::list")]
    parameters: Vec<ParameterInput>,
    #[serde(default, deserialize_with = "loose::list")]
    capabilities: Vec<String>,
    tags: Option<Value>,
    #[serde(rename = "RoleARN")]
    pub role_arn: Option<String>,

    // What the engine does not have is refused by name and not passed over.
    #[serde(rename = "NotificationARNs")]
    notification_arns: Option<Value>,
    rollback_configuration: Option<Value>,
    resource_types: Option<Value>,
    stack_policy_body: Option<Value>,
    #[serde(rename = "StackPolicyURL")]
    stack_policy_url: Option<Value>,
    timeout_in_minutes: Option<Value>,
    resources_to_import: Option<Value>,
    deployment_config: Option<DeploymentConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterInput {
    parameter_key: String,
    parameter_value: Option<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    use_previous_value: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagInput {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeploymentConfig {
    mode: Option<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    disable_rollback: Option<bool>,
}

impl BlueprintInput {
    /// Whether the deployment's configuration turns rollback off.
    pub fn disables_rollback(&self) -> Option<bool> {
        self.deployment_config.as_ref().and_then(|config| config.disable_rollback)
    }

    /// Returns the blueprint and its design for `stack`; `previous` is the stack when it exists already.
    pub async fn read(
        &self,
        aws: &Aws,
        caller: &Caller,
        stack: &Stack,
        previous: Option<&Stack>,
    ) -> Result<(Blueprint, Design), AwsError> {
        self.refuse_unsupported()?;
        let source = TemplateSource {
            body: self.template_body.clone(),
            url: self.template_url.clone(),
            uses_previous: self.use_previous_template.unwrap_or(false),
        };
        let old = previous.and_then(|stack| stack.blueprint.as_ref());
        let given = source.read(aws, caller, previous).await?;
        let values = self.parameters(old)?;
        let declared = Checked::parse(&given)?;
        let (template, checked, original) = match macros::run(&declared, &values, &stack.region)? {
            Some(processed) => {
                let checked = Checked::parse(&processed)?;
                (processed, checked, Some(given))
            }
            None => (given, declared, None),
        };
        let is_provided = |name: &str| aws.services.cloudformation.resource_type(aws, name).is_some();
        checked.check(is_provided)?;
        let parameters = checked.parameters(&values)?;
        let resolved = ssm_parameters::resolve(aws, caller, &checked.template, &parameters)?;
        let capabilities: BTreeSet<String> = self.capabilities.iter().cloned().collect();
        capabilities::needed(&checked.template).check(&capabilities)?;
        let tags = match self.tags()? {
            Some(tags) => tags,
            None => old.map(|old| old.tags.clone()).unwrap_or_default(),
        };
        let no_echo = parameters.keys().filter(|name| checked.is_no_echo(name)).cloned().collect();
        let description = checked.template.description.clone();
        let blueprint =
            Blueprint { template, original, description, no_echo, parameters, resolved, tags, capabilities };
        let design = Design::new(&blueprint, stack)?;
        design.check_rules()?;
        if let Some(wanted) = design.wanted.values().find(|wanted| !is_provided(&wanted.resource_type)) {
            return Err(not_provided(&wanted.resource_type));
        }
        design.check_conditional_references()?;
        check_types_stay(stack, &design)?;
        Ok((blueprint, design))
    }

    fn parameters(&self, old: Option<&Blueprint>) -> Result<IndexMap<String, String>, AwsError> {
        let mut given = IndexMap::new();
        for parameter in &self.parameters {
            let key = &parameter.parameter_key;
            let value = match (&parameter.parameter_value, parameter.use_previous_value) {
                (_, Some(true)) => old.and_then(|old| old.parameters.get(key)).cloned().ok_or_else(|| {
                    validation_error(format!(
                        "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a \
                         parameter key not in the previous template"
                    ))
                })?,
                (Some(value), _) => value.clone(),
                (None, _) => {
                    return Err(validation_error(format!(
                        "Invalid input for parameter key {key}. Either parameterValue or usePreviousValue must be \
                         specified"
                    )));
                }
            };
            if given.insert(key.clone(), value).is_some() {
                return Err(validation_error(format!("Duplicate parameter key {key}")));
            }
        }
        Ok(given)
    }

    /// Returns the tags, when the request says anything of them.
    fn tags(&self) -> Result<Option<BTreeMap<String, String>>, AwsError> {
        let Some(tags) = &self.tags else { return Ok(None) };
        let tags: Vec<TagInput> = match tags {
            Value::String(text) if text.is_empty() => Vec::new(),
            tags => {
                serde_json::from_value(tags.clone()).map_err(|error| validation_error(error.to_string()))?
            }
        };
        if tags.len() > 50 {
            return Err(validation_error("Tags: the number of tags must be at most 50"));
        }
        if let Some(tag) = tags.iter().find(|tag| tag.key.to_ascii_lowercase().starts_with("aws:")) {
            return Err(validation_error(format!("Tag key {} is reserved: it begins with aws:", tag.key)));
        }
        Ok(Some(tags.into_iter().map(|tag| (tag.key, tag.value)).collect()))
    }

    fn refuse_unsupported(&self) -> Result<(), AwsError> {
        let says_something = |value: &Option<Value>| match value {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(members)) => !members.is_empty(),
            Some(Value::Bool(_) | Value::Number(_)) => true,
        };
        let members = [
            ("NotificationARNs", &self.notification_arns),
            ("RollbackConfiguration", &self.rollback_configuration),
            ("ResourceTypes", &self.resource_types),
            ("StackPolicyBody", &self.stack_policy_body),
            ("StackPolicyURL", &self.stack_policy_url),
            ("TimeoutInMinutes", &self.timeout_in_minutes),
            ("ResourcesToImport", &self.resources_to_import),
        ];
        if let Some((name, _)) = members.iter().find(|(_, value)| says_something(value)) {
            return Err(AwsError::not_supported(name));
        }
        let mode = self.deployment_config.as_ref().and_then(|config| config.mode.as_deref());
        // Express does not wait until resources are ready; here they are as soon as they are made, so both end alike.
        match mode.filter(|mode| !matches!(*mode, "STANDARD" | "EXPRESS")) {
            Some(mode) => Err(validation_error(format!(
                "1 validation error detected: Value '{mode}' at 'deploymentConfig.mode' failed to satisfy constraint: \
                 Member must satisfy enum value set: [EXPRESS, STANDARD]"
            ))),
            None => Ok(()),
        }
    }
}

/// Refuses to make another type of resource out of one that exists.
fn check_types_stay(stack: &Stack, design: &Design) -> Result<(), AwsError> {
    let is_another = |resource: &&Arc<StackResource>| {
        let wanted = design.wanted.get(&resource.logical_id);
        resource.exists() && wanted.is_some_and(|wanted| wanted.resource_type != resource.resource_type)
    };
    let changed: Vec<&str> =
        stack.resources.values().filter(is_another).map(|resource| resource.logical_id.as_str()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(validation_error(format!(
        "Update of resource type is not permitted. The new template modifies resource type of the following \
         resources: [{}]",
        changed.join(", ")
    )))
}

/// Refuses a name that no stack can have.
pub fn check_stack_name(name: &str) -> Result<(), AwsError> {
    check_name(name, "stackName")
}

/// Refuses a name that no stack or change set can have.
pub fn check_name(name: &str, member: &str) -> Result<(), AwsError> {
    let is_valid = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '-');
    if !is_valid {
        return Err(validation_error(format!(
            "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )));
    }
    if name.len() > 128 {
        return Err(validation_error(format!(
            "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must \
             have length less than or equal to 128"
        )));
    }
    Ok(())
}
