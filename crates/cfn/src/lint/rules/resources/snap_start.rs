//! # W2530: a function with SnapStart has a version
//!
//! ```yaml
//! Function: {Type: AWS::Lambda::Function, Properties: {SnapStart: {ApplyOn: PublishedVersions}, …}}
//! ```
//!
//! SnapStart works for published versions alone, see
//! [Lambda SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html). Add an `AWS::Lambda::Version` of the function;
//! in a SAM template give the function an `AutoPublishAlias`.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "W2530",
    level: Level::Warning,
    summary: "a function with SnapStart has a version",
    source: include_str!("snap_start.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let properties = &resource.properties;
        if properties.pointer("/SnapStart/ApplyOn").and_then(Value::as_str) != Some("PublishedVersions") {
            continue;
        }
        let help = match resource.resource_type.as_str() {
            "AWS::Lambda::Function" if !has_version(context, logical_id) => "add an `AWS::Lambda::Version`",
            "AWS::Serverless::Function" if !publishes(context, properties) => {
                "give the function an `AutoPublishAlias`"
            }
            _ => continue,
        };
        let path = ["Resources", logical_id, "Properties", "SnapStart", "ApplyOn"];
        let message =
            format!("nothing publishes a version of `{logical_id}`, so that SnapStart does nothing");
        findings.add(message, Some(help.to_owned()), context.template.place(&path), &path);
    }
}

/// Says whether a version names the function.
fn has_version(context: &Context<'_>, logical_id: &str) -> bool {
    context.references.iter().any(|reference| {
        let from = reference.from.logical_id().and_then(|from| context.template.resources.get(from));
        reference.to == logical_id && from.is_some_and(|from| from.resource_type == "AWS::Lambda::Version")
    })
}

fn publishes(context: &Context<'_>, properties: &Value) -> bool {
    let globals = context.template.body.pointer("/Globals/Function/AutoPublishAlias");
    properties.get("AutoPublishAlias").or(globals).is_some()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    const FUNCTION: &str = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {SnapStart: {ApplyOn: PublishedVersions}}\n";

    #[test]
    fn trips_without_a_version() {
        assert_eq!(findings("W2530", FUNCTION).len(), 1);
    }

    #[test]
    fn is_fine_with_a_version_or_an_alias() {
        let version =
            format!("{FUNCTION}  V: {{Type: AWS::Lambda::Version, Properties: {{FunctionName: !Ref F}}}}\n");
        assert_eq!(findings("W2530", &version), [""; 0]);
        let alias = FUNCTION
            .replace("Lambda", "Serverless")
            .replace("{SnapStart", "{AutoPublishAlias: live, SnapStart");
        assert_eq!(findings("W2530", &format!("Transform: AWS::Serverless-2016-10-31\n{alias}")), [""; 0]);
    }
}
