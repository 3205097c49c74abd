//! What change sets say before anything happens.

use aws_sdk_cloudformation::types::{
    ChangeSetStatus, ChangeSetType, ExecutionStatus, ResourceChange, ResourceChangeDetail,
};

use super::support::{Cloud, parameter, refusal};

const LINKED: &str = "
Parameters:
  Name: {Type: String, Default: first}
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {Name: !Ref Name, ShardCount: 1}
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub '/streams/${Stream}'}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      Description: !GetAtt Stream.Arn
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
";

fn change<'a>(changes: &'a [aws_sdk_cloudformation::types::Change], logical_id: &str) -> &'a ResourceChange {
    let mut changes = changes.iter().filter_map(|change| change.resource_change());
    changes.find(|change| change.logical_resource_id() == Some(logical_id)).expect("the resource changes")
}

fn line(detail: &ResourceChangeDetail) -> String {
    let target = detail.target().unwrap();
    format!(
        "{} {} {} {} {} {}",
        target.path().unwrap_or_default(),
        target.requires_recreation().unwrap().as_str(),
        detail.evaluation().unwrap().as_str(),
        detail.change_source().unwrap().as_str(),
        detail.causing_entity().unwrap_or("-"),
        target.after_value().unwrap_or_default(),
    )
}

#[tokio::test]
async fn shows_one_changed_property_with_its_values() {
    let cloud = Cloud::new().await;
    cloud.create("orders", LINKED).await;
    let template = LINKED.replace("ShardCount: 1", "ShardCount: 2");
    let described = cloud.change_set(ChangeSetType::Update, "orders", &template).await;
    assert_eq!(described.changes().len(), 1);
    let change = change(described.changes(), "Stream");
    assert_eq!(change.replacement().unwrap().as_str(), "False");
    assert_eq!(change.scope()[0].as_str(), "Properties");
    assert_eq!(change.details().len(), 1);
    assert_eq!(line(&change.details()[0]), "/Properties/ShardCount Never Static DirectModification - 2");
    assert_eq!(change.details()[0].target().unwrap().before_value(), Some("1"));
    assert_eq!(change.before_context(), Some("{\"Properties\":{\"Name\":\"first\",\"ShardCount\":1}}"));
    assert_eq!(change.after_context(), Some("{\"Properties\":{\"Name\":\"first\",\"ShardCount\":2}}"));
}

#[tokio::test]
async fn follows_a_replacement_to_what_depends_on_it() {
    let cloud = Cloud::new().await;
    cloud.create("orders", LINKED).await;
    let second = vec![parameter("Name", "second")];
    let described = cloud.change_set_with(ChangeSetType::Update, "orders", LINKED, second).await;
    let stream = change(described.changes(), "Stream");
    assert_eq!(stream.replacement().unwrap().as_str(), "True");
    assert_eq!(
        stream.details().iter().map(line).collect::<Vec<_>>(),
        [
            "/Properties/Name Always Dynamic DirectModification - second",
            "/Properties/Name Always Static ParameterReference Name second",
        ]
    );
    let group = change(described.changes(), "Group");
    assert_eq!(group.replacement().unwrap().as_str(), "Conditional");
    assert_eq!(
        line(&group.details()[1]),
        "/Properties/LogGroupName Always Static ResourceReference Stream {{changeSet:KNOWN_AFTER_APPLY}}"
    );
    let reader = change(described.changes(), "Reader");
    assert_eq!(reader.replacement().unwrap().as_str(), "False");
    assert_eq!(reader.details()[1].causing_entity(), Some("Stream.Arn"));
}

#[tokio::test]
async fn fails_a_change_set_that_changes_nothing() {
    let cloud = Cloud::new().await;
    cloud.create("orders", LINKED).await;
    let described = cloud.change_set(ChangeSetType::Update, "orders", LINKED).await;
    assert_eq!(described.status(), Some(&ChangeSetStatus::Failed));
    assert_eq!(described.execution_status(), Some(&ExecutionStatus::Unavailable));
    let reason = "The submitted information didn't contain changes. \
                  Submit different information to create a change set.";
    assert_eq!(described.status_reason(), Some(reason));
    let request = cloud.client.execute_change_set().stack_name("orders").change_set_name("changes");
    let (code, message) = refusal(request.send().await.unwrap_err());
    assert_eq!(code, "InvalidChangeSetStatus");
    assert!(message.ends_with("cannot be executed in its current status of [FAILED]"), "{message}");
    let request = cloud.client.update_stack().stack_name("orders").template_body(LINKED);
    let (_, message) = refusal(request.capabilities("CAPABILITY_IAM".into()).send().await.unwrap_err());
    assert_eq!(message, "No updates are to be performed.");
}

#[tokio::test]
async fn takes_a_change_of_outputs_or_policies_for_a_change() {
    let cloud = Cloud::new().await;
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket'}}";
    cloud.create("orders", template).await;
    let retained = template.replace("Type:", "DeletionPolicy: Retain, Type:");
    let described = cloud.change_set(ChangeSetType::Update, "orders", &retained).await;
    let data = change(described.changes(), "Data");
    assert_eq!(data.scope()[0].as_str(), "DeletionPolicy");
    assert_eq!(data.replacement().unwrap().as_str(), "False");

    let request = cloud.client.delete_change_set().stack_name("orders").change_set_name("changes");
    request.send().await.unwrap();
    let with_output = format!("{template}\nOutputs: {{Name: {{Value: !Ref Data}}}}");
    let described = cloud.change_set(ChangeSetType::Update, "orders", &with_output).await;
    assert_eq!(described.status(), Some(&ChangeSetStatus::CreateComplete));
    assert!(described.changes().is_empty());
    cloud.execute("orders").await;
    assert_eq!(cloud.settled("orders").await.outputs().len(), 1);
}

#[tokio::test]
async fn executes_a_change_set_once_and_drops_the_others() {
    let cloud = Cloud::new().await;
    cloud.create("orders", LINKED).await;
    for (name, shards) in [("two", 2), ("three", 3)] {
        let template = LINKED.replace("ShardCount: 1", &format!("ShardCount: {shards}"));
        let request = cloud.client.create_change_set().stack_name("orders").change_set_name(name);
        let request = request.template_body(template).capabilities("CAPABILITY_IAM".into());
        request.send().await.unwrap();
    }
    let execute = || {
        let request = cloud.client.execute_change_set().stack_name("orders").change_set_name("two");
        request.client_request_token("token").send()
    };
    execute().await.unwrap();
    execute().await.unwrap();
    cloud.settled("orders").await;
    let story = cloud.story("orders").await;
    assert_eq!(story.iter().filter(|one| *one == "orders UPDATE_IN_PROGRESS").count(), 1);
    let left = cloud.client.list_change_sets().stack_name("orders").send().await.unwrap();
    assert!(left.summaries().is_empty());
    let request = cloud.client.describe_change_set().stack_name("orders").change_set_name("two");
    let described = request.send().await.unwrap();
    assert_eq!(described.execution_status(), Some(&ExecutionStatus::ExecuteComplete));
}

#[tokio::test]
async fn lets_a_change_set_name_stand_only_once() {
    let cloud = Cloud::new().await;
    cloud.change_set(ChangeSetType::Create, "orders", LINKED).await;
    let request = cloud.client.create_change_set().stack_name("orders").change_set_name("changes");
    let request = request.change_set_type(ChangeSetType::Create).template_body(LINKED);
    let error = request.capabilities("CAPABILITY_IAM".into()).send().await.unwrap_err();
    assert_eq!(refusal(error).0, "AlreadyExistsException");
    // A stack in review has nothing to lose and can be deleted.
    cloud.delete("orders").await;
    assert!(cloud.describe("orders").await.is_none());
}
