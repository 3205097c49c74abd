//! One version of an object: what the index remembers beside the file that holds its bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checksums::Checksums;
use crate::clock::Timestamp;

/// The version id of objects that were written while versioning was not enabled.
pub const NULL_VERSION: &str = "null";

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub version_id: String,
    /// Counts the versions of a key upwards; the current one has the highest.
    pub sequence: u64,
    pub last_modified: Timestamp,
    /// `None` for a delete marker.
    pub content: Option<Content>,
}

/// The bytes of a version and what is said about them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Path of the file within the bucket's folder.
    pub file: String,
    pub size: u64,
    /// Entity tag without quotes.
    pub etag: String,
    #[serde(default)]
    pub checksums: Checksums,
    #[serde(default)]
    pub description: Description,
    /// The sizes of the parts of a multipart upload, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<u64>,
}

/// What a writer says about an object, handed back to its readers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub content_disposition: Option<String>,
    pub content_language: Option<String>,
    pub cache_control: Option<String>,
    pub expires: Option<s3s::dto::Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Storage class, unless STANDARD.
    pub storage_class: Option<String>,
    /// `AES256` or `aws:kms`.
    pub encryption: Option<String>,
    pub kms_key: Option<String>,
}

impl Version {
    /// Returns whether this version is a delete marker.
    pub fn is_marker(&self) -> bool {
        self.content.is_none()
    }
}
