//! `AWS::Lambda::Version`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{gone_is_fine, read};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};
use crate::services::lambda::name::FunctionKey;
use crate::services::lambda::version::PublishVersion;

pub struct VersionResource;

#[async_trait]
impl ResourceType for VersionResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Version"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["CodeSha256", "Description", "FunctionName"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let key = FunctionKey::read(request.caller, request.text("FunctionName").unwrap_or_default())?;
        let made_by = Some(request.seed());
        let mut properties = request.properties.clone();
        if let Some(members) = properties.as_object_mut() {
            members.remove("FunctionName");
        }
        let input = PublishVersion { made_by: made_by.clone(), ..read(properties)? };
        let version = aws.services.lambda.publish_version(aws, request.caller, &key, input)?;
        if version.made_by != made_by {
            let message = format!(
                "A version for this Lambda function exists ( {} ). Modify the function to create a new version.",
                version.version()
            );
            return Err(AwsError::new("ResourceConflictException", message).status(409));
        }
        let arn = version.key.arn();
        Ok(Resource::new(&arn, [("Version", json!(version.version())), ("FunctionArn", json!(arn))]))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        if key.qualifier.is_none() {
            return Ok(());
        }
        gone_is_fine(aws.services.lambda.delete_function(aws, request.caller, &key))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let key = FunctionKey::read(request.caller, physical_id)?;
        let found = aws.services.lambda.authorized(aws, request.caller, "lambda:GetFunction", &key);
        let version = live(found, "ResourceNotFoundException")?;
        Ok(version.map(|version| {
            json!({
                "FunctionName": request.properties["FunctionName"],
                "Description": version.description,
                "CodeSha256": version.code.base64(),
            })
        }))
    }
}
