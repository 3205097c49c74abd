//! Who makes a request, in which account and region.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The account of a caller whose credentials do not name one.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

/// The caller of an operation: a principal that acts in one account and region.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    /// Twelve-digit account id.
    pub account: String,
    /// Region name, such as `eu-west-1`.
    pub region: String,
    /// Who acts.
    pub principal: Principal,
}

/// Who acts: IAM decides by this what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Principal {
    /// The account's administrator: any credentials that the engine's own IAM did not issue.
    Administrator,
    /// An assumed role, by role name and session name.
    Role { role_name: String, session_name: String },
    /// A user whose access key signed, by name and path.
    User { user_name: String, path: String },
    /// An AWS service that acts for itself, such as `s3.amazonaws.com`.
    Service(String),
}

impl Caller {
    /// Returns the administrator of `account`.
    pub fn administrator(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into(), principal: Principal::Administrator }
    }

    /// Returns an ARN in the caller's account and region: `arn:aws:{service}:{region}:{account}:{resource}`.
    pub fn arn(&self, service: &str, resource: impl fmt::Display) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// Returns the key prefix under which a service keeps what belongs to this account and region.
    pub fn scope(&self) -> String {
        format!("{}/{}/", self.account, self.region)
    }

    /// Returns the ARN of the principal, as `GetCallerIdentity` and access-denied messages show it.
    pub fn principal_arn(&self) -> String {
        match &self.principal {
            Principal::Administrator => format!("arn:aws:iam::{}:root", self.account),
            Principal::Role { role_name, session_name } => {
                format!("arn:aws:sts::{}:assumed-role/{role_name}/{session_name}", self.account)
            }
            Principal::User { user_name, path } => {
                format!("arn:aws:iam::{}:user{path}{user_name}", self.account)
            }
            Principal::Service(service) => service.clone(),
        }
    }
}
