//! A topic: how it is named, what is set on it, and who may publish to it.

use std::collections::BTreeMap;

use hydrant_cfn::iam::{PolicyDocument, PolicyError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::refusal::invalid;
use crate::error::AwsError;
use crate::identity::Caller;

/// Which topic is meant, wherever it lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicKey {
    pub account: String,
    pub region: String,
    pub name: String,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    pub key: TopicKey,
    pub display_name: String,
    /// JSON text; the default policy when `None`.
    pub policy: Option<String>,
    pub delivery_policy: Option<String>,
    /// Encryption is remembered and shown, not applied.
    pub kms_key: Option<String>,
    pub signature_version: Option<String>,
    pub tracing: Option<String>,
    pub tags: BTreeMap<String, String>,
}

impl TopicKey {
    pub fn new(caller: &Caller, name: &str) -> Result<Self, AwsError> {
        if name.ends_with(".fifo") {
            return Err(AwsError::not_supported("a FIFO topic"));
        }
        let is_name = (1..=256).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_name {
            return Err(invalid("Topic Name"));
        }
        Ok(Self { account: caller.account.clone(), region: caller.region.clone(), name: name.to_owned() })
    }

    pub fn from_arn(arn: &str) -> Result<Self, AwsError> {
        let parts: Vec<&str> = arn.split(':').collect();
        match parts[..] {
            ["arn", _, "sns", region, account, name] if !name.is_empty() => {
                Ok(Self { account: account.into(), region: region.into(), name: name.into() })
            }
            _ => Err(invalid("TopicArn")),
        }
    }

    pub fn arn(&self) -> String {
        format!("arn:aws:sns:{}:{}:{}", self.region, self.account, self.name)
    }

    /// Returns the key under which tables keep the topic.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }
}

impl Topic {
    pub fn new(key: TopicKey) -> Self {
        Self {
            key,
            display_name: String::new(),
            policy: None,
            delivery_policy: None,
            kms_key: None,
            signature_version: None,
            tracing: None,
            tags: BTreeMap::new(),
        }
    }

    /// Returns the topic's policy.
    pub fn policy(&self) -> Value {
        let own = self.policy.as_deref().and_then(|text| serde_json::from_str(text).ok());
        own.unwrap_or_else(|| self.default_policy())
    }

    /// Returns the policy that AWS gives to a topic: its own account may do everything.
    fn default_policy(&self) -> Value {
        json!({
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [{
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "SNS:GetTopicAttributes",
                    "SNS:SetTopicAttributes",
                    "SNS:AddPermission",
                    "SNS:RemovePermission",
                    "SNS:DeleteTopic",
                    "SNS:Subscribe",
                    "SNS:ListSubscriptionsByTopic",
                    "SNS:Publish",
                ],
                "Resource": self.key.arn(),
                "Condition": {"StringEquals": {"AWS:SourceOwner": self.key.account}},
            }],
        })
    }

    /// Sets one attribute; an empty text takes it back to what it was at first.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), AwsError> {
        let given = (!value.is_empty()).then(|| value.to_owned());
        match name {
            "DisplayName" if value.chars().count() > 100 => {
                return Err(invalid("DisplayName Reason: must be less than or equal to 100 characters long"));
            }
            "DisplayName" => value.clone_into(&mut self.display_name),
            "Policy" => {
                if !value.is_empty() {
                    check_policy(value)?;
                }
                self.policy = given;
            }
            "DeliveryPolicy" => {
                if !value.is_empty() {
                    return Err(AwsError::not_supported("`DeliveryPolicy` of a topic"));
                }
                self.delivery_policy = given;
            }
            "KmsMasterKeyId" => self.kms_key = given,
            "SignatureVersion" if matches!(value, "1" | "2") => self.signature_version = given,
            "TracingConfig" if matches!(value, "PassThrough") => self.tracing = given,
            "TracingConfig" => return Err(AwsError::not_supported("active tracing of a topic")),
            "FifoTopic" if value.eq_ignore_ascii_case("false") => {}
            "FifoTopic" | "ContentBasedDeduplication" | "FifoThroughputScope" | "ArchivePolicy" => {
                return Err(AwsError::not_supported(format_args!("`{name}` of a topic")));
            }
            name if name.ends_with("FeedbackRoleArn") || name.ends_with("FeedbackSampleRate") => {
                return Err(AwsError::not_supported(format_args!("`{name}` of a topic")));
            }
            _ => return Err(invalid("AttributeName")),
        }
        Ok(())
    }

    /// Returns the topic's attributes as clients read them.
    pub fn attributes(&self, confirmed: usize, pending: usize) -> Map<String, Value> {
        let own = [
            ("TopicArn", Some(self.key.arn())),
            ("Owner", Some(self.key.account.clone())),
            ("DisplayName", Some(self.display_name.clone())),
            ("Policy", Some(self.policy().to_string())),
            ("SubscriptionsConfirmed", Some(confirmed.to_string())),
            ("SubscriptionsPending", Some(pending.to_string())),
            ("SubscriptionsDeleted", Some("0".to_owned())),
            ("EffectiveDeliveryPolicy", Some(EFFECTIVE_DELIVERY_POLICY.to_owned())),
            ("KmsMasterKeyId", self.kms_key.clone()),
            ("SignatureVersion", self.signature_version.clone()),
            ("TracingConfig", self.tracing.clone()),
        ];
        own.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect()
    }
}

/// How deliveries to HTTP endpoints are tried again when nothing else is set.
const EFFECTIVE_DELIVERY_POLICY: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#;

fn check_policy(text: &str) -> Result<(), AwsError> {
    PolicyDocument::from_text(text).map(drop).map_err(|error| match error {
        PolicyError::Malformed(_) => invalid("Policy Error: null"),
        PolicyError::Unsupported(what) => AwsError::not_supported(what),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_topics_as_aws_does() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let key = TopicKey::new(&caller, "alerts").unwrap();
        assert_eq!(key.arn(), "arn:aws:sns:us-east-1:111122223333:alerts");
        assert_eq!(TopicKey::from_arn(&key.arn()), Ok(key));
        assert_eq!(TopicKey::new(&caller, "a b").unwrap_err().code, "InvalidParameter");
        assert_eq!(TopicKey::new(&caller, "a.fifo").unwrap_err().status, 501);
        assert_eq!(TopicKey::from_arn("alerts").unwrap_err().code, "InvalidParameter");
    }

    #[test]
    fn takes_only_attributes_that_it_has() {
        let caller = Caller::administrator("111122223333", "us-east-1");
        let mut topic = Topic::new(TopicKey::new(&caller, "t").unwrap());
        assert_eq!(topic.set("Colour", "red").unwrap_err().code, "InvalidParameter");
        assert_eq!(topic.set("Policy", "{").unwrap_err().code, "InvalidParameter");
        assert_eq!(topic.set("DeliveryPolicy", "{}").unwrap_err().status, 501);
        topic.set("DisplayName", "Alerts").unwrap();
        assert_eq!(topic.attributes(1, 0)["DisplayName"], "Alerts");
    }
}
