//! What went wrong in a delivery, in the words of Firehose's error log, and its way to CloudWatch Logs.

use serde_json::json;

use super::destination::Settings;
use super::session;
use super::stream::Description;
use crate::aws::Aws;
use crate::error::AwsError;

/// A failure as the error log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
    /// The function, when it was a transformation that failed.
    pub processor: Option<String>,
}

fn is_denied(error: &AwsError) -> bool {
    error.status == 403 || error.code.starts_with("AccessDenied")
}

impl Failure {
    /// Says why an object could not be stored.
    pub fn of_delivery(error: &AwsError) -> Self {
        let (code, message) = if is_denied(error) {
            (
                "S3.AccessDenied",
                "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the \
                 role, and the access policy allows access to the S3 bucket."
                    .to_owned(),
            )
        } else if error.code == "NoSuchBucket" {
            (
                "S3.NoSuchBucket",
                "The specified S3 bucket does not exist. Create the bucket or use a different bucket that does exist."
                    .to_owned(),
            )
        } else {
            // Not confirmed on AWS: what other failures are called.
            ("S3.InternalError", error.to_string())
        };
        Self { code, message, processor: None }
    }

    /// Says why a function could not be invoked.
    pub fn of_invocation(error: &AwsError, function_arn: &str) -> Self {
        let (code, message) = if is_denied(error) {
            (
                "Lambda.InvokeAccessDenied",
                "Access was denied. Ensure that the access policy allows access to the Lambda function.",
            )
        } else if error.code == "ResourceNotFoundException" {
            (
                "Lambda.ResourceNotFound",
                "The specified Lambda function does not exist. Use a different function that does exist.",
            )
        } else if error.code == "TooManyRequestsException" {
            (
                "Lambda.InvokeLimitExceeded",
                "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit.",
            )
        } else {
            ("Lambda.FunctionError", FUNCTION_ERROR)
        };
        Self { code, message: message.to_owned(), processor: Some(function_arn.to_owned()) }
    }

    /// Says that a function was invoked and failed.
    pub fn of_function(function_arn: &str) -> Self {
        let message = FUNCTION_ERROR.to_owned();
        Self { code: "Lambda.FunctionError", message, processor: Some(function_arn.to_owned()) }
    }
}

const FUNCTION_ERROR: &str = "The Lambda function was successfully invoked but it returned an error result.";

/// Writes a failure to the log that the destination names, with the rights of its role.
///
/// Without these rights, or without the log, nothing is written, as on AWS.
pub fn write(aws: &Aws, description: &Description, settings: &Settings, failure: &Failure) {
    tracing::warn!(stream = description.name, code = failure.code, "{}", failure.message);
    let Some((group, stream)) = &settings.log_to else { return };
    let mut line = json!({
        "deliveryStreamARN": description.arn(),
        "destination": format!("arn:aws:s3:::{}", settings.bucket),
        "deliveryStreamVersionId": description.version,
        "message": failure.message,
        "errorCode": failure.code,
    });
    if let Some(processor) = &failure.processor {
        line["processor"] = json!(processor);
    }
    let event = [(aws.clock.now(), line.to_string())];
    let written = session::assume(aws, description, &settings.role_arn)
        .and_then(|caller| aws.services.logs.put(aws, &caller, group, stream, &event));
    if let Err(error) = written {
        tracing::warn!(stream = description.name, %error, "a delivery error could not be logged");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_failures_as_the_error_log_does() {
        let of = |code: &str| Failure::of_delivery(&AwsError::new(code, "")).code;
        assert_eq!(of("AccessDenied"), "S3.AccessDenied");
        assert_eq!(of("AccessDeniedException"), "S3.AccessDenied");
        assert_eq!(of("NoSuchBucket"), "S3.NoSuchBucket");
        let of = |code: &str| Failure::of_invocation(&AwsError::new(code, ""), "f").code;
        assert_eq!(of("AccessDeniedException"), "Lambda.InvokeAccessDenied");
        assert_eq!(of("ResourceNotFoundException"), "Lambda.ResourceNotFound");
    }
}
