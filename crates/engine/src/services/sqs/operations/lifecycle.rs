//! CreateQueue, GetQueueUrl, ListQueues, ListDeadLetterSourceQueues, DeleteQueue and PurgeQueue.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::OnQueue;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sqs::Sqs;
use crate::services::sqs::attributes::Attributes;
use crate::services::sqs::queue::{Queue, QueueKey, Settings};
use crate::services::sqs::refusal::{invalid_parameter, missing};
use crate::wire::json::Reply;

/// Time that must pass between two purges of a queue.
const PURGE_PAUSE: Duration = Duration::from_secs(60);
/// Queues on a page when nothing else is asked for.
const PAGE: usize = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CreateQueue {
    pub queue_name: Option<String>,
    pub attributes: BTreeMap<String, String>,
    /// The model calls it `tags`.
    #[serde(rename = "tags")]
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct GetQueueUrl {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListQueues {
    queue_name_prefix: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl Sqs {
    pub(super) fn create_queue_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: CreateQueue,
    ) -> Result<Reply, AwsError> {
        let queue = self.create_queue(aws, caller, &input)?;
        Reply::of(&json!({"QueueUrl": queue.key.url(aws.endpoint())}))
    }

    /// Makes a queue, or returns the one that is there already with the same attributes.
    pub(in super::super) fn create_queue(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &CreateQueue,
    ) -> Result<Arc<Queue>, AwsError> {
        let name = input.queue_name.as_deref().ok_or_else(|| missing("QueueName"))?;
        check_name(name)?;
        let key = QueueKey::new(caller, name);
        aws.services.iam.authorize(caller, "sqs:CreateQueue", &key.arn(), None, &[])?;
        let mut attributes = Attributes::default();
        attributes.set(&input.attributes, &key)?;
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&key.path()) {
            refuse_difference(&queue.settings().attributes, &input.attributes, &key)?;
            return Ok(Arc::clone(queue));
        }
        check_dead_letters(&attributes, &key, |target| queues.get(&target.path()).cloned())?;
        let now = aws.clock.now();
        let settings = Settings {
            id: uuid::Uuid::new_v4().to_string(),
            key: key.clone(),
            attributes,
            tags: input.tags.clone(),
            created: now,
            modified: now,
            purged: None,
        };
        self.settings.put(&key.path(), &settings)?;
        let queue = Arc::new(Queue::new(settings, std::iter::empty()));
        queues.insert(key.path(), Arc::clone(&queue));
        Ok(queue)
    }

    pub(super) fn get_queue_url_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &GetQueueUrl,
    ) -> Result<Reply, AwsError> {
        let name = input.queue_name.as_deref().ok_or_else(|| missing("QueueName"))?;
        let mut key = QueueKey::new(caller, name);
        if let Some(owner) = &input.owner {
            key.account.clone_from(owner);
        }
        let queue = self.authorized(aws, caller, "sqs:GetQueueUrl", &key, &[])?;
        Reply::of(&json!({"QueueUrl": queue.key.url(aws.endpoint())}))
    }

    pub(super) fn list_queues_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &ListQueues,
    ) -> Result<Reply, AwsError> {
        aws.services.iam.authorize(caller, "sqs:ListQueues", &caller.arn("sqs", "*"), None, &[])?;
        let prefix = input.queue_name_prefix.as_deref().unwrap_or_default();
        let token = input.next_token.as_deref().unwrap_or_default();
        let queues = self.queues_of(caller);
        let named = queues.values().filter(|queue| queue.key.name.starts_with(prefix));
        let mut rest = named.filter(|queue| queue.key.name.as_str() > token).peekable();
        let most = match input.max_results {
            Some(most @ 1..=1000) => most,
            None => PAGE,
            Some(other) => {
                let reason = "Value for parameter MaxResults is invalid. Reason: must be between 1 and 1000.";
                return Err(invalid_parameter(&other.to_string(), "MaxResults", reason));
            }
        };
        let page: Vec<_> = rest.by_ref().take(most).collect();
        let urls: Vec<String> = page.iter().map(|queue| queue.key.url(aws.endpoint())).collect();
        let mut output = json!({"QueueUrls": urls});
        // Without MaxResults AWS gives up to a thousand, and no token.
        if let (Some(_), Some(_), Some(last)) = (input.max_results, rest.peek(), page.last()) {
            output["NextToken"] = json!(last.key.name);
        }
        Reply::of(&output)
    }

    pub(super) fn list_dead_letter_sources_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &OnQueue,
    ) -> Result<Reply, AwsError> {
        let action = "sqs:ListDeadLetterSourceQueues";
        let dead = self.on_queue(aws, caller, action, input.queue_url.as_deref())?;
        let arn = dead.key.arn();
        let names = |queue: &Arc<Queue>| {
            queue.settings().attributes.redrive.is_some_and(|redrive| redrive.target_arn == arn)
        };
        let queues = self.queues_of(caller);
        let urls: Vec<String> =
            queues.values().filter(|queue| names(queue)).map(|queue| queue.key.url(aws.endpoint())).collect();
        // The model writes this member in lower case.
        Reply::of(&json!({"queueUrls": urls}))
    }

    pub(super) fn delete_queue_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &OnQueue,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:DeleteQueue", input.queue_url.as_deref())?;
        self.delete_queue(&queue)?;
        Ok(Reply::empty())
    }

    /// Deletes a queue and its messages.
    pub(in super::super) fn delete_queue(&self, queue: &Queue) -> Result<(), AwsError> {
        let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
        self.settings.remove(&queue.key.path())?;
        queues.remove(&queue.key.path());
        drop(queues);
        self.empty(queue)?;
        queue.announce();
        Ok(())
    }

    fn empty(&self, queue: &Queue) -> Result<(), AwsError> {
        let mut shelf = queue.shelf();
        for sequence in shelf.sequences() {
            self.messages.remove(&queue.message_path(sequence))?;
            shelf.remove(sequence);
        }
        Ok(())
    }

    pub(super) fn purge_queue_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: &OnQueue,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:PurgeQueue", input.queue_url.as_deref())?;
        let now = aws.clock.now();
        if queue.settings().purged.is_some_and(|purged| now.since(purged) < PURGE_PAUSE) {
            let message =
                format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.key.name);
            return Err(AwsError::new("PurgeQueueInProgress", message).status(403));
        }
        self.change_settings(&queue, |settings| {
            settings.purged = Some(now);
            Ok(())
        })?;
        self.empty(&queue)?;
        Ok(Reply::empty())
    }
}

fn check_name(name: &str) -> Result<(), AwsError> {
    if name.ends_with(".fifo") {
        return Err(AwsError::not_supported("a FIFO queue"));
    }
    let is_name = (1..=80).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_name {
        return Ok(());
    }
    let message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    Err(AwsError::new("InvalidParameterValue", message))
}

/// Refuses to make a queue again with attributes that it does not have.
fn refuse_difference(
    known: &Attributes,
    given: &BTreeMap<String, String>,
    key: &QueueKey,
) -> Result<(), AwsError> {
    for (name, value) in given {
        let mut changed = known.clone();
        changed.set(&BTreeMap::from([(name.clone(), value.clone())]), key)?;
        if changed != *known {
            let message = format!(
                "A queue already exists with the same name and a different value for attribute {name}"
            );
            return Err(AwsError::new("QueueNameExists", message));
        }
    }
    Ok(())
}

/// Refuses a dead-letter queue that is not there or does not take this queue's messages.
pub(super) fn check_dead_letters(
    attributes: &Attributes,
    key: &QueueKey,
    find: impl Fn(&QueueKey) -> Option<Arc<Queue>>,
) -> Result<(), AwsError> {
    let Some(redrive) = &attributes.redrive else { return Ok(()) };
    let invalid = |reason: &str| Err(invalid_parameter(&redrive.text(), "RedrivePolicy", reason));
    let target = QueueKey::from_arn(&redrive.target_arn).and_then(|target| find(&target));
    let Some(target) = target else { return invalid("Dead letter target does not exist.") };
    let allow = target.settings().attributes.redrive_allow;
    if allow.is_some_and(|allow| !allow.allows(&key.arn())) {
        // The words are not confirmed on AWS.
        return invalid("Dead letter target does not allow this queue as its source.");
    }
    Ok(())
}
