//! A published message, and the forms in which its receivers get it.
//!
//! Messages are not signed here: `Signature` is empty, and `SigningCertURL` names nothing that exists.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::subscription::{Protocol, Subscription};
use crate::clock::Timestamp;
use crate::services::sqs::MessageAttribute;

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    pub message_id: String,
    pub topic_arn: String,
    pub subject: Option<String>,
    pub message: Text,
    pub timestamp: Timestamp,
    pub attributes: BTreeMap<String, MessageAttribute>,
}

/// What a message says: the same to all, or to each protocol its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Text {
    Same(String),
    ByProtocol(BTreeMap<String, String>),
}

impl Text {
    pub fn of(&self, protocol: Protocol) -> &str {
        match self {
            Self::Same(text) => text,
            Self::ByProtocol(texts) => {
                texts.get(protocol.name()).or_else(|| texts.get("default")).map_or("", String::as_str)
            }
        }
    }
}

impl Notification {
    /// Returns what queues and HTTP endpoints get when they do not want the message alone.
    pub fn envelope(&self, subscription: &Subscription, endpoint: &str) -> Value {
        let mut envelope = json!({
            "Type": "Notification",
            "MessageId": self.message_id,
            "TopicArn": self.topic_arn,
        });
        if let Some(subject) = &self.subject {
            envelope["Subject"] = json!(subject);
        }
        envelope["Message"] = json!(self.message.of(subscription.protocol));
        envelope["Timestamp"] = json!(self.timestamp.iso8601());
        envelope["SignatureVersion"] = json!("1");
        envelope["Signature"] = json!("");
        envelope["SigningCertURL"] = json!(format!("{endpoint}/SimpleNotificationService.pem"));
        envelope["UnsubscribeURL"] = json!(unsubscribe_url(subscription, endpoint));
        if !self.attributes.is_empty() {
            envelope["MessageAttributes"] = self.described_attributes();
        }
        envelope
    }

    /// Returns the line that delivery streams get when they do not want the message alone, which is not signed,
    /// <https://docs.aws.amazon.com/sns/latest/dg/firehose-archived-message-format-S3.html>.
    ///
    /// Not confirmed on AWS: whether the line break comes from SNS. That page shows it in objects, and the one on
    /// HTTP destinations a message without it.
    pub fn archived(&self, subscription: &Subscription, endpoint: &str) -> String {
        let mut envelope = self.envelope(subscription, endpoint);
        if let Some(envelope) = envelope.as_object_mut() {
            envelope.retain(|name, _| !name.starts_with("Sign"));
        }
        format!("{envelope}\n")
    }

    /// Returns the event that functions get.
    pub fn event(&self, subscription: &Subscription, endpoint: &str) -> Value {
        json!({"Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription.arn(),
            "Sns": {
                "Type": "Notification",
                "MessageId": self.message_id,
                "TopicArn": self.topic_arn,
                "Subject": self.subject,
                "Message": self.message.of(Protocol::Lambda),
                "Timestamp": self.timestamp.iso8601(),
                "SignatureVersion": "1",
                "Signature": "",
                "SigningCertUrl": format!("{endpoint}/SimpleNotificationService.pem"),
                "UnsubscribeUrl": unsubscribe_url(subscription, endpoint),
                "MessageAttributes": self.described_attributes(),
            },
        }]})
    }

    fn described_attributes(&self) -> Value {
        let describe = |(name, attribute): (&String, &MessageAttribute)| {
            let value = attribute.string_value.as_ref().or(attribute.binary_value.as_ref());
            (name.clone(), json!({"Type": attribute.data_type, "Value": value}))
        };
        Value::Object(self.attributes.iter().map(describe).collect())
    }
}

/// Returns a query that an engine understands without a signature: the credential in it names service and account.
pub fn signed_query(subscription: &Subscription) -> String {
    let topic = &subscription.topic;
    format!("X-Amz-Credential={}%2F20260101%2F{}%2Fsns%2Faws4_request", topic.account, topic.region)
}

fn unsubscribe_url(subscription: &Subscription, endpoint: &str) -> String {
    let arn = subscription.arn();
    format!("{endpoint}/?Action=Unsubscribe&SubscriptionArn={arn}&{}", signed_query(subscription))
}
