//! Refusals in S3's words, and their way into S3's XML.

use http::StatusCode;
use s3s::{S3Error, S3ErrorCode};

use crate::error::AwsError;
use crate::wire;

impl From<AwsError> for S3Error {
    fn from(error: AwsError) -> Self {
        // `NotImplemented` and `InternalError` are what S3 calls these.
        let code = if error.code == "InternalFailure" { "InternalError" } else { &error.code };
        let code = S3ErrorCode::from_bytes(code.as_bytes()).unwrap_or(S3ErrorCode::InternalError);
        let mut refusal = S3Error::with_message(code, error.message);
        refusal
            .set_status_code(StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        refusal.set_request_id(wire::request_id());
        refusal
    }
}

/// Turns what IAM says into what S3 says.
pub fn denied(refusal: AwsError) -> AwsError {
    if refusal.code != "AccessDeniedException" {
        return refusal;
    }
    AwsError::new("AccessDenied", refusal.message).status(403)
}

pub fn no_such_bucket() -> AwsError {
    AwsError::new("NoSuchBucket", "The specified bucket does not exist").status(404)
}

pub fn no_such_key() -> AwsError {
    AwsError::new("NoSuchKey", "The specified key does not exist.").status(404)
}

/// Refuses a version that is not there, or that no version could be.
pub fn no_such_version(version_id: &str) -> AwsError {
    let is_id = version_id == "null"
        || (version_id.len() == 32 && version_id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if !is_id {
        return AwsError::new("InvalidArgument", "Invalid version id specified");
    }
    AwsError::new("NoSuchVersion", "The specified version does not exist.").status(404)
}

pub fn precondition_failed() -> AwsError {
    let message = "At least one of the pre-conditions you specified did not hold";
    AwsError::new("PreconditionFailed", message).status(412)
}

pub fn malformed_xml() -> AwsError {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    AwsError::new("MalformedXML", message)
}

/// Refuses, by name, an input that S3 has and this engine does not.
pub fn unsupported(inputs: &[(&str, bool)]) -> Result<(), AwsError> {
    match inputs.iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => Err(AwsError::not_supported(format_args!("the input `{name}` of S3"))),
        None => Ok(()),
    }
}

/// Refuses access control lists, which buckets with the default ownership do not have.
pub fn check_acl(acl: Option<&str>, has_grants: bool) -> Result<(), AwsError> {
    if has_grants || acl.is_some_and(|acl| acl != "bucket-owner-full-control") {
        let message = "The bucket does not allow ACLs";
        return Err(AwsError::new("AccessControlListNotSupported", message));
    }
    Ok(())
}
