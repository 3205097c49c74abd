//! Custom resources, as their functions meet them: what they are asked, and what becomes of their answers.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::Stack;
use serde_json::{Value, json};

use super::support::Cloud;
use crate::lambda::Stage;
use crate::support::{ACCOUNT, eventually};

/// A function that answers, and CloudFormation before it.
struct Provider {
    cloud: Cloud,
    logs: aws_sdk_cloudwatchlogs::Client,
}

/// Returns a template with a custom resource of these properties, and an output that reads it.
fn template(properties: &Value) -> String {
    let mut all = json!({"ServiceToken": format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:provider")});
    for (name, value) in properties.as_object().into_iter().flatten() {
        all[name] = value.clone();
    }
    let outputs = json!({
        "Id": {"Value": {"Ref": "Check"}},
        "Data": {"Value": {"Fn::Sub": "${Check.Plain} ${Check.Deep.Inner}"}},
    });
    let resource = json!({"Type": "Custom::Check", "Properties": all});
    let outputs = if properties["Data"].is_object() { outputs } else { json!({"Id": outputs["Id"]}) };
    json!({"Resources": {"Check": resource}, "Outputs": outputs}).to_string()
}

fn outputs(stack: &Stack) -> Vec<(&str, &str)> {
    let outputs = stack.outputs().iter();
    let mut outputs: Vec<_> =
        outputs.filter_map(|output| Some((output.output_key()?, output.output_value()?))).collect();
    outputs.sort_unstable();
    outputs
}

fn status(stack: &Stack) -> &str {
    stack.stack_status().map(|status| status.as_str()).unwrap_or_default()
}

impl Provider {
    async fn new() -> Self {
        let stage = Stage::set().await;
        stage.deploy("provider", &[]).await;
        stage.group("provider").await;
        let client = Client::new(&stage.engine.sdk().await);
        Self { cloud: Cloud { engine: stage.engine, client }, logs: stage.logs }
    }

    /// Returns what the function was asked, `count` times, in order.
    async fn asked(&self, count: usize) -> Vec<Value> {
        let logged = || async {
            let request = self.logs.filter_log_events().log_group_name("/aws/lambda/provider");
            let events = request.send().await.ok()?.events.unwrap_or_default();
            let texts = events.iter().filter_map(|event| event.message()?.strip_prefix("asked "));
            let asked: Vec<Value> = texts.map(|text| serde_json::from_str(text).unwrap()).collect();
            (asked.len() >= count).then_some(asked)
        };
        let asked = eventually(&format!("{count} requests"), logged).await;
        assert_eq!(asked.len(), count, "{asked:#?}");
        asked
    }

    /// Returns `RequestType PhysicalResourceId` of what the function was asked.
    async fn story(&self, count: usize) -> Vec<String> {
        let line = |event: Value| {
            let id = event["PhysicalResourceId"].as_str().unwrap_or("-");
            format!("{} {id}", event["RequestType"].as_str().unwrap_or_default())
        };
        self.asked(count).await.into_iter().map(line).collect()
    }

    /// Returns the reasons that the events of the custom resource give, oldest first.
    async fn reasons(&self, stack: &str) -> Vec<String> {
        let events = self.cloud.events(stack).await.into_iter();
        let own = events.filter(|event| event.logical_resource_id() == Some("Check"));
        own.filter_map(|event| event.resource_status_reason).collect()
    }
}

#[tokio::test]
async fn asks_its_function_for_a_resource_and_for_its_deletion() {
    let provider = Provider::new().await;
    let properties = json!({
        "Id": "made-1", "Count": 3, "On": true, "Data": {"Plain": "x", "Deep": {"Inner": 7}},
    });
    let stack = provider.cloud.create("orders", &template(&properties)).await;
    assert_eq!(status(&stack), "CREATE_COMPLETE", "{:?}", provider.reasons("orders").await);
    assert_eq!(outputs(&stack), [("Data", "x 7"), ("Id", "made-1")]);
    assert_eq!(status(&provider.cloud.delete("orders").await), "DELETE_COMPLETE");

    let asked = provider.asked(2).await;
    let token = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:provider");
    let expected = json!({
        "RequestType": "Create", "RequestId": asked[0]["RequestId"], "ResponseURL": null,
        "ServiceToken": token, "StackId": stack.stack_id(), "LogicalResourceId": "Check",
        "ResourceType": "Custom::Check",
        "ResourceProperties": {
            "ServiceToken": token, "Id": "made-1", "Count": "3", "On": "true",
            "Data": {"Plain": "x", "Deep": {"Inner": "7"}},
        },
    });
    assert_eq!(asked[0], expected);
    let mut expected = expected;
    expected["RequestType"] = json!("Delete");
    expected["RequestId"] = asked[1]["RequestId"].clone();
    expected["PhysicalResourceId"] = json!("made-1");
    assert_eq!(asked[1], expected);
    assert_ne!(asked[0]["RequestId"], asked[1]["RequestId"]);
}

#[tokio::test]
async fn fails_with_its_functions_reason_and_deletes_what_it_named() {
    let provider = Provider::new().await;
    let stack = provider.cloud.create("orders", &template(&json!({"Id": "half", "Fail": "Create"}))).await;
    assert_eq!(status(&stack), "ROLLBACK_COMPLETE");
    let asked = provider.asked(2).await;
    let id = asked[0]["RequestId"].as_str().unwrap();
    let reason = format!(
        "Received response status [FAILED] from custom resource. Message returned: as you wish (RequestId: {id})"
    );
    assert_eq!(provider.reasons("orders").await, [reason]);
    assert_eq!(provider.story(2).await, ["Create -", "Delete half"]);
    let failed = provider
        .cloud
        .events("orders")
        .await
        .into_iter()
        .find(|event| event.resource_status().is_some_and(|status| status.as_str() == "CREATE_FAILED"));
    assert_eq!(failed.unwrap().physical_resource_id.as_deref(), Some("half"));
}
