//! Tags of alarms, by the alarm's ARN.

use serde::Deserialize;
use serde_json::{Value, json};

use super::CloudWatch;
use super::alarm::Alarm;
use super::alarm_operations::Tag;
use super::input::read;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::loose::list;

const TAGS_OF_AN_ALARM: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tagged {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(deserialize_with = "list")]
    tags: Vec<Tag>,
    #[serde(deserialize_with = "list")]
    tag_keys: Vec<String>,
}

fn not_found() -> AwsError {
    // Not confirmed on AWS: the wording.
    AwsError::new("ResourceNotFoundException", "The named resource does not exist.").status(404)
}

impl CloudWatch {
    /// Returns the key of the alarm that an ARN names, when the caller may do `action` with it.
    fn tagged(&self, aws: &Aws, caller: &Caller, action: &str, arn: &str) -> Result<String, AwsError> {
        aws.services.iam.authorize(caller, action, arn, None, &[])?;
        let name = arn.strip_prefix(&caller.arn("cloudwatch", "alarm:")).ok_or_else(not_found)?;
        Ok(format!("{}{name}", caller.scope()))
    }

    /// Changes an alarm that exists; it is written before anybody sees it.
    fn change_tags(&self, key: &str, change: impl FnOnce(&mut Alarm)) -> Result<Value, AwsError> {
        let mut alarms = self.alarms();
        let mut alarm = alarms.get(key).cloned().ok_or_else(not_found)?;
        change(&mut alarm);
        if alarm.tags.len() > TAGS_OF_AN_ALARM {
            let message = "An alarm can have no more than 50 tags.";
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        self.alarm_table.put(key, &alarm)?;
        alarms.insert(key.to_owned(), alarm);
        Ok(json!({}))
    }

    pub(super) fn list_tags(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        let input: Tagged = read(input)?;
        let key = self.tagged(aws, caller, "cloudwatch:ListTagsForResource", &input.arn)?;
        let tags = self.alarms().get(&key).ok_or_else(not_found)?.tags.clone();
        let tag = |(key, value)| json!({"Key": key, "Value": value});
        Ok(json!({"Tags": tags.into_iter().map(tag).collect::<Vec<Value>>()}))
    }

    pub(super) fn tag(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        let input: Tagged = read(input)?;
        let key = self.tagged(aws, caller, "cloudwatch:TagResource", &input.arn)?;
        self.change_tags(&key, |alarm| {
            alarm.tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
        })
    }

    pub(super) fn untag(&self, aws: &Aws, caller: &Caller, input: Value) -> Result<Value, AwsError> {
        let input: Tagged = read(input)?;
        let key = self.tagged(aws, caller, "cloudwatch:UntagResource", &input.arn)?;
        self.change_tags(&key, |alarm| alarm.tags.retain(|key, _| !input.tag_keys.contains(key)))
    }
}
