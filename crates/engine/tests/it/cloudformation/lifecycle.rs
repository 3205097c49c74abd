//! Stacks that succeed: created, changed in place, replaced, deleted.

use aws_sdk_cloudformation::types::{ChangeSetType, StackStatus};

use super::support::{Cloud, parameter};

const PIPELINE: &str = "
Description: One stream and what reads it
Parameters:
  Shards: {Type: Number, Default: 1}
  Secret: {Type: String, Default: hunter2, NoEcho: true}
Conditions:
  Never: !Equals [a, b]
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: !Ref Shards, Tags: [{Key: password, Value: !Ref Secret}]}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: kinesis:GetRecords, Resource: !GetAtt Stream.Arn}]
  Absent:
    Type: AWS::S3::Bucket
    Condition: Never
Outputs:
  StreamName: {Value: !Ref Stream, Description: the stream}
  StreamArn: {Value: !GetAtt Stream.Arn, Export: {Name: !Sub '${AWS::StackName}-stream'}}
";

#[tokio::test]
async fn creates_resources_in_order_and_tells_of_each_step() {
    let cloud = Cloud::new().await;
    let described = cloud.change_set(ChangeSetType::Create, "orders", PIPELINE).await;
    let review = cloud.describe("orders").await.unwrap();
    assert_eq!(review.stack_status(), Some(&StackStatus::ReviewInProgress));
    let added: Vec<_> = described
        .changes()
        .iter()
        .map(|one| one.resource_change().unwrap().logical_resource_id().unwrap())
        .collect();
    assert_eq!(added, ["Reader", "Stream"]);

    cloud.execute("orders").await;
    let stack = cloud.settled("orders").await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::CreateComplete));
    let stream = cloud.physical_id("orders", "Stream").await;
    assert!(stream.starts_with("orders-Stream-"), "{stream}");
    assert_eq!(stack.outputs()[0].output_value(), Some(stream.as_str()));
    assert_eq!(stack.outputs()[1].export_name(), Some("orders-stream"));
    assert_eq!(cloud.streams().await, [stream]);
    assert_eq!(
        cloud.story("orders").await,
        [
            "orders REVIEW_IN_PROGRESS",
            "orders CREATE_IN_PROGRESS",
            "Stream CREATE_IN_PROGRESS",
            "Stream CREATE_IN_PROGRESS",
            "Stream CREATE_COMPLETE",
            "Reader CREATE_IN_PROGRESS",
            "Reader CREATE_IN_PROGRESS",
            "Reader CREATE_COMPLETE",
            "orders CREATE_COMPLETE",
        ]
    );
    let events = cloud.events("orders").await;
    assert_eq!(events[1].resource_status_reason(), Some("User Initiated"));
    assert_eq!(events[3].resource_status_reason(), Some("Resource creation Initiated"));
}

#[tokio::test]
async fn shows_no_secret_anywhere() {
    let cloud = Cloud::new().await;
    let described = cloud.change_set(ChangeSetType::Create, "orders", PIPELINE).await;
    assert!(!format!("{described:?}").contains("hunter2"));
    cloud.execute("orders").await;
    let stack = cloud.settled("orders").await;
    assert_eq!(stack.parameters()[1].parameter_value(), Some("****"));
    assert!(!format!("{stack:?}{:?}", cloud.events("orders").await).contains("hunter2"));
}

#[tokio::test]
async fn changes_a_property_in_place() {
    let cloud = Cloud::new().await;
    cloud.create("orders", PIPELINE).await;
    let stream = cloud.physical_id("orders", "Stream").await;
    let shards = vec![parameter("Shards", "2")];
    cloud.change_set_with(ChangeSetType::Update, "orders", PIPELINE, shards).await;
    cloud.execute("orders").await;
    let stack = cloud.settled("orders").await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::UpdateComplete));
    assert_eq!(cloud.physical_id("orders", "Stream").await, stream);
    assert_eq!(cloud.open_shards(&stream).await, 2);
    let story = cloud.story("orders").await;
    assert_eq!(
        story[9..],
        [
            "orders UPDATE_IN_PROGRESS",
            "Stream UPDATE_IN_PROGRESS",
            "Stream UPDATE_COMPLETE",
            "orders UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "orders UPDATE_COMPLETE",
        ]
    );
}

#[tokio::test]
async fn replaces_a_resource_and_deletes_the_old_one_last() {
    let cloud = Cloud::new().await;
    cloud.create("orders", &named("one")).await;
    let described = cloud.change_set(ChangeSetType::Update, "orders", &named("two")).await;
    let change = described.changes()[0].resource_change().unwrap();
    assert_eq!(change.replacement().unwrap().as_str(), "True");
    assert_eq!(change.policy_action().unwrap().as_str(), "ReplaceAndDelete");
    cloud.execute("orders").await;
    cloud.settled("orders").await;
    assert_eq!(cloud.streams().await, ["two"]);
    let story = cloud.story("orders").await;
    let cleanup = story.iter().position(|one| one == "orders UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").unwrap();
    let deleted = story.iter().position(|one| one == "Stream DELETE_COMPLETE").unwrap();
    assert!(cleanup < deleted);
}

fn named(name: &str) -> String {
    format!(
        "Resources: {{Stream: {{Type: 'AWS::Kinesis::Stream', Properties: {{Name: {name}, ShardCount: 1}}}}}}"
    )
}

#[tokio::test]
async fn keeps_a_replaced_resource_when_the_template_says_so() {
    let cloud = Cloud::new().await;
    let template = |name: &str| named(name).replace("Type:", "UpdateReplacePolicy: Retain, Type:");
    cloud.create("orders", &template("one")).await;
    cloud.update("orders", &template("two")).await;
    assert_eq!(cloud.streams().await, ["one", "two"]);
    assert!(cloud.story("orders").await.contains(&"Stream DELETE_SKIPPED".to_owned()));
}

#[tokio::test]
async fn deletes_in_reverse_order_and_remembers_the_stack_by_its_arn() {
    let cloud = Cloud::new().await;
    let id = cloud.create("orders", PIPELINE).await.stack_id.unwrap();
    let deleted = cloud.delete("orders").await;
    assert_eq!(deleted.stack_status(), Some(&StackStatus::DeleteComplete));
    assert!(cloud.describe("orders").await.is_none());
    assert!(cloud.streams().await.is_empty());
    let story = cloud.story(&id).await;
    let at = |line: &str| story.iter().position(|one| one == line).unwrap();
    assert!(at("Reader DELETE_COMPLETE") < at("Stream DELETE_IN_PROGRESS"));
    // The name is free again, and a stack that is gone is deleted without complaint.
    cloud.client.delete_stack().stack_name("orders").send().await.unwrap();
    cloud.create("orders", PIPELINE).await;
}

#[tokio::test]
async fn retains_what_the_template_keeps() {
    let cloud = Cloud::new().await;
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket', DeletionPolicy: Retain}}";
    let id = cloud.create("orders", template).await.stack_id.unwrap();
    cloud.delete("orders").await;
    assert_eq!(cloud.buckets().await.len(), 1);
    assert!(cloud.story(&id).await.contains(&"Data DELETE_SKIPPED".to_owned()));
}

#[tokio::test]
async fn removes_a_resource_that_left_the_template() {
    let cloud = Cloud::new().await;
    let both = "Resources: {A: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}, \
                B: {Type: 'AWS::S3::Bucket'}}";
    cloud.create("orders", both).await;
    let one = "Resources: {B: {Type: 'AWS::S3::Bucket'}}";
    let described = cloud.change_set(ChangeSetType::Update, "orders", one).await;
    let change = described.changes()[0].resource_change().unwrap();
    assert_eq!((described.changes().len(), change.action().unwrap().as_str()), (1, "Remove"));
    cloud.execute("orders").await;
    cloud.settled("orders").await;
    assert!(cloud.streams().await.is_empty());
    let resources = cloud.client.list_stack_resources().stack_name("orders").send().await.unwrap();
    assert_eq!(resources.stack_resource_summaries().len(), 1);
}

#[tokio::test]
async fn gives_templates_back_and_sums_them_up() {
    let cloud = Cloud::new().await;
    cloud.create("orders", PIPELINE).await;
    let template = cloud.client.get_template().stack_name("orders").send().await.unwrap();
    assert_eq!(template.template_body(), Some(PIPELINE.trim_start_matches('\u{feff}')));
    let summary = cloud.client.get_template_summary().stack_name("orders").send().await.unwrap();
    assert_eq!(summary.resource_types(), ["AWS::IAM::Role", "AWS::Kinesis::Stream", "AWS::S3::Bucket"]);
    assert_eq!(summary.capabilities()[0].as_str(), "CAPABILITY_IAM");
    let validated = cloud.client.validate_template().template_body(PIPELINE).send().await.unwrap();
    assert_eq!(validated.description(), Some("One stream and what reads it"));
    assert_eq!(validated.parameters()[1].no_echo(), Some(true));
}

#[tokio::test]
async fn reads_a_template_from_the_engines_own_s3() {
    let cloud = Cloud::new().await;
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    s3.create_bucket().bucket("templates").send().await.unwrap();
    let body = aws_sdk_s3::primitives::ByteStream::from_static(PIPELINE.as_bytes());
    s3.put_object().bucket("templates").key("a/t.yaml").body(body).send().await.unwrap();
    let request = cloud.client.create_stack().stack_name("orders");
    let request = request.template_url("https://templates.s3.us-east-1.amazonaws.com/a/t.yaml");
    let request = request.capabilities(aws_sdk_cloudformation::types::Capability::CapabilityIam);
    request.send().await.unwrap();
    assert_eq!(cloud.settled("orders").await.stack_status(), Some(&StackStatus::CreateComplete));
}
