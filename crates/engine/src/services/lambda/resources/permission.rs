//! `AWS::Lambda::Permission`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{gone_is_fine, read};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};
use crate::services::lambda::name::FunctionKey;
use crate::services::lambda::permission::AddPermission;

pub struct PermissionResource;

#[async_trait]
impl ResourceType for PermissionResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Permission"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let id = request.name("Id", 100);
        let key = function(request)?;
        let mut properties = request.properties.clone();
        properties["StatementId"] = json!(id);
        let input: AddPermission = read(properties)?;
        let lambda = &aws.services.lambda;
        match lambda.add_permission(aws, request.caller, &key, &input) {
            // The id is this request's own, so it comes again after an interruption.
            Err(error) if error.code == "ResourceConflictException" => {}
            outcome => drop(outcome?),
        }
        Ok(Resource::new(&id, [("Id", json!(id))]))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let key = function(request)?;
        gone_is_fine(aws.services.lambda.remove_permission(aws, request.caller, &key, physical_id))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let key = function(request)?;
        let found = aws.services.lambda.authorized(aws, request.caller, "lambda:GetPolicy", &key);
        let Some(function) = live(found, "ResourceNotFoundException")? else { return Ok(None) };
        let statement = function.permissions.iter().find(|statement| statement["Sid"] == physical_id);
        let Some(statement) = statement else { return Ok(None) };
        let mut given = request.properties.clone();
        given["StatementId"] = json!(physical_id);
        let input: AddPermission = read(given)?;
        if input.statement(&key.arn())? == *statement {
            return Ok(Some(request.properties.clone()));
        }
        let principal = ["Service", "AWS"].iter().find_map(|kind| statement["Principal"].get(kind));
        Ok(Some(json!({
            "Action": statement["Action"],
            "FunctionName": request.properties["FunctionName"],
            "Principal": principal.unwrap_or(&statement["Principal"]),
            "SourceArn": statement["Condition"]["ArnLike"]["AWS:SourceArn"],
            "SourceAccount": statement["Condition"]["StringEquals"]["AWS:SourceAccount"],
        })))
    }
}

fn function(request: &ResourceRequest<'_>) -> Result<FunctionKey, AwsError> {
    FunctionKey::read(request.caller, request.text("FunctionName").unwrap_or_default())
}
