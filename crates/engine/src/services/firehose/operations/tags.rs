//! Tags of delivery streams.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::firehose::Firehose;
use crate::services::firehose::stream::DeliveryStream;
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const MOST_TAGS: usize = 50;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagDeliveryStream {
    delivery_stream_name: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagDeliveryStream {
    delivery_stream_name: Option<String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTags {
    delivery_stream_name: Option<String>,
    exclusive_start_tag_key: Option<String>,
    limit: Option<i64>,
}

impl Firehose {
    pub fn tag_delivery_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &TagDeliveryStream,
    ) -> Result<Reply, AwsError> {
        let mut lengths = Constraints::default();
        lengths.length("tags", "[]", input.tags.len(), 1, MOST_TAGS);
        lengths.finish()?;
        check(&input.tags)?;
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:TagDeliveryStream", name)?;
        let new = input.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone().unwrap_or_default()));
        let mut tags = stream.description().tags;
        tags.extend(new);
        self.set_tags(&stream, tags)?;
        Ok(Reply::empty())
    }

    pub fn untag_delivery_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &UntagDeliveryStream,
    ) -> Result<Reply, AwsError> {
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:UntagDeliveryStream", name)?;
        let mut tags = stream.description().tags;
        tags.retain(|key, _| !input.tag_keys.contains(key));
        self.set_tags(&stream, tags)?;
        Ok(Reply::empty())
    }

    pub fn list_tags(&self, aws: &Arc<Aws>, caller: &Caller, input: &ListTags) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.range("limit", input.limit, 1, 50);
        check.finish()?;
        let name = input.delivery_stream_name.as_deref();
        let stream = self.target(aws, caller, "firehose:ListTagsForDeliveryStream", name)?;
        let limit = usize::try_from(input.limit.unwrap_or(50)).unwrap_or(1);
        let after = input.exclusive_start_tag_key.as_ref();
        let tags = stream.description().tags.into_iter();
        let tags = tags.filter(|(key, _)| after.is_none_or(|after| key > after));
        let mut tags: Vec<Tag> = tags.map(|(key, value)| Tag { key, value: Some(value) }).collect();
        let has_more = tags.len() > limit;
        tags.truncate(limit);
        Reply::of(&json!({"Tags": tags, "HasMoreTags": has_more}))
    }

    /// Gives a delivery stream these tags and no others.
    pub fn set_tags(&self, stream: &DeliveryStream, tags: BTreeMap<String, String>) -> Result<(), AwsError> {
        self.change(stream, |description| {
            if tags.len() > MOST_TAGS {
                // Not confirmed on AWS: the wording.
                let message = format!("A delivery stream cannot have more than {MOST_TAGS} tags.");
                return Err(AwsError::new("LimitExceededException", message));
            }
            description.tags = tags;
            Ok(())
        })
    }
}

/// Refuses tags that the service model does not allow.
pub fn check(tags: &[Tag]) -> Result<(), AwsError> {
    let mut check = Constraints::default();
    if tags.len() > MOST_TAGS {
        check.length("tags", "[]", tags.len(), 1, MOST_TAGS);
    }
    for (place, tag) in tags.iter().enumerate() {
        check.text(&format!("tags.{}.member.key", place + 1), Some(&tag.key), 1, 128);
        check.text(&format!("tags.{}.member.value", place + 1), tag.value.as_deref(), 0, 256);
    }
    check.finish()
}
