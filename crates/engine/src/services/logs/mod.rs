//! CloudWatch Logs: groups, streams and their events.

use std::sync::Arc;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::http::Body;
use crate::identity::Caller;
use crate::services::Service;
use crate::store::{Store, StoreError};
use crate::wire;

/// The service's handle.
pub struct Logs {}

impl Logs {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Makes a log stream in a group unless it exists; needs `logs:CreateLogStream`.
    pub fn ensure_stream(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _group: &str,
        _stream: &str,
    ) -> Result<(), AwsError> {
        Err(AwsError::not_supported("logs"))
    }

    /// Appends events to a log stream; needs `logs:PutLogEvents`.
    pub fn put(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _group: &str,
        _stream: &str,
        _events: &[(Timestamp, String)],
    ) -> Result<(), AwsError> {
        Err(AwsError::not_supported("logs"))
    }
}

#[async_trait]
impl Service for Logs {
    fn signing_name(&self) -> &'static str {
        "logs"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("logs"))
    }
}
