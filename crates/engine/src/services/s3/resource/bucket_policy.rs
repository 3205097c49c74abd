//! `AWS::S3::BucketPolicy`: the policy of a bucket, which is the resource's physical id.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};
use crate::services::s3::configuration::check_policy;

pub struct BucketPolicyType;

#[async_trait]
impl ResourceType for BucketPolicyType {
    fn type_name(&self) -> &'static str {
        "AWS::S3::BucketPolicy"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["Bucket", "PolicyDocument"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let name = request.text("Bucket").unwrap_or_default();
        let existing = aws.services.s3.bucket(name)?.configuration.policy;
        // The same policy was put by a create that was interrupted.
        if existing.is_some() && existing != Some(document(request)?) {
            let message = format!("The bucket policy already exists on bucket {name}.");
            return Err(AwsError::new("AlreadyExists", message).status(409));
        }
        put(aws, request, name)?;
        Ok(Resource::new(name, []))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        put(aws, request, physical_id)?;
        Ok(Resource::new(physical_id, []))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let s3 = &aws.services.s3;
        // The policy of a bucket that is gone is gone too.
        let Ok(bucket) = s3.bucket(physical_id) else { return Ok(()) };
        s3.authorize(aws, request.caller, "s3:DeleteBucketPolicy", &bucket, None, &[])?;
        s3.change_bucket(physical_id, |bucket| bucket.configuration.policy = None)
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let s3 = &aws.services.s3;
        let Some(bucket) = live(s3.bucket(physical_id), "NoSuchBucket")? else { return Ok(None) };
        s3.authorize(aws, request.caller, "s3:GetBucketPolicy", &bucket, None, &[])?;
        let policy = bucket.configuration.policy;
        Ok(policy.map(|policy| json!({"Bucket": physical_id, "PolicyDocument": policy})))
    }
}

fn put(aws: &Aws, request: &ResourceRequest<'_>, name: &str) -> Result<(), AwsError> {
    let s3 = &aws.services.s3;
    let bucket = s3.bucket(name)?;
    s3.authorize(aws, request.caller, "s3:PutBucketPolicy", &bucket, None, &[])?;
    let policy = document(request)?;
    check_policy(name, &policy)?;
    s3.change_bucket(name, |bucket| bucket.configuration.policy = Some(policy))
}

/// Returns the policy of a template, which may be given as text, too.
fn document(request: &ResourceRequest<'_>) -> Result<Value, AwsError> {
    match request.properties.get("PolicyDocument") {
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|_| AwsError::new("MalformedPolicy", "Policies must be valid JSON")),
        Some(document) => Ok(document.clone()),
        None => Err(AwsError::new("MalformedPolicy", "Missing required field PolicyDocument")),
    }
}
