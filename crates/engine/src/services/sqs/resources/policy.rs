//! `AWS::SQS::QueuePolicy`: one policy on each of the queues that it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::services::sqs::queue::QueueKey;
use crate::services::sqs::refusal::no_queue;

pub struct QueuePolicyResource;

#[async_trait]
impl ResourceType for QueuePolicyResource {
    fn type_name(&self) -> &'static str {
        "AWS::SQS::QueuePolicy"
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let policy = document(request.properties);
        for url in queues(request.properties) {
            set(aws, request, url, &policy)?;
        }
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
        let policy = document(request.properties);
        let now: Vec<&str> = queues(request.properties).collect();
        for url in &now {
            set(aws, request, url, &policy)?;
        }
        for url in queues(previous).filter(|url| !now.contains(url)) {
            take_away(aws, request, url)?;
        }
        Ok(Resource::new(physical_id, [("Id", json!(physical_id))]))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<(), AwsError> {
        queues(request.properties).try_for_each(|url| take_away(aws, request, url))
    }
}

fn queues(properties: &Value) -> impl Iterator<Item = &str> {
    properties["Queues"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn document(properties: &Value) -> String {
    match &properties["PolicyDocument"] {
        Value::String(text) => text.clone(),
        document => document.to_string(),
    }
}

fn set(aws: &Aws, request: &ResourceRequest<'_>, url: &str, policy: &str) -> Result<(), AwsError> {
    let sqs = &aws.services.sqs;
    let key = QueueKey::from_url(request.caller, url).ok_or_else(no_queue)?;
    let queue = sqs.authorized(aws, request.caller, "sqs:SetQueueAttributes", &key, &[])?;
    sqs.set_attributes(aws, &queue, &BTreeMap::from([("Policy".to_owned(), policy.to_owned())]))
}

/// Takes the policy off a queue; one that is gone took it along.
fn take_away(aws: &Aws, request: &ResourceRequest<'_>, url: &str) -> Result<(), AwsError> {
    match set(aws, request, url, "") {
        Err(error) if error.code == "QueueDoesNotExist" => Ok(()),
        outcome => outcome,
    }
}
