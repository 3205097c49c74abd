//! An HTTP API with all its parts, as the engine remembers it and as AWS describes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad_request;
use super::integration::Integration;
use super::route::Route;
use super::settings::Settings;
use super::stage::{Deployment, Stage};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::http::cors::Cors;

/// An HTTP API; its parts are kept under their ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Api {
    pub id: String,
    pub account: String,
    pub region: String,
    pub created: Timestamp,
    pub settings: ApiSettings,
    pub tags: BTreeMap<String, String>,
    pub integrations: BTreeMap<String, Integration>,
    pub routes: BTreeMap<String, Route>,
    /// Stages by name.
    pub stages: BTreeMap<String, Stage>,
    pub deployments: BTreeMap<String, Deployment>,
}

/// What a caller sets on an API itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiSettings {
    pub name: String,
    pub protocol_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors_configuration: Option<Cors>,
    pub disable_execute_api_endpoint: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_selection_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_selection_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address_type: Option<String>,
}

const ROUTE_SELECTION: &str = "${request.method} ${request.path}";
const KEY_SELECTION: &str = "$request.header.x-api-key";

impl Settings for ApiSettings {
    const OWNER: &'static str = "an API";
    const UNSUPPORTED: &'static [&'static str] = &[
        "body",
        "bodyS3Location",
        "basePath",
        "credentialsArn",
        "failOnWarnings",
        "disableSchemaValidation",
    ];

    fn check(&self) -> Result<(), AwsError> {
        match self.protocol_type.as_str() {
            "HTTP" => {}
            "WEBSOCKET" => return Err(AwsError::not_supported("the protocol type `WEBSOCKET` of an API")),
            other => {
                return Err(bad_request(format!(
                    "Invalid protocol specified: {other}. Must be one of [HTTP, WEBSOCKET]"
                )));
            }
        }
        if !(1..=128).contains(&self.name.chars().count()) {
            return Err(bad_request("Name must be between 1 and 128 characters long"));
        }
        if self.route_selection_expression.as_deref().is_some_and(|expression| expression != ROUTE_SELECTION)
        {
            let message =
                format!("Route selection expression must be set to {ROUTE_SELECTION} for HTTP protocol Apis");
            return Err(bad_request(message));
        }
        match &self.cors_configuration {
            Some(cors) => check_cors(cors),
            None => Ok(()),
        }
    }
}

/// Refuses cross-origin rules that AWS refuses. The words are not confirmed on AWS.
fn check_cors(cors: &Cors) -> Result<(), AwsError> {
    let is_origin = |origin: &&String| {
        origin.as_str() == "*"
            || origin.split_once("://").is_some_and(|(scheme, host)| {
                scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                    && !host.is_empty()
                    && host.bytes().all(|byte| byte.is_ascii_graphic())
            })
    };
    if let Some(origin) = cors.allow_origins.iter().find(|origin| !is_origin(origin)) {
        return Err(bad_request(format!(
            "{origin} is an invalid origin. Origins must be * or start with a scheme such as https://"
        )));
    }
    if cors.allow_credentials == Some(true) && cors.allow_origins.iter().any(|origin| origin == "*") {
        return Err(bad_request("allowCredentials is not supported for origin *"));
    }
    let names = cors.allow_headers.iter().chain(&cors.expose_headers).chain(&cors.allow_methods);
    let is_name = |name: &&String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(name) = names.into_iter().find(|name| !is_name(name)) {
        return Err(bad_request(format!("{name} is not a valid header or method name")));
    }
    match cors.max_age {
        Some(age) if !(-1..=86_400).contains(&age) => {
            Err(bad_request("Max age must be between -1 and 86400 seconds"))
        }
        _ => Ok(()),
    }
}

impl Api {
    /// Returns the URL that reaches the API from every client on this machine.
    pub fn endpoint(&self, aws: &Aws) -> String {
        format!("{}/_hydrant/api/{}", aws.endpoint(), self.id)
    }

    /// Returns the API as AWS's API describes it.
    pub fn describe(&self, aws: &Aws) -> Value {
        let mut described = json!(self.settings);
        described["apiId"] = json!(self.id);
        described["apiEndpoint"] = json!(self.endpoint(aws));
        described["createdDate"] = json!(self.created.format("%Y-%m-%dT%H:%M:%SZ"));
        for (name, usual) in [
            ("routeSelectionExpression", ROUTE_SELECTION),
            ("apiKeySelectionExpression", KEY_SELECTION),
            ("ipAddressType", "ipv4"),
        ] {
            if described[name].is_null() {
                described[name] = json!(usual);
            }
        }
        described["tags"] = json!(self.tags);
        described
    }

    /// Returns the ARN under which the API is tagged.
    pub fn arn(&self) -> String {
        format!("arn:aws:apigateway:{}::/apis/{}", self.region, self.id)
    }
}
