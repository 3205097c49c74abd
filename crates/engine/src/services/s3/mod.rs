//! S3: buckets, and objects that are plain files.
//!
//! A request goes from `door` (signatures off, bodies decoded) through the `s3s` crate (XML) to `protocol`,
//! which hands each operation to a module of its own. Objects stand on the `shelf`: files under
//! `s3/<account>/<bucket>/<key>`, and rows in the index that say what they are. What
//! happens to them is announced as the bucket asks. Lifecycle rules do not run here.

mod announcement;
mod bucket;
mod buckets;
mod checksums;
mod chunked;
mod conditions;
mod configuration;
mod copying;
mod door;
mod index;
mod journal;
mod key_path;
mod listing;
mod listing_operations;
mod multipart;
mod notification;
mod notification_operations;
mod object;
mod objects;
mod protocol;
mod reading;
mod refusal;
mod removal;
mod resource;
mod shelf;
mod staging;
mod tagging;
mod unread;
mod uploads;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;

use self::announcement::Occurrence;
use self::bucket::Bucket;
use self::checksums::Expectation;
use self::object::Description;
use self::shelf::{Arrival, Shelf};
use self::uploads::Uploads;
use crate::aws::Aws;
use crate::delivery::Deliveries;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::Body;

/// The service's handle.
pub struct S3 {
    buckets: Table<Bucket>,
    /// Held while buckets are made, changed and deleted.
    changing_buckets: Mutex<()>,
    shelf: Shelf,
    uploads: Uploads,
    /// Notifications on their way.
    deliveries: Deliveries,
}

impl S3 {
    pub(crate) fn open(store: &Store, folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            buckets: store.table("s3-bucket"),
            changing_buckets: Mutex::new(()),
            shelf: Shelf::open(store, folder)?,
            uploads: Uploads::open(store, folder)?,
            deliveries: Deliveries::open(store, "s3-notification"),
        })
    }

    /// Stores an object; needs `s3:PutObject`.
    pub async fn put_object(
        &self,
        aws: &Aws,
        caller: &Caller,
        bucket: &str,
        key: &str,
        body: Bytes,
        content_encoding: Option<&str>,
    ) -> Result<(), AwsError> {
        self.put_pieces(aws, caller, bucket, key, vec![body], content_encoding).await
    }

    /// Stores an object whose bytes come in several pieces; needs `s3:PutObject`.
    pub async fn put_pieces(
        &self,
        aws: &Aws,
        caller: &Caller,
        bucket: &str,
        key: &str,
        body: Vec<Bytes>,
        content_encoding: Option<&str>,
    ) -> Result<(), AwsError> {
        let bucket = self.bucket(bucket)?;
        self.authorize(aws, caller, "s3:PutObject", &bucket, Some(key), &[])?;
        check_key(key)?;
        let expectation = Expectation::default();
        let body = futures::stream::iter(body.into_iter().map(Ok));
        let staged = staging::stage(&self.shelf.incoming(), body, &expectation, HeaderMap::new).await?;
        let (encryption, kms_key) = bucket.default_encryption();
        let arrival = Arrival {
            bucket: &bucket,
            key,
            etag: staged.etag(),
            parts: Vec::new(),
            description: Description {
                content_type: Some("application/octet-stream".to_owned()),
                content_encoding: content_encoding.map(str::to_owned),
                encryption: Some(encryption),
                kms_key,
                ..Description::default()
            },
            now: aws.clock.now(),
        };
        let version =
            self.shelf.put(arrival, &staged, staged.checksums.clone(), |_| self.is_there(&bucket))?;
        let occurrence = Occurrence::created("Put", key, &bucket, &version);
        self.announce(aws, caller, &bucket, &occurrence)
    }

    /// Returns an object's bytes, of its current version unless one is named; needs `s3:GetObject`.
    pub async fn get_object(
        &self,
        aws: &Aws,
        caller: &Caller,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<Bytes, AwsError> {
        use std::io::Read as _;

        let bucket = self.bucket(bucket)?;
        let action = if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        self.authorize(aws, caller, action, &bucket, Some(key), &[])?;
        let (_, content, mut file) =
            self.shelf.open_file(&bucket, |index| reading::find(index, &bucket.name, key, version))?;
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::with_capacity(usize::try_from(content.size).unwrap_or(0));
            file.read_to_end(&mut bytes).map(|_| Bytes::from(bytes))
        });
        read.await.map_err(AwsError::internal)?.map_err(AwsError::internal)
    }

    /// Refuses with `NoSuchBucket` when a bucket does not exist; needs `s3:ListBucket`.
    pub fn head_bucket(&self, aws: &Aws, caller: &Caller, bucket: &str) -> Result<(), AwsError> {
        let bucket = self.bucket(bucket)?;
        self.authorize(aws, caller, "s3:ListBucket", &bucket, None, &[])
    }

    /// Returns whether an object stands under a key; needs `s3:GetObject`, as `HeadObject` does.
    pub fn object_exists(
        &self,
        aws: &Aws,
        caller: &Caller,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<bool, AwsError> {
        let bucket = self.bucket(bucket)?;
        let action = if version.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        self.authorize(aws, caller, action, &bucket, Some(key), &[])?;
        match reading::find(&self.shelf.index, &bucket.name, key, version) {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.status == 404 => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    /// Returns a bucket, or refuses with `NoSuchBucket` or, when there could be none, `InvalidBucketName`.
    fn bucket(&self, name: &str) -> Result<Bucket, AwsError> {
        let bucket = self.buckets.get(name)?;
        bucket.ok_or_else(|| bucket::check_name(name).err().unwrap_or_else(refusal::no_such_bucket))
    }

    /// Refuses a write to a bucket that was deleted while the body arrived.
    fn is_there(&self, bucket: &Bucket) -> Result<(), AwsError> {
        self.bucket(&bucket.name).map(|_| ())
    }

    /// Changes a bucket that exists.
    fn change_bucket(&self, name: &str, change: impl FnOnce(&mut Bucket)) -> Result<(), AwsError> {
        let _changing = self.changing_buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bucket = self.bucket(name)?;
        change(&mut bucket);
        Ok(self.buckets.put(name, &bucket)?)
    }

    /// Refuses `action` on a bucket, or on the object under `key` in it, unless policies allow it.
    fn authorize(
        &self,
        aws: &Aws,
        caller: &Caller,
        action: &str,
        bucket: &Bucket,
        key: Option<&str>,
        context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        let resource = key.map_or_else(|| bucket.arn(), |key| format!("{}/{key}", bucket.arn()));
        let policy = bucket.configuration.policy.as_ref();
        // An ARN in S3 does not name the account, so IAM cannot see that a bucket belongs to another one.
        if caller.account != bucket.account && policy.is_none() {
            return Err(AwsError::new("AccessDenied", "Access Denied").status(403));
        }
        // Policies often deny plain HTTP; on this machine the loopback stands for TLS.
        let own = [("aws:SecureTransport", "true"), ("aws:ResourceAccount", bucket.account.as_str())];
        let context: Vec<_> = context.iter().copied().chain(own).collect();
        aws.services.iam.authorize(caller, action, &resource, policy, &context).map_err(refusal::denied)
    }
}

/// Refuses a key that S3 could not hold.
fn check_key(key: &str) -> Result<(), AwsError> {
    if key.len() > 1024 {
        return Err(AwsError::new("KeyTooLongError", "Your key is too long"));
    }
    if key.is_empty() || key.contains('\0') {
        return Err(AwsError::new("InvalidArgument", "The object key is not valid."));
    }
    Ok(())
}

#[async_trait]
impl Service for S3 {
    fn signing_name(&self) -> &'static str {
        "s3"
    }

    fn operations(&self) -> &'static [&'static str] {
        protocol::OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        door::answer(aws, caller, request).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        resource::types()
    }

    fn start(&self, aws: &Arc<Aws>) {
        self.deliveries.start(aws);
    }
}
