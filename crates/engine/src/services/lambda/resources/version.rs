//! `AWS::Lambda::Version`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{gone_is_fine, read, seed};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::services::lambda::name::FunctionKey;
use crate::services::lambda::version::PublishVersion;

pub struct VersionResource;

/// Properties that AWS has and this engine does not.
const UNSUPPORTED: [&str; 3] = ["ProvisionedConcurrencyConfig", "RuntimePolicy", "FunctionScalingConfig"];

#[async_trait]
impl ResourceType for VersionResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::Version"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["CodeSha256", "Description", "FunctionName"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        if let Some(name) = UNSUPPORTED.iter().find(|name| !request.properties[**name].is_null()) {
            return Err(AwsError::not_supported(format_args!("`{name}` of a version")));
        }
        let key = FunctionKey::read(request.caller, request.text("FunctionName").unwrap_or_default())?;
        let made_by = Some(seed(request));
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

    /// Every property of a version is part of what it is, so a change is always a replacement.
    async fn update(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        _physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        Err(AwsError::not_supported("an update of a version in place"))
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
}
