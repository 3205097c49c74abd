//! DeleteMessage and ChangeMessageVisibility, and the sweep for messages that are too old.

use std::sync::PoisonError;
use std::time::Duration;

use serde::Deserialize;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sqs::Sqs;
use crate::services::sqs::message::Receipt;
use crate::services::sqs::queue::{Queue, QueueKey};
use crate::services::sqs::refusal::{invalid_parameter, missing, no_queue};
use crate::wire::json::Reply;

/// Longest time for which a message can be hidden, counted from when it was received.
const LONGEST_VISIBILITY: Duration = Duration::from_secs(43_200);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OnMessage {
    queue_url: Option<String>,
    #[serde(flatten)]
    pub entry: ReceiptEntry,
}

/// A message that was received, alone or in a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReceiptEntry {
    pub receipt_handle: Option<String>,
    pub visibility_timeout: Option<i64>,
}

impl Sqs {
    /// Deletes a message by its queue's ARN and its receipt handle; needs `sqs:DeleteMessage`.
    pub fn delete_message(
        &self,
        aws: &Aws,
        caller: &Caller,
        queue_arn: &str,
        receipt_handle: &str,
    ) -> Result<(), AwsError> {
        let key = QueueKey::from_arn(queue_arn).ok_or_else(no_queue)?;
        let queue = self.authorized(aws, caller, "sqs:DeleteMessage", &key, &[])?;
        self.delete_received(&queue, receipt_handle)
    }

    pub(super) fn delete_message_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &OnMessage,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:DeleteMessage", input.queue_url.as_deref())?;
        self.delete_received(&queue, input.entry.receipt_handle.as_deref().unwrap_or_default())?;
        Ok(Reply::empty())
    }

    /// Deletes a message. The handle of an earlier receive succeeds and deletes nothing, as on AWS.
    pub(super) fn delete_received(&self, queue: &Queue, handle: &str) -> Result<(), AwsError> {
        let receipt = Receipt::read(handle, &queue.id)?;
        let mut shelf = queue.shelf();
        if shelf.get(receipt.sequence).is_some_and(|message| message.receives == receipt.receives) {
            self.messages.remove(&queue.message_path(receipt.sequence))?;
            shelf.remove(receipt.sequence);
        }
        Ok(())
    }

    pub(super) fn change_visibility_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &OnMessage,
    ) -> Result<Reply, AwsError> {
        let action = "sqs:ChangeMessageVisibility";
        let queue = self.on_queue(aws, caller, action, input.queue_url.as_deref())?;
        self.change_visibility(aws, &queue, &input.entry)?;
        Ok(Reply::empty())
    }

    pub(super) fn change_visibility(
        &self,
        aws: &Aws,
        queue: &Queue,
        entry: &ReceiptEntry,
    ) -> Result<(), AwsError> {
        let handle = entry.receipt_handle.as_deref().unwrap_or_default();
        let receipt = Receipt::read(handle, &queue.id)?;
        let seconds = entry.visibility_timeout.ok_or_else(|| missing("VisibilityTimeout"))?;
        let timeout = u64::try_from(seconds).ok().filter(|seconds| *seconds <= 43_200);
        let timeout = timeout.map(Duration::from_secs).ok_or_else(|| {
            let reason = "Must be between 0 and 43200.";
            invalid_parameter(&seconds.to_string(), "VisibilityTimeout", reason)
        })?;
        let now = aws.clock.now();
        let mut shelf = queue.shelf();
        let Some(message) = shelf.get(receipt.sequence) else {
            let reason = "Message does not exist or is not available for visibility timeout change.";
            return Err(invalid_parameter(handle, "ReceiptHandle", reason));
        };
        if message.visible <= now || message.receives != receipt.receives {
            let message = "The specified message isn't in flight.";
            return Err(AwsError::new("MessageNotInflight", message));
        }
        let mut message = message.clone();
        let received = message.last_received.unwrap_or(now);
        if now + timeout > received + LONGEST_VISIBILITY {
            let reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
            return Err(invalid_parameter(&seconds.to_string(), "VisibilityTimeout", reason));
        }
        message.visible = now + timeout;
        self.messages.put(&queue.message_path(message.sequence), &message)?;
        shelf.put(message);
        drop(shelf);
        queue.announce();
        Ok(())
    }

    /// Removes messages that are older than their queue keeps them.
    pub(in super::super) fn sweep(&self, aws: &Aws) {
        let queues: Vec<_> = {
            let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
            queues.values().cloned().collect()
        };
        for queue in queues {
            let retention = Duration::from_secs(u64::from(queue.settings().attributes.retention));
            let mut shelf = queue.shelf();
            for sequence in shelf.expired(aws.clock.now(), retention) {
                if let Err(error) = self.messages.remove(&queue.message_path(sequence)) {
                    tracing::error!(%error, "an old message could not be removed");
                    return;
                }
                shelf.remove(sequence);
            }
        }
    }
}
