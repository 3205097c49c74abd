//! Preconditions: `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since`.

use s3s::dto::{ETagCondition, Timestamp};

use super::object::{Content, Version};
use super::refusal::{no_such_key, precondition_failed};
use crate::error::AwsError;

/// The conditions of a read, or on the source of a copy.
#[derive(Debug, Default)]
pub struct ReadConditions {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// Refuses a read whose conditions do not hold; `NotModified` has HTTP status 304.
    ///
    /// An entity tag outweighs a date, as RFC 9110 and S3's documentation of GetObject say.
    pub fn check(&self, version: &Version, content: &Content) -> Result<(), AwsError> {
        let modified = timestamp_to_the_second(version.last_modified);
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition, &content.etag) => return Err(precondition_failed()),
            (None, Some(moment)) if modified > *moment => return Err(precondition_failed()),
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if matches(condition, &content.etag) => Err(not_modified()),
            (None, Some(moment)) if modified <= *moment => Err(not_modified()),
            _ => Ok(()),
        }
    }
}

/// Refuses a write whose conditions do not hold for what stands under the key now.
pub fn check_write(
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
    current: Option<&Version>,
) -> Result<(), AwsError> {
    let content = current.and_then(|version| version.content.as_ref());
    match (if_match, content) {
        (Some(_), None) => return Err(no_such_key()),
        (Some(condition), Some(content)) if !matches(condition, &content.etag) => {
            return Err(precondition_failed());
        }
        _ => {}
    }
    match (if_none_match, content) {
        (Some(ETagCondition::Any), Some(_)) => Err(precondition_failed()),
        (Some(ETagCondition::ETag(_)), _) => {
            let message = "A header you provided implies functionality that is not implemented";
            Err(AwsError::new("NotImplemented", message).status(501))
        }
        _ => Ok(()),
    }
}

fn matches(condition: &ETagCondition, etag: &str) -> bool {
    condition.as_etag().is_none_or(|condition| condition.value() == etag)
}

fn not_modified() -> AwsError {
    AwsError::new("NotModified", "Not Modified").status(304)
}

/// Returns a moment of the engine as S3's type has it.
pub fn timestamp(moment: crate::clock::Timestamp) -> Timestamp {
    let since_epoch = std::time::Duration::from_millis(moment.0.max(0).unsigned_abs());
    Timestamp::from(std::time::UNIX_EPOCH + since_epoch)
}

/// Returns a moment as an HTTP header shows it.
fn timestamp_to_the_second(moment: crate::clock::Timestamp) -> Timestamp {
    timestamp(crate::clock::Timestamp(moment.0 / 1000 * 1000))
}

#[cfg(test)]
mod tests {
    use s3s::dto::ETag;

    use super::*;

    fn version(etag: &str) -> Version {
        let content = Content {
            file: "a".into(),
            size: 1,
            etag: etag.into(),
            checksums: Default::default(),
            description: Default::default(),
            parts: Vec::new(),
        };
        Version {
            version_id: "null".into(),
            sequence: 0,
            last_modified: crate::clock::Timestamp(10_500),
            content: Some(content),
        }
    }

    fn etag(value: &str) -> Option<ETagCondition> {
        Some(ETagCondition::ETag(ETag::Strong(value.into())))
    }

    fn read(conditions: ReadConditions) -> u16 {
        let version = version("x");
        let content = version.content.clone().unwrap();
        conditions.check(&version, &content).map_or_else(|refusal| refusal.status, |()| 200)
    }

    #[test]
    fn weighs_the_conditions_of_a_read() {
        let at = |millis| Some(timestamp(crate::clock::Timestamp(millis)));
        let none = ReadConditions::default;
        assert_eq!(read(ReadConditions { if_match: etag("x"), if_unmodified_since: at(0), ..none() }), 200);
        assert_eq!(read(ReadConditions { if_match: etag("y"), ..none() }), 412);
        assert_eq!(read(ReadConditions { if_unmodified_since: at(9_000), ..none() }), 412);
        assert_eq!(read(ReadConditions { if_none_match: etag("x"), ..none() }), 304);
        assert_eq!(
            read(ReadConditions { if_none_match: etag("y"), if_modified_since: at(99_000), ..none() }),
            200
        );
        assert_eq!(read(ReadConditions { if_modified_since: at(10_000), ..none() }), 304);
        assert_eq!(read(ReadConditions { if_modified_since: at(9_000), ..none() }), 200);
    }

    #[test]
    fn weighs_the_conditions_of_a_write() {
        let existing = version("x");
        let code = |if_match: Option<ETagCondition>, if_none_match: Option<ETagCondition>, current| {
            check_write(if_match.as_ref(), if_none_match.as_ref(), current)
                .map_or_else(|e| e.code, |()| "".into())
        };
        assert_eq!(code(None, Some(ETagCondition::Any), None), "");
        assert_eq!(code(None, Some(ETagCondition::Any), Some(&existing)), "PreconditionFailed");
        assert_eq!(code(etag("x"), None, Some(&existing)), "");
        assert_eq!(code(etag("y"), None, Some(&existing)), "PreconditionFailed");
        assert_eq!(code(etag("x"), None, None), "NoSuchKey");
        assert_eq!(code(None, etag("x"), None), "NotImplemented");
    }
}
