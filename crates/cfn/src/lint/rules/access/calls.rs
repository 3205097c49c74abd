//! What calls functions: rules, buckets, topics, log groups and APIs, as far as the template tells.

use crate::lint::Context;
use crate::template::Resource;
use serde_json::{Value, json};

use super::invocation::{function_in, function_of};
use super::properties;

/// Something that calls a function.
pub(super) struct Call<'t> {
    pub by: &'t str,
    pub path: Vec<String>,
    pub function: &'t str,
    pub service: &'static str,
    /// Where it comes from, as the permission's `SourceArn` would name it; nothing when that is not known.
    pub sources: Vec<String>,
}

/// Types that call functions: the way to what names the function (`*` is each item), and who calls.
const CALLERS: [(&str, &[&str], &str); 6] = [
    ("AWS::ApiGateway::Method", &["Integration", "Uri"], "apigateway.amazonaws.com"),
    ("AWS::ApiGatewayV2::Integration", &["IntegrationUri"], "apigateway.amazonaws.com"),
    ("AWS::Events::Rule", &["Targets", "*", "Arn"], "events.amazonaws.com"),
    ("AWS::Logs::SubscriptionFilter", &["DestinationArn"], "logs.amazonaws.com"),
    (
        "AWS::S3::Bucket",
        &["NotificationConfiguration", "LambdaConfigurations", "*", "Function"],
        "s3.amazonaws.com",
    ),
    ("AWS::SNS::Subscription", &["Endpoint"], "sns.amazonaws.com"),
];

/// Returns what calls a function of the template in a resource.
pub(super) fn calls<'t>(context: &Context<'t>, logical_id: &'t str, resource: &'t Resource) -> Vec<Call<'t>> {
    let Some((_, steps, service)) = CALLERS.iter().find(|(name, ..)| *name == resource.resource_type) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    each(&resource.properties, steps, &mut Vec::new(), &mut |way, above, value| {
        if has_role(resource, above) {
            return;
        }
        // API Gateway names a function within an address of its own.
        let function = match *service {
            "apigateway.amazonaws.com" => function_in(context, value),
            _ => function_of(context, value),
        };
        let Some(function) = function.filter(|function| !is_permitted_by_sam(context, function)) else {
            return;
        };
        let path = properties(logical_id, &way.iter().map(String::as_str).collect::<Vec<_>>());
        let sources = sources(context, logical_id, resource);
        found.push(Call { by: logical_id, path, function, service, sources });
    });
    found
}

/// Visits what stands at the end of the steps, with what stands above it.
fn each<'v>(
    value: &'v Value,
    steps: &[&str],
    way: &mut Vec<String>,
    visit: &mut impl FnMut(&[String], &'v Value, &'v Value),
) {
    let Some((step, rest)) = steps.split_first() else { return };
    let items: Vec<(String, &Value)> = match (*step, value) {
        ("*", Value::Array(items)) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        (name, value) => value.get(name).map(|member| (name.to_owned(), member)).into_iter().collect(),
    };
    for (name, item) in items {
        way.push(name);
        match rest.is_empty() {
            true => visit(way, value, item),
            false => each(item, rest, way, visit),
        }
        way.pop();
    }
}

/// Says whether a role calls, so that no permission is needed, or whether the caller is no function's.
fn has_role(resource: &Resource, above: &Value) -> bool {
    match resource.resource_type.as_str() {
        "AWS::ApiGateway::Method" => above.get("Credentials").is_some(),
        "AWS::ApiGatewayV2::Integration" => above.get("CredentialsArn").is_some(),
        "AWS::Events::Rule" => above.get("RoleArn").is_some(),
        "AWS::SNS::Subscription" => above.get("Protocol").is_none_or(|protocol| protocol != "lambda"),
        _ => false,
    }
}

/// Returns the ARNs from which a resource calls; none when they are not known.
fn sources(context: &Context<'_>, logical_id: &str, resource: &Resource) -> Vec<String> {
    let access = context.access();
    let of = |name: &str| resource.properties.get(name).map(|value| access.texts(value)).unwrap_or_default();
    let own = || access.texts(&json!({"Fn::GetAtt": [logical_id, "Arn"]}));
    match resource.resource_type.as_str() {
        "AWS::ApiGateway::Method" => {
            of("RestApiId").iter().map(|api| format!("arn:aws:execute-api:*:*:{api}/*")).collect()
        }
        "AWS::ApiGatewayV2::Integration" => routes(context, logical_id, resource),
        "AWS::Events::Rule" if resource.properties.get("EventBusName").is_none() => own(),
        "AWS::S3::Bucket" => own(),
        "AWS::SNS::Subscription" => of("TopicArn"),
        _ => Vec::new(),
    }
}

/// Events of a serverless function bring their permissions along.
fn is_permitted_by_sam(context: &Context<'_>, function: &str) -> bool {
    context
        .template
        .resources
        .get(function)
        .is_some_and(|function| function.properties.get("Events").is_some())
}

/// Returns the ARNs under which an integration's routes call it; none when they are not all known.
fn routes(context: &Context<'_>, integration: &str, resource: &Resource) -> Vec<String> {
    let access = context.access();
    let apis = resource.properties.get("ApiId").map(|api| access.texts(api)).unwrap_or_default();
    let leads_here = |route: &&Resource| {
        let target = route.properties.get("Target").map(|target| access.texts(target)).unwrap_or_default();
        let here = access.texts(&json!({"Ref": integration}));
        target.iter().any(|target| here.iter().any(|here| target.ends_with(here.as_str())))
    };
    let all =
        context.template.resources.values().filter(|one| one.resource_type == "AWS::ApiGatewayV2::Route");
    let mut keys = Vec::new();
    for route in all.filter(leads_here) {
        match route.properties.get("RouteKey").and_then(Value::as_str) {
            Some(key) => keys.push(route_path(key)),
            None => return Vec::new(),
        }
    }
    apis.iter()
        .flat_map(|api| keys.iter().map(move |key| format!("arn:aws:execute-api:*:*:{api}/*/{key}")))
        .collect()
}

/// Returns how the ARN of a route ends: `GET/orders/*` for `GET /orders/{id}`.
pub(super) fn route_path(key: &str) -> String {
    let Some((method, path)) = key.split_once(' ') else { return "*".to_owned() };
    let method = if method == "ANY" { "*" } else { method };
    let parts = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
    format!("{method}{}", parts.collect::<Vec<_>>().join("/"))
}
