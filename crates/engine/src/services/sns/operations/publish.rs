//! Publish and PublishBatch: messages are checked, and on their way to every subscription that wants them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::entries;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sns::Sns;
use crate::services::sns::delivery::Delivery;
use crate::services::sns::filter::FilterPolicy;
use crate::services::sns::notification::{Notification, Text};
use crate::services::sns::refusal::invalid;
use crate::services::sns::subscription::Subscription;
use crate::services::sns::topic::TopicKey;
use crate::services::sqs::MessageAttribute;
use crate::wire::query::{Call, Reply, loose};

/// Largest message with its attributes, and largest batch, in bytes.
const LIMIT: usize = 262_144;
/// Messages that a batch may have.
const MOST: usize = 10;

/// What a publisher gives.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Publication {
    pub message: Option<String>,
    pub subject: Option<String>,
    /// `json` when `message` holds an object with a text for each protocol.
    pub message_structure: Option<String>,
    pub message_attributes: Value,
    pub message_group_id: Option<String>,
    pub message_deduplication_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishCall {
    topic_arn: Option<String>,
    target_arn: Option<String>,
    phone_number: Option<String>,
    #[serde(flatten)]
    publication: Publication,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    topic_arn: String,
    #[serde(default, deserialize_with = "loose::list")]
    publish_batch_request_entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    #[serde(flatten)]
    publication: Publication,
}

impl Sns {
    pub(super) fn publish_call(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: PublishCall = call.input()?;
        if input.phone_number.is_some() {
            return Err(AwsError::not_supported("a text message to a phone"));
        }
        let arn = input
            .topic_arn
            .or(input.target_arn)
            .ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
        let id = self.publish_with(aws, caller, &arn, input.publication, &[])?;
        Reply::of(&json!({"MessageId": id}))
    }

    /// Publishes a message with all that a publisher can give; needs `sns:Publish`. `context` holds condition keys
    /// such as `aws:SourceArn`. Returns the message id.
    pub fn publish_with(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        topic_arn: &str,
        publication: Publication,
        context: &[(&str, &str)],
    ) -> Result<String, AwsError> {
        let key = TopicKey::from_arn(topic_arn)?;
        self.authorized(aws, caller, "sns:Publish", &key, context)?;
        self.send(aws, &key, &publication)
    }

    /// Accepts a message; it is on its way to every subscription that wants it when this returns.
    fn send(&self, aws: &Arc<Aws>, key: &TopicKey, publication: &Publication) -> Result<String, AwsError> {
        let notification = publication.checked(aws, key)?;
        let wanting: Vec<Subscription> = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let own = state.subscriptions.values().filter(|one| one.topic == *key && !one.is_pending());
            own.filter(|subscription| wants(subscription, &notification)).cloned().collect()
        };
        let id = notification.message_id.clone();
        let deliveries = wanting.iter().map(|subscription| Delivery::new(subscription, notification.clone()));
        self.dispatch(aws, deliveries.collect())?;
        Ok(id)
    }

    pub(super) fn publish_batch_call(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        call: &Call,
    ) -> Result<Reply, AwsError> {
        let input: Batch = call.input()?;
        let key = TopicKey::from_arn(&input.topic_arn)?;
        self.authorized(aws, caller, "sns:Publish", &key, &[])?;
        check_batch(&input.publish_batch_request_entries)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for Entry { id, publication } in &input.publish_batch_request_entries {
            match self.send(aws, &key, publication) {
                Ok(message_id) => successful.push(json!({"Id": id, "MessageId": message_id})),
                Err(error) => failed.push(json!({
                    "Id": id,
                    "Code": error.code,
                    "Message": error.message,
                    "SenderFault": error.status < 500,
                })),
            }
        }
        Reply::of(&json!({"Successful": successful, "Failed": failed}))
    }
}

/// Tells whether a message passes a subscription's filter; a filter was read when it was set.
fn wants(subscription: &Subscription, notification: &Notification) -> bool {
    let policy = subscription.options.filter_policy.as_deref();
    let policy = policy.and_then(|text| FilterPolicy::read(text).ok());
    policy.is_none_or(|policy| policy.accepts(&notification.attributes))
}

fn check_batch(entries: &[Entry]) -> Result<(), AwsError> {
    if entries.is_empty() {
        return Err(AwsError::new("EmptyBatchRequest", "The batch request doesn't contain any entries."));
    }
    if entries.len() > MOST {
        let message = "The batch request contains more entries than permissible.";
        return Err(AwsError::new("TooManyEntriesInBatchRequest", message));
    }
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if ids.len() < entries.len() {
        let message = "Two or more batch entries in the request have the same Id.";
        return Err(AwsError::new("BatchEntryIdsNotDistinct", message));
    }
    let size: usize = entries.iter().map(|entry| entry.publication.size()).sum();
    if size > LIMIT {
        let message = "The length of all the batch messages put together is more than the limit.";
        return Err(AwsError::new("BatchRequestTooLong", message));
    }
    Ok(())
}

impl Publication {
    fn attributes(&self) -> BTreeMap<String, MessageAttribute> {
        let read = |entry: &Value| {
            let name = entry["Name"].as_str()?.to_owned();
            Some((name, MessageAttribute::deserialize(&entry["Value"]).ok()?))
        };
        entries(&self.message_attributes).filter_map(read).collect()
    }

    fn size(&self) -> usize {
        let attribute = |(name, one): (&String, &MessageAttribute)| {
            let value = one.string_value.as_ref().or(one.binary_value.as_ref());
            name.len() + one.data_type.len() + value.map_or(0, String::len)
        };
        self.message.as_ref().map_or(0, String::len) + self.attributes().iter().map(attribute).sum::<usize>()
    }

    /// Refuses what AWS refuses, and makes the message.
    fn checked(&self, aws: &Aws, topic: &TopicKey) -> Result<Notification, AwsError> {
        if let Some(id) = self.message_group_id.as_ref().or(self.message_deduplication_id.as_ref()) {
            let reason = format!(
                "{id} Reason: The request includes a parameter that is not valid for this topic type"
            );
            return Err(invalid(reason));
        }
        let message = self.message.as_deref().unwrap_or_default();
        if message.is_empty() {
            return Err(invalid("Empty message"));
        }
        if self.size() > LIMIT {
            return Err(invalid("Message too long"));
        }
        let subject = self.subject.as_deref().filter(|subject| !subject.is_empty());
        if subject.is_some_and(|subject| !is_subject(subject)) {
            return Err(invalid("Subject"));
        }
        let attributes = self.attributes();
        for (name, attribute) in &attributes {
            check_attribute(name, attribute)?;
        }
        Ok(Notification {
            message_id: uuid::Uuid::new_v4().to_string(),
            topic_arn: topic.arn(),
            subject: subject.map(str::to_owned),
            message: self.text(message)?,
            timestamp: aws.clock.now(),
            attributes,
        })
    }

    fn text(&self, message: &str) -> Result<Text, AwsError> {
        match self.message_structure.as_deref() {
            None | Some("") => Ok(Text::Same(message.to_owned())),
            Some("json") => {
                let texts: Value = serde_json::from_str(message)
                    .map_err(|_| invalid("Message Structure - JSON message body failed to parse"))?;
                let texts = texts.as_object().into_iter().flatten();
                let texts = texts.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())));
                let texts: BTreeMap<String, String> = texts.collect();
                if !texts.contains_key("default") {
                    return Err(invalid("Message Structure - No default entry in JSON message body"));
                }
                Ok(Text::ByProtocol(texts))
            }
            Some(_) => Err(invalid("MessageStructure")),
        }
    }
}

/// Tells whether a text can be the subject of an email, as AWS wants every subject to be.
fn is_subject(subject: &str) -> bool {
    subject.chars().count() <= 100
        && subject.is_ascii()
        && !subject.starts_with(char::is_whitespace)
        && !subject.contains(|character: char| character.is_ascii_control())
}

fn check_attribute(name: &str, attribute: &MessageAttribute) -> Result<(), AwsError> {
    let refuse = |message: String| Err(AwsError::new("ParameterValueInvalid", message));
    let value = match attribute.data_type.split('.').next() {
        Some("String" | "Number") => &attribute.string_value,
        Some("Binary") => &attribute.binary_value,
        _ => {
            return refuse(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type \
                 prefixes is Binary, Number, and String."
            ));
        }
    };
    match value.as_deref() {
        None | Some("") => refuse(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute \
             type '{}'.",
            attribute.data_type
        )),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_text_for_each_protocol() {
        let publication =
            Publication { message_structure: Some("json".to_owned()), ..Publication::default() };
        let text = publication.text(r#"{"default": "d", "sqs": "s"}"#).unwrap();
        assert_eq!(text.of(crate::services::sns::subscription::Protocol::Sqs), "s");
        assert_eq!(text.of(crate::services::sns::subscription::Protocol::Lambda), "d");
        assert!(publication.text(r#"{"sqs": "s"}"#).is_err());
        assert!(publication.text("no").is_err());
    }

    #[test]
    fn takes_subjects_that_an_email_can_have() {
        assert!(is_subject("Alarm: stream is late"));
        for subject in ["a".repeat(101).as_str(), "two\nlines", " spaced", "\u{fc}ber"] {
            assert!(!is_subject(subject), "{subject}");
        }
    }
}
