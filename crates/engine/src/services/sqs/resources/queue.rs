//! `AWS::SQS::Queue`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, gone_is_fine, live, tag_list};
use crate::services::sqs::operations::CreateQueue;
use crate::services::sqs::queue::{Queue, QueueKey};

pub struct QueueResource;

/// Properties that are attributes of the queue, each with what it is when a template does not give it.
const ATTRIBUTES: [(&str, &str); 10] = [
    ("DelaySeconds", "0"),
    ("MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("VisibilityTimeout", "30"),
    ("RedrivePolicy", ""),
    ("RedriveAllowPolicy", ""),
    ("KmsMasterKeyId", ""),
    ("KmsDataKeyReusePeriodSeconds", "300"),
    ("SqsManagedSseEnabled", "true"),
];

#[async_trait]
impl ResourceType for QueueResource {
    fn type_name(&self) -> &'static str {
        "AWS::SQS::Queue"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "DelaySeconds",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "QueueName",
            "ReceiveMessageWaitTimeSeconds",
            "RedriveAllowPolicy",
            "RedrivePolicy",
            "Tags",
            "VisibilityTimeout",
        ]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "SqsManagedSseEnabled"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let sqs = &aws.services.sqs;
        let name = request.name("QueueName", 80);
        let key = QueueKey::new(request.caller, &name);
        if let Some(known) = sqs.queue(&key) {
            if !request.has_made(&known.settings().tags) {
                let message =
                    format!("Resource of type 'AWS::SQS::Queue' with identifier '{name}' already exists.");
                return Err(AwsError::new("AlreadyExists", message));
            }
            return Ok(resource(aws, &known));
        }
        let input =
            CreateQueue { queue_name: Some(name), attributes: given(request), tags: request.all_tags() };
        let queue = sqs.create_queue(aws, request.caller, &input)?;
        Ok(resource(aws, &queue))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        _previous: &Value,
    ) -> Result<Resource, AwsError> {
        let sqs = &aws.services.sqs;
        let key = QueueKey::from_url(request.caller, physical_id)
            .ok_or_else(crate::services::sqs::refusal::no_queue)?;
        let queue = sqs.authorized(aws, request.caller, "sqs:SetQueueAttributes", &key, &[])?;
        let mut attributes: BTreeMap<String, String> =
            ATTRIBUTES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        attributes.extend(given(request));
        sqs.set_attributes(aws, &queue, &attributes)?;
        sqs.change_settings(&queue, |settings| {
            settings.tags = request.all_tags();
            Ok(())
        })?;
        Ok(Resource { physical_id: physical_id.to_owned(), ..resource(aws, &queue) })
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        let sqs = &aws.services.sqs;
        let Some(key) = QueueKey::from_url(request.caller, physical_id) else { return Ok(()) };
        let queue = sqs.authorized(aws, request.caller, "sqs:DeleteQueue", &key, &[]);
        gone_is_fine(queue.and_then(|queue| sqs.delete_queue(&queue)), "QueueDoesNotExist")
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let sqs = &aws.services.sqs;
        let Some(key) = QueueKey::from_url(request.caller, physical_id) else { return Ok(None) };
        let found = sqs.authorized(aws, request.caller, "sqs:GetQueueAttributes", &key, &[]);
        let Some(queue) = live(found, "QueueDoesNotExist")? else { return Ok(None) };
        let settings = queue.settings();
        let mut live = Value::Object(settings.attributes.texts());
        live["QueueName"] = json!(settings.key.name);
        live["Tags"] = tag_list(&settings.tags);
        for name in ["RedrivePolicy", "RedriveAllowPolicy"] {
            // The API gives as text what a template gives as an object.
            let parsed = live[name].as_str().and_then(|text| serde_json::from_str(text).ok());
            live[name] = parsed.unwrap_or_default();
        }
        Ok(Some(live))
    }
}

/// Returns the attributes that a template gives, as the texts that the API takes.
fn given(request: &ResourceRequest<'_>) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let given = ATTRIBUTES.iter().filter_map(|(name, _)| Some((*name, request.properties.get(*name)?)));
    given.map(|(name, value)| (name.to_owned(), text(value))).collect()
}

fn resource(aws: &Aws, queue: &Queue) -> Resource {
    let url = queue.key.url(aws.endpoint());
    let attributes =
        [("Arn", json!(queue.key.arn())), ("QueueName", json!(queue.key.name)), ("QueueUrl", json!(url))];
    Resource::new(url, attributes)
}
