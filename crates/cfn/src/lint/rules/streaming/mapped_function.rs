//! # H1502: an event source mapping names a function
//!
//! ```yaml
//! Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref FunctionRole}}
//! ```
//!
//! A function, a version or an alias can be invoked; any other resource cannot. The same holds for a permission.
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "H1502",
    level: Level::Error,
    summary: "an event source mapping names a function",
    source: include_str!("mapped_function.rs"),
    check,
};

const INVOKED: &[&str] =
    &["AWS::Lambda::Alias", "AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Serverless::Function"];

fn check(context: &Context<'_>, findings: &mut Findings) {
    let resources = &context.template.resources;
    for (logical_id, resource) in resources {
        if !matches!(
            resource.resource_type.as_str(),
            "AWS::Lambda::EventSourceMapping" | "AWS::Lambda::Permission"
        ) {
            continue;
        }
        let Some(value) = resource.properties.get("FunctionName") else { continue };
        let name = value.get("Ref").or_else(|| value.get("Fn::GetAtt")?.get(0)).and_then(Value::as_str);
        let Some((name, target)) = name.and_then(|name| resources.get_key_value(name)) else { continue };
        // The outputs of a stack or of a resource of one's own may be anything.
        let of_lambda = INVOKED.contains(&target.resource_type.as_str());
        let is_open = !target.resource_type.starts_with("AWS::")
            || target.resource_type.starts_with("AWS::CloudFormation::");
        if !of_lambda && !is_open {
            let path = ["Resources", logical_id, "Properties", "FunctionName"];
            let message = format!("`{name}` is no function but of the type {}", target.resource_type);
            findings.add(message, None, context.template.place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_role_as_the_function() {
        let template = "Resources:\n  R: {Type: AWS::IAM::Role}\n  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref R}}\n";
        assert_eq!(findings("H1502", template).len(), 1);
    }

    #[test]
    fn is_fine_with_functions_and_aliases() {
        let template = "Resources:\n  F: {Type: AWS::Lambda::Function}\n  A: {Type: AWS::Lambda::Alias}\n  M: {Type: \
                        AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !GetAtt F.Arn}}\n  P: {Type: \
                        AWS::Lambda::Permission, Properties: {FunctionName: !Ref A}}\n";
        assert_eq!(findings("H1502", template), [""; 0]);
    }
}
