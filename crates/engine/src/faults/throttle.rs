//! How each service refuses a client that calls too often.

use crate::error::AwsError;

/// Returns a service's own refusal. Not confirmed on AWS: the messages of EventBridge, Scheduler and API Gateway.
pub fn refusal(service: &str, operation: &str) -> AwsError {
    let (code, message, status) = match service {
        "kinesis" if is_on_records(operation) => {
            let message = "Rate exceeded for shard shardId-000000000000 in stream.";
            ("ProvisionedThroughputExceededException", message, 400)
        }
        "kinesis" => ("LimitExceededException", "Rate exceeded.", 400),
        "firehose" if operation.starts_with("PutRecord") => {
            ("ServiceUnavailableException", "Slow down.", 503)
        }
        "lambda" => ("TooManyRequestsException", "Rate Exceeded.", 429),
        "s3" => ("SlowDown", "Please reduce your request rate.", 503),
        "sns" => ("Throttled", "Rate exceeded", 429),
        "sqs" => ("RequestThrottled", "Request is throttled.", 400),
        "apigateway" => ("TooManyRequestsException", "Too Many Requests", 429),
        "scheduler" => ("ThrottlingException", "Rate exceeded", 429),
        "ecr" | "logs" | "events" | "firehose" | "ssm" => ("ThrottlingException", "Rate exceeded", 400),
        _ => ("Throttling", "Rate exceeded", 400),
    };
    AwsError::new(code, message).status(status)
}

fn is_on_records(operation: &str) -> bool {
    matches!(operation, "PutRecord" | "PutRecords" | "GetRecords" | "GetShardIterator")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_each_services_own_code() {
        let code = |service: &str, operation: &str| refusal(service, operation).code;
        assert_eq!(code("kinesis", "PutRecords"), "ProvisionedThroughputExceededException");
        assert_eq!(code("kinesis", "CreateStream"), "LimitExceededException");
        assert_eq!(code("firehose", "PutRecordBatch"), "ServiceUnavailableException");
        assert_eq!(code("s3", "PutObject"), "SlowDown");
        assert_eq!(code("cloudformation", "DescribeStacks"), "Throttling");
    }
}
