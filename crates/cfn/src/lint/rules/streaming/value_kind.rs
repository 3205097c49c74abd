//! # H1501: where an ARN is wanted, no function gives a name
//!
//! ```yaml
//! Consumer: {Type: AWS::Kinesis::StreamConsumer, Properties: {ConsumerName: c, StreamARN: !Ref Stream}}
//! ```
//!
//! `Ref` gives a stream's name, a role's name or a queue's URL. `Fn::GetAtt` with `Arn` gives the ARN.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "H1501",
    level: Level::Error,
    summary: "where an ARN is wanted, no function gives a name",
    source: include_str!("value_kind.rs"),
    check,
};

/// Types of which `Ref` gives no ARN, with the attribute that does.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, "Return values" of each.
const BY_NAME: &[(&str, &str)] = &[
    ("AWS::DynamoDB::Table", "Arn"),
    ("AWS::IAM::Role", "Arn"),
    ("AWS::IAM::User", "Arn"),
    ("AWS::Kinesis::Stream", "Arn"),
    ("AWS::KinesisFirehose::DeliveryStream", "Arn"),
    ("AWS::Lambda::Function", "Arn"),
    ("AWS::Logs::LogGroup", "Arn"),
    ("AWS::S3::Bucket", "Arn"),
    ("AWS::SQS::Queue", "Arn"),
];

/// Attributes that are names or addresses, of any type.
const NAMES: &[&str] = &["QueueName", "QueueUrl", "RoleId", "TopicName"];

/// Properties that want an ARN without saying so in their names.
const WANTS_ARN: &[(&str, &str)] = &[
    ("AWS::CloudWatch::Alarm", "AlarmActions"),
    ("AWS::CloudWatch::Alarm", "InsufficientDataActions"),
    ("AWS::CloudWatch::Alarm", "OKActions"),
    ("AWS::Lambda::Function", "Role"),
    ("AWS::Serverless::Function", "Role"),
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let mut visit = Visit { context, findings, resource_type: &resource.resource_type };
        if !resource.resource_type.starts_with("AWS::") {
            continue;
        }
        let path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
        visit.value(&resource.properties, "", path);
    }
}

struct Visit<'v, 't> {
    context: &'v Context<'t>,
    findings: &'v mut Findings,
    resource_type: &'v str,
}

impl Visit<'_, '_> {
    fn value(&mut self, value: &Value, property: &str, path: Vec<String>) {
        let below = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>();
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(item, property, below(&index.to_string()));
                }
            }
            Value::Object(members) => {
                if self.wants_arn(property)
                    && let Some((what, help)) = self.given(value)
                {
                    let span = self.context.template.place(&path);
                    self.findings.add(
                        format!("`{property}` wants an ARN, and gets {what}"),
                        help,
                        span,
                        &path,
                    );
                    return;
                }
                for (name, member) in members {
                    match name.as_str() {
                        "Fn::If" => self.value(member, property, below(name)),
                        name if name.starts_with("Fn::") || name == "Ref" => {}
                        name => self.value(member, name, below(name)),
                    }
                }
            }
            _ => {}
        }
    }

    fn wants_arn(&self, property: &str) -> bool {
        WANTS_ARN.contains(&(self.resource_type, property))
            || ["Arn", "ARN", "Arns", "ARNs"].iter().any(|end| property.ends_with(end))
    }

    /// Returns what a function gives when that is surely no ARN.
    fn given(&self, value: &Value) -> Option<(String, Option<String>)> {
        let resource_type =
            |name: &str| self.context.template.resources.get(name).map(|one| one.resource_type.as_str());
        if let Some(name) = value.get("Ref").and_then(Value::as_str) {
            let found = resource_type(name)?;
            let (_, attribute) = BY_NAME.iter().find(|(by_name, _)| *by_name == found)?;
            let help = format!("write `!GetAtt {name}.{attribute}`");
            return Some((format!("what `Ref` gives of {found}, which is none"), Some(help)));
        }
        let parts = value.get("Fn::GetAtt")?.as_array()?;
        let [name, attribute] = parts.as_slice() else { return None };
        let (name, attribute) = (name.as_str()?, attribute.as_str()?);
        resource_type(name)?;
        NAMES.contains(&attribute).then(|| (format!("`{attribute}` of `{name}`, which is none"), None))
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_names_where_arns_are_wanted() {
        let template = "Resources:\n  S: {Type: AWS::Kinesis::Stream}\n  C: {Type: AWS::Kinesis::StreamConsumer, Properties: {ConsumerName: c, \
                        StreamARN: !Ref S}}\n  T: {Type: AWS::SNS::Topic}\n  A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!GetAtt \
                        T.TopicName]}}\n";
        assert_eq!(findings("H1501", template).len(), 2);
    }

    #[test]
    fn is_fine_with_arns_and_with_references_that_are_arns() {
        let template = "Resources:\n  S: {Type: AWS::Kinesis::Stream}\n  C: {Type: AWS::Kinesis::StreamConsumer, Properties: {ConsumerName: !Ref S, \
                        StreamARN: !GetAtt S.Arn}}\n  T: {Type: AWS::SNS::Topic}\n  A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!Ref \
                        T]}}\n";
        assert_eq!(findings("H1501", template), [""; 0]);
    }
}
