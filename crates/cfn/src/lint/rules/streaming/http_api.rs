//! What API Gateway and SNS ask of texts that their schemas leave open: H1401 to H1406 and H1601, each with its page.

use crate::lint::{Context, Findings, did_you_mean};
use crate::template::Resource;
use serde_json::Value;

/// <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
const PROTOCOLS: &[&str] =
    &["application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"];

const METHODS: &[&str] = &["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let text = |name: &str| resource.properties.pointer(name).and_then(Value::as_str);
        let fault = match (findings.rule, resource.resource_type.as_str()) {
            ("H1401", "AWS::ApiGatewayV2::Api") => without_protocol(resource),
            ("H1402", "AWS::ApiGatewayV2::Route") if is_http(context, resource) => {
                text("/RouteKey").filter(|key| !is_route_key(key)).map(|key| {
                    (
                        "RouteKey",
                        format!(
                            "`{key}` is neither `$default` nor a method with a path, such as `GET /orders`"
                        ),
                        None,
                    )
                })
            }
            ("H1411", "AWS::ApiGatewayV2::Integration") if is_http(context, resource) => {
                let of_rest = |kind: &&str| matches!(*kind, "AWS" | "HTTP" | "MOCK");
                text("/IntegrationType").filter(of_rest).map(|kind| {
                    let help = Some("it is `AWS_PROXY` or `HTTP_PROXY`".to_owned());
                    ("IntegrationType", format!("an HTTP API has no integrations of the type `{kind}`"), help)
                })
            }
            ("H1403", "AWS::ApiGatewayV2::Route") => resource
                .properties
                .get("Target")
                .and_then(target)
                .map(|target| ("Target", format!("`{target}` does not begin with `integrations/`"), None)),
            ("H1404", "AWS::ApiGatewayV2::Integration") => {
                let milliseconds = resource.properties.get("TimeoutInMillis").and_then(Value::as_u64);
                milliseconds.filter(|wanted| !(50..=30_000).contains(wanted)).map(|wanted| {
                    ("TimeoutInMillis", format!("{wanted} is not within 50 and 30000 milliseconds"), None)
                })
            }
            ("H1405", "AWS::ApiGatewayV2::Stage" | "AWS::ApiGateway::Stage") => {
                let format = text("/AccessLogSettings/Format").or_else(|| text("/AccessLogSetting/Format"));
                let name = if text("/AccessLogSettings/Format").is_some() {
                    "AccessLogSettings"
                } else {
                    "AccessLogSetting"
                };
                let identified = |format: &&str| {
                    !format.contains("$context.requestId") && !format.contains("$context.extendedRequestId")
                };
                format.filter(identified).map(|_| {
                    (name, "the format of access logs must contain `$context.requestId`".to_owned(), None)
                })
            }
            ("H1601", "AWS::SNS::Subscription") => {
                text("/Protocol").filter(|protocol| !PROTOCOLS.contains(protocol)).map(|protocol| {
                    (
                        "Protocol",
                        format!("`{protocol}` is not a protocol of SNS"),
                        did_you_mean(protocol, PROTOCOLS),
                    )
                })
            }
            ("H1602", "AWS::Lambda::Permission") => {
                text("/Action").filter(|action| !is_action(action)).map(|action| {
                    (
                        "Action",
                        format!("`{action}` is not an action of Lambda's"),
                        Some("it is `lambda:InvokeFunction` or `lambda:InvokeFunctionUrl`".to_owned()),
                    )
                })
            }
            _ => None,
        };
        if let Some((name, message, help)) = fault {
            let mut path = vec!["Resources", logical_id, "Properties"];
            if resource.properties.get(name).is_some() {
                path.push(name);
            }
            if name.starts_with("AccessLog") {
                path.push("Format");
            }
            findings.add(message, help, context.template.place(&path), &path);
        }
    }
}

type Fault = (&'static str, String, Option<String>);

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html>: "Required unless
/// you specify an OpenAPI definition for Body or S3BodyLocation".
fn without_protocol(resource: &Resource) -> Option<Fault> {
    let named = ["ProtocolType", "Body", "BodyS3Location", "Fn::Transform", "Fn::If"];
    let absent = named.iter().all(|name| resource.properties.get(name).is_none());
    absent.then(|| ("ProtocolType", "an API without a `Body` needs a `ProtocolType`".to_owned(), None))
}

/// Says whether a route belongs to an HTTP API of the template.
fn is_http(context: &Context<'_>, resource: &Resource) -> bool {
    let api = resource.properties.pointer("/ApiId/Ref").and_then(Value::as_str);
    let api = api.and_then(|api| context.template.resources.get(api));
    api.and_then(|api| api.properties.get("ProtocolType")).is_some_and(|protocol| protocol == "HTTP")
}

fn is_route_key(key: &str) -> bool {
    let method_and_path = key.split_once(' ');
    key == "$default"
        || method_and_path.is_some_and(|(method, path)| METHODS.contains(&method) && path.starts_with('/'))
}

/// Returns the text of a target, or of its beginning, when that is not `integrations/`.
fn target(value: &Value) -> Option<String> {
    let joined = value.pointer("/Fn::Join/1").and_then(Value::as_array);
    let text = match (value, joined) {
        (Value::String(text), _) => text,
        (_, Some(parts)) => {
            // With a slash between, the first part has none of its own.
            let text = parts.first()?.as_str()?;
            return (text.trim_end_matches('/') != "integrations").then(|| text.to_owned());
        }
        _ => {
            let sub = value.get("Fn::Sub")?;
            sub.as_str().or_else(|| sub.get(0)?.as_str()).filter(|text| !text.starts_with("${"))?
        }
    };
    (!text.starts_with("integrations/")).then(|| text.to_owned())
}

fn is_action(action: &str) -> bool {
    let name = action.strip_prefix("lambda:");
    name.is_some_and(|name| {
        name == "*" || crate::iam::Service::of("lambda").is_none_or(|lambda| lambda.has_action(name))
    })
}
