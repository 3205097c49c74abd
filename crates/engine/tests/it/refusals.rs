//! What other local servers let through, and AWS does not: the stack fails with AWS's reason, and nothing is left of it.
//!
//! | let through elsewhere | shown here by |
//! |---|---|
//! | a function whose code is missing in S3 | `refuses_a_function_whose_code_is_not_in_the_bucket` |
//! | a function without a role | `refuses_a_function_without_a_role` |
//! | a role whose name is taken | `refuses_a_role_whose_name_is_taken` |
//! | a mapping to a stream that is not there | `refuses_a_mapping_to_a_stream_that_is_not_there` |
//! | a delivery to a bucket or with a role that is not there | `refuses_a_delivery_to_a_bucket_or_with_a_role_that_is_not_there` |
//! | buffering hints of 999 MB and 9999 s | `refuses_a_buffer_that_is_too_large_or_waits_too_long` |
//! | an unknown property | `refuses_a_property_that_the_type_does_not_have` |
//! | a reference to nothing | `refuses_a_reference_to_nothing_when_a_stack_is_made_and_when_it_is_changed` |
//! | a shard count that is said to have changed | `has_as_many_shards_as_an_update_says` |
//! | an update that fails and is not rolled back | every test of `failure` |
//! | a bucket with objects, deleted with its stack | `keeps_a_bucket_with_objects_and_says_so` |
//! | `Conditional` replacements, no values, excluded resources in change sets | `leaves_what_a_condition_excludes_out_of_a_change_set` |
//! | roles without an acknowledgement | `asks_for_the_acknowledgement_of_new_rights_when_a_stack_is_changed` |

use aws_sdk_cloudformation::types::{Capability, ChangeSetType, ResourceStatus, StackStatus};

use crate::cloudformation::support::{Cloud, refusal};
use crate::support::ACCOUNT;

/// A stream that is made first, and a role for whatever fails after it.
const BASE: &str = "
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: made, ShardCount: 1}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: [lambda.amazonaws.com, firehose.amazonaws.com]}}
      Policies:
        - PolicyName: rights
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: ['kinesis:*', 'logs:*', 's3:*'], Resource: '*'}]
";

/// Creates a stack in which `resource` fails, updates one into it, and returns why, which must be the same both times.
async fn failure(cloud: &Cloud, resource: &str) -> String {
    let template = format!("{BASE}  Broken:\n    DependsOn: [Stream, Role]\n{resource}");
    let created = cloud.create("created", &template).await;
    assert_eq!(created.stack_status(), Some(&StackStatus::RollbackComplete));
    assert!(cloud.streams().await.is_empty());
    let reason = reason(cloud, "created", "CREATE_FAILED").await;
    cloud.delete("created").await;

    cloud.create("updated", BASE).await;
    let updated = cloud.update("updated", &template).await;
    assert_eq!(updated.stack_status(), Some(&StackStatus::UpdateRollbackComplete));
    assert_eq!(cloud.streams().await, ["made"]);
    let again = self::reason(cloud, "updated", "CREATE_FAILED").await;
    // The end has ids of the request.
    let stable = |reason: &str| {
        let message = reason.split(" (RequestToken").next().unwrap_or_default();
        message.split(" (Service").next().unwrap_or_default().to_owned()
    };
    assert_eq!(stable(&reason), stable(&again));
    cloud.delete("updated").await;
    assert!(cloud.streams().await.is_empty());
    reason
}

async fn reason(cloud: &Cloud, stack: &str, status: &str) -> String {
    let events = cloud.events(stack).await;
    let failed: Vec<_> =
        events.iter().filter(|one| one.resource_status().is_some_and(|one| one.as_str() == status)).collect();
    let [failed] = failed.as_slice() else { panic!("one resource fails: {failed:#?}") };
    assert_eq!(failed.logical_resource_id(), Some("Broken"));
    failed.resource_status_reason().unwrap_or_default().to_owned()
}

#[track_caller]
fn assert_says(reason: &str, expected: &str) {
    assert!(reason.contains(expected), "`{reason}` does not say `{expected}`");
}

#[tokio::test]
async fn refuses_a_function_whose_code_is_not_in_the_bucket() {
    let cloud = Cloud::new().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    s3.create_bucket().bucket("packages").send().await.unwrap();
    let function = "
    Type: AWS::Lambda::Function
    Properties:
      Handler: bootstrap
      Runtime: provided.al2023
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: packages, S3Key: missing.zip}
";
    let expected = "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does \
                    not exist.";
    assert_says(&failure(&cloud, function).await, expected);
    let elsewhere = function.replace("packages", "nowhere-at-all");
    assert_says(&failure(&cloud, &elsewhere).await, "S3 Error Code: NoSuchBucket.");
}

#[tokio::test]
async fn refuses_a_function_without_a_role() {
    let cloud = Cloud::new().await;
    let function = "
    Type: AWS::Lambda::Function
    Properties: {Handler: bootstrap, Runtime: provided.al2023, Code: {S3Bucket: packages, S3Key: function.zip}}
";
    let expected =
        "Properties validation failed for resource Broken with message:\n#: required key [Role] not found";
    assert_eq!(failure(&cloud, function).await, expected);
}

#[tokio::test]
async fn refuses_a_role_whose_name_is_taken() {
    let cloud = Cloud::new().await;
    let role = BASE.split_once("  Role:\n").unwrap().1.replace("worker", "taken");
    cloud.create("first", &format!("Resources:\n  Role:\n{role}")).await;
    let reason = failure(&cloud, &role).await;
    assert_says(&reason, "taken already exists");
    assert_says(&reason, "HandlerErrorCode: AlreadyExists");
    // The one that was there is another stack's, and stays.
    assert_eq!(cloud.physical_id("first", "Role").await, "taken");
    let unchanged =
        cloud.change_set(ChangeSetType::Update, "first", &format!("Resources:\n  Role:\n{role}\n")).await;
    assert_eq!(unchanged.status().unwrap().as_str(), "FAILED");
}

#[tokio::test]
async fn refuses_a_mapping_to_a_stream_that_is_not_there() {
    let cloud = Cloud::new().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    s3.create_bucket().bucket("packages").send().await.unwrap();
    s3.put_object().bucket("packages").key("f.zip").body(empty_package().into()).send().await.unwrap();
    let arn = format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/missing");
    let function = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: consumer
      Handler: bootstrap
      Runtime: provided.al2023
      Role: !GetAtt Role.Arn
      Code: {S3Bucket: packages, S3Key: f.zip}
";
    let made = cloud.create("consumer", function).await;
    assert_eq!(made.stack_status(), Some(&StackStatus::CreateComplete));
    let mapping = format!(
        "    Type: AWS::Lambda::EventSourceMapping
    Properties: {{FunctionName: consumer, EventSourceArn: '{arn}', StartingPosition: LATEST}}
"
    );
    assert_says(&failure(&cloud, &mapping).await, &format!("Stream not found: {arn}"));
}

/// A delivery stream to `bucket` with `role` and its buffering hints.
fn delivery(bucket: &str, role: &str, megabytes: u32, seconds: u32) -> String {
    format!(
        "    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      ExtendedS3DestinationConfiguration:
        BucketARN: arn:aws:s3:::{bucket}
        RoleARN: {role}
        BufferingHints: {{SizeInMBs: {megabytes}, IntervalInSeconds: {seconds}}}
"
    )
}

#[tokio::test]
async fn refuses_a_delivery_to_a_bucket_or_with_a_role_that_is_not_there() {
    let cloud = Cloud::new().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    s3.create_bucket().bucket("landing").send().await.unwrap();
    let missing = format!("arn:aws:iam::{ACCOUNT}:role/missing");
    let expected = format!("Firehose is unable to assume role {missing}. Please check the role provided.");
    assert_says(&failure(&cloud, &delivery("landing", &missing, 1, 60)).await, &expected);
    let reason = failure(&cloud, &delivery("nowhere-at-all", "!GetAtt Role.Arn", 1, 60)).await;
    assert_says(&reason, "nowhere-at-all");
    assert_says(&reason, "Service: Firehose, Status Code: 400");
}

#[tokio::test]
async fn refuses_a_buffer_that_is_too_large_or_waits_too_long() {
    let cloud = Cloud::new().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    s3.create_bucket().bucket("landing").send().await.unwrap();
    let reason = failure(&cloud, &delivery("landing", "!GetAtt Role.Arn", 999, 9999)).await;
    // AWS's schema knows the limits, so that the service is not even asked.
    let expected = "Properties validation failed for resource Broken with message:\n\
        #/ExtendedS3DestinationConfiguration/BufferingHints/SizeInMBs: failed validation constraint for keyword \
        [maximum]\n#/ExtendedS3DestinationConfiguration/BufferingHints/IntervalInSeconds: failed validation \
        constraint for keyword [maximum]";
    assert_eq!(reason, expected);
}

#[tokio::test]
async fn refuses_a_property_that_the_type_does_not_have() {
    let cloud = Cloud::new().await;
    let bucket = "    Type: AWS::S3::Bucket\n    Properties: {BucketNmae: orders}\n";
    let expected = "Properties validation failed for resource Broken with message:\n#: extraneous key [BucketNmae] is \
                    not permitted";
    assert_eq!(failure(&cloud, bucket).await, expected);
    assert!(cloud.buckets().await.is_empty());
}

#[tokio::test]
async fn refuses_a_reference_to_nothing_when_a_stack_is_made_and_when_it_is_changed() {
    let cloud = Cloud::new().await;
    let template =
        format!("{BASE}  Data: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Ref Nmae}}}}\n");
    let message = "Template format error: Unresolved resource dependencies [Nmae] in the Resources block of the template";
    let expected = ("ValidationError".to_owned(), message.to_owned());
    let capability = Capability::CapabilityNamedIam;
    let create = cloud.client.create_stack().stack_name("orders").capabilities(capability.clone());
    assert_eq!(refusal(create.template_body(&template).send().await.unwrap_err()), expected);
    assert!(cloud.describe("orders").await.is_none());
    cloud.create("orders", BASE).await;
    let update = cloud.client.update_stack().stack_name("orders").capabilities(capability);
    assert_eq!(refusal(update.template_body(&template).send().await.unwrap_err()), expected);
    let status = cloud.describe("orders").await.unwrap().stack_status;
    assert_eq!((status, cloud.streams().await), (Some(StackStatus::CreateComplete), vec!["made".to_owned()]));
}

#[tokio::test]
async fn asks_for_the_acknowledgement_of_new_rights_when_a_stack_is_changed() {
    let cloud = Cloud::new().await;
    let stream = BASE.split_once("  Role:\n").unwrap().0;
    cloud.create("orders", stream).await;
    let update = cloud.client.update_stack().stack_name("orders").template_body(BASE);
    let expected = "Requires capabilities : [CAPABILITY_NAMED_IAM]".to_owned();
    let refused = refusal(update.clone().send().await.unwrap_err());
    assert_eq!(refused, ("InsufficientCapabilitiesException".to_owned(), expected.clone()));
    // What is acknowledged must cover the names.
    let refused = update.clone().capabilities(Capability::CapabilityIam).send().await.unwrap_err();
    assert_eq!(refusal(refused).1, expected);
    update.capabilities(Capability::CapabilityNamedIam).send().await.unwrap();
    assert_eq!(cloud.settled("orders").await.stack_status, Some(StackStatus::UpdateComplete));
}

#[tokio::test]
async fn keeps_a_bucket_with_objects_and_says_so() {
    let cloud = Cloud::new().await;
    let bucket =
        format!("{BASE}  Data: {{Type: AWS::S3::Bucket, Properties: {{BucketName: data-of-orders}}}}\n");
    let id = cloud.create("orders", &bucket).await.stack_id.unwrap();
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    s3.put_object().bucket("data-of-orders").key("a").body(vec![1].into()).send().await.unwrap();
    assert_eq!(cloud.delete("orders").await.stack_status(), Some(&StackStatus::DeleteFailed));
    let events = cloud.events(&id).await;
    let failed =
        events.iter().find(|one| one.resource_status() == Some(&ResourceStatus::DeleteFailed)).unwrap();
    assert_says(failed.resource_status_reason().unwrap(), "The bucket you tried to delete is not empty");
    assert_eq!(cloud.buckets().await, ["data-of-orders"]);
    // Without the object it goes.
    s3.delete_object().bucket("data-of-orders").key("a").send().await.unwrap();
    assert_eq!(cloud.delete("orders").await.stack_status(), Some(&StackStatus::DeleteComplete));
}

#[tokio::test]
async fn refuses_properties_that_do_not_fit_together() {
    let cloud = Cloud::new().await;
    let on_demand = "    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: 1, StreamModeDetails: {StreamMode: ON_DEMAND}}
";
    let reason = failure(&cloud, on_demand).await;
    let expected = "Resource handler returned message: \"ShardCount is not expected when StreamMode=ON_DEMAND\" \
        (RequestToken: ";
    assert_says(&reason, expected);
    let half = delivery("landing", "!GetAtt Role.Arn", 1, 60).replace("SizeInMBs: 1, ", "");
    let reason = failure(&cloud, &half).await;
    assert_says(&reason, "Both BufferSizeInMBs and BufferIntervalInSeconds are required");
    assert_says(&reason, "Service: Firehose, Status Code: 400");
    let short = "    Type: AWS::Kinesis::Stream\n    Properties: {ShardCount: 1, RetentionPeriodHours: 12}\n";
    let reason = failure(&cloud, short).await;
    assert_says(&reason, "Minimum allowed retention period is 24 hours.");
}

#[tokio::test]
async fn has_as_many_shards_as_an_update_says() {
    let cloud = Cloud::new().await;
    cloud.create("orders", BASE).await;
    for shards in [2, 4, 3] {
        let updated =
            cloud.update("orders", &BASE.replace("ShardCount: 1", &format!("ShardCount: {shards}"))).await;
        assert_eq!(updated.stack_status(), Some(&StackStatus::UpdateComplete));
        assert_eq!(cloud.open_shards("made").await, shards);
    }
}

#[tokio::test]
async fn leaves_what_a_condition_excludes_out_of_a_change_set() {
    let cloud = Cloud::new().await;
    let conditional = format!(
        "Conditions: {{Never: !Equals [a, b]}}
{BASE}  Excluded: {{Type: AWS::S3::Bucket, Condition: Never}}
"
    );
    let listed =
        |described: &aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput| {
            let mut ids: Vec<_> = described
                .changes()
                .iter()
                .filter_map(|change| change.resource_change()?.logical_resource_id().map(str::to_owned))
                .collect();
            ids.sort();
            ids
        };
    let described = cloud.change_set(ChangeSetType::Create, "orders", &conditional).await;
    assert_eq!(listed(&described), ["Role", "Stream"]);
    cloud.execute("orders").await;
    cloud.settled("orders").await;
    let changed = conditional.replace("ShardCount: 1", "ShardCount: 2");
    let described = cloud.change_set(ChangeSetType::Update, "orders", &changed).await;
    assert_eq!(listed(&described), ["Stream"]);
    let change = described.changes()[0].resource_change().unwrap();
    // Not `Conditional`: the type's schema says that this property needs no replacement.
    assert_eq!(change.replacement().unwrap().as_str(), "False");
    let target = change.details()[0].target().unwrap();
    assert_eq!((target.before_value(), target.after_value()), (Some("1"), Some("2")));
}

/// A deployment package that could not run, which a function that is never invoked does not need.
fn empty_package() -> Vec<u8> {
    use std::io::Write as _;

    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer.start_file("bootstrap", options).unwrap();
    writer.write_all(b"#!/bin/sh\n").unwrap();
    writer.finish().unwrap().into_inner()
}
