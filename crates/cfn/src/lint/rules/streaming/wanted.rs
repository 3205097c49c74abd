//! What properties want of another resource: its ARN, its name, its URL or its id.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/> describes each; a property that is not in the list
//! wants an ARN when its name ends so.

/// What a property wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// An ARN of one of these services; of any when there are none.
    Arn(&'static [&'static str]),
    /// The name of a resource of this type.
    Name(&'static str),
    Url,
    /// The id of a resource of this type.
    Id(&'static str),
}

use Wanted::{Arn, Id, Name, Url};

const ROLE: Wanted = Arn(&["iam"]);
const BUCKET: Wanted = Name("AWS::S3::Bucket");
const GROUP: Wanted = Name("AWS::Logs::LogGroup");
const FIREHOSE: &str = "AWS::KinesisFirehose::DeliveryStream";

#[rustfmt::skip]
const WANTED: &[(&str, &str, Wanted)] = &[
    ("AWS::ApiGateway::Deployment", "RestApiId", Id("AWS::ApiGateway::RestApi")),
    ("AWS::ApiGateway::Method", "Credentials", Arn(&[])),
    ("AWS::ApiGateway::Method", "RestApiId", Id("AWS::ApiGateway::RestApi")),
    ("AWS::ApiGateway::Resource", "RestApiId", Id("AWS::ApiGateway::RestApi")),
    ("AWS::ApiGateway::Stage", "DestinationArn", Arn(&["logs", "firehose"])),
    ("AWS::ApiGateway::Stage", "RestApiId", Id("AWS::ApiGateway::RestApi")),
    ("AWS::ApiGatewayV2::Authorizer", "ApiId", Id("AWS::ApiGatewayV2::Api")),
    ("AWS::ApiGatewayV2::Deployment", "ApiId", Id("AWS::ApiGatewayV2::Api")),
    ("AWS::ApiGatewayV2::Integration", "ApiId", Id("AWS::ApiGatewayV2::Api")),
    ("AWS::ApiGatewayV2::Integration", "CredentialsArn", ROLE),
    ("AWS::ApiGatewayV2::Integration", "IntegrationUri", Arn(&[])),
    ("AWS::ApiGatewayV2::Route", "ApiId", Id("AWS::ApiGatewayV2::Api")),
    ("AWS::ApiGatewayV2::Stage", "ApiId", Id("AWS::ApiGatewayV2::Api")),
    ("AWS::ApiGatewayV2::Stage", "DestinationArn", Arn(&["logs", "firehose"])),
    ("AWS::CloudWatch::Alarm", "AlarmActions", Arn(&[])),
    ("AWS::CloudWatch::Alarm", "InsufficientDataActions", Arn(&[])),
    ("AWS::CloudWatch::Alarm", "OKActions", Arn(&[])),
    ("AWS::CloudWatch::CompositeAlarm", "AlarmActions", Arn(&[])),
    ("AWS::Events::Rule", "Arn", Arn(&[])),
    ("AWS::Events::Rule", "RoleArn", ROLE),
    ("AWS::IAM::InstanceProfile", "Roles", Name("AWS::IAM::Role")),
    ("AWS::IAM::ManagedPolicy", "Roles", Name("AWS::IAM::Role")),
    ("AWS::IAM::Policy", "Roles", Name("AWS::IAM::Role")),
    ("AWS::IAM::Role", "ManagedPolicyArns", Arn(&["iam"])),
    ("AWS::IAM::Role", "PermissionsBoundary", Arn(&["iam"])),
    ("AWS::IAM::RolePolicy", "RoleName", Name("AWS::IAM::Role")),
    ("AWS::Kinesis::StreamConsumer", "StreamARN", Arn(&["kinesis"])),
    (FIREHOSE, "AWSKMSKeyARN", Arn(&["kms"])),
    (FIREHOSE, "BucketARN", Arn(&["s3"])),
    (FIREHOSE, "KeyARN", Arn(&["kms"])),
    (FIREHOSE, "KinesisStreamARN", Arn(&["kinesis"])),
    (FIREHOSE, "LogGroupName", GROUP),
    (FIREHOSE, "LogStreamName", Name("AWS::Logs::LogStream")),
    (FIREHOSE, "RoleARN", ROLE),
    ("AWS::Lambda::EventInvokeConfig", "Destination", Arn(&["lambda", "sqs", "sns", "events", "s3"])),
    ("AWS::Lambda::EventSourceMapping", "Destination", Arn(&["sqs", "sns", "s3", "kafka"])),
    ("AWS::Lambda::EventSourceMapping", "EventSourceArn", Arn(&["kinesis", "dynamodb", "sqs", "kafka", "mq", "rds"])),
    ("AWS::Lambda::Function", "KmsKeyArn", Arn(&["kms"])),
    ("AWS::Lambda::Function", "LogGroup", GROUP),
    ("AWS::Lambda::Function", "Role", ROLE),
    ("AWS::Lambda::Function", "S3Bucket", BUCKET),
    ("AWS::Lambda::Function", "TargetArn", Arn(&["sqs", "sns"])),
    ("AWS::Logs::Destination", "RoleArn", ROLE),
    ("AWS::Logs::Destination", "TargetArn", Arn(&["kinesis", "firehose"])),
    ("AWS::Logs::LogStream", "LogGroupName", GROUP),
    ("AWS::Logs::MetricFilter", "LogGroupName", GROUP),
    ("AWS::Logs::SubscriptionFilter", "DestinationArn", Arn(&["kinesis", "firehose", "lambda", "logs"])),
    ("AWS::Logs::SubscriptionFilter", "LogGroupName", GROUP),
    ("AWS::Logs::SubscriptionFilter", "RoleArn", ROLE),
    ("AWS::Pipes::Pipe", "RoleArn", ROLE),
    ("AWS::Pipes::Pipe", "Source", Arn(&[])),
    ("AWS::Pipes::Pipe", "Target", Arn(&[])),
    ("AWS::S3::Bucket", "DestinationBucketName", BUCKET),
    ("AWS::S3::Bucket", "Function", Arn(&["lambda"])),
    ("AWS::S3::Bucket", "Queue", Arn(&["sqs"])),
    ("AWS::S3::Bucket", "Topic", Arn(&["sns"])),
    ("AWS::S3::BucketPolicy", "Bucket", BUCKET),
    ("AWS::SNS::Subscription", "SubscriptionRoleArn", ROLE),
    ("AWS::SNS::Subscription", "TopicArn", Arn(&["sns"])),
    ("AWS::SNS::TopicInlinePolicy", "TopicArn", Arn(&["sns"])),
    ("AWS::SNS::TopicPolicy", "Topics", Arn(&["sns"])),
    ("AWS::SQS::Queue", "deadLetterTargetArn", Arn(&["sqs"])),
    ("AWS::SQS::QueueInlinePolicy", "Queue", Url),
    ("AWS::SQS::QueuePolicy", "Queues", Url),
    ("AWS::Scheduler::Schedule", "RoleArn", ROLE),
    ("AWS::Serverless::Function", "Role", ROLE),
    ("AWS::StepFunctions::StateMachine", "RoleArn", ROLE),
];

/// Properties below which names are the author's own, or AWS documents another use.
const OPEN: [&str; 6] =
    ["AssumeRolePolicyDocument", "Environment", "KeyPolicy", "Metadata", "PolicyDocument", "Variables"];

/// Returns what a property wants, and whether the list says so.
pub(super) fn wanted(resource_type: &str, property: &str) -> Option<(Wanted, bool)> {
    let listed = WANTED.iter().find(|(kind, name, _)| *kind == resource_type && *name == property);
    if let Some((_, _, wanted)) = listed {
        return Some((*wanted, true));
    }
    let ends = ["Arn", "ARN", "Arns", "ARNs"].iter().any(|end| property.ends_with(end));
    ends.then_some((Arn(&[]), false))
}

/// Says whether nothing below a property is looked at.
pub(super) fn is_open(property: &str) -> bool {
    OPEN.contains(&property)
}
