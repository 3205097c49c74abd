//! Turns an SDK's error into the program's: what was tried, AWS's own words, and what to do.

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::error::{Error, Kind, Passing};

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

/// Error codes that mean: not so many requests.
const THROTTLING_CODES: [&str; 10] = [
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "BandwidthLimitExceeded",
];

/// How the SDK says that it was built without single sign-on, whose clients are large.
const WITHOUT_SSO: &str = "feature(s) enabled: sso";

/// Returns what to do when `text`, the SDK's, says that credentials come by a way that this program does not go.
pub fn unsupported(text: &str) -> Option<Error> {
    text.contains(WITHOUT_SSO).then(|| {
        Error::new(Kind::Credentials, "the profile signs on by SSO, which hydrant cannot do itself").hint(
            "run `aws sso login`, then `eval \"$(aws configure export-credentials --format env)\"`, and try again",
        )
    })
}

/// Returns AWS's code of an error, if AWS answered at all.
pub fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(|error| error.code())
}

/// Returns the failure to do `what`, said as a verb and its object.
pub fn failure<E, R>(what: impl std::fmt::Display, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let passing = passing(&error);
    let mut failure = told(what, error);
    failure.passing = passing.filter(|_| failure.kind == Kind::General);
    failure
}

/// Returns whether the same request may succeed later.
fn passing<E: ProvideErrorMetadata, R: 'static>(error: &SdkError<E, R>) -> Option<Passing> {
    match error {
        SdkError::ServiceError(_) => match code(error) {
            Some(code) if THROTTLING_CODES.contains(&code) => Some(Passing::Throttled),
            // An answer to HEAD has no body, and so no code.
            _ => (http_status(error)? >= 500).then_some(Passing::Broken),
        },
        SdkError::ConstructionFailure(_) => None,
        _ => Some(Passing::Broken),
    }
}

/// Returns the HTTP status of an answer; all of the SDK's come as the same type.
fn http_status<E, R: 'static>(error: &SdkError<E, R>) -> Option<u16> {
    let response: &dyn std::any::Any = error.raw_response()?;
    let response = response.downcast_ref::<aws_sdk_s3::config::http::HttpResponse>()?;
    Some(response.status().as_u16())
}

fn told<E, R>(what: impl std::fmt::Display, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if let Some(service_error) = error.as_service_error() {
        let code = service_error.code().unwrap_or("an error without a code");
        let message = service_error.message().unwrap_or("no message");
        let failure = Error::failed_to(what).because(format!("{message} ({code})"));
        return match CREDENTIAL_CODES.contains(&code) {
            true => failure.kind(Kind::Credentials).hint("refresh your credentials and run it again"),
            false => failure,
        };
    }
    // Nobody answered: the innermost cause says why; those around it only say which part of the SDK noticed.
    let causes: Vec<String> =
        std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
            .map(ToString::to_string)
            .collect();
    let says = |part: &str| causes.iter().any(|cause| cause.contains(part));
    let innermost = causes.last().and_then(|cause| cause.lines().next()).unwrap_or_default().to_owned();
    if says("no credentials found in chain") {
        return Error::new(Kind::Credentials, "there are no AWS credentials")
            .hint("configure them with `aws configure`, AWS_PROFILE or --profile")
            .hint("or add --local to use the local engine, which needs none");
    }
    if let Some(unsupported) = causes.iter().find_map(|cause| unsupported(cause)) {
        return unsupported;
    }
    let failure = Error::failed_to(what).because(innermost);
    match says("Connection refused") || says("dns error") {
        true => failure.hint("nothing answers there; check the network and --endpoint-url"),
        false => failure,
    }
}
