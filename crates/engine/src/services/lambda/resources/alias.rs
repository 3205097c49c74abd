//! `AWS::Lambda::Alias`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{gone_is_fine, read};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};
use crate::services::lambda::alias::{AliasInput, alias_key};
use crate::services::lambda::name::FunctionKey;

pub struct AliasResource;

#[async_trait]
impl ResourceType for AliasResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Alias"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["Description", "FunctionName", "FunctionVersion", "Name", "RoutingConfig"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let key = function(request)?;
        let made_by = Some(request.seed());
        let name = request.text("Name").unwrap_or_default();
        let input = AliasInput { made_by: made_by.clone(), ..read(request.properties.clone())? };
        let lambda = &aws.services.lambda;
        match lambda.create_alias(aws, request.caller, &key, input) {
            Err(error) if error.code == "ResourceConflictException" => {
                let alias = alias_key(&key, name)?;
                if lambda.alias(&alias)?.made_by != made_by {
                    return Err(error);
                }
            }
            outcome => drop(outcome?),
        }
        resource(&key, name)
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let key = function(request)?;
        let name = request.text("Name").unwrap_or_default();
        let mut input: AliasInput = read(request.properties.clone())?;
        input.description.get_or_insert_default();
        input.routing_config.get_or_insert_with(|| json!({}));
        aws.services.lambda.update_alias(aws, request.caller, &key, name, input)?;
        resource(&key, name)
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        let name = key.qualifier.clone().unwrap_or_default();
        gone_is_fine(aws.services.lambda.delete_alias(aws, request.caller, &key, &name))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        aws.services.iam.authorize(request.caller, "lambda:GetAlias", physical_id, None, &[])?;
        let alias = live(aws.services.lambda.alias(&key), "ResourceNotFoundException")?;
        Ok(alias.map(|alias| {
            let weights = alias.weights.iter();
            let weights: Vec<Value> = weights
                .map(|(version, weight)| json!({"FunctionVersion": version, "FunctionWeight": weight}))
                .collect();
            json!({
                "Name": alias.name,
                "FunctionName": request.properties["FunctionName"],
                "FunctionVersion": alias.function_version,
                "Description": alias.description,
                "RoutingConfig": {"AdditionalVersionWeights": weights},
            })
        }))
    }
}

fn function(request: &ResourceRequest<'_>) -> Result<FunctionKey, AwsError> {
    FunctionKey::read(request.caller, request.text("FunctionName").unwrap_or_default())
}

fn resource(key: &FunctionKey, name: &str) -> Result<Resource, AwsError> {
    let arn = alias_key(key, name)?.arn();
    Ok(Resource::new(&arn, [("AliasArn", json!(arn))]))
}
