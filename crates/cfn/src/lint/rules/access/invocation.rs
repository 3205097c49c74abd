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

use super::calls::{Call, calls};
use super::properties;

pub(super) const RULE: Rule = Rule {
    id: "H1506",
    level: Level::Warning,
    summary: "what calls a function is permitted to",
    source: include_str!("invocation.rs"),
    check,
};

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
pub(super) fn function_of<'t>(context: &Context<'t>, value: &Value) -> Option<&'t str> {
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
pub(super) fn function_in<'t>(context: &Context<'t>, uri: &Value) -> Option<&'t str> {
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

#[cfg(test)]
mod tests {
    use crate::lint::rules::access::calls::route_path;
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
