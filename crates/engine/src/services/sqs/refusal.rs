//! What SQS refuses, in its words, and the codes by which clients of the Query protocol knew the same.

use crate::error::AwsError;

/// Refuses because there is no such queue.
pub fn no_queue() -> AwsError {
    AwsError::new("QueueDoesNotExist", "The specified queue does not exist.")
}

/// Refuses a parameter for a reason.
pub fn invalid_parameter(value: &str, name: &str, reason: &str) -> AwsError {
    let message = format!("Value {value} for parameter {name} is invalid. Reason: {reason}");
    AwsError::new("InvalidParameterValue", message)
}

/// Refuses a request that lacks a parameter.
pub fn missing(name: &str) -> AwsError {
    AwsError::new("MissingParameter", format!("The request must contain the parameter {name}."))
}

/// Refuses the value of a queue's attribute.
pub fn invalid_attribute(name: &str) -> AwsError {
    AwsError::new("InvalidAttributeValue", format!("Invalid value for the parameter {name}."))
}

/// Returns the code that the Query protocol had for an error.
pub fn query_code(code: &str) -> String {
    match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
        "QueueNameExists" => "QueueAlreadyExists".to_owned(),
        "AccessDeniedException" => "AccessDenied".to_owned(),
        "EmptyBatchRequest"
        | "TooManyEntriesInBatchRequest"
        | "BatchEntryIdsNotDistinct"
        | "InvalidBatchEntryId"
        | "BatchRequestTooLong"
        | "MessageNotInflight"
        | "PurgeQueueInProgress"
        | "UnsupportedOperation" => format!("AWS.SimpleQueueService.{code}"),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_codes_of_the_query_protocol() {
        assert_eq!(query_code("QueueDoesNotExist"), "AWS.SimpleQueueService.NonExistentQueue");
        assert_eq!(query_code("ReceiptHandleIsInvalid"), "ReceiptHandleIsInvalid");
        assert_eq!(query_code("EmptyBatchRequest"), "AWS.SimpleQueueService.EmptyBatchRequest");
    }
}
