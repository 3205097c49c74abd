//! Tags of objects: read from a header or a body, kept with a version, and changed without writing its bytes.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use s3s::dto::*;
use s3s::{S3Request, S3Result};

use super::bucket::Bucket;
use super::objects::shown_version;
use super::protocol::Session;
use super::reading::find;
use crate::error::AwsError;

const MOST_TAGS: usize = 10;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// Tags by their keys.
pub type Tags = BTreeMap<String, String>;

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidTag", message)
}

/// Collects tags, which must be what S3 takes.
fn checked(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for (key, value) in pairs {
        if key.is_empty() || key.chars().count() > LONGEST_KEY || key.starts_with("aws:") {
            return Err(invalid("The TagKey you have provided is invalid"));
        }
        if value.chars().count() > LONGEST_VALUE {
            return Err(invalid("The TagValue you have provided is invalid"));
        }
        if tags.insert(key, value).is_some() {
            return Err(invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    if tags.len() > MOST_TAGS {
        return Err(AwsError::new("BadRequest", "Object tags cannot be greater than 10"));
    }
    Ok(tags)
}

/// Reads `x-amz-tagging`, which is written like the query of a URL.
pub fn of_header(header: Option<&str>) -> Result<Tags, AwsError> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| {
            let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query \
                           parameters without tag name duplicates.";
            AwsError::new("InvalidArgument", message)
        })
    };
    let pairs = header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(key)?, decode(value)?))
    });
    checked(pairs.collect::<Result<Vec<_>, AwsError>>()?)
}

/// Refuses a writer who names tags and may not.
pub fn authorize(
    session: &Session,
    bucket: &str,
    key: &str,
    header: Option<&String>,
) -> Result<(), AwsError> {
    if header.is_some_and(|header| !header.is_empty()) {
        session.bucket_for(bucket, key, "s3:PutObjectTagging")?;
    }
    Ok(())
}

fn action(operation: &'static str, of_version: &'static str, version_id: Option<&String>) -> &'static str {
    if version_id.is_some() { of_version } else { operation }
}

/// Sets the tags of a version and returns the version's id as answers show it.
fn set(
    session: &Session,
    bucket: &Bucket,
    key: &str,
    version_id: Option<&String>,
    tags: Tags,
) -> Result<Option<String>, AwsError> {
    let choose = |index: &_| find(index, &bucket.name, key, version_id.map(String::as_str));
    let version = session.s3().shelf.describe(bucket, key, choose, |description| description.tags = tags)?;
    Ok(shown_version(bucket, &version.version_id))
}

pub async fn put(
    session: &Session,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<PutObjectTaggingOutput> {
    let input = request.input;
    let version_id = input.version_id.as_ref();
    let action = action("s3:PutObjectTagging", "s3:PutObjectVersionTagging", version_id);
    let bucket = session.bucket_for(&input.bucket, &input.key, action)?;
    let pairs = input.tagging.tag_set.into_iter();
    let tags = checked(pairs.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())))?;
    Ok(PutObjectTaggingOutput { version_id: set(session, &bucket, &input.key, version_id, tags)? })
}

pub async fn get(
    session: &Session,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<GetObjectTaggingOutput> {
    let input = request.input;
    let action = action("s3:GetObjectTagging", "s3:GetObjectVersionTagging", input.version_id.as_ref());
    let bucket = session.bucket_for(&input.bucket, &input.key, action)?;
    let index = &session.s3().shelf.index;
    let (version, content) = find(index, &bucket.name, &input.key, input.version_id.as_deref())?;
    let tag = |(key, value)| Tag { key: Some(key), value: Some(value) };
    Ok(GetObjectTaggingOutput {
        tag_set: content.description.tags.into_iter().map(tag).collect(),
        version_id: shown_version(&bucket, &version.version_id),
    })
}

pub async fn delete(
    session: &Session,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<DeleteObjectTaggingOutput> {
    let input = request.input;
    let version_id = input.version_id.as_ref();
    let action = action("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging", version_id);
    let bucket = session.bucket_for(&input.bucket, &input.key, action)?;
    Ok(DeleteObjectTaggingOutput { version_id: set(session, &bucket, &input.key, version_id, Tags::new())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tags_as_urls_write_them() {
        let tags = of_header(Some("a=b+c&d=%C3%A9&e")).unwrap();
        let expected = [("a", "b c"), ("d", "é"), ("e", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(tags, Tags::from(expected));
        assert_eq!(of_header(None).unwrap(), Tags::new());
    }

    #[test]
    fn refuses_tags_that_s3_would_not_take() {
        let code = |header: &str| of_header(Some(header)).unwrap_err().code;
        assert_eq!(code("a=1&a=2"), "InvalidTag");
        assert_eq!(code("=1"), "InvalidTag");
        assert_eq!(code("a=%FF"), "InvalidArgument");
        let many: Vec<String> = (0..11).map(|number| format!("k{number}=v")).collect();
        assert_eq!(code(&many.join("&")), "BadRequest");
        assert_eq!(code(&format!("{}=v", "k".repeat(129))), "InvalidTag");
    }
}
