//! SendMessageBatch, DeleteMessageBatch and ChangeMessageVisibilityBatch: up to ten entries, each with its own end.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::delete::ReceiptEntry;
use super::send::Entry;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::sqs::Sqs;
use crate::services::sqs::attributes::LARGEST_MESSAGE;
use crate::wire::json::Reply;

/// Entries that a batch may have.
const MOST: usize = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "T: Deserialize<'de> + Default"))]
pub(super) struct Batch<T> {
    queue_url: Option<String>,
    entries: Vec<Named<T>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound(deserialize = "T: Deserialize<'de> + Default"))]
struct Named<T> {
    id: String,
    #[serde(flatten)]
    entry: T,
}

impl Sqs {
    pub(super) fn send_message_batch_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: Batch<Entry>,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:SendMessage", input.queue_url.as_deref())?;
        check(&input.entries, "SendMessageBatchRequestEntry")?;
        let size = |named: &Named<Entry>| named.entry.content().map_or(0, |content| content.size());
        let size: usize = input.entries.iter().map(size).sum();
        if size > LARGEST_MESSAGE as usize {
            let message = format!(
                "Batch requests cannot be longer than {LARGEST_MESSAGE} bytes. You have sent {size} bytes."
            );
            return Err(AwsError::new("BatchRequestTooLong", message));
        }
        answer(input.entries, |entry| {
            let message = self.send_entry(aws, caller, &queue, entry)?;
            Ok(entry.answer(&message))
        })
    }

    pub(super) fn delete_message_batch_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: Batch<ReceiptEntry>,
    ) -> Result<Reply, AwsError> {
        let queue = self.on_queue(aws, caller, "sqs:DeleteMessage", input.queue_url.as_deref())?;
        check(&input.entries, "DeleteMessageBatchRequestEntry")?;
        answer(input.entries, |entry| {
            self.delete_received(&queue, entry.receipt_handle.as_deref().unwrap_or_default())?;
            Ok(json!({}))
        })
    }

    pub(super) fn change_visibility_batch_call(
        &self,
        aws: &Aws,
        caller: &Caller,
        input: Batch<ReceiptEntry>,
    ) -> Result<Reply, AwsError> {
        let action = "sqs:ChangeMessageVisibility";
        let queue = self.on_queue(aws, caller, action, input.queue_url.as_deref())?;
        check(&input.entries, "ChangeMessageVisibilityBatchRequestEntry")?;
        answer(input.entries, |entry| {
            self.change_visibility(aws, &queue, entry)?;
            Ok(json!({}))
        })
    }
}

/// Refuses a batch that AWS refuses as a whole.
fn check<T>(entries: &[Named<T>], kind: &str) -> Result<(), AwsError> {
    if entries.is_empty() {
        let message = format!("There should be at least one {kind} in the request.");
        return Err(AwsError::new("EmptyBatchRequest", message));
    }
    if entries.len() > MOST {
        let count = entries.len();
        let message = format!("Maximum number of entries per request are {MOST}. You have sent {count}.");
        return Err(AwsError::new("TooManyEntriesInBatchRequest", message));
    }
    let mut ids = BTreeSet::new();
    for named in entries {
        let is_id = (1..=80).contains(&named.id.len())
            && named.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_id {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
                           It can be at most 80 letters long.";
            return Err(AwsError::new("InvalidBatchEntryId", message));
        }
        if !ids.insert(&named.id) {
            let message = format!("Id {} repeated.", named.id);
            return Err(AwsError::new("BatchEntryIdsNotDistinct", message));
        }
    }
    Ok(())
}

/// Does what each entry asks for, and lists what succeeded and what failed.
fn answer<T>(entries: Vec<Named<T>>, act: impl Fn(&T) -> Result<Value, AwsError>) -> Result<Reply, AwsError> {
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for Named { id, entry } in &entries {
        match act(entry) {
            Ok(mut output) => {
                output["Id"] = json!(id);
                successful.push(output);
            }
            Err(error) => failed.push(json!({
                "Id": id,
                "SenderFault": error.status < 500,
                "Code": error.code,
                "Message": error.message,
            })),
        }
    }
    Reply::of(&json!({"Successful": successful, "Failed": failed}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_batches_by_their_ids_and_their_number() {
        let batch = |ids: &[&str]| {
            let entries: Vec<Named<()>> =
                ids.iter().map(|id| Named { id: (*id).to_owned(), entry: () }).collect();
            check(&entries, "Entry").err().map(|error| error.code)
        };
        assert_eq!(batch(&["a", "b"]), None);
        assert_eq!(batch(&[]).as_deref(), Some("EmptyBatchRequest"));
        assert_eq!(batch(&["a", "a"]).as_deref(), Some("BatchEntryIdsNotDistinct"));
        assert_eq!(batch(&["a b"]).as_deref(), Some("InvalidBatchEntryId"));
        assert_eq!(batch(&["a"; 11]).as_deref(), Some("TooManyEntriesInBatchRequest"));
    }
}
