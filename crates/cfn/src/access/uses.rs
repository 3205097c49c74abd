//! Which role each part of a pipeline works with, and what it needs to do with it.
//!
//! A resource becomes [`Use`]s: the property that names the role, the service that takes it, and the [`Need`]s that follow from
//! the other properties. Only resources of the template are looked at, since of others nobody knows the policies.

use super::resources::function_arn;
use super::symbols::{list, opaque, texts};
use crate::template::{Resource, Template};
use serde_json::Value;

/// A role at work.
#[derive(Debug, Clone)]
pub struct Use<'t> {
    /// The resource that works with it, and the way to what names the role.
    pub by: &'t str,
    pub path: Vec<String>,
    pub role: &'t str,
    /// Who takes the role.
    pub service: &'static str,
    pub needs: Vec<Need>,
    /// Whether AWS tries the role when the resource is made.
    pub is_tried: bool,
}

/// Something that is to be done.
#[derive(Debug, Clone)]
pub struct Need {
    /// What for, as `its source` or `its dead-letter queue`.
    pub what: &'static str,
    /// Each group has actions of which one is enough.
    pub actions: Vec<&'static [&'static str]>,
    /// ARNs of which one is enough.
    pub resources: Vec<String>,
}

/// A property that names a role: the type, the way to it (`*` is each item), and who takes the role.
type Place = (&'static str, &'static [&'static str], &'static str);

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/> says of each that the service assumes the role.
#[rustfmt::skip]
const PLACES: &[Place] = &[
    ("AWS::ApiGateway::Account", &["CloudWatchRoleArn"], "apigateway.amazonaws.com"),
    ("AWS::ApiGateway::Authorizer", &["AuthorizerCredentials"], "apigateway.amazonaws.com"),
    ("AWS::ApiGateway::Method", &["Integration", "Credentials"], "apigateway.amazonaws.com"),
    ("AWS::ApiGatewayV2::Authorizer", &["AuthorizerCredentialsArn"], "apigateway.amazonaws.com"),
    ("AWS::ApiGatewayV2::Integration", &["CredentialsArn"], "apigateway.amazonaws.com"),
    ("AWS::AppSync::DataSource", &["ServiceRoleArn"], "appsync.amazonaws.com"),
    ("AWS::CloudTrail::Trail", &["CloudWatchLogsRoleArn"], "cloudtrail.amazonaws.com"),
    ("AWS::CloudWatch::MetricStream", &["RoleArn"], "streams.metrics.cloudwatch.amazonaws.com"),
    ("AWS::CodeBuild::Project", &["ServiceRole"], "codebuild.amazonaws.com"),
    ("AWS::CodePipeline::Pipeline", &["RoleArn"], "codepipeline.amazonaws.com"),
    ("AWS::ECS::TaskDefinition", &["ExecutionRoleArn"], "ecs-tasks.amazonaws.com"),
    ("AWS::ECS::TaskDefinition", &["TaskRoleArn"], "ecs-tasks.amazonaws.com"),
    ("AWS::EC2::FlowLog", &["DeliverLogsPermissionArn"], "vpc-flow-logs.amazonaws.com"),
    ("AWS::Events::Rule", &["Targets", "*", "RoleArn"], "events.amazonaws.com"),
    ("AWS::Glue::Crawler", &["Role"], "glue.amazonaws.com"),
    ("AWS::Glue::Job", &["Role"], "glue.amazonaws.com"),
    ("AWS::IoT::TopicRule", &["TopicRulePayload", "Actions", "*", "Firehose", "RoleArn"], "iot.amazonaws.com"),
    ("AWS::IoT::TopicRule", &["TopicRulePayload", "Actions", "*", "Kinesis", "RoleArn"], "iot.amazonaws.com"),
    ("AWS::IoT::TopicRule", &["TopicRulePayload", "Actions", "*", "S3", "RoleArn"], "iot.amazonaws.com"),
    ("AWS::IoT::TopicRule", &["TopicRulePayload", "Actions", "*", "Sqs", "RoleArn"], "iot.amazonaws.com"),
    ("AWS::KinesisAnalyticsV2::Application", &["ServiceExecutionRole"], "kinesisanalytics.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["AmazonopensearchserviceDestinationConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["AmazonopensearchserviceDestinationConfiguration", "S3Configuration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["ElasticsearchDestinationConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["ElasticsearchDestinationConfiguration", "S3Configuration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["ExtendedS3DestinationConfiguration", "DataFormatConversionConfiguration", "SchemaConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["ExtendedS3DestinationConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["ExtendedS3DestinationConfiguration", "S3BackupConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["HttpEndpointDestinationConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["HttpEndpointDestinationConfiguration", "S3Configuration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["KinesisStreamSourceConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["MSKSourceConfiguration", "AuthenticationConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["RedshiftDestinationConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["RedshiftDestinationConfiguration", "S3Configuration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["S3DestinationConfiguration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::KinesisFirehose::DeliveryStream", &["SplunkDestinationConfiguration", "S3Configuration", "RoleARN"], "firehose.amazonaws.com"),
    ("AWS::Lambda::Function", &["Role"], "lambda.amazonaws.com"),
    ("AWS::Logs::Destination", &["RoleArn"], "logs.amazonaws.com"),
    ("AWS::Logs::SubscriptionFilter", &["RoleArn"], "logs.amazonaws.com"),
    ("AWS::Pipes::Pipe", &["RoleArn"], "pipes.amazonaws.com"),
    ("AWS::S3::Bucket", &["ReplicationConfiguration", "Role"], "s3.amazonaws.com"),
    ("AWS::SNS::Subscription", &["SubscriptionRoleArn"], "sns.amazonaws.com"),
    ("AWS::Scheduler::Schedule", &["Target", "RoleArn"], "scheduler.amazonaws.com"),
    ("AWS::Serverless::Function", &["Role"], "lambda.amazonaws.com"),
    ("AWS::StepFunctions::StateMachine", &["RoleArn"], "states.amazonaws.com"),
];

/// Returns every role of the template at work.
pub(super) fn uses(template: &Template) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    for (logical_id, resource) in &template.resources {
        for (_, steps, service) in PLACES.iter().filter(|(name, ..)| *name == resource.resource_type) {
            each(&resource.properties, steps, &mut Vec::new(), &mut |path, value| {
                for role in roles(template, value) {
                    let mut place = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
                    place.extend(path.iter().cloned());
                    let (needs, is_tried) = needs(template, resource, path);
                    found.push(Use { by: logical_id, path: place, role, service, needs, is_tried });
                }
            });
        }
        if resource.resource_type == "AWS::Lambda::EventSourceMapping"
            || resource.resource_type == "AWS::Lambda::EventInvokeConfig"
        {
            of_function(template, logical_id, resource, &mut found);
        }
    }
    found
}

/// Finds what stands at the end of the steps.
fn each<'v>(
    value: &'v Value,
    steps: &[&str],
    path: &mut Vec<String>,
    visit: &mut impl FnMut(&[String], &'v Value),
) {
    let Some((step, rest)) = steps.split_first() else { return visit(path, value) };
    if *step == "*" {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            path.push(index.to_string());
            each(item, rest, path, visit);
            path.pop();
        }
    } else if let Some(below) = value.get(*step) {
        path.push((*step).to_owned());
        each(below, rest, path, visit);
        path.pop();
    }
}

/// Returns the roles of the template whose ARN a value may be.
fn roles<'t>(template: &'t Template, value: &Value) -> Vec<&'t str> {
    if let Some([_, one, other]) = value.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice) {
        return [roles(template, one), roles(template, other)].concat();
    }
    let name = value.get("Fn::GetAtt").and_then(|parts| {
        let [name, attribute] = parts.as_array()?.as_slice() else { return None };
        (attribute == "Arn").then(|| name.as_str())?
    });
    let sub = value.get("Fn::Sub").and_then(Value::as_str);
    let name = name.or_else(|| sub?.strip_prefix("${")?.strip_suffix(".Arn}"));
    let role = name.and_then(|name| template.resources.get_key_value(name));
    role.filter(|(_, role)| role.resource_type == "AWS::IAM::Role")
        .map(|(name, _)| name.as_str())
        .into_iter()
        .collect()
}

/// Returns the resource of the template that a value names, by name, ARN or URL.
pub(super) fn led_to<'t>(template: &'t Template, value: &Value) -> Option<(&'t str, &'t Resource)> {
    let sub = value.get("Fn::Sub").and_then(Value::as_str);
    let inside = sub.and_then(|text| text.strip_prefix("${")?.strip_suffix('}')?.split('.').next());
    let name =
        value.get("Ref").or_else(|| value.get("Fn::GetAtt")?.get(0)).and_then(Value::as_str).or(inside)?;
    template.resources.get_key_value(name).map(|(name, resource)| (name.as_str(), resource))
}

fn need(what: &'static str, actions: &[&'static [&'static str]], resources: Vec<String>) -> Need {
    Need { what, actions: actions.to_vec(), resources }
}

/// Returns what follows from the properties beside the one that names the role, and whether AWS tries it at once.
fn needs(template: &Template, resource: &Resource, path: &[String]) -> (Vec<Need>, bool) {
    let at = |steps: &[&str]| steps.iter().try_fold(&resource.properties, |value, step| value.get(step));
    let first = path.first().map(String::as_str).unwrap_or_default();
    let mut needs = Vec::new();
    let mut is_tried = false;
    match resource.resource_type.as_str() {
        "AWS::KinesisFirehose::DeliveryStream" if first == "KinesisStreamSourceConfiguration" => {
            if let Some(stream) = at(&[first, "KinesisStreamARN"]) {
                needs.push(need("to read its source", READ_STREAM, texts(template, stream)));
            }
            is_tried = true;
        }
        "AWS::KinesisFirehose::DeliveryStream" => {
            let holder: Vec<&str> = path[..path.len() - 1].iter().map(String::as_str).collect();
            if let Some(destination) = at(&holder) {
                needs.extend(of_destination(template, destination));
            }
            is_tried = path.iter().any(|step| step == "SchemaConfiguration");
        }
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
            let target =
                at(&["DeadLetterConfig", "TargetArn"]).or_else(|| at(&["DeadLetterQueue", "TargetArn"]));
            needs.extend(target.and_then(|target| send(template, "for its dead-letter queue", target)));
            if at(&["VpcConfig", "SubnetIds"])
                .and_then(Value::as_array)
                .is_some_and(|subnets| !subnets.is_empty())
            {
                let actions: &[&[&str]] = &[
                    &["ec2:CreateNetworkInterface"],
                    &["ec2:DescribeNetworkInterfaces"],
                    &["ec2:DeleteNetworkInterface"],
                ];
                let interface = "arn:aws:ec2:*:*:network-interface/*".to_owned();
                needs.push(need("to work in its VPC", actions, vec!["*".to_owned(), interface]));
                is_tried = true;
            }
        }
        "AWS::Scheduler::Schedule" => {
            needs.extend(at(&["Target", "Arn"]).and_then(|target| send(template, "for its target", target)));
            let letters = at(&["Target", "DeadLetterConfig", "Arn"]);
            needs.extend(letters.and_then(|target| send(template, "for its dead-letter queue", target)));
        }
        "AWS::Events::Rule" => {
            let index = path.get(1).map(String::as_str).unwrap_or_default();
            let target =
                resource.properties.get("Targets").and_then(Value::as_array).zip(index.parse::<usize>().ok());
            let arn = target.and_then(|(targets, index)| targets.get(index)?.get("Arn"));
            needs.extend(arn.and_then(|target| send(template, "for its target", target)));
        }
        "AWS::Logs::SubscriptionFilter" => {
            needs.extend(
                at(&["DestinationArn"]).and_then(|target| send(template, "for its destination", target)),
            );
            is_tried = true;
        }
        "AWS::Logs::Destination" => {
            needs.extend(at(&["TargetArn"]).and_then(|target| send(template, "for its target", target)));
            is_tried = true;
        }
        "AWS::SNS::Subscription" => {
            needs.extend(at(&["Endpoint"]).and_then(|target| send(template, "for its endpoint", target)));
        }
        "AWS::Pipes::Pipe" => {
            needs.extend(at(&["Source"]).and_then(|source| receive(template, source)));
            needs.extend(at(&["Target"]).and_then(|target| send(template, "for its target", target)));
            needs.extend(at(&["Enrichment"]).and_then(|target| send(template, "for its enrichment", target)));
        }
        _ => {}
    }
    (needs, is_tried)
}

/// <https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html>, "Grant Firehose access to an Amazon S3 destination".
const READ_STREAM: &[&[&str]] = &[
    &["kinesis:DescribeStream", "kinesis:DescribeStreamSummary"],
    &["kinesis:GetShardIterator"],
    &["kinesis:GetRecords"],
    &["kinesis:ListShards", "kinesis:ListStreams"],
];

fn of_destination(template: &Template, destination: &Value) -> Vec<Need> {
    let mut needs = Vec::new();
    if let Some(bucket) = destination.get("BucketARN") {
        let objects =
            texts(template, bucket).iter().map(|arn| format!("{arn}/{}", opaque("object"))).collect();
        needs.push(need("to write its objects", &[&["s3:PutObject"]], objects));
    }
    let logging = destination.get("CloudWatchLoggingOptions");
    let is_on =
        logging.and_then(|logging| logging.get("Enabled")).is_some_and(|on| on == true || on == "true");
    if let Some(group) = logging.and_then(|logging| logging.get("LogGroupName")).filter(|_| is_on)
        && led_to(template, group).is_some_and(|(_, group)| group.resource_type == "AWS::Logs::LogGroup")
    {
        let place = "arn:aws:logs:\u{e000}AWS__Region\u{e002}:\u{e000}AWS__AccountId\u{e002}:log-group";
        let stream = opaque("stream");
        let streams =
            texts(template, group).iter().map(|name| format!("{place}:{name}:log-stream:{stream}")).collect();
        needs.push(need("to log its errors", &[&["logs:PutLogEvents"]], streams));
    }
    if destination.get("DatabaseName").is_some()
        && destination.get("TableName").is_some()
        && destination.get("BucketARN").is_none()
    {
        let anything = vec![opaque("table")];
        needs.push(need(
            "to read the schema",
            &[&["glue:GetTableVersions", "glue:GetTableVersion", "glue:GetTable"]],
            anything,
        ));
    }
    let processing = destination.get("ProcessingConfiguration");
    let processors = processing.and_then(|processing| processing.get("Processors")).and_then(Value::as_array);
    for processor in
        processors.into_iter().flatten().filter(|one| one.get("Type").is_some_and(|name| name == "Lambda"))
    {
        for parameter in processor.get("Parameters").and_then(Value::as_array).into_iter().flatten() {
            let is_function = parameter.get("ParameterName").is_some_and(|name| name == "LambdaArn");
            if let Some(function) = parameter.get("ParameterValue").filter(|_| is_function) {
                needs.push(invoke(template, "to transform its records", function));
            }
        }
    }
    needs
}

/// A function may be called by its ARN or by that of a version.
fn invoke(template: &Template, what: &'static str, function: &Value) -> Need {
    let arns: Vec<String> = texts(template, function).iter().map(|one| function_arn(one)).collect();
    let versions: Vec<String> = arns.iter().map(|arn| format!("{arn}:$LATEST")).collect();
    need(what, &[&["lambda:InvokeFunction"]], [arns, versions].concat())
}

/// Returns what it takes to hand something to a target of the template.
fn send(template: &Template, what: &'static str, target: &Value) -> Option<Need> {
    let (_, resource) = led_to(template, target)?;
    let actions: &[&[&str]] = match resource.resource_type.as_str() {
        "AWS::Lambda::Function"
        | "AWS::Lambda::Alias"
        | "AWS::Lambda::Version"
        | "AWS::Serverless::Function" => {
            return Some(invoke(template, what, target));
        }
        "AWS::SQS::Queue" => &[&["sqs:SendMessage"]],
        "AWS::SNS::Topic" => &[&["sns:Publish"]],
        "AWS::Kinesis::Stream" => &[&["kinesis:PutRecord", "kinesis:PutRecords"]],
        "AWS::KinesisFirehose::DeliveryStream" => &[&["firehose:PutRecord", "firehose:PutRecordBatch"]],
        "AWS::StepFunctions::StateMachine" => &[&["states:StartExecution", "states:StartSyncExecution"]],
        "AWS::Events::EventBus" => &[&["events:PutEvents"]],
        "AWS::S3::Bucket" => {
            let objects =
                texts(template, target).iter().map(|arn| format!("{arn}/{}", opaque("object"))).collect();
            return Some(need(what, &[&["s3:PutObject"]], objects));
        }
        _ => return None,
    };
    Some(need(what, actions, texts(template, target)))
}

/// Returns what it takes to read from a source of the template.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html>, and the same of DynamoDB and SQS: what
/// AWS's managed policies for them allow.
fn receive(template: &Template, source: &Value) -> Option<Need> {
    let (_, resource) = led_to(template, source)?;
    let actions: &[&[&str]] = match resource.resource_type.as_str() {
        "AWS::Kinesis::Stream" => READ_STREAM,
        "AWS::Kinesis::StreamConsumer" => &[&["kinesis:SubscribeToShard"]],
        "AWS::DynamoDB::Table" => {
            &[&["dynamodb:DescribeStream"], &["dynamodb:GetRecords"], &["dynamodb:GetShardIterator"]]
        }
        "AWS::SQS::Queue" => &[&["sqs:ReceiveMessage"], &["sqs:DeleteMessage"], &["sqs:GetQueueAttributes"]],
        _ => return None,
    };
    Some(need("to read its source", actions, texts(template, source)))
}

/// A mapping reads, and reports failures, with the role of its function; so do a function's asynchronous destinations.
fn of_function<'t>(
    template: &'t Template,
    logical_id: &'t str,
    resource: &'t Resource,
    found: &mut Vec<Use<'t>>,
) {
    let Some(function) = resource.properties.get("FunctionName") else { return };
    let Some((_, mut function)) = led_to(template, function) else { return };
    if function.resource_type == "AWS::Lambda::Alias" || function.resource_type == "AWS::Lambda::Version" {
        let parent = function.properties.get("FunctionName").and_then(|parent| led_to(template, parent));
        let Some((_, parent)) = parent else { return };
        function = parent;
    }
    if !matches!(function.resource_type.as_str(), "AWS::Lambda::Function" | "AWS::Serverless::Function") {
        return;
    }
    let Some(role) = function.properties.get("Role") else { return };
    let at = |steps: &[&str]| steps.iter().try_fold(&resource.properties, |value, step| value.get(step));
    let mut needs = Vec::new();
    let mut path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
    if let Some(source) = at(&["EventSourceArn"]) {
        needs.extend(receive(template, source));
        // Who listens to a consumer asks the stream for its shards first.
        let consumer =
            led_to(template, source).filter(|(_, one)| one.resource_type == "AWS::Kinesis::StreamConsumer");
        if let Some(stream) = consumer.and_then(|(_, consumer)| consumer.properties.get("StreamARN")) {
            needs.push(need(
                "to read its source",
                &[READ_STREAM[0], READ_STREAM[3]],
                texts(template, stream),
            ));
        }
        path.push("EventSourceArn".to_owned());
    } else {
        path.push("FunctionName".to_owned());
    }
    for name in ["OnFailure", "OnSuccess"] {
        let target = at(&["DestinationConfig", name, "Destination"]);
        let what = if name == "OnFailure" { "for what failed" } else { "for what succeeded" };
        needs.extend(target.and_then(|target| send(template, what, target)));
    }
    for role in roles(template, role) {
        let (by, path, needs) = (logical_id, path.clone(), needs.clone());
        found.push(Use { by, path, role, service: "lambda.amazonaws.com", needs, is_tried: true });
    }
}

/// Returns the texts of a value that is one or a list of them, with the rest of each one's path.
pub(super) fn listed(template: &Template, value: &Value) -> Option<Vec<(Vec<String>, String)>> {
    list(template, value)
}
