//! Multipart uploads: parts arrive in any order and become one object.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use md5::{Digest, Md5};
use s3s::dto::*;
use s3s::{S3Request, S3Result};

use super::announcement::Occurrence;
use super::buckets::owner;
use super::checksums::{Checksums, Expectation, finish, put_checksums};
use super::conditions::{check_write, timestamp};
use super::door::Trailers;
use super::objects::{check_metadata, description, shown_version};
use super::protocol::Session;
use super::reading;
use super::refusal::unsupported;
use super::shelf::Arrival;
use super::staging::{hex, stage};
use super::uploads::{self, Upload};
use crate::error::AwsError;

/// Smallest part, except for the last one.
const SMALLEST_PART: u64 = 5 << 20;

pub async fn create(
    session: &Session,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:PutObject")?;
    super::check_key(&input.key)?;
    super::tagging::authorize(session, &bucket.name, &input.key, input.tagging.as_ref())?;
    let mut description = description!(input, bucket);
    check_metadata(&description.metadata)?;
    description.content_type.get_or_insert_with(|| "binary/octet-stream".to_owned());
    let algorithm = input.checksum_algorithm.as_ref().map(|algorithm| algorithm.as_str().to_owned());
    // CRC64NVME only comes whole; of the others, S3 makes a checksum of checksums unless told otherwise.
    let is_composite = match input.checksum_type.as_ref().map(ChecksumType::as_str) {
        Some(kind) => kind == ChecksumType::COMPOSITE,
        None => algorithm.as_deref().is_some_and(|algorithm| algorithm != "CRC64NVME"),
    };
    let encryption = description.encryption.clone();
    let upload = Upload {
        upload_id: uuid::Uuid::new_v4().simple().to_string(),
        key: input.key.clone(),
        initiated: session.aws.clock.now(),
        description,
        algorithm,
        is_composite,
    };
    session.s3().uploads.begin(&bucket.name, &upload)?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(bucket.name),
        checksum_type: upload.algorithm.is_some().then(|| kind(&upload)),
        checksum_algorithm: input.checksum_algorithm,
        key: Some(input.key),
        server_side_encryption: encryption.map(ServerSideEncryption::from),
        upload_id: Some(upload.upload_id),
        ..CreateMultipartUploadOutput::default()
    })
}

fn kind(upload: &Upload) -> ChecksumType {
    let kind = if upload.is_composite { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT };
    ChecksumType::from_static(kind)
}

pub async fn upload(session: &Session, request: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
    let mut input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:PutObject")?;
    let s3 = session.s3();
    let upload = s3.uploads.get(&bucket.name, &input.key, &input.upload_id)?;
    check_number(input.part_number)?;
    unsupported(&[(
        "x-amz-server-side-encryption-customer-algorithm",
        input.sse_customer_algorithm.is_some(),
    )])?;
    let mut expectation = Expectation::of(&request.headers);
    upload.algorithm.iter().for_each(|algorithm| expectation.also(algorithm));
    let trailers = request.extensions.get::<Trailers>().cloned().unwrap_or_default();
    let body = input.body.take().unwrap_or_else(|| s3s::Body::empty().into());
    let staged = stage(&s3.shelf.incoming(), body, &expectation, || trailers.take()).await?;
    let part = s3.uploads.keep(&upload.upload_id, input.part_number, &staged, session.aws.clock.now())?;
    let mut output =
        UploadPartOutput { e_tag: Some(ETag::Strong(hex(&part.md5))), ..UploadPartOutput::default() };
    put_checksums!(output, &part.checksums);
    Ok(output)
}

/// Refuses a part number that S3 does not have.
pub fn check_number(number: i32) -> Result<(), AwsError> {
    if (1..=10_000).contains(&number) {
        return Ok(());
    }
    let message = "Part number must be an integer between 1 and 10000, inclusive";
    Err(AwsError::new("InvalidArgument", message))
}

pub async fn complete(
    session: &Session,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:PutObject")?;
    let s3 = session.s3();
    let upload = s3.uploads.get(&bucket.name, &input.key, &input.upload_id)?;
    let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let parts = chosen(&named, s3.uploads.parts(&upload.upload_id)?)?;

    let files: Vec<_> = parts.iter().map(|part| s3.uploads.file(&upload.upload_id, part)).collect();
    let sizes: Vec<_> = parts.iter().map(|part| part.size).collect();
    let pieces = stream::iter(files.into_iter().zip(sizes.clone())).then(|(file, size)| async move {
        let file = tokio::fs::File::open(file).await.map_err(AwsError::internal)?;
        reading::read(file, 0..size).await.map(|piece| piece.map_err(AwsError::internal))
    });
    let body = pieces.try_flatten().map_err(|error: AwsError| error.into());
    let expectation = upload.algorithm.as_deref().map(Expectation::only).unwrap_or_default();
    let staged = stage(&s3.shelf.incoming(), Box::pin(body), &expectation, HeaderMap::new).await?;
    let checksums = if upload.is_composite {
        composite(upload.algorithm.as_deref().unwrap_or_default(), &parts)
    } else {
        staged.checksums.clone()
    };
    check_claims(&request.headers, &checksums)?;
    let etag = etag(&parts);
    let arrival = Arrival {
        bucket: &bucket,
        key: &input.key,
        etag: etag.clone(),
        parts: sizes,
        description: upload.description.clone(),
        now: session.aws.clock.now(),
    };
    let version = s3.shelf.put(arrival, &staged, checksums.clone(), |current| {
        s3.is_there(&bucket)?;
        check_write(input.if_match.as_ref(), input.if_none_match.as_ref(), current)
    })?;
    s3.uploads.end(&bucket.name, &upload.upload_id)?;
    let occurrence = Occurrence::created("CompleteMultipartUpload", &input.key, &bucket, &version);
    s3.announce(&session.aws, &session.caller, &bucket, &occurrence)?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("{}/{}/{}", session.aws.endpoint(), bucket.name, input.key)),
        e_tag: Some(ETag::Strong(etag)),
        version_id: shown_version(&bucket, &version.version_id),
        checksum_type: checksums.kind().map(ChecksumType::from_static),
        server_side_encryption: upload.description.encryption.map(ServerSideEncryption::from),
        bucket: Some(bucket.name),
        key: Some(input.key),
        ..CompleteMultipartUploadOutput::default()
    };
    put_checksums!(output, &checksums);
    Ok(output)
}

/// Returns the parts that a request names, in its order, or refuses as S3 does.
fn chosen(named: &[CompletedPart], kept: Vec<uploads::Part>) -> Result<Vec<uploads::Part>, AwsError> {
    if named.is_empty() {
        let message =
            "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(AwsError::new("MalformedXML", message));
    }
    if !named.is_sorted_by(|one, other| one.part_number < other.part_number) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(AwsError::new("InvalidPartOrder", message));
    }
    let part = |name: &CompletedPart| {
        let part = kept.iter().find(|part| Some(part.number) == name.part_number);
        let etag = name.e_tag.as_ref().map(ETag::value);
        part.filter(|part| etag.is_none_or(|etag| etag == hex(&part.md5))).cloned().ok_or_else(|| {
            let message = "One or more of the specified parts could not be found.  The part may not have been \
                           uploaded, or the specified entity tag may not match the part's entity tag.";
            AwsError::new("InvalidPart", message)
        })
    };
    let parts = named.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let all_but_last = &parts[..parts.len() - 1];
    if all_but_last.iter().any(|part| part.size < SMALLEST_PART) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(AwsError::new("EntityTooSmall", message));
    }
    Ok(parts)
}

/// Returns the entity tag of an object in parts: the MD5 of their MD5s, and how many there are.
fn etag(parts: &[uploads::Part]) -> String {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(part.md5));
    format!("{}-{}", hex(&md5.finalize()), parts.len())
}

/// Returns the checksum of the parts' checksums.
fn composite(algorithm: &str, parts: &[uploads::Part]) -> Checksums {
    let mut hasher = Expectation::only(algorithm).hasher();
    for part in parts {
        let value = part.checksums.value(algorithm).unwrap_or_default();
        hasher.update(&STANDARD.decode(value).unwrap_or_default());
    }
    let mut checksums = finish(hasher);
    for value in checksums.values.values_mut() {
        value.push_str(&format!("-{}", parts.len()));
    }
    checksums.is_composite = true;
    checksums
}

/// Compares the object's checksums with those that the completing request claims.
fn check_claims(headers: &HeaderMap, checksums: &Checksums) -> Result<(), AwsError> {
    let mut computed = checksums.clone();
    let mut claims = HeaderMap::new();
    for (algorithm, value) in &mut computed.values {
        let name = format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase());
        let Some(claim) = headers.get(&name) else { continue };
        let text = claim.to_str().unwrap_or_default();
        // The number of parts may be left out.
        if !text.contains('-') {
            value.truncate(value.find('-').unwrap_or(value.len()));
        }
        if let Ok(name) = http::HeaderName::try_from(name) {
            claims.insert(name, claim.clone());
        }
    }
    Expectation::default().check(&computed, &claims)
}

pub async fn abort(
    session: &Session,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:AbortMultipartUpload")?;
    let upload = session.s3().uploads.get(&bucket.name, &input.key, &input.upload_id)?;
    session.s3().uploads.end(&bucket.name, &upload.upload_id)?;
    Ok(AbortMultipartUploadOutput::default())
}

pub async fn list_parts(session: &Session, request: S3Request<ListPartsInput>) -> S3Result<ListPartsOutput> {
    let input = request.input;
    let bucket = session.bucket_for(&input.bucket, &input.key, "s3:ListMultipartUploadParts")?;
    let upload = session.s3().uploads.get(&bucket.name, &input.key, &input.upload_id)?;
    let limit = input.max_parts.unwrap_or(1000).clamp(0, 1000);
    let after = input.part_number_marker.unwrap_or(0);
    let mut parts = session.s3().uploads.parts(&upload.upload_id)?;
    parts.retain(|part| part.number > after);
    let is_truncated = parts.len() > usize::try_from(limit).unwrap_or(0);
    parts.truncate(usize::try_from(limit).unwrap_or(0));
    let next = parts.last().map(|part| part.number).filter(|_| is_truncated);
    let shown = parts.into_iter().map(|part| {
        let mut shown = Part {
            e_tag: Some(ETag::Strong(hex(&part.md5))),
            last_modified: Some(timestamp(part.last_modified)),
            part_number: Some(part.number),
            size: i64::try_from(part.size).ok(),
            ..Part::default()
        };
        put_checksums!(shown, &part.checksums);
        shown
    });
    Ok(ListPartsOutput {
        parts: Some(shown.collect()),
        owner: Some(owner(&bucket.account)),
        bucket: Some(bucket.name),
        checksum_type: upload.algorithm.is_some().then(|| kind(&upload)),
        checksum_algorithm: upload.algorithm.map(ChecksumAlgorithm::from),
        is_truncated: Some(is_truncated),
        key: Some(input.key),
        max_parts: Some(limit),
        next_part_number_marker: next,
        part_number_marker: Some(after),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(upload.upload_id),
        ..ListPartsOutput::default()
    })
}

pub async fn list_uploads(
    session: &Session,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<ListMultipartUploadsOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:ListBucketMultipartUploads")?;
    unsupported(&[("delimiter", input.delimiter.as_ref().is_some_and(|delimiter| !delimiter.is_empty()))])?;
    let limit = usize::try_from(input.max_uploads.unwrap_or(1000)).unwrap_or(0).min(1000);
    let prefix = input.prefix.clone().unwrap_or_default();
    let (key_marker, id_marker) =
        (input.key_marker.clone().unwrap_or_default(), input.upload_id_marker.clone().unwrap_or_default());
    let mut uploads = session.s3().uploads.all(&bucket.name)?;
    uploads.retain(|upload| upload.key.starts_with(&prefix));
    let marked = uploads.iter().position(|upload| upload.key == key_marker && upload.upload_id == id_marker);
    match marked {
        Some(position) => drop(uploads.drain(..=position)),
        None => uploads.retain(|upload| upload.key > key_marker || key_marker.is_empty()),
    }
    let is_truncated = uploads.len() > limit;
    uploads.truncate(limit);
    let next = uploads.last().filter(|_| is_truncated);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(bucket.name),
        is_truncated: Some(is_truncated),
        key_marker: Some(key_marker),
        upload_id_marker: Some(id_marker),
        max_uploads: i32::try_from(limit).ok(),
        next_key_marker: next.map(|upload| upload.key.clone()),
        next_upload_id_marker: next.map(|upload| upload.upload_id.clone()),
        prefix: input.prefix,
        uploads: Some(
            uploads
                .into_iter()
                .map(|upload| MultipartUpload {
                    initiated: Some(timestamp(upload.initiated)),
                    owner: Some(owner(&bucket.account)),
                    storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
                    key: Some(upload.key),
                    upload_id: Some(upload.upload_id),
                    ..MultipartUpload::default()
                })
                .collect(),
        ),
        ..ListMultipartUploadsOutput::default()
    })
}
