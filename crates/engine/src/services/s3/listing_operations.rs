//! ListObjects, ListObjectsV2 and ListObjectVersions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::*;
use s3s::{S3Request, S3Result};

use super::bucket::Bucket;
use super::buckets::owner;
use super::conditions::timestamp;
use super::listing::{Line, Page, Query, page};
use super::object::Version;
use super::protocol::Session;
use crate::error::AwsError;

/// Most keys on a page.
const MOST_KEYS: i32 = 1000;

/// What `encoding-type=url` leaves as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

/// How names are written in an answer.
#[derive(Clone, Copy)]
struct Encoding(bool);

impl Encoding {
    fn of(requested: Option<&EncodingType>) -> Result<Self, AwsError> {
        match requested.map(EncodingType::as_str) {
            None => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            Some(_) => Err(AwsError::new("InvalidArgument", "Invalid Encoding Method specified in Request")),
        }
    }

    fn write(self, name: &str) -> String {
        if self.0 { utf8_percent_encode(name, KEPT).to_string() } else { name.to_owned() }
    }
}

fn limit(max_keys: Option<i32>) -> Result<i32, AwsError> {
    match max_keys {
        Some(number) if number < 0 => Err(AwsError::new(
            "InvalidArgument",
            "Argument maxKeys must be an integer between 0 and 2147483647",
        )),
        number => Ok(number.unwrap_or(MOST_KEYS).min(MOST_KEYS)),
    }
}

/// Returns a bucket that the caller may list in the way that a request asks for.
fn listable(
    session: &Session,
    bucket: &str,
    action: &str,
    prefix: Option<&String>,
    delimiter: Option<&String>,
) -> Result<Bucket, AwsError> {
    let bucket = session.expected_bucket(bucket)?;
    let mut context = vec![("s3:prefix", prefix.map_or("", String::as_str))];
    context.extend(delimiter.map(|delimiter| ("s3:delimiter", delimiter.as_str())));
    session.s3().authorize(&session.aws, &session.caller, action, &bucket, None, &context)?;
    Ok(bucket)
}

fn split(page: Page, encoding: Encoding, owner: Option<&Owner>) -> (Vec<Object>, Vec<CommonPrefix>) {
    let (mut objects, mut prefixes) = (Vec::new(), Vec::new());
    for line in page.lines {
        match line {
            Line::CommonPrefix(prefix) => {
                prefixes.push(CommonPrefix { prefix: Some(encoding.write(&prefix)) });
            }
            Line::Object { key, version } => objects.push(object(encoding.write(&key), *version, owner)),
        }
    }
    (objects, prefixes)
}

fn object(key: String, version: Version, owner: Option<&Owner>) -> Object {
    let content = version.content;
    let class = content.as_ref().and_then(|content| content.description.storage_class.clone());
    Object {
        key: Some(key),
        last_modified: Some(timestamp(version.last_modified)),
        e_tag: content.as_ref().map(|content| ETag::Strong(content.etag.clone())),
        size: content.as_ref().and_then(|content| i64::try_from(content.size).ok()),
        storage_class: Some(ObjectStorageClass::from(class.unwrap_or_else(|| "STANDARD".to_owned()))),
        checksum_algorithm: content.as_ref().map(|content| {
            content.checksums.values.keys().map(|name| ChecksumAlgorithm::from(name.clone())).collect()
        }),
        checksum_type: content
            .as_ref()
            .and_then(|content| content.checksums.kind())
            .map(ChecksumType::from_static),
        owner: owner.cloned(),
        ..Object::default()
    }
}

pub async fn list_v2(
    session: &Session,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = request.input;
    let (prefix, delimiter) = (input.prefix.as_ref(), input.delimiter.as_ref());
    let bucket = listable(session, &input.bucket, "s3:ListBucket", prefix, delimiter)?;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys)?;
    let token = input.continuation_token.as_deref().map(resume_after).transpose()?;
    let query = Query {
        bucket: &bucket.name,
        prefix: prefix.map_or("", String::as_str),
        delimiter: delimiter.map(String::as_str),
        after: token.as_deref().or(input.start_after.as_deref()),
        limit: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = page(&session.s3().shelf.index, &query, |version| !version.is_marker())?;
    let is_truncated = page.is_truncated;
    let last = page.lines.last().map(|line| URL_SAFE_NO_PAD.encode(line.name()));
    let owner = (input.fetch_owner == Some(true)).then(|| owner(&bucket.account));
    let (contents, common_prefixes) = split(page, encoding, owner.as_ref());
    Ok(ListObjectsV2Output {
        name: Some(bucket.name),
        prefix: Some(encoding.write(prefix.map_or("", String::as_str))),
        max_keys: Some(max_keys),
        key_count: i32::try_from(contents.len() + common_prefixes.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(is_truncated),
        next_continuation_token: last.filter(|_| is_truncated),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: delimiter.map(|delimiter| encoding.write(delimiter)),
        start_after: input.start_after.map(|after| encoding.write(&after)),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

/// Reads a continuation token: the last name of the page before.
fn resume_after(token: &str) -> Result<String, AwsError> {
    let name = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| AwsError::new("InvalidArgument", "The continuation token provided is incorrect"))
}

pub async fn list_v1(session: &Session, request: S3Request<ListObjectsInput>) -> S3Result<ListObjectsOutput> {
    let input = request.input;
    let (prefix, delimiter) = (input.prefix.as_ref(), input.delimiter.as_ref());
    let bucket = listable(session, &input.bucket, "s3:ListBucket", prefix, delimiter)?;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys)?;
    let query = Query {
        bucket: &bucket.name,
        prefix: prefix.map_or("", String::as_str),
        delimiter: delimiter.map(String::as_str),
        after: input.marker.as_deref(),
        limit: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = page(&session.s3().shelf.index, &query, |version| !version.is_marker())?;
    let is_truncated = page.is_truncated;
    // Without a delimiter, the last key of the page is the next marker, and S3 does not repeat it.
    let next = page.lines.last().filter(|_| is_truncated && delimiter.is_some());
    let next_marker = next.map(|line| encoding.write(line.name()));
    let (contents, common_prefixes) = split(page, encoding, Some(&owner(&bucket.account)));
    Ok(ListObjectsOutput {
        name: Some(bucket.name),
        prefix: Some(encoding.write(prefix.map_or("", String::as_str))),
        marker: Some(encoding.write(input.marker.as_deref().unwrap_or_default())),
        max_keys: Some(max_keys),
        is_truncated: Some(is_truncated),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: delimiter.map(|delimiter| encoding.write(delimiter)),
        next_marker,
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

pub async fn versions(
    session: &Session,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<ListObjectVersionsOutput> {
    let input = request.input;
    let (prefix, delimiter) = (input.prefix.as_ref(), input.delimiter.as_ref());
    let bucket = listable(session, &input.bucket, "s3:ListBucketVersions", prefix, delimiter)?;
    let encoding = Encoding::of(input.encoding_type.as_ref())?;
    let max_keys = limit(input.max_keys)?;
    let mut collected = Collected {
        owner: owner(&bucket.account),
        encoding,
        limit: usize::try_from(max_keys).unwrap_or(0),
        output: ListObjectVersionsOutput::default(),
        versions: Vec::new(),
        markers: Vec::new(),
        prefixes: Vec::new(),
        last: None,
    };
    let is_truncated = collect_versions(session, &bucket, &input, &mut collected)?;
    let Collected { mut output, versions, markers, prefixes, last, .. } = collected;
    if let Some((key, version_id)) = last.filter(|_| is_truncated) {
        output.next_key_marker = Some(encoding.write(&key));
        output.next_version_id_marker = version_id;
    }
    output.versions = Some(versions);
    output.delete_markers = Some(markers);
    output.common_prefixes = Some(prefixes);
    output.is_truncated = Some(is_truncated);
    output.max_keys = Some(max_keys);
    output.name = Some(bucket.name);
    output.prefix = Some(encoding.write(prefix.map_or("", String::as_str)));
    output.delimiter = delimiter.map(|delimiter| encoding.write(delimiter));
    output.key_marker = Some(encoding.write(input.key_marker.as_deref().unwrap_or_default()));
    output.version_id_marker = Some(input.version_id_marker.unwrap_or_default());
    output.encoding_type = input.encoding_type;
    Ok(output)
}

/// A page of versions while it fills.
struct Collected {
    owner: Owner,
    encoding: Encoding,
    limit: usize,
    output: ListObjectVersionsOutput,
    versions: Vec<ObjectVersion>,
    markers: Vec<DeleteMarkerEntry>,
    prefixes: Vec<CommonPrefix>,
    /// What was listed last: a key and its version, or a common prefix.
    last: Option<(String, Option<String>)>,
}

impl Collected {
    fn is_full(&self) -> bool {
        self.versions.len() + self.markers.len() + self.prefixes.len() >= self.limit
    }

    fn add(&mut self, key: &str, version: Version, is_latest: bool) {
        self.last = Some((key.to_owned(), Some(version.version_id.clone())));
        let key = self.encoding.write(key);
        let version_id = Some(version.version_id.clone());
        if version.is_marker() {
            self.markers.push(DeleteMarkerEntry {
                is_latest: Some(is_latest),
                key: Some(key),
                last_modified: Some(timestamp(version.last_modified)),
                owner: Some(self.owner.clone()),
                version_id,
            });
            return;
        }
        let object = object(key, version, Some(&self.owner));
        self.versions.push(ObjectVersion {
            checksum_algorithm: object.checksum_algorithm,
            checksum_type: object.checksum_type,
            e_tag: object.e_tag,
            is_latest: Some(is_latest),
            key: object.key,
            last_modified: object.last_modified,
            owner: object.owner,
            size: object.size,
            storage_class: object.storage_class.map(|class| class.as_str().to_owned().into()),
            version_id,
            ..ObjectVersion::default()
        });
    }
}

/// Fills a page and returns whether more would follow.
fn collect_versions(
    session: &Session,
    bucket: &Bucket,
    input: &ListObjectVersionsInput,
    collected: &mut Collected,
) -> Result<bool, AwsError> {
    let index = &session.s3().shelf.index;
    let mut after = input.key_marker.clone().filter(|marker| !marker.is_empty());
    if collected.limit == 0 {
        return Ok(false);
    }
    // The page before may have ended between two versions of a key.
    if let (Some(key), Some(marker)) = (&after, input.version_id_marker.as_ref().filter(|id| !id.is_empty()))
    {
        let mut behind = index.current(&bucket.name, key)?.into_iter().collect::<Vec<_>>();
        behind.extend(index.displaced(&bucket.name, key)?);
        let position = behind.iter().position(|version| version.version_id == *marker);
        for version in behind.into_iter().skip(position.map_or(usize::MAX, |position| position + 1)) {
            if collected.is_full() {
                return Ok(true);
            }
            collected.add(key, version, false);
        }
    }
    loop {
        let query = Query {
            bucket: &bucket.name,
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: after.as_deref(),
            limit: collected.limit,
        };
        let page = page(index, &query, |_| true)?;
        let is_truncated = page.is_truncated;
        for line in page.lines {
            if collected.is_full() {
                return Ok(true);
            }
            after = Some(line.name().to_owned());
            match line {
                Line::CommonPrefix(prefix) => {
                    let written = collected.encoding.write(&prefix);
                    collected.prefixes.push(CommonPrefix { prefix: Some(written) });
                    collected.last = Some((prefix, None));
                }
                Line::Object { key, version } => {
                    collected.add(&key, *version, true);
                    for version in index.displaced(&bucket.name, &key)? {
                        if collected.is_full() {
                            return Ok(true);
                        }
                        collected.add(&key, version, false);
                    }
                }
            }
        }
        if !is_truncated {
            return Ok(false);
        }
    }
}
