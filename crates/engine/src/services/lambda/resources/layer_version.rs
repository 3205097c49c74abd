//! `AWS::Lambda::LayerVersion`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::read;
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
        let made_by = request.seed();
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

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let action = "lambda:GetLayerVersion";
        aws.services.iam.authorize(request.caller, action, physical_id, None, &[])?;
        let version = aws.services.lambda.layer_version_made_by(request.caller, &request.seed())?;
        let version = version.filter(|version| !version.deleted && version.id.arn() == physical_id);
        Ok(version.map(|version| {
            json!({
                "LayerName": version.id.name,
                "Description": version.description,
                "CompatibleRuntimes": version.compatible_runtimes,
                "CompatibleArchitectures": version.compatible_architectures,
                "LicenseInfo": version.license_info,
            })
        }))
    }
}
