//! `AWS::S3::Bucket`: from a template's properties to a bucket and its configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::*;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::{Resource, ResourceRequest, ResourceType, live};
use crate::services::s3::bucket::{self, Configuration, Versioning};
use crate::services::s3::configuration::versioning;
use crate::services::s3::notification_operations::read_property;

pub struct BucketType;

#[async_trait]
impl ResourceType for BucketType {
    fn type_name(&self) -> &'static str {
        "AWS::S3::Bucket"
    }

    fn properties(&self) -> &'static [&'static str] {
        &[
            "AccessControl",
            "BucketName",
            "BucketNamePrefix",
            "BucketNamespace",
            "NotificationConfiguration",
            "Tags",
            "VersioningConfiguration",
        ]
    }

    fn remembered(&self) -> &'static [&'static str] {
        &["BucketEncryption", "LifecycleConfiguration", "OwnershipControls", "PublicAccessBlockConfiguration"]
    }

    async fn create(&self, aws: &Arc<Aws>, request: &ResourceRequest<'_>) -> Result<Resource, AwsError> {
        let name = name(request);
        let caller = request.caller;
        let s3 = &aws.services.s3;
        let mut bucket = bucket::Bucket::new(&name, &caller.account, &caller.region, aws.clock.now());
        configure(&mut bucket, request)?;
        if let Ok(existing) = s3.bucket(&name) {
            // A create that was interrupted is repeated with the same tags; anything else was there before.
            let is_repeated = existing.account == caller.account && is_made_by(&existing, request);
            if !is_repeated {
                let message = format!("{name} already exists");
                return Err(AwsError::new("AlreadyExists", message).status(409));
            }
        }
        let notifications = &bucket.configuration.notifications;
        s3.try_destinations(aws, &bucket, notifications)?;
        s3.create_bucket(aws, caller, bucket.clone())?;
        Ok(describe(&bucket))
    }

    async fn update(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
        previous: &Value,
    ) -> Result<Resource, AwsError> {
        let s3 = &aws.services.s3;
        let mut bucket = s3.bucket(physical_id)?;
        s3.authorize(aws, request.caller, "s3:PutBucketVersioning", &bucket, None, &[])?;
        // The policy is a resource of its own.
        let policy = bucket.configuration.policy.take();
        let before = bucket.versioning;
        let fresh = bucket::Bucket::new(physical_id, "", "", bucket.created).configuration;
        bucket.configuration = Configuration { policy, ..fresh };
        configure(&mut bucket, request)?;
        let had_versioning = previous.get("VersioningConfiguration").is_some();
        bucket.versioning = match request.properties.get("VersioningConfiguration") {
            Some(_) => bucket.versioning,
            // Versions that exist cannot be forgotten, so versioning is only suspended.
            None if had_versioning && before == Versioning::Enabled => Versioning::Suspended,
            None => before,
        };
        if properties_differ(request, previous, "NotificationConfiguration") {
            let notifications = &bucket.configuration.notifications;
            s3.try_destinations(aws, &bucket, notifications)?;
        }
        s3.change_bucket(physical_id, |current| *current = bucket.clone())?;
        Ok(describe(&bucket))
    }

    async fn delete(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<(), AwsError> {
        match aws.services.s3.delete_bucket(aws, request.caller, physical_id) {
            Err(refusal) if refusal.code == "NoSuchBucket" => Ok(()),
            Err(refusal) if refusal.code == "BucketNotEmpty" => {
                let message = format!(
                    "{} (Service: S3, Status Code: 409, Request ID: {}) (SDK Attempt Count: 1)",
                    refusal.message,
                    crate::wire::request_id()
                );
                Err(AwsError::new("BucketNotEmpty", message).status(409))
            }
            other => other,
        }
    }

    async fn find(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Resource>, AwsError> {
        let s3 = &aws.services.s3;
        let Some(bucket) = live(s3.bucket(physical_id), "NoSuchBucket")? else { return Ok(None) };
        s3.authorize(aws, request.caller, "s3:GetBucketVersioning", &bucket, None, &[])?;
        Ok(Some(describe(&bucket)))
    }

    async fn read(
        &self,
        aws: &Arc<Aws>,
        request: &ResourceRequest<'_>,
        physical_id: &str,
    ) -> Result<Option<Value>, AwsError> {
        let s3 = &aws.services.s3;
        let Some(bucket) = live(s3.bucket(physical_id), "NoSuchBucket")? else { return Ok(None) };
        s3.authorize(aws, request.caller, "s3:GetBucketVersioning", &bucket, None, &[])?;
        super::live::properties(&bucket, request).map(Some)
    }
}

fn properties_differ(request: &ResourceRequest<'_>, previous: &Value, property: &str) -> bool {
    request.properties.get(property) != previous.get(property)
}

/// Returns the name that a template gives, or one that is generated in lower case.
fn name(request: &ResourceRequest<'_>) -> String {
    if let Some(name) = request.text("BucketName") {
        return name.to_owned();
    }
    if let Some(prefix) = request.text("BucketNamePrefix") {
        return format!("{prefix}-{}-{}-an", request.caller.account, request.caller.region);
    }
    let name = request.name("BucketName", 63).to_lowercase();
    // Logical ids and stack names have nothing else that a bucket's name may not have.
    name.trim_matches('-').to_owned()
}

fn is_made_by(bucket: &bucket::Bucket, request: &ResourceRequest<'_>) -> bool {
    let tags = bucket.configuration.tags.iter().flatten();
    let tags: BTreeMap<_, _> = tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?))).collect();
    request.has_made(&tags)
}

fn describe(bucket: &bucket::Bucket) -> Resource {
    let (name, region) = (&bucket.name, &bucket.region);
    Resource::new(
        name.clone(),
        [
            ("Arn", json!(bucket.arn())),
            ("DomainName", json!(format!("{name}.s3.amazonaws.com"))),
            ("RegionalDomainName", json!(format!("{name}.s3.{region}.amazonaws.com"))),
            ("DualStackDomainName", json!(format!("{name}.s3.dualstack.{region}.amazonaws.com"))),
            ("WebsiteURL", json!(website_url(name, region))),
        ],
    )
}

/// Returns a website's address; the regions that came before 2014 have a dash where later ones have a dot.
///
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints>
fn website_url(name: &str, region: &str) -> String {
    const DASHED: [&str; 8] = [
        "us-east-1",
        "us-west-1",
        "us-west-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-northeast-1",
        "eu-west-1",
        "sa-east-1",
    ];
    let separator = if DASHED.contains(&region) { '-' } else { '.' };
    format!("http://{name}.s3-website{separator}{region}.amazonaws.com")
}

/// Sets what a template says on a bucket.
fn configure(bucket: &mut bucket::Bucket, request: &ResourceRequest<'_>) -> Result<(), AwsError> {
    let properties = request.properties;
    if let Some(acl) = request.text("AccessControl").filter(|acl| *acl != "Private") {
        return Err(AwsError::not_supported(format_args!("the access control {acl} of a bucket")));
    }
    if let Some(configuration) = properties.get("VersioningConfiguration") {
        bucket.versioning = versioning(configuration.get("Status").and_then(Value::as_str))?;
    }
    let configuration = &mut bucket.configuration;
    if let Some(encryption) = properties.get("BucketEncryption") {
        configuration.encryption = Some(self::encryption(encryption)?);
    }
    if let Some(block) = properties.get("PublicAccessBlockConfiguration") {
        let setting = |name: &str| Some(flag(block.get(name)).unwrap_or(false));
        configuration.public_access_block = Some(PublicAccessBlockConfiguration {
            block_public_acls: setting("BlockPublicAcls"),
            block_public_policy: setting("BlockPublicPolicy"),
            ignore_public_acls: setting("IgnorePublicAcls"),
            restrict_public_buckets: setting("RestrictPublicBuckets"),
        });
    }
    if let Some(rules) = properties.pointer("/OwnershipControls/Rules").and_then(Value::as_array) {
        let ownership = rules.first().and_then(|rule| rule.get("ObjectOwnership")?.as_str());
        configuration.ownership = ownership.map(str::to_owned);
    }
    if let Some(lifecycle) = properties.get("LifecycleConfiguration") {
        configuration.lifecycle = Some(super::lifecycle::read(lifecycle)?);
    }
    if let Some(property) = properties.get("NotificationConfiguration") {
        configuration.notifications = read_property(property)?;
        configuration.notifications.check(&bucket.region)?;
    }
    let tags = request.all_tags().into_iter();
    configuration.tags = Some(tags.map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect());
    Ok(())
}

/// Returns the tags of the template and those of the stack, which the template's outweigh.
pub fn encryption(property: &Value) -> Result<ServerSideEncryptionConfiguration, AwsError> {
    let rules = property.get("ServerSideEncryptionConfiguration").and_then(Value::as_array);
    let rules = rules.into_iter().flatten().map(|rule| {
        let default = rule.get("ServerSideEncryptionByDefault").map(|default| {
            let text = |name: &str| default.get(name).and_then(Value::as_str).map(str::to_owned);
            let algorithm = text("SSEAlgorithm").ok_or_else(|| {
                AwsError::new("MalformedXML", "SSEAlgorithm of ServerSideEncryptionByDefault is missing")
            })?;
            Ok::<_, AwsError>(ServerSideEncryptionByDefault {
                kms_master_key_id: text("KMSMasterKeyID"),
                sse_algorithm: ServerSideEncryption::from(algorithm),
            })
        });
        Ok(ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: default.transpose()?,
            bucket_key_enabled: flag(rule.get("BucketKeyEnabled")),
        })
    });
    Ok(ServerSideEncryptionConfiguration { rules: rules.collect::<Result<_, AwsError>>()? })
}

/// Reads a boolean, which templates may write as text.
pub fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
