//! What `Ref` and `Fn::GetAtt` give of a resource: its name, its ARN or something else.

use super::symbols::{at_depth, generated, opaque};
use crate::template::Template;

/// What `Ref` gives of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    Arn,
    Id,
    Name,
    Url,
}

/// How resources of a type are named.
struct Naming {
    resource_type: &'static str,
    reference: Gives,
    /// The property that names it; AWS makes a name up where it is not given.
    name: &'static str,
    /// The ARN, with `{}` in the name's place and `@` in that of region and account.
    arn: &'static str,
}

const fn naming(
    resource_type: &'static str,
    reference: Gives,
    name: &'static str,
    arn: &'static str,
) -> Naming {
    Naming { resource_type, reference, name, arn }
}

/// "Return values" of each type in <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, and the ARNs of
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/>.
#[rustfmt::skip]
const NAMINGS: &[Naming] = &[
    naming("AWS::ApiGateway::RestApi", Gives::Id, "", "arn:aws:apigateway:@::/restapis/{}"),
    naming("AWS::ApiGatewayV2::Api", Gives::Id, "", "arn:aws:apigateway:@::/apis/{}"),
    naming("AWS::DynamoDB::GlobalTable", Gives::Name, "TableName", "arn:aws:dynamodb:@:table/{}"),
    naming("AWS::DynamoDB::Table", Gives::Name, "TableName", "arn:aws:dynamodb:@:table/{}"),
    naming("AWS::Events::EventBus", Gives::Name, "Name", "arn:aws:events:@:event-bus/{}"),
    naming("AWS::Events::Rule", Gives::Name, "Name", "arn:aws:events:@:rule/{}"),
    naming("AWS::IAM::Group", Gives::Name, "GroupName", ""),
    naming("AWS::IAM::InstanceProfile", Gives::Name, "InstanceProfileName", ""),
    naming("AWS::IAM::ManagedPolicy", Gives::Arn, "ManagedPolicyName", ""),
    naming("AWS::IAM::Role", Gives::Name, "RoleName", ""),
    naming("AWS::IAM::User", Gives::Name, "UserName", ""),
    naming("AWS::KMS::Key", Gives::Id, "", "arn:aws:kms:@:key/{}"),
    naming("AWS::Kinesis::Stream", Gives::Name, "Name", "arn:aws:kinesis:@:stream/{}"),
    naming("AWS::Kinesis::StreamConsumer", Gives::Arn, "", ""),
    naming("AWS::KinesisFirehose::DeliveryStream", Gives::Name, "DeliveryStreamName", "arn:aws:firehose:@:deliverystream/{}"),
    naming("AWS::Lambda::Alias", Gives::Arn, "", ""),
    naming("AWS::Lambda::Function", Gives::Name, "FunctionName", "arn:aws:lambda:@:function:{}"),
    naming("AWS::Lambda::LayerVersion", Gives::Arn, "", ""),
    naming("AWS::Lambda::Version", Gives::Arn, "", ""),
    naming("AWS::Logs::LogGroup", Gives::Name, "LogGroupName", "arn:aws:logs:@:log-group:{}:*"),
    naming("AWS::Logs::LogStream", Gives::Name, "LogStreamName", ""),
    naming("AWS::S3::Bucket", Gives::Name, "BucketName", "arn:aws:s3:::{}"),
    naming("AWS::SNS::Topic", Gives::Arn, "TopicName", "arn:aws:sns:@:{}"),
    naming("AWS::SQS::Queue", Gives::Url, "QueueName", "arn:aws:sqs:@:{}"),
    naming("AWS::SecretsManager::Secret", Gives::Arn, "", ""),
    naming("AWS::Serverless::Function", Gives::Name, "FunctionName", "arn:aws:lambda:@:function:{}"),
    naming("AWS::StepFunctions::StateMachine", Gives::Arn, "StateMachineName", "arn:aws:states:@:stateMachine:{}"),
    naming("AWS::CloudWatch::Alarm", Gives::Name, "AlarmName", "arn:aws:cloudwatch:@:alarm:{}"),
    naming("AWS::Glue::Database", Gives::Name, "", ""),
    naming("AWS::Glue::Table", Gives::Name, "", ""),
    naming("AWS::ECS::Cluster", Gives::Name, "ClusterName", "arn:aws:ecs:@:cluster/{}"),
    naming("AWS::ECS::TaskDefinition", Gives::Arn, "", ""),
    naming("AWS::CloudWatch::CompositeAlarm", Gives::Name, "AlarmName", "arn:aws:cloudwatch:@:alarm:{}"),
    naming("AWS::MSK::Cluster", Gives::Arn, "", ""),
    naming("AWS::ECR::Repository", Gives::Name, "RepositoryName", "arn:aws:ecr:@:repository/{}"),
];

fn naming_of(resource_type: &str) -> Option<&'static Naming> {
    NAMINGS.iter().find(|naming| naming.resource_type == resource_type)
}

/// Returns what `Ref` gives of a type, where that is known.
pub fn reference_gives(resource_type: &str) -> Option<Gives> {
    naming_of(resource_type).map(|naming| naming.reference)
}

/// Returns the texts that `Ref` gives of a resource.
pub(super) fn reference(template: &Template, logical_id: &str, depth: usize) -> Vec<String> {
    let unknown = || vec![opaque(logical_id)];
    let Some(resource) = template.resources.get(logical_id) else { return unknown() };
    match naming_of(&resource.resource_type) {
        Some(Naming { reference: Gives::Name, .. }) => names(template, logical_id, depth),
        Some(Naming { reference: Gives::Arn, arn, .. }) if !arn.is_empty() => {
            arns(template, logical_id, depth)
        }
        Some(Naming { reference: Gives::Arn, .. }) => below_parent(template, logical_id, depth),
        Some(Naming { reference: Gives::Id, .. }) => vec![generated(logical_id)],
        _ => unknown(),
    }
}

/// Returns the texts that an attribute of a resource gives.
pub(super) fn attribute(template: &Template, logical_id: &str, attribute: &str, depth: usize) -> Vec<String> {
    let unknown = || vec![opaque(&format!("{logical_id}.{attribute}"))];
    let Some(resource) = template.resources.get(logical_id) else { return unknown() };
    match (resource.resource_type.as_str(), attribute) {
        ("AWS::SNS::Topic", "TopicArn") => arns(template, logical_id, depth),
        ("AWS::SNS::Topic", "TopicName") | ("AWS::SQS::Queue", "QueueName") => {
            names(template, logical_id, depth)
        }
        ("AWS::DynamoDB::Table", "StreamArn") => {
            let stream = generated(&format!("{logical_id}.StreamArn"));
            arns(template, logical_id, depth).iter().map(|arn| format!("{arn}/stream/{stream}")).collect()
        }
        ("AWS::Kinesis::StreamConsumer", "ConsumerARN") => below_parent(template, logical_id, depth),
        (_, "Arn") => match naming_of(&resource.resource_type) {
            Some(Naming { arn, .. }) if !arn.is_empty() => arns(template, logical_id, depth),
            _ if resource.resource_type == "AWS::IAM::Role" => roles(template, logical_id, depth),
            _ => unknown(),
        },
        _ => unknown(),
    }
}

/// Returns the names that a resource may have.
pub(super) fn names(template: &Template, logical_id: &str, depth: usize) -> Vec<String> {
    let resource = template.resources.get(logical_id);
    let naming = resource.and_then(|resource| naming_of(&resource.resource_type));
    let given = resource
        .zip(naming)
        .and_then(|(resource, naming)| resource.properties.get(naming.name))
        .map(|value| at_depth(template, value, depth + 1));
    match given {
        Some(names) if !names.is_empty() => names,
        _ => vec![generated(logical_id)],
    }
}

/// Returns the ARNs that a resource may have.
pub(super) fn arns(template: &Template, logical_id: &str, depth: usize) -> Vec<String> {
    let resource = template.resources.get(logical_id);
    let Some(naming) = resource.and_then(|resource| naming_of(&resource.resource_type)) else {
        return vec![opaque(logical_id)];
    };
    let place = format!("{}:{}", opaque("AWS::Region"), opaque("AWS::AccountId"));
    let form = naming.arn.replace('@', &place);
    names(template, logical_id, depth).iter().map(|name| form.replace("{}", name)).collect()
}

/// Returns the ARNs of what belongs to another resource: a consumer of a stream, an alias or a version of a function.
fn below_parent(template: &Template, logical_id: &str, depth: usize) -> Vec<String> {
    let Some(resource) = template.resources.get(logical_id) else { return vec![opaque(logical_id)] };
    let (parent, between) = match resource.resource_type.as_str() {
        "AWS::Kinesis::StreamConsumer" => ("StreamARN", "/consumer/"),
        "AWS::Lambda::Alias" | "AWS::Lambda::Version" => ("FunctionName", ":"),
        _ => return vec![opaque(logical_id)],
    };
    let Some(parent) = resource.properties.get(parent) else { return vec![opaque(logical_id)] };
    let of_parent = at_depth(template, parent, depth + 1);
    of_parent
        .iter()
        .map(|parent| format!("{}{between}{}", function_arn(parent), generated(logical_id)))
        .collect()
}

/// Returns the ARN of a function that is given by its name or its ARN.
pub(super) fn function_arn(given: &str) -> String {
    let is_opaque = given.starts_with(super::symbols::OPAQUE) && given.ends_with(super::symbols::END);
    if given.contains(':') || is_opaque {
        return given.to_owned();
    }
    let place = format!("{}:{}", opaque("AWS::Region"), opaque("AWS::AccountId"));
    format!("arn:aws:lambda:{place}:function:{given}")
}

fn roles(template: &Template, logical_id: &str, depth: usize) -> Vec<String> {
    let path = template.resources.get(logical_id).and_then(|role| role.properties.get("Path"));
    let path = path.map_or_else(|| vec!["/".to_owned()], |path| at_depth(template, path, depth + 1));
    let account = opaque("AWS::AccountId");
    let names = names(template, logical_id, depth);
    let each = path.iter().flat_map(|path| {
        let account = &account;
        names.iter().map(move |name| format!("arn:aws:iam::{account}:role{path}{name}"))
    });
    each.collect()
}
