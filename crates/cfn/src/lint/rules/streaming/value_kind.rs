//! # H1501: where an ARN is wanted, no function gives a name
//!
//! ```yaml
//! Consumer: {Type: AWS::Kinesis::StreamConsumer, Properties: {ConsumerName: c, StreamARN: !Ref Stream}}
//! ```
//!
//! `Ref` gives a stream's name, a role's name or a queue's URL. `Fn::GetAtt` with `Arn` gives the ARN. In a policy, `Resource`
//! wants ARNs too: IAM refuses "must be in ARN format or *".
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, "Return values" of each type

use super::wanted::{Wanted, is_open, wanted};
use crate::access::{Access, Gives, reference_gives};
use crate::lint::{Context, Findings, Level, Rule};
use crate::schema;
use crate::template::PSEUDO_PARAMETERS;
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "H1501",
    level: Level::Error,
    summary: "where an ARN is wanted, no function gives a name",
    source: include_str!("value_kind.rs"),
    check,
};

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
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

/// What a value is, as far as its text tells.
struct Given {
    /// In words, such as "the name of `Stream`".
    words: String,
    kind: Gives,
    /// The service of an ARN.
    service: Option<String>,
    /// The resource and its type.
    resource: Option<(String, String)>,
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
                self.judge(value, property, &path);
                for (name, member) in members {
                    match name.as_str() {
                        "Fn::If" => self.value(member, property, below(name)),
                        name if name.starts_with("Fn::") || name == "Ref" => {}
                        "Statement" => self.statements(member, below(name)),
                        name if is_open(name) => self.open(member, below(name)),
                        "ParameterValue" => {
                            let of_function =
                                members.get("ParameterName").is_some_and(|name| name == "LambdaArn");
                            let property = if of_function { "LambdaArn" } else { name };
                            self.value(member, property, below(name));
                        }
                        "Endpoint" => {
                            let protocol = members.get("Protocol").and_then(Value::as_str);
                            let wants = matches!(protocol, Some("firehose" | "lambda" | "sqs"));
                            self.value(member, if wants { "EndpointArn" } else { name }, below(name));
                        }
                        name => self.value(member, name, below(name)),
                    }
                }
            }
            Value::String(_) if self.findings.rule == "H1510" => self.judge(value, property, &path),
            _ => {}
        }
    }

    /// Looks at the statements in what is the author's own otherwise.
    fn open(&mut self, value: &Value, path: Vec<String>) {
        if let Some(statements) = value.get("Statement") {
            let path = path.into_iter().chain(["Statement".to_owned()]).collect();
            self.statements(statements, path);
        }
    }

    fn statements(&mut self, statements: &Value, path: Vec<String>) {
        let (items, is_list) = match statements {
            Value::Array(items) => (items.as_slice(), true),
            one => (std::slice::from_ref(one), false),
        };
        for (index, item) in items.iter().enumerate() {
            let mut path = path.clone();
            if is_list {
                path.push(index.to_string());
            }
            for name in ["Resource", "NotResource"] {
                if let Some(resources) = item.get(name) {
                    let path = path.iter().cloned().chain([name.to_owned()]).collect();
                    self.value(resources, "ResourceArn", path);
                }
            }
        }
    }

    fn judge(&mut self, value: &Value, property: &str, path: &[String]) {
        let Some((wanted, is_listed)) = wanted(self.resource_type, property) else { return };
        let Some(given) = self.given(value, is_listed) else { return };
        let shown =
            path.iter().rev().find(|step| !step.starts_with("Fn::") && step.parse::<usize>().is_err());
        let shown = shown.map(String::as_str).unwrap_or(property);
        let told = match (self.findings.rule, wanted) {
            // A URI may be any address, but no name of a resource.
            ("H1501", Wanted::Arn(_)) if property == "IntegrationUri" && given.resource.is_none() => None,
            ("H1501", Wanted::Arn(_)) if given.kind != Gives::Arn => Some(("an ARN", arn_of(&given))),
            ("H1510", Wanted::Name(_)) if matches!(given.kind, Gives::Arn | Gives::Url) => {
                Some(("a name", name_of(&given)))
            }
            ("H1510", Wanted::Id(_)) if matches!(given.kind, Gives::Arn | Gives::Url) => {
                Some(("an id", name_of(&given)))
            }
            ("H1510", Wanted::Url) if given.kind != Gives::Url => Some(("a URL", name_of(&given))),
            // A mapping reads the table's stream.
            ("H1511", _)
                if property == "EventSourceArn"
                    && given.words.starts_with("`Arn` of")
                    && given.service.as_deref() == Some("dynamodb") =>
            {
                Some(("the ARN of a table's stream", Some("write `StreamArn` for `Arn`".to_owned())))
            }
            ("H1511", Wanted::Arn(services)) => {
                let other = given.service.as_deref().filter(|_| given.kind == Gives::Arn);
                other
                    .filter(|service| !services.is_empty() && !services.contains(service))
                    .map(|_| ("another kind of ARN", None))
            }
            ("H1511", Wanted::Name(kind) | Wanted::Id(kind)) if given.kind != Gives::Arn => {
                let other = given.resource.as_ref().filter(|(_, resource_type)| resource_type != kind);
                other.map(|_| ("another resource", Some(format!("it is of the type {kind}"))))
            }
            _ => None,
        };
        if let Some((what, help)) = told {
            let message = format!("`{shown}` wants {what}, and gets {}", given.words);
            self.findings.add(message, help, self.context.template.place(path), path);
        }
    }

    /// Returns what a value is, where that is sure.
    fn given(&self, value: &Value, is_listed: bool) -> Option<Given> {
        let resources = &self.context.template.resources;
        let of = |name: &str| {
            resources.get_key_value(name).map(|(name, one)| (name.clone(), one.resource_type.clone()))
        };
        if let Some(name) = value.get("Ref").and_then(Value::as_str) {
            if matches!(name, "AWS::StackName" | "AWS::AccountId" | "AWS::Region") && is_listed {
                return Some(Given {
                    words: format!("`{name}`"),
                    kind: Gives::Name,
                    service: None,
                    resource: None,
                });
            }
            let (name, resource_type) =
                of(name).filter(|(name, _)| !PSEUDO_PARAMETERS.contains(&name.as_str()))?;
            let kind = reference_kind(&resource_type)?;
            let words = format!("{} `{name}`, which is what `Ref` gives of {resource_type}", word(kind));
            let service = self.service(value);
            return Some(Given { words, kind, service, resource: Some((name, resource_type)) });
        }
        if let Some(parts) = value.get("Fn::GetAtt") {
            let [name, attribute] = parts.as_array()?.as_slice() else { return None };
            let (name, resource_type) = of(name.as_str()?)?;
            let attribute = attribute.as_str()?;
            let kind = attribute_kind(attribute)?;
            if !is_aws(&resource_type) {
                return None;
            }
            let words = format!("`{attribute}` of `{name}`, which is {}", word(kind).trim_end_matches(" of"));
            let service = self.service(value);
            let resource = Some((name, resource_type)).filter(|_| kind != Gives::Arn);
            return Some(Given { words, kind, service, resource });
        }
        // What a text begins with tells its kind.
        let [text] = &self.context.access().texts(value)[..] else { return None };
        let begin: String = text.chars().take_while(|one| one.is_ascii()).collect();
        let kind = match begin.as_str() {
            begin if begin.starts_with("arn:") => Gives::Arn,
            begin if begin.starts_with("https://") => Gives::Url,
            begin if is_listed && begin.len() > 4 && value.is_object() && !begin.contains("{{") => {
                Gives::Name
            }
            _ => return None,
        };
        let service = self.service(value);
        Some(Given { words: format!("`{}`", Access::shown(text)), kind, service, resource: None })
    }

    /// Returns the service of an ARN.
    fn service(&self, value: &Value) -> Option<String> {
        let [text] = &self.context.access().texts(value)[..] else { return None };
        let service = text.strip_prefix("arn:")?.split(':').nth(1)?;
        (Access::is_known(service) && !service.is_empty()).then(|| service.to_owned())
    }
}

fn is_aws(resource_type: &str) -> bool {
    resource_type.starts_with("AWS::") && !resource_type.starts_with("AWS::CloudFormation::")
}

/// Returns what `Ref` gives, as the list of namings or the type's only identifier tells.
fn reference_kind(resource_type: &str) -> Option<Gives> {
    if let Some(known) = reference_gives(resource_type) {
        return Some(known);
    }
    let identifiers: Vec<String> =
        schema::of(resource_type)?.primary_identifier().map(schema::PropertyPointer::dotted).collect();
    let [identifier] = identifiers.as_slice() else { return None };
    // Not all types give their identifier; those that are an ARN do.
    attribute_kind(identifier).filter(|kind| *kind == Gives::Arn)
}

fn attribute_kind(attribute: &str) -> Option<Gives> {
    let ends = |end: &str| attribute.ends_with(end) && !attribute.contains('.');
    if ends("Arn") || ends("ARN") {
        return Some(Gives::Arn);
    }
    match attribute {
        "QueueName" | "TopicName" | "DomainName" => Some(Gives::Name),
        "ApiEndpoint" | "QueueUrl" => Some(Gives::Url),
        "RoleId" | "ApiId" | "RestApiId" => Some(Gives::Id),
        _ => None,
    }
}

fn word(kind: Gives) -> &'static str {
    match kind {
        Gives::Arn => "the ARN of",
        Gives::Id => "the id of",
        Gives::Name => "the name of",
        Gives::Url => "the URL of",
    }
}

fn arn_of(given: &Given) -> Option<String> {
    let (name, resource_type) = given.resource.as_ref()?;
    let mut attributes: Vec<String> =
        schema::of(resource_type)?.attributes().map(schema::PropertyPointer::dotted).collect();
    attributes.retain(|attribute| attribute_kind(attribute) == Some(Gives::Arn));
    let best = attributes.iter().find(|attribute| *attribute == "Arn").or(attributes.first())?;
    Some(format!("write `!GetAtt {name}.{best}`"))
}

fn name_of(given: &Given) -> Option<String> {
    let (name, resource_type) = given.resource.as_ref()?;
    reference_gives(resource_type).filter(|kind| *kind != Gives::Arn).map(|_| format!("write `!Ref {name}`"))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(rest: &str) -> String {
        format!(
            "Resources:\n  S: {{Type: AWS::Kinesis::Stream}}\n  T: {{Type: AWS::SNS::Topic}}\n  Q: {{Type: AWS::SQS::Queue}}\n  B: {{Type: AWS::S3::Bucket}}\n  G: {{Type: \
             AWS::Logs::LogGroup}}\n  R: {{Type: AWS::IAM::Role}}\n  F: {{Type: AWS::Lambda::Function}}\n  X: {rest}\n"
        )
    }

    #[test]
    fn trips_on_names_where_arns_are_wanted() {
        for rest in [
            "{Type: AWS::Kinesis::StreamConsumer, Properties: {StreamARN: !Ref S}}",
            "{Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!GetAtt T.TopicName]}}",
            "{Type: AWS::Lambda::EventSourceMapping, Properties: {DestinationConfig: {OnFailure: {Destination: !Ref Q}}}}",
            "{Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: !Ref B}]}}}",
            "{Type: AWS::Events::Rule, Properties: {Targets: [{Id: a, Arn: !Ref F}]}}",
            "{Type: AWS::SNS::Subscription, Properties: {Protocol: sqs, Endpoint: !Ref Q}}",
            "{Type: AWS::Lambda::Function, Properties: {Role: !Sub 'role/${R}'}}",
            "{Type: AWS::KinesisFirehose::DeliveryStream, Properties: {ExtendedS3DestinationConfiguration: {ProcessingConfiguration: {Processors: [{Type: Lambda, \
             Parameters: [{ParameterName: LambdaArn, ParameterValue: !Ref F}]}]}}}}",
        ] {
            assert_eq!(findings("H1501", &template(rest)).len(), 1, "{rest}");
        }
    }

    #[test]
    fn trips_on_arns_where_names_and_urls_are_wanted() {
        for rest in [
            "{Type: AWS::S3::BucketPolicy, Properties: {Bucket: !GetAtt B.Arn}}",
            "{Type: AWS::IAM::Policy, Properties: {Roles: [!GetAtt R.Arn]}}",
            "{Type: AWS::Logs::LogStream, Properties: {LogGroupName: !GetAtt G.Arn}}",
            "{Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!GetAtt Q.Arn]}}",
            "{Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Sub 'arn:aws:s3:::${B}'}}",
        ] {
            assert_eq!(findings("H1510", &template(rest)).len(), 1, "{rest}");
        }
    }

    #[test]
    fn trips_on_another_kind_of_resource() {
        for rest in [
            "{Type: AWS::Lambda::EventSourceMapping, Properties: {EventSourceArn: !Ref T}}",
            "{Type: AWS::KinesisFirehose::DeliveryStream, Properties: {S3DestinationConfiguration: {BucketARN: !GetAtt S.Arn}}}",
            "{Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref B}}",
        ] {
            assert_eq!(findings("H1511", &template(rest)).len(), 1, "{rest}");
        }
    }

    #[test]
    fn is_fine_with_arns_and_with_references_that_are_arns() {
        for rest in [
            "{Type: AWS::Kinesis::StreamConsumer, Properties: {ConsumerName: !Ref S, StreamARN: !GetAtt S.Arn}}",
            "{Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!Ref T]}}",
            "{Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {BUCKET_ARN: !Ref B}}, Role: !Sub '${R.Arn}'}}",
            "{Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q], PolicyDocument: {Statement: [{Resource: !GetAtt Q.Arn}]}}}",
            "{Type: AWS::Lambda::EventSourceMapping, Properties: {EventSourceArn: !ImportValue x, FunctionName: !GetAtt F.Arn}}",
            "{Type: AWS::SNS::Subscription, Properties: {Protocol: https, Endpoint: !Sub 'https://${AWS::Region}'}}",
        ] {
            for rule in ["H1501", "H1510", "H1511"] {
                assert_eq!(findings(rule, &template(rest)), [""; 0], "{rule} {rest}");
            }
        }
    }
}
