//! Custom resources, as their functions meet them: what they are asked, and what becomes of their answers.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{ChangeSetType, OnFailure, Replacement, Stack};
use hydrant_engine::{Config, Engine};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::support::{Cloud, refusal};
use crate::lambda::Stage;
use crate::support::{ACCOUNT, TestEngine, eventually};

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
            let mut asked: Vec<Value> = texts.map(|text| serde_json::from_str(text).unwrap()).collect();
            // In the place of the URL stands when it was.
            asked.sort_by_key(|event| event["ResponseURL"].as_str().map(str::to_owned));
            asked.iter_mut().for_each(|event| event["ResponseURL"] = Value::Null);
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

#[tokio::test]
async fn updates_in_place_where_the_answer_keeps_the_id() {
    let provider = Provider::new().await;
    let before = json!({"Id": "made", "Data": {"Plain": "old", "Deep": {"Inner": 1}}});
    let after = json!({"Id": "made", "Data": {"Plain": "new", "Deep": {"Inner": 1}}});
    provider.cloud.create("orders", &template(&before)).await;
    let planned = provider.cloud.change_set(ChangeSetType::Update, "orders", &template(&after)).await;
    let change = planned.changes()[0].resource_change().unwrap();
    assert_eq!(change.replacement().map(Replacement::as_str), Some("Conditional"));
    let paths = change.details().iter().filter_map(|detail| detail.target()?.path());
    assert_eq!(paths.collect::<Vec<_>>(), ["/Properties/Data/Plain"]);
    provider.cloud.execute("orders").await;
    let stack = provider.cloud.settled("orders").await;
    assert_eq!(status(&stack), "UPDATE_COMPLETE", "{:?}", provider.reasons("orders").await);
    assert_eq!(outputs(&stack), [("Data", "new 1"), ("Id", "made")]);
    let asked = provider.asked(2).await;
    assert_eq!(
        (&asked[1]["RequestType"], &asked[1]["PhysicalResourceId"]),
        (&json!("Update"), &json!("made"))
    );
    assert_eq!(asked[1]["ResourceProperties"]["Data"]["Plain"], "new");
    assert_eq!(asked[1]["OldResourceProperties"], asked[0]["ResourceProperties"]);
    // Nothing has changed, so nothing is asked.
    let request = provider.cloud.client.update_stack().stack_name("orders").template_body(template(&after));
    let (_, message) = refusal(request.send().await.unwrap_err().into_service_error());
    assert_eq!(message, "No updates are to be performed.");
}

#[tokio::test]
async fn takes_another_id_for_a_replacement_and_deletes_the_old_resource() {
    let provider = Provider::new().await;
    provider.cloud.create("orders", &template(&json!({"Id": "first"}))).await;
    let stack = provider.cloud.update("orders", &template(&json!({"Id": "second"}))).await;
    assert_eq!(status(&stack), "UPDATE_COMPLETE");
    assert_eq!(outputs(&stack), [("Id", "second")]);
    assert_eq!(provider.story(3).await, ["Create -", "Update first", "Delete first"]);
    let asked = provider.asked(3).await;
    assert_eq!(asked[2]["ResourceProperties"]["Id"], "first");
    assert_eq!(
        provider.reasons("orders").await,
        [
            "Resource creation Initiated",
            "Requested update required the provider to create a new physical resource"
        ]
    );
    provider.cloud.delete("orders").await;
    assert_eq!(provider.story(4).await[3], "Delete second");
}

/// Another resource that fails, once the custom one is there.
const BROKEN: &str =
    r#"{"Type": "AWS::S3::Bucket", "DependsOn": "Check", "Properties": {"BucketName": "No"}}"#;

fn broken(properties: &Value) -> String {
    let mut whole: Value = serde_json::from_str(&template(properties)).unwrap();
    whole["Resources"]["Broken"] = serde_json::from_str(BROKEN).unwrap();
    whole.to_string()
}

#[tokio::test]
async fn puts_back_what_another_failure_undoes() {
    let provider = Provider::new().await;
    provider.cloud.create("orders", &template(&json!({"Id": "first"}))).await;
    // A replacement gives way again, and what it made is deleted.
    let stack = provider.cloud.update("orders", &broken(&json!({"Id": "second"}))).await;
    assert_eq!(status(&stack), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(provider.cloud.physical_id("orders", "Check").await, "first");
    assert_eq!(provider.story(3).await, ["Create -", "Update first", "Delete second"]);
    // An update in place is asked to go back.
    let stack = provider.cloud.update("orders", &broken(&json!({"Id": "first", "More": "1"}))).await;
    assert_eq!(status(&stack), "UPDATE_ROLLBACK_COMPLETE");
    let asked = provider.asked(5).await;
    assert_eq!(asked[3]["ResourceProperties"]["More"], "1");
    assert_eq!(asked[4]["OldResourceProperties"], asked[3]["ResourceProperties"]);
    assert_eq!(asked[4]["ResourceProperties"], asked[0]["ResourceProperties"]);
    // So is one that its function itself refuses.
    let refused = json!({"Id": "first", "Fail": "Update"});
    let stack = provider.cloud.update("orders", &template(&refused)).await;
    assert_eq!(status(&stack), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(provider.story(7).await[5..], ["Update first", "Update first"]);
}

#[tokio::test]
async fn gives_up_on_a_function_that_does_not_answer_in_time() {
    let provider = Provider::new().await;
    let silent = template(&json!({"Silent": "Create", "ServiceTimeout": 30}));
    provider.cloud.change_set(ChangeSetType::Create, "orders", &silent).await;
    provider.cloud.execute("orders").await;
    let id = provider.asked(1).await[0]["RequestId"].as_str().unwrap().to_owned();
    provider.cloud.engine.advance(Duration::from_secs(29)).await;
    let stack = provider.cloud.describe("orders").await.unwrap();
    assert_eq!(status(&stack), "CREATE_IN_PROGRESS");
    provider.cloud.engine.advance(Duration::from_secs(2)).await;
    let stack = provider.cloud.settled("orders").await;
    assert_eq!(status(&stack), "ROLLBACK_COMPLETE");
    let reason = provider.reasons("orders").await.remove(0);
    let expected = format!(
        "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{id}]."
    );
    assert!(reason.starts_with(&expected), "{reason}");
    // The function may have made something, of which CloudFormation knows only its own name.
    let deleted = provider.story(2).await.remove(1);
    assert!(deleted.starts_with("Delete orders-Check-"), "{deleted}");
}

#[tokio::test]
async fn refuses_answers_that_are_too_long_or_name_nothing() {
    let provider = Provider::new().await;
    for (stack, properties, reason) in [
        ("long", json!({"Id": "x", "Ballast": "4096"}), "Response object is too long."),
        ("nameless", json!({"Id": ""}), "Invalid PhysicalResourceId"),
    ] {
        let created = provider.cloud.create(stack, &template(&properties)).await;
        // The deletion is answered in the same way.
        assert_eq!(status(&created), "ROLLBACK_FAILED");
        assert_eq!(provider.reasons(stack).await, [reason, reason]);
    }
    let nameless = provider.cloud.create("generated", &template(&json!({}))).await;
    assert!(outputs(&nameless)[0].1.starts_with("generated-Check-"), "{nameless:?}");
}

#[tokio::test]
async fn says_which_attribute_the_answer_lacks_and_shows_no_secret_one() {
    let provider = Provider::new().await;
    let stack = provider.cloud.create("lacking", &template(&json!({"Data": {"Plain": "x"}}))).await;
    assert_eq!(status(&stack), "ROLLBACK_COMPLETE");
    let reason = format!(
        "CustomResource attribute error: Vendor response doesn't contain Deep.Inner attribute in object {}|Check",
        stack.stack_id().unwrap()
    );
    let told = provider.cloud.events("lacking").await;
    let told: Vec<_> = told.iter().filter_map(|event| event.resource_status_reason()).collect();
    assert!(told.iter().any(|one| one.contains(&reason)), "{told:?}");

    let secret = json!({"NoEcho": true, "Id": "key", "Data": {"Plain": "hunter2", "Deep": {"Inner": 1}}});
    let mut whole: Value = serde_json::from_str(&template(&secret)).unwrap();
    whole["Resources"]["User"] = json!({
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"LogGroupName": {"Fn::Sub": "group-${Check.Plain}"}},
    });
    let stack = provider.cloud.create("secretive", &whole.to_string()).await;
    assert_eq!(status(&stack), "CREATE_COMPLETE");
    let events = provider.cloud.events("secretive").await;
    let user = events.iter().filter(|event| event.logical_resource_id() == Some("User"));
    let shown: Vec<_> = user.filter_map(|event| event.resource_properties()).collect();
    assert!(!shown.is_empty() && shown.iter().all(|text| text.contains("group-****")), "{shown:?}");
}

#[tokio::test]
async fn refuses_what_no_function_can_make() {
    let provider = Provider::new().await;
    let of = |token: &str| json!({"Resources": {"Check": {"Type": "Custom::Check", "Properties": {"ServiceToken": token}}}});
    for (stack, token, reason) in [
        (
            "topic",
            "arn:aws:sns:us-east-1:111122223333:checks",
            "a topic as the ServiceToken of a custom resource is not supported by the local engine",
        ),
        ("text", "provider", "Invalid service token."),
        (
            "nobody",
            "arn:aws:lambda:us-east-1:111122223333:function:nobody",
            "Function not found: arn:aws:lambda:us-east-1:111122223333:function:nobody (Service: AWSLambdaInternal; Status Code: 404; Error Code: ResourceNotFoundException;",
        ),
    ] {
        let created = provider.cloud.create(stack, &of(token).to_string()).await;
        assert_eq!(status(&created), "ROLLBACK_COMPLETE");
        let told = provider.reasons(stack).await.remove(0);
        assert!(told.starts_with(reason), "{told}");
    }
    provider.cloud.create("orders", &template(&json!({}))).await;
    let stack = provider
        .cloud
        .update("orders", &of("arn:aws:lambda:us-east-1:111122223333:function:other").to_string())
        .await;
    assert_eq!(status(&stack), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(provider.reasons("orders").await[1], "Modifying service token is not allowed.");
    assert_eq!(provider.story(1).await, ["Create -"]);
    let misnamed =
        json!({"Resources": {"Check": {"Type": "Custom::A b", "Properties": {"ServiceToken": "x"}}}});
    let request = provider.cloud.client.validate_template().template_body(misnamed.to_string());
    let (_, message) = refusal(request.send().await.unwrap_err().into_service_error());
    assert_eq!(message, "Template format error: Unrecognized resource types: [Custom::A b]");
}

#[tokio::test]
async fn makes_again_what_failed_without_a_rollback() {
    let provider = Provider::new().await;
    let request = provider.cloud.client.create_stack().stack_name("orders").on_failure(OnFailure::DoNothing);
    let failing = template(&json!({"Id": "half", "Fail": "Create"}));
    request.template_body(failing).send().await.unwrap();
    assert_eq!(status(&provider.cloud.settled("orders").await), "CREATE_FAILED");
    let request = provider.cloud.client.update_stack().stack_name("orders").disable_rollback(true);
    request.template_body(template(&json!({"Id": "whole"}))).send().await.unwrap();
    assert_eq!(status(&provider.cloud.settled("orders").await), "CREATE_COMPLETE");
    assert_eq!(provider.story(3).await, ["Create -", "Create -", "Delete half"]);
    assert_eq!(provider.cloud.physical_id("orders", "Check").await, "whole");
}

/// Sends what a function would send, and returns the status of the answer.
async fn put(url: &str, path: &str, method: &str) -> String {
    let address = url.trim_start_matches("http://");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: text/odd\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn takes_answers_only_where_it_asked_for_them() {
    let provider = Provider::new().await;
    let url = provider.cloud.engine.engine.url();
    let root = "/_hydrant/custom-resource/";
    assert_eq!(put(&url, &format!("{root}{}", "0".repeat(64)), "PUT").await, "403");
    assert_eq!(put(&url, root, "PUT").await, "403");
    assert_eq!(put(&url, &format!("{root}x"), "GET").await, "403");
}

/// The function is asked again where its address has changed, and its answer ends what was begun before.
#[tokio::test]
async fn goes_on_waiting_after_a_restart() {
    let provider = Provider::new().await;
    let silent = template(&json!({"Id": "late", "Silent": "Create", "ServiceTimeout": 60}));
    provider.cloud.change_set(ChangeSetType::Create, "orders", &silent).await;
    provider.cloud.execute("orders").await;
    provider.asked(1).await;
    let TestEngine { engine, folder } = provider.cloud.engine;
    let clock = engine.clock().clone();
    engine.stop().await;

    let engine = Engine::start(Config { clock, ..Config::new(folder.path()) }).await.unwrap();
    let engine = TestEngine { engine, folder };
    let sdk = engine.sdk().await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&sdk);
    let provider = Provider { cloud: Cloud { engine, client: Client::new(&sdk) }, logs };
    let asked = provider.asked(2).await;
    assert_eq!(asked[0], asked[1], "the request is the same");
    assert_eq!(status(&provider.cloud.describe("orders").await.unwrap()), "CREATE_IN_PROGRESS");
    provider.cloud.engine.advance(Duration::from_secs(61)).await;
    assert_eq!(status(&provider.cloud.settled("orders").await), "ROLLBACK_COMPLETE");
    assert!(provider.story(3).await[2].starts_with("Delete orders-Check-"));
}
