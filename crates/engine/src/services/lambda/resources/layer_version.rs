//! `AWS::Lambda::LayerVersion`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{read, seed};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::services::lambda::layer::{LayerVersionId, PublishLayerVersion};

pub struct LayerVersionResource;

#[async_trait]
impl ResourceType for LayerVersionResource {
    fn type_name(&self) -> &'static str {
        "AWS::Lambda::LayerVersion"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["CompatibleArchitectures", "CompatibleRuntimes", "Content", "Description", "LayerName"]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["LicenseInfo"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let lambda = &aws.services.lambda;
        let made_by = seed(request);
        let version = match lambda.layer_version_made_by(request.caller, &made_by)? {
            Some(version) => version,
            None => {
                // The generated part of a name keeps layers of two stacks apart.
                let name = request.name("LayerName", 140);
                let input =
                    PublishLayerVersion { made_by: Some(made_by), ..read(request.properties.clone())? };
                lambda.publish_layer_version(aws, request.caller, &name, input).await?
            }
        };
        let arn = version.id.arn();
        Ok(Resource::new(&arn, [("LayerVersionArn", json!(arn))]))
    }

    /// Every property of a layer version is part of what it is, so a change is always a replacement.
    async fn update(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        _physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        Err(AwsError::not_supported("an update of a layer version in place"))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        match LayerVersionId::parse(physical_id) {
            Some(id) => aws.services.lambda.delete_layer_version(aws, request.caller, &id),
            None => Ok(()),
        }
    }
}
