//! Drift: found in every kind of resource that a pipeline is made of, told in AWS's words, and taken back.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{
    BeforeValueFrom, ChangeAction, DeploymentMode, StackDriftDetectionStatus, StackDriftStatus,
    StackResourceDrift, StackResourceDriftStatus, StackStatus,
};

use hydrant_engine::{Clock, Config, Engine};
use serde_json::json;

use super::support::{Cloud, refusal};
use crate::lambda::package;
use crate::raw;
use crate::support::{START, TestEngine, sdk};

/// One of everything that `hydrant` renders.
const EVERYTHING: &str = r#"
Resources:
  Positions:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: 1, RetentionPeriodHours: 48, Tags: [{Key: team, Value: gps}]}
  Log:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: 7}
  Errors:
    Type: AWS::Logs::LogStream
    Properties: {LogGroupName: !Ref Log, LogStreamName: errors}
  Data:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      VersioningConfiguration: {Status: Enabled}
      LifecycleConfiguration:
        Rules:
          - {Id: old, Status: Enabled, ExpirationInDays: 30}
          - {Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {Service: [lambda.amazonaws.com, firehose.amazonaws.com, scheduler.amazonaws.com]}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: ['kinesis:*', 's3:*', 'logs:*', 'sqs:*', 'lambda:InvokeFunction'], Resource: '*'}]
  Sender:
    Type: AWS::IAM::User
    Properties:
      Policies:
        - PolicyName: send
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: kinesis:PutRecords, Resource: !GetAtt Positions.Arn}]}
  Failed:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 1209600, VisibilityTimeout: 60}
  Alarms: {Type: AWS::SNS::Topic, Properties: {DisplayName: alarms}}
  Mail:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Alarms, Protocol: sqs, Endpoint: !GetAtt Failed.Arn, RawMessageDelivery: true}
  Late:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: IteratorAge
      Dimensions: [{Name: FunctionName, Value: !Ref Consumer}]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 5
      Threshold: 60000
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
      AlarmActions: [!Ref Alarms]
  Shared:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: {S3Bucket: packages, S3Key: f.zip}, CompatibleRuntimes: [provided.al2023]}
  Consumer:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Runtime: provided.al2023
      Handler: bootstrap
      Timeout: 30
      MemorySize: 256
      Environment: {Variables: {STREAM: !Ref Positions, RATE: 5}}
      Code: {S3Bucket: packages, S3Key: f.zip}
  Reading:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Positions.Arn
      FunctionName: !Ref Consumer
      StartingPosition: TRIM_HORIZON
      BatchSize: 100
      FunctionResponseTypes: [ReportBatchItemFailures]
      DestinationConfig: {OnFailure: {Destination: !GetAtt Failed.Arn}}
  Retries:
    Type: AWS::Lambda::EventInvokeConfig
    Properties: {FunctionName: !Ref Consumer, Qualifier: $LATEST, MaximumRetryAttempts: 1}
  MayInvoke:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !GetAtt Consumer.Arn, Action: lambda:InvokeFunction, Principal: events.amazonaws.com}
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 day)
      State: DISABLED
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target: {Arn: !GetAtt Consumer.Arn, RoleArn: !GetAtt Role.Arn, Input: '{"a": 1}'}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: entrance, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['https://example.com']}}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Consumer.Arn, PayloadFormatVersion: '2.0'}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: POST /items, Target: !Sub 'integrations/${Integration}'}
  Setting: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: slow, Tags: {team: gps}}}
  Images:
    Type: AWS::ECR::Repository
    Properties: {ImageTagMutability: IMMUTABLE, ImageScanningConfiguration: {ScanOnPush: true}}
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      ExtendedS3DestinationConfiguration: {BucketARN: !GetAtt Data.Arn, RoleARN: !GetAtt Role.Arn, BufferingHints: {SizeInMBs: 1, IntervalInSeconds: 60}}
"#;

const STREAM: &str = "Resources: {Positions: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}}";

/// The differences of a resource as `KIND path`.
type Found = BTreeMap<String, (String, Vec<String>)>;

impl Cloud {
    /// Checks a stack for drift and returns each checked resource's status and differences.
    async fn drift(&self, stack: &str) -> Found {
        let id = self.client.detect_stack_drift().stack_name(stack).send().await.unwrap();
        let id = id.stack_drift_detection_id.unwrap();
        let request = self.client.describe_stack_drift_detection_status().stack_drift_detection_id(&id);
        let detection = request.send().await.unwrap();
        let drifts = self.client.describe_stack_resource_drifts().stack_name(stack).send().await.unwrap();
        let drifts = drifts.stack_resource_drifts.unwrap_or_default();
        let complete = Some(&StackDriftDetectionStatus::DetectionComplete);
        assert_eq!(detection.detection_status(), complete, "{drifts:#?}");
        drifts.iter().map(found).collect()
    }

    /// Makes a drift-aware change set of the stack's own template, executes it, and waits for its end.
    async fn revert(&self, stack: &str) -> StackStatus {
        let request = self.client.create_change_set().stack_name(stack).change_set_name("back");
        let request = request.use_previous_template(true).deployment_mode(DeploymentMode::RevertDrift);
        request.capabilities("CAPABILITY_NAMED_IAM".into()).send().await.unwrap();
        let request = self.client.execute_change_set().stack_name(stack).change_set_name("back");
        request.send().await.unwrap();
        self.settled(stack).await.stack_status.unwrap()
    }

    async fn kinesis(&self) -> aws_sdk_kinesis::Client {
        aws_sdk_kinesis::Client::new(&self.engine.sdk().await)
    }
}

fn found(drift: &StackResourceDrift) -> (String, (String, Vec<String>)) {
    let differences = drift
        .property_differences()
        .iter()
        .map(|one| format!("{} {}", one.difference_type().unwrap().as_str(), one.property_path().unwrap()));
    let status = drift.stack_resource_drift_status().unwrap().as_str().to_owned();
    (drift.logical_resource_id().unwrap().to_owned(), (status, differences.collect()))
}

async fn everything() -> Cloud {
    let cloud = Cloud::new().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    s3.create_bucket().bucket("packages").send().await.unwrap();
    let body = package().into_inner().into();
    s3.put_object().bucket("packages").key("f.zip").body(body).send().await.unwrap();
    let stack = cloud.create("pipeline", EVERYTHING).await;
    assert_eq!(
        stack.stack_status(),
        Some(&StackStatus::CreateComplete),
        "{:#?}",
        cloud.events("pipeline").await
    );
    cloud
}

/// Changes something of every resource behind the stack's back.
async fn meddle(cloud: &Cloud) {
    let sdk = cloud.engine.sdk().await;
    let id = |logical_id: &'static str| cloud.physical_id("pipeline", logical_id);
    let kinesis = cloud.kinesis().await;
    let positions = id("Positions").await;
    let longer = kinesis.increase_stream_retention_period().stream_name(&positions);
    longer.retention_period_hours(72).send().await.unwrap();
    let tags = kinesis.add_tags_to_stream().stream_name(&positions);
    tags.tags("team", "other").tags("more", "1").send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk);
    let group = id("Log").await;
    logs.delete_log_stream().log_group_name(&group).log_stream_name("errors").send().await.unwrap();
    logs.put_retention_policy().log_group_name(&group).retention_in_days(30).send().await.unwrap();
    meddle_with_storage(cloud).await;
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let (role, sender) = (id("Role").await, id("Sender").await);
    let policy = [("PolicyName", "more"), ("PolicyDocument", document), ("RoleName", role.as_str())];
    query(cloud, "iam", "PutRolePolicy", &policy).await;
    let policy = [("PolicyName", "send"), ("PolicyDocument", document), ("UserName", sender.as_str())];
    query(cloud, "iam", "PutUserPolicy", &policy).await;
    let lambda = aws_sdk_lambda::Client::new(&sdk);
    let consumer = id("Consumer").await;
    let environment =
        aws_sdk_lambda::types::Environment::builder().variables("RATE", "6").variables("NEW", "1").build();
    let change = lambda.update_function_configuration().function_name(&consumer).timeout(45);
    change.environment(environment).send().await.unwrap();
    let mapping = id("Reading").await;
    lambda.update_event_source_mapping().uuid(mapping).batch_size(50).send().await.unwrap();
    let retries = lambda.put_function_event_invoke_config().function_name(&consumer);
    retries.qualifier("$LATEST").maximum_retry_attempts(2).send().await.unwrap();
    let permission = id("MayInvoke").await;
    lambda.remove_permission().function_name(&consumer).statement_id(permission).send().await.unwrap();
    meddle_with_messages(cloud).await;
}

async fn meddle_with_storage(cloud: &Cloud) {
    use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    let data = cloud.physical_id("pipeline", "Data").await;
    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    s3.put_bucket_versioning().bucket(&data).versioning_configuration(suspended).send().await.unwrap();
    s3.delete_bucket_lifecycle().bucket(&data).send().await.unwrap();
}

async fn meddle_with_messages(cloud: &Cloud) {
    let engine = &cloud.engine;
    let id = |logical_id: &'static str| cloud.physical_id("pipeline", logical_id);
    let queue = json!({"QueueUrl": id("Failed").await, "Attributes": {"VisibilityTimeout": "90"}});
    assert_eq!(raw::json(engine, "sqs", "AmazonSQS.SetQueueAttributes", queue).await.0, 200);
    let (topic, subscription) = (id("Alarms").await, id("Mail").await);
    let name = [("TopicArn", topic.as_str()), ("AttributeName", "DisplayName"), ("AttributeValue", "other")];
    query(cloud, "sns", "SetTopicAttributes", &name).await;
    query(cloud, "sns", "Unsubscribe", &[("SubscriptionArn", &subscription)]).await;
    let setting = json!({"Name": id("Setting").await, "Value": "fast", "Overwrite": true});
    assert_eq!(raw::json(engine, "ssm", "AmazonSSM.PutParameter", setting).await.0, 200);
    let images = json!({"repositoryName": id("Images").await, "imageTagMutability": "MUTABLE"});
    let target = "AmazonEC2ContainerRegistry_V20150921.PutImageTagMutability";
    assert_eq!(raw::json(engine, "ecr", target, images).await.0, 200);
    let alarms = json!({"AlarmNames": [id("Late").await]});
    let target = "GraniteServiceVersion20100801.DeleteAlarms";
    assert_eq!(raw::json(engine, "monitoring", target, alarms).await.0, 200);
    let schedule = format!("DELETE /schedules/{}", id("Nightly").await);
    assert_eq!(raw::send(engine, "scheduler", &schedule, &[], b"").await.0, 200);
    let (api, route) = (id("Api").await, id("Route").await);
    let headers = [("Content-Type", "application/json")];
    let line = format!("PATCH /v2/apis/{api}");
    let named = raw::send(engine, "apigateway", &line, &headers, br#"{"name":"exit"}"#).await;
    assert_eq!(named.0, 200);
    let route = format!("DELETE /v2/apis/{api}/routes/{route}");
    assert_eq!(raw::send(engine, "apigateway", &route, &[], b"").await.0, 204);
}

/// Calls an operation that must succeed.
async fn query(cloud: &Cloud, service: &str, operation: &str, parameters: &[(&str, &str)]) {
    let (status, body) = raw::query(&cloud.engine, service, operation, parameters).await;
    assert_eq!(status, 200, "{operation}: {body}");
}

#[tokio::test]
async fn finds_no_drift_where_nobody_meddled() {
    let cloud = everything().await;
    let drifts = cloud.drift("pipeline").await;
    let drifted: Found = drifts.clone().into_iter().filter(|(_, (status, _))| status != "IN_SYNC").collect();
    assert_eq!(drifted, Found::new());
    assert!(drifts.contains_key("Consumer") && !drifts.contains_key("Delivery"), "{drifts:?}");
    let stack = cloud.describe("pipeline").await.unwrap();
    let drift = stack.drift_information().unwrap();
    assert_eq!(drift.stack_drift_status(), Some(&StackDriftStatus::InSync));
    assert!(drift.last_check_timestamp().is_some());
}

#[tokio::test]
async fn finds_what_was_changed_in_every_kind_of_resource_and_takes_it_back() {
    let cloud = everything().await;
    meddle(&cloud).await;
    let drifts = cloud.drift("pipeline").await;
    let deleted = || ("DELETED".to_owned(), Vec::new());
    let modified = |differences: &[&str]| {
        ("MODIFIED".to_owned(), differences.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
    };
    let expected = [
        ("Alarms", modified(&["NOT_EQUAL /DisplayName"])),
        ("Api", modified(&["NOT_EQUAL /Name"])),
        (
            "Consumer",
            modified(&[
                "NOT_EQUAL /Environment/Variables/RATE",
                "REMOVE /Environment/Variables/STREAM",
                "ADD /Environment/Variables/NEW",
                "NOT_EQUAL /Timeout",
            ]),
        ),
        (
            "Data",
            modified(&["REMOVE /LifecycleConfiguration/Rules", "NOT_EQUAL /VersioningConfiguration/Status"]),
        ),
        ("Errors", deleted()),
        ("Failed", modified(&["NOT_EQUAL /VisibilityTimeout"])),
        ("Images", modified(&["NOT_EQUAL /ImageTagMutability"])),
        ("Late", deleted()),
        ("Log", modified(&["NOT_EQUAL /RetentionInDays"])),
        ("Mail", deleted()),
        ("MayInvoke", deleted()),
        ("Nightly", deleted()),
        (
            "Positions",
            modified(&["NOT_EQUAL /RetentionPeriodHours", "NOT_EQUAL /Tags/0/Value", "ADD /Tags/1"]),
        ),
        ("Reading", modified(&["NOT_EQUAL /BatchSize"])),
        ("Retries", modified(&["NOT_EQUAL /MaximumRetryAttempts"])),
        ("Role", modified(&["ADD /Policies/1"])),
        ("Route", deleted()),
        ("Setting", modified(&["NOT_EQUAL /Value"])),
        (
            "Sender",
            modified(&[
                "NOT_EQUAL /Policies/0/PolicyDocument/Statement/Action",
                "NOT_EQUAL /Policies/0/PolicyDocument/Statement/Resource",
            ]),
        ),
    ];
    let sorted = |found: Found| -> Found {
        let sort = |(id, (status, mut differences)): (String, (String, Vec<String>))| {
            differences.sort();
            (id, (status, differences))
        };
        found.into_iter().map(sort).collect()
    };
    let drifted: Found = drifts.into_iter().filter(|(_, (status, _))| status != "IN_SYNC").collect();
    let expected: Found = expected.into_iter().map(|(id, found)| (id.to_owned(), found)).collect();
    assert_eq!(sorted(drifted), sorted(expected));

    assert_eq!(
        cloud.revert("pipeline").await,
        StackStatus::UpdateComplete,
        "{:#?}",
        cloud.events("pipeline").await
    );
    let drifts = cloud.drift("pipeline").await;
    let drifted: Found = drifts.into_iter().filter(|(_, (status, _))| status != "IN_SYNC").collect();
    assert_eq!(drifted, Found::new());
    let positions = cloud.physical_id("pipeline", "Positions").await;
    let kinesis = cloud.kinesis().await;
    let summary = kinesis.describe_stream_summary().stream_name(positions).send().await.unwrap();
    assert_eq!(summary.stream_description_summary.unwrap().retention_period_hours, 48);
}

#[tokio::test]
async fn tells_a_drift_aware_change_set_what_was_and_what_is() {
    let cloud = Cloud::new().await;
    cloud.create("s", STREAM).await;
    let stream = cloud.physical_id("s", "Positions").await;
    let two = cloud.kinesis().await.update_shard_count().stream_name(&stream).target_shard_count(2);
    two.scaling_type(aws_sdk_kinesis::types::ScalingType::UniformScaling).send().await.unwrap();
    let make = |name: &'static str, template: String| {
        let request = cloud.client.create_change_set().stack_name("s").change_set_name(name);
        request.template_body(template).deployment_mode(DeploymentMode::RevertDrift).send()
    };
    make("back", STREAM.to_owned()).await.unwrap();
    let describe = |name: &'static str| {
        let request = cloud.client.describe_change_set().stack_name("s").change_set_name(name);
        request.include_property_values(true).send()
    };
    let described = describe("back").await.unwrap();
    assert_eq!(described.stack_drift_status(), Some(&StackDriftStatus::Drifted));
    assert_eq!(described.deployment_mode(), Some(&DeploymentMode::RevertDrift));
    let change = described.changes()[0].resource_change().unwrap();
    assert_eq!(change.resource_drift_status(), Some(&StackResourceDriftStatus::Modified));
    let target = change.details()[0].target().unwrap();
    assert_eq!((target.before_value(), target.after_value()), (Some("2"), Some("1")));
    assert_eq!(target.before_value_from(), Some(&BeforeValueFrom::ActualState));
    let drift = target.drift().unwrap();
    assert_eq!((drift.previous_value(), drift.actual_value()), (Some("1"), Some("2")));

    make("accept", STREAM.replace("ShardCount: 1", "ShardCount: 2")).await.unwrap();
    let described = describe("accept").await.unwrap();
    let change = described.changes()[0].resource_change().unwrap();
    assert_eq!(change.action(), Some(&ChangeAction::SyncWithActual));
    cloud.client.execute_change_set().stack_name("s").change_set_name("accept").send().await.unwrap();
    assert_eq!(cloud.settled("s").await.stack_status(), Some(&StackStatus::UpdateComplete));
    assert_eq!(cloud.open_shards(&stream).await, 2);
    assert_eq!(cloud.drift("s").await["Positions"].0, "IN_SYNC");
}

#[tokio::test]
async fn makes_anew_what_was_deleted() {
    let cloud = Cloud::new().await;
    cloud.create("s", STREAM).await;
    let stream = cloud.physical_id("s", "Positions").await;
    cloud.kinesis().await.delete_stream().stream_name(&stream).send().await.unwrap();
    crate::support::eventually("the stream is gone", || async {
        cloud.streams().await.is_empty().then_some(())
    })
    .await;
    let request = cloud.client.detect_stack_resource_drift().stack_name("s").logical_resource_id("Positions");
    let drift = request.send().await.unwrap().stack_resource_drift.unwrap();
    assert_eq!(drift.stack_resource_drift_status(), Some(&StackResourceDriftStatus::Deleted));
    assert_eq!(drift.expected_properties(), None);
    assert_eq!(cloud.revert("s").await, StackStatus::UpdateComplete);
    let remade = cloud.physical_id("s", "Positions").await;
    assert_eq!((cloud.streams().await, remade == stream), (vec![remade], false));
}

#[tokio::test]
async fn remembers_what_it_found_over_a_restart() {
    let cloud = Cloud::new().await;
    cloud.create("s", STREAM).await;
    let stream = cloud.physical_id("s", "Positions").await;
    let longer = cloud.kinesis().await.increase_stream_retention_period().stream_name(stream);
    longer.retention_period_hours(48).send().await.unwrap();
    let with_retention = STREAM.replace("ShardCount: 1", "ShardCount: 1, RetentionPeriodHours: 24");
    assert_eq!(cloud.drift("s").await["Positions"].0, "IN_SYNC", "the template does not give it");
    cloud.update("s", &with_retention).await;
    let id = cloud.physical_id("s", "Positions").await;
    let longer = cloud.kinesis().await.increase_stream_retention_period().stream_name(id);
    longer.retention_period_hours(72).send().await.unwrap();
    let found = cloud.drift("s").await;
    let Cloud { engine: TestEngine { engine, folder }, .. } = cloud;
    engine.stop().await;
    let config = Config { clock: Clock::manual(START), ..Config::new(folder.path()) };
    let engine = Engine::start(config).await.unwrap();
    let client = aws_sdk_cloudformation::Client::new(&sdk(&engine.url()).await);
    let drifts = client.describe_stack_resource_drifts().stack_name("s").send().await.unwrap();
    let drifts: Found = drifts.stack_resource_drifts.unwrap().iter().map(self::found).collect();
    assert_eq!((drifts["Positions"].0.as_str(), &drifts), ("MODIFIED", &found));
}

#[tokio::test]
async fn refuses_what_cannot_be_checked() {
    let cloud = everything().await;
    let one = cloud.client.detect_stack_resource_drift().stack_name("pipeline");
    let (code, message) = refusal(one.logical_resource_id("Delivery").send().await.unwrap_err());
    assert_eq!((code.as_str(), message.contains("Delivery")), ("ValidationError", true), "{message}");
    let missing = cloud.client.detect_stack_drift().stack_name("pipeline").logical_resource_ids("Nothing");
    let (_, message) = refusal(missing.send().await.unwrap_err());
    assert_eq!(message, "Resource Nothing does not exist for stack pipeline");
    let unknown =
        cloud.client.describe_stack_drift_detection_status().stack_drift_detection_id("nothing-at-all");
    assert_eq!(refusal(unknown.send().await.unwrap_err()).0, "ValidationError");
}
