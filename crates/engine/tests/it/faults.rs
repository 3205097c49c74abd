//! Faults on demand: what clients and stacks see of them, and that they can be replayed.

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_cloudformation::types::{Capability, StackEvent};
use aws_sdk_kinesis::error::ProvideErrorMetadata;
use aws_sdk_kinesis::primitives::Blob;
use hydrant_engine::{Clock, Config, Engine, FaultPlan};

use crate::lambda::package;
use crate::support::{TestEngine, eventually};

/// Starts an engine at `scale` times the pace of the wall clock with the faults of a file.
async fn engine(scale: f64, faults: &str) -> TestEngine {
    let folder = tempfile::tempdir().unwrap();
    let faults = FaultPlan::parse(faults).unwrap();
    let config = Config { clock: Clock::scaled(scale), faults, ..Config::new(folder.path()) };
    TestEngine { engine: Engine::start(config).await.unwrap(), folder }
}

/// Returns a configuration whose clients try `attempts` times, without long waits in between.
async fn sdk(engine: &TestEngine, attempts: u32) -> SdkConfig {
    let retries = RetryConfig::standard().with_max_attempts(attempts);
    let retries = retries.with_initial_backoff(Duration::from_millis(1));
    engine.sdk().await.to_builder().retry_config(retries).build()
}

fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

async fn put(client: &aws_sdk_kinesis::Client, data: &str) -> Result<(), String> {
    let put = client.put_record().stream_name("s").partition_key("k").data(Blob::new(data));
    match put.send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.code().unwrap_or_default().to_owned()),
    }
}

/// Returns the data of all records in the stream `s`, in their order.
async fn records(client: &aws_sdk_kinesis::Client) -> Vec<String> {
    let iterator = client.get_shard_iterator().stream_name("s").shard_id("shardId-000000000000");
    let iterator = iterator.shard_iterator_type(aws_sdk_kinesis::types::ShardIteratorType::TrimHorizon);
    let iterator = iterator.send().await.unwrap().shard_iterator.unwrap();
    let read = client.get_records().shard_iterator(iterator).send().await.unwrap();
    read.records.into_iter().map(|record| String::from_utf8(record.data.into_inner()).unwrap()).collect()
}

const THROTTLE: &str =
    "seed: 7\nrequests: [{ service: kinesis, operation: PutRecord, rate: 0.3, fault: throttle }]";

#[tokio::test]
async fn lets_retries_survive_a_throttle_of_thirty_percent() {
    let engine = engine(1.0, THROTTLE).await;
    let client = aws_sdk_kinesis::Client::new(&sdk(&engine, 8).await);
    client.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    let sent: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    for data in &sent {
        assert_eq!(put(&client, data).await, Ok(()));
    }
    assert_eq!(records(&client).await, sent);
}

/// Returns what 40 puts without retries give.
async fn story(faults: &str) -> Vec<Result<(), String>> {
    let engine = engine(1.0, faults).await;
    let client = aws_sdk_kinesis::Client::new(&sdk(&engine, 1).await);
    client.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    let mut story = Vec::new();
    for number in 0..40 {
        story.push(put(&client, &number.to_string()).await);
    }
    story
}

#[tokio::test]
async fn decides_the_same_for_the_same_seed() {
    let once = story(THROTTLE).await;
    let refused = once.iter().filter(|outcome| outcome.is_err()).count();
    assert!((5..=20).contains(&refused), "{refused} of 40");
    let code = "ProvisionedThroughputExceededException".to_owned();
    assert!(once.iter().filter(|outcome| outcome.is_err()).all(|outcome| *outcome == Err(code.clone())));
    assert_eq!(once, story(THROTTLE).await);
    assert_ne!(once, story(&THROTTLE.replace("seed: 7", "seed: 8")).await);
}

#[tokio::test]
async fn closes_connections_before_or_after_the_work() {
    let faults = "requests:\n\
                  - { service: kinesis, operation: PutRecord, first: 1, fault: lose-answer }\n\
                  - { service: kinesis, operation: CreateStream, first: 1, fault: drop }\n\
                  - { service: sts, operation: GetCallerIdentity, first: 1, fault: drop }\n";
    let engine = engine(1.0, faults).await;
    let once = sdk(&engine, 1).await;
    assert!(aws_sdk_sts::Client::new(&once).get_caller_identity().send().await.is_err());
    aws_sdk_sts::Client::new(&once).get_caller_identity().send().await.unwrap();

    let client = aws_sdk_kinesis::Client::new(&sdk(&engine, 3).await);
    client.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    assert_eq!(put(&client, "a").await, Ok(()));
    // The first attempt was stored, but its answer was lost, and so the client repeated it.
    assert_eq!(records(&client).await, ["a", "a"]);
}

#[tokio::test]
async fn fails_in_the_protocol_that_the_client_reads() {
    let faults = "requests:\n\
                  - { service: s3, operation: HeadBucket, fault: { error: { status: 503 } } }\n\
                  - { service: s3, operation: PutObject, fault: throttle }\n\
                  - { service: sts, fault: { error: { status: 400, code: Odd, message: 'a < b' } } }\n\
                  - { service: lambda, operation: Invoke, fault: throttle }\n";
    let engine = engine(1.0, faults).await;
    let config = sdk(&engine, 1).await;
    let s3 = s3(&config);
    s3.create_bucket().bucket("data").send().await.unwrap();
    let error = s3.put_object().bucket("data").key("k").body(b"x".to_vec().into()).send().await.unwrap_err();
    assert_eq!(error.code(), Some("SlowDown"));
    let error = s3.head_bucket().bucket("data").send().await.unwrap_err();
    assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(503));
    let error = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("Odd"), Some("a < b")));
    let invoke = aws_sdk_lambda::Client::new(&config).invoke().function_name("f");
    let error = invoke.send().await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
}

#[tokio::test]
async fn answers_slowly() {
    let faults = "requests: [{ service: sts, first: 1, fault: { slow: { from: 100ms, to: 120ms } } }]";
    let engine = engine(1.0, faults).await;
    let client = aws_sdk_sts::Client::new(&engine.sdk().await);
    let started = Instant::now();
    client.get_caller_identity().send().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn strikes_the_one_call_that_is_meant_and_tells_which() {
    let engine = engine(1.0, "").await;
    let config = sdk(&engine, 1).await;
    let (sts, kinesis) = (aws_sdk_sts::Client::new(&config), aws_sdk_kinesis::Client::new(&config));
    let plan = |fault: &str| {
        FaultPlan::parse(&format!("requests: [{{ service: '*', after: 1, first: 1, fault: {fault} }}]"))
            .unwrap()
    };
    for fault in ["drop", "{ error: {} }"] {
        engine.engine.set_faults(plan(fault));
        sts.get_caller_identity().send().await.unwrap();
        assert!(kinesis.list_streams().send().await.is_err());
        sts.get_caller_identity().send().await.unwrap();
        let struck: Vec<String> = engine.engine.struck().into_iter().map(|strike| strike.operation).collect();
        assert_eq!(struck, ["ListStreams"]);
    }
    // What is late is done: the answer waits, and whoever leaves meanwhile finds it done.
    engine.engine.set_faults(plan("{ late: { from: 10m } }"));
    sts.get_caller_identity().send().await.unwrap();
    let create = tokio::spawn(kinesis.create_stream().stream_name("s").shard_count(1).send());
    eventually("the stream is made", || async {
        let struck = !engine.engine.struck().is_empty();
        let streams = kinesis.list_streams().send().await.unwrap();
        (struck && streams.stream_names() == ["s"]).then_some(())
    })
    .await;
    assert!(!create.is_finished());
    create.abort();
}

/// Creates a stack and returns its events, oldest first, once nothing goes on in it.
async fn create(config: &SdkConfig, template: &str) -> Vec<StackEvent> {
    let client = aws_sdk_cloudformation::Client::new(config);
    let create = client.create_stack().stack_name("orders").template_body(template);
    create.capabilities(Capability::CapabilityIam).send().await.unwrap();
    eventually("the stack settles", || async {
        let described = client.describe_stacks().stack_name("orders").send().await.ok()?;
        let status = described.stacks().first()?.stack_status()?.as_str().to_owned();
        (!status.ends_with("_IN_PROGRESS")).then_some(())
    })
    .await;
    let events = client.describe_stack_events().stack_name("orders").send().await.unwrap();
    let mut events = events.stack_events.unwrap_or_default();
    events.reverse();
    events
}

fn status(event: &StackEvent) -> &str {
    event.resource_status().map(aws_sdk_cloudformation::types::ResourceStatus::as_str).unwrap_or_default()
}

#[tokio::test]
async fn rolls_a_stack_back_whose_resource_is_told_to_fail() {
    let faults = "resources:\n\
                  - { type: 'AWS::S3::*', logical_id: Data, on: create, first: 1, message: No room., code: Throttled }\n";
    let engine = engine(1.0, faults).await;
    let config = sdk(&engine, 1).await;
    let template = "Resources: {Stream: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}},\n\
                    Data: {Type: 'AWS::S3::Bucket', DependsOn: Stream}}";
    let events = create(&config, template).await;
    let failed = events.iter().find(|event| status(event) == "CREATE_FAILED").unwrap();
    assert_eq!(failed.logical_resource_id(), Some("Data"));
    let reason = failed.resource_status_reason().unwrap_or_default();
    assert!(reason.starts_with("Resource handler returned message: \"No room. (Service: S3"), "{reason}");
    assert_eq!(events.last().map(status), Some("ROLLBACK_COMPLETE"));
    let streams = aws_sdk_kinesis::Client::new(&config).list_streams().send().await.unwrap();
    assert!(streams.stream_names().is_empty());

    let client = aws_sdk_cloudformation::Client::new(&config);
    client.delete_stack().stack_name("orders").send().await.unwrap();
    eventually("the stack is gone", || async {
        client.describe_stacks().stack_name("orders").send().await.err()
    })
    .await;
    assert_eq!(create(&config, template).await.last().map(status), Some("CREATE_COMPLETE"));
}

const DELIVERY: &str = "
Resources:
  Landing: {Type: AWS::S3::Bucket, Properties: {BucketName: landing}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [
        {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: firehose.amazonaws.com}}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [
        {Effect: Allow, Action: 's3:*', Resource: '*'}]}}]
  Delivery:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamName: clicks
      ExtendedS3DestinationConfiguration:
        BucketARN: !GetAtt Landing.Arn
        RoleARN: !GetAtt Role.Arn
        BufferingHints: {IntervalInSeconds: 60, SizeInMBs: 1}
";

#[tokio::test]
async fn delivers_records_twice_and_out_of_order() {
    let faults = "seed: 1\n\
                  deliveries: [{ by: firehose, fault: duplicate }, { by: firehose, name: clicks, fault: reorder }]";
    let engine = engine(100.0, faults).await;
    let config = sdk(&engine, 1).await;
    assert_eq!(create(&config, DELIVERY).await.last().map(status), Some("CREATE_COMPLETE"));
    let firehose = aws_sdk_firehose::Client::new(&config);
    let record = |number: u8| {
        let data = aws_sdk_firehose::primitives::Blob::new([b'a' + number]);
        aws_sdk_firehose::types::Record::builder().data(data).build().unwrap()
    };
    let put = firehose.put_record_batch().delivery_stream_name("clicks");
    put.set_records(Some((0..20).map(record).collect())).send().await.unwrap();
    let s3 = s3(&config);
    let key = eventually("an object is delivered", || async {
        let listed = s3.list_objects_v2().bucket("landing").send().await.ok()?;
        listed.contents().first()?.key().map(str::to_owned)
    })
    .await;
    let object = s3.get_object().bucket("landing").key(key).send().await.unwrap();
    let delivered = object.body.collect().await.unwrap().to_vec();
    assert_eq!(delivered.len(), 21, "{}", String::from_utf8_lossy(&delivered));
    let mut sorted = delivered.clone();
    sorted.sort_unstable();
    assert_ne!(delivered, sorted);
    sorted.dedup();
    assert_eq!(sorted, (b'a'..b'a' + 20).collect::<Vec<u8>>());
}

const CONSUMER: &str = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [
        {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: lambda.amazonaws.com}}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [
        {Effect: Allow, Action: ['kinesis:*', 'logs:*'], Resource: '*'}]}}]
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: s, ShardCount: 1}}
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/consumer}}
  Consumer:
    Type: AWS::Lambda::Function
    DependsOn: Log
    Properties:
      FunctionName: consumer
      Role: !GetAtt Role.Arn
      Runtime: provided.al2023
      Handler: bootstrap
      Code: {S3Bucket: packages, S3Key: consumer.zip}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Stream.Arn
      FunctionName: !Ref Consumer
      StartingPosition: TRIM_HORIZON
";

#[tokio::test]
async fn hands_a_batch_to_a_function_twice() {
    let faults = "deliveries: [{ by: mapping, name: consumer, first: 1, fault: duplicate }]";
    let engine = engine(1.0, faults).await;
    let config = sdk(&engine, 1).await;
    let s3 = s3(&config);
    s3.create_bucket().bucket("packages").send().await.unwrap();
    let body = package().into_inner().into();
    s3.put_object().bucket("packages").key("consumer.zip").body(body).send().await.unwrap();
    assert_eq!(create(&config, CONSUMER).await.last().map(status), Some("CREATE_COMPLETE"));
    let kinesis = aws_sdk_kinesis::Client::new(&config);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    let seen = |data: &'static str| {
        let logs = &logs;
        async move {
            let pattern = format!("\"record {data}\"");
            let filter = logs.filter_log_events().log_group_name("/aws/lambda/consumer");
            let found = filter.filter_pattern(pattern).send().await.ok()?;
            Some(found.events().len())
        }
    };
    put(&kinesis, "one").await.unwrap();
    eventually("the first batch comes twice", || async { (seen("one").await? == 2).then_some(()) }).await;
    put(&kinesis, "two").await.unwrap();
    eventually("the second batch comes", || async { (seen("two").await? >= 1).then_some(()) }).await;
    assert_eq!((seen("one").await, seen("two").await), (Some(2), Some(1)));
}
