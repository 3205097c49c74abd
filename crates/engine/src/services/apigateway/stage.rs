//! Stages, under which an API is reached, and deployments, which are what a stage without automatic deployment shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad_request;
use super::integration::Integration;
use super::route::Route;
use super::settings::Settings;
use crate::clock::Timestamp;
use crate::error::AwsError;

/// The stage that needs no segment in the path.
pub const DEFAULT: &str = "$default";

/// A stage of an API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    pub settings: StageSettings,
    pub tags: BTreeMap<String, String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// The request of CloudFormation that made it, by which a repeat finds it.
    pub made_by: Option<String>,
}

/// What a caller sets on a stage.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StageSettings {
    pub stage_name: String,
    pub auto_deploy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    pub default_route_settings: Throttling,
    /// Settings of single routes, by route key.
    pub route_settings: BTreeMap<String, Throttling>,
    pub stage_variables: BTreeMap<String, String>,
}

/// How many requests pass; what is not set is the account's quota, which one machine does not reach.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Throttling {
    pub detailed_metrics_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttling_burst_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttling_rate_limit: Option<f64>,
    /// For WebSocket APIs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_trace_enabled: Option<bool>,
    /// For WebSocket APIs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging_level: Option<String>,
}

/// What an API was when it was deployed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Deployment {
    pub created: Timestamp,
    pub description: Option<String>,
    pub routes: BTreeMap<String, Route>,
    pub integrations: BTreeMap<String, Integration>,
}

impl Settings for StageSettings {
    const OWNER: &'static str = "a stage";
    const UNSUPPORTED: &'static [&'static str] = &["accessLogSettings", "clientCertificateId"];

    fn check(&self) -> Result<(), AwsError> {
        let is_name = |name: &str| {
            (1..=128).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if self.stage_name != DEFAULT && !is_name(&self.stage_name) {
            return Err(bad_request("Stage name only allows a-zA-Z0-9_- and $default"));
        }
        if self.auto_deploy && self.deployment_id.is_some() {
            return Err(bad_request("Deployment ID cannot be set when auto-deploy is enabled"));
        }
        self.route_settings.values().chain([&self.default_route_settings]).try_for_each(Throttling::check)
    }
}

impl Throttling {
    fn check(&self) -> Result<(), AwsError> {
        if self.data_trace_enabled == Some(true)
            || self.logging_level.as_deref().is_some_and(|level| level != "OFF")
        {
            return Err(bad_request("Execution logs are not supported on protocolType HTTP"));
        }
        let is_negative = self.throttling_burst_limit.is_some_and(|limit| limit < 0)
            || self.throttling_rate_limit.is_some_and(|limit| limit < 0.0);
        if is_negative {
            return Err(bad_request("Throttling limits must not be negative"));
        }
        Ok(())
    }

    /// Tells whether requests are counted at all.
    pub fn is_limited(&self) -> bool {
        self.throttling_burst_limit.is_some() || self.throttling_rate_limit.is_some()
    }
}

impl Stage {
    /// Returns the stage as AWS's API describes it.
    pub fn describe(&self) -> Value {
        let mut described = json!(self.settings);
        described["createdDate"] = json!(self.created.format("%Y-%m-%dT%H:%M:%SZ"));
        described["lastUpdatedDate"] = json!(self.updated.format("%Y-%m-%dT%H:%M:%SZ"));
        described["tags"] = json!(self.tags);
        described
    }
}

impl Deployment {
    /// Returns the deployment as AWS's API describes it.
    pub fn describe(&self, id: &str) -> Value {
        let mut described = json!({
            "deploymentId": id,
            "deploymentStatus": "DEPLOYED",
            "autoDeployed": false,
            "createdDate": self.created.format("%Y-%m-%dT%H:%M:%SZ"),
        });
        if let Some(description) = &self.description {
            described["description"] = json!(description);
        }
        described
    }
}
