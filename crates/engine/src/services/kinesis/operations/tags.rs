//! Tags of streams, through the older operations by name and the newer ones by ARN.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::Kinesis;
use crate::services::kinesis::refusal;
use crate::services::kinesis::stream::{Description, Stream};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const MOST_TAGS: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddTags {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemoveTags {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTags {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    exclusive_start_tag_key: Option<String>,
    limit: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceTags {
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

impl Kinesis {
    pub fn add_tags(&self, aws: &Arc<Aws>, caller: &Caller, input: &AddTags) -> Result<Reply, AwsError> {
        check(&input.tags)?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (_, stream) = self.target(aws, caller, "kinesis:AddTagsToStream", name, arn)?;
        self.tag(&stream, &input.tags)?;
        Ok(Reply::empty())
    }

    pub fn remove_tags(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &RemoveTags,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.length("tagKeys", "[]", input.tag_keys.len(), 1, MOST_TAGS);
        check.finish()?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (_, stream) = self.target(aws, caller, "kinesis:RemoveTagsFromStream", name, arn)?;
        self.untag(&stream, &input.tag_keys)?;
        Ok(Reply::empty())
    }

    pub fn list_tags(&self, aws: &Arc<Aws>, caller: &Caller, input: &ListTags) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.range("limit", input.limit, 1, 50);
        check.finish()?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (_, stream) = self.target(aws, caller, "kinesis:ListTagsForStream", name, arn)?;
        let state = stream.state();
        let limit = usize::try_from(input.limit.unwrap_or(50)).unwrap_or(1);
        let after = input.exclusive_start_tag_key.as_deref();
        let tags =
            state.description.tags.iter().filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        let tags: Vec<Value> = tags.map(tag_entry).collect();
        Reply::of(&json!({"HasMoreTags": tags.len() > limit, "Tags": &tags[..tags.len().min(limit)]}))
    }

    pub fn tag_resource(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &ResourceTags,
    ) -> Result<Reply, AwsError> {
        check(&input.tags)?;
        let stream = self.tagged(aws, caller, "kinesis:TagResource", input)?;
        self.tag(&stream, &input.tags)?;
        Ok(Reply::empty())
    }

    pub fn untag_resource(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &ResourceTags,
    ) -> Result<Reply, AwsError> {
        let stream = self.tagged(aws, caller, "kinesis:UntagResource", input)?;
        self.untag(&stream, &input.tag_keys)?;
        Ok(Reply::empty())
    }

    pub fn list_tags_for_resource(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &ResourceTags,
    ) -> Result<Reply, AwsError> {
        let stream = self.tagged(aws, caller, "kinesis:ListTagsForResource", input)?;
        let tags: Vec<Value> = stream.state().description.tags.iter().map(tag_entry).collect();
        Reply::of(&json!({"Tags": tags}))
    }

    fn tagged(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        action: &str,
        input: &ResourceTags,
    ) -> Result<Arc<Stream>, AwsError> {
        let mut check = Constraints::default();
        check.present("resourceARN", input.resource_arn.is_some());
        check.finish()?;
        Ok(self.target(aws, caller, action, None, input.resource_arn.as_deref())?.1)
    }

    pub fn tag(&self, stream: &Stream, tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
        self.change(stream, |description: &mut Description| {
            description.tags.extend(tags.clone());
            if description.tags.len() > MOST_TAGS {
                return Err(refusal::invalid_argument(format!(
                    "Failed to add tags to stream {} under account {} because a given stream cannot have more than \
                     {MOST_TAGS} tags associated with it.",
                    description.name, description.account
                )));
            }
            Ok(())
        })
    }

    pub fn untag(&self, stream: &Stream, keys: &[String]) -> Result<(), AwsError> {
        self.change(stream, |description: &mut Description| {
            description.tags.retain(|key, _| !keys.contains(key));
            Ok(())
        })
    }
}

fn tag_entry((key, value): (&String, &String)) -> Value {
    json!({"Key": key, "Value": value})
}

/// Refuses tags that AWS does not take.
pub fn check(tags: &BTreeMap<String, String>) -> Result<(), AwsError> {
    let mut check = Constraints::default();
    for (key, value) in tags {
        check.text("tags", Some(key), 1, 128);
        check.text("tags", Some(value), 0, 256);
    }
    check.finish()?;
    let is_allowed =
        |letter: char| letter.is_alphanumeric() || letter.is_whitespace() || "_./=+-%@:".contains(letter);
    if tags.iter().any(|(key, value)| !key.chars().chain(value.chars()).all(is_allowed)) {
        return Err(refusal::invalid_argument(
            "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + \
             - % @ :.",
        ));
    }
    Ok(())
}
