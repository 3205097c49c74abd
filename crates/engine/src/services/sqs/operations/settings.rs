//! GetQueueAttributes, SetQueueAttributes and the tags of a queue: what it remembers about itself.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::OnQueue;
use super::lifecycle::check_dead_letters;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sqs::Sqs;
use crate::services::sqs::queue::{Queue, Settings};
use crate::services::sqs::refusal::no_queue;
use crate::wire::json::Reply;

/// Attributes that a queue may have without having them now.
const OPTIONAL: [&str; 9] = [
    "Policy",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct GetAttributes {
    queue_url: Option<String>,
    attribute_names: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SetAttributes {
    queue_url: Option<String>,
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TagQueue {
    queue_url: Option<String>,
    tags: BTreeMap<String, String>,
    tag_keys: Vec<String>,
}

impl Sqs {
    pub(super) fn get_attributes_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &GetAttributes,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:GetQueueAttributes", input.queue_url.as_deref())?;
        let known = self.describe(aws, &queue);
        let mut wanted = Map::new();
        for name in &input.attribute_names {
            if name == "All" {
                wanted.extend(known.clone());
            } else if let Some(value) = known.get(name) {
                wanted.insert(name.clone(), value.clone());
            } else if !OPTIONAL.contains(&name.as_str()) {
                return Err(AwsError::new("InvalidAttributeName", format!("Unknown Attribute {name}.")));
            }
        }
        Reply::of(&if wanted.is_empty() { json!({}) } else { json!({"Attributes": wanted}) })
    }

    /// Returns all attributes of a queue.
    pub(in super::super) fn describe(&self, aws: &Aws, queue: &Queue) -> Map<String, Value> {
        let settings = queue.settings();
        let counts = queue.shelf().counts(aws.clock.now());
        let mut attributes = settings.attributes.texts();
        let own = [
            ("QueueArn", queue.key.arn()),
            ("ApproximateNumberOfMessages", counts.visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
            ("CreatedTimestamp", (settings.created.0 / 1000).to_string()),
            ("LastModifiedTimestamp", (settings.modified.0 / 1000).to_string()),
        ];
        attributes.extend(own.map(|(name, text)| (name.to_owned(), text.into())));
        attributes
    }

    pub(super) fn set_attributes_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &SetAttributes,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:SetQueueAttributes", input.queue_url.as_deref())?;
        self.set_attributes(aws, &queue, &input.attributes)?;
        Ok(Reply::empty())
    }

    pub(in super::super) fn set_attributes(
        &self,
        aws: &Aws,
        queue: &Queue,
        given: &BTreeMap<String, String>,
    ) -> Result<(), AwsError> {
        let mut attributes = queue.settings().attributes;
        attributes.set(given, &queue.key)?;
        if given.contains_key("RedrivePolicy") {
            check_dead_letters(&attributes, &queue.key, |target| self.queue(target))?;
        }
        self.change_settings(queue, |settings| {
            settings.modified = aws.clock.now();
            settings.attributes.set(given, &queue.key)
        })?;
        // A shorter delay or timeout may matter to a receiver that waits.
        queue.announce();
        Ok(())
    }

    /// Changes what a queue remembers; changes happen one after the other.
    pub(in super::super) fn change_settings(
        &self,
        queue: &Queue,
        change: impl FnOnce(&mut Settings) -> Result<(), AwsError>,
    ) -> Result<(), AwsError> {
        let queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        if queues.get(&queue.key.path()).is_none_or(|known| known.id != queue.id) {
            return Err(no_queue());
        }
        let mut settings = queue.settings();
        change(&mut settings)?;
        self.settings.put(&queue.key.path(), &settings)?;
        queue.replace_settings(settings);
        Ok(())
    }

    pub(super) fn list_tags_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &OnQueue,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:ListQueueTags", input.queue_url.as_deref())?;
        Reply::of(&json!({"Tags": queue.settings().tags}))
    }

    pub(super) fn tag_call(&self, aws: &Aws, caller: &Caller, input: &TagQueue) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:TagQueue", input.queue_url.as_deref())?;
        self.change_settings(&queue, |settings| {
            settings.tags.extend(input.tags.clone());
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    pub(super) fn untag_call(&self, aws: &Aws, caller: &Caller, input: &TagQueue) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:UntagQueue", input.queue_url.as_deref())?;
        self.change_settings(&queue, |settings| {
            settings.tags.retain(|key, _| !input.tag_keys.contains(key));
            Ok(())
        })?;
        Ok(Reply::empty())
    }
}
