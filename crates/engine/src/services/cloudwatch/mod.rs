//! CloudWatch: metrics that the services emit, and alarms over them.

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
pub struct CloudWatch {}

impl CloudWatch {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Counts one value of a metric, at the engine's present time.
    pub fn emit(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _namespace: &str,
        _metric: &str,
        _dimensions: &[(&str, &str)],
        _value: f64,
    ) {
    }
}

#[async_trait]
impl Service for CloudWatch {
    fn signing_name(&self) -> &'static str {
        "monitoring"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("the service `monitoring`"))
    }
}
