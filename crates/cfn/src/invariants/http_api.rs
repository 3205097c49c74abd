//! What API Gateway asks of HTTP APIs.

use super::Refusal;
use super::properties::Properties;

/// H1406: an integration says how it calls what.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html>. Not confirmed on
/// AWS: that a stack fails, and the words.
pub(super) fn integration(integration: &mut Properties<'_>) {
    let kind = integration.text("IntegrationType");
    let version = integration.text("PayloadFormatVersion");
    if version.is_some_and(|version| version != "1.0" && version != "2.0") {
        let message = "PayloadFormatVersion is 1.0 or 2.0";
        integration.report("H1406", "PayloadFormatVersion", Refusal::Unsure, message);
    }
    if kind == Some("HTTP_PROXY") && version == Some("2.0") {
        let message = "an integration of the type HTTP_PROXY has the payload format 1.0";
        integration.report("H1406", "PayloadFormatVersion", Refusal::Unsure, message);
    }
    if kind == Some("HTTP_PROXY") && integration.is_absent("IntegrationMethod") {
        let message = "an integration of the type HTTP_PROXY needs an IntegrationMethod";
        integration.report("H1406", "IntegrationType", Refusal::Unsure, message);
    }
    let called = ["IntegrationUri", "IntegrationSubtype"];
    if kind.is_some_and(|kind| kind != "MOCK") && called.iter().all(|name| integration.is_absent(name)) {
        let message = "an integration needs an IntegrationUri";
        integration.report("H1406", "IntegrationType", Refusal::Unsure, message);
    }
    if integration.text("ConnectionType") == Some("VPC_LINK") && integration.is_absent("ConnectionId") {
        let message = "a connection through a VPC link needs a ConnectionId";
        integration.report("H1406", "ConnectionType", Refusal::Unsure, message);
    }
}

/// H1407: browsers and API Gateway take the CORS settings.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>. Not confirmed on AWS: the words.
pub(super) fn api(api: &mut Properties<'_>) {
    const CORS: &str = "CorsConfiguration";
    let items = |api: &Properties<'_>, name: &str| -> Vec<(String, String)> {
        let list = format!("{CORS}/{name}");
        let count = api.length(&list).unwrap_or_default();
        let each = (0..count).map(|index| format!("{list}/{index}"));
        each.filter_map(|path| Some((path.clone(), api.text(&path)?.to_owned()))).collect()
    };
    let origins = items(api, "AllowOrigins");
    if api.flag(&format!("{CORS}/AllowCredentials")) == Some(true)
        && origins.iter().any(|(_, origin)| origin == "*")
    {
        let message = "credentials are not allowed to every origin: name the origins";
        api.report("H1407", &format!("{CORS}/AllowCredentials"), Refusal::Unsure, message);
    }
    for (path, origin) in origins {
        let has_scheme = origin == "*" || origin.contains("://");
        if !has_scheme || origin.ends_with('/') {
            let message = format!("`{origin}` is no origin: a scheme and a host, without a path");
            api.report("H1407", &path, Refusal::Unsure, message);
        }
    }
    const METHODS: [&str; 8] = ["*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    for (path, method) in
        items(api, "AllowMethods").into_iter().filter(|(_, method)| !METHODS.contains(&method.as_str()))
    {
        api.report(
            "H1407",
            &path,
            Refusal::Unsure,
            format!("`{method}` is no method of HTTP that is allowed here"),
        );
    }
    let age = format!("{CORS}/MaxAge");
    if api.number(&age).is_some_and(|seconds| !(-1.0..=86_400.0).contains(&seconds)) {
        api.report("H1407", &age, Refusal::Unsure, "MaxAge is -1 to 86400 seconds");
    }
}

/// H1408: a stage has a name that stands in a URL, and something is deployed to it.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html>: "Stage names can contain
/// only alphanumeric characters, hyphens, and underscores, or be $default. Maximum length is 128 characters."
pub(super) fn stage(stage: &mut Properties<'_>) {
    let is_name = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        name == "$default" || (1..=128).contains(&name.len()) && name.bytes().all(plain)
    };
    if let Some(name) = stage.text("StageName").filter(|name| !is_name(name)) {
        let message =
            format!("`{name}` is no name of a stage: letters, numbers, hyphens and underscores, or $default");
        stage.report("H1408", "StageName", Refusal::Service("BadRequestException"), message);
    }
    if stage.is_absent("DeploymentId")
        && (stage.is_absent("AutoDeploy") || stage.flag("AutoDeploy") == Some(false))
    {
        let message = "nothing is deployed to the stage: it has neither AutoDeploy nor a DeploymentId";
        stage.report("H1409", "StageName", Refusal::Unsure, message);
    }
}

/// H1410: a route that asks who calls has somebody who knows.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html>. Not confirmed on AWS: the
/// words.
pub(super) fn route(route: &mut Properties<'_>) {
    let asks = matches!(route.text("AuthorizationType"), Some("JWT" | "CUSTOM"));
    if asks && route.is_absent("AuthorizerId") {
        let message = "a route with this AuthorizationType needs an AuthorizerId";
        route.report("H1410", "AuthorizationType", Refusal::Unsure, message);
    }
    if route.is_absent("Target")
        && route.text("AuthorizationType") != Some("NONE")
        && route.text("RouteKey").is_some_and(|key| key.contains(" /"))
    {
        let message = "a route without a Target leads nowhere";
        route.report("H1410", "RouteKey", Refusal::Unsure, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::breaches;

    #[test]
    fn tells_integrations_that_call_nothing() {
        let of = |integration: Value| breaches("AWS::ApiGatewayV2::Integration", &integration).len();
        assert_eq!(
            of(json!({"IntegrationType": "AWS_PROXY", "IntegrationUri": "u", "PayloadFormatVersion": "2.0"})),
            0
        );
        assert_eq!(
            of(json!({"IntegrationType": "AWS_PROXY", "IntegrationUri": "u", "PayloadFormatVersion": "3.0"})),
            1
        );
        assert_eq!(of(json!({"IntegrationType": "AWS_PROXY"})), 1);
        assert_eq!(of(json!({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "u"})), 1);
    }

    #[test]
    fn tells_origins_methods_and_ages() {
        let of = |cors: Value| breaches("AWS::ApiGatewayV2::Api", &json!({"CorsConfiguration": cors})).len();
        assert_eq!(
            of(
                json!({"AllowOrigins": ["https://example.com", "http://localhost:3000"], "AllowMethods": ["*"], "MaxAge": 300})
            ),
            0
        );
        assert_eq!(of(json!({"AllowOrigins": ["*"], "AllowCredentials": true})), 1);
        assert_eq!(
            of(json!({"AllowOrigins": ["example.com"], "AllowMethods": ["post"], "MaxAge": 90_000})),
            3
        );
    }

    #[test]
    fn tells_stages_and_routes_that_lead_nowhere() {
        let stage = |stage: Value| breaches("AWS::ApiGatewayV2::Stage", &stage).len();
        assert_eq!(stage(json!({"StageName": "$default", "AutoDeploy": true})), 0);
        assert_eq!(stage(json!({"StageName": "v1/x", "AutoDeploy": true})), 1);
        assert_eq!(stage(json!({"StageName": "v1"})), 1);
        let route = |route: Value| breaches("AWS::ApiGatewayV2::Route", &route).len();
        assert_eq!(route(json!({"RouteKey": "GET /a", "Target": "integrations/i"})), 0);
        assert_eq!(
            route(json!({"RouteKey": "GET /a", "Target": "integrations/i", "AuthorizationType": "JWT"})),
            1
        );
        assert_eq!(route(json!({"RouteKey": "GET /a"})), 1);
    }
}
