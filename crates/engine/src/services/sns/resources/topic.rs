//! `AWS::SNS::Topic`, with the subscriptions that it may name.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::texts;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live, tag_list};
use crate::services::sns::operations::Subscribe;
use crate::services::sns::topic::TopicKey;

pub struct TopicResource;

/// Properties that are attributes of the topic, under the same name.
const ATTRIBUTES: [&str; 4] = ["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"];
/// Attributes that an update takes back when a template no longer gives them.
const OPTIONAL: [&str; 2] = ["DisplayName", "KmsMasterKeyId"];

#[async_trait]
impl ResourceType for TopicResource {
    fn type_name(&self) -> &'static str {
        "AWS::SNS::Topic"
    }

    fn properties(&self) -> &'static [&'static str] {
        &["DisplayName", "Subscription", "Tags", "TopicName", "TracingConfig"]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["KmsMasterKeyId", "SignatureVersion"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let sns = &aws.services.sns;
        let name = request.name("TopicName", 256);
        let key = TopicKey::new(request.caller, &name)?;
        if sns.topic(&key).is_some_and(|known| !request.has_made(&known.tags)) {
            let message =
                format!("Resource of type 'AWS::SNS::Topic' with identifier '{}' already exists.", key.arn());
            return Err(AwsError::new("AlreadyExists", message));
        }
        let attributes = texts(request.properties, &ATTRIBUTES);
        sns.create_topic(aws, request.caller, key.clone(), &attributes, request.all_tags())?;
        for (protocol, endpoint) in subscriptions(request.properties) {
            subscribe(aws, request, &key, protocol, endpoint)?;
        }
        Ok(resource(&key))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        let sns = &aws.services.sns;
        let key = TopicKey::from_arn(physical_id)?;
        sns.authorized(aws, request.caller, "sns:SetTopicAttributes", &key, &[])?;
        let mut attributes: BTreeMap<String, String> =
            OPTIONAL.iter().map(|name| ((*name).to_owned(), String::new())).collect();
        attributes.extend(texts(request.properties, &ATTRIBUTES));
        sns.change_topic(&key, |topic| {
            topic.tags = request.all_tags();
            attributes.iter().try_for_each(|(name, value)| topic.set(name, value))
        })?;
        let wanted: Vec<_> = subscriptions(request.properties).collect();
        for (protocol, endpoint) in &wanted {
            subscribe(aws, request, &key, protocol, endpoint)?;
        }
        for (protocol, endpoint) in subscriptions(previous).filter(|one| !wanted.contains(one)) {
            if let Some(arn) = sns.arn_of(&key, protocol, endpoint) {
                sns.unsubscribe(aws, request.caller, &arn)?;
            }
        }
        Ok(resource(&key))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        aws.services.sns.delete_topic(aws, request.caller, &TopicKey::from_arn(physical_id)?)
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let sns = &aws.services.sns;
        let key = TopicKey::from_arn(physical_id)?;
        let found = sns.authorized(aws, request.caller, "sns:GetTopicAttributes", &key, &[]);
        let Some(topic) = live(found, "NotFound")? else { return Ok(None) };
        let subscribed = subscriptions(request.properties);
        let subscribed: Vec<Value> = subscribed
            .filter(|(protocol, endpoint)| sns.arn_of(&key, protocol, endpoint).is_some())
            .map(|(protocol, endpoint)| json!({"Protocol": protocol, "Endpoint": endpoint}))
            .collect();
        let mut live = Value::Object(topic.attributes(0, 0));
        live["TopicName"] = json!(key.name);
        // What else is subscribed may be a resource of its own.
        live["Subscription"] = json!(subscribed);
        live["Tags"] = tag_list(&topic.tags);
        Ok(Some(live))
    }
}

fn subscriptions(properties: &Value) -> impl Iterator<Item = (&str, &str)> {
    let list = properties["Subscription"].as_array().into_iter().flatten();
    list.filter_map(|one| Some((one["Protocol"].as_str()?, one["Endpoint"].as_str()?)))
}

fn subscribe(
    aws: &Arc<Aws>,
    request: &ResourceRequest<'_>,
    topic: &TopicKey,
    protocol: &str,
    endpoint: &str,
) -> Result<(), AwsError> {
    let input = Subscribe {
        topic: topic.clone(),
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
        attributes: BTreeMap::new(),
    };
    aws.services.sns.subscribe(aws, request.caller, input).map(drop)
}

fn resource(key: &TopicKey) -> Resource {
    Resource::new(key.arn(), [("TopicArn", json!(key.arn())), ("TopicName", json!(key.name))])
}
