//! # W2530: a function that starts from a snapshot has a version
//!
//! ```yaml
//! F: {Type: AWS::Lambda::Function, Properties: {SnapStart: {ApplyOn: PublishedVersions}, Runtime: java21, Handler: h, Role: !GetAtt R.Arn, Code: {S3Bucket: b, S3Key: k}}}
//! ```
//!
//! AWS Lambda takes snapshots of published versions only: without an AWS::Lambda::Version of the function, or `AutoPublishAlias`
//! of a serverless one, nothing starts faster.

use crate::lint::globals::{self, SERVERLESS};
use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "W2530",
    level: Level::Warning,
    summary: "a function that starts from a snapshot has a version",
    source: include_str!("snap_start.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let is_serverless = match resource.resource_type.as_str() {
            "AWS::Lambda::Function" => false,
            "AWS::Serverless::Function" if context.template.has_transform(SERVERLESS) => true,
            _ => continue,
        };
        let properties = globals::properties(context.template, logical_id, resource);
        let apply_on = properties.pointer("/SnapStart/ApplyOn").and_then(Value::as_str);
        if apply_on != Some("PublishedVersions") {
            continue;
        }
        let has_version = match is_serverless {
            true => properties.get("AutoPublishAlias").is_some(),
            false => has_version(context, logical_id),
        };
        if !has_version {
            let path = ["SnapStart", "ApplyOn"].map(str::to_owned);
            let path = globals::origin(context.template, logical_id, &path);
            let missing = if is_serverless { "`AutoPublishAlias`" } else { "an AWS::Lambda::Version" };
            let message =
                format!("`SnapStart` works on published versions, and `{logical_id}` lacks {missing}");
            findings.add(message, None, context.template.place(&path), &path);
        }
    }
}

fn has_version(context: &Context<'_>, function: &str) -> bool {
    context.references.iter().filter(|reference| reference.to == function).any(|reference| {
        let from = reference.from.logical_id().and_then(|from| context.template.resources.get(from));
        from.is_some_and(|from| from.resource_type == "AWS::Lambda::Version")
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(version: &str) -> String {
        format!(
            "Resources:\n  F: {{Type: AWS::Lambda::Function, Properties: {{SnapStart: {{ApplyOn: PublishedVersions}}}}}}\n  V: {{Type: \
             AWS::Lambda::{version}, Properties: {{FunctionName: !Ref F}}}}\n"
        )
    }

    #[test]
    fn trips_without_a_version() {
        assert_eq!(findings("W2530", &template("Url")).len(), 1);
    }

    #[test]
    fn is_fine_with_one() {
        assert_eq!(findings("W2530", &template("Version")), [""; 0]);
    }
}
