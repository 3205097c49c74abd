//! Lambda: functions as child processes of their real `bootstrap`, and what invokes them.

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
pub struct Lambda {}

/// What a synchronous invocation gave.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub payload: Bytes,
    /// `Unhandled` or `Handled` when the function failed, was killed at its timeout, or exited.
    pub function_error: Option<String>,
    /// The last 4 KiB of the function's log of this invocation.
    pub log_tail: String,
}

impl Lambda {
    pub(crate) fn open(_store: &Store, _folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Invokes a function, by name or ARN, and waits for its answer; needs `lambda:InvokeFunction`.
    pub async fn invoke(
        &self,
        _aws: &Arc<Aws>,
        _caller: &Caller,
        _function: &str,
        _payload: Bytes,
    ) -> Result<Invocation, AwsError> {
        Err(AwsError::not_supported("lambda"))
    }
}

#[async_trait]
impl Service for Lambda {
    fn signing_name(&self) -> &'static str {
        "lambda"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("lambda"))
    }
}
