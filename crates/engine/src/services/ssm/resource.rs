//! `AWS::SSM::Parameter`: a parameter as CloudFormation makes, changes and deletes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::operations::{PutParameter, Tag};
use super::{name, not_found};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, gone_is_fine, scalar};

pub struct ParameterResource;

/// Returns the tags of the stack under the parameter's own, which are written as one object.
fn tags(request: &ResourceRequest<'_>) -> BTreeMap<String, String> {
    let own = request.properties.get("Tags").and_then(Value::as_object).into_iter().flatten();
    let own = own.filter_map(|(key, value)| Some((key.clone(), scalar(value)?)));
    let mut tags = request.tags.clone();
    tags.extend(own);
    tags
}

fn wanted(request: &ResourceRequest<'_>, name: &str) -> Result<PutParameter, AwsError> {
    let text = |property: &str| request.text(property).map(str::to_owned);
    if request.text("Type") == Some("SecureString") {
        let message = "SSM Parameters of type SecureString cannot be created using CloudFormation";
        return Err(AwsError::new("InvalidRequest", message));
    }
    Ok(PutParameter {
        name: Some(name.to_owned()),
        description: text("Description"),
        value: text("Value"),
        kind: text("Type"),
        allowed_pattern: text("AllowedPattern"),
        tier: text("Tier"),
        policies: text("Policies"),
        data_type: text("DataType"),
        ..PutParameter::default()
    })
}

fn made(request: &ResourceRequest<'_>, name: &str) -> Resource {
    let text = |property: &str| json!(request.text(property).unwrap_or_default());
    Resource::new(name, [("Type", text("Type")), ("Value", text("Value"))])
}

#[async_trait]
impl ResourceType for ParameterResource {
    fn type_name(&self) -> &'static str {
        "AWS::SSM::Parameter"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["AllowedPattern", "DataType", "Description", "Name", "Policies", "Tags", "Tier", "Type", "Value"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let ssm = &aws.services.ssm;
        // Not confirmed on AWS: the exact form of a generated name.
        let generated = || format!("CFN-{}-{}", request.logical_id, request.suffix);
        let name = request.text("Name").map_or_else(generated, str::to_owned);
        let tags = tags(request);
        let existing = ssm.parameter(request.caller, &name);
        if existing.is_some_and(|existing| request.has_made(&existing.tags)) {
            return Ok(made(request, &name));
        }
        let mut wanted = wanted(request, &name)?;
        wanted.tags = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
        ssm.put_parameter(aws, request.caller, wanted)?;
        Ok(made(request, &name))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let ssm = &aws.services.ssm;
        if ssm.parameter(request.caller, physical_id).is_none() {
            return Err(not_found());
        }
        let wanted = PutParameter { overwrite: true, ..wanted(request, physical_id)? };
        let is_same = ssm.parameter(request.caller, physical_id).is_some_and(|existing| {
            existing.latest().is_ok_and(|latest| {
                Some(&latest.value) == wanted.value.as_ref()
                    && latest.description == wanted.description
                    && latest.allowed_pattern == wanted.allowed_pattern
                    && wanted.tier.as_ref().is_none_or(|tier| *tier == latest.tier)
            })
        });
        // A change of tags alone makes no version.
        if !is_same {
            ssm.put_parameter(aws, request.caller, wanted)?;
        }
        let arn = name::arn(request.caller, physical_id);
        aws.services.iam.authorize(request.caller, "ssm:AddTagsToResource", &arn, None, &[])?;
        ssm.change(request.caller, physical_id, not_found, |parameter| {
            parameter.tags = tags(request);
            Ok(())
        })?;
        Ok(made(request, physical_id))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let deleted =
            aws.services.ssm.delete_parameter(aws, request.caller, physical_id, "ssm:DeleteParameter");
        gone_is_fine(deleted, "ParameterNotFound")
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let arn = name::arn(request.caller, physical_id);
        aws.services.iam.authorize(request.caller, "ssm:GetParameters", &arn, None, &[])?;
        let Some(parameter) = aws.services.ssm.parameter(request.caller, physical_id) else {
            return Ok(None);
        };
        let latest = parameter.latest()?;
        let own = parameter.tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
        let own = own.filter(|(key, value)| request.tags.get(*key) != Some(value));
        Ok(Some(json!({
            "Name": parameter.name,
            "Type": parameter.kind.as_str(),
            "Value": latest.value,
            "Description": latest.description,
            "AllowedPattern": latest.allowed_pattern,
            "DataType": latest.data_type,
            "Tier": latest.tier,
            "Policies": request.properties["Policies"],
            "Tags": own.collect::<BTreeMap<_, _>>(),
        })))
    }
}
