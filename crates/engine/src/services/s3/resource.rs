//! The resource types that CloudFormation provisions here.

mod bucket;
mod bucket_policy;
mod lifecycle;

use crate::resource::ResourceType;

/// Returns the resource types of S3.
pub fn types() -> Vec<Box<dyn ResourceType>> {
    vec![Box::new(bucket::BucketType), Box::new(bucket_policy::BucketPolicyType)]
}
