//! What Kinesis answers when it refuses, in its words.

use super::stream::shard_id;
use crate::error::AwsError;

pub fn stream_not_found(name: &str, account: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", format!("Stream {name} under account {account} not found."))
}

pub fn stream_exists(name: &str, account: &str) -> AwsError {
    AwsError::new("ResourceInUseException", format!("Stream {name} under account {account} already exists."))
}

/// Refuses an id that cannot be one of a shard.
pub fn no_such_shard_id(shard: &str, name: &str, account: &str) -> AwsError {
    let message = format!("Could not find shard {shard} in stream {name} under account {account}.");
    AwsError::new("ResourceNotFoundException", message)
}

pub fn shard_not_found(index: u32, name: &str, account: &str) -> AwsError {
    let shard = shard_id(index);
    let message = format!("Shard {shard} in stream {name} under account {account} does not exist");
    AwsError::new("ResourceNotFoundException", message)
}

pub fn invalid_argument(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidArgumentException", message)
}

pub fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationException", message)
}

pub fn limit_exceeded(message: impl Into<String>) -> AwsError {
    AwsError::new("LimitExceededException", message)
}

/// Returns the message about a shard that takes or gives no more at present.
pub fn rate_exceeded(index: u32, name: &str, account: &str) -> String {
    format!("Rate exceeded for shard {} in stream {name} under account {account}.", shard_id(index))
}

pub fn throttled(index: u32, name: &str, account: &str) -> AwsError {
    AwsError::new("ProvisionedThroughputExceededException", rate_exceeded(index, name, account))
}
