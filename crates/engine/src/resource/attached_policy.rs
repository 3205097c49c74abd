//! A resource that puts one policy on each of several others, as `AWS::SQS::QueuePolicy` does on queues.
//!
//! It knows how such a policy moves with its list, and not what it is put on.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Resource, ResourceRequest, ResourceType, gone_is_fine};
use crate::aws::Aws;
use crate::error::AwsError;

/// What a policy is put on.
pub trait Policed: Send + Sync {
    /// The name of the resource type.
    const TYPE: &'static str;
    /// All of its properties: the list of what has the policy, and the document.
    const PROPERTIES: &'static [&'static str];
    /// The property that lists what has the policy.
    const LIST: &'static str;
    /// The code with which the service says that something is not there.
    const GONE: &'static str;

    /// Sets the policy of one that the list names; an empty one takes it away.
    fn set(aws: &Aws, request: &ResourceRequest<'_>, name: &str, policy: &str) -> Result<(), AwsError>;
}

/// The resource type of a policy on `T`.
pub struct AttachedPolicy<T>(pub T);

impl<T: Policed> AttachedPolicy<T> {
    fn names(properties: &Value) -> BTreeSet<&str> {
        properties[T::LIST].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn put(aws: &Aws, request: &ResourceRequest<'_>) -> Result<(), AwsError> {
        let policy = match &request.properties["PolicyDocument"] {
            Value::String(text) => text.clone(),
            document => document.to_string(),
        };
        Self::names(request.properties).into_iter().try_for_each(|name| T::set(aws, request, name, &policy))
    }

    fn take_away(aws: &Aws, request: &ResourceRequest<'_>, name: &str) -> Result<(), AwsError> {
        gone_is_fine(T::set(aws, request, name, ""), T::GONE)
    }
}

#[async_trait]
impl<T: Policed> ResourceType for AttachedPolicy<T> {
    fn type_name(&self) -> &'static str {
        T::TYPE
    }

    fn properties(&self) -> &'static [&'static str] {
        T::PROPERTIES
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        Self::put(aws, request)?;
        let id = request.name("Id", 128);
        Ok(Resource::new(&id, [("Id", json!(id))]))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        Self::put(aws, request)?;
        let (before, now) = (Self::names(previous), Self::names(request.properties));
        before.difference(&now).try_for_each(|name| Self::take_away(aws, request, name))?;
        Ok(Resource::new(physical_id, [("Id", json!(physical_id))]))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<(), AwsError> {
        let names = Self::names(request.properties);
        names.into_iter().try_for_each(|name| Self::take_away(aws, request, name))
    }
}
