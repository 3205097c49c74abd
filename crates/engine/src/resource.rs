//! What a service offers to CloudFormation: resource types that can be created, updated and deleted.

mod attached_policy;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

pub use attached_policy::{AttachedPolicy, Policed};

/// A CloudFormation resource type, implemented by the service it belongs to.
///
/// CloudFormation calls it with intrinsic functions resolved, `AWS::NoValue` removed, and properties that
/// the type's schema accepts. Whether a change is an update or a replacement was decided before.
#[async_trait]
pub trait ResourceType: Send + Sync {
    /// Returns the type's name, such as `AWS::Kinesis::Stream`.
    fn type_name(&self) -> &'static str;

    /// Returns the properties that the type acts on, by their names at the top of its schema.
    ///
    /// CloudFormation refuses every other one by its name, so that none is silently ignored, and the table in
    /// `docs/engine.md` is written from this.
    fn properties(&self) -> &'static [&'static str];

    /// Returns further properties that are kept and shown, and change nothing here.
    fn remembered(&self) -> &'static [&'static str] {
        &[]
    }

    /// Makes the resource and waits until it is ready.
    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError>;

    /// Changes the resource in place from `previous` properties to those of the request.
    ///
    /// A type whose every property is part of what it is needs none: each change of it is a replacement.
    async fn update(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        _physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        Err(AwsError::not_supported(format_args!("an update of {} in place", self.type_name())))
    }

    /// Deletes the resource; one that is gone already is a success.
    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError>;

    /// Finds a resource that exists, so that a stack can take it in; `None` when there is none.
    ///
    /// Asked only of types whose `Ref` is a name that templates may give.
    async fn find(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<Option<Resource>, AwsError> {
        Err(AwsError::not_supported(format_args!("the import of {}", self.type_name())))
    }

    /// Reads what the resource is now, in the template's words; `None` when it is gone.
    ///
    /// Only what the template gives is compared, so more may be returned. A list that the resource does not have is
    /// an empty one: what is missing counts as taken away.
    async fn read(
        &self,
        _aws: &Arc<Aws>,
        _request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        Err(AwsError::not_supported(format_args!("the drift of {}", self.type_name())))
    }
}

/// What CloudFormation asks of a resource type.
#[derive(Debug)]
pub struct ResourceRequest<'a> {
    /// On whose behalf CloudFormation acts.
    pub caller: &'a Caller,
    pub stack_name: &'a str,
    pub stack_id: &'a str,
    pub logical_id: &'a str,
    /// Resolved properties; an object.
    pub properties: &'a Value,
    /// Tags of the stack and the `aws:cloudformation:*` tags that CloudFormation adds.
    pub tags: &'a BTreeMap<String, String>,
    /// Letters and digits that make a generated name unique; the same when an interrupted create is repeated.
    pub suffix: &'a str,
}

impl ResourceRequest<'_> {
    /// Returns the tags of the stack under the resource's own, which are written as a list of keys and values.
    pub fn all_tags(&self) -> BTreeMap<String, String> {
        let own = self.properties["Tags"].as_array().into_iter().flatten();
        let own = own.filter_map(|tag| {
            Some((tag["Key"].as_str()?.to_owned(), scalar(&tag["Value"]).unwrap_or_default()))
        });
        let mut tags = self.tags.clone();
        tags.extend(own);
        tags
    }

    /// Tells whether what has these tags was made by this very request, which comes again after an interruption.
    pub fn has_made(&self, tags: &BTreeMap<String, String>) -> bool {
        let has = |key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
        has("aws:cloudformation:stack-id", self.stack_id)
            && has("aws:cloudformation:logical-id", self.logical_id)
    }

    /// Returns what tells this request from all others; the same when it comes again after an interruption.
    pub fn seed(&self) -> String {
        format!("{}/{}/{}", self.stack_id, self.logical_id, self.suffix)
    }

    /// Returns a string property.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.properties.get(property)?.as_str()
    }

    /// Returns the name that the template gives in `property`, or one generated as CloudFormation does:
    /// `stack-LogicalId-SUFFIX`, shortened to `limit` characters.
    pub fn name(&self, property: &str, limit: usize) -> String {
        if let Some(name) = self.text(property) {
            return name.to_owned();
        }
        let room = limit.saturating_sub(self.suffix.len() + 1);
        let stem: String = format!("{}-{}", self.stack_name, self.logical_id).chars().take(room).collect();
        format!("{stem}-{}", self.suffix)
    }
}

/// Returns what an existing resource is, or nothing when `gone` is the code with which its service refused.
pub fn live<T>(found: Result<T, AwsError>, gone: &str) -> Result<Option<T>, AwsError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == gone => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns tags as the list of keys and values that templates write, without those of AWS.
pub fn tag_list(tags: &BTreeMap<String, String>) -> Value {
    let own = tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
    own.map(|(key, value)| serde_json::json!({"Key": key, "Value": value})).collect()
}

/// Takes for done what is gone already; `code` is how the service says so.
pub fn gone_is_fine(outcome: Result<(), AwsError>, code: &str) -> Result<(), AwsError> {
    match outcome {
        Err(error) if error.code == code => Ok(()),
        outcome => outcome,
    }
}

/// Returns a scalar as the text that it stands for.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A resource that exists: what `Ref` and `Fn::GetAtt` of it give.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Physical id, which is also what `Ref` returns.
    pub physical_id: String,
    /// Attributes for `Fn::GetAtt`, nested ones under dotted names.
    pub attributes: Map<String, Value>,
}

impl Resource {
    /// Returns a resource with the given attributes.
    pub fn new<const N: usize>(physical_id: impl Into<String>, attributes: [(&str, Value); N]) -> Self {
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { physical_id: physical_id.into(), attributes }
    }
}
