//! SQS: queues, visibility, and dead letters.

use std::sync::Arc;

use async_trait::async_trait;
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
pub struct Sqs {}

impl Sqs {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Sends a message to a queue; needs `sqs:SendMessage`. Returns the message id.
    pub fn send_message(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _queue_arn: &str,
        _body: &str,
        _context: &[(&str, &str)],
    ) -> Result<String, AwsError> {
        Err(AwsError::not_supported("sqs"))
    }
}

#[async_trait]
impl Service for Sqs {
    fn signing_name(&self) -> &'static str {
        "sqs"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("the service `sqs`"))
    }
}
