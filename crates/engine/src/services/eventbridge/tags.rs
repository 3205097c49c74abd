//! Tags of rules, by the rule's ARN.

use serde::Deserialize;
use serde_json::{Value, json};

use super::EventBridge;
use super::operations::Tag;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::json::{Call, Reply};

const TAGS_OF_A_RULE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tagged {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Vec<Tag>,
    tag_keys: Vec<String>,
}

impl Tagged {
    /// Returns the name of the rule, which belongs to the caller's account and region.
    fn rule(&self, caller: &Caller) -> Result<&str, AwsError> {
        let own = caller.arn("events", "rule/");
        let name = self.arn.strip_prefix(&own).map(|name| name.strip_prefix("default/").unwrap_or(name));
        name.filter(|name| !name.is_empty() && !name.contains('/')).ok_or_else(|| {
            if self.arn.starts_with("arn:aws:events:") && !self.arn.contains(":rule/") {
                return AwsError::not_supported("tags of anything but rules");
            }
            // Not confirmed on AWS: the wording.
            AwsError::new("ResourceNotFoundException", format!("Rule {} does not exist.", self.arn))
        })
    }
}

/// Answers TagResource, UntagResource and ListTagsForResource.
pub fn answer(bus: &EventBridge, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: Tagged = call.input()?;
    let name = input.rule(caller)?.to_owned();
    let action = format!("events:{}", call.operation);
    aws.services.iam.authorize(caller, &action, &input.arn, None, &[])?;
    match call.operation.as_str() {
        "ListTagsForResource" => {
            let tags = bus.rule(caller, &name)?.tags;
            let tag = |(key, value)| json!({"Key": key, "Value": value});
            Reply::of(&json!({"Tags": tags.into_iter().map(tag).collect::<Vec<Value>>()}))
        }
        "TagResource" => bus.change(caller, &name, |rule| {
            rule.tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
            if rule.tags.len() > TAGS_OF_A_RULE {
                let message = "The requested resource exceeds the maximum number allowed.";
                return Err(AwsError::new("LimitExceededException", message));
            }
            Ok(Reply::empty())
        }),
        _ => bus.change(caller, &name, |rule| {
            rule.tags.retain(|key, _| !input.tag_keys.contains(key));
            Ok(Reply::empty())
        }),
    }
}
