//! Buckets: what one is, which names it may have, and what is configured on it.
//!
//! Configuration is kept as S3's own structures and handed back as it was put; lifecycle rules, encryption
//! and public access blocks are remembered but change nothing on this machine.

use s3s::dto::{
    BucketLifecycleConfiguration, CORSConfiguration, PublicAccessBlockConfiguration,
    ServerSideEncryptionConfiguration, Tag,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::error::AwsError;

/// A bucket and its configuration. Names are global: no two accounts share one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bucket {
    pub name: String,
    /// Account that owns the bucket.
    pub account: String,
    pub region: String,
    pub created: Timestamp,
    #[serde(default)]
    pub versioning: Versioning,
    #[serde(default)]
    pub configuration: Configuration,
}

/// Whether a bucket keeps the versions that a write or delete displaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    #[default]
    Never,
    Enabled,
    Suspended,
}

/// What can be put on, read from and deleted from a bucket.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Configuration {
    pub policy: Option<Value>,
    pub encryption: Option<ServerSideEncryptionConfiguration>,
    pub public_access_block: Option<PublicAccessBlockConfiguration>,
    pub tags: Option<Vec<Tag>>,
    pub lifecycle: Option<BucketLifecycleConfiguration>,
    /// Remembered: no web page reaches the engine's S3.
    #[serde(default)]
    pub cors: Option<CORSConfiguration>,
    #[serde(default)]
    pub notifications: super::notification::Notifications,
    /// Who owns objects, such as `BucketOwnerEnforced`.
    pub ownership: Option<String>,
}

impl Bucket {
    /// Returns a new bucket with the configuration that AWS gives to every new bucket.
    pub fn new(name: &str, account: &str, region: &str, created: Timestamp) -> Self {
        let configuration = Configuration {
            public_access_block: Some(PublicAccessBlockConfiguration {
                block_public_acls: Some(true),
                block_public_policy: Some(true),
                ignore_public_acls: Some(true),
                restrict_public_buckets: Some(true),
            }),
            ownership: Some("BucketOwnerEnforced".to_owned()),
            ..Configuration::default()
        };
        Self {
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            created,
            versioning: Versioning::Never,
            configuration,
        }
    }

    /// Returns the ARN of the bucket.
    pub fn arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.name)
    }

    /// Returns the encryption that objects get which ask for none, and its KMS key.
    pub fn default_encryption(&self) -> (String, Option<String>) {
        let rules = self.configuration.encryption.as_ref().map(|encryption| &encryption.rules);
        let default = rules
            .and_then(|rules| rules.first())
            .and_then(|rule| rule.apply_server_side_encryption_by_default.as_ref());
        match default {
            Some(default) => (default.sse_algorithm.as_str().to_owned(), default.kms_master_key_id.clone()),
            None => ("AES256".to_owned(), None),
        }
    }
}

/// Refuses a name that a new bucket may not have.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub fn check_name(name: &str) -> Result<(), AwsError> {
    let reserved_prefixes = ["xn--", "sthree-", "amzn-s3-demo-"];
    let reserved_suffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let is_valid = s3s::path::check_bucket_name(name)
        && !name.contains(".-")
        && !name.contains("-.")
        && !reserved_prefixes.iter().any(|prefix| name.starts_with(prefix))
        && !reserved_suffixes.iter().any(|suffix| name.ends_with(suffix));
    if is_valid {
        return Ok(());
    }
    Err(AwsError::new("InvalidBucketName", "The specified bucket is not valid."))
}

/// Refuses a location constraint that does not fit the region that is asked.
pub fn check_location(constraint: Option<&str>, region: &str) -> Result<(), AwsError> {
    let code = "IllegalLocationConstraintException";
    match constraint {
        None | Some("") if region == "us-east-1" => Ok(()),
        None | Some("") => {
            let message = "The unspecified location constraint is incompatible for the region specific \
                           endpoint this request was sent to.";
            Err(AwsError::new(code, message))
        }
        Some("us-east-1") => {
            let message = "The specified location-constraint is not valid";
            Err(AwsError::new("InvalidLocationConstraint", message))
        }
        // `EU` is the old name of eu-west-1.
        Some("EU") if region == "eu-west-1" => Ok(()),
        // The endpoint of us-east-1 makes buckets in every region.
        Some(constraint) if constraint == region || region == "us-east-1" => Ok(()),
        Some(constraint) => {
            let message = format!(
                "The {constraint} location constraint is incompatible for the region specific endpoint \
                 this request was sent to."
            );
            Err(AwsError::new(code, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_aws_accepts_as_a_name() {
        for name in ["abc", "my.bucket", "telemetric-data-111122223333-us-east-1-an", "0-0", &"a".repeat(63)]
        {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["ab", "Abc", "a_b", "a..b", "a.-b", "192.168.1.1", "-ab", "ab-", "xn--a", "a-s3alias"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name(&"a".repeat(64)).is_err());
    }

    #[test]
    fn holds_a_new_bucket_to_the_region_that_is_asked() {
        assert!(check_location(None, "us-east-1").is_ok());
        assert!(check_location(Some("eu-west-1"), "eu-west-1").is_ok());
        assert!(check_location(Some("eu-west-1"), "us-east-1").is_ok());
        assert_eq!(
            check_location(Some("us-east-1"), "us-east-1").unwrap_err().code,
            "InvalidLocationConstraint"
        );
        for constraint in [None, Some("us-west-2")] {
            let refusal = check_location(constraint, "eu-west-1").unwrap_err();
            assert_eq!(refusal.code, "IllegalLocationConstraintException");
        }
    }
}
