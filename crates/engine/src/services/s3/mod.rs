//! S3: buckets, and objects that are plain files.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::http::Body;
use crate::identity::Caller;
use crate::services::Service;
use crate::store::{Store, StoreError};
use crate::wire;

/// The service's handle.
pub struct S3 {}

impl S3 {
    pub(crate) fn open(_store: &Store, _folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Stores an object; needs `s3:PutObject`.
    pub async fn put_object(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _bucket: &str,
        _key: &str,
        _body: Bytes,
        _content_encoding: Option<&str>,
    ) -> Result<(), AwsError> {
        Err(AwsError::not_supported("s3"))
    }

    /// Returns an object's bytes, of its current version unless one is named; needs `s3:GetObject`.
    pub async fn get_object(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _bucket: &str,
        _key: &str,
        _version: Option<&str>,
    ) -> Result<Bytes, AwsError> {
        Err(AwsError::not_supported("s3"))
    }

    /// Refuses with `NoSuchBucket` when a bucket does not exist; needs `s3:ListBucket`.
    pub fn head_bucket(&self, _aws: &Aws, _caller: &Caller, _bucket: &str) -> Result<(), AwsError> {
        Err(AwsError::not_supported("s3"))
    }
}

#[async_trait]
impl Service for S3 {
    fn signing_name(&self) -> &'static str {
        "s3"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("s3"))
    }
}
