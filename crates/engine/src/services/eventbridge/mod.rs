//! EventBridge: rules that fire on a schedule or on an event, and their targets.

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
pub struct EventBridge {}

impl EventBridge {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }
}

#[async_trait]
impl Service for EventBridge {
    fn signing_name(&self) -> &'static str {
        "events"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("the service `events`"))
    }
}
