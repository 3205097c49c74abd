//! Operations on buckets themselves.

use std::sync::PoisonError;

use s3s::dto::*;
use s3s::{S3Request, S3Result};

use super::bucket::{self, check_location, check_name};
use super::conditions::timestamp;
use super::protocol::Session;
use super::refusal::{self, check_acl, unsupported};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

pub async fn list(session: &Session, request: S3Request<ListBucketsInput>) -> S3Result<ListBucketsOutput> {
    let iam = &session.aws.services.iam;
    iam.authorize(&session.caller, "s3:ListAllMyBuckets", "*", None, &[]).map_err(refusal::denied)?;
    let input = request.input;
    let prefix = input.prefix.clone().unwrap_or_default();
    let limit = usize::try_from(input.max_buckets.unwrap_or(10_000)).unwrap_or(10_000).clamp(1, 10_000);
    let all = session.s3().buckets.scan(&prefix).map_err(AwsError::from)?;
    let after = input.continuation_token.unwrap_or_default();
    let mut buckets: Vec<_> = all
        .into_iter()
        .map(|(_, bucket)| bucket)
        .filter(|bucket| bucket.account == session.caller.account && bucket.name > after)
        .filter(|bucket| input.bucket_region.as_ref().is_none_or(|region| *region == bucket.region))
        .map(|bucket| Bucket {
            bucket_region: Some(bucket.region),
            creation_date: Some(timestamp(bucket.created)),
            name: Some(bucket.name),
        })
        .collect();
    let is_truncated = buckets.len() > limit;
    buckets.truncate(limit);
    let last = buckets.last().and_then(|bucket| bucket.name.clone());
    Ok(ListBucketsOutput {
        continuation_token: last.filter(|_| is_truncated),
        owner: Some(owner(&session.caller.account)),
        prefix: input.prefix,
        buckets: Some(buckets),
    })
}

pub async fn create(
    session: &Session,
    request: S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let input = request.input;
    let has_grants = [
        &input.grant_full_control,
        &input.grant_read,
        &input.grant_read_acp,
        &input.grant_write,
        &input.grant_write_acp,
    ]
    .iter()
    .any(|grant| grant.is_some());
    // `private` is what a bucket without access control lists is anyway.
    let acl = input.acl.as_ref().map(BucketCannedACL::as_str).filter(|acl| *acl != "private");
    check_acl(acl, has_grants)?;
    unsupported(&[("x-amz-bucket-object-lock-enabled", input.object_lock_enabled_for_bucket == Some(true))])?;
    let configuration = input.create_bucket_configuration;
    let constraint = configuration.and_then(|configuration| configuration.location_constraint);
    let constraint = constraint.as_ref().map(BucketLocationConstraint::as_str);
    check_location(constraint, &session.caller.region)?;
    let region = match constraint {
        None | Some("") => session.caller.region.as_str(),
        Some("EU") => "eu-west-1",
        Some(region) => region,
    };
    let mut bucket =
        bucket::Bucket::new(&input.bucket, &session.caller.account, region, session.aws.clock.now());
    if let Some(ownership) = input.object_ownership {
        bucket.configuration.ownership = Some(ownership.as_str().to_owned());
    }
    session.s3().create_bucket(&session.aws, &session.caller, bucket)?;
    Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) })
}

pub async fn delete(
    session: &Session,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<DeleteBucketOutput> {
    let bucket = session.expected_bucket(&request.input.bucket)?;
    session.s3().delete_bucket(&session.aws, &session.caller, &bucket.name)?;
    Ok(DeleteBucketOutput::default())
}

pub async fn head(session: &Session, request: S3Request<HeadBucketInput>) -> S3Result<HeadBucketOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:ListBucket")?;
    Ok(HeadBucketOutput { bucket_region: Some(bucket.region), ..HeadBucketOutput::default() })
}

pub async fn location(
    session: &Session,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<GetBucketLocationOutput> {
    let bucket = session.bucket(&request.input.bucket, "s3:GetBucketLocation")?;
    // Buckets in us-east-1 have no location constraint.
    let constraint = (bucket.region != "us-east-1").then(|| BucketLocationConstraint::from(bucket.region));
    Ok(GetBucketLocationOutput { location_constraint: constraint })
}

/// Returns an account as the owner of what it has.
///
/// S3 shows a canonical user id, which is a hash that only S3 knows; the account's number stands in for it.
pub fn owner(account: &str) -> Owner {
    Owner { display_name: None, id: Some(format!("{account:0>64}")) }
}

impl super::S3 {
    /// Makes a bucket; needs `s3:CreateBucket`.
    pub(super) fn create_bucket(
        &self,
        aws: &Aws,
        caller: &Caller,
        bucket: bucket::Bucket,
    ) -> Result<(), AwsError> {
        check_name(&bucket.name)?;
        let iam = &aws.services.iam;
        iam.authorize(caller, "s3:CreateBucket", &bucket.arn(), None, &[]).map_err(refusal::denied)?;
        let _changing = self.changing_buckets.lock().unwrap_or_else(PoisonError::into_inner);
        match self.buckets.get(&bucket.name)? {
            None => Ok(self.buckets.put(&bucket.name, &bucket)?),
            // The oldest endpoint answers a repeated request as if it were the first.
            Some(existing)
                if existing.account == caller.account
                    && caller.region == "us-east-1"
                    && existing.region == "us-east-1" =>
            {
                Ok(())
            }
            Some(existing) if existing.account == caller.account => {
                let message =
                    "Your previous request to create the named bucket succeeded and you already own it.";
                Err(AwsError::new("BucketAlreadyOwnedByYou", message).status(409))
            }
            Some(_) => {
                let message = "The requested bucket name is not available. The bucket namespace is shared by \
                               all users of the system. Please select a different name and try again.";
                Err(AwsError::new("BucketAlreadyExists", message).status(409))
            }
        }
    }

    /// Deletes a bucket that holds nothing; needs `s3:DeleteBucket`.
    pub(super) fn delete_bucket(&self, aws: &Aws, caller: &Caller, name: &str) -> Result<(), AwsError> {
        let bucket = self.bucket(name)?;
        self.authorize(aws, caller, "s3:DeleteBucket", &bucket, None, &[])?;
        let _changing = self.changing_buckets.lock().unwrap_or_else(PoisonError::into_inner);
        // No object may arrive between the look and the end.
        let objects = self.shelf.change();
        if !self.shelf.index.is_empty(name)? {
            let message = match bucket.versioning {
                bucket::Versioning::Never => "The bucket you tried to delete is not empty",
                _ => {
                    "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
                }
            };
            return Err(AwsError::new("BucketNotEmpty", message).status(409));
        }
        self.uploads.abort_all(name)?;
        self.buckets.remove(name)?;
        drop(objects);
        self.shelf.remove_bucket_folder(&bucket);
        Ok(())
    }
}
