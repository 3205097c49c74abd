//! Writing and deleting objects.

use std::collections::BTreeMap;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use super::announcement::Occurrence;
use super::bucket::{Bucket, Versioning};
use super::checksums::{Expectation, put_checksums};
use super::conditions::check_write;
use super::door::Trailers;
use super::protocol::Session;
use super::refusal::{precondition_failed, unsupported};
use super::removal::{Deleted, Removal};
use super::shelf::Arrival;
use super::staging::stage;
use super::tagging;
use crate::error::AwsError;

/// Reads what a request says about the object that it writes, from the inputs that several operations share.
macro_rules! description {
    ($input:expr, $bucket:expr) => {{
        let input = &$input;
        $crate::services::s3::refusal::check_acl(
            input.acl.as_ref().map(s3s::dto::ObjectCannedACL::as_str),
            input.grant_full_control.is_some()
                || input.grant_read.is_some()
                || input.grant_read_acp.is_some()
                || input.grant_write_acp.is_some(),
        )?;
        $crate::services::s3::refusal::unsupported(&[
            ("x-amz-website-redirect-location", input.website_redirect_location.is_some()),
            ("x-amz-object-lock-mode", input.object_lock_mode.is_some()),
            ("x-amz-object-lock-legal-hold", input.object_lock_legal_hold_status.is_some()),
            ("x-amz-server-side-encryption-customer-algorithm", input.sse_customer_algorithm.is_some()),
        ])?;
        let (default_encryption, default_key) = $bucket.default_encryption();
        let requested = input.server_side_encryption.as_ref().map(|requested| requested.as_str().to_owned());
        $crate::services::s3::object::Description {
            content_type: input.content_type.clone(),
            content_encoding: input.content_encoding.clone().filter(|encoding| !encoding.is_empty()),
            content_disposition: input.content_disposition.clone(),
            content_language: input.content_language.clone(),
            cache_control: input.cache_control.clone(),
            expires: input.expires.clone(),
            metadata: input.metadata.iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
            tags: $crate::services::s3::tagging::of_header(input.tagging.as_deref())?,
            storage_class: $crate::services::s3::objects::storage_class(
                input.storage_class.as_ref().map(s3s::dto::StorageClass::as_str),
            )?,
            kms_key: match &requested {
                Some(_) => input.ssekms_key_id.clone(),
                None => default_key,
            },
            encryption: Some(requested.unwrap_or(default_encryption)),
        }
    }};
}
pub(super) use description;

/// Returns a storage class to remember: STANDARD is what nothing said means.
pub fn storage_class(class: Option<&str>) -> Result<Option<String>, AwsError> {
    const CLASSES: [&str; 8] = [
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER",
        "DEEP_ARCHIVE",
        "GLACIER_IR",
    ];
    match class {
        None | Some("STANDARD") => Ok(None),
        Some(class) if CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        Some(_) => Err(AwsError::new("InvalidStorageClass", "The storage class you specified is not valid")),
    }
}

pub async fn put(session: &Session, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let mut input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:PutObject")?;
    super::check_key(&input.key)?;
    unsupported(&[("x-amz-write-offset-bytes", input.write_offset_bytes.is_some())])?;
    tagging::authorize(session, &bucket.name, &input.key, input.tagging.as_ref())?;
    let mut description = description!(input, bucket);
    check_metadata(&description.metadata)?;
    description.content_type.get_or_insert_with(|| "binary/octet-stream".to_owned());
    let shelf = &session.s3().shelf;
    let conditions = (input.if_match, input.if_none_match);
    // Refused before the body is taken, and again when it takes its place.
    check_write(
        conditions.0.as_ref(),
        conditions.1.as_ref(),
        shelf.index.current(&bucket.name, &input.key)?.as_ref(),
    )?;

    let body = input.body.take().unwrap_or_else(|| s3s::Body::empty().into());
    let trailers = request.extensions.get::<Trailers>().cloned().unwrap_or_default();
    let expectation = Expectation::of(&request.headers);
    let staged = stage(&shelf.incoming(), body, &expectation, || trailers.take()).await?;
    let arrival = Arrival {
        bucket: &bucket,
        key: &input.key,
        etag: staged.etag(),
        parts: Vec::new(),
        description,
        now: session.aws.clock.now(),
    };
    let version = shelf.put(arrival, &staged, staged.checksums.clone(), |current| {
        session.s3().is_there(&bucket)?;
        check_write(conditions.0.as_ref(), conditions.1.as_ref(), current)
    })?;
    let occurrence = Occurrence::created("Put", &input.key, &bucket, &version);
    session.s3().announce(&session.aws, &session.caller, &bucket, &occurrence)?;
    let mut output = PutObjectOutput {
        e_tag: Some(ETag::Strong(staged.etag())),
        version_id: shown_version(&bucket, &version.version_id),
        checksum_type: staged.checksums.kind().map(ChecksumType::from_static),
        ..PutObjectOutput::default()
    };
    put_checksums!(output, &staged.checksums);
    if let Some(content) = version.content {
        output.server_side_encryption = content.description.encryption.map(ServerSideEncryption::from);
        output.ssekms_key_id = content.description.kms_key;
    }
    Ok(output)
}

/// Returns a version id as answers show it: not at all for a bucket that never had versions.
pub fn shown_version(bucket: &Bucket, version_id: &str) -> Option<String> {
    (bucket.versioning != Versioning::Never).then(|| version_id.to_owned())
}

/// Refuses user metadata that is larger than S3 takes.
pub fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), AwsError> {
    let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > 2048 {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(AwsError::new("MetadataTooLarge", message));
    }
    Ok(())
}

pub async fn delete(
    session: &Session,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let input = request.input;
    unsupported(&[
        ("x-amz-mfa", input.mfa.is_some()),
        ("x-amz-if-match-last-modified-time", input.if_match_last_modified_time.is_some()),
        ("x-amz-if-match-size", input.if_match_size.is_some()),
    ])?;
    let bucket = session.expected_bucket(&input.bucket)?;
    if let Some(condition) = &input.if_match {
        let current = session.s3().shelf.index.current(&bucket.name, &input.key)?;
        check_write(Some(condition), None, current.as_ref())?;
    }
    let removal = Removal { key: &input.key, version_id: named(input.version_id.as_ref()) };
    authorize_removal(session, &bucket, removal)?;
    let done = remove(session, &bucket, &[removal])?;
    let deleted = done.into_iter().next().ok_or_else(|| AwsError::internal("a delete had no outcome"))?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.is_marker.then_some(true),
        version_id: deleted.version_id,
        ..DeleteObjectOutput::default()
    })
}

/// Returns the version that a request names.
fn named(version_id: Option<&String>) -> Option<&str> {
    version_id.map(String::as_str).filter(|version_id| !version_id.is_empty())
}

fn authorize_removal(session: &Session, bucket: &Bucket, removal: Removal<'_>) -> Result<(), AwsError> {
    let action = if removal.version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    session.s3().authorize(&session.aws, &session.caller, action, bucket, Some(removal.key), &[])
}

/// Deletes what the caller may delete, and tells whom it concerns.
fn remove(session: &Session, bucket: &Bucket, removals: &[Removal<'_>]) -> Result<Vec<Deleted>, AwsError> {
    let s3 = session.s3();
    let done = s3.shelf.remove(bucket, removals, session.aws.clock.now())?;
    for (removal, deleted) in removals.iter().zip(&done) {
        // A key without an object is deleted as well as one with it. Not confirmed on AWS: that nobody hears of it.
        if deleted.is_change {
            let is_new_marker = removal.version_id.is_none() && deleted.is_marker;
            let shown = deleted.version_id.as_deref().filter(|_| bucket.versioning != Versioning::Never);
            let occurrence = Occurrence::removed(removal.key, shown, is_new_marker);
            s3.announce(&session.aws, &session.caller, bucket, &occurrence)?;
        }
    }
    Ok(done)
}

pub async fn delete_many(
    session: &Session,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let input = request.input;
    let bucket = session.expected_bucket(&input.bucket)?;
    let objects = input.delete.objects;
    if objects.is_empty() || objects.len() > 1000 {
        let message =
            "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(AwsError::new("MalformedXML", message).into());
    }
    let (mut allowed, mut errors) = (Vec::new(), Vec::new());
    for object in &objects {
        let removal = Removal { key: &object.key, version_id: named(object.version_id.as_ref()) };
        let check = check_identifier(session, &bucket, object);
        match check.and_then(|()| authorize_removal(session, &bucket, removal)) {
            Ok(()) => allowed.push(removal),
            Err(refusal) => errors.push(Error {
                code: Some(refusal.code),
                key: Some(object.key.clone()),
                message: Some(refusal.message),
                version_id: object.version_id.clone(),
            }),
        }
    }
    let done = remove(session, &bucket, &allowed)?;
    let deleted = allowed.iter().zip(done).map(|(removal, done)| DeletedObject {
        key: Some(removal.key.to_owned()),
        version_id: removal.version_id.map(str::to_owned),
        delete_marker: done.is_marker.then_some(true),
        // With a version asked for, `VersionId` is that one; without, the marker is shown apart.
        delete_marker_version_id: done.version_id.filter(|_| done.is_marker),
    });
    let is_quiet = input.delete.quiet == Some(true);
    Ok(DeleteObjectsOutput {
        deleted: Some(if is_quiet { Vec::new() } else { deleted.collect() }),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    })
}

/// Refuses to delete an object whose entity tag is not the one that is named.
fn check_identifier(session: &Session, bucket: &Bucket, object: &ObjectIdentifier) -> Result<(), AwsError> {
    unsupported(&[
        ("LastModifiedTime", object.last_modified_time.is_some()),
        ("Size", object.size.is_some()),
    ])?;
    let Some(etag) = &object.e_tag else { return Ok(()) };
    let current = session.s3().shelf.index.current(&bucket.name, &object.key)?;
    let content = current.and_then(|version| version.content);
    match content {
        Some(content) if content.etag == etag.value() => Ok(()),
        _ => Err(precondition_failed()),
    }
}
