//! What exists already is taken into a stack, and is left alone when that fails.

use aws_sdk_cloudformation::types::{Capability, ChangeAction, ChangeSetType};

use super::support::Cloud;

const KEPT: &str = "
Resources:
  Orders: {Type: AWS::Kinesis::Stream, DeletionPolicy: Retain, Properties: {Name: orders, ShardCount: 2}}
  Archive: {Type: AWS::S3::Bucket, DeletionPolicy: RetainExceptOnCreate, Properties: {BucketName: order-archive}}
Outputs:
  Arn: {Value: !GetAtt Orders.Arn}
";

/// Deletes a stack whose resources stay, so that they are there without one.
async fn left_behind(cloud: &Cloud) {
    cloud.create("old", KEPT).await;
    cloud.delete("old").await;
    assert_eq!(cloud.streams().await, ["orders"]);
}

/// Makes a change set that takes in what there is; returns `LogicalId Action PhysicalId` of its changes.
async fn plan(cloud: &Cloud, kind: ChangeSetType, stack: &str, template: &str) -> Vec<String> {
    let request = cloud.client.create_change_set().stack_name(stack).change_set_name("changes");
    let request = request.change_set_type(kind).template_body(template).import_existing_resources(true);
    request.capabilities(Capability::CapabilityNamedIam).send().await.unwrap();
    let request = cloud.client.describe_change_set().stack_name(stack).change_set_name("changes");
    let described = request.send().await.unwrap();
    let changes = described.changes().iter().filter_map(|change| change.resource_change());
    changes
        .map(|change| {
            let action = change.action().map(ChangeAction::as_str).unwrap_or_default();
            let physical_id = change.physical_resource_id().unwrap_or("-");
            format!("{} {action} {physical_id}", change.logical_resource_id().unwrap_or_default())
        })
        .collect()
}

#[tokio::test]
async fn takes_in_what_has_a_static_name_a_keeping_policy_and_no_stack() {
    let cloud = Cloud::new().await;
    left_behind(&cloud).await;
    let template = KEPT.replace("ShardCount: 2", "ShardCount: 3");
    let changes = plan(&cloud, ChangeSetType::Create, "new", &template).await;
    assert_eq!(changes, ["Archive Import order-archive", "Orders Import orders"]);
    cloud.execute("new").await;
    let stack = cloud.settled("new").await;
    assert_eq!(stack.stack_status().unwrap().as_str(), "CREATE_COMPLETE");
    assert!(stack.outputs()[0].output_value().unwrap().ends_with(":stream/orders"));
    let story = cloud.story("new").await;
    for line in ["Orders IMPORT_IN_PROGRESS", "Orders IMPORT_COMPLETE", "Archive IMPORT_COMPLETE"] {
        assert!(story.iter().any(|told| told == line), "{story:?}");
    }
    // It is taken in as it is; what differs is drift.
    assert_eq!(cloud.open_shards("orders").await, 2);
    let other = plan(&cloud, ChangeSetType::Create, "other", &template).await;
    assert_eq!(other, ["Archive Add -", "Orders Add -"], "they have a stack");
    cloud.delete("new").await;
    let deleted = KEPT
        .replace("DeletionPolicy: Retain, ", "")
        .replace("Name: order-archive", "Name: !Sub 'order-archive'");
    let changes = plan(&cloud, ChangeSetType::Create, "third", &deleted).await;
    assert_eq!(changes, ["Archive Add -", "Orders Add -"], "one would go, the other has no static name");
}

#[tokio::test]
async fn leaves_alone_what_it_took_in_when_the_operation_fails() {
    let cloud = Cloud::new().await;
    left_behind(&cloud).await;
    let failing = KEPT.replace(
        "Outputs:",
        "  Twice: {Type: AWS::Logs::LogGroup, DependsOn: [Orders, Archive], Properties: {LogGroupName: here, RetentionInDays: 4}}\nOutputs:",
    );
    plan(&cloud, ChangeSetType::Create, "new", &failing).await;
    cloud.execute("new").await;
    let stack = cloud.settled("new").await;
    assert_eq!(stack.stack_status().unwrap().as_str(), "ROLLBACK_COMPLETE");
    cloud.delete("new").await;
    assert_eq!(
        (cloud.streams().await, cloud.buckets().await),
        (vec!["orders".to_owned()], vec!["order-archive".to_owned()])
    );

    cloud.create("base", "Resources: {Topic: {Type: AWS::SNS::Topic}}").await;
    let update = failing.replace("Resources:\n", "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n");
    plan(&cloud, ChangeSetType::Update, "base", &update).await;
    cloud.execute("base").await;
    let stack = cloud.settled("base").await;
    assert_eq!(stack.stack_status().unwrap().as_str(), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(
        (cloud.streams().await, cloud.buckets().await),
        (vec!["orders".to_owned()], vec!["order-archive".to_owned()])
    );
    // It goes into the stack of the next one who asks.
    let changes = plan(&cloud, ChangeSetType::Create, "again", KEPT).await;
    assert_eq!(changes, ["Archive Import order-archive", "Orders Import orders"]);
}
