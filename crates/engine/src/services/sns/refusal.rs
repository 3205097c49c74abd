//! What SNS refuses, in its words.

use crate::error::AwsError;

/// Refuses a parameter for a reason.
pub fn invalid(reason: impl std::fmt::Display) -> AwsError {
    AwsError::new("InvalidParameter", format!("Invalid parameter: {reason}"))
}

/// Refuses because there is no such topic.
pub fn no_topic() -> AwsError {
    AwsError::new("NotFound", "Topic does not exist").status(404)
}

/// Refuses because there is no such subscription.
pub fn no_subscription() -> AwsError {
    AwsError::new("NotFound", "Subscription does not exist").status(404)
}

/// Words a refusal of IAM as SNS does, which writes its own name in capitals.
pub fn unauthorized(error: AwsError) -> AwsError {
    if error.code != "AccessDeniedException" {
        return error;
    }
    AwsError::new("AuthorizationError", error.message.replace("sns:", "SNS:").replace(":SNS:", ":sns:"))
        .status(403)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_service_in_capitals_and_arns_as_they_are() {
        let message = "User: u is not authorized to perform: sns:Publish on resource: arn:aws:sns:r:a:t because \
                       no identity-based policy allows the sns:Publish action";
        let error = unauthorized(AwsError::new("AccessDeniedException", message));
        assert_eq!(
            error.message,
            "User: u is not authorized to perform: SNS:Publish on resource: arn:aws:sns:r:a:t because no \
             identity-based policy allows the SNS:Publish action"
        );
        assert_eq!((error.code.as_str(), error.status), ("AuthorizationError", 403));
    }
}
