//! What fails, why, and what is left afterwards.

use aws_sdk_cloudformation::types::{ChangeSetType, DeletionMode, OnFailure, StackStatus};

use super::support::{Cloud, refusal};

/// A stream, and a bucket after it whose property does not exist.
const BROKEN: &str = "
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Data: {Type: AWS::S3::Bucket, DependsOn: Stream, Properties: {Foo: bar}}
";

const VIOLATION: &str = "Properties validation failed for resource Data with message:\n\
                         #: extraneous key [Foo] is not permitted";

#[tokio::test]
async fn rolls_a_failed_create_back_and_leaves_nothing() {
    let cloud = Cloud::new().await;
    let stack = cloud.create("orders", BROKEN).await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::RollbackComplete));
    assert!(cloud.streams().await.is_empty());
    let events = cloud.events("orders").await;
    let failed =
        events.iter().find(|one| one.resource_status().unwrap().as_str() == "CREATE_FAILED").unwrap();
    assert_eq!(
        (failed.logical_resource_id(), failed.resource_status_reason()),
        (Some("Data"), Some(VIOLATION))
    );
    let rollback =
        events.iter().find(|one| one.resource_status().unwrap().as_str() == "ROLLBACK_IN_PROGRESS").unwrap();
    let reason = "The following resource(s) failed to create: [Data]. Rollback requested by user.";
    assert_eq!(rollback.resource_status_reason(), Some(reason));

    let request = cloud.client.update_stack().stack_name("orders").template_body(BROKEN);
    let (_, message) = refusal(request.send().await.unwrap_err());
    let id = stack.stack_id().unwrap();
    assert_eq!(message, format!("Stack:{id} is in ROLLBACK_COMPLETE state and can not be updated."));
    cloud.delete("orders").await;
}

#[tokio::test]
async fn words_a_services_refusal_as_its_resource_handler_does() {
    let cloud = Cloud::new().await;
    let template = "Resources: {S: {Type: 'AWS::Kinesis::Stream', Properties: {Name: taken, ShardCount: 1}}}";
    cloud.create("first", template).await;
    cloud.create("second", template).await;
    let events = cloud.events("second").await;
    let reason = events.iter().find_map(|one| {
        let is_failure = one.resource_status().unwrap().as_str() == "CREATE_FAILED";
        is_failure.then(|| one.resource_status_reason().unwrap().to_owned())
    });
    let reason = reason.unwrap();
    assert!(
        reason.starts_with("Resource handler returned message: \"Stream taken under account"),
        "{reason}"
    );
    assert!(reason.contains("(Service: Kinesis, Status Code: 400, Request ID: "), "{reason}");
    assert!(reason.ends_with("HandlerErrorCode: AlreadyExists)"), "{reason}");
    assert_eq!(cloud.streams().await, ["taken"]);
}

#[tokio::test]
async fn leaves_a_failed_create_as_it_is_when_asked_and_rolls_it_back_later() {
    let cloud = Cloud::new().await;
    let request = cloud.client.create_stack().stack_name("orders").template_body(BROKEN);
    request.on_failure(OnFailure::DoNothing).send().await.unwrap();
    let stack = cloud.settled("orders").await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::CreateFailed));
    assert_eq!(cloud.streams().await.len(), 1);
    cloud.client.rollback_stack().stack_name("orders").send().await.unwrap();
    assert_eq!(cloud.settled("orders").await.stack_status(), Some(&StackStatus::RollbackComplete));
    assert!(cloud.streams().await.is_empty());
}

#[tokio::test]
async fn resumes_a_failed_create_with_a_better_template() {
    let cloud = Cloud::new().await;
    let request = cloud.client.create_stack().stack_name("orders").template_body(BROKEN);
    request.on_failure(OnFailure::DoNothing).send().await.unwrap();
    cloud.settled("orders").await;
    let stream = cloud.streams().await;
    let better = BROKEN.replace(", Properties: {Foo: bar}", "");
    let request = cloud.client.update_stack().stack_name("orders").template_body(better);
    request.disable_rollback(true).send().await.unwrap();
    assert_eq!(cloud.settled("orders").await.stack_status(), Some(&StackStatus::CreateComplete));
    assert_eq!(cloud.streams().await, stream);
    assert_eq!(cloud.buckets().await.len(), 1);
}

#[tokio::test]
async fn deletes_a_stack_whose_create_failed_when_asked() {
    let cloud = Cloud::new().await;
    let request = cloud.client.create_stack().stack_name("orders").template_body(BROKEN);
    let id = request.on_failure(OnFailure::Delete).send().await.unwrap().stack_id.unwrap();
    assert_eq!(cloud.settled(&id).await.stack_status(), Some(&StackStatus::DeleteComplete));
    assert!(cloud.streams().await.is_empty());
}

#[tokio::test]
async fn puts_everything_back_when_an_update_fails() {
    let cloud = Cloud::new().await;
    let before = "
Resources:
  Changed: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Replaced: {Type: AWS::Kinesis::Stream, Properties: {Name: old, ShardCount: 1}}
  Removed: {Type: AWS::Logs::LogGroup}
Outputs: {Name: {Value: !Ref Replaced}}
";
    let after = "
Resources:
  Changed: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 2}}
  Replaced: {Type: AWS::Kinesis::Stream, Properties: {Name: new, ShardCount: 1}}
  Added: {Type: AWS::S3::Bucket}
  Broken: {Type: AWS::S3::Bucket, DependsOn: [Changed, Replaced, Added], Properties: {Foo: bar}}
Outputs: {Name: {Value: !Ref Replaced}}
";
    cloud.create("orders", before).await;
    let changed = cloud.physical_id("orders", "Changed").await;
    let stack = cloud.update("orders", after).await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::UpdateRollbackComplete));
    assert_eq!(cloud.open_shards(&changed).await, 1);
    let mut streams = vec![changed.clone(), "old".to_owned()];
    streams.sort();
    assert_eq!(cloud.streams().await, streams);
    assert!(cloud.buckets().await.is_empty());
    assert_eq!(cloud.physical_id("orders", "Replaced").await, "old");
    assert_eq!(stack.outputs()[0].output_value(), Some("old"));
    let story = cloud.story("orders").await;
    let at = |line: &str| {
        story.iter().rposition(|one| one == line).unwrap_or_else(|| panic!("{line}: {story:#?}"))
    };
    assert!(at("orders UPDATE_ROLLBACK_IN_PROGRESS") < at("Changed UPDATE_COMPLETE"));
    assert!(at("orders UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS") < at("Added DELETE_COMPLETE"));
    let template = cloud.client.get_template().stack_name("orders").send().await.unwrap();
    assert_eq!(template.template_body().map(str::trim), Some(before.trim()));
    // What was put back is the base of the next comparison.
    let described = cloud.change_set(ChangeSetType::Update, "orders", before).await;
    assert_eq!(described.status().unwrap().as_str(), "FAILED");
}

#[tokio::test]
async fn does_not_delete_a_bucket_with_objects_unless_it_is_retained() {
    let cloud = Cloud::new().await;
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket', Properties: {BucketName: full}}, \
                    Stream: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}}";
    cloud.create("orders", template).await;
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"x");
    s3.put_object().bucket("full").key("k").body(body).send().await.unwrap();

    let too_early = cloud.client.delete_stack().stack_name("orders").retain_resources("Data").send().await;
    assert!(refusal(too_early.unwrap_err()).1.contains("only when the stack is in the DELETE_FAILED state"));
    let failed = cloud.delete("orders").await;
    assert_eq!(failed.stack_status(), Some(&StackStatus::DeleteFailed));
    assert_eq!(failed.stack_status_reason(), Some("The following resource(s) failed to delete: [Data]."));
    assert!(cloud.streams().await.is_empty());
    let events = cloud.events("orders").await;
    let reason =
        events.iter().find(|one| one.resource_status().unwrap().as_str() == "DELETE_FAILED").unwrap();
    assert!(reason.resource_status_reason().unwrap().contains("not empty"));

    let id = failed.stack_id().unwrap();
    cloud.client.delete_stack().stack_name("orders").retain_resources("Data").send().await.unwrap();
    assert_eq!(cloud.settled(id).await.stack_status(), Some(&StackStatus::DeleteComplete));
    assert_eq!(cloud.buckets().await, ["full"]);
}

#[tokio::test]
async fn leaves_behind_what_cannot_be_deleted_when_forced() {
    let cloud = Cloud::new().await;
    let template = "Resources: {Data: {Type: 'AWS::S3::Bucket', Properties: {BucketName: full}}}";
    let id = cloud.create("orders", template).await.stack_id.unwrap();
    let s3 = aws_sdk_s3::Client::new(&cloud.engine.sdk().await);
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"x");
    s3.put_object().bucket("full").key("k").body(body).send().await.unwrap();
    cloud.delete("orders").await;
    let request = cloud.client.delete_stack().stack_name("orders");
    request.deletion_mode(DeletionMode::ForceDeleteStack).send().await.unwrap();
    assert_eq!(cloud.settled(&id).await.stack_status(), Some(&StackStatus::DeleteComplete));
    assert_eq!(cloud.buckets().await, ["full"]);
}

#[tokio::test]
async fn keeps_exports_that_others_use() {
    let cloud = Cloud::new().await;
    let exporter = "
Resources: {Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: shared, ShardCount: 1}}}
Outputs: {Name: {Value: !Ref Stream, Export: {Name: shared-stream}}}
";
    let importer = "
Resources: {Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !ImportValue shared-stream}}}
";
    let early = cloud.create("importer", importer).await;
    assert_eq!(early.stack_status(), Some(&StackStatus::RollbackComplete));
    cloud.delete("importer").await;
    cloud.create("exporter", exporter).await;
    cloud.create("importer", importer).await;
    assert_eq!(cloud.physical_id("importer", "Group").await, "shared");
    let imports = cloud.client.list_imports().export_name("shared-stream").send().await.unwrap();
    assert_eq!(imports.imports(), ["importer"]);
    let exports = cloud.client.list_exports().send().await.unwrap();
    assert_eq!(exports.exports()[0].value(), Some("shared"));

    let error = cloud.client.delete_stack().stack_name("exporter").send().await.unwrap_err();
    assert_eq!(refusal(error).1, "Export shared-stream cannot be deleted as it is in use by importer");
    let updated = cloud.update("exporter", &exporter.replace("Name: shared,", "Name: other,")).await;
    assert_eq!(updated.stack_status(), Some(&StackStatus::UpdateRollbackComplete));
    assert_eq!(cloud.streams().await, ["shared"]);
    let second = cloud.create("second", &exporter.replace("Name: shared,", "")).await;
    assert_eq!(second.stack_status(), Some(&StackStatus::RollbackComplete));
    cloud.delete("importer").await;
    cloud.delete("exporter").await;
}

#[tokio::test]
async fn protects_a_stack_from_deletion() {
    let cloud = Cloud::new().await;
    cloud.create("orders", "Resources: {Data: {Type: 'AWS::S3::Bucket'}}").await;
    let protect = |on: bool| {
        let request = cloud.client.update_termination_protection().stack_name("orders");
        request.enable_termination_protection(on).send()
    };
    protect(true).await.unwrap();
    let error = cloud.client.delete_stack().stack_name("orders").send().await.unwrap_err();
    assert_eq!(refusal(error).1, "Stack [orders] cannot be deleted while TerminationProtection is enabled");
    protect(false).await.unwrap();
    cloud.delete("orders").await;
}

#[tokio::test]
async fn lists_only_failures_of_one_operation_when_asked() {
    let cloud = Cloud::new().await;
    let created =
        cloud.client.create_stack().stack_name("orders").template_body(BROKEN).send().await.unwrap();
    cloud.settled("orders").await;
    let filter = aws_sdk_cloudformation::types::EventFilter::builder().failed_events(true).build();
    let request = cloud.client.describe_events().operation_id(created.operation_id.unwrap());
    let events = request.filters(filter).send().await.unwrap();
    assert_eq!(events.operation_events().len(), 1);
    assert_eq!(events.operation_events()[0].event_type().unwrap().as_str(), "PROVISIONING_ERROR");
}

#[tokio::test]
async fn goes_on_with_a_rollback_past_a_resource_that_is_lost() {
    let cloud = Cloud::new().await;
    let template = "Resources: {Group: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: lost, \
                    RetentionInDays: 7}}, Stream: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}}";
    cloud.create("orders", template).await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&cloud.engine.sdk().await);
    logs.delete_log_group().log_group_name("lost").send().await.unwrap();
    let changed = template.replace("RetentionInDays: 7", "RetentionInDays: 14");
    let stack = cloud.update("orders", &changed).await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::UpdateRollbackFailed));
    let reason = stack.stack_status_reason().unwrap();
    assert_eq!(reason, "The following resource(s) failed to update: [Group]. ");
    let request = cloud.client.continue_update_rollback().stack_name("orders");
    request.resources_to_skip("Group").send().await.unwrap();
    let stack = cloud.settled("orders").await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::UpdateRollbackComplete));
    let error = cloud.client.cancel_update_stack().stack_name("orders").send().await.unwrap_err();
    assert_eq!(refusal(error).1, "CancelUpdateStack cannot be called from current stack status");
}

#[tokio::test]
async fn does_not_make_another_type_out_of_a_resource() {
    let cloud = Cloud::new().await;
    cloud.create("orders", "Resources: {Data: {Type: 'AWS::S3::Bucket'}}").await;
    let request = cloud.client.update_stack().stack_name("orders");
    let request = request.template_body("Resources: {Data: {Type: 'AWS::Logs::LogGroup'}}");
    let message = "Update of resource type is not permitted. The new template modifies resource type of the \
                   following resources: [Data]";
    assert_eq!(refusal(request.send().await.unwrap_err()).1, message);
}

#[tokio::test]
async fn does_not_replace_a_resource_whose_name_stays() {
    let cloud = Cloud::new().await;
    let template = |retained: &str| {
        format!(
            "Resources: {{Role: {{Type: 'AWS::IAM::Role', Properties: {{RoleName: reader, Path: {retained}, \
             AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, \
             Principal: {{Service: lambda.amazonaws.com}}, Action: 'sts:AssumeRole'}}]}}}}}}}}"
        )
    };
    cloud.create("orders", &template("/one/")).await;
    let stack = cloud.update("orders", &template("/two/")).await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::UpdateRollbackComplete));
    let events = cloud.events("orders").await;
    let failed =
        events.iter().find(|one| one.resource_status().unwrap().as_str() == "UPDATE_FAILED").unwrap();
    let reason = "CloudFormation cannot update a stack when a custom-named resource requires replacing. \
                  Rename reader and update the stack again.";
    assert_eq!(failed.resource_status_reason(), Some(reason));
}

/// A bucket that is to stay once it is used goes with the create that fails; without that wish it stays.
#[tokio::test]
async fn keeps_no_bucket_of_a_failed_create_that_asks_for_none() {
    let cloud = Cloud::new().await;
    let failing = "
Resources:
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
  Last: {Type: AWS::S3::Bucket, DependsOn: Kept, Properties: {Foo: bar}}
";

    cloud.change_set(ChangeSetType::Create, "executed", failing).await;
    let request = cloud.client.execute_change_set().stack_name("executed").change_set_name("changes");
    request.retain_except_on_create(true).send().await.unwrap();
    assert_eq!(cloud.settled("executed").await.stack_status(), Some(&StackStatus::RollbackComplete));
    assert_eq!(cloud.buckets().await, [""; 0]);

    let request = cloud.client.create_stack().stack_name("created").template_body(failing);
    request.retain_except_on_create(true).send().await.unwrap();
    assert_eq!(cloud.settled("created").await.stack_status(), Some(&StackStatus::RollbackComplete));
    assert_eq!(cloud.buckets().await, [""; 0]);

    let request = cloud.client.create_stack().stack_name("rolled").template_body(failing);
    request.on_failure(OnFailure::DoNothing).send().await.unwrap();
    assert_eq!(cloud.settled("rolled").await.stack_status(), Some(&StackStatus::CreateFailed));
    assert_eq!(cloud.buckets().await.len(), 1);
    let request = cloud.client.rollback_stack().stack_name("rolled").retain_except_on_create(true);
    request.send().await.unwrap();
    assert_eq!(cloud.settled("rolled").await.stack_status(), Some(&StackStatus::RollbackComplete));
    assert_eq!(cloud.buckets().await, [""; 0]);

    cloud.create("updated", "Resources: {Other: {Type: AWS::SQS::Queue}}").await;
    let request = cloud.client.update_stack().stack_name("updated").template_body(failing);
    request.retain_except_on_create(true).send().await.unwrap();
    assert_eq!(cloud.settled("updated").await.stack_status(), Some(&StackStatus::UpdateRollbackComplete));
    assert_eq!(cloud.buckets().await, [""; 0]);

    cloud.client.create_stack().stack_name("kept").template_body(failing).send().await.unwrap();
    assert_eq!(cloud.settled("kept").await.stack_status(), Some(&StackStatus::RollbackComplete));
    assert_eq!(cloud.buckets().await.len(), 1);
}
