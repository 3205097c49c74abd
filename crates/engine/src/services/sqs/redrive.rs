//! Redrive policies: where a message goes that was received too often, and which queues may send theirs here.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::queue::QueueKey;
use super::refusal::invalid_parameter;
use crate::error::AwsError;

/// The dead-letter queue of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedrivePolicy {
    pub target_arn: String,
    pub max_receive_count: u32,
}

/// Which queues may name a queue as their dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedriveAllow {
    All,
    None,
    ByQueue(Vec<String>),
}

impl RedrivePolicy {
    /// Reads the attribute of a queue; an empty text takes the policy away.
    pub fn read(text: &str, queue: &QueueKey) -> Result<Option<Self>, AwsError> {
        if text.is_empty() {
            return Ok(None);
        }
        let invalid = |reason: &str| invalid_parameter(text, "RedrivePolicy", reason);
        let policy: Value =
            serde_json::from_str(text).map_err(|_| invalid("Redrive policy is not a valid JSON map."))?;
        let target = policy["deadLetterTargetArn"].as_str();
        let target = target.ok_or_else(|| {
            invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
        })?;
        // Templates and clients give the number as text, too.
        let count = match &policy["maxReceiveCount"] {
            Value::Null => {
                return Err(invalid("Redrive policy does not contain mandatory attribute: maxReceiveCount."));
            }
            Value::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        let count =
            count.and_then(|count| u32::try_from(count).ok()).filter(|count| (1..=1000).contains(count));
        let max_receive_count = count.ok_or_else(|| {
            invalid("Invalid value for maxReceiveCount: must be an integer between 1 and 1000 inclusive.")
        })?;
        let Some(key) = QueueKey::from_arn(target) else {
            return Err(invalid("Invalid value for deadLetterTargetArn."));
        };
        if key.region != queue.region || key.account != queue.account {
            return Err(invalid(
                "Dead-letter target must be owned by same AWS account and reside in the same region.",
            ));
        }
        Ok(Some(Self { target_arn: target.to_owned(), max_receive_count }))
    }

    /// Returns the attribute as AWS shows it.
    pub fn text(&self) -> String {
        json!({"deadLetterTargetArn": self.target_arn, "maxReceiveCount": self.max_receive_count}).to_string()
    }
}

impl RedriveAllow {
    pub fn read(text: &str) -> Result<Option<Self>, AwsError> {
        if text.is_empty() {
            return Ok(None);
        }
        let invalid = |reason: &str| invalid_parameter(text, "RedriveAllowPolicy", reason);
        let policy: Value =
            serde_json::from_str(text).map_err(|_| invalid("RedriveAllowPolicy is not a valid JSON map."))?;
        let arns = policy["sourceQueueArns"].as_array();
        match (policy["redrivePermission"].as_str(), arns) {
            (Some("allowAll"), None) => Ok(Some(Self::All)),
            (Some("denyAll"), None) => Ok(Some(Self::None)),
            (Some("byQueue"), Some(arns)) if (1..=10).contains(&arns.len()) => {
                let arns = arns.iter().filter_map(Value::as_str).map(str::to_owned);
                Ok(Some(Self::ByQueue(arns.collect())))
            }
            // The words are not confirmed on AWS.
            _ => Err(invalid(
                "redrivePermission must be allowAll, denyAll, or byQueue with 1 to 10 sourceQueueArns.",
            )),
        }
    }

    pub fn allows(&self, source_arn: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::ByQueue(arns) => arns.iter().any(|arn| arn == source_arn),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::All => json!({"redrivePermission": "allowAll"}),
            Self::None => json!({"redrivePermission": "denyAll"}),
            Self::ByQueue(arns) => json!({"redrivePermission": "byQueue", "sourceQueueArns": arns}),
        }
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_policies_and_refuses_others() {
        let key = QueueKey { account: "111122223333".into(), region: "us-east-1".into(), name: "q".into() };
        let read = |text: &str| RedrivePolicy::read(text, &key);
        let arn = "arn:aws:sqs:us-east-1:111122223333:dead";
        let policy = read(&json!({"deadLetterTargetArn": arn, "maxReceiveCount": "3"}).to_string());
        assert_eq!(policy, Ok(Some(RedrivePolicy { target_arn: arn.into(), max_receive_count: 3 })));
        assert_eq!(read(""), Ok(None));
        for bad in [
            "no".to_owned(),
            json!({"maxReceiveCount": 3}).to_string(),
            json!({"deadLetterTargetArn": arn}).to_string(),
            json!({"deadLetterTargetArn": arn, "maxReceiveCount": 0}).to_string(),
            json!({"deadLetterTargetArn": arn.replace("us-east", "eu-west"), "maxReceiveCount": 1})
                .to_string(),
        ] {
            assert_eq!(read(&bad).unwrap_err().code, "InvalidParameterValue", "{bad}");
        }
        let by_queue = json!({"redrivePermission": "byQueue", "sourceQueueArns": ["a"]}).to_string();
        let by_queue = RedriveAllow::read(&by_queue).unwrap().unwrap();
        assert!(by_queue.allows("a") && !by_queue.allows("b"));
    }
}
