//! Operations that their user gives up while they are under way.

use aws_sdk_cloudformation::types::StackStatus;

use super::support::Cloud;

/// A template whose log groups are made one after the other, so that there is time to interfere.
fn chain(length: usize) -> String {
    let group = |index: usize| {
        let needs = if index == 0 { String::new() } else { format!("DependsOn: G{}, ", index - 1) };
        format!("  G{index}: {{{needs}Type: AWS::Logs::LogGroup}}\n")
    };
    format!("Resources:\n{}", (0..length).map(group).collect::<String>())
}

async fn group_names(cloud: &Cloud) -> Vec<String> {
    let client = aws_sdk_cloudwatchlogs::Client::new(&cloud.engine.sdk().await);
    let groups = client.describe_log_groups().send().await.unwrap().log_groups.unwrap_or_default();
    groups.into_iter().filter_map(|group| group.log_group_name).collect()
}

#[tokio::test]
async fn gives_a_create_up_for_a_deletion() {
    let cloud = Cloud::new().await;
    let created = cloud.client.create_stack().stack_name("orders").template_body(chain(200)).send().await;
    let id = created.unwrap().stack_id.unwrap();
    cloud.client.delete_stack().stack_name("orders").send().await.unwrap();
    let stack = cloud.settled(&id).await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::DeleteComplete));
    assert!(group_names(&cloud).await.is_empty());
    let story = cloud.story(&id).await;
    assert!(
        !story.contains(&"orders CREATE_COMPLETE".to_owned()),
        "the create had ended before the deletion"
    );
}

#[tokio::test]
async fn rolls_a_cancelled_update_back() {
    let cloud = Cloud::new().await;
    cloud.create("orders", &chain(1)).await;
    let before = group_names(&cloud).await;
    let request = cloud.client.update_stack().stack_name("orders").template_body(chain(200));
    request.send().await.unwrap();
    cloud.client.cancel_update_stack().stack_name("orders").send().await.unwrap();
    let stack = cloud.settled("orders").await;
    assert_eq!(stack.stack_status(), Some(&StackStatus::UpdateRollbackComplete));
    assert_eq!(group_names(&cloud).await, before);
    let resources = cloud.client.describe_stack_resources().stack_name("orders").send().await.unwrap();
    assert_eq!(resources.stack_resources().len(), 1);
}
