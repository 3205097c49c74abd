//! A route: which requests go to which integration.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad_request;
use super::route_key::RouteKey;
use super::settings::Settings;
use crate::error::AwsError;

/// A route of an API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Route {
    pub settings: RouteSettings,
}

/// What a caller sets on a route.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RouteSettings {
    pub route_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_name: Option<String>,
}

impl Settings for RouteSettings {
    const OWNER: &'static str = "a route";
    const UNSUPPORTED: &'static [&'static str] = &[
        "apiKeyRequired",
        "authorizationScopes",
        "authorizerId",
        "modelSelectionExpression",
        "requestModels",
        "requestParameters",
        "routeResponseSelectionExpression",
    ];

    fn check(&self) -> Result<(), AwsError> {
        RouteKey::parse(&self.route_key).map_err(bad_request)?;
        match self.authorization_type.as_deref() {
            None | Some("NONE") => {}
            Some(other @ ("AWS_IAM" | "JWT" | "CUSTOM")) => {
                return Err(AwsError::not_supported(format_args!(
                    "the authorization type `{other}` of a route"
                )));
            }
            Some(other) => return Err(bad_request(format!("Invalid authorization type: {other}"))),
        }
        match self.target.as_deref() {
            Some(target) if !target.starts_with("integrations/") => {
                Err(bad_request(format!("Invalid target {target}: it must have the form integrations/<id>")))
            }
            _ => Ok(()),
        }
    }
}

impl RouteSettings {
    /// Returns the id of the integration that the route goes to.
    pub fn integration_id(&self) -> Option<&str> {
        self.target.as_deref()?.strip_prefix("integrations/")
    }
}

impl Route {
    /// Returns the route as AWS's API describes it.
    pub fn describe(&self, id: &str) -> Value {
        let mut described = json!(self.settings);
        described["routeId"] = json!(id);
        described["apiKeyRequired"] = json!(false);
        if described["authorizationType"].is_null() {
            described["authorizationType"] = json!("NONE");
        }
        described
    }
}
