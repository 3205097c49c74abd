//! The operations of S3 that the engine has, as the `s3s` crate calls them, each in a module of its own.
//!
//! What is not listed here is refused by its name.

use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::bucket::Bucket;
use super::{
    buckets, configuration, copying, listing_operations, multipart, notification_operations, objects,
    reading, tagging,
};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;

/// One request's view of the service: who asks, and whom to ask.
pub struct Session {
    pub aws: Arc<Aws>,
    pub caller: Caller,
    /// Account that must own the bucket, when the request says so.
    pub expected_owner: Option<String>,
}

impl Session {
    /// Returns the service's handle.
    pub fn s3(&self) -> &super::S3 {
        &self.aws.services.s3
    }

    /// Returns a bucket that belongs to whom the request expects.
    pub fn expected_bucket(&self, name: &str) -> Result<Bucket, AwsError> {
        let bucket = self.s3().bucket(name)?;
        if self.expected_owner.as_ref().is_some_and(|owner| *owner != bucket.account) {
            return Err(AwsError::new("AccessDenied", "Access Denied").status(403));
        }
        Ok(bucket)
    }

    /// Returns a bucket on which the caller may perform `action`.
    pub fn bucket(&self, name: &str, action: &str) -> Result<Bucket, AwsError> {
        let bucket = self.expected_bucket(name)?;
        self.s3().authorize(&self.aws, &self.caller, action, &bucket, None, &[])?;
        Ok(bucket)
    }

    /// Returns a bucket on whose object under `key` the caller may perform `action`.
    pub fn bucket_for(&self, name: &str, key: &str, action: &str) -> Result<Bucket, AwsError> {
        let bucket = self.expected_bucket(name)?;
        self.s3().authorize(&self.aws, &self.caller, action, &bucket, Some(key), &[])?;
        Ok(bucket)
    }
}

/// Returns the name of the operation that takes this type as its input.
const fn operation(input: &'static str) -> &'static str {
    input.split_at(input.len() - "Input".len()).0
}

/// Writes one method of the trait for each operation, which hands the request to the named function.
macro_rules! operations {
    ($($method:ident: $input:ident -> $output:ident = $function:path;)*) => {
        /// The operations that the engine has, by AWS's names.
        pub const OPERATIONS: &[&str] = &[$(operation(stringify!($input))),*];

        #[async_trait]
        impl s3s::S3 for Session {
            $(
                async fn $method(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                    Ok(S3Response::new($function(self, request).await?))
                }
            )*
        }
    };
}

operations! {
    list_buckets: ListBucketsInput -> ListBucketsOutput = buckets::list;
    create_bucket: CreateBucketInput -> CreateBucketOutput = buckets::create;
    delete_bucket: DeleteBucketInput -> DeleteBucketOutput = buckets::delete;
    head_bucket: HeadBucketInput -> HeadBucketOutput = buckets::head;
    get_bucket_location: GetBucketLocationInput -> GetBucketLocationOutput = buckets::location;

    put_object: PutObjectInput -> PutObjectOutput = objects::put;
    delete_object: DeleteObjectInput -> DeleteObjectOutput = objects::delete;
    delete_objects: DeleteObjectsInput -> DeleteObjectsOutput = objects::delete_many;
    get_object: GetObjectInput -> GetObjectOutput = reading::get;
    head_object: HeadObjectInput -> HeadObjectOutput = reading::head;
    put_object_tagging: PutObjectTaggingInput -> PutObjectTaggingOutput = tagging::put;
    get_object_tagging: GetObjectTaggingInput -> GetObjectTaggingOutput = tagging::get;
    delete_object_tagging: DeleteObjectTaggingInput -> DeleteObjectTaggingOutput = tagging::delete;
    copy_object: CopyObjectInput -> CopyObjectOutput = copying::copy;

    list_objects_v2: ListObjectsV2Input -> ListObjectsV2Output = listing_operations::list_v2;
    list_objects: ListObjectsInput -> ListObjectsOutput = listing_operations::list_v1;
    list_object_versions: ListObjectVersionsInput -> ListObjectVersionsOutput = listing_operations::versions;

    create_multipart_upload: CreateMultipartUploadInput -> CreateMultipartUploadOutput = multipart::create;
    upload_part: UploadPartInput -> UploadPartOutput = multipart::upload;
    upload_part_copy: UploadPartCopyInput -> UploadPartCopyOutput = copying::copy_part;
    complete_multipart_upload: CompleteMultipartUploadInput -> CompleteMultipartUploadOutput
        = multipart::complete;
    abort_multipart_upload: AbortMultipartUploadInput -> AbortMultipartUploadOutput = multipart::abort;
    list_parts: ListPartsInput -> ListPartsOutput = multipart::list_parts;
    list_multipart_uploads: ListMultipartUploadsInput -> ListMultipartUploadsOutput
        = multipart::list_uploads;

    put_bucket_versioning: PutBucketVersioningInput -> PutBucketVersioningOutput
        = configuration::put_versioning;
    get_bucket_versioning: GetBucketVersioningInput -> GetBucketVersioningOutput
        = configuration::get_versioning;
    put_bucket_policy: PutBucketPolicyInput -> PutBucketPolicyOutput = configuration::put_policy;
    get_bucket_policy: GetBucketPolicyInput -> GetBucketPolicyOutput = configuration::get_policy;
    delete_bucket_policy: DeleteBucketPolicyInput -> DeleteBucketPolicyOutput
        = configuration::delete_policy;
    put_bucket_encryption: PutBucketEncryptionInput -> PutBucketEncryptionOutput
        = configuration::put_encryption;
    get_bucket_encryption: GetBucketEncryptionInput -> GetBucketEncryptionOutput
        = configuration::get_encryption;
    delete_bucket_encryption: DeleteBucketEncryptionInput -> DeleteBucketEncryptionOutput
        = configuration::delete_encryption;
    put_public_access_block: PutPublicAccessBlockInput -> PutPublicAccessBlockOutput
        = configuration::put_public_access_block;
    get_public_access_block: GetPublicAccessBlockInput -> GetPublicAccessBlockOutput
        = configuration::get_public_access_block;
    delete_public_access_block: DeletePublicAccessBlockInput -> DeletePublicAccessBlockOutput
        = configuration::delete_public_access_block;
    put_bucket_tagging: PutBucketTaggingInput -> PutBucketTaggingOutput = configuration::put_tagging;
    get_bucket_tagging: GetBucketTaggingInput -> GetBucketTaggingOutput = configuration::get_tagging;
    delete_bucket_tagging: DeleteBucketTaggingInput -> DeleteBucketTaggingOutput
        = configuration::delete_tagging;
    get_bucket_acl: GetBucketAclInput -> GetBucketAclOutput = configuration::get_acl;
    put_bucket_acl: PutBucketAclInput -> PutBucketAclOutput = configuration::put_acl;
    put_bucket_cors: PutBucketCorsInput -> PutBucketCorsOutput = configuration::put_cors;
    get_bucket_cors: GetBucketCorsInput -> GetBucketCorsOutput = configuration::get_cors;
    delete_bucket_cors: DeleteBucketCorsInput -> DeleteBucketCorsOutput = configuration::delete_cors;
    put_bucket_lifecycle_configuration: PutBucketLifecycleConfigurationInput
        -> PutBucketLifecycleConfigurationOutput = configuration::put_lifecycle;
    get_bucket_lifecycle_configuration: GetBucketLifecycleConfigurationInput
        -> GetBucketLifecycleConfigurationOutput = configuration::get_lifecycle;
    delete_bucket_lifecycle: DeleteBucketLifecycleInput -> DeleteBucketLifecycleOutput
        = configuration::delete_lifecycle;
    put_bucket_notification_configuration: PutBucketNotificationConfigurationInput
        -> PutBucketNotificationConfigurationOutput = notification_operations::put;
    get_bucket_notification_configuration: GetBucketNotificationConfigurationInput
        -> GetBucketNotificationConfigurationOutput = notification_operations::get;
    put_bucket_ownership_controls: PutBucketOwnershipControlsInput -> PutBucketOwnershipControlsOutput
        = configuration::put_ownership;
    get_bucket_ownership_controls: GetBucketOwnershipControlsInput -> GetBucketOwnershipControlsOutput
        = configuration::get_ownership;
    delete_bucket_ownership_controls: DeleteBucketOwnershipControlsInput
        -> DeleteBucketOwnershipControlsOutput = configuration::delete_ownership;
}
