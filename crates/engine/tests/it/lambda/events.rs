//! Asynchronous invocations: how often an event is tried, and what its configuration changes.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{DestinationConfig, InvocationType, OnFailure};
use serde_json::{Value, json};

use super::stage::Stage;
use crate::sqs::receive;

#[tokio::test]
async fn tries_an_event_three_times() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.group("f").await;
    let call = stage.lambda.invoke().function_name("f").invocation_type(InvocationType::Event);
    let output = call.payload(Blob::new(r#"{"do":"fail"}"#)).send().await.unwrap();
    assert_eq!(output.status_code, 202);
    let first = stage.messages_like("f", "START ", 1).await;
    stage.engine.advance(Duration::from_secs(90)).await;
    stage.messages_like("f", "START ", 2).await;
    stage.engine.advance(Duration::from_secs(150)).await;
    let all = stage.messages_like("f", "START ", 3).await;
    assert!(all.iter().all(|line| *line == first[0]), "every attempt has the id of the event: {all:?}");
    stage.engine.advance(Duration::from_secs(600)).await;
    assert_eq!(stage.messages_like("f", "START ", 3).await.len(), 3);
}

#[tokio::test]
async fn follows_the_configuration_of_the_alias_that_was_invoked() {
    let stage = Stage::set().await;
    stage.deploy("f", &[]).await;
    stage.lambda.publish_version().function_name("f").send().await.unwrap();
    stage.lambda.create_alias().function_name("f").name("live").function_version("1").send().await.unwrap();
    let (queue, arn) = stage.queue("lost", json!({})).await;
    let failure = OnFailure::builder().destination(arn).build();
    let destinations = DestinationConfig::builder().on_failure(failure).build();
    let config = stage.lambda.put_function_event_invoke_config().function_name("f").qualifier("live");
    let config = config.maximum_retry_attempts(0).destination_config(destinations).send().await.unwrap();
    let live = config.function_arn.unwrap();
    assert!(live.ends_with(":function:f:live"), "{live}");

    let call = stage.lambda.invoke().function_name("f").qualifier("live");
    let call = call.invocation_type(InvocationType::Event).payload(Blob::new(r#"{"do":"fail"}"#));
    call.send().await.unwrap();
    stage.holds(&queue, 1).await;
    let letters = receive(&stage.engine.engine.url(), &queue).await;
    let record: Value = serde_json::from_str(letters[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(record["requestContext"]["functionArn"], live.as_str());
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
    assert_eq!(record["responseContext"]["executedVersion"], "1");

    let configs = || stage.lambda.list_function_event_invoke_configs().function_name("f").send();
    assert_eq!(configs().await.unwrap().function_event_invoke_configs().len(), 1);
    let own = stage.lambda.get_function_event_invoke_config().function_name("f").send().await.unwrap_err();
    assert!(own.into_service_error().is_resource_not_found_exception());
    stage.lambda.delete_alias().function_name("f").name("live").send().await.unwrap();
    assert!(configs().await.unwrap().function_event_invoke_configs().is_empty());
}
