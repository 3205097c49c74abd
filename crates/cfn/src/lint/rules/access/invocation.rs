//! # H1506: what calls a function is permitted to
//!
//! ```yaml
//! Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 hour), Targets: [{Id: f, Arn: !GetAtt Function.Arn}]}}
//! Permission: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Function, Principal: s3.amazonaws.com}}
//! ```
//!
//! Rules, buckets, topics, APIs and log groups call a function only where an `AWS::Lambda::Permission` names their service as its
//! principal, and where its `SourceArn` is theirs. Without it the function is never called; a bucket's stack fails.
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use crate::access::{Access, Fit};
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::{Resource, sub};
use serde_json::Value;

use super::properties;

pub(super) const RULE: Rule = Rule {
    id: "H1506",
    level: Level::Warning,
    summary: "what calls a function is permitted to",
    source: include_str!("invocation.rs"),
    check,
};

/// Something that calls a function.
struct Call<'t> {
    by: &'t str,
    path: Vec<String>,
    function: &'t str,
    service: &'static str,
    /// Where it comes from, as the permission's `SourceArn` would name it; nothing when that is not known.
    sources: Vec<String>,
}

/// A permission of the template, for one of its functions.
struct Permission<'t> {
    logical_id: &'t str,
    function: &'t str,
    principals: Vec<String>,
    sources: Vec<String>,
    /// Whether its action is the one that calls.
    invokes: bool,
}

fn check(context: &Context<'_>, findings: &mut Findings) {
    let template = context.template;
    let calls: Vec<Call<'_>> =
        template.resources.iter().flat_map(|(id, resource)| calls(context, id, resource)).collect();
    if calls.is_empty() {
        return;
    }
    let Some(permissions) = permissions(context) else { return };
    let fits = |call: &Call<'_>, permission: &Permission<'_>| {
        permission.function == call.function
            && permission.invokes
            && is_principal(&permission.principals, call.service)
            && is_source(&permission.sources, &call.sources)
    };
    let mut told: Vec<Vec<String>> = Vec::new();
    for call in &calls {
        if permissions.iter().any(|permission| fits(call, permission)) {
            continue;
        }
        let of_function = || permissions.iter().filter(|permission| permission.function == call.function);
        let is_used = |permission: &Permission<'_>| calls.iter().any(|call| fits(call, permission));
        let other_source = of_function()
            .find(|one| is_principal(&one.principals, call.service) && one.invokes && !is_used(one));
        let other_service = of_function().find(|one| {
            one.invokes
                && !is_used(one)
                && !one.principals.iter().any(|name| {
                    calls.iter().any(|call| is_principal(std::slice::from_ref(name), call.service))
                })
        });
        let (path, message) = match (other_source, other_service) {
            (Some(one), _) => (
                properties(one.logical_id, &["SourceArn"]),
                format!(
                    "`{}` permits another source to call `{}`, not `{}`",
                    one.logical_id, call.function, call.by
                ),
            ),
            (None, Some(one)) => (
                properties(one.logical_id, &["Principal"]),
                format!(
                    "`{}` does not permit {} to call `{}`, which `{}` does",
                    one.logical_id, call.service, call.function, call.by
                ),
            ),
            (None, None) => {
                (call.path.clone(), format!("nothing permits {} to call `{}`", call.service, call.function))
            }
        };
        if told.contains(&path) {
            continue;
        }
        told.push(path.clone());
        let help = format!(
            "an AWS::Lambda::Permission for `{}` needs `Principal: {}` and the ARN of `{}`",
            call.function, call.service, call.by
        );
        findings.add(message, Some(help), template.place(&path), &path);
    }
}

/// Returns all permissions, or nothing when one may be for any function.
fn permissions<'t>(context: &Context<'t>) -> Option<Vec<Permission<'t>>> {
    let access = context.access();
    let mut found = Vec::new();
    for (logical_id, resource) in &context.template.resources {
        if resource.resource_type != "AWS::Lambda::Permission" {
            continue;
        }
        let value = |name: &str| resource.properties.get(name);
        let texts = |name: &str| value(name).map(|value| access.texts(value)).unwrap_or_default();
        let Some(function) = function_of(context, value("FunctionName")?) else {
            // A function of another stack, by its literal name, is none of these.
            if texts("FunctionName").iter().all(|name| Access::is_known(name))
                && !has_named_function(context, &texts("FunctionName"))
            {
                continue;
            }
            return None;
        };
        let actions = texts("Action");
        let invokes = actions.iter().any(|action| {
            !Access::is_known(action) || crate::iam::matches_ignoring_case(action, "lambda:InvokeFunction")
        });
        found.push(Permission {
            logical_id,
            function,
            principals: texts("Principal"),
            sources: texts("SourceArn"),
            invokes,
        });
    }
    Some(found)
}

fn has_named_function(context: &Context<'_>, names: &[String]) -> bool {
    let mut functions = context.template.resources.values().filter(|one| is_function(one));
    functions.any(|function| {
        let own = function
            .properties
            .get("FunctionName")
            .map(|name| context.access().texts(name))
            .unwrap_or_default();
        own.iter().any(|own| {
            names
                .iter()
                .any(|name| name == own || name.ends_with(&format!(":{own}")) || !Access::is_known(own))
        })
    })
}

fn is_function(resource: &Resource) -> bool {
    matches!(resource.resource_type.as_str(), "AWS::Lambda::Function" | "AWS::Serverless::Function")
}

/// Returns the function that a value names: itself, or the one of an alias or a version.
fn function_of<'t>(context: &Context<'t>, value: &Value) -> Option<&'t str> {
    let (logical_id, resource) = context.access().led_to(value)?;
    match resource.resource_type.as_str() {
        _ if is_function(resource) => Some(logical_id),
        "AWS::Lambda::Alias" | "AWS::Lambda::Version" => {
            let parent = context.access().led_to(resource.properties.get("FunctionName")?)?;
            is_function(parent.1).then_some(parent.0)
        }
        _ => None,
    }
}

/// Returns the function whose ARN stands in a URI of API Gateway's.
fn function_in<'t>(context: &Context<'t>, uri: &Value) -> Option<&'t str> {
    if let Some(function) = function_of(context, uri) {
        return Some(function);
    }
    let text = uri.get("Fn::Sub")?;
    let text = text.as_str().or_else(|| text.get(0)?.as_str())?;
    let names = sub::variables(text);
    names.into_iter().find_map(|name| {
        let name = name.split('.').next()?;
        function_of(context, &serde_json::json!({"Ref": name}))
    })
}

fn is_principal(principals: &[String], service: &str) -> bool {
    let head = service.strip_suffix("amazonaws.com").unwrap_or(service);
    principals.is_empty()
        || principals.iter().any(|name| {
            !Access::is_known(name) && !name.ends_with(".amazonaws.com")
                || name == "*"
                || name.starts_with(head) && name.contains("amazonaws.com")
        })
}

fn is_source(permitted: &[String], sources: &[String]) -> bool {
    permitted.is_empty()
        || sources.is_empty()
        || permitted
            .iter()
            .any(|pattern| sources.iter().any(|source| Access::fit(pattern, source) != Fit::No))
}

/// Where a function is named, which one, the service that calls it, and from which ARNs.
type Found<'t> = (Vec<String>, Option<&'t str>, &'static str, Vec<String>);

/// Returns what calls a function in a resource.
fn calls<'t>(context: &Context<'t>, logical_id: &'t str, resource: &'t Resource) -> Vec<Call<'t>> {
    let access = context.access();
    let own = |attribute: &str| access.texts(&serde_json::json!({"Fn::GetAtt": [logical_id, attribute]}));
    let at = |steps: &[&str]| steps.iter().try_fold(&resource.properties, |value, step| value.get(step));
    let mut found: Vec<Found<'t>> = Vec::new();
    match resource.resource_type.as_str() {
        "AWS::Events::Rule" => {
            let is_default = at(&["EventBusName"]).is_none();
            let sources = if is_default { own("Arn") } else { Vec::new() };
            for (index, target) in
                at(&["Targets"]).and_then(Value::as_array).into_iter().flatten().enumerate()
            {
                let function = target.get("Arn").filter(|_| target.get("RoleArn").is_none());
                let function = function.and_then(|arn| function_of(context, arn));
                found.push((
                    properties(logical_id, &["Targets", &index.to_string(), "Arn"]),
                    function,
                    "events.amazonaws.com",
                    sources.clone(),
                ));
            }
        }
        "AWS::S3::Bucket" => {
            let configurations =
                at(&["NotificationConfiguration", "LambdaConfigurations"]).and_then(Value::as_array);
            for (index, configuration) in configurations.into_iter().flatten().enumerate() {
                let function =
                    configuration.get("Function").and_then(|function| function_of(context, function));
                let steps =
                    ["NotificationConfiguration", "LambdaConfigurations", &index.to_string(), "Function"];
                found.push((properties(logical_id, &steps), function, "s3.amazonaws.com", own("Arn")));
            }
        }
        "AWS::SNS::Subscription" if at(&["Protocol"]).is_some_and(|protocol| protocol == "lambda") => {
            let function = at(&["Endpoint"]).and_then(|function| function_of(context, function));
            let topic = at(&["TopicArn"]).map(|topic| access.texts(topic)).unwrap_or_default();
            found.push((properties(logical_id, &["Endpoint"]), function, "sns.amazonaws.com", topic));
        }
        "AWS::Logs::SubscriptionFilter" => {
            let function = at(&["DestinationArn"]).and_then(|function| function_of(context, function));
            found.push((
                properties(logical_id, &["DestinationArn"]),
                function,
                "logs.amazonaws.com",
                Vec::new(),
            ));
        }
        "AWS::ApiGatewayV2::Integration" if at(&["CredentialsArn"]).is_none() => {
            let function = at(&["IntegrationUri"]).and_then(|function| function_in(context, function));
            let sources = routes(context, logical_id, resource);
            found.push((
                properties(logical_id, &["IntegrationUri"]),
                function,
                "apigateway.amazonaws.com",
                sources,
            ));
        }
        "AWS::ApiGateway::Method" if at(&["Integration", "Credentials"]).is_none() => {
            let function = at(&["Integration", "Uri"]).and_then(|function| function_in(context, function));
            let api = at(&["RestApiId"]).map(|api| access.texts(api)).unwrap_or_default();
            let sources = api.iter().map(|api| format!("arn:aws:execute-api:*:*:{api}/*")).collect();
            found.push((
                properties(logical_id, &["Integration", "Uri"]),
                function,
                "apigateway.amazonaws.com",
                sources,
            ));
        }
        _ => {}
    }
    let here = found.into_iter().filter_map(|(path, function, service, sources)| {
        let function = function.filter(|function| !is_permitted_by_sam(context, function))?;
        Some(Call { by: logical_id, path, function, service, sources })
    });
    here.collect()
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
        let here = access.texts(&serde_json::json!({"Ref": integration}));
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
fn route_path(key: &str) -> String {
    let Some((method, path)) = key.split_once(' ') else { return "*".to_owned() };
    let method = if method == "ANY" { "*" } else { method };
    let parts = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
    format!("{method}{}", parts.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::route_path;
    use crate::lint::tests::findings;

    fn template(permission: &str) -> String {
        format!(
            "Resources:\n  F: {{Type: AWS::Lambda::Function}}\n  E: {{Type: AWS::Events::Rule, Properties: {{Targets: [{{Id: f, Arn: !GetAtt F.Arn}}]}}}}\n  O: {{Type: \
             AWS::Events::Rule}}\n  P:\n    Type: AWS::Lambda::Permission\n    Properties: {{Action: lambda:InvokeFunction, {permission}}}\n"
        )
    }

    #[test]
    fn trips_without_a_permission_of_the_right_service_and_source() {
        let service = findings("H1506", &template("FunctionName: !Ref F, Principal: s3.amazonaws.com"));
        assert!(service.len() == 1 && service[0].starts_with("7:"), "{service:?}");
        let source = findings(
            "H1506",
            &template("FunctionName: !Ref F, Principal: events.amazonaws.com, SourceArn: !GetAtt O.Arn"),
        );
        assert!(source.len() == 1 && source[0].starts_with("7:"), "{source:?}");
        let none = findings(
            "H1506",
            "Resources:\n  F: {Type: AWS::Lambda::Function}\n  B: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations: [{Event: e, Function: !GetAtt F.Arn}]}}}\n",
        );
        assert_eq!(none.len(), 1);
    }

    #[test]
    fn is_fine_with_a_permission_or_one_that_may_be() {
        for permission in [
            "FunctionName: !GetAtt F.Arn, Principal: events.amazonaws.com, SourceArn: !GetAtt E.Arn",
            "FunctionName: !Ref F, Principal: !Sub 'events.${AWS::URLSuffix}'",
            "FunctionName: !Ref F, Principal: events.amazonaws.com, SourceArn: !Sub 'arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/*'",
            "FunctionName: !Ref Other, Principal: events.amazonaws.com",
        ] {
            assert_eq!(findings("H1506", &template(permission)), [""; 0], "{permission}");
        }
    }

    #[test]
    fn tells_the_path_of_a_route() {
        assert_eq!(route_path("GET /orders/{id}"), "GET/orders/*");
        assert_eq!(route_path("$default"), "*");
    }
}
