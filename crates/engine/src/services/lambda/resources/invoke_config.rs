//! `AWS::Lambda::EventInvokeConfig`, whose physical id is the function's name with the qualifier.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{gone_is_fine, read};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};
use crate::services::lambda::invoke_config::InvokeSettings;
use crate::services::lambda::name::FunctionKey;

pub struct EventInvokeConfigResource;

#[async_trait]
impl ResourceType for EventInvokeConfigResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::EventInvokeConfig"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "DestinationConfig",
            "FunctionName",
            "MaximumEventAgeInSeconds",
            "MaximumRetryAttempts",
            "Qualifier",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        put(aws, request)
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        put(aws, request)
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<(), AwsError> {
        gone_is_fine(aws.services.lambda.delete_invoke_config(aws, request.caller, &function(request)?))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let key = function(request)?;
        let lambda = &aws.services.lambda;
        let action = "lambda:GetFunctionEventInvokeConfig";
        let found = lambda.authorized(aws, request.caller, action, &key);
        if live(found, "ResourceNotFoundException")?.is_none() {
            return Ok(None);
        }
        let config = lambda.invoke_config(&key)?;
        Ok(config.map(|config| {
            let destination = |arn: &Option<String>| arn.as_ref().map(|arn| json!({"Destination": arn}));
            json!({
                "FunctionName": request.properties["FunctionName"],
                "Qualifier": request.properties["Qualifier"],
                "MaximumRetryAttempts": config.maximum_retry_attempts,
                "MaximumEventAgeInSeconds": config.maximum_event_age,
                "DestinationConfig": {
                    "OnSuccess": destination(&config.on_success),
                    "OnFailure": destination(&config.on_failure),
                },
            })
        }))
    }
}

fn put(aws: &Aws, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
    let qualifier = request.text("Qualifier").unwrap_or_default();
    let key = function(request)?;
    let settings: InvokeSettings = read(request.properties.clone())?;
    aws.services.lambda.put_invoke_config(aws, request.caller, &key, &settings)?;
    Ok(Resource::new(format!("{}|{qualifier}", key.name), []))
}

fn function(request: &ResourceRequest<'_>) -> Result<FunctionKey, AwsError> {
    let key = FunctionKey::read(request.caller, request.text("FunctionName").unwrap_or_default())?;
    key.with(request.text("Qualifier"))
}
