//! EventBridge Scheduler: schedules that invoke a target with a role of their own.

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
pub struct Scheduler {}

impl Scheduler {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }
}

#[async_trait]
impl Service for Scheduler {
    fn signing_name(&self) -> &'static str {
        "scheduler"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("the service `scheduler`"))
    }
}
