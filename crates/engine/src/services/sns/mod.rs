//! SNS: topics, subscriptions, and delivery to functions, queues and HTTP endpoints.

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
pub struct Sns {}

impl Sns {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Publishes a message to a topic; needs `sns:Publish`. Returns the message id.
    pub async fn publish(
        &self,
        _aws: &Arc<Aws>,
        _caller: &Caller,
        _topic_arn: &str,
        _subject: Option<&str>,
        _message: &str,
    ) -> Result<String, AwsError> {
        Err(AwsError::not_supported("sns"))
    }
}

#[async_trait]
impl Service for Sns {
    fn signing_name(&self) -> &'static str {
        "sns"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("the service `sns`"))
    }
}
