//! Turns an SDK's error into the program's: what was tried, AWS's own words, and what to do.

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::error::{Error, Kind};

/// Error codes that mean: these credentials will not do.
const CREDENTIAL_CODES: [&str; 7] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "RequestExpired",
];

/// Returns AWS's code of an error, if AWS answered at all.
pub fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(|error| error.code())
}

/// Returns the failure to do `what`.
pub fn failure<E, R>(what: impl Into<String>, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let what = what.into();
    if let Some(service_error) = error.as_service_error() {
        let code = service_error.code().unwrap_or("an error without a code").to_owned();
        let message = service_error.message().unwrap_or("no message").to_owned();
        let kind = if CREDENTIAL_CODES.contains(&code.as_str()) { Kind::Credentials } else { Kind::General };
        let failure = Error::new(kind, what).because(format!("{message} ({code})"));
        return if kind == Kind::Credentials {
            failure.hint("refresh your credentials and run it again")
        } else {
            failure
        };
    }
    let causes = causes(&error);
    if causes.iter().any(|cause| cause.contains("credentials") || cause.contains("identity")) {
        return Error::new(Kind::Credentials, what)
            .because(error)
            .hint("configure credentials with `aws configure` or AWS_PROFILE, or add --local to use the local engine");
    }
    if causes.iter().any(|cause| cause.contains("Connection refused") || cause.contains("dns error")) {
        return Error::general(what)
            .because(error)
            .hint("nothing answers at the endpoint; check --endpoint-url");
    }
    Error::general(what).because(error)
}

fn causes(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect()
}
