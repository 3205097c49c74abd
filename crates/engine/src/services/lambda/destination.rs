//! Destinations: where the record of an invocation goes that succeeded or failed for good.
//!
//! Queues, topics and functions take such records, with the rights of the function's role. Event buses and buckets
//! are refused by name.

use std::sync::Arc;

use super::Lambda;
use super::name::FunctionKey;
use crate::aws::Aws;
use crate::error::AwsError;

/// What takes a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Queue,
    Topic,
    Function,
}

impl Kind {
    fn of(arn: &str) -> Result<Self, AwsError> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "sqs", _, _, name] if name.ends_with(".fifo") => {
                Err(AwsError::not_supported("a FIFO queue as a destination"))
            }
            ["arn", _, "sqs", _, _, _] => Ok(Self::Queue),
            ["arn", _, "sns", _, _, _] => Ok(Self::Topic),
            ["arn", _, "lambda", _, _, _] => Ok(Self::Function),
            ["arn", _, service @ ("events" | "s3" | "kafka"), ..] => {
                Err(AwsError::not_supported(format_args!("a destination of `{service}`")))
            }
            _ => {
                let message = format!("The provided destination {arn} is invalid.");
                Err(AwsError::new("InvalidParameterValueException", message))
            }
        }
    }

    /// Returns the right that the function's role needs, and its name in AWS's refusal.
    fn action(self) -> (&'static str, &'static str) {
        match self {
            Self::Queue => ("sqs:SendMessage", "SendMessage on SQS"),
            Self::Topic => ("sns:Publish", "Publish on SNS"),
            Self::Function => ("lambda:InvokeFunction", "InvokeFunction on Lambda"),
        }
    }
}

impl Lambda {
    /// Refuses a destination to which the function's role may not send.
    pub(super) fn check_destination(
        &self,
        aws: &Aws,
        function: &FunctionKey,
        arn: &str,
        takes_functions: bool,
    ) -> Result<(), AwsError> {
        let kind = Kind::of(arn)?;
        if kind == Kind::Function && !takes_functions {
            // The words are not confirmed on AWS.
            let message = format!("The provided destination {arn} is invalid.");
            return Err(AwsError::new("InvalidParameterValueException", message));
        }
        let (action, name) = kind.action();
        let session = self.reader(aws, function)?;
        // What the destination's own policy allows shows when a record is sent.
        aws.services.iam.authorize(&session, action, arn, None, &[]).map_err(|_| {
            let message = format!("The function execution role does not have permissions to call {name}");
            AwsError::new("InvalidParameterValueException", message)
        })
    }

    /// Sends a record; one that cannot be sent is noted in the engine's log, as AWS notes it in a metric.
    pub(super) async fn send_record(
        &self,
        aws: &Arc<Aws>,
        function: &FunctionKey,
        arn: &str,
        record: &serde_json::Value,
    ) {
        if let Err(error) = self.try_to_send(aws, function, arn, &record.to_string()).await {
            tracing::warn!(%error, function = function.name, arn, "a destination did not take a record");
        }
    }

    async fn try_to_send(
        &self,
        aws: &Arc<Aws>,
        function: &FunctionKey,
        arn: &str,
        record: &str,
    ) -> Result<(), AwsError> {
        let session = self.reader(aws, function)?;
        match Kind::of(arn)? {
            Kind::Queue => aws.services.sqs.send_message(aws, &session, arn, record, &[]).map(drop),
            Kind::Topic => aws.services.sns.publish(aws, &session, arn, None, record).await.map(drop),
            Kind::Function => self.invoke_event(aws, &session, arn, record.as_bytes(), &[]).map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_can_be_a_destination() {
        assert_eq!(Kind::of("arn:aws:sqs:us-east-1:111122223333:q"), Ok(Kind::Queue));
        assert_eq!(Kind::of("arn:aws:sns:us-east-1:111122223333:t"), Ok(Kind::Topic));
        assert_eq!(Kind::of("arn:aws:lambda:us-east-1:111122223333:function:f"), Ok(Kind::Function));
        assert_eq!(Kind::of("arn:aws:events:us-east-1:111122223333:event-bus/b").unwrap_err().status, 501);
        assert_eq!(Kind::of("queue").unwrap_err().code, "InvalidParameterValueException");
    }
}
