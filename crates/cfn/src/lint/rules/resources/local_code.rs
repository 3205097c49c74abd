//! # W3002: code lies in S3, or somebody packages it first
//!
//! ```yaml
//! F: {Type: AWS::Lambda::Function, Properties: {Code: ./src, Handler: h.h, Runtime: python3.13, Role: !GetAtt R.Arn}}
//! ```
//!
//! CloudFormation reads no local files. `aws cloudformation package` uploads them and puts the place in S3 here; without it the
//! template is refused. Give the place in S3, or package the template before it is deployed.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "W3002",
    level: Level::Warning,
    summary: "code lies in S3, or somebody packages it first",
    source: include_str!("local_code.rs"),
    check,
};

/// The properties that `aws cloudformation package` fills.
/// <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html>
const PACKAGED: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::RestApi", &["BodyS3Location"]),
    ("AWS::AppSync::GraphQLSchema", &["DefinitionS3Location"]),
    ("AWS::AppSync::Resolver", &["RequestMappingTemplateS3Location"]),
    ("AWS::AppSync::Resolver", &["ResponseMappingTemplateS3Location"]),
    ("AWS::CloudFormation::Stack", &["TemplateURL"]),
    ("AWS::ElasticBeanstalk::ApplicationVersion", &["SourceBundle"]),
    ("AWS::Glue::Job", &["Command", "ScriptLocation"]),
    ("AWS::Lambda::Function", &["Code"]),
    ("AWS::Lambda::LayerVersion", &["Content"]),
    ("AWS::StepFunctions::StateMachine", &["DefinitionS3Location"]),
];

/// Says whether a local file may stand at a property until the template is packaged.
pub(in crate::lint) fn may_be_local(resource_type: &str, path: &[String]) -> bool {
    PACKAGED.iter().any(|(name, steps)| *name == resource_type && path == *steps)
}

fn check(context: &Context<'_>, findings: &mut Findings) {
    if context.template.has_transform("AWS::Serverless-2016-10-31") {
        return;
    }
    for (logical_id, resource) in &context.template.resources {
        for (_, steps) in PACKAGED.iter().filter(|(name, _)| *name == resource.resource_type) {
            let value = steps.iter().try_fold(&resource.properties, |value, step| value.get(step));
            let Some(text) = value.and_then(Value::as_str) else { continue };
            if !text.starts_with("s3://") && !text.starts_with("https://") {
                let mut path = vec!["Resources", logical_id, "Properties"];
                path.extend(*steps);
                let message = format!("`{text}` is a local file, which only packaging puts into S3");
                findings.add(message, None, context.template.place(&path), &path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_local_folder() {
        let template = "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Role: 'arn:aws:iam::123456789012:role/r', Code: ./src}}}";
        assert_eq!(findings("W3002", template).len(), 1);
        assert_eq!(findings("E3012", template), [""; 0]);
    }

    #[test]
    fn is_fine_with_a_place_in_s3() {
        let template = "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://b.s3.amazonaws.com/t'}}}";
        assert_eq!(findings("W3002", template), [""; 0]);
    }
}
