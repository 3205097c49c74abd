//! The attributes of a queue: read from the texts that clients send, checked, and written back.

use std::collections::BTreeMap;

use hydrant_cfn::iam::PolicyDocument;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::queue::QueueKey;
use super::redrive::{RedriveAllow, RedrivePolicy};
use super::refusal::invalid_attribute;
use crate::error::AwsError;

/// Largest message that a queue can be made to take, in bytes.
pub const LARGEST_MESSAGE: u32 = 1_048_576;

/// What is set on a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Seconds until a new message may be received.
    pub delay: u32,
    /// Bytes.
    pub maximum_message_size: u32,
    /// Seconds for which messages are kept.
    pub retention: u32,
    /// Seconds for which a receive waits for a message.
    pub wait: u32,
    /// Seconds for which a received message is hidden from others.
    pub visibility_timeout: u32,
    /// JSON text.
    pub policy: Option<String>,
    pub redrive: Option<RedrivePolicy>,
    pub redrive_allow: Option<RedriveAllow>,
    /// Encryption is remembered and shown, not applied.
    pub kms_key: Option<String>,
    pub kms_reuse: u32,
    pub managed_encryption: bool,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            delay: 0,
            maximum_message_size: LARGEST_MESSAGE,
            retention: 345_600,
            wait: 0,
            visibility_timeout: 30,
            policy: None,
            redrive: None,
            redrive_allow: None,
            kms_key: None,
            kms_reuse: 300,
            managed_encryption: true,
        }
    }
}

impl Attributes {
    /// Sets what a client gives; the rest stays as it is.
    pub fn set(&mut self, given: &BTreeMap<String, String>, queue: &QueueKey) -> Result<(), AwsError> {
        for (name, value) in given {
            let number = |least: u32, most: u32| {
                let number = value.parse().ok().filter(|number| (least..=most).contains(number));
                number.ok_or_else(|| invalid_attribute(name))
            };
            match name.as_str() {
                "DelaySeconds" => self.delay = number(0, 900)?,
                "MaximumMessageSize" => self.maximum_message_size = number(1024, LARGEST_MESSAGE)?,
                "MessageRetentionPeriod" => self.retention = number(60, 1_209_600)?,
                "ReceiveMessageWaitTimeSeconds" => self.wait = number(0, 20)?,
                "VisibilityTimeout" => self.visibility_timeout = number(0, 43_200)?,
                "Policy" => self.policy = policy(value)?,
                "RedrivePolicy" => self.redrive = RedrivePolicy::read(value, queue)?,
                "RedriveAllowPolicy" => self.redrive_allow = RedriveAllow::read(value)?,
                "KmsMasterKeyId" => {
                    self.kms_key = (!value.is_empty()).then(|| value.clone());
                    self.managed_encryption = value.is_empty() && self.managed_encryption;
                }
                "KmsDataKeyReusePeriodSeconds" => self.kms_reuse = number(60, 86_400)?,
                "SqsManagedSseEnabled" => {
                    self.managed_encryption = boolean(value).ok_or_else(|| invalid_attribute(name))?;
                }
                "FifoQueue" if boolean(value) == Some(true) => {
                    return Err(AwsError::not_supported("a FIFO queue"));
                }
                "FifoQueue" | "ContentBasedDeduplication" | "DeduplicationScope" | "FifoThroughputLimit" => {
                    let message = format!("Unknown Attribute {name}.");
                    return Err(AwsError::new("InvalidAttributeName", message));
                }
                other => {
                    let message = format!("Unknown Attribute {other}.");
                    return Err(AwsError::new("InvalidAttributeName", message));
                }
            }
        }
        Ok(())
    }

    /// Returns what can be set, as clients read it.
    pub fn texts(&self) -> Map<String, Value> {
        let numbers = [
            ("VisibilityTimeout", self.visibility_timeout),
            ("MaximumMessageSize", self.maximum_message_size),
            ("MessageRetentionPeriod", self.retention),
            ("DelaySeconds", self.delay),
            ("ReceiveMessageWaitTimeSeconds", self.wait),
        ];
        let mut texts: Map<String, Value> =
            numbers.into_iter().map(|(name, number)| (name.to_owned(), number.to_string().into())).collect();
        let optional = [
            ("Policy", self.policy.clone()),
            ("RedrivePolicy", self.redrive.as_ref().map(RedrivePolicy::text)),
            ("RedriveAllowPolicy", self.redrive_allow.as_ref().map(RedriveAllow::text)),
            ("KmsMasterKeyId", self.kms_key.clone()),
            ("KmsDataKeyReusePeriodSeconds", self.kms_key.as_ref().map(|_| self.kms_reuse.to_string())),
        ];
        let optional = optional.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
        texts.extend(optional);
        texts.insert("SqsManagedSseEnabled".to_owned(), self.managed_encryption.to_string().into());
        texts
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Reads a policy; an empty text takes it away.
fn policy(text: &str) -> Result<Option<String>, AwsError> {
    if text.is_empty() {
        return Ok(None);
    }
    PolicyDocument::from_text(text).map_err(|error| match error {
        hydrant_cfn::iam::PolicyError::Malformed(_) => invalid_attribute("Policy"),
        hydrant_cfn::iam::PolicyError::Unsupported(what) => AwsError::not_supported(what),
    })?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> Result<Attributes, String> {
        let key = QueueKey { account: "111122223333".into(), region: "us-east-1".into(), name: "q".into() };
        let mut attributes = Attributes::default();
        let given = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        attributes.set(&given, &key).map(|()| attributes).map_err(|error| error.code)
    }

    #[test]
    fn takes_what_lies_on_the_limits_and_nothing_beyond() {
        for (name, least, most) in [
            ("DelaySeconds", 0, 900),
            ("MaximumMessageSize", 1024, 1_048_576),
            ("MessageRetentionPeriod", 60, 1_209_600),
            ("ReceiveMessageWaitTimeSeconds", 0, 20),
            ("VisibilityTimeout", 0, 43_200),
        ] {
            for number in [least, most] {
                let attributes = set(name, &number.to_string()).unwrap();
                assert_eq!(attributes.texts()[name], number.to_string());
            }
            for number in [least - 1, most + 1] {
                assert_eq!(
                    set(name, &number.to_string()),
                    Err("InvalidAttributeValue".into()),
                    "{name} {number}"
                );
            }
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert_eq!(set("Colour", "red"), Err("InvalidAttributeName".into()));
        assert_eq!(set("FifoQueue", "true"), Err("NotImplemented".into()));
        assert_eq!(set("Policy", "{"), Err("InvalidAttributeValue".into()));
        assert_eq!(set("Policy", "").unwrap().policy, None);
    }
}
