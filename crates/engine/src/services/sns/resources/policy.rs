//! `AWS::SNS::TopicPolicy`: one policy on each of the topics that it names.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType};
use crate::services::sns::topic::TopicKey;

pub struct TopicPolicyResource;

#[async_trait]
impl ResourceType for TopicPolicyResource {
    fn type_name(&self) -> &'static str {
        "AWS::SNS::TopicPolicy"
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let policy = document(request.properties);
        for arn in topics(request.properties) {
            set(aws, request, arn, &policy)?;
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
        let now: Vec<&str> = topics(request.properties).collect();
        for arn in &now {
            set(aws, request, arn, &policy)?;
        }
        for arn in topics(previous).filter(|arn| !now.contains(arn)) {
            take_away(aws, request, arn)?;
        }
        Ok(Resource::new(physical_id, [("Id", json!(physical_id))]))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        _physical_id: &str,
    ) -> Result<(), AwsError> {
        topics(request.properties).try_for_each(|arn| take_away(aws, request, arn))
    }
}

fn topics(properties: &Value) -> impl Iterator<Item = &str> {
    properties["Topics"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn document(properties: &Value) -> String {
    match &properties["PolicyDocument"] {
        Value::String(text) => text.clone(),
        document => document.to_string(),
    }
}

fn set(aws: &Aws, request: &ResourceRequest<'_>, arn: &str, policy: &str) -> Result<(), AwsError> {
    let key = TopicKey::from_arn(arn)?;
    aws.services.sns.authorized(aws, request.caller, "sns:SetTopicAttributes", &key, &[])?;
    aws.services.sns.change_topic(&key, |topic| topic.set("Policy", policy)).map(drop)
}

/// Gives a topic its default policy back; one that is gone needs none.
fn take_away(aws: &Aws, request: &ResourceRequest<'_>, arn: &str) -> Result<(), AwsError> {
    match set(aws, request, arn, "") {
        Err(error) if error.code == "NotFound" => Ok(()),
        outcome => outcome,
    }
}
