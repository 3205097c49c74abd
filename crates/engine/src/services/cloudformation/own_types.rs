//! The resource types that CloudFormation has itself.
//!
//! What they make, if anything, no service knows of.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::custom::CustomResource;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};

/// Returns the types.
pub fn all() -> Vec<Box<dyn ResourceType>> {
    vec![Box::new(CdkMetadata), Box::new(CustomResource)]
}

/// `AWS::CDK::Metadata`, which every CDK template carries and which does nothing on AWS either.
struct CdkMetadata;

#[async_trait]
impl ResourceType for CdkMetadata {
    fn type_name(&self) -> &'static str {
        "AWS::CDK::Metadata"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["Analytics"]
    }

    async fn create(&self, _aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        Ok(Resource::new(request.name("PhysicalName", 255), []))
    }

    async fn update(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        Ok(Resource::new(physical_id, []))
    }

    async fn delete(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        _id: &str,
    ) -> Result<(), AwsError> {
        Ok(())
    }
}
