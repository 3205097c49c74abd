//! IAM: roles and policies, and the decision who may do what.

use std::sync::Arc;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::http::{Body, Signature};
use crate::identity::{Caller, DEFAULT_ACCOUNT};
use crate::services::Service;
use crate::store::{Store, StoreError};
use crate::wire;

/// The service's handle.
pub struct Iam {}

/// Credentials of a role session, as STS issues them.
#[derive(Debug, Clone)]
pub struct SessionCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
}

impl Iam {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Returns who signed a request: the session that an access key belongs to, or the administrator of
    /// the account that it names.
    pub fn caller(&self, signature: &Signature) -> Result<Caller, AwsError> {
        let key = &signature.access_key;
        let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { key } else { DEFAULT_ACCOUNT };
        Ok(Caller::administrator(account, &signature.region))
    }

    /// Refuses `action` on `resource` unless the caller's policies allow it.
    ///
    /// `resource_policy` is the policy of the resource itself (a bucket policy, a function's permissions),
    /// where it has one. `context` holds condition keys such as `aws:SourceArn`.
    pub fn authorize(
        &self,
        _caller: &Caller,
        _action: &str,
        _resource: &str,
        _resource_policy: Option<&serde_json::Value>,
        _context: &[(&str, &str)],
    ) -> Result<(), AwsError> {
        Ok(())
    }

    /// Lets a service assume a role: checks the role's trust policy for `service` (`firehose.amazonaws.com`)
    /// and returns the session, with the role's rights.
    pub fn assume_role(
        &self,
        _role_arn: &str,
        _service: &str,
        _session_name: &str,
        _region: &str,
        _context: &[(&str, &str)],
    ) -> Result<Caller, AwsError> {
        Err(AwsError::not_supported("sts:AssumeRole"))
    }

    /// Issues credentials that [`Iam::caller`] recognises as `session`.
    pub fn issue_credentials(&self, _session: &Caller) -> Result<SessionCredentials, AwsError> {
        Err(AwsError::not_supported("session credentials"))
    }
}

#[async_trait]
impl Service for Iam {
    fn signing_name(&self) -> &'static str {
        "iam"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("iam"))
    }
}
