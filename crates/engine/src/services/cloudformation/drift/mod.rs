//! Drift: what became of a stack's resources behind CloudFormation's back.
//!
//! A resource type reads what its resource is now, `compare` finds where that differs from what the template gave,
//! and the finding is kept with the resource. Nothing is changed here; what takes drift back is `revert`.

mod compare;
mod record;
pub mod revert;

use std::sync::Arc;

use hydrant_cfn::schema;
use serde_json::Value;

pub use compare::PropertyDifference;
pub use record::{Detection, DriftStatus, ResourceDrift, status_of};

use super::custom::is_custom;
use super::provision::Job;
use super::stack::Stack;
use super::stack_resource::StackResource;
use crate::aws::Aws;
use crate::identity::Caller;

/// Types that CloudFormation does not check: those whose schema has no way to read a resource.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html> lists
/// what it checks. Delivery streams are not among them (cloudformation-coverage-roadmap, issue 2057).
/// Not confirmed on AWS for the others here.
const NOT_CHECKED: [&str; 7] = [
    "AWS::ApiGatewayV2::Stage",
    "AWS::CDK::Metadata",
    "AWS::IAM::AccessKey",
    "AWS::IAM::Policy",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

/// Whether CloudFormation checks resources of a type.
pub fn is_checked(resource_type: &str) -> bool {
    !NOT_CHECKED.contains(&resource_type) && !is_custom(resource_type)
}

/// Reads a resource and returns how it differs from what the template gave; `None` when CloudFormation does not
/// check such a resource, or when it has none.
pub async fn detect(
    aws: &Arc<Aws>,
    caller: &Caller,
    stack: &Stack,
    resource: &StackResource,
) -> Option<ResourceDrift> {
    if !resource.exists() || !is_checked(&resource.resource_type) {
        return None;
    }
    let checked_at = aws.clock.now();
    let expected = &resource.current.properties;
    let job = Job::new(stack, resource, &resource.current).on_behalf_of(caller);
    let drift = match job.read(aws).await {
        Err(reason) => ResourceDrift::unknown(checked_at, reason),
        Ok(None) => ResourceDrift::deleted(checked_at),
        Ok(Some(live)) => {
            let schema = schema::of(&resource.resource_type);
            let compared = compare::with_live(schema, expected, &live, &resource.current.tags);
            ResourceDrift::compared(checked_at, expected.clone(), compared)
        }
    };
    Some(drift)
}

/// Returns the properties that the template gives and that cannot be read, by their pointers.
pub fn unreadable(resource: &StackResource) -> Vec<String> {
    let Some(schema) = schema::of(&resource.resource_type) else { return Vec::new() };
    let is_given = |parts: Vec<&str>| {
        let mut parts = parts.into_iter();
        parts.try_fold(&resource.current.properties, |value: &Value, part| value.get(part)).is_some()
    };
    let pointers: Vec<Vec<&str>> = schema.write_only().map(|pointer| pointer.parts().collect()).collect();
    let is_within =
        |parts: &[&str]| pointers.iter().any(|other| other.len() < parts.len() && parts.starts_with(other));
    let outermost = pointers.iter().filter(|parts| is_given((*parts).clone()) && !is_within(parts));
    outermost.map(|parts| format!("/Properties/{}", parts.join("/"))).collect()
}
