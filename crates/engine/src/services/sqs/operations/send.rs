//! SendMessage, and what every way to send has in common.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::services::sqs::Sqs;
use crate::services::sqs::content::{Content, MessageAttribute, md5_of_attributes, md5_of_body};
use crate::services::sqs::message::Message;
use crate::services::sqs::queue::Queue;
use crate::services::sqs::refusal::{invalid_parameter, missing};
use crate::wire::json::Reply;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SendMessage {
    queue_url: Option<String>,
    #[serde(flatten)]
    pub entry: Entry,
}

/// What a message consists of, alone or in a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    pub message_body: Option<String>,
    pub delay_seconds: Option<i64>,
    pub message_attributes: BTreeMap<String, MessageAttribute>,
    pub message_system_attributes: BTreeMap<String, MessageAttribute>,
    pub message_group_id: Option<String>,
    pub message_deduplication_id: Option<String>,
}

impl Entry {
    /// Returns the content, once what belongs to FIFO queues was refused.
    pub fn content(&self) -> Result<Content, AwsError> {
        if self.message_deduplication_id.is_some() {
            let reason = "The request includes a parameter that is not valid for this queue type";
            let value = self.message_deduplication_id.as_deref().unwrap_or_default();
            return Err(invalid_parameter(value, "MessageDeduplicationId", reason));
        }
        if self.message_group_id.is_some() {
            return Err(AwsError::not_supported("`MessageGroupId` on a standard queue (fair queues)"));
        }
        let body = self.message_body.clone().ok_or_else(|| missing("MessageBody"))?;
        Ok(Content { body, attributes: self.message_attributes.clone() })
    }

    fn trace_header(&self) -> Option<String> {
        self.message_system_attributes.get("AWSTraceHeader")?.string_value.clone()
    }

    /// Returns what the answer says about a message.
    pub fn answer(&self, message: &Message) -> serde_json::Value {
        let mut answer =
            json!({"MessageId": message.id, "MD5OfMessageBody": md5_of_body(&message.content.body)});
        if let Some(digest) = md5_of_attributes(&message.content.attributes) {
            answer["MD5OfMessageAttributes"] = json!(digest);
        }
        if let Some(digest) = md5_of_attributes(&self.message_system_attributes) {
            answer["MD5OfMessageSystemAttributes"] = json!(digest);
        }
        answer
    }
}

impl Sqs {
    pub(super) fn send_message_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: SendMessage,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:SendMessage", input.queue_url.as_deref())?;
        let message = self.send_entry(aws, caller, &queue, &input.entry)?;
        Reply::of(&input.entry.answer(&message))
    }

    pub(super) fn send_entry(
        &self,
        aws: &Aws,
        caller: &Caller,
        queue: &Queue,
        entry: &Entry,
    ) -> Result<Message, AwsError> {
        let content = entry.content()?;
        self.send(aws, caller, queue, content, entry.delay_seconds, entry.trace_header())
    }

    /// Puts a message on a queue; it is durable when this returns.
    pub(in super::super) fn send(
        &self,
        aws: &Aws,
        caller: &Caller,
        queue: &Queue,
        content: Content,
        delay: Option<i64>,
        trace_header: Option<String>,
    ) -> Result<Message, AwsError> {
        let attributes = queue.settings().attributes;
        content.check(attributes.maximum_message_size as usize)?;
        let delay = match delay {
            None => u64::from(attributes.delay),
            Some(seconds) => match u64::try_from(seconds) {
                Ok(seconds) if seconds <= 900 => seconds,
                _ => {
                    let reason = "DelaySeconds must be >= 0 and <= 900";
                    return Err(invalid_parameter(&seconds.to_string(), "DelaySeconds", reason));
                }
            },
        };
        let now = aws.clock.now();
        let mut shelf = queue.shelf();
        let message = Message {
            id: uuid::Uuid::new_v4().to_string(),
            sequence: shelf.next_sequence(),
            content,
            sender_id: sender_id(aws, caller),
            trace_header,
            sent: now,
            receives: 0,
            first_received: None,
            last_received: None,
            visible: now + Duration::from_secs(delay),
            dead_letter_source: None,
        };
        self.messages.put(&queue.message_path(message.sequence), &message)?;
        shelf.put(message.clone());
        drop(shelf);
        queue.announce();
        Ok(message)
    }
}

fn sender_id(aws: &Aws, caller: &Caller) -> String {
    match &caller.principal {
        // Not confirmed on AWS: services show an id of their own.
        Principal::Service(_) => caller.account.clone(),
        _ => aws.services.iam.user_id(caller),
    }
}
