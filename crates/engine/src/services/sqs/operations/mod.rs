//! SQS's operations by their names.

mod batches;
mod delete;
mod lifecycle;
mod receive;
mod send;
mod settings;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::Deserialize;

use super::Sqs;
use super::queue::{Queue, QueueKey};
use super::refusal::{missing, no_queue};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::json::{Call, Reply};

pub use lifecycle::CreateQueue;
pub use receive::Received;

/// The one member that nearly every operation has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OnQueue {
    queue_url: Option<String>,
}

/// The operations that [`Sqs::operate`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "CreateQueue",
    "DeleteMessage",
    "DeleteMessageBatch",
    "DeleteQueue",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "ListQueueTags",
    "ListQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
    "SendMessageBatch",
    "SetQueueAttributes",
    "TagQueue",
    "UntagQueue",
];

impl Sqs {
    /// Answers one call.
    pub(super) async fn operate(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        call: Call,
    ) -> Result<Reply, AwsError> {
        match call.operation.as_str() {
            "CreateQueue" => self.create_queue_call(aws, caller, call.input()?),
            "GetQueueUrl" => self.get_queue_url_call(aws, caller, &call.input()?),
            "ListQueues" => self.list_queues_call(aws, caller, &call.input()?),
            "ListDeadLetterSourceQueues" => self.list_dead_letter_sources_call(aws, caller, &call.input()?),
            "DeleteQueue" => self.delete_queue_call(aws, caller, &call.input()?),
            "PurgeQueue" => self.purge_queue_call(aws, caller, &call.input()?),
            "GetQueueAttributes" => self.get_attributes_call(aws, caller, &call.input()?),
            "SetQueueAttributes" => self.set_attributes_call(aws, caller, &call.input()?),
            "ListQueueTags" => self.list_tags_call(aws, caller, &call.input()?),
            "TagQueue" => self.tag_call(aws, caller, &call.input()?),
            "UntagQueue" => self.untag_call(aws, caller, &call.input()?),
            "SendMessage" => self.send_message_call(aws, caller, call.input()?),
            "SendMessageBatch" => self.send_message_batch_call(aws, caller, call.input()?),
            "ReceiveMessage" => self.receive_message_call(aws, caller, &call.input()?).await,
            "DeleteMessage" => self.delete_message_call(aws, caller, &call.input()?),
            "DeleteMessageBatch" => self.delete_message_batch_call(aws, caller, call.input()?),
            "ChangeMessageVisibility" => self.change_visibility_call(aws, caller, &call.input()?),
            "ChangeMessageVisibilityBatch" => self.change_visibility_batch_call(aws, caller, call.input()?),
            _ => Err(call.unknown()),
        }
    }

    /// Returns the queue that a URL names, on which the caller may do `action`.
    fn on_queue(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        url: Option<&str>,
    ) -> Result<Arc<Queue>, AwsError> {
        let url = url.ok_or_else(|| missing("QueueUrl"))?;
        let key = QueueKey::from_url(caller, url).ok_or_else(|| {
            AwsError::new("InvalidAddress", format!("The address {url} is not valid for this endpoint."))
        })?;
        self.authorized(aws, caller, action, &key, &[])
    }

    /// Returns a queue on which the caller may do `action`.
    pub(super) fn authorized(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        key: &QueueKey,
        context: &[(&str, &str)],
    ) -> Result<Arc<Queue>, AwsError> {
        let queue = self.queue(key);
        let mut policy = queue.as_ref().and_then(|queue| queue.policy());
        if policy.is_none() && key.account != caller.account {
            // Without a policy a queue lets no other account in.
            policy = Some(serde_json::json!({"Version": "2012-10-17", "Statement": []}));
        }
        let decided = aws.services.iam.authorize(caller, action, &key.arn(), policy.as_ref(), context);
        decided.map_err(|error| match error.code.as_str() {
            "AccessDeniedException" => error.status(403),
            _ => error,
        })?;
        queue.ok_or_else(no_queue)
    }

    pub(super) fn queue(&self, key: &QueueKey) -> Option<Arc<Queue>> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        queues.get(&key.path()).cloned()
    }

    /// Returns the queues of the caller's account and region.
    fn queues_of(&self, caller: &Caller) -> BTreeMap<String, Arc<Queue>> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        let scope = caller.scope();
        let own = queues.range(scope.clone()..).take_while(|(path, _)| path.starts_with(&scope));
        own.map(|(path, queue)| (path.clone(), Arc::clone(queue))).collect()
    }
}
