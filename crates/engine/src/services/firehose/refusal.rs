//! What Firehose answers when it refuses, in its words.

use crate::error::AwsError;

pub fn invalid_argument(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidArgumentException", message)
}

pub fn not_found(name: &str, account: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", format!("Firehose {name} under account {account} not found."))
}

pub fn exists(name: &str, account: &str) -> AwsError {
    AwsError::new(
        "ResourceInUseException",
        format!("Firehose {name} under accountId {account} already exists"),
    )
}

pub fn unable_to_assume(role_arn: &str) -> AwsError {
    invalid_argument(format!("Firehose is unable to assume role {role_arn}. Please check the role provided."))
}

/// Refuses a call of the control plane. Not confirmed on AWS: what stands behind "for"; the reports that show the
/// message end there.
pub fn too_many_calls(per_second: u32, operation: &str) -> AwsError {
    AwsError::new(
        "ThrottlingException",
        format!("Please slow down. Max limit of {per_second} RPS has breached for {operation}"),
    )
}
