//! The one error that crosses a service's edge: what AWS would have answered.

/// A refusal in AWS's words: error code, message and HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// AWS's error code, such as `ResourceNotFoundException`.
    pub code: String,
    /// The message a caller sees.
    pub message: String,
    /// HTTP status; 400 for most refusals.
    pub status: u16,
}

impl AwsError {
    /// Returns a refusal with HTTP status 400.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400 }
    }

    /// Returns the same refusal under another HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Refuses, by name, something that AWS has and this engine does not.
    pub fn not_supported(what: impl std::fmt::Display) -> Self {
        let message = format!("{what} is not supported by the local engine");
        Self::new("NotImplemented", message).status(501)
    }

    /// Refuses a caller whom no policy allows `action` on `resource`.
    pub fn access_denied(principal_arn: &str, action: &str, resource: &str) -> Self {
        let because = format!(" because no identity-based policy allows the {action} action");
        Self::not_authorized(principal_arn, action, resource, &because)
    }

    /// Refuses a caller in the words and with the code of the service that `action` belongs to; `because`
    /// ends the sentence with the reason, or with nothing.
    pub fn not_authorized(principal_arn: &str, action: &str, resource: &str, because: &str) -> Self {
        let service = action.split(':').next().unwrap_or_default();
        // S3 puts the resource in quotes, the others do not.
        let quote = if service == "s3" { "\"" } else { "" };
        let message = format!(
            "User: {principal_arn} is not authorized to perform: {action} on resource: \
             {quote}{resource}{quote}{because}"
        );
        match service {
            "s3" | "iam" | "sts" | "cloudformation" => Self::new("AccessDenied", message).status(403),
            "lambda" => Self::new("AccessDeniedException", message).status(403),
            _ => Self::new("AccessDeniedException", message),
        }
    }

    /// Reports a failure of the engine itself; the detail goes to the engine's log too.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "internal failure");
        Self::new("InternalFailure", error.to_string()).status(500)
    }
}

impl From<crate::store::StoreError> for AwsError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::internal(error)
    }
}
