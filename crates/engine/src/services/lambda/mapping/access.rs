//! Whether a function's role may read an event source, and what else must hold between the two.

use super::Mapping;
use super::source::Source;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::services::kinesis::ShardSummary;
use crate::services::lambda::Lambda;

/// What a function's role must be allowed on a stream.
const ON_STREAM: [&str; 4] =
    ["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"];
/// What a function's role must be allowed on a queue.
const ON_QUEUE: [&str; 3] = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];

impl Lambda {
    /// Refuses a mapping whose function cannot work with its event source or its destination; returns the shards
    /// of a stream.
    pub(super) fn check_access(&self, aws: &Aws, mapping: &Mapping) -> Result<Vec<ShardSummary>, AwsError> {
        self.function(&mapping.function)?;
        if let Some(arn) = &mapping.on_failure {
            self.check_destination(aws, &mapping.function, arn, false)?;
        }
        match mapping.source() {
            Source::Stream => self.readable_shards(aws, mapping),
            Source::Queue => self.check_queue(aws, mapping).map(|()| Vec::new()),
        }
    }

    fn readable_shards(&self, aws: &Aws, mapping: &Mapping) -> Result<Vec<ShardSummary>, AwsError> {
        let stream_arn = mapping.source_arn.as_str();
        let no_access = || {
            invalid(format!(
                "Cannot access stream {stream_arn}. Please ensure the role can perform the GetRecords, \
                 GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
            ))
        };
        let session = self.reader(aws, &mapping.function)?;
        for action in ON_STREAM {
            aws.services.iam.authorize(&session, action, stream_arn, None, &[]).map_err(|_| no_access())?;
        }
        aws.services.kinesis.shards(aws, &session, stream_arn).map_err(|error| match error.code.as_str() {
            "AccessDeniedException" => no_access(),
            // Not confirmed on AWS.
            "ResourceNotFoundException" => invalid(format!("Stream not found: {stream_arn}")),
            _ => error,
        })
    }

    fn check_queue(&self, aws: &Aws, mapping: &Mapping) -> Result<(), AwsError> {
        let queue_arn = mapping.source_arn.as_str();
        let session = self.reader(aws, &mapping.function)?;
        let sqs = &aws.services.sqs;
        for action in ON_QUEUE {
            sqs.check(aws, &session, &format!("sqs:{action}"), queue_arn).map_err(|error| {
                match error.code.as_str() {
                    "AccessDeniedException" => invalid(format!(
                        "The provided execution role does not have permissions to call {action} on SQS"
                    )),
                    // Not confirmed on AWS.
                    "QueueDoesNotExist" => invalid(format!(
                        "Error occurred while {action}. SQS Error Code: \
                         AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: {}",
                        error.message
                    )),
                    _ => error,
                }
            })?;
        }
        let hidden = sqs.visibility_timeout(aws, &session, queue_arn)?;
        let timeout = self.function(&mapping.function)?.timeout;
        if hidden < timeout {
            return Err(invalid(format!(
                "Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds"
            )));
        }
        Ok(())
    }
}

fn invalid(message: String) -> AwsError {
    AwsError::new("InvalidParameterValueException", message)
}
