//! Reading objects: their bytes, as a stream from the file, and what is known about them.

use std::io::SeekFrom;

use bytes::Bytes;
use futures::{Stream, stream};
use http::HeaderMap;
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::bucket::Bucket;
use super::checksums::put_checksums;
use super::conditions::{ReadConditions, timestamp};
use super::index::Index;
use super::object::{Content, Version};
use super::objects::shown_version;
use super::protocol::Session;
use super::refusal::{no_such_key, no_such_version, unsupported};
use crate::error::AwsError;

/// How much of a file is in memory at a time.
const PIECE: u64 = 256 << 10;

/// Returns a version that has content: the current one unless one is named.
pub fn find(
    index: &Index,
    bucket: &str,
    key: &str,
    version_id: Option<&str>,
) -> Result<(Version, Content), AwsError> {
    match find_version(index, bucket, key, version_id)? {
        Version { content: None, .. } if version_id.is_none() => Err(no_such_key()),
        Version { content: None, .. } => Err(method_not_allowed()),
        mut version => match version.content.take() {
            Some(content) => Ok((version, content)),
            None => Err(no_such_key()),
        },
    }
}

fn find_version(
    index: &Index,
    bucket: &str,
    key: &str,
    version_id: Option<&str>,
) -> Result<Version, AwsError> {
    match version_id {
        Some(version_id) => {
            index.version(bucket, key, version_id)?.ok_or_else(|| no_such_version(version_id))
        }
        None => index.current(bucket, key)?.ok_or_else(no_such_key),
    }
}

fn method_not_allowed() -> AwsError {
    let message = "The specified method is not allowed against this resource.";
    AwsError::new("MethodNotAllowed", message).status(405)
}

/// What a read asks for and how its answer is made, for GetObject and HeadObject alike.
struct Reading {
    version: Version,
    content: Content,
    /// The bytes to send, within the file.
    span: std::ops::Range<u64>,
    is_partial: bool,
}

/// Finds what a request reads and holds it against the request's conditions.
macro_rules! choose {
    ($session:expr, $bucket:expr, $input:expr) => {{
        let input = &$input;
        unsupported(&[(
            "x-amz-server-side-encryption-customer-algorithm",
            input.sse_customer_algorithm.is_some(),
        )])?;
        let conditions = ReadConditions {
            if_match: input.if_match.clone(),
            if_none_match: input.if_none_match.clone(),
            if_modified_since: input.if_modified_since.clone(),
            if_unmodified_since: input.if_unmodified_since.clone(),
        };
        let version_id = input.version_id.clone();
        let key = input.key.clone();
        let bucket: &Bucket = $bucket;
        move |index: &Index| choose($session, bucket, index, &key, version_id.as_deref(), &conditions)
    }};
}

fn choose(
    session: &Session,
    bucket: &Bucket,
    index: &Index,
    key: &str,
    version_id: Option<&str>,
    conditions: &ReadConditions,
) -> S3Result<(Version, Content)> {
    let found = match find_version(index, &bucket.name, key, version_id) {
        Ok(found) => found,
        Err(missing) => return Err(hide(session, bucket, missing).into()),
    };
    let mut version = found;
    let Some(content) = version.content.take() else {
        let refusal = match version_id {
            Some(_) => method_not_allowed(),
            None => hide(session, bucket, no_such_key()),
        };
        return Err(behind_marker(refusal, bucket, &version));
    };
    conditions.check(&version, &content).map_err(|refusal| {
        let is_unmodified = refusal.status == 304;
        let mut error = S3Error::from(refusal);
        if is_unmodified {
            let etag = format!("\"{}\"", content.etag).parse();
            error.set_headers(etag.into_iter().map(|etag| (http::header::ETAG, etag)).collect());
        }
        error
    })?;
    Ok((version, content))
}

/// Returns what someone is told about a missing key: only who may list the bucket learns that it is missing.
fn hide(session: &Session, bucket: &Bucket, missing: AwsError) -> AwsError {
    if missing.status != 404 {
        return missing;
    }
    let s3 = session.s3();
    s3.authorize(&session.aws, &session.caller, "s3:ListBucket", bucket, None, &[]).err().unwrap_or(missing)
}

/// Says with a refusal that a delete marker stands in the object's place.
fn behind_marker(refusal: AwsError, bucket: &Bucket, marker: &Version) -> S3Error {
    let mut error = S3Error::from(refusal);
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", http::HeaderValue::from_static("true"));
    let version_id = shown_version(bucket, &marker.version_id).and_then(|id| id.parse().ok());
    if let Some(version_id) = version_id {
        headers.insert("x-amz-version-id", version_id);
    }
    error.set_headers(headers);
    error
}

impl Reading {
    fn new(
        (version, content): (Version, Content),
        range: Option<&Range>,
        part_number: Option<i32>,
    ) -> S3Result<Self> {
        let span = match (range, part_number) {
            (Some(_), Some(_)) => {
                let message = "Cannot specify both Range header and partNumber query parameter";
                return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, message));
            }
            (Some(range), None) => {
                // An empty object has no byte that a range could name.
                let span = range.check(content.size).ok().filter(|span| !span.is_empty());
                span.ok_or_else(|| invalid_range(content.size))?
            }
            (None, Some(number)) => part(&content, number).ok_or_else(invalid_part_number)?,
            (None, None) => 0..content.size,
        };
        let is_partial = (range.is_some() || part_number.is_some()) && !span.is_empty();
        Ok(Self { version, content, span, is_partial })
    }

    /// Returns of how many parts the object was made, for a reader who asks for one of them.
    fn parts_count(&self, part_number: Option<i32>) -> Option<i32> {
        part_number?;
        i32::try_from(self.content.parts.len()).ok().filter(|count| *count > 0)
    }

    fn content_range(&self) -> Option<String> {
        let std::ops::Range { start, end } = self.span;
        self.is_partial.then(|| format!("bytes {start}-{}/{}", end - 1, self.content.size))
    }
}

/// Returns the bytes of a part; an object that was not uploaded in parts is one.
fn part(content: &Content, number: i32) -> Option<std::ops::Range<u64>> {
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    if content.parts.is_empty() {
        return (place == 0).then_some(0..content.size);
    }
    let start = content.parts.get(..place)?.iter().sum();
    let size = content.parts.get(place)?;
    Some(start..start + size)
}

fn invalid_part_number() -> S3Error {
    let mut error = S3Error::with_message(
        S3ErrorCode::from_bytes(b"InvalidPartNumber").unwrap_or(S3ErrorCode::InvalidRange),
        "The requested partnumber is not satisfiable",
    );
    error.set_status_code(http::StatusCode::RANGE_NOT_SATISFIABLE);
    error
}

fn invalid_range(size: u64) -> S3Error {
    let message = "The requested range is not satisfiable";
    let mut error = S3Error::with_message(S3ErrorCode::InvalidRange, message);
    let value = format!("bytes */{size}").parse();
    error.set_headers(value.into_iter().map(|value| (http::header::CONTENT_RANGE, value)).collect());
    error
}

/// Fills the members that the outputs of GetObject and HeadObject share.
macro_rules! describe {
    ($output:ident, $reading:expr, $bucket:expr, $checksum_mode:expr) => {{
        let reading: &Reading = $reading;
        let description = reading.content.description.clone();
        $output.accept_ranges = Some("bytes".to_owned());
        $output.content_length = i64::try_from(reading.span.end - reading.span.start).ok();
        $output.content_range = reading.content_range();
        $output.e_tag = Some(ETag::Strong(reading.content.etag.clone()));
        $output.last_modified = Some(timestamp(reading.version.last_modified));
        $output.version_id = shown_version($bucket, &reading.version.version_id);
        $output.content_type = description.content_type;
        $output.content_encoding = description.content_encoding;
        $output.content_disposition = description.content_disposition;
        $output.content_language = description.content_language;
        $output.cache_control = description.cache_control;
        $output.expires = description.expires;
        $output.metadata = Some(description.metadata.into_iter().collect());
        $output.storage_class = description.storage_class.map(StorageClass::from);
        $output.server_side_encryption = description.encryption.map(ServerSideEncryption::from);
        $output.ssekms_key_id = description.kms_key;
        // A part of an object has no checksum of its own.
        if $checksum_mode.is_some() && !reading.is_partial {
            put_checksums!($output, &reading.content.checksums);
            $output.checksum_type = reading.content.checksums.kind().map(ChecksumType::from_static);
        }
    }};
}

pub async fn get(session: &Session, request: S3Request<GetObjectInput>) -> S3Result<GetObjectOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, read_action(input.version_id.as_deref()))?;
    let choose = choose!(session, &bucket, input);
    let (version, content, file) = session.s3().shelf.open_file(&bucket, choose)?;
    let reading = Reading::new((version, content), input.range.as_ref(), input.part_number)?;
    let parts_count = reading.parts_count(input.part_number);
    let tag_count = i32::try_from(reading.content.description.tags.len()).ok().filter(|count| *count > 0);
    let mut output = GetObjectOutput { parts_count, tag_count, ..GetObjectOutput::default() };
    describe!(output, &reading, &bucket, input.checksum_mode);
    let body = read(tokio::fs::File::from_std(file), reading.span).await?;
    output.body = Some(StreamingBlob::wrap(body));
    let overrides = [
        (&mut output.content_type, input.response_content_type),
        (&mut output.content_encoding, input.response_content_encoding),
        (&mut output.content_disposition, input.response_content_disposition),
        (&mut output.content_language, input.response_content_language),
        (&mut output.cache_control, input.response_cache_control),
    ];
    for (member, value) in overrides {
        *member = value.or(member.take());
    }
    Ok(output)
}

pub async fn head(session: &Session, request: S3Request<HeadObjectInput>) -> S3Result<HeadObjectOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, read_action(input.version_id.as_deref()))?;
    let found = choose!(session, &bucket, input)(&session.s3().shelf.index)?;
    let reading = Reading::new(found, input.range.as_ref(), input.part_number)?;
    let parts_count = reading.parts_count(input.part_number);
    let mut output = HeadObjectOutput { parts_count, ..HeadObjectOutput::default() };
    describe!(output, &reading, &bucket, input.checksum_mode);
    Ok(output)
}

fn read_action(version_id: Option<&str>) -> &'static str {
    if version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" }
}

/// Streams a span of a file.
pub async fn read(
    mut file: tokio::fs::File,
    span: std::ops::Range<u64>,
) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send + Sync + Unpin + 'static, AwsError> {
    if span.start > 0 {
        file.seek(SeekFrom::Start(span.start)).await.map_err(AwsError::internal)?;
    }
    let pieces = stream::try_unfold((file, span.end - span.start), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = bytes::BytesMut::with_capacity(usize::try_from(left.min(PIECE)).unwrap_or(0));
        let limit = left.min(PIECE);
        let length = (&mut file).take(limit).read_buf(&mut piece).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some((piece.freeze(), (file, left - length as u64))))
    });
    Ok(Box::pin(pieces))
}
