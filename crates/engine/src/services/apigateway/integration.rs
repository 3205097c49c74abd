//! An integration: which function a route invokes, and for how long it waits.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bad_request;
use super::settings::Settings;
use crate::error::AwsError;

/// Milliseconds that an integration waits unless it says otherwise, which is also the most.
const TIMEOUT: i64 = 30_000;

/// An integration of an API with a function.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Integration {
    pub settings: IntegrationSettings,
}

/// What a caller sets on an integration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IntegrationSettings {
    pub integration_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_format_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_in_millis: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Settings for IntegrationSettings {
    const OWNER: &'static str = "an integration";
    const UNSUPPORTED: &'static [&'static str] = &[
        "connectionId",
        "contentHandlingStrategy",
        "credentialsArn",
        "integrationSubtype",
        "passthroughBehavior",
        "requestParameters",
        "requestTemplates",
        "responseParameters",
        "templateSelectionExpression",
        "tlsConfig",
    ];

    fn check(&self) -> Result<(), AwsError> {
        match self.integration_type.as_str() {
            "AWS_PROXY" => {}
            other @ ("HTTP_PROXY" | "AWS" | "HTTP" | "MOCK") => {
                return Err(AwsError::not_supported(format_args!("the integration type `{other}`")));
            }
            other => return Err(bad_request(format!("Invalid integration type specified: {other}"))),
        }
        match self.payload_format_version.as_deref() {
            Some("2.0") => {}
            Some("1.0") => return Err(AwsError::not_supported("the payload format version `1.0`")),
            Some(other) => {
                return Err(bad_request(format!("Invalid payloadFormatVersion specified: {other}")));
            }
            // Required for HTTP APIs; the words are not confirmed on AWS.
            None => return Err(bad_request("PayloadFormatVersion is a required parameter for integration")),
        }
        if self.function_arn().is_none() {
            return Err(bad_request("Invalid integration URI specified"));
        }
        if self.connection_type.as_deref().is_some_and(|connection| connection != "INTERNET") {
            return Err(AwsError::not_supported("a connection other than `INTERNET` of an integration"));
        }
        match self.timeout_in_millis {
            Some(timeout) if !(50..=TIMEOUT).contains(&timeout) => {
                Err(bad_request(format!("Timeout should be between 50 ms and {TIMEOUT} ms")))
            }
            _ => Ok(()),
        }
    }
}

impl IntegrationSettings {
    /// Returns the ARN of the function, which the URI is or holds in the form that REST APIs use.
    pub fn function_arn(&self) -> Option<&str> {
        let uri = self.integration_uri.as_deref()?;
        let arn = match uri.split_once(":lambda:path/2015-03-31/functions/") {
            Some((_, rest)) => rest.strip_suffix("/invocations")?,
            None => uri,
        };
        (arn.starts_with("arn:") && arn.contains(":lambda:") && arn.contains(":function:")).then_some(arn)
    }
}

impl Integration {
    /// Returns how long a route waits for the function.
    pub fn timeout(&self) -> std::time::Duration {
        let milliseconds = self.settings.timeout_in_millis.unwrap_or(TIMEOUT);
        std::time::Duration::from_millis(milliseconds.unsigned_abs())
    }

    /// Returns the integration as AWS's API describes it.
    pub fn describe(&self, id: &str) -> Value {
        let mut described = json!(self.settings);
        described["integrationId"] = json!(id);
        for (name, usual) in [
            ("connectionType", json!("INTERNET")),
            ("integrationMethod", json!("POST")),
            ("timeoutInMillis", json!(TIMEOUT)),
        ] {
            if described[name].is_null() {
                described[name] = usual;
            }
        }
        described
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::read;
    use super::*;

    #[test]
    fn finds_the_function_in_both_forms_of_a_uri() {
        let arn = "arn:aws:lambda:us-east-1:111122223333:function:f";
        let path = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations");
        for uri in [arn, &path] {
            let settings =
                IntegrationSettings { integration_uri: Some(uri.to_owned()), ..Default::default() };
            assert_eq!(settings.function_arn(), Some(arn), "{uri}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_have_by_name_and_the_rest_as_aws() {
        let settings = |name: &str, value: Value| {
            let mut input = json!({
                "integrationType": "AWS_PROXY", "payloadFormatVersion": "2.0",
                "integrationUri": "arn:aws:lambda:us-east-1:111122223333:function:f",
            });
            input[name] = value;
            read::<IntegrationSettings>(input).map(|_| ()).map_err(|error| error.code)
        };
        assert_eq!(settings("timeoutInMillis", json!(50)), Ok(()));
        for (name, value) in [
            ("integrationType", json!("HTTP_PROXY")),
            ("payloadFormatVersion", json!("1.0")),
            ("requestParameters", json!({"a": "b"})),
        ] {
            assert_eq!(settings(name, value), Err("NotImplemented".to_owned()), "{name}");
        }
        for (name, value) in [
            ("timeoutInMillis", json!(49)),
            ("timeoutInMillis", json!(30_001)),
            ("integrationUri", json!("https://example.com")),
            ("payloadFormatVersion", Value::Null),
        ] {
            assert_eq!(settings(name, value), Err("BadRequestException".to_owned()), "{name}");
        }
    }
}
