//! Templates: given back, summed up, and checked without a stack.

use std::sync::Arc;

use hydrant_cfn::schema::{self, PropertyPointer};
use hydrant_cfn::template::{Parameter, Template, scalar_text};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::capabilities;
use super::super::macros;
use super::super::stack::Blueprint;
use super::super::template::{Checked, validation_error};
use super::super::template_source::TemplateSource;
use super::lookup;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::cloudformation::vocabulary;
use crate::wire::query::{Call, Reply};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TemplateInput {
    stack_name: Option<String>,
    change_set_name: Option<String>,
    template_body: Option<String>,
    #[serde(rename = "TemplateURL")]
    template_url: Option<String>,
    stack_set_name: Option<String>,
    template_stage: Option<String>,
}

/// Returns the template of a stack or of a change set: as it was given, or, unless told otherwise, with macros run.
pub fn get_template(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: TemplateInput = call.input()?;
    let stage = |blueprint: &Blueprint| match input.template_stage.as_deref() {
        Some("Original") => blueprint.given().to_owned(),
        _ => blueprint.template.clone(),
    };
    let (stack_id, template) = aws.services.cloudformation.registry.read(|state| {
        if let Some(name) = &input.change_set_name {
            let change_set = lookup::change_set(state, caller, name, input.stack_name.as_deref())?;
            return Ok((change_set.stack_id.clone(), Some(stage(&change_set.blueprint))));
        }
        let name = input.stack_name.as_deref().unwrap_or_default();
        let stack = lookup::stack(state, caller, name)?;
        let template = stack.blueprint.as_ref().map(stage);
        Ok::<_, AwsError>((stack.id.clone(), template))
    })?;
    aws.services.iam.authorize(caller, "cloudformation:GetTemplate", &stack_id, None, &[])?;
    Reply::of(&json!({
        "TemplateBody": template.unwrap_or_default(),
        "StagesAvailable": ["Original", "Processed"],
    }))
}

/// Returns what a template declares and needs.
pub async fn get_template_summary(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: TemplateInput = call.input()?;
    if input.stack_set_name.is_some() {
        return Err(AwsError::not_supported("StackSetName"));
    }
    let text = match &input.stack_name {
        Some(name) => {
            let stack = aws
                .services
                .cloudformation
                .registry
                .read(|state| lookup::stack(state, caller, name).cloned())?;
            aws.services.iam.authorize(caller, "cloudformation:GetTemplateSummary", &stack.id, None, &[])?;
            let blueprint = stack.blueprint.as_ref();
            // A stack in review has no template of its own yet.
            let missing = || validation_error(format!("Stack with id {name} has no template"));
            blueprint.map(|blueprint| blueprint.given().to_owned()).ok_or_else(missing)?
        }
        None => {
            aws.services.iam.authorize(caller, "cloudformation:GetTemplateSummary", "*", None, &[])?;
            source(&input).read(aws, caller, None).await?
        }
    };
    let template = Checked::parse(&text)?.template;
    vocabulary::check(&template)?;
    let has_macros = !template.transforms.is_empty();
    if !has_macros {
        template.validate().map_err(|error| validation_error(error.to_string()))?;
    }
    let needed = capabilities::needed(&template);
    // Not confirmed on AWS: where macros are named among the capabilities.
    let expand = has_macros.then_some(macros::CAPABILITY);
    let mut types: Vec<&str> = template.resources.values().map(|one| one.resource_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    Reply::of(&json!({
        "Parameters": template.parameters.values().map(declaration).collect::<Vec<_>>(),
        "Description": template.description,
        "Capabilities": needed.capability.into_iter().chain(expand).collect::<Vec<_>>(),
        "CapabilitiesReason": needed.reason(),
        "ResourceTypes": types,
        "Version": template.format_version,
        "Metadata": template.metadata.as_ref().map(Value::to_string),
        "DeclaredTransforms": template.transforms,
        "ResourceIdentifierSummaries": identifiers(&template),
    }))
}

/// Checks a template as creating a stack from it would.
pub async fn validate_template(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: TemplateInput = call.input()?;
    aws.services.iam.authorize(caller, "cloudformation:ValidateTemplate", "*", None, &[])?;
    let text = source(&input).read(aws, caller, None).await?;
    let checked = Checked::parse(&text)?;
    checked.check(|name| aws.services.cloudformation.resource_type(aws, name).is_some())?;
    let needed = capabilities::needed(&checked.template);
    let parameter = |parameter: &Parameter| {
        json!({
            "ParameterKey": parameter.name,
            "DefaultValue": parameter.default_text(),
            "NoEcho": parameter.no_echo,
            "Description": parameter.description,
        })
    };
    Reply::of(&json!({
        "Parameters": checked.template.parameters.values().map(parameter).collect::<Vec<_>>(),
        "Description": checked.template.description,
        "Capabilities": needed.capability.into_iter().collect::<Vec<_>>(),
        "CapabilitiesReason": needed.reason(),
        "DeclaredTransforms": checked.template.transforms,
    }))
}

fn source(input: &TemplateInput) -> TemplateSource {
    TemplateSource {
        body: input.template_body.clone(),
        url: input.template_url.clone(),
        uses_previous: false,
    }
}

fn declaration(parameter: &Parameter) -> Value {
    let allowed: Vec<String> = parameter.allowed_values.iter().filter_map(scalar_text).collect();
    json!({
        "ParameterKey": parameter.name,
        "DefaultValue": parameter.default_text(),
        "ParameterType": parameter.parameter_type,
        "NoEcho": parameter.no_echo,
        "Description": parameter.description,
        "ParameterConstraints": {"AllowedValues": allowed},
    })
}

/// Returns for each type which properties name a resource of it.
fn identifiers(template: &Template) -> Vec<Value> {
    let mut by_type: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
    for (logical_id, resource) in &template.resources {
        by_type.entry(&resource.resource_type).or_default().push(logical_id);
    }
    let summary = |(type_name, logical_ids): (&str, Vec<&str>)| {
        let schema = schema::of(type_name)?;
        let names: Vec<String> = schema.primary_identifier().map(PropertyPointer::dotted).collect();
        Some(json!({
            "ResourceType": type_name,
            "LogicalResourceIds": logical_ids,
            "ResourceIdentifiers": names,
        }))
    };
    by_type.into_iter().filter_map(summary).collect()
}
