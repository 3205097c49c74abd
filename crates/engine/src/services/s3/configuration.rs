//! What is put on a bucket and read back: versioning, policy, encryption and the like.

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use super::bucket::Versioning;
use super::buckets;
use super::protocol::Session;
use super::refusal::{check_acl, unsupported};
use crate::error::AwsError;

pub async fn put_versioning(
    session: &Session,
    request: S3Request<PutBucketVersioningInput>,
) -> S3Result<PutBucketVersioningOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketVersioning")?;
    unsupported(&[("MfaDelete", input.versioning_configuration.mfa_delete.is_some())])?;
    let status = input.versioning_configuration.status;
    let versioning = versioning(status.as_ref().map(BucketVersioningStatus::as_str))?;
    session.s3().change_bucket(&bucket.name, |bucket| bucket.versioning = versioning)?;
    Ok(PutBucketVersioningOutput::default())
}

/// Reads the status of a versioning configuration.
pub fn versioning(status: Option<&str>) -> Result<Versioning, AwsError> {
    match status {
        Some("Enabled") => Ok(Versioning::Enabled),
        Some("Suspended") => Ok(Versioning::Suspended),
        _ => {
            let message = "The Versioning element must be specified";
            Err(AwsError::new("IllegalVersioningConfigurationException", message))
        }
    }
}

pub async fn get_versioning(
    session: &Session,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<GetBucketVersioningOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketVersioning")?;
    let status = match bucket.versioning {
        Versioning::Never => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    let status = status.map(BucketVersioningStatus::from_static);
    Ok(GetBucketVersioningOutput { status, ..GetBucketVersioningOutput::default() })
}

pub async fn put_policy(
    session: &Session,
    request: S3Request<PutBucketPolicyInput>,
) -> S3Result<PutBucketPolicyOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketPolicy")?;
    let policy = serde_json::from_str(&input.policy).map_err(|_| {
        AwsError::new("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
    })?;
    check_policy(&bucket.name, &policy)?;
    session.s3().change_bucket(&bucket.name, |bucket| bucket.configuration.policy = Some(policy))?;
    Ok(PutBucketPolicyOutput::default())
}

/// Refuses a policy that S3 would not attach to the bucket.
pub fn check_policy(bucket: &str, policy: &serde_json::Value) -> Result<(), AwsError> {
    let malformed = |message: &str| Err(AwsError::new("MalformedPolicy", message));
    let statements = match policy.get("Statement") {
        Some(serde_json::Value::Array(statements)) => statements.as_slice(),
        Some(statement @ serde_json::Value::Object(_)) => std::slice::from_ref(statement),
        _ => return malformed("Missing required field Statement"),
    };
    let arn = format!("arn:aws:s3:::{bucket}");
    for statement in statements {
        if statement.get("Principal").is_none() && statement.get("NotPrincipal").is_none() {
            return malformed("Missing required field Principal");
        }
        let resources = match statement.get("Resource").or_else(|| statement.get("NotResource")) {
            Some(serde_json::Value::String(resource)) => vec![resource.as_str()],
            Some(serde_json::Value::Array(resources)) => {
                resources.iter().filter_map(serde_json::Value::as_str).collect()
            }
            _ => return malformed("Missing required field Resource"),
        };
        let is_of_bucket = |resource: &str| {
            let name = resource.split('/').next().unwrap_or_default();
            name == arn || name.contains(['*', '?'])
        };
        if !resources.into_iter().all(is_of_bucket) {
            return malformed("Policy has invalid resource");
        }
    }
    Ok(())
}

pub async fn get_policy(
    session: &Session,
    request: S3Request<GetBucketPolicyInput>,
) -> S3Result<GetBucketPolicyOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketPolicy")?;
    let policy = bucket
        .configuration
        .policy
        .ok_or_else(|| AwsError::new("NoSuchBucketPolicy", "The bucket policy does not exist").status(404))?;
    Ok(GetBucketPolicyOutput { policy: Some(policy.to_string()) })
}

pub async fn put_encryption(
    session: &Session,
    request: S3Request<PutBucketEncryptionInput>,
) -> S3Result<PutBucketEncryptionOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutEncryptionConfiguration")?;
    session.s3().change_bucket(&bucket.name, |bucket| {
        bucket.configuration.encryption = Some(input.server_side_encryption_configuration);
    })?;
    Ok(PutBucketEncryptionOutput::default())
}

pub async fn get_encryption(
    session: &Session,
    request: S3Request<GetBucketEncryptionInput>,
) -> S3Result<GetBucketEncryptionOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetEncryptionConfiguration")?;
    // Every bucket encrypts with keys of S3 unless it says otherwise.
    let encryption = bucket.configuration.encryption.unwrap_or_else(|| ServerSideEncryptionConfiguration {
        rules: vec![ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                kms_master_key_id: None,
                sse_algorithm: ServerSideEncryption::from_static(ServerSideEncryption::AES256),
            }),
            bucket_key_enabled: Some(false),
        }],
    });
    Ok(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(encryption) })
}

pub async fn put_public_access_block(
    session: &Session,
    request: S3Request<PutPublicAccessBlockInput>,
) -> S3Result<PutPublicAccessBlockOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketPublicAccessBlock")?;
    session.s3().change_bucket(&bucket.name, |bucket| {
        bucket.configuration.public_access_block = Some(input.public_access_block_configuration);
    })?;
    Ok(PutPublicAccessBlockOutput::default())
}

pub async fn get_public_access_block(
    session: &Session,
    request: S3Request<GetPublicAccessBlockInput>,
) -> S3Result<GetPublicAccessBlockOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketPublicAccessBlock")?;
    let block = bucket.configuration.public_access_block.ok_or_else(|| {
        let message = "The public access block configuration was not found";
        AwsError::new("NoSuchPublicAccessBlockConfiguration", message).status(404)
    })?;
    Ok(GetPublicAccessBlockOutput { public_access_block_configuration: Some(block) })
}

pub async fn put_tagging(
    session: &Session,
    request: S3Request<PutBucketTaggingInput>,
) -> S3Result<PutBucketTaggingOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketTagging")?;
    let tags = input.tagging.tag_set;
    if tags.len() > 50 {
        return Err(AwsError::new("InvalidTag", "Bucket tag count cannot be greater than 50").into());
    }
    session.s3().change_bucket(&bucket.name, |bucket| bucket.configuration.tags = Some(tags))?;
    Ok(PutBucketTaggingOutput::default())
}

pub async fn get_tagging(
    session: &Session,
    request: S3Request<GetBucketTaggingInput>,
) -> S3Result<GetBucketTaggingOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketTagging")?;
    let tag_set = bucket
        .configuration
        .tags
        .ok_or_else(|| AwsError::new("NoSuchTagSet", "The TagSet does not exist").status(404))?;
    Ok(GetBucketTaggingOutput { tag_set })
}

/// Returns the list that every bucket has: its owner may do everything.
pub async fn get_acl(
    session: &Session,
    request: S3Request<GetBucketAclInput>,
) -> S3Result<GetBucketAclOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketAcl")?;
    let owner = buckets::owner(&bucket.account);
    Ok(GetBucketAclOutput { grants: Some(full_control(&owner)), owner: Some(owner) })
}

fn full_control(owner: &Owner) -> Grants {
    let grantee = Grantee {
        display_name: None,
        email_address: None,
        id: owner.id.clone(),
        type_: Type::from_static(Type::CANONICAL_USER),
        uri: None,
    };
    let permission = Some(Permission::from_static(Permission::FULL_CONTROL));
    vec![Grant { grantee: Some(grantee), permission }]
}

/// Refuses every access control list but the one that a bucket has, as buckets do which own all their objects.
pub async fn put_acl(
    session: &Session,
    request: S3Request<PutBucketAclInput>,
) -> S3Result<PutBucketAclOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketAcl")?;
    if bucket.configuration.ownership.as_deref() != Some(ObjectOwnership::BUCKET_OWNER_ENFORCED) {
        return Err(AwsError::not_supported("an access control list of a bucket").into());
    }
    let owned = full_control(&buckets::owner(&bucket.account));
    let is_other = |policy: &AccessControlPolicy| policy.grants.as_ref() != Some(&owned);
    let has_grants = input.access_control_policy.as_ref().is_some_and(is_other)
        || input.grant_full_control.is_some()
        || input.grant_read.is_some()
        || input.grant_read_acp.is_some()
        || input.grant_write.is_some()
        || input.grant_write_acp.is_some();
    check_acl(input.acl.as_ref().map(BucketCannedACL::as_str), has_grants)?;
    Ok(PutBucketAclOutput::default())
}

pub async fn put_cors(
    session: &Session,
    request: S3Request<PutBucketCorsInput>,
) -> S3Result<PutBucketCorsOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketCORS")?;
    let methods = input.cors_configuration.cors_rules.iter().flat_map(|rule| &rule.allowed_methods);
    for method in methods {
        if !["GET", "PUT", "POST", "DELETE", "HEAD"].contains(&method.as_str()) {
            let message =
                format!("Found unsupported HTTP method in CORS config. Unsupported method is {method}");
            return Err(AwsError::new("InvalidRequest", message).into());
        }
    }
    session.s3().change_bucket(&bucket.name, |bucket| {
        bucket.configuration.cors = Some(input.cors_configuration);
    })?;
    Ok(PutBucketCorsOutput::default())
}

pub async fn get_cors(
    session: &Session,
    request: S3Request<GetBucketCorsInput>,
) -> S3Result<GetBucketCorsOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketCORS")?;
    let cors = bucket.configuration.cors.ok_or_else(|| {
        AwsError::new("NoSuchCORSConfiguration", "The CORS configuration does not exist").status(404)
    })?;
    Ok(GetBucketCorsOutput { cors_rules: Some(cors.cors_rules) })
}

pub async fn put_lifecycle(
    session: &Session,
    request: S3Request<PutBucketLifecycleConfigurationInput>,
) -> S3Result<PutBucketLifecycleConfigurationOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutLifecycleConfiguration")?;
    session.s3().change_bucket(&bucket.name, |bucket| {
        bucket.configuration.lifecycle = input.lifecycle_configuration;
    })?;
    Ok(PutBucketLifecycleConfigurationOutput::default())
}

pub async fn get_lifecycle(
    session: &Session,
    request: S3Request<GetBucketLifecycleConfigurationInput>,
) -> S3Result<GetBucketLifecycleConfigurationOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetLifecycleConfiguration")?;
    let lifecycle = bucket.configuration.lifecycle.ok_or_else(|| {
        let message = "The lifecycle configuration does not exist";
        AwsError::new("NoSuchLifecycleConfiguration", message).status(404)
    })?;
    Ok(GetBucketLifecycleConfigurationOutput {
        rules: Some(lifecycle.rules),
        ..GetBucketLifecycleConfigurationOutput::default()
    })
}

pub async fn put_ownership(
    session: &Session,
    request: S3Request<PutBucketOwnershipControlsInput>,
) -> S3Result<PutBucketOwnershipControlsOutput> {
    let input = request.input;
    let bucket = session.bucket(&input.bucket, "s3:PutBucketOwnershipControls")?;
    let rule = input.ownership_controls.rules.first();
    let ownership = rule.map(|rule| rule.object_ownership.as_str().to_owned());
    session.s3().change_bucket(&bucket.name, |bucket| bucket.configuration.ownership = ownership)?;
    Ok(PutBucketOwnershipControlsOutput::default())
}

pub async fn get_ownership(
    session: &Session,
    request: S3Request<GetBucketOwnershipControlsInput>,
) -> S3Result<GetBucketOwnershipControlsOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketOwnershipControls")?;
    let ownership = bucket.configuration.ownership.ok_or_else(|| {
        let message = "The bucket ownership controls were not found";
        AwsError::new("OwnershipControlsNotFoundError", message).status(404)
    })?;
    let rules = vec![OwnershipControlsRule { object_ownership: ObjectOwnership::from(ownership) }];
    Ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(OwnershipControls { rules }) })
}

/// Writes the operations that take a configuration off a bucket: each needs the right to put it.
macro_rules! deletions {
    ($($name:ident: $input:ident -> $output:ident, $action:literal, $member:ident;)*) => {
        $(
            pub async fn $name(session: &Session, request: S3Request<$input>) -> S3Result<$output> {
                let bucket = session.bucket(&request.input.bucket, $action)?;
                session.s3().change_bucket(&bucket.name, |bucket| bucket.configuration.$member = None)?;
                Ok($output::default())
            }
        )*
    };
}

deletions! {
    delete_policy: DeleteBucketPolicyInput -> DeleteBucketPolicyOutput, "s3:DeleteBucketPolicy", policy;
    delete_encryption: DeleteBucketEncryptionInput -> DeleteBucketEncryptionOutput,
        "s3:PutEncryptionConfiguration", encryption;
    delete_public_access_block: DeletePublicAccessBlockInput -> DeletePublicAccessBlockOutput,
        "s3:PutBucketPublicAccessBlock", public_access_block;
    delete_tagging: DeleteBucketTaggingInput -> DeleteBucketTaggingOutput, "s3:PutBucketTagging", tags;
    delete_cors: DeleteBucketCorsInput -> DeleteBucketCorsOutput, "s3:PutBucketCORS", cors;
    delete_lifecycle: DeleteBucketLifecycleInput -> DeleteBucketLifecycleOutput,
        "s3:PutLifecycleConfiguration", lifecycle;
    delete_ownership: DeleteBucketOwnershipControlsInput -> DeleteBucketOwnershipControlsOutput,
        "s3:PutBucketOwnershipControls", ownership;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attaches_only_policies_about_the_bucket() {
        let statement = |resource: serde_json::Value| json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": resource}]});
        assert!(check_policy("b", &statement(json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"]))).is_ok());
        let refusal = |policy| check_policy("b", &policy).unwrap_err().message;
        assert_eq!(refusal(statement(json!("arn:aws:s3:::bb/*"))), "Policy has invalid resource");
        assert_eq!(refusal(json!({"Statement": {"Resource": "*"}})), "Missing required field Principal");
        assert_eq!(refusal(json!({})), "Missing required field Statement");
    }
}
