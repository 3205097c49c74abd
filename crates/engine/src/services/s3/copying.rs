//! Copies on the server: an object from another one, and a part of an upload from an object.

use http::HeaderMap;
use s3s::dto::*;
use s3s::{S3Request, S3Result};

use super::announcement::Occurrence;
use super::checksums::{Expectation, put_checksums};
use super::conditions::{ReadConditions, timestamp};
use super::multipart::check_number;
use super::object::{Content, Version};
use super::objects::{check_metadata, description, shown_version};
use super::protocol::Session;
use super::reading;
use super::refusal::{precondition_failed, unsupported};
use super::shelf::Arrival;
use super::staging::{Staged, hex, stage};
use crate::error::AwsError;

/// An object that is being copied.
struct Source {
    bucket: super::bucket::Bucket,
    key: String,
    version: Version,
    content: Content,
    file: std::fs::File,
}

/// Finds the source of a copy and holds it against the conditions on it.
macro_rules! source {
    ($session:expr, $input:expr) => {{
        let input = &$input;
        unsupported(&[
            (
                "x-amz-copy-source-server-side-encryption-customer-algorithm",
                input.copy_source_sse_customer_algorithm.is_some(),
            ),
            ("x-amz-server-side-encryption-customer-algorithm", input.sse_customer_algorithm.is_some()),
        ])?;
        let conditions = ReadConditions {
            if_match: input.copy_source_if_match.clone(),
            if_none_match: input.copy_source_if_none_match.clone(),
            if_modified_since: input.copy_source_if_modified_since.clone(),
            if_unmodified_since: input.copy_source_if_unmodified_since.clone(),
        };
        open($session, &input.copy_source, input.expected_source_bucket_owner.as_deref(), &conditions)?
    }};
}

fn open(
    session: &Session,
    source: &CopySource,
    owner: Option<&str>,
    conditions: &ReadConditions,
) -> Result<Source, AwsError> {
    let CopySource::Bucket { bucket, key, version_id } = source else {
        return Err(AwsError::not_supported("a copy from an access point"));
    };
    let action = if version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
    let bucket = session.s3().bucket(bucket)?;
    if owner.is_some_and(|owner| owner != bucket.account) {
        return Err(AwsError::new("AccessDenied", "Access Denied").status(403));
    }
    session.s3().authorize(&session.aws, &session.caller, action, &bucket, Some(key), &[])?;
    let (version, content, file) = session.s3().shelf.open_file(&bucket, |index| {
        let (version, content) = reading::find(index, &bucket.name, key, version_id.as_deref())?;
        // A copy has no "not modified": every condition that fails is a failed precondition.
        conditions.check(&version, &content).map_err(|_| precondition_failed())?;
        Ok::<_, AwsError>((version, content))
    })?;
    Ok(Source { bucket, key: key.to_string(), version, content, file })
}

impl Source {
    async fn stage(
        self,
        session: &Session,
        span: std::ops::Range<u64>,
        expectation: &Expectation,
    ) -> Result<Staged, AwsError> {
        let pieces = reading::read(tokio::fs::File::from_std(self.file), span).await?;
        let pieces = futures::TryStreamExt::map_err(pieces, |error| AwsError::internal(error).into());
        stage(&session.s3().shelf.incoming(), pieces, expectation, HeaderMap::new).await
    }

    fn shown_version(&self) -> Option<String> {
        shown_version(&self.bucket, &self.version.version_id)
    }
}

pub async fn copy(session: &Session, request: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:PutObject")?;
    super::check_key(&input.key)?;
    let source = source!(session, input);
    let is_retagged =
        input.tagging_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    if is_retagged {
        super::tagging::authorize(session, &bucket.name, &input.key, input.tagging.as_ref())?;
    }
    let mut description = description!(input, bucket);
    if !is_retagged {
        description.tags.clone_from(&source.content.description.tags);
    }
    let replaces = input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == "REPLACE");
    let is_unchanged = !replaces
        && input.server_side_encryption.is_none()
        && input.storage_class.is_none()
        && source.bucket.name == bucket.name
        && source.key == input.key
        && matches!(&input.copy_source, CopySource::Bucket { version_id: None, .. });
    if is_unchanged {
        let message = "This copy request is illegal because it is trying to copy an object to itself without \
                       changing the object's metadata, storage class, website redirect location or \
                       encryption attributes.";
        return Err(AwsError::new("InvalidRequest", message).into());
    }
    if !replaces {
        description = super::object::Description {
            tags: description.tags,
            storage_class: description.storage_class,
            encryption: description.encryption,
            kms_key: description.kms_key,
            ..source.content.description.clone()
        };
    }
    check_metadata(&description.metadata)?;
    let expectation = expectation(input.checksum_algorithm.as_ref(), &source);
    let source_version = source.shown_version();
    let span = 0..source.content.size;
    let staged = source.stage(session, span, &expectation).await?;
    let arrival = Arrival {
        bucket: &bucket,
        key: &input.key,
        etag: staged.etag(),
        parts: Vec::new(),
        description,
        now: session.aws.clock.now(),
    };
    let version = session
        .s3()
        .shelf
        .put(arrival, &staged, staged.checksums.clone(), |_| session.s3().is_there(&bucket))?;
    let occurrence = Occurrence::created("Copy", &input.key, &bucket, &version);
    session.s3().announce(&session.aws, &session.caller, &bucket, &occurrence)?;
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(staged.etag())),
        last_modified: Some(timestamp(version.last_modified)),
        checksum_type: staged.checksums.kind().map(ChecksumType::from_static),
        ..CopyObjectResult::default()
    };
    put_checksums!(result, &staged.checksums);
    Ok(CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: source_version,
        version_id: shown_version(&bucket, &version.version_id),
        ..CopyObjectOutput::default()
    })
}

/// Returns which checksums a copy gets: those that are asked for, or else those of its source.
fn expectation(algorithm: Option<&ChecksumAlgorithm>, source: &Source) -> Expectation {
    let kept = || source.content.checksums.values.keys().next().map(String::as_str);
    algorithm.map(ChecksumAlgorithm::as_str).or_else(kept).map(Expectation::only).unwrap_or_default()
}

pub async fn copy_part(
    session: &Session,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:PutObject")?;
    let s3 = session.s3();
    let upload = s3.uploads.get(&bucket.name, &input.key, &input.upload_id)?;
    check_number(input.part_number)?;
    let source = source!(session, input);
    let size = source.content.size;
    let span = match input.copy_source_range.as_deref() {
        None => 0..size,
        Some(range) => whole_range(range, size)?,
    };
    let expectation = upload.algorithm.as_deref().map(Expectation::only).unwrap_or_default();
    let source_version = source.shown_version();
    let staged = source.stage(session, span, &expectation).await?;
    let part = s3.uploads.keep(&upload.upload_id, input.part_number, &staged, session.aws.clock.now())?;
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(hex(&part.md5))),
        last_modified: Some(timestamp(part.last_modified)),
        ..CopyPartResult::default()
    };
    put_checksums!(result, &part.checksums);
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: source_version,
        ..UploadPartCopyOutput::default()
    })
}

/// Returns the span of `bytes=first-last`, which must lie within the source.
fn whole_range(range: &str, size: u64) -> Result<std::ops::Range<u64>, AwsError> {
    let invalid = || {
        let message = format!(
            "The x-amz-copy-source-range value must be of the form bytes=first-last, where \
                               first and last are zero-based offsets within the {size} bytes of the source"
        );
        AwsError::new("InvalidArgument", message)
    };
    match Range::parse(range) {
        Ok(Range::Int { first, last: Some(last) }) if first <= last && last < size => Ok(first..last + 1),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_ranges_within_the_source() {
        assert_eq!(whole_range("bytes=2-4", 5).unwrap(), 2..5);
        for range in ["bytes=2-5", "bytes=2-", "bytes=-2", "2-4"] {
            assert!(whole_range(range, 5).is_err(), "{range}");
        }
    }
}
