//! ReceiveMessage: hands out messages, hides them meanwhile, and moves those that were received too often.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sqs::Sqs;
use crate::services::sqs::content::{MessageAttribute, md5_of_attributes, md5_of_body};
use crate::services::sqs::message::Message;
use crate::services::sqs::queue::{Queue, QueueKey};
use crate::services::sqs::redrive::RedrivePolicy;
use crate::services::sqs::refusal::{invalid_parameter, no_queue};
use crate::wire::json::Reply;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReceiveMessage {
    queue_url: Option<String>,
    attribute_names: Vec<String>,
    message_system_attribute_names: Vec<String>,
    message_attribute_names: Vec<String>,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    wait_time_seconds: Option<i64>,
}

/// How a receive is to be done.
#[derive(Debug, Clone, Copy)]
pub struct ReceiveSettings {
    /// Messages at most.
    pub most: usize,
    /// The queue's own when `None`.
    pub visibility_timeout: Option<u32>,
    pub wait: Duration,
}

/// A message that was received, as others on this engine see it.
#[derive(Debug, Clone)]
pub struct Received {
    pub message_id: String,
    pub receipt_handle: String,
    pub body: String,
    pub attributes: BTreeMap<String, MessageAttribute>,
    pub system_attributes: Map<String, Value>,
}

impl Sqs {
    /// Receives messages by the queue's ARN; needs `sqs:ReceiveMessage`.
    pub async fn receive(
        &self,
        aws: &Aws,
        caller: &Caller,
        queue_arn: &str,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Received>, AwsError> {
        let key = QueueKey::from_arn(queue_arn).ok_or_else(no_queue)?;
        let queue = self.authorized(aws, caller, "sqs:ReceiveMessage", &key, &[])?;
        let settings = ReceiveSettings { most, visibility_timeout: None, wait };
        let messages = self.receive_from(aws, &queue, settings).await?;
        let received = |message: Message| Received {
            receipt_handle: message.receipt_handle(&queue.id),
            system_attributes: system_attributes(&message, &["All".to_owned()]),
            message_id: message.id,
            body: message.content.body,
            attributes: message.content.attributes,
        };
        Ok(messages.into_iter().map(received).collect())
    }

    pub(super) async fn receive_message_call(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &ReceiveMessage,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:ReceiveMessage", input.queue_url.as_deref())?;
        let settings = input.settings(&queue)?;
        let messages = self.receive_from(aws, &queue, settings).await?;
        if messages.is_empty() {
            return Reply::of(&json!({}));
        }
        let messages: Vec<Value> = messages.iter().map(|message| input.describe(message, &queue)).collect();
        Reply::of(&json!({"Messages": messages}))
    }

    /// Waits until there is a message, or the time is over.
    async fn receive_from(
        &self,
        aws: &Aws,
        queue: &Arc<Queue>,
        settings: ReceiveSettings,
    ) -> Result<Vec<Message>, AwsError> {
        let ends = aws.clock.now() + settings.wait;
        loop {
            // Asked for before the look, so that a message in between is not missed.
            let mut changes = queue.changes();
            let messages = self.take(aws, queue, settings)?;
            let now = aws.clock.now();
            if !messages.is_empty() || now >= ends {
                return Ok(messages);
            }
            let next = queue.shelf().next_visible().map_or(ends, |next| next.min(ends));
            tokio::select! {
                _ = changes.changed() => {}
                () = aws.clock.sleep_until(next) => {}
            }
            if self.queue(&queue.key).is_none_or(|known| known.id != queue.id) {
                return Err(no_queue());
            }
        }
    }

    /// Takes what can be received now; it is noted before anybody sees it.
    fn take(&self, aws: &Aws, queue: &Queue, settings: ReceiveSettings) -> Result<Vec<Message>, AwsError> {
        let now = aws.clock.now();
        let attributes = queue.settings().attributes;
        let hidden = settings.visibility_timeout.unwrap_or(attributes.visibility_timeout);
        let mut taken = Vec::new();
        let mut dead = Vec::new();
        let mut shelf = queue.shelf();
        while taken.len() < settings.most {
            let Some(message) = shelf.first_visible(now) else { break };
            let (mut message, sequence) = (message.clone(), message.sequence);
            if message.sent + Duration::from_secs(u64::from(attributes.retention)) <= now {
                self.messages.remove(&queue.message_path(sequence))?;
                shelf.remove(sequence);
                continue;
            }
            if let Some(target) = self.dead_letters(queue, attributes.redrive.as_ref(), &message) {
                shelf.remove(sequence);
                dead.push((target, message));
                continue;
            }
            message.receives += 1;
            message.first_received.get_or_insert(now);
            message.last_received = Some(now);
            message.visible = now + Duration::from_secs(u64::from(hidden));
            self.messages.put(&queue.message_path(sequence), &message)?;
            shelf.put(message.clone());
            taken.push(message);
            if hidden == 0 {
                // It would be the first again at once.
                break;
            }
        }
        drop(shelf);
        // Without the lock, since two queues may be each other's dead-letter queue.
        for (target, message) in dead {
            let path = queue.message_path(message.sequence);
            self.bury(&target, &queue.key, message, now)?;
            self.messages.remove(&path)?;
        }
        Ok(taken)
    }

    /// Returns the queue that a message goes to because it was received too often; a queue that is gone keeps
    /// it where it is.
    fn dead_letters(
        &self,
        queue: &Queue,
        redrive: Option<&RedrivePolicy>,
        message: &Message,
    ) -> Option<Arc<Queue>> {
        let redrive = redrive.filter(|redrive| message.receives >= redrive.max_receive_count)?;
        let target = self.queue(&QueueKey::from_arn(&redrive.target_arn)?)?;
        (target.id != queue.id).then_some(target)
    }

    /// Puts a dead letter on a queue. Its age goes on; its receives begin anew, which is not confirmed on AWS.
    fn bury(
        &self,
        target: &Queue,
        source: &QueueKey,
        message: Message,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let mut shelf = target.shelf();
        let message = Message {
            sequence: shelf.next_sequence(),
            receives: 0,
            first_received: None,
            last_received: None,
            visible: now,
            dead_letter_source: Some(source.arn()),
            ..message
        };
        self.messages.put(&target.message_path(message.sequence), &message)?;
        shelf.put(message);
        drop(shelf);
        target.announce();
        Ok(())
    }
}

impl ReceiveMessage {
    fn settings(&self, queue: &Queue) -> Result<ReceiveSettings, AwsError> {
        let within = |value: Option<i64>, name: &str, least: i64, most: i64| match value {
            Some(value) if !(least..=most).contains(&value) => {
                let reason = format!("Must be >= {least} and <= {most}, if provided.");
                Err(invalid_parameter(&value.to_string(), name, &reason))
            }
            other => Ok(other.and_then(|value| u32::try_from(value).ok())),
        };
        let most = match self.max_number_of_messages {
            Some(number) if !(1..=10).contains(&number) => {
                let reason = "Must be between 1 and 10, if provided.";
                return Err(invalid_parameter(&number.to_string(), "MaxNumberOfMessages", reason));
            }
            other => other.and_then(|number| usize::try_from(number).ok()).unwrap_or(1),
        };
        let wait = within(self.wait_time_seconds, "WaitTimeSeconds", 0, 20)?;
        let wait = wait.unwrap_or_else(|| queue.settings().attributes.wait);
        Ok(ReceiveSettings {
            most,
            visibility_timeout: within(self.visibility_timeout, "VisibilityTimeout", 0, 43_200)?,
            wait: Duration::from_secs(u64::from(wait)),
        })
    }

    fn describe(&self, message: &Message, queue: &Queue) -> Value {
        let mut description = json!({
            "MessageId": message.id,
            "ReceiptHandle": message.receipt_handle(&queue.id),
            "MD5OfBody": md5_of_body(&message.content.body),
            "Body": message.content.body,
        });
        let mut names = self.attribute_names.clone();
        names.extend(self.message_system_attribute_names.iter().cloned());
        let system = system_attributes(message, &names);
        if !system.is_empty() {
            description["Attributes"] = system.into();
        }
        let is_wanted = |name: &String| {
            self.message_attribute_names.iter().any(|wanted| match wanted.strip_suffix(".*") {
                Some(prefix) => name.starts_with(prefix),
                None => wanted == "All" || wanted == name,
            })
        };
        let mut attributes = message.content.attributes.clone();
        attributes.retain(|name, _| is_wanted(name));
        if let Some(digest) = md5_of_attributes(&attributes) {
            description["MD5OfMessageAttributes"] = json!(digest);
            description["MessageAttributes"] = json!(attributes);
        }
        description
    }
}

/// Returns what the queue knows of a message, as far as `names` ask for it.
fn system_attributes(message: &Message, names: &[String]) -> Map<String, Value> {
    let is_wanted = |name: &str| names.iter().any(|wanted| wanted == "All" || wanted == name);
    let known = [
        ("SenderId", Some(message.sender_id.clone())),
        ("SentTimestamp", Some(message.sent.0.to_string())),
        ("ApproximateReceiveCount", Some(message.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", message.first_received.map(|first| first.0.to_string())),
        ("AWSTraceHeader", message.trace_header.clone()),
        ("DeadLetterQueueSourceArn", message.dead_letter_source.clone()),
    ];
    let known = known.into_iter().filter(|(name, _)| is_wanted(name));
    known.filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect()
}
