//! CreateTopic, DeleteTopic, ListTopics, the attributes of topics and their tags.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{map, page, texts};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::gone_is_fine;
use crate::services::sns::Sns;
use crate::services::sns::refusal::{invalid, no_topic, unauthorized};
use crate::services::sns::topic::{Topic, TopicKey};
use crate::wire::query::{Call, Reply, loose};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateTopic {
    name: String,
    #[serde(default)]
    attributes: Value,
    #[serde(default, deserialize_with = "loose::list")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OnTopic {
    topic_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetAttributes {
    topic_arn: String,
    attribute_name: String,
    #[serde(default)]
    attribute_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTopics {
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OnTags {
    resource_arn: String,
    #[serde(default, deserialize_with = "loose::list")]
    tags: Vec<Tag>,
    #[serde(default, deserialize_with = "loose::list")]
    tag_keys: Vec<String>,
}

impl Sns {
    pub(super) fn create_topic_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: CreateTopic = call.input()?;
        let key = TopicKey::new(caller, &input.name)?;
        let tags = input.tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let topic = self.create_topic(aws, caller, key, &texts(&input.attributes), tags)?;
        Reply::of(&json!({"TopicArn": topic.key.arn()}))
    }

    /// Makes a topic, or returns the one that is there already with the same attributes and tags.
    pub(in super::super) fn create_topic(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: TopicKey,
        attributes: &BTreeMap<String, String>,
        tags: BTreeMap<String, String>,
    ) -> Result<Topic, AwsError> {
        let decided = aws.services.iam.authorize(caller, "sns:CreateTopic", &key.arn(), None, &[]);
        decided.map_err(unauthorized)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let known = state.topics.get(&key.path());
        let mut topic = known.cloned().unwrap_or_else(|| Topic::new(key));
        for (name, value) in attributes {
            topic.set(name, value)?;
        }
        if let Some(known) = known {
            if *known != topic {
                return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
            }
            if !tags.is_empty() && known.tags != tags {
                return Err(invalid("Tags Reason: Topic already exists with different tags"));
            }
            return Ok(topic);
        }
        topic.tags = tags;
        self.topics.put(&topic.key.path(), &topic)?;
        state.topics.insert(topic.key.path(), topic.clone());
        Ok(topic)
    }

    fn delete_topic_authorized(&self, key: &TopicKey) -> Result<(), AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<String> = state
            .subscriptions
            .iter()
            .filter(|(_, subscription)| subscription.topic == *key)
            .map(|(arn, _)| arn.clone())
            .collect();
        for arn in gone {
            self.subscriptions.remove(&arn)?;
            state.subscriptions.remove(&arn);
        }
        self.topics.remove(&key.path())?;
        state.topics.remove(&key.path());
        Ok(())
    }

    pub(super) fn delete_topic_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let key = TopicKey::from_arn(&call.input::<OnTopic>()?.topic_arn)?;
        self.delete_topic(aws, caller, &key)?;
        Ok(Reply::empty())
    }

    /// Deletes a topic with its subscriptions; one that is gone already is a success.
    pub(in super::super) fn delete_topic(
        &self,
        aws: &Aws,
        caller: &Caller,
        key: &TopicKey,
    ) -> Result<(), AwsError> {
        let topic = self.authorized(aws, caller, "sns:DeleteTopic", key, &[]);
        gone_is_fine(topic.and_then(|topic| self.delete_topic_authorized(&topic.key)), "NotFound")
    }

    pub(super) fn list_topics_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: ListTopics = call.input()?;
        let decided =
            aws.services.iam.authorize(caller, "sns:ListTopics", &caller.arn("sns", "*"), None, &[]);
        decided.map_err(unauthorized)?;
        let scope = caller.scope();
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let own = state.topics.iter().filter(|(path, _)| path.starts_with(&scope));
        let own = own.map(|(path, topic)| (path.clone(), json!({"TopicArn": topic.key.arn()})));
        let (topics, next) = page(own, input.next_token.as_deref());
        Reply::of(&json!({"Topics": topics, "NextToken": next}))
    }

    pub(super) fn get_topic_attributes_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let key = TopicKey::from_arn(&call.input::<OnTopic>()?.topic_arn)?;
        let topic = self.authorized(aws, caller, "sns:GetTopicAttributes", &key, &[])?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let own = state.subscriptions.values().filter(|subscription| subscription.topic == key);
        let (pending, confirmed): (Vec<_>, Vec<_>) = own.partition(|subscription| subscription.is_pending());
        Reply::of(&json!({"Attributes": map(&topic.attributes(confirmed.len(), pending.len()))}))
    }

    pub(super) fn set_topic_attributes_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: SetAttributes = call.input()?;
        let key = TopicKey::from_arn(&input.topic_arn)?;
        self.authorized(aws, caller, "sns:SetTopicAttributes", &key, &[])?;
        self.change_topic(&key, |topic| topic.set(&input.attribute_name, &input.attribute_value))?;
        Ok(Reply::empty())
    }

    /// Changes a topic; changes happen one after the other.
    pub(in super::super) fn change_topic(
        &self,
        key: &TopicKey,
        change: impl FnOnce(&mut Topic) -> Result<(), AwsError>,
    ) -> Result<Topic, AwsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut topic = state.topics.get(&key.path()).cloned().ok_or_else(no_topic)?;
        change(&mut topic)?;
        self.topics.put(&key.path(), &topic)?;
        state.topics.insert(key.path(), topic.clone());
        Ok(topic)
    }

    pub(super) fn tag_call(&self, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OnTags = call.input()?;
        let key = self.tagged(aws, caller, "sns:TagResource", &input)?;
        self.change_topic(&key, |topic| {
            topic.tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
            Ok(())
        })?;
        Reply::of(&json!({}))
    }

    pub(super) fn untag_call(&self, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let input: OnTags = call.input()?;
        let key = self.tagged(aws, caller, "sns:UntagResource", &input)?;
        self.change_topic(&key, |topic| {
            topic.tags.retain(|name, _| !input.tag_keys.contains(name));
            Ok(())
        })?;
        Reply::of(&json!({}))
    }

    pub(super) fn list_tags_call(&self, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let key = self.tagged(aws, caller, "sns:ListTagsForResource", &call.input()?)?;
        let tags = self.topic(&key).map(|topic| topic.tags).unwrap_or_default();
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        Reply::of(&json!({"Tags": tags}))
    }

    fn tagged(&self, aws: &Aws, caller: &Caller, action: &str, input: &OnTags) -> Result<TopicKey, AwsError> {
        let key = TopicKey::from_arn(&input.resource_arn)?;
        match self.authorized(aws, caller, action, &key, &[]) {
            // Operations on tags have a code of their own.
            Err(error) if error.code == "NotFound" => {
                Err(AwsError::new("ResourceNotFound", "Resource does not exist").status(404))
            }
            outcome => outcome.map(|topic| topic.key),
        }
    }
}
